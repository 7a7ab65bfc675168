"""A sandbox on a real clock that has fallen behind: very much was due at once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from emulator.clock import WallClock
from emulator.ids import Ids
from emulator.runtime import pump
from emulator.runtime.replay import rebuild
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import SandboxSpec
from tests.runtime.conftest import Telco

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
CALLS = 300
FAR_ENDS = {"default": {"outcome": "no-answer"}, "numbers": {"+14155550001": {"outcome": "busy"}}}


class Machine:
    """A monotonic clock, in seconds, moved by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def behind(telco: Telco, machine: Machine) -> Sandbox:
    """A sandbox with a clock that reads `machine`."""
    spec = SandboxSpec(name="late", seed=3, mode="real", scenario=FAR_ENDS)
    clock = WallClock(1.0, NOON, tick=machine)
    sandbox = Sandbox("late", spec, 3, Ids(3), clock, telco.exchange.vendors, 10 * CALLS)
    telco.exchange.adopt(sandbox)
    return sandbox


async def test_who_is_behind_catches_up_in_turns_with_everybody_else(
    telco: Telco, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump, "TURN", 0.0)
    machine = Machine()
    sandbox = behind(telco, machine)
    for _ in range(CALLS):
        machine.seconds += 0.002
        await telco.place(sandbox)
    machine.seconds += 600
    last = await telco.place(sandbox, "+14155550001")  # whoever asks does not wait for all the others

    live = sandbox.engine.book("acme").live
    assert len(live) > CALLS // 2
    turns = 0
    while live:
        turns += 1
        await asyncio.sleep(0)
    assert turns >= CALLS

    leg = sandbox.views["acme"].named(last)
    assert leg is not None and leg.cause is not None
    assert (leg.state, leg.cause.name) == ("ended", "USER_BUSY")


async def test_what_happened_to_one_that_was_behind_is_in_order_and_replays_to_the_same_journal(
    telco: Telco, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump, "TURN", 0.0)
    machine = Machine()
    sandbox = behind(telco, machine)
    for _ in range(20):
        machine.seconds += 0.002
        await telco.place(sandbox)
    machine.seconds += 600
    for _ in range(20):
        await telco.place(sandbox)
        await asyncio.sleep(0)
    while sandbox.engine.book("acme").live or sandbox.engine.book("acme").queued:
        machine.seconds += 60
        await telco.place(sandbox, "+14155550001")
        await asyncio.sleep(0)
    await telco.pump(sandbox).drain(5)

    entries = list(sandbox.journal.entries())
    inputs = [entry.at for entry in entries if entry.kind in ("command", "clock", "outcome", "request")]
    assert all(before <= after for before, after in pairwise(inputs))
    assert b"".join(rebuild(entries, sandbox.vendors).journal.lines()) == telco.journal(sandbox)


async def settled(sandbox: Sandbox, count: int) -> None:
    """Until so many attempts are over."""
    while sum(each.outcome is not None for one in sandbox.outbox.deliveries.values() for each in one.attempts) < count:
        await asyncio.sleep(0)


async def test_an_application_is_given_a_real_second_however_fast_the_clock_runs(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1, mode="real", speed=10_000, scenario={"default": {"outcome": "busy"}})
    waited = asyncio.Event()

    async def slow(_: object) -> list[object]:
        asyncio.get_running_loop().call_later(0.1, waited.set)
        await waited.wait()
        return []

    telco.receiver.answers["/hangup"] = slow
    await telco.place(sandbox)
    async with asyncio.timeout(20):
        await settled(sandbox, 1)
    [delivery] = sandbox.outbox.deliveries.values()
    assert (delivery.state, len(delivery.attempts)) == ("delivered", 1)


async def test_a_time_out_on_a_fast_clock_is_told_in_both_kinds_of_seconds(
    telco: Telco, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pump, "LEAST", 0.05)
    sandbox = telco.sandbox(seed=1, mode="real", speed=10_000, scenario={"default": {"outcome": "busy"}})
    never = asyncio.Event()
    telco.receiver.answers["/hangup"] = lambda _: never.wait()
    await telco.place(sandbox)
    async with asyncio.timeout(20):
        await settled(sandbox, 1)
    never.set()
    [delivery] = sandbox.outbox.deliveries.values()
    assert delivery.attempts[0].outcome is not None
    assert delivery.attempts[0].outcome.text == (
        "no answer within 0.05 s; the provider waits 10 s, and the clock runs at 10000 times the speed"
    )
