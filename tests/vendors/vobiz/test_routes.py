"""The API: who may ask, which paths there are, what is answered."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from emulator.runtime.exchange import Exchange
from tests.fakes.receiver import Receiver
from tests.vendors.vobiz.conftest import CALLEE, Telco, wire
from tests.vendors.vobiz.far_ends import scripted

ERRORS = {row["case"]: row for row in wire("errors")["responses"]}
SLOW = scripted().connects(after=1).far_end
UNKNOWN = "00000000-0000-4000-8000-000000000000"


def same_shape(got: Any, case: str) -> bool:
    return set(got) == set(ERRORS[case]["json"])


# --- credentials ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Auth-ID": "", "X-Auth-Token": ""},
        {"X-Auth-Token": "wrong"},
        {"X-Auth-Token": ""},
        {"X-Auth-ID": "MA_NOBODYXX"},
        {"X-Auth-ID": "", "X-Auth-Token": "", "Authorization": "Bearer x"},
    ],
)
async def test_missing_or_wrong_credentials_are_401(telco: Telco, headers: dict[str, str]) -> None:
    response = await telco.request("GET", "Call/", headers=headers)
    assert response.status_code == 401
    assert response.json() == {"error": "invalid credentials"}


async def test_a_bearer_token_beside_the_right_headers_means_nothing(telco: Telco) -> None:
    response = await telco.request("GET", "Call/", headers={"Authorization": "Bearer dummy"})
    assert response.status_code == 200


async def test_basic_is_taken_only_where_the_setting_says_so(telco: Telco) -> None:
    pair = b64encode(f"{telco.auth_id}:{telco.account['auth_token']}".encode()).decode()
    headers = {"X-Auth-ID": "", "X-Auth-Token": "", "Authorization": f"Basic {pair}"}
    assert (await telco.request("GET", "Call/", headers=headers)).status_code == 401
    telco.sandbox.put_settings("vobiz", {"accept_basic": True})
    assert (await telco.request("GET", "Call/", headers=headers)).status_code == 200


async def test_an_account_that_nobody_has_is_404(telco: Telco) -> None:
    response = await telco.request("GET", "/api/v1/Account/MA_NOBODYXX/Call/")
    assert response.status_code == 404 and same_shape(response.json(), "a call that is not there")


async def test_somebody_elses_account_is_403_and_leaves_no_trace_there(
    telco: Telco, exchange: Exchange, receiver: Receiver
) -> None:
    other = Telco(exchange, receiver, seed=2)
    before = len(list(other.sandbox.journal.entries()))
    response = await telco.request("GET", f"/api/v1/Account/{other.auth_id}/Call/")
    assert response.status_code == 403 and response.json()["error"] == "forbidden"
    assert same_shape(response.json(), "another account's path")
    assert len(list(other.sandbox.journal.entries())) == before
    await other.client.aclose()


async def test_an_empty_account_in_the_path_is_not_ones_own(telco: Telco) -> None:
    assert (await telco.request("GET", "/api/v1/Account//Call/")).status_code == 404


# --- paths ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["account/{}/call/", "account/{}/Call/", "Account/{}/call", "Account/{}/CALL/"])
async def test_the_wrong_case_is_401_unless_the_setting_is_lenient(telco: Telco, path: str) -> None:
    whole = "/api/v1/" + path.format(telco.auth_id)
    response = await telco.request("GET", whole)
    assert (response.status_code, response.json()) == (401, {"error": "invalid credentials"})
    telco.sandbox.put_settings("vobiz", {"lenient_paths": True})
    assert (await telco.request("GET", whole)).status_code == 200


async def test_a_part_of_a_call_in_the_wrong_case_is_401(telco: Telco) -> None:
    assert (await telco.request("POST", f"Call/{UNKNOWN}/play/")).status_code == 401


@pytest.mark.parametrize("path", ["cdr", "cdr/", "numbers", "concurrency"])
@pytest.mark.parametrize("account", ["Account", "account"])
async def test_lower_case_families_take_both_cases_of_account(telco: Telco, account: str, path: str) -> None:
    assert (await telco.request("GET", f"/api/v1/{account}/{telco.auth_id}/{path}")).status_code == 200


@pytest.mark.parametrize("path", ["Call", "Call/", "Application", "Application/"])
async def test_a_trailing_slash_makes_no_difference(telco: Telco, path: str) -> None:
    assert (await telco.request("GET", path)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nowhere",
        "/api/v1",
        "/api/v1/",
        "/api/v1/auth",
        "/api/v1/Account/x",
        "/api/v2/Account/x/Call/",
        "/api/v1/Foo/x/Call/",
    ],
)
async def test_a_route_that_does_not_exist_is_the_vendors_404(telco: Telco, path: str) -> None:
    response = await telco.client.get(path)
    row = ERRORS["a route that does not exist"]
    assert (response.status_code, response.json()) == (row["status"], row["json"])


@pytest.mark.parametrize("path", ["Call/x/Nonsense/", "Calls/", "CDR", "cdr/a/b", "Call/a/b/c/d", "Call//"])
async def test_a_path_that_does_not_exist_in_an_account_is_404(telco: Telco, path: str) -> None:
    assert (await telco.request("GET", path)).status_code == 404


async def test_a_wrong_method_is_405_and_names_the_right_ones(telco: Telco) -> None:
    response = await telco.request("PUT", "Application/")
    assert response.status_code == 405
    assert set(response.json()) == {"api_id", "error"}
    assert response.headers["allow"] == "GET, POST"


async def test_every_error_has_a_body_and_every_answer_an_api_id_of_its_own(telco: Telco) -> None:
    first, second = await telco.get("Call/"), await telco.get("Call/")
    assert first["api_id"] != second["api_id"]


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("DELETE", "Call/", "hang up all calls"),
        ("GET", f"Call/{UNKNOWN}/Stream/", "call stream"),
        ("DELETE", f"Call/{UNKNOWN}/Stream/{UNKNOWN}/", "call stream"),
        ("DELETE", "Recording/BulkDelete", "delete recordings in bulk"),
        ("POST", "export/recording/", "export of recordings"),
        ("GET", "Endpoint/", "endpoints"),
        ("GET", "balance/INR", "balance"),
        ("GET", "transactions", "transactions"),
        ("GET", "inventory/numbers", "number inventory"),
        ("POST", "numbers/purchase-from-inventory", "number inventory"),
        ("DELETE", "numbers/+912271264300", "release number"),
        ("GET", "trunks", "trunks"),
        ("GET", "/api/v1/accounts/{}/sub-accounts/", "sub-accounts"),
    ],
)
async def test_what_is_documented_and_not_emulated_is_501_by_name(
    telco: Telco, method: str, path: str, name: str
) -> None:
    response = await telco.request(method, path.format(telco.auth_id))
    assert response.status_code == 501
    assert response.headers["x-ringback-not-emulated"] == name
    assert set(response.json()) == {"api_id", "error"} and name in response.json()["error"]


async def test_what_is_not_emulated_still_wants_credentials(telco: Telco) -> None:
    response = await telco.request("POST", f"Call/{UNKNOWN}/", headers={"X-Auth-Token": "wrong"})
    assert response.status_code == 401


# --- make a call ---------------------------------------------------------------------------------------------------


async def test_a_call_is_fired_with_exactly_three_keys(telco: Telco) -> None:
    example = wire("make_call")
    body = {**example["request"]["json"], "answer_url": telco.fields()["answer_url"]}
    response = await telco.request("POST", "Call/", json=body)
    assert response.status_code == example["response"]["status"]
    assert set(response.json()) == set(example["response"]["json"])
    assert response.json()["message"] == "call fired"
    assert response.headers["content-type"] == "application/json"


async def test_the_status_can_be_200(telco: Telco) -> None:
    telco.sandbox.put_settings("vobiz", {"make_call_status": 200})
    assert (await telco.request("POST", "Call/", json=telco.fields())).status_code == 200


async def test_a_form_is_taken_as_well_as_json(telco: Telco) -> None:
    response = await telco.request("POST", "Call", data=telco.fields())
    assert response.status_code == 201


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not JSON"),
        (b"[1]", "a JSON object"),
        (b'"x"', "a JSON object"),
        (b"", "from is required"),
        (b"null", "from"),
    ],
)
async def test_a_body_that_is_no_object_is_400(telco: Telco, content: bytes, says: str) -> None:
    headers = {"Content-Type": "application/json"}
    response = await telco.request("POST", "Call/", content=content, headers=headers)
    assert response.status_code == 400
    assert set(response.json()) == {"api_id", "error"} and says in response.json()["error"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"to": ""},
        {"answer_url": "x"},
        {"ring_method": "PUT"},
        {"machine_detection_time": 1},
        {"caller_name": "a" * 51},
        {"to": "<".join(["919876543210"] * 1001)},
        {"to": "919876543210<"},
    ],
)
async def test_a_refused_call_changes_nothing(telco: Telco, wrong: dict[str, Any]) -> None:
    await telco.place()
    before = (dict(telco.sandbox.engine.legs), telco.sandbox.next_deadline(), list(telco.sandbox.outbox.deliveries))
    response = await telco.request("POST", "Call/", json=telco.fields(**wrong))
    assert response.status_code == 400
    after = (dict(telco.sandbox.engine.legs), telco.sandbox.next_deadline(), list(telco.sandbox.outbox.deliveries))
    assert before == after


async def test_bulk_answers_the_first_uuid_and_every_call_has_its_own(telco: Telco) -> None:
    numbers = [f"+9198765432{index:02}" for index in range(20, 23)]
    uuid = await telco.place("<".join(numbers))
    legs = list(telco.sandbox.engine.legs.values())
    assert [leg.to for leg in legs] == numbers
    assert uuid == legs[0].name and len({leg.name for leg in legs}) == 3


async def test_bulk_can_answer_an_array(telco: Telco) -> None:
    telco.sandbox.put_settings("vobiz", {"bulk_response": "array"})
    body = (await telco.request("POST", "Call/", json=telco.fields("+919876543220<+919876543221"))).json()
    assert body["message"] == "calls fired"
    assert body["request_uuid"] == [leg.name for leg in telco.sandbox.engine.legs.values()]
    single = (await telco.request("POST", "Call/", json=telco.fields())).json()
    assert single["message"] == "call fired" and isinstance(single["request_uuid"], str)


async def test_the_default_account_is_the_documented_one(exchange: Exchange, receiver: Receiver) -> None:
    telco = Telco(exchange, receiver, name="default", seed=5)
    assert (telco.auth_id, telco.number) == ("MA_RINGBACK", "+912271264300")
    assert (await telco.request("GET", "Call/")).status_code == 200
    await telco.client.aclose()


# --- list, retrieve, hang up ---------------------------------------------------------------------------------------


async def test_calls_move_from_queued_to_live_to_none(telco: Telco) -> None:
    telco.script(SLOW)
    uuid = await telco.place()
    assert (await telco.get("Call/?status=queued"))["calls"] == [uuid]
    assert (await telco.get("Call/?status=live"))["calls"] == []
    await telco.advance(1)
    assert (await telco.get("Call/?status=queued"))["calls"] == []
    assert (await telco.get("Call/?status=live"))["calls"] == [uuid]
    await telco.run()
    assert (await telco.get("Call/"))["calls"] == []


async def test_list_live_has_exactly_its_keys(telco: Telco) -> None:
    await telco.place()
    for query in ("?status=live", "", "?status=live&limit=1&offset=5&is_voice_request=true"):
        body = await telco.get(f"Call/{query}")
        assert set(body) == set(wire("list_live")["response"]["json"])
        assert len(body["calls"]) == 1


async def test_another_status_is_400(telco: Telco) -> None:
    for path in ("Call/?status=dead", f"Call/{UNKNOWN}/?status=dead"):
        assert (await telco.request("GET", path)).status_code == 400


async def test_at_most_twenty_queued_calls_are_listed(telco: Telco) -> None:
    telco.sandbox.put_far_end("", SLOW)
    await telco.place("<".join(str(919_000_000_000 + index) for index in range(30)))
    assert len((await telco.get("Call/?status=queued"))["calls"]) == 20


async def test_a_queued_call_is_retrieved_with_exactly_its_keys(telco: Telco) -> None:
    telco.script(SLOW)
    uuid = await telco.place(caller_name="Anna")
    body = await telco.get(f"Call/{uuid}/?status=queued")
    assert set(body) == set(wire("queued_call")["response"]["json"])
    assert (body["call_status"], body["call_uuid"], body["request_uuid"]) == ("queued", uuid, uuid)
    assert (body["from"], body["to"], body["caller_name"]) == (telco.number[1:], CALLEE[1:], "Anna")
    assert (await telco.request("GET", f"Call/{uuid}/?status=live")).status_code == 404


async def test_a_live_call_is_retrieved_with_exactly_its_keys(telco: Telco) -> None:
    telco.answers("<Wait length='60'/>")
    uuid = await telco.place()
    body = await telco.get(f"Call/{uuid}/?status=live")
    assert set(body) == set(wire("live_call")["response"]["json"])
    assert (body["call_status"], body["session_start"]) == ("ringing", "2026-01-01 00:00:00.000000")
    await telco.advance(5)
    assert (await telco.get(f"Call/{uuid}?status=live"))["call_status"] == "in-progress"
    for query in ("?status=queued", ""):
        assert (await telco.request("GET", f"Call/{uuid}/{query}")).status_code == 404


async def test_a_call_that_is_over_is_the_call_object(telco: Telco) -> None:
    uuid = await telco.place()
    await telco.run()
    body = await telco.get(f"Call/{uuid}/")
    assert set(body) == set(wire("finished_call")["response"]["json"])
    assert (body["hangup_cause_code"], body["hangup_source"]) == (4010, "Vobiz")
    assert (body["call_duration"], body["billed_duration"]) == (1, 60)
    assert (body["initiation_time"], body["answer_time"]) == ("2026-01-01 05:30:00", "2026-01-01 05:30:02")
    assert (body["from_number"], body["total_amount"]) == (telco.number[1:], "0.45000")


async def test_a_call_nobody_made_is_404_everywhere(telco: Telco) -> None:
    for method, path in [
        ("GET", f"Call/{UNKNOWN}/"),
        ("GET", f"Call/{UNKNOWN}/?status=live"),
        ("GET", f"Call/{UNKNOWN}/?status=queued"),
        ("DELETE", f"Call/{UNKNOWN}/"),
        ("DELETE", f"Request/{UNKNOWN}/"),
        ("GET", f"cdr/{UNKNOWN}"),
    ]:
        response = await telco.request(method, path)
        assert response.status_code == 404 and same_shape(response.json(), "a call that is not there"), (method, path)


@pytest.mark.parametrize("path", ["Call", "Request"])
async def test_hanging_up_is_204_without_a_body_and_404_the_second_time(telco: Telco, path: str) -> None:
    uuid = await telco.place()
    response = await telco.request("DELETE", f"{path}/{uuid}/", headers={"Content-Type": "application/json"})
    assert (response.status_code, response.content) == (204, b"")
    assert (await telco.request("DELETE", f"{path}/{uuid}/")).status_code == 404


async def test_one_sandbox_never_sees_anothers_calls(telco: Telco, exchange: Exchange, receiver: Receiver) -> None:
    other = Telco(exchange, receiver, seed=2)
    uuid = await telco.place()
    assert (await other.get("Call/"))["calls"] == []
    assert (await other.request("DELETE", f"Call/{uuid}/")).status_code == 404
    assert (await telco.get("Call/"))["calls"] == [uuid]
    await other.client.aclose()
