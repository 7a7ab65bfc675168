"""Everything besides calls: paths, applications, numbers, account, lists, alerts, what is not emulated."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from emulator.ids import Ids
from emulator.vendors.jambonz import accounts, vendor
from tests.vendors.jambonz.conftest import Telco

MISSING = "00000000-0000-4000-8000-00000000abcd"
HOOK = {"url": "http://127.0.0.1:3000/call"}
APPLICATION = {
    "application_sid", "name", "service_provider_sid", "account_sid", "call_hook", "call_status_hook",
    "messaging_hook", "app_json", "speech_synthesis_vendor", "speech_synthesis_language", "speech_synthesis_voice",
    "speech_synthesis_label", "speech_recognizer_vendor", "speech_recognizer_language", "speech_recognizer_label",
    "use_for_fallback_speech", "fallback_speech_synthesis_vendor", "fallback_speech_synthesis_language",
    "fallback_speech_synthesis_voice", "fallback_speech_synthesis_label", "fallback_speech_recognizer_vendor",
    "fallback_speech_recognizer_language", "fallback_speech_recognizer_label", "env_vars", "record_all_calls",
    "created_at",
}  # fmt: skip


def fields(**more: Any) -> dict[str, Any]:
    return {"name": "mine", "call_hook": HOOK, "call_status_hook": HOOK, **more}


def is_empty(response: httpx2.Response, status: int) -> bool:
    return (response.status_code, response.content) == (status, b"") and "content-type" not in response.headers


# --- paths ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", "/health"])
async def test_health_needs_no_token(telco: Telco, path: str) -> None:
    telco.client.headers.pop("authorization")
    response = await telco.request("GET", path)

    assert (response.status_code, response.text) == (200, "OK")


@pytest.mark.parametrize("shape", ["/v1/Accounts/{}/Calls/", "/api/v1/Accounts/{}/Calls", "/v1/accounts/{}/calls"])
async def test_paths_match_in_every_accepted_spelling(telco: Telco, shape: str) -> None:
    assert await telco.get(shape.format(telco.sid)) == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/v1/Nothing"), ("PATCH", "/v1/Applications"), ("PUT", "/v1/PhoneNumbers")]
)
async def test_an_unknown_route_or_method_is_a_page_of_html(telco: Telco, method: str, path: str) -> None:
    response = await telco.request(method, path)

    assert response.status_code == 404
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert f"<pre>Cannot {method} {path}</pre>" in response.text


async def test_an_unknown_route_without_a_token_is_a_401_and_outside_the_api_a_404(telco: Telco) -> None:
    telco.client.headers.pop("authorization")

    assert (await telco.request("GET", "/v1/Nothing")).status_code == 401
    page = await telco.request("GET", "/v2/<b>")
    assert page.status_code == 404
    assert "&lt;b&gt;" in page.text


async def test_head_is_a_get_without_a_body(telco: Telco) -> None:
    response = await telco.request("HEAD", "Calls")

    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("GET", "/v1/ApiKeys", "ApiKeys"), ("POST", "/v1/Clients", "Clients"), ("GET", "/swagger", "swagger page"),
        ("GET", "RegisteredSipUsers/ada", "RegisteredSipUsers"), ("POST", "Messages", "Messages"),
        ("PUT", "/v1/Accounts/{}", "account changes"), ("POST", "/v1/Accounts", "account changes"),
    ],
)  # fmt: skip
async def test_what_exists_and_is_not_emulated_is_a_501_by_name(
    telco: Telco, method: str, path: str, name: str
) -> None:
    response = await telco.request(method, path.format(telco.sid))

    assert (response.status_code, response.headers["x-ringback-not-emulated"]) == (501, name)
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert name in vendor.not_emulated


# --- applications --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("base", ["/v1/Applications", "Applications"])
async def test_an_application_is_created_read_changed_and_deleted(telco: Telco, base: str) -> None:
    made = await telco.request("POST", base, json=fields(speech_synthesis_vendor="aws", speech_recognizer_vendor=None))
    sid = made.json()["sid"]
    one = f"{base}/{sid}"
    record = await telco.get(one)

    assert (made.status_code, made.json().keys()) == (201, {"sid"})
    assert record.keys() == APPLICATION
    assert record["call_hook"].keys() == {"webhook_sid", "url", "method", "username", "password"}
    assert (record["call_hook"]["method"], record["messaging_hook"]) == ("POST", None)
    assert (record["speech_synthesis_vendor"], record["speech_recognizer_vendor"]) == ("aws", "google")
    assert len(await telco.get(base)) == 2

    change = {"name": "yours", "call_hook": {"url": "https://h.example/x", "method": "get"}}
    assert is_empty(await telco.request("PUT", one, json=change), 204)
    changed = await telco.get(one)
    assert (changed["name"], changed["call_hook"]["method"]) == ("yours", "GET")
    assert changed["call_status_hook"] == record["call_status_hook"]

    assert is_empty(await telco.request("DELETE", one), 204)
    assert is_empty(await telco.request("GET", one), 404)
    again = await telco.request("DELETE", one)
    assert (again.status_code, again.json()) == (400, {"msg": "application does not exist"})


async def test_the_next_application_has_another_sid_although_the_last_is_deleted(telco: Telco) -> None:
    sids = []
    for _ in range(2):
        sids.append((await telco.request("POST", "/v1/Applications", json=fields())).json()["sid"])
        await telco.request("DELETE", f"/v1/Applications/{sids[-1]}")

    assert len(set(sids)) == 2


@pytest.mark.parametrize(
    ("change", "status", "text"),
    [
        ({"call_hook": "http://h"}, 400, "'call_hook' must be an object when adding an application"),
        ({"call_status_hook": "http://h"}, 400, "'call_status_hook' must be an object when adding an application"),
        ({"call_hook": {"url": ""}}, 400, "call_hook: url is invalid"),
        ({"call_hook": {"url": "h/x"}}, 400, "call_hook: url has a missing or invalid protocol"),
        ({"call_hook": {"url": "http://[::1"}}, 400, "call_hook: url is invalid"),
        ({"call_hook": {"url": "http://h:99999"}}, 400, "call_hook: url is invalid"),
        ({"call_hook": {"url": "ftp://h"}}, 400, "call_hook: url has a missing or invalid protocol"),
        ({"call_hook": {"url": "http://"}}, 400, "call_hook: url has an invalid hostname"),
        ({"call_hook": {"url": "http://[h"}}, 400, "call_hook: url is invalid"),
        ({"call_status_hook": {"url": " http://h"}}, 400, "call_status_hook: url has surrounding whitespace"),
        ({"call_hook": {"url": "http://h", "method": ["GET"]}}, 400, "call_hook: method is invalid"),
        ({"call_hook": {"url": "http://h", "password": 7}}, 400, "call_hook: password is invalid"),
        ({"speech_synthesis_label": 0.5}, 400, "speech_synthesis_label is invalid"),
        ({"record_all_calls": 2}, 400, "record_all_calls is invalid"),
        ({"env_vars": []}, 400, "env_vars is invalid"),
        ({"call_hook": None}, 500, "Cannot read properties of undefined (reading 'url')"),
        ({"name": ""}, 400, "missing field name"),
        ({"name": "default"}, 422, "application name default is already in use"),
        ({"app_json": "{}"}, 400, "malformed jambonz payload: must be array"),
        ({"app_json": [{"verb": "sing"}]}, 400, "invalid instruction: sing"),
    ],
)
async def test_each_fault_of_an_application_has_its_answer(telco: Telco, change: Any, status: int, text: str) -> None:
    response = await telco.request("POST", "/v1/Applications", json=fields(**change))

    assert (response.status_code, response.json()) == (status, {"msg": text})
    assert len(await telco.get("/v1/Applications")) == 1


async def test_an_app_json_may_be_text_or_an_array_and_is_kept_as_text(telco: Telco) -> None:
    static = [{"verb": "hangup"}]
    made = await telco.request("POST", "/v1/Applications", json=fields(app_json=static))

    record = await telco.get(f"/v1/Applications/{made.json()['sid']}")
    assert record["app_json"] == '[{"verb":"hangup"}]'


async def test_broken_app_json_is_refused(telco: Telco) -> None:
    response = await telco.request("POST", "/v1/Applications", json=fields(app_json="nope"))

    assert response.status_code == 400 and response.json()["msg"].startswith("invalid app_json")


async def test_an_applications_key_cannot_be_changed(telco: Telco) -> None:
    sid = telco.account["application_sid"]
    response = await telco.request("PUT", f"/v1/Applications/{sid}", json={"application_sid": MISSING})

    assert (response.status_code, response.json()) == (400, {"msg": "primary key application_sid is immutable"})


async def test_an_application_with_numbers_cannot_be_deleted(telco: Telco) -> None:
    response = await telco.request("DELETE", f"/v1/Applications/{telco.account['application_sid']}")

    assert (response.status_code, response.json()) == (422, {"msg": "cannot delete application with phone numbers"})


async def test_a_list_has_an_envelope_when_a_page_is_asked_for(telco: Telco) -> None:
    for index in range(3):
        await telco.request("POST", "/v1/Applications", json=fields(name=f"app {index}"))
    body = await telco.get("/v1/Applications?page=2&page_size=2&name=app")

    assert {key: body[key] for key in ("total", "page", "page_size")} == {"total": 3, "page": 2, "page_size": 2}
    assert [record["name"] for record in body["data"]] == ["app 2"]
    assert (await telco.get("/v1/Applications?page=x"))["page_size"] == 50


# --- numbers -------------------------------------------------------------------------------------------------------


async def test_a_number_is_created_read_changed_and_deleted(telco: Telco) -> None:
    made = await telco.request("POST", "/v1/PhoneNumbers", json={"number": "+441632960000"})
    one = f"/v1/PhoneNumbers/{made.json()['sid']}"
    record = await telco.get(one)

    assert made.status_code == 201
    assert record.keys() == {
        "phone_number_sid", "number", "voip_carrier_sid", "account_sid", "application_sid", "service_provider_sid",
    }  # fmt: skip
    assert record["number"] == "441632960000"
    sid = telco.account["application_sid"]
    assert is_empty(await telco.request("PUT", one, json={"application_sid": sid}), 204)
    assert (await telco.get(one))["application_sid"] == sid
    assert is_empty(await telco.request("DELETE", one), 204)
    assert is_empty(await telco.request("GET", one), 404)
    assert is_empty(await telco.request("DELETE", one), 404)


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({}, 400, "number is required"),
        ({"number": "+44 1632"}, 400, "number cannot contain whitespace"),
        ({"number": "441", "voip_carrier_sid": MISSING}, 400, f"voip_carrier not found for sid {MISSING}"),
        ({"number": "441", "application_sid": MISSING}, 400, f"application_sid not found {MISSING}"),
    ],
)
async def test_each_fault_of_a_number_has_its_answer(telco: Telco, body: Any, status: int, text: str) -> None:
    response = await telco.request("POST", "/v1/PhoneNumbers", json=body)

    assert (response.status_code, response.json()) == (status, {"msg": text})


async def test_a_number_exists_once_and_keeps_its_digits(telco: Telco) -> None:
    twice = await telco.request("POST", "/v1/PhoneNumbers", json={"number": telco.number})
    (first, _) = await telco.get("/v1/PhoneNumbers")
    one = f"/v1/PhoneNumbers/{first['phone_number_sid']}"
    other = await telco.request("PUT", one, json={"number": "1"})
    carrier = await telco.request("PUT", one, json={"voip_carrier_sid": MISSING})

    assert (twice.status_code, twice.json().keys()) == (422, {"msg"})
    assert (other.status_code, other.json()) == (400, {"msg": "number may not be modified"})
    assert (carrier.status_code, carrier.json()) == (400, {"msg": "voip_carrier_sid may not be modified"})


async def test_a_change_of_nothing_is_taken(telco: Telco) -> None:
    (first, _) = await telco.get("/v1/PhoneNumbers")
    one = f"/v1/PhoneNumbers/{first['phone_number_sid']}"

    assert is_empty(await telco.request("PUT", one, json={}), 204)
    assert await telco.get(one) == first


async def test_numbers_are_filtered_and_paged(telco: Telco) -> None:
    digits = telco.number[1:]

    assert [record["number"] for record in await telco.get(f"/v1/PhoneNumbers?filter=%2B{digits}")] == [digits]
    assert await telco.get(f"/v1/PhoneNumbers?account_sid={MISSING}") == []
    assert (await telco.get("/v1/PhoneNumbers?page=1&page_size=1"))["total"] == 2


# --- the account and what is empty ---------------------------------------------------------------------------------


async def test_the_account_is_shown(telco: Telco) -> None:
    record = await telco.get(f"/v1/Accounts/{telco.sid}")

    assert record["account_sid"] == telco.sid
    assert record["webhook_secret"] == telco.account["webhook_secret"]
    assert await telco.get("/v1/Accounts") == [record]


@pytest.mark.parametrize("path", ["Conferences", "Queues", "Queues?search=a*"])
async def test_conferences_and_queues_are_empty_arrays(telco: Telco, path: str) -> None:
    assert await telco.get(path) == []


async def test_alerts_have_exactly_their_keys(telco: Telco) -> None:
    sid = await telco.place(call_hook="http://127.0.0.1:9/call")
    await telco.run()
    body = await telco.get("Alerts?page=1&count=5&days=1")
    (alert,) = body["data"]

    assert body.keys() == {"total", "page_size", "page", "data"}
    assert alert == {
        "time": "2026-01-01T00:00:02.000Z", "account_sid": telco.sid, "alert_type": "webhook-connection-failure",
        "message": "failed to connect to http://127.0.0.1:9/call", "detail": None, "target_sid": sid, "vendor": None,
    }  # fmt: skip
    assert (await telco.get("Alerts?page=1&count=5&alert_type=no-tts"))["data"] == []
    assert (await telco.get("Alerts?page=1&count=5&start=2026-01-02T00:00:00Z"))["total"] == 0


# --- accounts of sandboxes -----------------------------------------------------------------------------------------


def test_the_default_sandboxs_account_is_constant_and_every_other_is_its_own() -> None:
    default, again = accounts.seed(Ids(1), True), accounts.seed(Ids(2), True)
    one, two = accounts.seed(Ids(1), False), accounts.seed(Ids(2), False)

    assert default.public == again.public
    assert default.public["account_sid"] == accounts.DEFAULT_ACCOUNT_SID
    assert len({default.credentials, one.credentials, two.credentials}) == 3
    assert len({default.public["account_sid"], one.public["account_sid"], two.public["account_sid"]}) == 3
    assert accounts.seed(Ids(1), False) == one


def test_the_environment_of_a_child_names_everything_a_client_needs() -> None:
    public = accounts.seed(Ids(0), True).public
    found = accounts.environ(public, "http://127.0.0.1:5550/jambonz")

    assert found["JAMBONZ_BASE_URL"] == "http://127.0.0.1:5550/jambonz"
    for name in ("account_sid", "api_key", "application_sid", "webhook_secret"):
        assert found[f"RINGBACK_JAMBONZ_{name.upper()}"] == found[f"JAMBONZ_{name.upper()}"] == public[name]
    assert found["RINGBACK_JAMBONZ_NUMBER"] == public["numbers"][0]


async def test_the_call_request_of_the_front_door_is_accepted(telco: Telco) -> None:
    urls = {"answer": f"{telco.receiver.url}/call", "hangup": f"{telco.receiver.url}/status"}
    made = accounts.call_request(telco.account, "", "+15085551212", urls)
    response = await telco.client.request(made.method, made.path, headers=dict(made.headers), json=made.json)
    await telco.run()

    assert response.status_code == 201
    assert telco.receiver.paths.count("/status") == 4
    assert "call_status_hook" not in accounts.call_request(telco.account, "", "1", {"answer": "http://h"}).json
