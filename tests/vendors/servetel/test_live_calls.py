"""`GET /v1/live_calls`, as on the seed page."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from emulator.scenarios.far_end import FarEnd
from tests.vendors.servetel.conftest import CUSTOMER, Desk, fixture

SEEN = fixture("live_call")
REQUESTS = fixture("requests")


async def test_without_calls_the_list_is_empty(desk: Desk) -> None:
    assert (await desk.ask("GET", "/v1/live_calls")).content == b"[]"


async def test_a_ringing_call_has_the_nineteen_keys_in_order(desk: Desk) -> None:
    await desk.call()
    await desk.advance(1)
    (row,) = await desk.live()
    wanted = SEEN["ringing"]
    assert list(row) == list(wanted)
    ours = ("id", "call_id", "channel_id")
    assert {key: row[key] for key in row if key not in ours} == {key: wanted[key] for key in row if key not in ours}
    assert isinstance(row["id"], int)
    assert re.fullmatch(r"1767225600\.\d+", row["call_id"])
    assert re.fullmatch(r"PJSIP/918069640001-[0-9a-f]{8}", row["channel_id"])


async def test_a_call_is_answered_from_the_agents_answer_on(desk: Desk) -> None:
    await desk.call()
    states = []
    for _ in range(6):
        states += [(row["state"], row["call_time"]) for row in await desk.live()]
        await desk.advance(1)
    assert states == [
        ("Ringing", "00:00:00"), ("Ringing", "00:00:01"), ("Answered", "00:00:02"), ("Answered", "00:00:03"),
        ("Answered", "00:00:04"), ("Answered", "00:00:05"),
    ]  # fmt: skip


async def test_call_time_has_hours(desk: Desk) -> None:
    await desk.call()
    await desk.advance(3661)
    assert [row["call_time"] for row in await desk.live()] == ["01:01:01"]


async def test_both_legs_are_one_row_and_one_id(desk: Desk) -> None:
    await desk.call()
    await desk.advance(10)
    (row,) = await desk.live()
    assert {leg.name for leg in desk.sandbox.engine.legs.values()} == {row["call_id"]}
    assert len(desk.sandbox.engine.legs) == 2


async def test_rows_are_in_order_of_their_beginning(desk: Desk) -> None:
    await desk.call()
    await desk.advance(1)
    desk.sandbox.arrive("servetel", CUSTOMER, desk.account["numbers"][1])
    await desk.call("+919876543211")
    rows = await desk.live()
    assert [row["created_at"][-2:] for row in rows] == ["00", "01", "01"]
    assert len({row["call_id"] for row in rows}) == 3
    assert [row["id"] - rows[0]["id"] for row in rows] == [0, 1, 2]


async def test_a_call_that_rings_late_keeps_its_place(desk: Desk) -> None:
    desk.sandbox.put_far_end(desk.agent["number"], FarEnd(connects_after=timedelta(seconds=1)))
    await desk.call()
    await desk.call(agent_number="1002")
    await desk.advance(1)
    assert [leg.state for leg in desk.sandbox.engine.legs.values()] == ["ringing", "ringing"]
    assert [row["agent_name"] for row in await desk.live()] == ["Asha Verma", "Ravi Menon"]


async def test_an_ended_call_leaves_the_list_for_the_records(desk: Desk) -> None:
    await desk.call()
    await desk.advance(10)
    (row,) = await desk.live()
    await desk.hang_up()
    assert await desk.live() == []
    assert [record["call_id"] for record in (await desk.records())["results"]] == [row["call_id"]]


async def test_an_inbound_call_is_listed_with_who_calls_whom(desk: Desk) -> None:
    desk.sandbox.arrive("servetel", CUSTOMER, desk.account["numbers"][0])
    (row,) = await desk.live()
    keys = (
        "direction", "source", "type", "did", "multiple_destination_type", "multiple_destination_name",
        "destination", "state", "agent_name",
    )  # fmt: skip
    assert [row[key] for key in keys] == [
        1, CUSTOMER, "inbound", "+918069640001", None, None, "919811640001", "Ringing", "Asha Verma",
    ]  # fmt: skip
    await desk.advance(3)
    assert [row["state"] for row in await desk.live()] == ["Answered"]


async def test_a_support_call_is_answered_when_the_customer_is(desk: Desk) -> None:
    assert (await desk.support_call()).status_code == 200
    (row,) = await desk.live()
    assert (row["type"], row["direction"], row["destination"], row["state"]) == (
        "click-to-call", 2, "919876543210", "Ringing",
    )  # fmt: skip
    await desk.advance(2)
    assert [row["state"] for row in await desk.live()] == ["Answered"]


async def test_smartflo_adds_two_keys_in_their_places(desk: Desk) -> None:
    desk.settings(profile="smartflo")
    await desk.call()
    (row,) = await desk.live()
    assert list(row) == SEEN["smartflo"]
    assert (row["queue_state"], row["customer_number"]) == (None, CUSTOMER)


@pytest.mark.parametrize("query", REQUESTS["live_calls"])
async def test_the_filters_of_the_reference_find_the_call(desk: Desk, query: dict[str, str]) -> None:
    await desk.call()
    assert len(await desk.live(**query)) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"agent_number": "9811640002"},
        {"agent_number": "x"},
        {"extension": "0601234560002"},
        {"did_number": "8069640002"},
        {"call_id": "1767225600.1"},
        {"agent_number": "9811640001", "did_number": "8069640002"},
    ],
)
async def test_every_filter_must_hold(desk: Desk, query: dict[str, str]) -> None:
    await desk.call()
    assert await desk.live(**query) == []


async def test_call_id_finds_a_live_call_only(desk: Desk) -> None:
    await desk.call()
    (row,) = await desk.live()
    assert await desk.live(call_id=row["call_id"]) == [row]
    assert await desk.live(call_id=f"h22.14-{row['call_id']}") == [row]
    assert await desk.live(call_id=row["call_id"], did_number="8069640002") == []
    await desk.hang_up()
    assert await desk.live(call_id=row["call_id"]) == []


async def test_one_live_call_is_a_bare_object_or_404(desk: Desk) -> None:
    await desk.call()
    (row,) = await desk.live()
    assert await desk.get(f"/v1/live_calls/{row['call_id']}") == row
    await desk.hang_up()
    answer = await desk.ask("GET", f"/v1/live_calls/{row['call_id']}")
    assert (answer.status_code, answer.json()) == (404, {"success": False, "message": "Call not found"})
