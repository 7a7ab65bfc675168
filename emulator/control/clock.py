"""A sandbox's clock, read and driven. A drive is answered once the sandbox is settled."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from emulator.control import requests as r
from emulator.control.answers import ClockAnswer, DriveAnswer
from emulator.control.errors import ControlError
from emulator.control.finding import call_named, check_callback
from emulator.control.operations import Operation, Visit
from emulator.control.views import clock_of, delivery_in_short
from emulator.engine import events as e
from emulator.engine.events import Event
from emulator.engine.legs import Leg
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import Drive
from emulator.webhooks.deliveries import Delivery

__all__ = ["OPERATIONS"]

LAST_YEAR = 8999


async def get(visit: Visit) -> ClockAnswer:
    return clock_of(visit.sandbox)


async def advance(visit: Visit) -> DriveAnswer:
    body: r.Advance = visit.body
    sandbox = visit.sandbox
    span = _span(sandbox, body.seconds, "seconds")
    return _driven(sandbox, await visit.exchange.pumps[sandbox.id].advance(span))


async def run(visit: Visit) -> DriveAnswer:
    body: r.Run = visit.body
    sandbox = visit.sandbox
    limit = _span(sandbox, body.limit_seconds, "limit_seconds")
    pump = visit.exchange.pumps[sandbox.id]
    if body.until == "idle":
        return _driven(sandbox, await pump.run(None, limit))
    if body.until.callback is not None:
        return _driven(sandbox, await pump.run(_delivered(visit, body.until), limit))
    reached = _Reached(call_named(sandbox, body.until.call or "").legs[0], body.until.state or "ended")
    sandbox.watchers.append(reached.see)
    try:
        return _driven(sandbox, await pump.run(lambda: reached.holds, limit))
    finally:
        sandbox.watchers.remove(reached.see)


def _span(sandbox: Sandbox, seconds: float, name: str) -> timedelta:
    span = timedelta(seconds=seconds)
    try:
        is_far = (sandbox.clock.now() + span).year > LAST_YEAR
    except OverflowError:
        is_far = True
    if is_far:
        message = f"{name}: {seconds:g} s from {sandbox.clock.now().isoformat()} is after the year {LAST_YEAR}"
        raise ControlError("invalid_field", message, "Nothing was changed.")
    return span


def _driven(sandbox: Sandbox, drive: Drive) -> DriveAnswer:
    deliveries = sandbox.outbox.deliveries
    over = [delivery_in_short(deliveries[name]) for name in drive.delivered if name in deliveries]
    return DriveAnswer(drive.now, drive.stopped, over)


_INTO: Final[dict[str, type[Any]]] = {
    "ringing": e.RingingStarted,
    "early media": e.EarlyMediaStarted,
    "answered": e.Answered,
    "ended": e.Ended,
}


class _Reached:
    """Whether a leg has come into a state since it began, even if only in passing."""

    def __init__(self, leg: Leg, state: str) -> None:
        self._leg = leg
        self._awaited = _INTO.get(state)
        self.holds = state in ("queued", leg.state) or (
            (state == "ringing" and leg.ringing_at is not None) or (state == "answered" and leg.answered_at is not None)
        )

    def see(self, event: Event) -> None:
        if type(event) is self._awaited and event.leg is not None and event.leg.id == self._leg.id:
            self.holds = True


def _delivered(visit: Visit, until: r.Until) -> Callable[[], bool]:
    """Whether enough deliveries of a callback were delivered since the beginning; counts each once."""
    sandbox = visit.sandbox
    check_callback(visit.exchange, until.callback or "")
    call = call_named(sandbox, until.call).id if until.call is not None else None
    deliveries = sandbox.outbox.deliveries

    def counts(delivery: Delivery | None) -> bool:
        return (
            delivery is not None and delivery.state == "delivered" and delivery.callback == until.callback
            and call in (None, delivery.call)
        )  # fmt: skip

    seen = {name for name, delivery in deliveries.items() if counts(delivery)}
    at = 0

    def holds() -> bool:
        nonlocal at
        over = sandbox.delivered or []
        seen.update(name for name in over[at:] if counts(deliveries.get(name)))
        at = len(over)
        return len(seen) >= until.count

    return holds


OPERATIONS = (
    Operation("GET", "/sandboxes/{sandbox}/clock", "getClock", "The clock.", get, ClockAnswer, tag="clock"),
    Operation("POST", "/sandboxes/{sandbox}/clock/advance", "advanceClock",
              "Let time pass on a virtual clock, stopping at everything due on the way.", advance, DriveAnswer,
              body=r.Advance, refusals=("clock_busy", "wrong_clock", "sandbox_deleted"), tag="clock"),
    Operation("POST", "/sandboxes/{sandbox}/clock/run", "runClock",
              "Let time pass on a virtual clock until nothing is left to happen, or until something holds.", run,
              DriveAnswer, body=r.Run, refusals=("clock_busy", "wrong_clock", "sandbox_deleted", "unknown_call"),
              tag="clock"),
)  # fmt: skip
