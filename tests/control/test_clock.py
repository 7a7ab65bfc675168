"""The clock over the control API."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.control.conftest import Control


async def test_advance_moves_the_clock_and_says_what_was_delivered(control: Control) -> None:
    path = await control.sandbox()
    call = await control.place(path)
    drive = await control.post(f"{path}/clock/advance", {"seconds": 2.5})
    assert drive == {
        "now": "2026-01-01T00:00:02.500000Z",
        "stopped": "time",
        "delivered": [{"id": f"{call}-d1", "call": call, "callback": "answer", "state": "delivered"}],
    }
    assert (await control.get(f"{path}/clock"))["now"] == drive["now"]


async def test_advance_by_nothing_settles(control: Control) -> None:
    path = await control.sandbox(scenario={"default": {"rings_for": 0}})
    await control.place(path)
    drive = await control.post(f"{path}/clock/advance", {"seconds": 0})
    assert [one["callback"] for one in drive["delivered"]] == ["answer"]
    assert drive["now"] == "2026-01-01T00:00:00Z"


async def test_the_clock_says_when_something_is_due(control: Control) -> None:
    path = await control.sandbox()
    await control.place(path)
    assert (await control.get(f"{path}/clock"))["next_at"] is not None


async def test_run_goes_on_until_nothing_is_left(control: Control) -> None:
    path = await control.sandbox()
    await control.place(path)
    drive = await control.post(f"{path}/clock/run")
    assert drive["stopped"] == "idle"
    assert [one["callback"] for one in drive["delivered"]] == ["answer", "hangup"]


async def test_run_stops_at_its_limit(control: Control) -> None:
    path = await control.sandbox()
    await control.place(path)
    drive = await control.post(f"{path}/clock/run", {"limit_seconds": 1})
    assert (drive["stopped"], drive["now"]) == ("limit", "2026-01-01T00:00:01Z")


@pytest.mark.parametrize("state", ["queued", "ringing", "answered", "ended"])
async def test_run_until_a_call_has_reached_a_state(control: Control, state: str) -> None:
    path = await control.sandbox(scenario={"default": {"connects_after": 1}})
    call = await control.place(path)
    drive = await control.post(f"{path}/clock/run", {"until": {"call": call, "state": state}})
    assert drive["stopped"] == "condition"
    assert (await control.get(f"{path}/calls/{call}"))["state"] == state


@pytest.mark.parametrize("state", ["queued", "ringing", "answered", "ended"])
async def test_a_state_that_is_passed_holds_at_once(control: Control, state: str) -> None:
    path = await control.sandbox()
    call = await control.place(path)
    before = await control.post(f"{path}/clock/run")
    drive = await control.post(f"{path}/clock/run", {"until": {"call": call, "state": state}})
    assert (drive["stopped"], drive["now"]) == ("condition", before["now"])


async def test_a_state_that_comes_in_passing_is_seen(control: Control) -> None:
    path = await control.sandbox(scenario={"default": {"early_media": True, "connects_after": 1, "rings_for": 0}})
    call = await control.place(path)
    drive = await control.post(f"{path}/clock/run", {"until": {"call": call, "state": "early media"}})
    assert (drive["stopped"], drive["now"]) == ("condition", "2026-01-01T00:00:01Z")


async def test_a_state_that_never_comes_ends_idle(control: Control) -> None:
    path = await control.sandbox(scenario={"default": {"outcome": "busy"}})
    call = await control.place(path)
    drive = await control.post(f"{path}/clock/run", {"until": {"call": call, "state": "answered"}})
    assert drive["stopped"] == "idle"


async def test_run_until_a_callback_was_delivered_so_often(control: Control) -> None:
    path = await control.sandbox()
    await control.place(path)
    await control.post(f"{path}/clock/advance", {"seconds": 1})
    await control.place(path)
    drive = await control.post(f"{path}/clock/run", {"until": {"callback": "answer", "count": 2}})
    assert (drive["stopped"], drive["now"]) == ("condition", "2026-01-01T00:00:03Z")


async def test_deliveries_of_before_count_too(control: Control) -> None:
    path = await control.sandbox()
    await control.place(path)
    before = await control.post(f"{path}/clock/run")
    drive = await control.post(f"{path}/clock/run", {"until": {"callback": "hangup"}})
    assert (drive["stopped"], drive["now"]) == ("condition", before["now"])


async def test_only_the_named_calls_deliveries_count(control: Control) -> None:
    path = await control.sandbox()
    await control.place(path)
    await control.post(f"{path}/clock/run")
    other = await control.place(path)
    drive = await control.post(f"{path}/clock/run", {"until": {"callback": "answer", "call": other}})
    assert drive["delivered"][-1]["call"] == other


async def test_a_failed_delivery_does_not_count(control: Control) -> None:
    path = await control.sandbox()
    await control.receiver.stop()
    await control.place(path)
    drive = await control.post(f"{path}/clock/run", {"until": {"callback": "answer"}})
    assert drive["stopped"] == "idle"
    assert {one["state"] for one in drive["delivered"]} == {"failed"}


async def test_an_unknown_callback_is_not_waited_for(control: Control) -> None:
    path = await control.sandbox()
    error = await control.refused("invalid_field", "POST", f"{path}/clock/run", {"until": {"callback": "anwser"}})
    assert error["hint"].startswith("Did you mean answer?")


async def test_an_unknown_call_is_not_waited_for(control: Control) -> None:
    path = await control.sandbox()
    until = {"call": "c9", "state": "ended"}
    await control.refused("unknown_call", "POST", f"{path}/clock/run", {"until": until})


@pytest.mark.parametrize("move", [("advance", {"seconds": 1}), ("run", {}), ("run", {"until": {"callback": "answer"}})])
async def test_a_clock_is_driven_by_one_at_a_time(control: Control, move: tuple[str, Any]) -> None:
    path = await control.sandbox()
    came, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_: object) -> list[Any]:
        came.set()
        await go_on.wait()
        return []

    control.receiver.answers["/answer"] = slow
    await control.place(path)
    driving = asyncio.ensure_future(control.ask("POST", f"{path}/clock/advance", {"seconds": 10}))
    await came.wait()
    await control.refused("clock_busy", "POST", f"{path}/clock/{move[0]}", move[1])
    go_on.set()
    assert (await driving).json()["stopped"] == "time"


async def test_a_real_clock_cannot_be_driven(control: Control) -> None:
    path = await control.sandbox(clock={"mode": "real"})
    await control.refused("wrong_clock", "POST", f"{path}/clock/advance", {"seconds": 1})
    await control.refused("wrong_clock", "POST", f"{path}/clock/run", {})


async def test_a_clock_cannot_leave_the_calendar(control: Control) -> None:
    path = await control.sandbox(clock={"start": "2999-01-01T00:00:00Z"})
    for _ in range(59):
        await control.post(f"{path}/clock/advance", {"seconds": 3_200_000_000})
    error = await control.refused("invalid_field", "POST", f"{path}/clock/advance", {"seconds": 3_200_000_000})
    assert "is after the year 8999" in error["message"]
