"""A recording as stretches of time in which nothing changes, and any part of it as samples."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import Final

from emulator.audio.tones import LOOP, RATE, loop, tones_of
from emulator.engine.recordings import Recording

__all__ = ["Timeline"]

_CHUNK: Final = 10 * RATE
_MOST_TOGETHER: Final = 12
"""Frequencies at a time; a thousandth voice makes no difference."""

Sounding = tuple[tuple[int, ...], ...]
"""The frequencies that sound, for each channel."""


class Timeline:
    """`samples` of `channels` each. Two channels: the far end left, what it hears right."""

    __slots__ = ("_sounding", "_starts", "channels", "samples")

    def __init__(self, recording: Recording) -> None:
        self.channels = 2 if recording.channels == 2 else 1
        self.samples = round(recording.seconds * RATE)
        changes: dict[int, list[tuple[int, int, int]]] = {0: []}
        for sound in recording.sounds:
            channel = 1 if self.channels == 2 and sound.track == "out" else 0
            for since, until, tone in tones_of(sound):
                first, last = round(since * RATE), min(round(until * RATE), self.samples)
                if first < last:
                    changes.setdefault(first, []).extend((channel, hertz, 1) for hertz in tone)
                    changes.setdefault(last, []).extend((channel, hertz, -1) for hertz in tone)
        self._starts = sorted(changes)
        self._sounding = [*self._sum_up(changes)]

    def _sum_up(self, changes: dict[int, list[tuple[int, int, int]]]) -> Iterator[Sounding]:
        """What sounds from each start on."""
        now: list[Counter[int]] = [Counter() for _ in range(self.channels)]
        for start in self._starts:
            for channel, hertz, by in changes[start]:
                now[channel][hertz] += by
            yield tuple(tuple(sorted(each.elements())[:_MOST_TOGETHER]) for each in now)

    def pcm(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The samples from `start` to before `stop`, channels interleaved, in pieces of ten seconds at most."""
        stop = self.samples if stop is None else min(stop, self.samples)
        while start < stop:
            place = bisect_right(self._starts, start) - 1
            end = self._starts[place + 1] if place + 1 < len(self._starts) else self.samples
            end = min(end, stop, start + _CHUNK)
            yield self._piece(self._sounding[place], start, end)
            start = end

    def _piece(self, sounding: Sounding, start: int, end: int) -> bytes:
        one = loop(sounding[0]) if len(sounding) == 1 else _interleaved(loop(sounding[0]), loop(sounding[1]))
        width = 2 * self.channels
        first = start % LOOP * width
        size = (end - start) * width
        return (one * ((first + size) // len(one) + 1))[first : first + size]


def _interleaved(left: bytes, right: bytes) -> bytes:
    out = bytearray(2 * len(left))
    for place in range(2):
        out[place::4] = left[place::2]
        out[place + 2 :: 4] = right[place::2]
    return bytes(out)
