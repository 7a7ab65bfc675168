"""Gather: digits or one utterance, while prompts play.

Phases: `prompting` (a frame of prompts lies on top), `listening` (nothing came yet), `digits` or `speech` (input has
begun, and what is of the other kind is ignored), `asked` (the application decides). Input in the prompts with barge-in
ends them at once.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from emulator.engine import program as p
from emulator.engine.events import DigitsCollected, Listening, Told
from emulator.engine.signals import Digit, Enter, NoReplied, Replied, Returned, Signal, Speech, Step, TimedOut

if TYPE_CHECKING:
    from emulator.engine.core import Core
    from emulator.engine.legs import Frame, Leg

__all__ = ["gather"]


class Gathering:
    """What came so far."""

    __slots__ = ("attempts", "deadline", "digits", "parts", "phase", "speech")

    def __init__(self, attempts: int) -> None:
        self.phase = "prompting"
        self.attempts = attempts
        self.deadline: datetime | None = None  # of the overall timeout, once that runs
        self.digits = self.speech = ""
        self.parts = 0  # utterances


def gather(core: Core, leg: Leg, frame: Frame, verb: p.Gather, signal: Signal) -> Step:
    if isinstance(signal, Enter):
        frame.state = Gathering(max(1, verb.attempts))
        return _prompt(core, leg, frame, verb)
    if isinstance(signal, Returned):
        return _listen(core, leg, frame, verb)
    if isinstance(signal, Replied | NoReplied):
        return Step.DONE if verb.hook is None else core.answered(leg, verb.hook, signal)
    state: Gathering = frame.state
    if state.phase == "asked":
        return Step.PASS
    if isinstance(signal, Digit):
        return _digit(core, leg, frame, verb, signal.digit)
    if isinstance(signal, Speech):
        return _speech(core, leg, frame, verb, signal)
    if isinstance(signal, TimedOut):
        return _timed_out(core, leg, frame, verb, signal.key)
    return Step.PASS


def _prompt(core: Core, leg: Leg, frame: Frame, verb: p.Gather) -> Step:
    if not verb.prompts:
        return _listen(core, leg, frame, verb)
    frame.state.phase = "prompting"
    core.push(leg, p.Program(verb.prompts))
    return Step.WAIT


def _listen(core: Core, leg: Leg, frame: Frame, verb: p.Gather) -> Step:
    frame.state.phase = "listening"
    if not frame.is_beside:  # nobody is asked for anything
        core.emit(Listening(core.now, leg.snapshot(), verb.where))
    _wait(core, leg, frame, verb, "first", verb.first_timeout)
    return Step.WAIT


def _wait(core: Core, leg: Leg, frame: Frame, verb: p.Gather, key: str, span: timedelta | None) -> None:
    """Until `span` or the overall timeout is over, whichever is first; without either, for as long as it takes."""
    state: Gathering = frame.state
    if verb.overall_timeout is not None:
        state.deadline = state.deadline or core.now + verb.overall_timeout
        left = state.deadline - core.now
        if span is None or left <= span:
            key, span = "overall", left
    if span is None:
        core.unwait(frame)
    else:
        core.wait(leg, frame, key, span)


def _barge(core: Core, leg: Leg, frame: Frame, verb: p.Gather, phase: str) -> bool:
    """Whether input of this kind counts now; the first that does decides the kind and ends the prompts."""
    state: Gathering = frame.state
    if state.phase == "prompting":
        if verb.barge_in is not True and verb.barge_in != phase:
            return False
        core.pop_above(leg, frame)
        state.phase = phase
    elif state.phase == "listening":
        state.phase = phase
    return state.phase == phase


def _digit(core: Core, leg: Leg, frame: Frame, verb: p.Gather, digit: str) -> Step:
    if not verb.digits:
        return Step.PASS
    if verb.valid and digit not in verb.valid and digit not in verb.finish_on:
        return Step.WAIT
    if not _barge(core, leg, frame, verb, "digits"):
        return Step.WAIT
    state: Gathering = frame.state
    if digit in verb.finish_on:
        return _finish(core, leg, frame, verb, "key", digit)
    state.digits += digit
    if len(state.digits) >= verb.max_digits:
        return _finish(core, leg, frame, verb, "max")
    _wait(core, leg, frame, verb, "digit", verb.digit_timeout if len(state.digits) >= verb.min_digits else None)
    return Step.WAIT


def _speech(core: Core, leg: Leg, frame: Frame, verb: p.Gather, signal: Speech) -> Step:
    if not verb.speech:
        return Step.PASS
    if not _barge(core, leg, frame, verb, "speech"):
        return Step.WAIT
    state: Gathering = frame.state
    state.speech = f"{state.speech} {signal.text}".strip()
    state.parts += 1
    if verb.partial is not None:
        fields = {"speech": state.speech, "number": state.parts}
        core.emit(Told(core.now, leg.snapshot(), verb.partial, fields))
    core.wait(leg, frame, "speech", signal.seconds + verb.speech_timeout)
    return Step.WAIT


def _timed_out(core: Core, leg: Leg, frame: Frame, verb: p.Gather, key: str) -> Step:
    state: Gathering = frame.state
    if key == "digit" or (key == "overall" and len(state.digits) >= verb.min_digits):
        return _finish(core, leg, frame, verb, "timeout")
    if key == "speech":
        return _finish(core, leg, frame, verb, "silence")
    state.digits, state.deadline = "", None
    state.attempts -= 1
    if state.attempts > 0:
        return _prompt(core, leg, frame, verb)
    if verb.end_when_empty is not None:
        core.end(leg, verb.end_when_empty, "platform")
        return Step.WAIT
    return _finish(core, leg, frame, verb, "nothing") if verb.ask_when_empty else Step.DONE


def _finish(core: Core, leg: Leg, frame: Frame, verb: p.Gather, ended_by: str, key: str = "") -> Step:
    core.unwait(frame)
    state: Gathering = frame.state
    kind = "" if ended_by == "nothing" else state.phase  # `digits` or `speech`
    state.phase = "asked"
    if kind:
        core.emit(DigitsCollected(core.now, leg.snapshot(), state.digits, state.speech, ended_by))
    fields = {"digits": state.digits, "speech": state.speech, "input": kind, "ended_by": ended_by, "key": key}
    return core.consult(leg, frame, verb.hook, fields)
