"""Enqueue, Dequeue and Leave: a leg waits in a queue, another takes it out, and the two are bridged.

Phases of either: `waiting`, `bridged`, `asked` (over; the application decides). The two legs are of different calls, so
neither is the other's child: who leaves first takes the bridge down and tells the other's frame (`Gone`). A match is
made by whoever comes second, at once, whether that is the one who waits or the one who takes.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.engine import events as e
from emulator.engine import program as p
from emulator.engine.queues import Key, Taker, Waiter
from emulator.engine.signals import Depart, Enter, Gone, Leave, NoReplied, Replied, Returned, Signal, Step, TimedOut
from emulator.engine.waiting import Rounds

if TYPE_CHECKING:
    from emulator.engine.core import Core
    from emulator.engine.legs import Frame, Leg

__all__ = ["dequeue", "enqueue", "leave"]


class Standing:
    """What an `Enqueue` or a `Dequeue` keeps. `queue` is the id of the queue it was in, or took from."""

    __slots__ = ("joined_at", "partner", "partner_frame", "phase", "queue", "rounds", "since", "waiter")

    def __init__(self, since: datetime) -> None:
        self.phase = "waiting"
        self.since = since
        self.queue = ""
        self.joined_at: datetime | None = None  # the bridge
        self.partner: Leg | None = None
        self.partner_frame: Frame | None = None
        self.waiter: Waiter | None = None
        self.rounds = Rounds()


def enqueue(core: Core, leg: Leg, frame: Frame, verb: p.Enqueue, signal: Signal) -> Step:
    if isinstance(signal, Enter):
        return _stand(core, leg, frame, verb)
    state: Standing = frame.state
    if state.phase == "asked":
        return _answered(core, leg, verb.hook, signal)
    if isinstance(signal, Leave):
        return _left(core, leg, frame, verb, signal)
    if state.phase == "bridged":
        return _finish(core, leg, frame, verb, "bridged") if isinstance(signal, Gone) else _unheard(signal)
    if isinstance(signal, TimedOut):
        return _gives_up(core, leg, frame, verb, "timeout")
    if isinstance(signal, Depart):
        return _gives_up(core, leg, frame, verb, "left")
    if isinstance(signal, Replied | NoReplied):
        state.rounds.replied(core, leg, signal)
        return Step.WAIT
    if isinstance(signal, Returned):
        state.rounds.returned(core)
        _round(core, leg, frame, verb)
        return Step.WAIT
    return Step.PASS


def dequeue(core: Core, leg: Leg, frame: Frame, verb: p.Dequeue, signal: Signal) -> Step:
    if isinstance(signal, Enter):
        return _take(core, leg, frame, verb)
    state: Standing = frame.state
    if state.phase == "asked":
        return _answered(core, leg, verb.hook, signal)
    if isinstance(signal, Leave):
        return _left(core, leg, frame, verb, signal)
    if isinstance(signal, Gone) and state.phase == "bridged":
        return _finish(core, leg, frame, verb, "bridged")
    if isinstance(signal, TimedOut) and state.phase == "waiting":
        core.queues.forget(_key(leg, verb), frame)
        return _finish(core, leg, frame, verb, "timeout")
    return Step.PASS


def leave(core: Core, leg: Leg, frame: Frame, verb: p.Leave, signal: Signal) -> Step:
    """The nearest verb below that is left by this leaves; that frame going takes this one with it."""
    if isinstance(signal, Enter) and frame in leg.run:
        for below in reversed(leg.run[: leg.run.index(frame)]):
            if isinstance(below.verb, p.Enqueue | p.Conference):
                core.signal(leg, Depart(), below)
                return Step.WAIT
        return Step.DONE
    return Step.PASS


def _unheard(signal: Signal) -> Step:
    """A bridge hears keys and words; a late answer to a wait is nobody's."""
    return Step.WAIT if isinstance(signal, Replied | NoReplied) else Step.PASS


def _answered(core: Core, leg: Leg, hook: p.Hook | None, signal: Signal) -> Step:
    if isinstance(signal, Replied | NoReplied) and hook is not None:
        return core.answered(leg, hook, signal)
    return Step.PASS


def _key(leg: Leg, verb: p.Enqueue | p.Dequeue) -> Key:
    return leg.vendor, verb.scope, verb.queue


# --- waiting ---------------------------------------------------------------------------------------------------


def _stand(core: Core, leg: Leg, frame: Frame, verb: p.Enqueue) -> Step:
    key = _key(leg, verb)
    frame.state = state = Standing(core.now)
    if verb.max_size is not None and core.queues.size(key) >= verb.max_size:
        return _finish(core, leg, frame, verb, "full")
    waiter = state.waiter = core.queues.add(key, leg, frame, verb, core.now)
    queue = waiter.queue
    state.queue = queue.id
    core.emit(e.QueueJoined(core.now, leg.snapshot(), queue.snapshot(), waiter.snapshot()))
    if verb.events is not None:
        core.emit(e.Told(core.now, leg.snapshot(), verb.events, _place(core, verb, waiter, "join")))
    taker = core.queues.taker_for(key, waiter)
    if taker is not None:
        _match(core, taker, waiter)
        return Step.WAIT
    if verb.max_wait is not None:
        core.wait(leg, frame, "wait", verb.max_wait)
    _round(core, leg, frame, verb)
    return Step.WAIT


def _round(core: Core, leg: Leg, frame: Frame, verb: p.Enqueue) -> None:
    state: Standing = frame.state
    assert state.waiter is not None
    state.rounds.begin(core, leg, frame, "wait", verb.wait, _place(core, verb, state.waiter, "wait"))


def _place(core: Core, verb: p.Enqueue, waiter: Waiter, event: str) -> dict[str, Any]:
    return {
        "event": event, "queue": waiter.queue.id, "name": verb.queue, "position": waiter.position,
        "size": len(waiter.queue.waiters), "waited": (core.now - waiter.joined_at).total_seconds(),
    }  # fmt: skip


def _gives_up(core: Core, leg: Leg, frame: Frame, verb: p.Enqueue, outcome: str) -> Step:
    frame.state.rounds.stop(core, leg, frame)
    _unqueue(core, leg, frame, verb, outcome)
    return _finish(core, leg, frame, verb, outcome)


def _unqueue(core: Core, leg: Leg, frame: Frame, verb: p.Enqueue, outcome: str, partner: str = "") -> None:
    waiter = frame.state.waiter
    shown, fields = waiter.snapshot(), _place(core, verb, waiter, "leave")
    core.queues.remove(waiter)
    core.emit(e.QueueLeft(core.now, leg.snapshot(), waiter.queue.snapshot(), shown, outcome))
    if verb.events is not None:
        fields |= {"size": len(waiter.queue.waiters), "outcome": outcome, "partner": partner}
        core.emit(e.Told(core.now, leg.snapshot(), verb.events, fields))


# --- taking and the bridge -------------------------------------------------------------------------------------


def _take(core: Core, leg: Leg, frame: Frame, verb: p.Dequeue) -> Step:
    key = _key(leg, verb)
    frame.state = Standing(core.now)
    taker = Taker(leg, frame, verb)
    waiter = core.queues.first_for(key, taker)
    if waiter is not None:
        _match(core, taker, waiter)
        return Step.WAIT
    core.queues.await_(key, taker)
    if verb.timeout is not None:
        core.wait(leg, frame, "take", verb.timeout)
    return Step.WAIT


def _match(core: Core, taker: Taker, waiter: Waiter) -> None:
    one, other = taker.frame.state, waiter.frame.state
    core.queues.forget(_key(taker.leg, taker.verb), taker.frame)
    core.unwait(taker.frame)
    core.unwait(waiter.frame)
    other.rounds.stop(core, waiter.leg, waiter.frame)
    _unqueue(core, waiter.leg, waiter.frame, waiter.verb, "bridged", taker.leg.id)
    one.queue = other.queue
    for state, leg, frame in ((one, waiter.leg, waiter.frame), (other, taker.leg, taker.frame)):
        state.phase, state.joined_at, state.partner, state.partner_frame = "bridged", core.now, leg, frame
    core.join(taker.leg, waiter.leg)
    if taker.verb.beep:
        core.begin_beside(taker.leg, p.Beep())
        core.begin_beside(waiter.leg, p.Beep())


def _left(core: Core, leg: Leg, frame: Frame, verb: p.Enqueue | p.Dequeue, signal: Leave) -> Step:
    """The leg ends, or is taken elsewhere."""
    state: Standing = frame.state
    outcome = "hangup" if state.phase == "waiting" else "bridged"
    if state.phase == "bridged":
        core.unbridge(leg)
        assert state.partner is not None
        core.signal(state.partner, Gone(), state.partner_frame)
    elif isinstance(verb, p.Enqueue):
        _unqueue(core, leg, frame, verb, "hangup" if signal.is_end else "redirect")
    else:
        core.queues.forget(_key(leg, verb), frame)
    state.phase = "asked"
    if signal.is_end and verb.hook is not None:
        core.emit(e.Told(core.now, leg.snapshot(), verb.hook, _fields(core, frame, verb, outcome)))
    return Step.WAIT


def _finish(core: Core, leg: Leg, frame: Frame, verb: p.Enqueue | p.Dequeue, outcome: str) -> Step:
    core.unwait(frame)
    state: Standing = frame.state
    state.phase = "asked"
    partner = state.partner
    if partner is not None and partner.cause is not None:
        leg.inherited = (partner.cause, "partner")
    return core.consult(leg, frame, verb.hook, _fields(core, frame, verb, outcome))


def _fields(core: Core, frame: Frame, verb: p.Enqueue | p.Dequeue, outcome: str) -> dict[str, Any]:
    state: Standing = frame.state
    since, now = state.joined_at, core.now
    return {
        "outcome": outcome, "queue": state.queue, "name": verb.queue,
        "waited": ((since or now) - state.since).total_seconds(),
        "seconds": (now - since).total_seconds() if since else 0.0,
        "partner": state.partner.id if state.partner else "",
    }  # fmt: skip
