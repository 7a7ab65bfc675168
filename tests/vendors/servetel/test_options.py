"""What `call/options` does to a call: who hears whom, who comes and goes, who is told of it."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine.events import FarEndSpoke
from emulator.scenarios.builder import FarEndBuilder
from tests.vendors.servetel.conftest import CUSTOMER, MAGIC_AGENTS, Desk, agents

AGENT, SECOND, THIRD = "+919811640001", "+919811640002", "+919811640003"
OUTSIDE = "+919812340000"


def scripted() -> FarEndBuilder:
    return FarEndBuilder()


async def talking(desk: Desk, is_inbound: bool = False, **settings: Any) -> str:
    """A call in which agent and customer talk for a second; its id."""
    desk.listen(settings=settings)
    if is_inbound:
        desk.arrive()
        await desk.advance(3)
    else:
        await desk.call()
        await desk.advance(5)
    (row,) = await desk.live()
    desk.receiver.requests.clear()
    return str(row["call_id"])


async def transfer(desk: Desk, call_id: str, intercom: Any = "1002") -> Any:
    return await desk.ask("POST", "/v1/call/options", json={"type": 4, "call_id": call_id, "intercom": intercom})


@pytest.mark.parametrize("is_inbound", [False, True])
@pytest.mark.parametrize("intercom", ["1002", 1002, "0601234560002", "9811640002", "+919811640002"])
async def test_a_transfer_lets_the_agent_go_and_rings_another(desk: Desk, is_inbound: bool, intercom: Any) -> None:
    call_id = await talking(desk, is_inbound)
    answer = await transfer(desk, call_id, intercom)
    assert (answer.status_code, answer.json()) == (
        200, {"success": True, "message": "Call transferred successfully"},
    )  # fmt: skip
    await desk.advance(4)
    by_number = {number: state for _, number, state in desk.legs}
    assert by_number[CUSTOMER] == by_number[SECOND] == "answered"
    assert by_number[AGENT] not in ("answered", "ringing")
    (row,) = await desk.live()
    assert (row["call_id"], row["state"], row["agent_name"]) == (call_id, "Answered", "Ravi Menon")


async def test_the_new_agent_of_a_placed_call_sees_its_caller_id_that_of_an_inbound_one_who_calls(desk: Desk) -> None:
    await transfer(desk, await talking(desk))
    await desk.advance(4)
    assert [leg.from_ for leg in desk.sandbox.engine.legs.values()][-1] == desk.number
    await desk.hang_up()
    await transfer(desk, await talking(desk, is_inbound=True))
    await desk.advance(4)
    assert [leg.from_ for leg in desk.sandbox.engine.legs.values()][-1] == CUSTOMER


async def test_a_transferred_call_is_one_record_with_both_agents(desk: Desk) -> None:
    desk.script(scripted().rings(3).hangs_up(after=20), SECOND)
    call_id = await talking(desk)
    await transfer(desk, call_id)
    assert (await desk.records())["results"] == []
    await desk.run()
    assert desk.told == ["answered-by-agent", "hangup"]
    body = desk.body("hangup")
    assert (body["answered_agent_name"], body["agent_transfer_ring_time"], body["call_status"]) == (
        "Ravi Menon", "3", "answered",
    )  # fmt: skip
    assert (body["reason_key"], body["end_stamp"]) == ("Call Disconnected By Caller", "2026-01-01 05:30:28")
    assert [entry["name"] for entry in body["call_flow"] if entry.get("type") == "Agent"] == [
        "Asha Verma",
        "Ravi Menon",
    ]
    (record,) = (await desk.records())["results"]
    assert (record["call_id"], record["agent_name"], record["call_duration"]) == (call_id, "Ravi Menon", 28)
    assert record["answered_seconds"] == 24


async def test_a_customer_who_hangs_up_after_it_is_the_callee(desk: Desk) -> None:
    desk.script(scripted().hangs_up(after=30))
    await transfer(desk, await talking(desk))
    await desk.run()
    assert desk.body("hangup")["reason_key"] == "Call Disconnected By Callee"
    assert await desk.live() == []


async def test_a_transfer_in_vain_ends_the_call_and_tells_whom_it_missed(desk: Desk) -> None:
    await transfer(desk, await talking(desk), "9815550102")
    await desk.run()
    body = desk.body("hangup")
    assert (body["answered_agent_name"], body["missed_agent"], body["agent_transfer_ring_time"]) == (
        "Asha Verma", "", "30",
    )  # fmt: skip
    (record,) = (await desk.records())["results"]
    assert [agent["name"] for agent in record["transfer_missed_agent"]] == ["Silent Agent"]
    assert record["missed_agents"] == []


async def test_a_list_rings_all_of_them(desk: Desk) -> None:
    desk.script(scripted().rings(8), SECOND)
    await transfer(desk, await talking(desk), ["1002", OUTSIDE])
    await desk.advance(10)
    assert {number: state for _, number, state in desk.legs if number in (SECOND, OUTSIDE)} == {
        SECOND: "lost-race", OUTSIDE: "answered",
    }  # fmt: skip


async def test_a_department_is_reached_by_its_intercom(desk: Desk) -> None:
    sales = {"id": "21", "name": "Sales", "agents": ["0501234560003"], "intercom": "2001"}
    await transfer(desk, await talking(desk, departments=[sales]), "2001")
    await desk.advance(4)
    assert desk.legs[-1] == ("agent", THIRD, "answered")
    assert desk.told == ["received-on-department", "answered-by-agent"]
    await desk.hang_up()
    assert (await desk.records())["results"][0]["department_name"] == "Sales"


async def test_a_call_can_be_transferred_again_and_hung_up(desk: Desk) -> None:
    call_id = await talking(desk)
    await transfer(desk, call_id)
    await desk.advance(4)
    await transfer(desk, call_id, "1003")
    await desk.advance(4)
    assert [number for _, number, state in desk.legs if state == "answered"] == [CUSTOMER, THIRD]
    await desk.post("/v1/call/hangup", {"call_id": call_id})
    assert await desk.live() == []
    again = await desk.ask("POST", "/v1/call/hangup", json={"call_id": call_id})
    assert (again.status_code, again.json()["message"]) == (400, "Call has already ended")
    late = await transfer(desk, call_id)
    assert (late.status_code, late.json()["message"]) == (400, "Call has already ended")


@pytest.mark.parametrize(
    ("intercom", "message"),
    [
        ("1099", "Intercom not found."), ("12345678901234", "Intercom not found."),
        (MAGIC_AGENTS["away"], "The agent is offline."), (["1002", "2001"], "A department stands alone."),
    ],
)  # fmt: skip
async def test_a_transfer_to_nobody_changes_nothing(desk: Desk, intercom: Any, message: str) -> None:
    sales = {"id": "21", "name": "Sales", "agents": [], "intercom": "2001"}
    call_id = await talking(desk, departments=[sales])
    before = [leg.snapshot() for leg in desk.sandbox.engine.legs.values()]
    answer = await transfer(desk, call_id, intercom)
    assert (answer.status_code, answer.json()["errors"]) == (422, {"intercom": [message]})
    assert [leg.snapshot() for leg in desk.sandbox.engine.legs.values()] == before


async def test_a_call_whose_customer_still_rings_takes_none(desk: Desk) -> None:
    await desk.call()
    await desk.advance(3)
    (row,) = await desk.live()
    answer = await transfer(desk, row["call_id"])
    assert (answer.status_code, answer.json()["message"]) == (400, "Call is not answered yet")


async def test_an_offline_agent_cannot_listen(desk: Desk) -> None:
    desk.settings(agents=agents())
    body = {"type": 1, "call_id": "1.1", "agent_id": MAGIC_AGENTS["away"]}
    answer = await desk.ask("POST", "/v1/call/options", json=body)
    assert (answer.status_code, answer.json()["message"]) == (422, "The agent is offline.")


# --- supervision ---------------------------------------------------------------------------------------------------

LISTENER = "+919811640003"


async def supervise(desk: Desk, call_id: str, kind: int, agent: str | None = "1003") -> Any:
    body = {"type": kind, "call_id": call_id, "agent_id": agent}
    return await desk.ask("POST", "/v1/call/options", json={key: given for key, given in body.items() if given})


def speaking(at: float) -> FarEndBuilder:
    return scripted().says(f"at {at:g}", seconds=1, after=at)


def hearing(desk: Desk) -> dict[str, set[str]]:
    """Text said by anybody: the numbers of those who heard it."""
    legs = desk.sandbox.engine.legs
    events = [entry.data for entry in desk.sandbox.journal.entries() if isinstance(entry.data, FarEndSpoke)]
    return {event.text: {legs[each].to for each in event.heard_by} for event in events if not event.is_greeting}


@pytest.mark.parametrize(
    ("kind", "heard_by"), [(1, set()), (2, {AGENT}), (3, {AGENT, CUSTOMER})], ids=["monitor", "whisper", "barge"]
)
async def test_who_supervises_hears_both_and_is_heard_as_asked(desk: Desk, kind: int, heard_by: set[str]) -> None:
    desk.script(speaking(10), AGENT)
    desk.script(speaking(12))
    desk.script(speaking(5), LISTENER)
    call_id = await talking(desk)
    assert (await supervise(desk, call_id, kind)).json()["success"] is True
    await desk.advance(20)
    assert hearing(desk) == {"at 10": {CUSTOMER, LISTENER}, "at 12": {AGENT, LISTENER}, "at 5": heard_by}


async def test_a_supervisor_is_rung_with_the_calls_caller_id_and_stands_in_no_list(desk: Desk) -> None:
    call_id = await talking(desk)
    await supervise(desk, call_id, 1)
    await desk.advance(5)
    assert desk.legs[-1] == ("agent", LISTENER, "answered")
    own = list(desk.sandbox.engine.legs.values())[-1]
    assert own.from_ == desk.number
    assert [row["call_id"] for row in await desk.live()] == [call_id]
    for path in (f"/v1/live_calls/{own.name}", "/v1/call/hangup"):
        body = {"call_id": own.name} if path.endswith("hangup") else None
        answer = await desk.ask("GET" if body is None else "POST", path, json=body)
        assert answer.status_code in (400, 404)
    await desk.hang_up()
    assert {state for _, _, state in desk.legs} & {"answered", "ringing"} == set()
    assert [record["call_id"] for record in (await desk.records())["results"]] == [call_id]
    assert desk.told == ["hangup"]


@pytest.mark.parametrize("wait", [1, 5])
async def test_the_same_agent_again_changes_over(desk: Desk, wait: int) -> None:
    desk.script(speaking(10), LISTENER)
    call_id = await talking(desk)
    await supervise(desk, call_id, 1)
    await desk.advance(wait)
    await supervise(desk, call_id, 3)
    await desk.advance(20)
    assert len(desk.legs) == 3
    assert hearing(desk) == {"at 10": {AGENT, CUSTOMER}}


async def test_a_transfer_ends_it(desk: Desk) -> None:
    call_id = await talking(desk)
    await supervise(desk, call_id, 1)
    await desk.advance(5)
    await transfer(desk, call_id)
    assert desk.legs[2][1:] == (LISTENER, "program-end")


async def test_who_answers_when_the_talk_is_over_hears_nothing(desk: Desk) -> None:
    call_id = await talking(desk)
    await supervise(desk, call_id, 1)
    await desk.hang_up()
    await desk.run()
    assert desk.legs[2][1:] == (LISTENER, "program-end")


async def test_without_an_agent_the_first_who_is_free_barges(desk: Desk) -> None:
    call_id = await talking(desk)
    await supervise(desk, call_id, 3, None)
    await desk.advance(5)
    assert desk.legs[-1] == ("agent", SECOND, "answered")


async def test_who_is_in_the_call_cannot_supervise_it(desk: Desk) -> None:
    answer = await supervise(desk, await talking(desk), 1, "1001")
    assert (answer.status_code, answer.json()["errors"]) == (422, {"agent_id": ["The agent is on this call."]})


async def test_when_nobody_is_free_nobody_barges(desk: Desk) -> None:
    call_id = await talking(desk)
    desk.settings()
    for eid in ("0501234560002", "0501234560003"):
        await desk.post(f"/v1/agent/{eid}/block")
    answer = await supervise(desk, call_id, 3, None)
    assert (answer.status_code, answer.json()["message"]) == (422, "No agent is free.")


async def test_a_caller_who_hears_a_recording_is_not_supervised(desk: Desk) -> None:
    await desk.dialplan([{"recording": {"type": "url", "data": "http://a.example/long.mp3"}}] * 9)
    desk.arrive()
    await desk.advance(5)
    (row,) = await desk.live()
    answer = await supervise(desk, row["call_id"], 1)
    assert (answer.status_code, answer.json()["message"]) == (400, "Call is not answered yet")
