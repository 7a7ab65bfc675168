"""Verbs that take no time of their own: fetch, hang up, answer, tag, beside. The last three are over as they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.engine import program as p
from emulator.engine.signals import Enter, NoReplied, Replied, Returned, Signal, Step, TimedOut

if TYPE_CHECKING:
    from emulator.engine.core import Core
    from emulator.engine.legs import Frame, Leg

__all__ = ["answer", "beside", "fetch", "hang_up", "tag"]


def fetch(core: Core, leg: Leg, frame: Frame, verb: p.Fetch, signal: Signal) -> Step:
    if isinstance(signal, Enter):
        if verb.skip_unanswered and leg.state != "answered":
            return Step.DONE
        return core.consult(leg, frame, verb.hook, {})
    if isinstance(signal, Replied) and verb.nested and signal.program is not None:
        return _nest(core, leg, frame, signal.program)
    if isinstance(signal, Replied | NoReplied):
        return core.answered(leg, verb.hook, signal)
    if isinstance(signal, Returned):
        program, since = frame.state
        return _nest(core, leg, frame, program, True) if verb.repeats and core.now > since else Step.DONE
    return Step.PASS


def _nest(core: Core, leg: Leg, frame: Frame, program: p.Program, is_endless: bool = False) -> Step:
    frame.state = program, core.now
    core.push(leg, program, is_endless)
    return Step.WAIT


def hang_up(core: Core, leg: Leg, frame: Frame, verb: p.HangUp, signal: Signal) -> Step:
    if isinstance(signal, Enter):
        if verb.skip_answered if leg.state == "answered" else verb.skip_unanswered:
            return Step.DONE
        if verb.after is None:
            return _end(core, leg, verb)
        if frame.is_beside:
            core.wait(leg, frame, "scheduled", verb.after)
            return Step.WAIT
        core.begin_beside(leg, verb)
        return Step.DONE
    if isinstance(signal, TimedOut):
        return _end(core, leg, verb)
    return Step.PASS


def _end(core: Core, leg: Leg, verb: p.HangUp) -> Step:
    refuses = verb.refuse is not None and leg.direction == "inbound" and leg.state != "answered"
    core.end(leg, verb.refuse if refuses and verb.refuse else verb.cause, "program")
    return Step.WAIT


def answer(core: Core, leg: Leg, frame: Frame, verb: p.AnswerVerb, signal: Signal) -> Step:
    if leg.state != "answered":
        core.answer(leg)
    return Step.DONE


def tag(core: Core, leg: Leg, frame: Frame, verb: p.Tag, signal: Signal) -> Step:
    leg.memo = {**(leg.memo or {}), **verb.values}
    leg.changed()
    return Step.DONE


def beside(core: Core, leg: Leg, frame: Frame, verb: p.Beside, signal: Signal) -> Step:
    if verb.verbs:
        core.begin_beside(leg, *verb.verbs, name=verb.name, loops=verb.loops)
    else:
        core.stop_beside(leg, core.activities(leg, verb.name))
    return Step.DONE
