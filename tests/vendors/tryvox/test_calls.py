"""Create, retrieve, hang up."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.tryvox.conftest import CALLEE, STAYS, UNKNOWN, Telco, scripted, wire

ERRORS = {row["case"]: row for row in wire("errors")["responses"]}
CREATE = wire("create_call")


async def refused(telco: Telco, body: Any) -> dict[str, str]:
    """Field to reason of a 400 that has changed nothing."""
    before = (dict(telco.sandbox.engine.legs), telco.sandbox.next_deadline(), list(telco.sandbox.outbox.deliveries))
    response = await telco.request("POST", "calls", json=body)
    after = (dict(telco.sandbox.engine.legs), telco.sandbox.next_deadline(), list(telco.sandbox.outbox.deliveries))
    assert before == after
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert error["code"] == "VALIDATION_FAILED"
    return {row["field"]: row["reason"] for row in error["details"]}


# --- create --------------------------------------------------------------------------------------------------------


async def test_the_known_clients_request_is_answered_as_documented(telco: Telco) -> None:
    body = {**CREATE["request"]["json"], "from": telco.number, "answer_url": f"{telco.receiver.url}/answer"}
    response = await telco.request("POST", "calls", json=body)
    made = response.json()
    assert response.status_code == CREATE["response"]["status"] == 201
    assert response.headers["content-type"] == "application/json"
    assert list(made) == list(CREATE["response"]["json"])
    assert {**made, "request_uuid": "", "call_uuid": ""} == {
        "request_uuid": "", "call_uuid": "", "from": telco.number, "to": CALLEE, "direction": "outbound",
        "status": "ringing", "created_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    assert made["request_uuid"] != made["call_uuid"]


async def test_three_fields_are_enough_and_unknown_ones_do_no_harm(telco: Telco) -> None:
    assert (await telco.request("POST", "calls", json=telco.fields(colour="green"))).status_code == 201


async def test_missing_fields_are_all_named_with_the_documented_reason(telco: Telco) -> None:
    wanted = dict.fromkeys(("from", "to", "answer_url"), "required field missing")
    assert await refused(telco, {}) == wanted
    assert await refused(telco, {"from": "", "to": None}) == wanted
    response = await telco.request("POST", "calls")
    assert [row["field"] for row in response.json()["error"]["details"]] == ["from", "to", "answer_url"]


@pytest.mark.parametrize(
    "number", ["919876543210", "+0123456789", "+12", "x", "+1 202 555 0100", "sip:a@b", "+" + "1" * 16]
)
@pytest.mark.parametrize("field", ["from", "to"])
async def test_a_number_that_is_not_e164_is_refused(telco: Telco, field: str, number: str) -> None:
    reasons = await refused(telco, telco.fields(**{field: number}))
    assert list(reasons) == [field] and reasons[field].startswith("must be E.164 format")


@pytest.mark.parametrize(
    "wrong",
    [
        {"answer_url": "nowhere"},
        {"answer_url": 5},
        {"answer_method": "PUT"},
        {"ring_url": "ftp://a/b"},
        {"ring_url": "http://[::1"},
        {"ring_url": "http://a:99999/"},
        {"hangup_url": ["x"]},
        {"fallback_url": "//a"},
        {"status_callback_url": "a"},
        {"status_callback_method": "get"},
        {"ring_timeout": 0},
        {"ring_timeout": "soon"},
        {"ring_timeout": True},
        {"time_limit": -1},
        {"time_limit": 1.5},
        {"machine_detection": "true"},
        {"webhook_secret": 1},
        {"to": 919876543210},
    ],
)
async def test_a_bad_field_is_refused_by_name(telco: Telco, wrong: dict[str, Any]) -> None:
    assert list(await refused(telco, telco.fields(**wrong))) == list(wrong)


@pytest.mark.parametrize("content", [b"{", b"[1]", b'"x"', b"null", b"\xff", b'{"from": NaN}', b"[" * 9000])
async def test_a_body_that_is_no_json_object_is_400(telco: Telco, content: bytes) -> None:
    response = await telco.request("POST", "calls", content=content)
    assert response.status_code == 400
    assert set(response.json()["error"]) == {"code", "message"}


async def test_a_number_of_somebody_else_is_403(telco: Telco) -> None:
    response = await telco.request("POST", "calls", json=telco.fields(**{"from": "+12025550177"}))
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "FORBIDDEN"
    assert not telco.sandbox.engine.legs


async def test_a_whole_number_may_be_spelled_with_a_point(telco: Telco) -> None:
    assert (await telco.request("POST", "calls", json=telco.fields(ring_timeout=30.0))).status_code == 201


async def test_spans_beyond_a_day_are_a_day(telco: Telco) -> None:
    telco.script(scripted().rings_for_ever())
    uuid = await telco.place(ring_timeout=10**15, time_limit=10**15)
    await telco.run()
    assert (await telco.get(f"calls/{uuid}"))["end_time"] == "2026-01-02T00:00:00Z"


# --- retrieve ------------------------------------------------------------------------------------------------------


async def test_a_call_of_the_sample_has_the_samples_keys_order_and_price(telco: Telco) -> None:
    telco.answers(STAYS)
    telco.script(scripted().hangs_up(after=125))
    uuid = await telco.place(machine_detection="Enable")
    await telco.run()
    got, sample = await telco.get(f"calls/{uuid}"), wire("call")["response"]["json"]
    assert list(got) == list(sample)
    own = ("call_uuid", "request_uuid", "from", "answer_url", "hangup_url", "ring_url")
    assert {key: text for key, text in got.items() if key not in own} == {
        key: text for key, text in sample.items() if key not in own
    }
    assert [got[name] for name in own[3:]] == [f"{telco.receiver.url}/{name}" for name in ("answer", "hangup", "ring")]


async def test_the_request_uuid_is_that_of_the_create_answer(telco: Telco) -> None:
    made = (await telco.request("POST", "calls", json=telco.fields())).json()
    got = await telco.get(f"calls/{made['call_uuid']}")
    assert got["request_uuid"] == made["request_uuid"]
    assert (got["hangup_url"], got["ring_url"], got["ring_time"]) == (None, None, "2026-01-01T00:00:00Z")


async def test_the_result_of_detection_is_null_until_decided_and_names_a_machine(telco: Telco) -> None:
    telco.answers(STAYS)
    uuid = await telco.place("+12025550105", machine_detection="Enable")
    plain = await telco.place("+12025550105")
    assert (await telco.get(f"calls/{uuid}"))["machine_detection_result"] is None
    await telco.advance(20)
    assert (await telco.get(f"calls/{uuid}"))["machine_detection_result"] == "machine"
    got = await telco.get(f"calls/{plain}")
    assert (got["machine_detection"], got["machine_detection_result"]) == ("Disable", None)


async def test_an_unknown_call_is_a_nested_404(telco: Telco) -> None:
    response = await telco.request("GET", f"calls/{UNKNOWN}")
    row = ERRORS["an unknown call"]
    assert (response.status_code, response.json()) == (row["status"], row["json"])


# --- hang up -------------------------------------------------------------------------------------------------------


async def test_hanging_up_answers_204_without_a_body(telco: Telco) -> None:
    uuid = await telco.place()
    response = await telco.request("DELETE", f"calls/{uuid}")
    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers


@pytest.mark.parametrize("case", ["hanging up an unknown call", "hanging up an ended call"])
async def test_its_two_404s_are_flat(telco: Telco, case: str) -> None:
    uuid = UNKNOWN
    if "ended" in case:
        uuid = await telco.place()
        await telco.run()
    response = await telco.request("DELETE", f"calls/{uuid}")
    assert (response.status_code, response.json()) == (ERRORS[case]["status"], ERRORS[case]["json"])


async def test_an_answered_call_is_completed_by_it(telco: Telco) -> None:
    telco.answers(STAYS)
    uuid = await telco.place()
    await telco.advance(12)
    await telco.request("DELETE", f"calls/{uuid}")
    await telco.run()
    assert await telco.ending(uuid) == ("completed", "api-hangup", 10)


@pytest.mark.parametrize("word", ["canceled", "completed"])
async def test_a_ringing_call_is_canceled_by_it_unless_the_setting_follows_the_docs(telco: Telco, word: str) -> None:
    telco.settings(api_hangup_before_answer=word)
    uuid = await telco.place()
    await telco.request("DELETE", f"calls/{uuid}")
    await telco.run()
    assert await telco.ending(uuid) == (word, "api-hangup", 0)
    assert telco.receiver.paths == ["/status", "/ring", "/status", "/hangup", "/status"]


async def test_everybody_in_the_call_is_dropped(telco: Telco) -> None:
    telco.answers({"verb": "Dial", "numbers": [{"number": "+12025550144"}]}, STAYS)
    uuid = await telco.place()
    await telco.advance(10)
    await telco.request("DELETE", f"calls/{uuid}")
    child, parent = (await telco.get("calls"))["calls"]
    assert (parent["status"], parent["end_reason"]) == ("completed", "api-hangup")
    assert (child["status"], child["end_reason"]) == ("completed", "caller-hangup")


async def test_hanging_up_the_dialled_call_drops_the_one_that_dialled_it(telco: Telco) -> None:
    telco.answers({"verb": "Dial", "numbers": [{"number": "+12025550144"}]}, STAYS)
    await telco.place()
    await telco.advance(10)
    (child, _) = await telco.listed()
    await telco.request("DELETE", f"calls/{child}")
    assert await telco.listed(status="completed") == await telco.listed()
