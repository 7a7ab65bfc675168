"""Starting and controlling calls: fields, answers, refusals."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import hypothesis
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import Options
from emulator.scenarios.far_end import FarEnd
from emulator.vendors.servetel import vendor
from tests.fakes.receiver import Receiver
from tests.vendors.servetel.conftest import BUSY, CUSTOMER, MAGIC_AGENTS, NO_ANSWER, Desk, agents, fixture

REQUESTS = fixture("requests")
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def body(**more: Any) -> dict[str, Any]:
    given = {"agent_number": "0501234560001", "destination_number": "9876543210", **more}
    return {key: item for key, item in given.items() if item is not None}


def legs(desk: Desk) -> list[tuple[str, str, str]]:
    return [(leg.from_, leg.to, leg.state) for leg in desk.sandbox.engine.legs.values()]


async def refused(desk: Desk, given: Any, path: str = "/v1/click_to_call") -> tuple[int, Any]:
    answer = await desk.ask("POST", path, json=given)
    assert desk.sandbox.engine.calls == {}
    return answer.status_code, answer.json()


@pytest.mark.parametrize("given", REQUESTS["click_to_call"])
async def test_the_requests_of_the_reference_place_the_same_call(desk: Desk, given: dict[str, Any]) -> None:
    answer = await desk.post("/v1/click_to_call", given)
    assert list(answer) == ["success", "message", "ref_id", "call_id"]
    assert (answer["success"], answer["message"], answer["call_id"]) == (True, "Originate successfully queued", None)
    assert answer["ref_id"] == given.get("ref_id") or UUID.fullmatch(answer["ref_id"])
    await desk.advance(10)
    assert legs(desk) == [
        ("+918069640001", "+919811640001", "answered"), ("+918069640001", CUSTOMER, "answered"),
    ]  # fmt: skip


async def test_a_form_places_a_call_too(desk: Desk) -> None:
    answer = await desk.ask("POST", "/v1/click_to_call", data=body(**{"async": "1"}))
    assert answer.json()["success"] is True


async def test_the_agent_is_called_first_then_the_customer(desk: Desk) -> None:
    await desk.call()
    assert legs(desk) == [("+918069640001", "+919811640001", "ringing")]
    await desk.advance(2)
    assert legs(desk)[1] == ("+918069640001", CUSTOMER, "ringing")


@pytest.mark.parametrize(
    ("given", "field", "text"),
    [
        ({"agent_number": None}, "agent_number", "The agent_number field is required."),
        ({"destination_number": None, "customer_number": "9876543210"}, "destination_number",
         "The destination_number field is required."),
        ({"destination_number": "12345"}, "destination_number",
         "The destination_number must be a valid number of 10 to 15 digits."),
        ({"destination_number": ["9876543210"]}, "destination_number", "The destination_number must be a string."),
        ({"caller_id": "9999999999"}, "caller_id", "Please provide a valid caller_id."),
        ({"agent_number": "0500000000000"}, "agent_number", "Agent not found."),
        ({"agent_number": "nobody"}, "agent_number", "Agent not found."),
        ({"async": "yes"}, "async", "The async must be 1 or 0."),
        ({"call_timeout": 0}, "call_timeout", "The call_timeout must be an integer of at least 1."),
        ({"call_timeout": "x"}, "call_timeout", "The call_timeout must be an integer of at least 1."),
        ({"customer_ring_timeout": -1}, "customer_ring_timeout",
         "The customer_ring_timeout must be an integer of at least 1."),
    ],
)  # fmt: skip
async def test_a_bad_field_is_422_and_places_no_call(desk: Desk, given: dict[str, Any], field: str, text: str) -> None:
    assert await refused(desk, body(**given)) == (
        422, {"success": False, "message": text, "errors": {field: [text]}},
    )  # fmt: skip


async def test_every_bad_field_is_named(desk: Desk) -> None:
    status, answer = await refused(desk, {})
    assert (status, list(answer["errors"])) == (422, ["agent_number", "destination_number"])


@pytest.mark.parametrize("raw", [b"", b"{", b"[1]", b'"text"', b"null", b"[" * 5000, b"\xff\xfe"])
async def test_a_body_that_is_no_object_lacks_every_field(desk: Desk, raw: bytes) -> None:
    answer = await desk.ask("POST", "/v1/click_to_call", content=raw)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["agent_number", "destination_number"])


async def test_a_blocked_agent_is_offline_until_unblocked(desk: Desk) -> None:
    agent = desk.agent["id"]
    await desk.post(f"/v1/agent/{agent}/block")
    status, answer = await refused(desk, body())
    assert (status, answer["message"]) == (422, "The agent is offline.")
    await desk.post(f"/v1/agent/{agent}/unblock")
    assert (await desk.call())["success"] is True


async def test_a_logged_out_agent_is_offline(desk: Desk) -> None:
    desk.settings(agents=agents())
    status, answer = await refused(desk, body(agent_number=MAGIC_AGENTS["away"]))
    assert (status, answer["message"]) == (422, "The agent is offline.")


async def test_agent_and_customer_with_one_number_end_busy(desk: Desk) -> None:
    await desk.call(desk.agent["number"])
    await desk.run()
    (row,) = (await desk.records())["results"]
    assert (row["status"], row["hangup_cause"]) == ("missed", "User busy")


async def test_call_timeout_cuts_the_call_that_long_after_the_agents_answer(desk: Desk) -> None:
    await desk.call(call_timeout=30)
    await desk.run()
    (row,) = (await desk.records())["results"]
    assert (row["end_stamp"], row["call_duration"], row["answered_seconds"]) == ("2026-01-01 05:30:32", 32, 28)


@pytest.mark.parametrize(("given", "seconds"), [({}, 30), ({"agent_ring_timeout": 12.5}, 12)])
async def test_an_agent_rings_as_long_as_the_settings_say(desk: Desk, given: dict[str, Any], seconds: int) -> None:
    desk.settings(agents=agents(), **given)
    await desk.call(agent_number=MAGIC_AGENTS["silent"])
    await desk.run()
    assert [row["call_duration"] for row in (await desk.records())["results"]] == [seconds]


async def test_a_customer_rings_as_long_as_the_request_says(desk: Desk) -> None:
    await desk.call(NO_ANSWER, customer_ring_timeout=7)
    await desk.run()
    assert [row["call_duration"] for row in (await desk.records())["results"]] == [9]


# --- async 0 -------------------------------------------------------------------------------------------------------


async def test_a_synchronous_request_waits_for_the_agent_and_names_the_call(desk: Desk) -> None:
    answer = await desk.call(**{"async": 0})
    (row,) = await desk.live()
    assert (answer["success"], answer["call_id"], row["state"], row["call_time"]) == (
        True, row["call_id"], "Answered", "00:00:02",
    )  # fmt: skip


@pytest.mark.parametrize("agent", ["busy", "silent"])
async def test_a_synchronous_request_says_that_the_agent_did_not_answer(desk: Desk, agent: str) -> None:
    desk.settings(agents=agents())
    answer = await desk.call(agent_number=MAGIC_AGENTS[agent], **{"async": "0"})
    assert answer == {"success": False, "message": "The agent did not answer the call."}
    assert await desk.live() == []


async def test_a_synchronous_request_holds_nobody_up(exchange: Exchange, receiver: Receiver) -> None:
    desk = Desk(exchange, receiver, name="default", seed=1, mode="real")
    desk.sandbox.put_far_end(desk.agent["number"], FarEnd(picks_up=False))
    parked = asyncio.create_task(desk.call(**{"async": 0}))
    async with asyncio.timeout(5):
        while not (rows := await desk.live()):
            await asyncio.sleep(0)
        await desk.post("/v1/call/hangup", {"call_id": rows[0]["call_id"]})
        assert (await parked)["success"] is False


@pytest.mark.parametrize("given", [{"async": 0}, {"async": "0"}, {}])
async def test_smartflo_takes_async_1_only(desk: Desk, given: dict[str, Any]) -> None:
    desk.settings(profile="smartflo")
    status, answer = await refused(desk, body(**given))
    assert (status, answer["errors"]) == (422, {"async": ["The async field must be 1."]})
    assert (await desk.call())["success"] is True


# --- support -------------------------------------------------------------------------------------------------------


async def test_a_support_call_needs_no_token_and_calls_the_customer_first(desk: Desk) -> None:
    answer = (await desk.support_call(get_call_id=1)).json()
    assert list(answer) == ["success", "message", "ref_id", "call_id"]
    assert (answer["message"], answer["call_id"]) == ("Call originated successfully", None)
    await desk.advance(2)
    assert legs(desk) == [
        ("+918069640001", CUSTOMER, "answered"), ("+918069640001", "+919811640001", "ringing"),
    ]  # fmt: skip


async def test_a_support_call_leads_to_the_agent_of_the_settings(desk: Desk) -> None:
    desk.settings(support_agent=desk.account["agents"][2]["id"])
    await desk.support_call()
    await desk.advance(2)
    assert legs(desk)[1][1] == "+919811640003"


async def test_a_support_call_to_an_agent_who_is_offline_ends_with_the_customers_answer(desk: Desk) -> None:
    await desk.post(f"/v1/agent/{desk.agent['id']}/block")
    await desk.support_call()
    await desk.run()
    (row,) = (await desk.records())["results"]
    assert (row["status"], row["support_api_call"], row["call_duration"]) == ("missed", True, 2)


async def test_a_support_destination_that_is_no_agent_is_not_emulated(desk: Desk) -> None:
    desk.settings(support_agent="voicebot||7")
    answer = await desk.support_call()
    assert (answer.status_code, answer.headers["X-Ringback-Not-Emulated"]) == (
        501, "click_to_call_support to voicebot||7",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"api_key": "wrong"}, "api_key"), ({"api_key": ""}, "api_key"), ({"customer_number": ""}, "customer_number"),
        ({"async": 0}, "async"), ({"async": None}, "async"), ({"caller_id": "9999999999"}, "caller_id"),
    ],
)  # fmt: skip
async def test_a_bad_field_of_a_support_call_is_422(desk: Desk, given: dict[str, Any], field: str) -> None:
    answer = await desk.support_call(**given)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert await desk.live() == []


# --- control -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["", "h22.14-"])
@pytest.mark.parametrize("after", [0, 3, 10])
async def test_hangup_ends_the_whole_call_at_any_time(desk: Desk, prefix: str, after: int) -> None:
    await desk.call()
    await desk.advance(after)
    (row,) = await desk.live()
    answer = await desk.post("/v1/call/hangup", {"call_id": prefix + row["call_id"]})
    assert answer == {"success": True, "message": "Call hangup successfully"}
    assert {leg.state for leg in desk.sandbox.engine.legs.values()} == {"ended"}


@pytest.mark.parametrize(
    ("given", "status", "message"),
    [
        ({}, 422, "The call_id field is required."),
        ({"call_id": "1767225600.1"}, 400, "Call not found"),
        ({"call_id": {"a": 1}}, 422, "The call_id must be a string."),
    ],
)
async def test_hangup_of_nothing_is_refused(desk: Desk, given: Any, status: int, message: str) -> None:
    answer = await desk.ask("POST", "/v1/call/hangup", json=given)
    assert (answer.status_code, answer.json()["message"]) == (status, message)


async def test_hangup_of_an_ended_call_is_400(desk: Desk) -> None:
    await desk.call(BUSY)
    (row,) = await desk.live()
    await desk.run()
    answer = await desk.ask("POST", "/v1/call/hangup", json={"call_id": row["call_id"]})
    assert (answer.status_code, answer.json()) == (400, {"success": False, "message": "Call has already ended"})


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"type": None}, "type"), ({"type": "5"}, "type"), ({"type": "x"}, "type"), ({"call_id": ""}, "call_id"),
        ({"agent_id": None}, "agent_id"), ({"type": "2", "agent_id": ""}, "agent_id"), ({"type": 4}, "intercom"),
        ({"type": 4, "intercom": []}, "intercom"), ({"type": 4, "intercom": ["1001", {}]}, "intercom"),
        ({"type": 4, "intercom": [5, "x", "1001"]}, "intercom"),
        ({"type": 4, "intercom": "abc"}, "intercom"), ({"agent_id": "nobody"}, "agent_id"),
        ({"type": 3, "agent_id": "nobody"}, "agent_id"),
    ],
)  # fmt: skip
async def test_a_bad_field_of_call_options_is_422(desk: Desk, given: Any, field: str) -> None:
    whole = {"type": 1, "call_id": "1767225600.1", "agent_id": desk.agent["id"], **given}
    answer = await desk.ask("POST", "/v1/call/options", json=whole)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


@pytest.mark.parametrize(
    "given",
    [
        {"type": 1, "agent_id": "0501234560002"}, {"type": "2", "agent_id": "1002"}, {"type": 3},
        {"type": 4, "intercom": "1002"},
    ],
)  # fmt: skip
async def test_call_options_want_a_call_that_talks(desk: Desk, given: Any) -> None:
    unknown = await desk.ask("POST", "/v1/call/options", json={**given, "call_id": "1.1"})
    assert (unknown.status_code, unknown.json()["message"]) == (400, "Call not found")
    await desk.call()
    (row,) = await desk.live()
    given = {**given, "call_id": row["call_id"]}
    ringing = await desk.ask("POST", "/v1/call/options", json=given)
    assert (ringing.status_code, ringing.json()["message"]) == (400, "Call is not answered yet")
    await desk.advance(5)
    answer = await desk.ask("POST", "/v1/call/options", json=given)
    assert (answer.status_code, answer.json()["success"]) == (200, True)
    await desk.hang_up()
    over = await desk.ask("POST", "/v1/call/options", json=given)
    assert (over.status_code, over.json()["message"]) == (400, "Call has already ended")


# --- anything at all -----------------------------------------------------------------------------------------------

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
names = st.sampled_from([
    "agent_number", "destination_number", "caller_id", "async", "call_timeout", "custom_identifier", "ref_id", "type",
    "call_id", "agent_id", "intercom", "customer_number", "api_key", "customer_ring_timeout", "email", "password",
    "destination", "name", "x",
])  # fmt: skip
good = st.sampled_from(["0501234560001", "9876543210", "1", "0", 4, "5e47e7e1-0000-4000-8000-000000000001"])
bodies = st.dictionaries(names, good | anything, max_size=7)
paths = st.sampled_from([
    ("POST", "/v1/click_to_call"), ("POST", "/v1/click_to_call_support"), ("POST", "/v1/call/hangup"),
    ("POST", "/v1/call/options"), ("POST", "/v1/auth/login"), ("PUT", "/v1/my_number/11"),
])  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@hypothesis.given(st.lists(st.tuples(paths, bodies), min_size=1, max_size=3))
def test_no_body_is_our_fault(sent: list[tuple[tuple[str, str], dict[str, Any]]]) -> None:
    """Catches: a field used before its type is known; an echoed value that no webhook can carry."""

    async def send() -> None:
        exchange = Exchange(Options(), {"servetel": vendor})
        hook = {"url": "http://127.0.0.1:9/x", "trigger": "missed-or-answered", "format": "form"}
        settings = {"servetel": {"webhooks": [hook]}}
        desk = Desk(exchange, Receiver(), name="default", seed=1, settings=settings)
        for (method, path), fields in sent:
            answer = await desk.ask(
                method, path, content=json.dumps(fields).encode("utf-8", "replace"), headers=desk.headers
            )
            assert answer.status_code in (200, 400, 401, 422, 501), answer.text
            assert {"success", "message"} <= set(answer.json()) or answer.status_code == 200
        await desk.advance(200)
        assert b"".join(desk.sandbox.journal.lines())
        await desk.client.aclose()
        await exchange.close()

    asyncio.run(send())
