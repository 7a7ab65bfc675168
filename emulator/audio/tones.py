"""Tones as loops of samples: 16 bits, little-endian, 8000 a second.

Every frequency is a multiple of 10 Hz, so that a loop of a tenth of a second has no seam; the keys' are within 0.5 % of
the standard's, and a receiver allows 1.5 %.
"""

from __future__ import annotations

import math
import sys
from array import array
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final

from emulator.engine.recordings import Sound

__all__ = ["LOOP", "RATE", "Tone", "loop", "tones_of"]

RATE: Final = 8000
"""Samples a second."""
LOOP: Final = RATE // 10
"""Samples of a loop."""

Tone = tuple[int, ...]
"""The frequencies that sound together, in Hz; none is silence."""

_LOUDNESS: Final = 6000
_MOST: Final = 32_000
_SOUNDS: Final[dict[str, Tone]] = {"say": (440,), "play": (330, 490), "beep": (1000,), "speech": (260,)}
_ROWS: Final = (700, 770, 850, 940)
_COLUMNS: Final = (1210, 1340, 1480, 1630)
_KEYS: Final[dict[str, Tone]] = {
    key: (row, column)
    for keys, row in zip(("123A", "456B", "789C", "*0#D"), _ROWS, strict=True)
    for key, column in zip(keys, _COLUMNS, strict=True)
}


def tones_of(sound: Sound) -> Iterator[tuple[float, float, Tone]]:
    """From when to when, in seconds of the recording, which tones it makes: several keys sound one after another."""
    if sound.kind not in ("digits", "key"):
        yield sound.at, sound.at + sound.seconds, _SOUNDS[sound.kind]
        return
    step = sound.seconds / max(1, len(sound.text))
    for number, key in enumerate(sound.text.upper()):
        at = sound.at + number * step
        yield at, at + step, _KEYS.get(key, ())


@lru_cache(maxsize=256)
def loop(frequencies: tuple[int, ...]) -> bytes:
    """A tenth of a second of these together, cut where they are too loud."""
    samples = array("h", (_sample(frequencies, at) for at in range(LOOP)))
    if sys.byteorder == "big":  # pragma: no cover - no such machine here
        samples.byteswap()
    return samples.tobytes()


def _sample(frequencies: Iterable[int], at: int) -> int:
    level = sum(math.sin(2 * math.pi * hertz * at / RATE) for hertz in frequencies)
    return max(-_MOST, min(_MOST, round(_LOUDNESS * level)))
