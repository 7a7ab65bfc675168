"""Who may ask, and signatures, checked by arithmetic apart from ours and as the known client checks them."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from emulator.runtime.exchange import Exchange
from emulator.vendors.tryvox import accounts
from emulator.vendors.tryvox.auth import is_test, read, sign
from emulator.webhooks.values import Json, Policy, Request
from tests.fakes.receiver import Received, Receiver
from tests.vendors.tryvox.conftest import Telco, wire

ERRORS = {row["case"]: row for row in wire("errors")["responses"]}
EXAMPLE = wire("signature")
REQUEST = Request("tryvox", "c1", "c1.0", "answer", "http://127.0.0.1:1/answer", "POST", Json({}), Policy())
AT = datetime(2026, 1, 1, tzinfo=UTC)


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def is_genuine(received: Received, secret: str) -> bool:
    """What the known client does with a webhook: both timestamps agree, and the digest is over `<seconds>.<body>`."""
    timestamp = received.headers.get("x-tryvox-timestamp", "")
    parts = dict(part.split("=", 1) for part in received.headers.get("x-tryvox-signature", "").split(","))
    if not received.body or not timestamp or parts.get("t") != timestamp:
        return False
    wanted = hmac.new(secret.encode(), timestamp.encode() + b"." + received.body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(wanted, parts["v1"])


# --- requests ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer tvx_sk_live_nobody",
        "Bearer nonsense",
        "Basic !!",
        "Basic Og==",
        "Digest x",
        "tvx_sk_live_x",
    ],
)
async def test_missing_or_wrong_credentials_are_401(telco: Telco, authorization: str) -> None:
    response = await telco.request("GET", "calls", headers={"Authorization": authorization})
    row = ERRORS["missing or wrong credentials"]
    assert (response.status_code, response.json()) == (row["status"], row["json"])


async def test_the_right_key_under_the_wrong_scheme_is_401(telco: Telco) -> None:
    account = telco.account
    for authorization in (
        f"Basic {account['api_key']}",
        f"Bearer {account['auth_token']}",
        account["api_key"],
        basic("", account["api_key"]),
        basic(telco.auth_id, "wrong"),
        basic("AC00NOBODY", account["auth_token"]),
    ):
        response = await telco.request("GET", "calls", headers={"Authorization": authorization})
        assert response.status_code == 401, authorization


async def test_bearer_and_basic_with_any_secret_of_the_account_are_taken(telco: Telco) -> None:
    key, token = telco.account["api_key"], telco.account["auth_token"]
    tried = accounts.test_key(key)
    for authorization in (
        f"Bearer {key}",
        f"bearer {key}",
        f"Bearer {tried}",
        basic(telco.auth_id, token),
        basic(telco.auth_id, key),
        basic(telco.auth_id, tried),
    ):
        response = await telco.request("GET", "calls", headers={"Authorization": authorization})
        assert response.status_code == 200, authorization


async def test_another_accounts_path_is_403_known_or_not_and_leaves_no_trace_there(
    telco: Telco, exchange: Exchange, receiver: Receiver
) -> None:
    other = Telco(exchange, receiver, seed=2)
    before = len(list(other.sandbox.journal.entries()))
    for auth_id in (other.auth_id, "AC00NOBODY", "", telco.auth_id.lower()):
        for path in (f"/v1/voice/accounts/{auth_id}/calls", f"/v1/account/{auth_id}/numbers"):
            response = await telco.request("GET", path)
            row = ERRORS["another account's path"]
            assert (response.status_code, response.json()) == (row["status"], row["json"])
    assert len(list(other.sandbox.journal.entries())) == before
    await other.client.aclose()


def test_a_header_is_read_and_nonsense_is_not() -> None:
    assert read("Bearer tvx_sk_live_1") == accounts.credential("", "tvx_sk_live_1")
    assert read(basic("AC1", "a:b")) == accounts.credential("AC1", "a:b")
    for text in ("", "Bearer", "Bearer x", basic("", "x"), "Basic //8=", "Basic eA==", "Token tvx_sk_live_1"):
        assert read(text) == ""


def test_test_keys_are_known_by_their_prefix_whatever_the_scheme() -> None:
    assert is_test(read("Bearer tvx_sk_test_1")) and is_test(read(basic("AC1", "tvx_sk_test_1")))
    assert not is_test(read("Bearer tvx_sk_live_1")) and not is_test(read(basic("AC1", "token")))


# --- webhooks ------------------------------------------------------------------------------------------------------


def test_the_signature_is_the_one_of_the_example() -> None:
    made = sign(replace(REQUEST, key=EXAMPLE["secret"]), EXAMPLE["body"].encode(), AT, b"")
    assert dict(made) == EXAMPLE["headers"]


def test_a_fraction_of_a_second_is_cut_in_both_places() -> None:
    made = dict(sign(replace(REQUEST, key="k"), b"{}", AT.replace(microsecond=999_999), b""))
    assert made["X-TryVox-Timestamp"] == "1767225600"
    assert made["X-TryVox-Signature"].startswith("t=1767225600,v1=")


def test_without_a_secret_there_are_no_headers() -> None:
    assert sign(REQUEST, b"{}", AT, b"") == []


async def test_every_webhook_of_a_call_is_signed_with_its_own_secret(telco: Telco) -> None:
    await telco.place(webhook_secret="the-calls-own-secret")
    await telco.run()
    assert len(telco.receiver.requests) == 7
    assert all(is_genuine(received, "the-calls-own-secret") for received in telco.receiver.requests)


async def test_the_applications_secret_signs_where_the_call_has_none(telco: Telco) -> None:
    await telco.request("PATCH", telco.application, json={"webhook_secret": "the-applications"})
    await telco.place()
    await telco.run()
    assert all(is_genuine(received, "the-applications") for received in telco.receiver.requests)


async def test_the_accounts_secret_signs_what_nobody_else_does(telco: Telco) -> None:
    await telco.place()
    await telco.run()
    assert all(is_genuine(received, telco.account["webhook_secret"]) for received in telco.receiver.requests)


async def test_the_setting_leaves_webhooks_without_a_secret_unsigned(telco: Telco) -> None:
    telco.settings(sign_by_default=False)
    await telco.place()
    await telco.place(webhook_secret="own")
    await telco.run()
    signed = [received for received in telco.receiver.requests if "x-tryvox-signature" in received.headers]
    assert len(signed) == 7 and all(is_genuine(received, "own") for received in signed)
    assert not any("x-tryvox-timestamp" in each.headers for each in telco.receiver.requests if each not in signed)
