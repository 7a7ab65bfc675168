"""Every recording of a sandbox: those that run, and what came of the others, by the vendors' own names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from emulator.engine import events as e
from emulator.engine.hearing import hearers
from emulator.engine.program import Record, RecordCall
from emulator.engine.recordings import Recording
from emulator.engine.tapes import Tape

if TYPE_CHECKING:
    from emulator.engine.legs import Call, Leg

__all__ = ["Recorders", "RecordingNaming"]

RecordingNaming = Callable[[str, str], str]
"""(vendor, recording id) -> the vendor's own id of it; a pure function."""


class Recorders:
    """`running`: by the id of the leg that is recorded, in the order they were begun; no leg without one is there."""

    __slots__ = ("_kept", "_naming", "running")

    def __init__(self, naming: RecordingNaming) -> None:
        self._naming = naming
        self._kept: dict[str, dict[str, Recording]] = {}
        self.running: dict[str, list[Tape]] = {}

    def of(self, vendor: str) -> Mapping[str, Recording]:
        """A vendor's recordings by its own ids, oldest first; what was deleted, or dropped with its call, is gone."""
        return self._kept.setdefault(vendor, {})

    def start(self, leg: Leg, verb: Record | RecordCall, activity: str, now: datetime) -> Tape:
        leg.recordings += 1
        recording_id = f"{leg.id}-r{leg.recordings}"
        name = self._naming(leg.vendor, recording_id)
        recording = Recording(
            recording_id, name, leg.id, leg.call_id, leg.vendor, activity, verb.format, verb.channels, now,
            extra=verb.extra,
        )  # fmt: skip
        tape = Tape(leg, verb, recording)
        self.running.setdefault(leg.id, []).append(tape)
        self._kept.setdefault(leg.vendor, {})[name] = recording
        leg.call.recordings = (*leg.call.recordings, name)
        return tape

    def stop(self, tape: Tape, now: datetime, ended_by: str, key: str = "") -> Recording:
        running = self.running[tape.leg.id]
        running.remove(tape)
        if not running:
            del self.running[tape.leg.id]
        return self._keep(tape.stop(now, ended_by, key))

    def pause(self, tape: Tape, now: datetime, *, paused: bool) -> Recording:
        (tape.pause if paused else tape.resume)(now)
        return self._keep(tape.recording)

    def _keep(self, recording: Recording) -> Recording:
        kept = self._kept[recording.vendor]
        if recording.name in kept:  # else it was deleted meanwhile
            kept[recording.name] = recording
        return recording

    def delete(self, vendor: str, name: str) -> None:
        self._kept.get(vendor, {}).pop(name, None)

    def forget(self, call: Call) -> None:
        """With its call."""
        for name in call.recordings:
            self.delete(call.legs[0].vendor, name)

    def overhear(self, event: e.Event, legs: Mapping[str, Leg]) -> None:
        """To be told every event while anything runs: it is on the tapes of its leg and of those that hear it."""
        if not isinstance(event, e.SpeakingStarted | e.Heard | e.DigitsSent | e.FarEndSpoke | e.DigitPressed):
            return
        leg = legs[event.leg.id]
        is_said = isinstance(event, e.FarEndSpoke | e.DigitPressed)
        if is_said and leg.is_muted:
            return
        for tape in self.running.get(leg.id, ()):
            tape.overhear(event, is_own=True)
        if is_said:
            for other in hearers(leg):
                for tape in self.running.get(other.id, ()):
                    tape.overhear(event, is_own=False)
