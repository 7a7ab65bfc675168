"""Who may ask, in every way of asking wrongly; and the signature, checked by the vendor's SDK and by hand."""

from __future__ import annotations

import hashlib
import hmac
import json

import pytest
from jambonz_sdk._signature import verify_signature

from emulator.runtime.spec import SandboxSpec
from tests.vendors.jambonz.conftest import Telco

OTHER = "00000000-0000-4000-8000-00000000abcd"


@pytest.fixture
async def stranger(telco: Telco) -> Telco:
    """The same sandbox, asked by somebody without a token."""
    telco.client.headers.pop("authorization")
    return telco


async def test_without_a_token_it_is_a_bare_401(stranger: Telco) -> None:
    response = await stranger.request("GET", "Calls")

    assert (response.status_code, response.content) == (401, b"Unauthorized")
    assert response.headers["www-authenticate"] == 'Bearer realm="Users"'
    assert "content-type" not in response.headers


async def test_another_scheme_is_no_token(stranger: Telco) -> None:
    response = await stranger.request("GET", "Calls", headers={"Authorization": "Basic YTpi"})

    assert (response.status_code, response.headers["www-authenticate"]) == (401, 'Bearer realm="Users"')


async def test_an_unknown_token_is_named_in_the_header(stranger: Telco) -> None:
    response = await stranger.request("GET", "Calls", headers={"Authorization": f"Bearer {OTHER}"})

    assert (response.status_code, response.content) == (401, b"Unauthorized")
    assert response.headers["www-authenticate"] == 'Bearer realm="Users", error="invalid_token"'


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b", "Bearer  a"])
async def test_a_header_that_is_not_two_words_is_a_bare_400(stranger: Telco, header: str) -> None:
    response = await stranger.request("GET", "Calls", headers={"Authorization": header})

    assert (response.status_code, response.content) == (400, b"Bad Request")
    assert "content-type" not in response.headers


async def test_a_token_in_two_places_is_a_bare_400(telco: Telco) -> None:
    response = await telco.request("GET", f"Calls?access_token={telco.account['api_key']}")

    assert (response.status_code, response.content) == (400, b"Bad Request")


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_is_taken_in_any_case(stranger: Telco, scheme: str) -> None:
    response = await stranger.request(
        "GET", "Calls", headers={"Authorization": f"{scheme} {stranger.account['api_key']}"}
    )

    assert response.status_code == 200


async def test_the_token_may_be_in_the_query_or_the_body(stranger: Telco) -> None:
    key = stranger.account["api_key"]

    assert (await stranger.request("GET", f"Calls?access_token={key}")).status_code == 200
    body = stranger.fields(access_token=key)
    assert (await stranger.request("POST", "Calls", json=body)).status_code == 201


async def test_broken_json_is_refused_before_anybody_asks_for_a_token(stranger: Telco) -> None:
    response = await stranger.request("POST", "Calls", content=b"{", headers={"Content-Type": "application/json"})

    assert (response.status_code, response.json()) == (400, {"msg": "Unexpected end of JSON input"})
    assert response.headers["content-type"] == "application/json; charset=utf-8"


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"{", "Unexpected end of JSON input"),
        (b'{"a": nope}', """Unexpected token 'n', "{"a": nope}" is not valid JSON"""),
        (b'"text"', """Unexpected token '"', ""text"" is not valid JSON"""),
        (b"[" * 5000, "Unexpected end of JSON input"),
        (b'{"a": NaN}', """Unexpected token '{', "{"a": NaN}" is not valid JSON"""),
        (b"\xff", """Unexpected token '�', "�" is not valid JSON"""),
    ],
)
async def test_broken_json_is_named_roughly_as_the_parser_would(telco: Telco, raw: bytes, text: str) -> None:
    response = await telco.request("POST", "Calls", content=raw, headers={"Content-Type": "application/json"})

    assert (response.status_code, response.json()) == (400, {"msg": text}) or "stack" in response.json()["msg"]


async def test_another_account_is_forbidden(telco: Telco) -> None:
    response = await telco.request("GET", f"/v1/Accounts/{OTHER}/Calls")

    assert (response.status_code, response.json()) == (403, {"msg": "insufficient permissions"})


@pytest.mark.parametrize("path", ["RecentCalls?page=1&count=25", "Alerts?page=1&count=25"])
async def test_recent_calls_and_alerts_have_another_envelope(telco: Telco, path: str) -> None:
    other = await telco.request("GET", f"/v1/Accounts/{OTHER}/{path}")
    bad = await telco.request("GET", f"/v1/Accounts/AC123/{path}")

    assert (other.status_code, other.json()) == (403, {"status": "fail", "message": "insufficient privileges"})
    assert (bad.status_code, bad.json()) == (400, {"status": "fail", "message": "Bad request"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/Accounts/AC123/Calls"),
        ("POST", "/v1/Accounts/AC123/Calls"),
        ("GET", "/v1/Accounts/AC123"),
        ("GET", "Calls/count"),
        ("PUT", "Calls/123"),
        ("DELETE", "Calls/00000000-0000-7000-8000-00000000abcd"),
        ("GET", "/v1/Applications/x"),
        ("DELETE", "/v1/PhoneNumbers/x"),
    ],
)
async def test_a_sid_that_is_no_uuid_is_a_bad_request(telco: Telco, method: str, path: str) -> None:
    response = await telco.request(method, path)

    assert (response.status_code, response.json()) == (400, {"msg": "Bad request"})


async def test_the_credential_alone_decides_the_sandbox(telco: Telco) -> None:
    other = telco.exchange.create(SandboxSpec(seed=1))
    account = other.public["jambonz"]
    await telco.place()

    headers = {"Authorization": f"Bearer {account['api_key']}"}
    response = await telco.client.get(f"/v1/Accounts/{account['account_sid']}/Calls", headers=headers)

    assert account != telco.account
    assert response.json() == []
    foreign = await telco.client.get(f"{telco.base}/Calls", headers=headers)
    assert foreign.status_code == 403


async def test_the_sdks_verifier_accepts_every_signature(telco: Telco) -> None:
    await telco.place(tag={"name": "Zoë", "n": 1.5})
    await telco.run()

    assert len(telco.receiver.requests) == 5
    for received in telco.receiver.requests:
        header = received.headers["jambonz-signature"]
        assert verify_signature(received.body, header, telco.account["webhook_secret"])


async def test_the_signature_is_what_an_independent_hmac_makes_of_it(telco: Telco) -> None:
    await telco.place()
    await telco.run()
    received = telco.receiver.requests[0]

    stamp, signature = (part.split("=", 1)[1] for part in received.headers["jambonz-signature"].split(","))
    key = telco.account["webhook_secret"].encode()
    assert hmac.new(key, stamp.encode() + b"." + received.body, hashlib.sha256).hexdigest() == signature
    canonical = json.dumps(received.json, ensure_ascii=False, separators=(",", ":")).encode()
    assert canonical == received.body


async def test_a_new_secret_signs_from_the_next_hook_on(telco: Telco) -> None:
    old = (await telco.get("WebhookSecret"))["webhook_secret"]
    new = (await telco.get("WebhookSecret?regenerate"))["webhook_secret"]
    await telco.place()
    await telco.run()

    assert old == telco.account["webhook_secret"] != new
    assert new.startswith("wh_secret_") and len(new) == 32
    received = telco.receiver.requests[0]
    assert verify_signature(received.body, received.headers["jambonz-signature"], new)
