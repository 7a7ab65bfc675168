"""What `call/options` does to a call: a transfer, and who is told of it."""

from __future__ import annotations

from typing import Any

import pytest

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
