"""Record, and recording beside the program.

A `Record` is in the phase `beep`, `recording` or `asked`; one beside the program in `waiting` (for the answer or a
bridge), `beep`, `recording` or `over`. Both own one tape while they record. Silence counts from the start, or from the
far end's last word or key.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulator.engine import events as e
from emulator.engine import program as p
from emulator.engine.recordings import Recording
from emulator.engine.signals import (
    Digit,
    Enter,
    Joined,
    Leave,
    NoReplied,
    Parted,
    Replied,
    Signal,
    Speech,
    Step,
    TimedOut,
    Up,
)

if TYPE_CHECKING:
    from emulator.engine.core import Core
    from emulator.engine.legs import Frame, Leg
    from emulator.engine.tapes import Tape

__all__ = ["pause_recording", "paused", "record", "record_call", "stop_recording"]


class Recorded:
    """Where it is, since when, the tape while there is one, and from when on the far end has been silent."""

    __slots__ = ("phase", "quiet", "since", "tape")

    def __init__(self, phase: str, since: datetime) -> None:
        self.phase, self.since, self.quiet = phase, since, since
        self.tape: Tape | None = None


# --- in the foreground -------------------------------------------------------------------------------------------


def record(core: Core, leg: Leg, frame: Frame, verb: p.Record, signal: Signal) -> Step:
    if isinstance(signal, Enter):
        frame.state = Recorded("beep", core.now)
        return _begin(core, leg, frame, verb)
    if isinstance(signal, Replied | NoReplied):
        return Step.DONE if verb.hook is None else core.answered(leg, verb.hook, signal)
    state: Recorded = frame.state
    if isinstance(signal, Leave):
        _left(core, leg, frame, verb, signal)
        return Step.DONE
    if isinstance(signal, TimedOut):
        return _beeped(core, leg, frame, verb) if signal.key == "beep" else _over(core, leg, frame, verb, signal.key)
    if state.phase == "recording" and isinstance(signal, Digit | Speech):
        return _heard(core, leg, frame, verb, signal)
    return Step.PASS


def _heard(core: Core, leg: Leg, frame: Frame, verb: p.Record, signal: Digit | Speech) -> Step:
    if isinstance(signal, Digit):
        if signal.digit in verb.finish_on:
            return _over(core, leg, frame, verb, "key", signal.digit)
        frame.state.quiet = core.now
    else:
        frame.state.quiet = core.now + signal.seconds
    _wait(core, leg, frame, verb)
    return Step.WAIT


def _over(core: Core, leg: Leg, frame: Frame, verb: p.Record, ended_by: str, key: str = "") -> Step:
    core.unwait(frame)
    fields = _stop(core, leg, frame, verb, ended_by, key)
    frame.state.phase = "asked"
    return core.consult(leg, frame, verb.hook, fields)


def _left(core: Core, leg: Leg, frame: Frame, verb: p.Record, signal: Leave) -> None:
    state: Recorded = frame.state
    if state.phase == "beep":
        _cut_beep(core, leg, state)
    elif state.phase == "recording":
        fields = _stop(core, leg, frame, verb, "hangup" if signal.is_end else "redirect")
        if verb.hook is not None and verb.tell_on_end:
            core.emit(e.Told(core.now, leg.snapshot(), verb.hook, fields))
    state.phase = "asked"


# --- beside the program ------------------------------------------------------------------------------------------


def record_call(core: Core, leg: Leg, frame: Frame, verb: p.RecordCall, signal: Signal) -> Step:
    if isinstance(signal, Enter):
        if not frame.is_beside:
            core.begin_beside(leg, verb, name=verb.name)
            return Step.DONE
        frame.state = Recorded("waiting", core.now)
        is_due = leg.bridge is not None if verb.start == "bridge" else leg.state == "answered"
        return _begin(core, leg, frame, verb) if is_due else Step.WAIT
    state: Recorded = frame.state
    if isinstance(signal, Leave):
        if state.phase == "beep":
            _cut_beep(core, leg, state)
        elif state.phase == "recording":
            _stop(core, leg, frame, verb, "hangup" if signal.is_end else "stop")
        return Step.DONE
    if isinstance(signal, TimedOut):
        if signal.key == "beep":
            return _beeped(core, leg, frame, verb)
        _stop(core, leg, frame, verb, signal.key)
        return Step.DONE
    if state.phase == "waiting" and isinstance(signal, Joined if verb.start == "bridge" else Up):
        return _begin(core, leg, frame, verb)
    if isinstance(signal, Parted) and verb.until == "unbridge" and state.phase == "recording":
        _stop(core, leg, frame, verb, "unbridge")
        return Step.DONE
    return Step.PASS


def stop_recording(core: Core, leg: Leg, frame: Frame, verb: p.StopRecording, signal: Signal) -> Step:
    core.stop_beside(leg, [each for each in core.activities(leg, verb.name) if isinstance(each.state, Recorded)])
    return Step.DONE


def pause_recording(core: Core, leg: Leg, frame: Frame, verb: p.PauseRecording, signal: Signal) -> Step:
    paused(core, leg, verb.name, verb.paused)
    return Step.DONE


def paused(core: Core, leg: Leg, name: str, is_paused: bool) -> None:
    """Pause, or take up again, what records the leg under this name ("": under any)."""
    for frame in core.activities(leg, name):
        tape = frame.state.tape if isinstance(frame.state, Recorded) else None
        if tape is not None and tape.recording.is_paused != is_paused:
            recording = core.recorders.pause(tape, core.now, paused=is_paused)
            core.emit(e.RecordingPaused(core.now, leg.snapshot(), recording, is_paused))


# --- both --------------------------------------------------------------------------------------------------------


def _begin(core: Core, leg: Leg, frame: Frame, verb: p.Record | p.RecordCall) -> Step:
    state: Recorded = frame.state
    state.since = core.now
    if not verb.beep:
        _start(core, leg, frame, verb)
        return Step.WAIT
    state.phase = "beep"
    span = core.nominal.beep
    core.emit(e.SpeakingStarted(core.now, leg.snapshot(), "beep", "", span.total_seconds(), verb.where))
    core.wait(leg, frame, "beep", span)
    return Step.WAIT


def _beeped(core: Core, leg: Leg, frame: Frame, verb: p.Record | p.RecordCall) -> Step:
    span = core.nominal.beep.total_seconds()
    core.emit(e.Heard(core.now, leg.snapshot(), "beep", "", span, True, verb.where))
    _start(core, leg, frame, verb)
    return Step.WAIT


def _cut_beep(core: Core, leg: Leg, state: Recorded) -> None:
    heard = core.now - state.since
    is_whole = heard == core.nominal.beep
    core.emit(e.Heard(core.now, leg.snapshot(), "beep", "", heard.total_seconds(), is_whole))


def _start(core: Core, leg: Leg, frame: Frame, verb: p.Record | p.RecordCall) -> None:
    state: Recorded = frame.state
    state.phase, state.since = "recording", core.now
    state.quiet = max(core.now, leg.said[0]) if leg.said else core.now
    state.tape = core.recorders.start(leg, verb, getattr(frame, "name", ""), core.now)
    recording = state.tape.recording
    core.emit(e.RecordingStarted(core.now, leg.snapshot(), recording))
    if verb.started is not None:
        core.emit(e.Told(core.now, leg.snapshot(), verb.started, _fields(recording)))
    if isinstance(verb, p.Record):
        core.emit(e.Listening(core.now, leg.snapshot(), verb.where))
    _wait(core, leg, frame, verb)


def _wait(core: Core, leg: Leg, frame: Frame, verb: p.Record | p.RecordCall) -> None:
    """For whatever ends it first by itself."""
    state: Recorded = frame.state
    ends = []
    if verb.max_length is not None:
        ends.append((state.since + verb.max_length, "max"))
    if isinstance(verb, p.Record) and verb.silence_timeout is not None:
        ends.append((state.quiet + verb.silence_timeout, "silence"))
    if ends:
        at, key = min(ends)
        core.wait(leg, frame, key, at - core.now)


def _stop(
    core: Core, leg: Leg, frame: Frame, verb: p.Record | p.RecordCall, ended_by: str, key: str = ""
) -> dict[str, Any]:
    """Take the tape off, tell of it, and say what the hook is to be asked over."""
    state: Recorded = frame.state
    tape, state.tape, state.phase = state.tape, None, "over"
    assert tape is not None, "what is stopped has begun"
    recording = core.recorders.stop(tape, core.now, ended_by, key)
    core.emit(e.RecordingEnded(core.now, leg.snapshot(), recording))
    fields = {
        **_fields(recording), "seconds": recording.seconds, "ended_at": recording.ended_at, "ended_by": ended_by,
        "key": key,
    }  # fmt: skip
    if verb.done is not None:
        core.emit(e.Told(core.now, leg.snapshot(), verb.done, fields))
    return fields


def _fields(recording: Recording) -> dict[str, Any]:
    return {
        "recording": recording.id, "name": recording.name, "format": recording.format,
        "channels": recording.channels, "started_at": recording.started_at,
    }  # fmt: skip
