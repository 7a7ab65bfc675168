"""Dial: ring every target, bridge the first that answers, and say afterwards how it went.

States: `ringing` (children ring or confirm, no winner), `bridged` (one winner; the others have lost the race), `asked`
(over; the application decides). A child's end while ringing takes it off the list; the last one ends the dial, or in
turn begins the next. Two answers at one instant: the first command wins, and the second finds its leg ended. With a
confirmation a child that answered runs that first, and only the first to be `ready` wins. Music lies on top of the dial
on the leg's stack, and is popped by whatever ends the ringing.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from emulator.engine import program as p
from emulator.engine.causes import CANCELLED, HANGUP, LOST_RACE, RING_TIMEOUT, TIME_LIMIT, Cause, Who
from emulator.engine.events import Told
from emulator.engine.signals import Child, Digit, Enter, Leave, NoReplied, PeerDigit, Replied, Signal, Step, TimedOut

if TYPE_CHECKING:
    from emulator.engine.core import Core
    from emulator.engine.legs import Frame, Leg

__all__ = ["dial"]

_OUTCOMES: Final = {
    "busy": "busy", "ring-timeout": "no-answer", "ring-limit": "no-answer", "no-answer": "no-answer",
    "rejected": "rejected", "cancelled": "cancelled",
}  # fmt: skip


class Dialling:
    """The children still in play, those who confirm first, how many were dialled, the winner, the last one gone, the
    keys not yet used."""

    __slots__ = ("children", "confirming", "dialled", "joined_at", "keys", "last", "phase", "rang", "winner")

    def __init__(self) -> None:
        self.children: list[Leg] = []
        self.confirming: set[str] = set()
        self.dialled = 0
        self.keys = {"parent": "", "child": ""}
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
        _timed_out(core, state, is_ringing=signal.key == "ring")
        return Step.WAIT
    if isinstance(signal, Digit | PeerDigit) and state.winner is not None:
        return _pressed(core, leg, verb, state, state.winner, signal)
    if isinstance(signal, Leave):
        _leave(core, leg, frame, verb, signal)
    return Step.PASS


def _begin(core: Core, leg: Leg, frame: Frame, verb: p.Dial) -> Step:
    frame.state = Dialling()
    if not verb.targets:
        return _finish(core, leg, frame, verb, "failed", None)
    _ring(core, leg, frame, verb)
    if verb.music is not None:
        core.push(leg, verb.music)
    return Step.WAIT


def _ring(core: Core, leg: Leg, frame: Frame, verb: p.Dial) -> None:
    """Dial all targets, or the next in turn."""
    state: Dialling = frame.state
    first = state.dialled
    state.dialled = first + 1 if verb.in_turn else len(verb.targets)
    for position, target in enumerate(verb.targets[first : state.dialled], first + 1):
        memo = {**(leg.memo or {}), **(target.memo or {})}
        from_ = target.from_ or leg.from_
        child = core.dialled(leg.call, leg, leg.vendor, from_, target.to, memo, position)
        first_keys = (target.send_digits,) if target.send_digits is not None else ()
        child.beside = (*first_keys, *target.beside)
        confirm = target.confirm or verb.confirm
        if confirm is not None:
            child.program = p.Program(confirm.verbs, "join")
            state.confirming.add(child.id)
        state.children.append(child)
    core.wait(leg, frame, "ring", verb.ring_timeout)


def _timed_out(core: Core, state: Dialling, *, is_ringing: bool) -> None:
    """The ringing is over for those who have not answered, or the talk is."""
    for child in list(state.children):
        if not is_ringing:
            core.end(child, TIME_LIMIT, "platform")
        elif child.state != "answered":
            core.end(child, RING_TIMEOUT, "platform")


def _pressed(core: Core, leg: Leg, verb: p.Dial, state: Dialling, winner: Leg, signal: Digit | PeerDigit) -> Step:
    is_own = isinstance(signal, Digit)
    by, wanted = ("parent", verb.digits_match) if is_own else ("child", verb.digits_match_child)
    if wanted:
        keys = state.keys[by] + signal.digit
        found = max((each for each in wanted if keys.endswith(each)), key=len, default="")
        state.keys[by] = "" if found else keys[-max(map(len, wanted)) :]
        if found and verb.events is not None:
            _tell(core, leg, verb.events, "digits", winner, digits=found, by=by)
    if not (is_own and signal.digit == "*" and verb.end_on_star):
        return Step.PASS
    core.end(winner, HANGUP, "partner")
    return Step.WAIT


def _child(core: Core, leg: Leg, frame: Frame, verb: p.Dial, signal: Child) -> Step:
    state: Dialling = frame.state
    child = signal.leg
    if signal.what == "ringing":
        state.rang = True
    elif signal.what == "up":
        if verb.events is not None:
            _tell(core, leg, verb.events, "answer", child)
        if child.id not in state.confirming:
            _join(core, leg, frame, verb, child)
    elif signal.what == "ready":
        _join(core, leg, frame, verb, child)
    else:
        state.children.remove(child)
        state.last = child
        if verb.events is not None and signal.what == "down":
            _tell(core, leg, verb.events, "hangup", child)
        if child is state.winner or not state.children:
            return _gone(core, leg, frame, verb, signal)
    return Step.WAIT


def _gone(core: Core, leg: Leg, frame: Frame, verb: p.Dial, signal: Child) -> Step:
    """Nobody is left; in turn the next one is."""
    state: Dialling = frame.state
    if state.winner is None and signal.what == "down" and state.dialled < len(verb.targets):
        _ring(core, leg, frame, verb)
        return Step.WAIT
    return _over(core, leg, frame, verb, signal.leg)


def _join(core: Core, leg: Leg, frame: Frame, verb: p.Dial, child: Leg) -> None:
    state: Dialling = frame.state
    state.phase, state.winner, state.joined_at = "bridged", child, core.now
    core.unwait(frame)
    _silence(core, leg, frame, verb)
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
    _silence(core, leg, frame, verb)
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


def _silence(core: Core, leg: Leg, frame: Frame, verb: p.Dial) -> None:
    if verb.music is not None:
        core.pop_above(leg, frame)


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


def _tell(core: Core, leg: Leg, hook: p.Hook, event: str, child: Leg, **more: str) -> None:
    fields = {"event": event, "child": child.id, "position": child.position, "cause": child.cause, **more}
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
