"""A recording while it runs: it overhears the events of its leg, and of those its leg hears.

Offsets are spans of recorded time: what passes in a pause is not on the tape. What already sounds when a tape starts
or goes on is on it from there; what still sounds when it stops is cut there. A sound that goes on where the same one
ended (a file without end) is one sound, and after `MOST` sounds the rest is silence: a tape is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal

from emulator.engine import events as e
from emulator.engine.program import Play, Record, RecordCall, Say
from emulator.engine.recordings import Kind, Recording, Sound
from emulator.engine.speech import KEY_TONE

if TYPE_CHECKING:
    from emulator.engine.legs import Leg

__all__ = ["MOST", "Tape"]

MOST: Final = 10_000
_NONE: Final = timedelta()
Track = Literal["in", "out"]


class Tape:
    """`verb` started it, on `leg`. `recording` is what is known of it so far."""

    __slots__ = ("_open", "_recorded", "_since", "_sounds", "leg", "recording", "verb")

    def __init__(self, leg: Leg, verb: Record | RecordCall, recording: Recording) -> None:
        self.leg = leg
        self.verb = verb
        self.recording = recording
        self._recorded = _NONE  # before the last pause
        self._since: datetime | None = None
        self._sounds: list[Sound] = []
        self._open: list[tuple[Kind, str, timedelta]] = []  # what the platform is playing: kind, text, offset
        self._go_on(recording.started_at)

    def offset(self, now: datetime) -> timedelta:
        """How much has been recorded."""
        return self._recorded if self._since is None else self._recorded + (now - self._since)

    def pause(self, now: datetime) -> None:
        self._recorded = self._cut(now)
        self._since = None
        self.recording = replace(self.recording, is_paused=True)

    def resume(self, now: datetime) -> None:
        self.recording = replace(self.recording, is_paused=False)
        self._go_on(now)

    def stop(self, now: datetime, ended_by: str, key: str) -> Recording:
        """What came of it."""
        length = self._cut(now)
        self.recording = replace(
            self.recording, ended_at=now, seconds=length.total_seconds(), ended_by=ended_by, key=key, is_paused=False,
            sounds=tuple(sorted(self._sounds, key=lambda sound: sound.at)),
        )  # fmt: skip
        return self.recording

    def overhear(self, event: e.Event, *, is_own: bool) -> None:
        """`is_own`: of the leg itself, not of one that it hears."""
        if self._since is None:
            return
        if isinstance(event, e.FarEndSpoke):
            seconds = timedelta(seconds=event.seconds)
            self._add("in" if is_own else "out", "speech", event.text, self.offset(event.at), seconds)
        elif isinstance(event, e.DigitPressed):
            self._add("in" if is_own else "out", "key", event.digit, self.offset(event.at), KEY_TONE)
        elif is_own and isinstance(event, e.SpeakingStarted):
            self._open.append((event.kind, event.text, self.offset(event.at)))
        elif is_own and isinstance(event, e.Heard):
            self._close(event)
        elif is_own and isinstance(event, e.DigitsSent):
            span = KEY_TONE * len(event.digits)
            self._add_until(self.offset(event.at), "digits", event.digits, span)

    def _close(self, event: e.Heard) -> None:
        for number, (kind, text, since) in enumerate(self._open):
            if kind == event.kind and text.startswith(event.text):
                del self._open[number]
                self._add("out", kind, event.text, since, self.offset(event.at) - since)
                return

    def _add_until(self, end: timedelta, kind: Kind, text: str, span: timedelta) -> None:
        start = max(_NONE, end - span)
        self._add("out", kind, text, start, end - start)

    def _add(self, track: Track, kind: Kind, text: str, at: timedelta, span: timedelta) -> None:
        if len(self._sounds) >= MOST:
            return
        last = self._sounds[-1] if self._sounds else None
        if last is not None and (last.track, last.kind, last.text) == (track, kind, text) and kind == "play":
            gap = at - timedelta(seconds=last.at + last.seconds)
            if abs(gap) < timedelta(milliseconds=1):
                seconds = (at + span).total_seconds() - last.at
                self._sounds[-1] = replace(last, seconds=seconds)
                return
        self._sounds.append(Sound(at.total_seconds(), span.total_seconds(), track, kind, text))

    def _cut(self, now: datetime) -> timedelta:
        """End what sounds at the present offset, and say which that is."""
        end = self.offset(now)
        for kind, text, since in self._open:
            self._add("out", kind, text, since, end - since)
        self._open.clear()
        last = end.total_seconds()
        self._sounds = [
            sound if sound.at + sound.seconds <= last else replace(sound, seconds=max(0.0, last - sound.at))
            for sound in self._sounds
        ]
        return end

    def _go_on(self, now: datetime) -> None:
        self._since = now
        self._open = [(kind, text, self._recorded) for kind, text in _sounding(self.leg)]
        for leg in (self.leg, *self.leg.heard):
            if leg.said is not None and leg.said[0] > now and not leg.is_muted:
                until, text = leg.said
                self._add("in" if leg is self.leg else "out", "speech", text, self._recorded, until - now)


def _sounding(leg: Leg) -> Iterator[tuple[Kind, str]]:
    """What the platform is playing to the leg."""
    for frame in (*leg.run, *(leg.background or ())):
        if frame.state is None or frame.index >= len(frame.program.verbs):
            continue
        verb = frame.verb
        if isinstance(verb, Say):
            yield "say", verb.text
        elif isinstance(verb, Play):
            yield "play", verb.url
