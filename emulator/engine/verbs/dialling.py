"""Dial: ring every target, bridge the first that answers, and say afterwards how it went.

States: `ringing` (children ring, no winner), `bridged` (one winner; the others have lost the race), `asked` (over; the
application decides). A child's end while ringing takes it off the list; the last one ends the dial. Two answers at one
instant: the first command wins, and the second finds its leg ended.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from emulator.engine import program as p
from emulator.engine.causes import CANCELLED, HANGUP, LOST_RACE, RING_TIMEOUT, TIME_LIMIT, Cause, Who
from emulator.engine.events import Told
from emulator.engine.signals import Child, Digit, Enter, Leave, NoReplied, Replied, Signal, Step, TimedOut

if TYPE_CHECKING:
    from emulator.engine.core import Core
    from emulator.engine.legs import Frame, Leg

__all__ = ["dial"]

_OUTCOMES: Final = {
    "busy": "busy", "ring-timeout": "no-answer", "ring-limit": "no-answer", "no-answer": "no-answer",
    "rejected": "rejected", "cancelled": "cancelled",
}  # fmt: skip


class Dialling:
    """The children still in play, the winner, and what the last word was."""

    __slots__ = ("children", "joined_at", "last", "phase", "rang", "winner")

    def __init__(self) -> None:
        self.children: list[Leg] = []
        self.phase = "ringing"
        self.winner: Leg | None = None
        self.joined_at: datetime | None = None
        self.last: Leg | None = None
        self.rang = False


def dial(core: Core, leg: Leg, frame: Frame, verb: p.Dial, signal: Signal) -> Step:
    if isinstance(signal, Enter):
        return _begin(core, leg, frame, verb)
    if isinstance(signal, Replied | NoReplied):
        return Step.DONE if verb.hook is None else core.answered(leg, verb.hook, signal)
    state: Dialling = frame.state
    if state.phase == "asked":
        return Step.PASS
    if isinstance(signal, Child):
        return _child(core, leg, frame, verb, signal) if signal.leg in state.children else Step.PASS
    if isinstance(signal, TimedOut):
        for child in list(state.children):
            core.end(child, RING_TIMEOUT if signal.key == "ring" else TIME_LIMIT, "platform")
        return Step.WAIT
    if isinstance(signal, Digit) and signal.digit == "*" and verb.end_on_star and state.winner is not None:
        core.end(state.winner, HANGUP, "partner")
        return Step.WAIT
    if isinstance(signal, Leave):
        _leave(core, leg, frame, verb, signal)
    return Step.PASS


def _begin(core: Core, leg: Leg, frame: Frame, verb: p.Dial) -> Step:
    state = frame.state = Dialling()
    for position, target in enumerate(verb.targets, 1):
        memo = {**(leg.memo or {}), **(target.memo or {})}
        from_ = target.from_ or leg.from_
        child = core.dialled(leg.call, leg, leg.vendor, from_, target.to, memo, position)
        if target.send_digits is not None:
            child.beside = (target.send_digits,)
        state.children.append(child)
    if not state.children:
        return _finish(core, leg, frame, verb, "failed", None)
    core.wait(leg, frame, "ring", verb.ring_timeout)
    return Step.WAIT


def _child(core: Core, leg: Leg, frame: Frame, verb: p.Dial, signal: Child) -> Step:
    state: Dialling = frame.state
    child = signal.leg
    if signal.what == "ringing":
        state.rang = True
    elif signal.what == "up":
        _join(core, leg, frame, verb, child)
    else:
        state.children.remove(child)
        state.last = child
        if verb.events is not None and signal.what == "down":
            _tell(core, leg, verb.events, "hangup", child)
        if child is state.winner or not state.children:
            return _over(core, leg, frame, verb, child)
    return Step.WAIT


def _join(core: Core, leg: Leg, frame: Frame, verb: p.Dial, child: Leg) -> None:
    state: Dialling = frame.state
    state.phase, state.winner, state.joined_at = "bridged", child, core.now
    core.unwait(frame)
    if verb.events is not None:
        _tell(core, leg, verb.events, "answer", child)
    for other in list(state.children):
        if other is not child:
            core.end(other, LOST_RACE, "platform")
    if leg.state != "answered":
        core.answer(leg)
    core.join(leg, child)
    if verb.events is not None:
        _tell(core, leg, verb.events, "bridge", child)
    if verb.time_limit is not None:
        core.wait(leg, frame, "talk", verb.time_limit)


def _over(core: Core, leg: Leg, frame: Frame, verb: p.Dial, child: Leg) -> Step:
    """The winner is gone, or the last who could have answered."""
    state: Dialling = frame.state
    core.unwait(frame)
    if child.cause is not None:
        leg.inherited = (child.cause, "partner")
    if state.winner is None:
        return _finish(core, leg, frame, verb, _outcome(child.cause), child)
    outcome = "time-limit" if child.cause == TIME_LIMIT else "answered"
    if verb.end_with_child and child.state == "ended":
        _said(core, leg, frame, verb, outcome, child)
        core.end(leg, child.cause or HANGUP, "partner")
        return Step.WAIT
    return _finish(core, leg, frame, verb, outcome, child)


def _outcome(cause: Cause | None) -> str:
    return _OUTCOMES.get(cause.kind if cause else "", "failed")


def _fields(core: Core, state: Dialling, outcome: str, child: Leg | None) -> dict[str, Any]:
    seconds = (core.now - state.joined_at).total_seconds() if state.joined_at else 0.0
    return {
        "outcome": outcome,
        "child": child.id if child else "",
        "rang": state.rang,
        "cause": child.cause if child else None,
        "seconds": seconds,
    }


def _finish(core: Core, leg: Leg, frame: Frame, verb: p.Dial, outcome: str, child: Leg | None) -> Step:
    fields = _fields(core, frame.state, outcome, child)
    frame.state.phase = "asked"
    return core.consult(leg, frame, verb.hook, fields)


def _said(core: Core, leg: Leg, frame: Frame, verb: p.Dial, outcome: str, child: Leg | None) -> None:
    """The dial is over with its leg: the application is told, nobody waits for an answer."""
    if verb.hook is not None:
        core.emit(Told(core.now, leg.snapshot(), verb.hook, _fields(core, frame.state, outcome, child)))
    frame.state.phase = "asked"


def _tell(core: Core, leg: Leg, hook: p.Hook, event: str, child: Leg) -> None:
    fields = {"event": event, "child": child.id, "position": child.position, "cause": child.cause}
    core.emit(Told(core.now, leg.snapshot(), hook, fields))


def _leave(core: Core, leg: Leg, frame: Frame, verb: p.Dial, signal: Leave) -> None:
    """The leg ends or is taken elsewhere: what it dialled goes with it, unless a redirect takes that along."""
    state: Dialling = frame.state
    by: Who = "partner"
    for child in list(state.children):
        if child.id in core.moving:
            continue
        core.end(child, HANGUP if child.state == "answered" else CANCELLED, by)
        state.last = child
        if verb.events is not None:
            _tell(core, leg, verb.events, "hangup", child)
    if signal.is_end:
        outcome = "answered" if state.winner is not None else "cancelled"
        _said(core, leg, frame, verb, outcome, state.winner or state.last)
    state.phase = "asked"
