"""Verbs that the far end hears: say, play, pause, send digits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from emulator.engine import program as p
from emulator.engine.events import DigitsSent, Heard, SpeakingStarted
from emulator.engine.signals import Digit, Enter, Greeted, Leave, Signal, Speech, Step, TimedOut
from emulator.engine.speech import LEAST, spoken_keys

if TYPE_CHECKING:
    from emulator.engine.core import Core
    from emulator.engine.legs import Frame, Leg

__all__ = ["beep", "pause", "play", "say", "send_digits"]


class Sounding:
    """What sounds now, since when, and how often it still will (0: without end)."""

    __slots__ = ("left", "since", "span")

    def __init__(self, since: datetime, span: timedelta, left: int) -> None:
        self.since, self.span, self.left = since, span, left


def say(core: Core, leg: Leg, frame: Frame, verb: p.Say, signal: Signal) -> Step:
    return _sound(core, leg, frame, signal, "say", verb.text, core.nominal.speech(verb.text), verb.loop, verb.where)


def play(core: Core, leg: Leg, frame: Frame, verb: p.Play, signal: Signal) -> Step:
    span = max(core.nominal.play - verb.skip, timedelta())
    span = span if verb.most is None else min(span, verb.most)
    return _sound(core, leg, frame, signal, "play", verb.url, span, verb.loop, verb.where)


def beep(core: Core, leg: Leg, frame: Frame, verb: p.Beep, signal: Signal) -> Step:
    return _sound(core, leg, frame, signal, "beep", "", core.nominal.beep, 1, verb.where)


def _sound(
    core: Core,
    leg: Leg,
    frame: Frame,
    signal: Signal,
    kind: Literal["say", "play", "beep"],
    text: str,
    span: timedelta,
    loop: int,
    where: str,
) -> Step:
    now = core.now
    if not loop:
        span = max(span, LEAST)
    if isinstance(signal, Enter):
        frame.state = Sounding(now, span, loop)
    elif isinstance(signal, TimedOut):
        core.emit(Heard(now, leg.snapshot(), kind, text, span.total_seconds(), True, where))
        if frame.state.left == 1:
            return Step.DONE
        frame.state = Sounding(now, span, max(0, frame.state.left - 1))
    elif isinstance(signal, Leave):
        heard = now - frame.state.since
        said = text if kind == "play" else text[: len(text) * heard // span]
        core.emit(Heard(now, leg.snapshot(), kind, said, heard.total_seconds(), heard == span, where))
        return Step.DONE
    else:
        return Step.PASS
    core.emit(SpeakingStarted(now, leg.snapshot(), kind, text, span.total_seconds(), where))
    core.wait(leg, frame, "sounded", span, is_endless=loop == 0)
    return Step.WAIT


def pause(core: Core, leg: Leg, frame: Frame, verb: p.Pause, signal: Signal) -> Step:
    if isinstance(signal, Enter):
        frame.state = core.now, core.now
        _pause(core, leg, frame, verb)
        return Step.WAIT
    if isinstance(signal, TimedOut):
        return Step.DONE
    if isinstance(signal, Digit):
        frame.state = frame.state[0], core.now
    if isinstance(signal, Digit | Speech | Greeted) and (verb.until_silence is not None or verb.until_beep):
        _pause(core, leg, frame, verb)
    return Step.PASS


def _pause(core: Core, leg: Leg, frame: Frame, verb: p.Pause) -> None:
    """Until whatever ends it first. Silence counts from its beginning, or from the far end's last word or key."""
    since, quiet = frame.state
    ends = [since + verb.length]
    said = leg.said[0] if leg.said else since
    if verb.until_silence is not None:
        ends.append(max(quiet, said) + verb.until_silence)
    if verb.until_beep and leg.greeting and (at := said + core.nominal.beep) >= core.now:
        ends.append(at)
    core.wait(leg, frame, "paused", min(ends) - core.now)


def send_digits(core: Core, leg: Leg, frame: Frame, verb: p.SendDigits, signal: Signal) -> Step:
    if verb.beside and not frame.is_beside:
        return _send_beside(core, leg, frame, verb, signal)
    if isinstance(signal, Enter):
        frame.state = core.now
        core.wait(leg, frame, "sent", spoken_keys(verb.digits, verb.tone)[1])
        return Step.WAIT
    if isinstance(signal, TimedOut | Leave):
        keys, _ = spoken_keys(verb.digits, verb.tone, core.now - frame.state)
        if keys:
            core.emit(DigitsSent(core.now, leg.snapshot(), keys))
        return Step.DONE
    return Step.PASS


def _send_beside(core: Core, leg: Leg, frame: Frame, verb: p.SendDigits, signal: Signal) -> Step:
    """Hand all of it to the background, and wait for the first key."""
    if isinstance(signal, Enter):
        core.begin_beside(leg, verb, is_endless=frame.is_endless)
        core.wait(leg, frame, "first", min(verb.tone, spoken_keys(verb.digits, verb.tone)[1]))
        return Step.WAIT
    return Step.DONE if isinstance(signal, TimedOut) else Step.PASS
