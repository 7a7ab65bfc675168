"""Whole calls on a virtual clock: API, engine, far end, webhooks and journal together."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from emulator.runtime.spec import ClockBusy, WrongClock
from emulator.scenarios.far_end import FarEnd
from tests.runtime.conftest import Telco

SECOND = timedelta(seconds=1)


async def test_a_call_rings_is_answered_runs_its_document_and_ends(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1)
    name = await telco.place(sandbox)
    drive = await telco.pump(sandbox).run()
    assert drive.stopped == "idle"
    assert telco.receiver.paths == ["/answer", "/hangup"]
    leg = sandbox.engine.named("acme", name)
    assert leg is not None and leg.cause is not None
    assert (leg.state, leg.cause.kind) == ("ended", "program-end")
    assert [delivery.callback for delivery in sandbox.outbox.deliveries.values()] == ["answer", "hangup"]


async def test_a_standing_clock_rings_at_once_and_answers_only_when_driven(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1)
    name = await telco.place(sandbox)
    leg = sandbox.engine.named("acme", name)
    assert leg is not None and leg.state == "ringing"
    await telco.pump(sandbox).advance(1.9 * SECOND)
    assert leg.state == "ringing"
    await telco.pump(sandbox).advance(0.1 * SECOND)
    assert leg.state == "answered"


async def test_equal_seeds_give_equal_journals(telco_with, receiver) -> None:
    journals = []
    for _ in range(2):
        telco = telco_with()
        sandbox = telco.sandbox(seed=7, name="same")
        for number in ("+14155550000", "+14155550101", "+14155550108"):
            await telco.place(sandbox, to=number)
        await telco.pump(sandbox).run()
        journals.append(telco.journal(sandbox))
    assert journals[0] == journals[1]
    assert len(journals[0].splitlines()) > 20


async def test_two_sandboxes_share_nothing(telco: Telco) -> None:
    one, two = telco.sandbox(seed=1), telco.sandbox(seed=1)
    assert one.public != two.public
    await asyncio.gather(telco.place(one), telco.place(one), telco.place(two))
    await asyncio.gather(telco.pump(one).run(), telco.pump(two).advance(SECOND))
    assert [len(one.engine.calls), len(two.engine.calls)] == [2, 1]
    assert one.clock.now() != two.clock.now()
    assert all(entry.sandbox == two.id for entry in two.journal.entries())
    live = await telco.client.get("/acme/calls", headers=telco.key(two))
    assert [len(live.json()["live"]), len((await _live(telco, one))["live"])] == [1, 0]


async def _live(telco: Telco, sandbox) -> dict:
    return (await telco.client.get("/acme/calls", headers=telco.key(sandbox))).json()


async def test_a_second_driver_is_refused_while_the_clock_is_driven(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1)
    asked, go = asyncio.Event(), asyncio.Event()

    async def answer(_):
        asked.set()
        await go.wait()
        return [{"hangup": True}]

    telco.receiver.answers["/answer"] = answer
    await telco.place(sandbox)
    running = asyncio.ensure_future(telco.pump(sandbox).run())
    await asked.wait()
    with pytest.raises(ClockBusy):
        await telco.pump(sandbox).advance(SECOND)
    go.set()
    assert (await running).stopped == "idle"


async def test_a_real_clock_cannot_be_driven(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1, mode="real")
    with pytest.raises(WrongClock):
        await telco.pump(sandbox).advance(SECOND)


async def test_the_clock_stands_while_an_answer_is_awaited(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1)
    seen = []

    async def answer(_):
        seen.append(sandbox.clock.now())
        other = await telco.place(sandbox, to="+14155550101")
        seen.append(sandbox.clock.now())
        assert other
        return [{"hangup": True}]

    telco.receiver.answers["/answer"] = answer
    await telco.place(sandbox)
    await telco.pump(sandbox).run()
    assert seen[0] == seen[1]
    assert telco.receiver.paths == ["/answer", "/hangup", "/hangup"]


async def test_a_parked_request_drives_the_clock_when_nobody_else_does(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1)
    name = await telco.place(sandbox)
    response = await telco.client.get(f"/acme/calls/{name}?wait=answer", headers=telco.key(sandbox))
    assert response.json()["state"] == "answered"


async def test_a_parked_request_is_served_before_a_driven_clock_goes_on(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1)
    sandbox.put_far_end("", FarEnd(hangs_up_after=SECOND))
    name = await telco.place(sandbox)
    request = telco.client.get(f"/acme/calls/{name}?wait=answer", headers=telco.key(sandbox))
    response, drive = await asyncio.gather(request, telco.pump(sandbox).run())
    assert response.json()["state"] == "answered"
    assert drive.stopped == "idle"


async def test_a_hung_receiver_costs_patience_and_its_time_out_falls_due_on_the_virtual_clock(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1, patience=0.5)
    hanging = asyncio.Event()
    telco.receiver.answers["/answer"] = lambda _: hanging.wait()
    await telco.place(sandbox)
    drive = await telco.pump(sandbox).run()
    hanging.set()
    assert drive.stopped == "idle"
    deliveries = list(sandbox.outbox.deliveries.values())
    assert [delivery.callback for delivery in deliveries] == ["answer", "hangup"]
    assert [attempt.is_hung for attempt in deliveries[0].attempts] == [True, True, True]
    assert (deliveries[1].created_at - deliveries[0].created_at) == 33 * SECOND


async def test_deleting_a_sandbox_ends_its_deliveries_and_credentials(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1)
    asked, never = asyncio.Event(), asyncio.Event()

    async def answer(_):
        asked.set()
        await never.wait()

    telco.receiver.answers["/answer"] = answer
    await telco.place(sandbox)
    running = asyncio.ensure_future(telco.pump(sandbox).run())
    await asked.wait()
    await telco.exchange.delete(sandbox.id)
    response = await telco.client.get("/acme/calls", headers=telco.key(sandbox))
    assert response.status_code == 401
    running.cancel()
    never.set()


async def test_only_ended_calls_are_dropped_oldest_first(telco_with) -> None:
    telco = telco_with(keep=2)
    sandbox = telco.sandbox(seed=1)
    busy = [await telco.place(sandbox, to="+14155550101") for _ in range(3)]
    await telco.pump(sandbox).run()
    live = await telco.place(sandbox)
    assert sandbox.engine.named("acme", busy[0]) is None
    assert all(sandbox.engine.named("acme", name) for name in (*busy[1:], live))
    assert sandbox.dropped == 1


async def test_endless_playing_alone_does_not_keep_a_run_going(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1)
    telco.receiver.answers["/answer"] = [{"pause": 3}]
    await telco.place(sandbox)
    drive = await telco.pump(sandbox).run()
    assert drive.stopped == "idle"
    assert drive.now.second == 5


async def test_what_is_not_emulated_ends_the_call_by_name(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1)
    telco.receiver.answers["/answer"] = [{"say": "hi"}, {"fly": 1}]
    name = await telco.place(sandbox)
    await telco.pump(sandbox).run()
    leg = sandbox.engine.named("acme", name)
    assert leg is not None and leg.failure is not None
    assert leg.failure.why == "not-emulated"
    assert "fly" in next(iter(sandbox.outbox.deliveries.values())).problem


async def test_a_request_parked_on_a_real_clock_is_let_go_when_its_sandbox_is_deleted(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=1, mode="real")
    sandbox.put_far_end("", FarEnd(picks_up=False))
    name = await telco.place(sandbox)
    request = asyncio.ensure_future(
        telco.client.get(f"/acme/calls/{name}?wait=answer", headers=telco.key(sandbox))
    )  # fmt: skip
    while not sandbox.watchers and not request.done():
        await asyncio.sleep(0)
    assert not request.done()
    await telco.exchange.delete(sandbox.id)
    assert (await request).json()["state"] in ("queued", "ringing")
