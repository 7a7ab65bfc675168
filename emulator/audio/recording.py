"""A recording's audio by its format: how long, and any part of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Final

from emulator.audio import mp3, wav
from emulator.audio.timeline import Timeline
from emulator.engine.recordings import Recording

__all__ = ["CONTENT_TYPES", "size", "stream"]

CONTENT_TYPES: Final[Mapping[str, str]] = {"mp3": "audio/mpeg", "wav": "audio/wav"}
"""By format."""

_MAKERS: Final[Mapping[str, ModuleType]] = {"mp3": mp3, "wav": wav}


def size(recording: Recording, format_: str = "") -> int:
    """How many bytes it has, without making them. `format_`: `mp3` or `wav`; "" is the recording's own."""
    made: int = _MAKERS[format_ or recording.format].size(Timeline(recording))
    return made


def stream(recording: Recording, format_: str = "", start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The bytes from `start` to before `stop`, in pieces of some seconds of sound."""
    timeline = Timeline(recording)
    maker = _MAKERS[format_ or recording.format]
    stop = maker.size(timeline) if stop is None else min(stop, maker.size(timeline))
    if start < stop:
        yield from (piece for piece in maker.stream(timeline, start, stop) if piece)
