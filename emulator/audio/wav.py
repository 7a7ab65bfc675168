"""WAV: a header of 44 bytes, then the samples as they are."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from emulator.audio.timeline import Timeline
from emulator.audio.tones import RATE

__all__ = ["size", "stream"]

_HEADER: Final = 44
_BIGGEST: Final = 2**32 - 1


def size(timeline: Timeline) -> int:
    return _HEADER + timeline.samples * timeline.channels * 2


def stream(timeline: Timeline, start: int, stop: int) -> Iterator[bytes]:
    """The bytes from `start` to before `stop`."""
    if start < _HEADER:
        yield _header(timeline)[start:stop]
    width = 2 * timeline.channels
    first, last = max(start, _HEADER) - _HEADER, stop - _HEADER
    skipped, left = first % width, last - first
    for piece in timeline.pcm(first // width, -(-max(0, last) // width)):
        out = piece[skipped : skipped + left]
        skipped, left = 0, left - len(out)
        yield out


def _header(timeline: Timeline) -> bytes:
    width = 2 * timeline.channels
    length = min(timeline.samples * width, _BIGGEST - 36)
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI", b"RIFF", 36 + length, b"WAVE", b"fmt ", 16, 1, timeline.channels, RATE, RATE * width,
        width, 16, b"data", length,
    )  # fmt: skip
