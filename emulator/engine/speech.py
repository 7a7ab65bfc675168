"""How long things last that nobody really says or plays."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from emulator.engine.values import value

__all__ = ["KEY_TONE", "LEAST", "Nominal", "spoken_keys"]

_KEYS: Final = re.compile(r"[0-9*#A-Da-dwW]")
_SILENCES: Final = {"w": timedelta(milliseconds=500), "W": timedelta(seconds=1)}
KEY_TONE: Final = timedelta(milliseconds=200)
"""Of a key, unless told."""
LEAST: Final = timedelta(milliseconds=500)
"""Of anything spoken, and of each round of what sounds without end: no loop takes no time."""


@value
class Nominal:
    """Nominal lengths. Speech: `characters_per_second` of the text, half a second at least. A file: `play` always."""

    characters_per_second: float = 15.0
    play: timedelta = timedelta(seconds=3)
    beep: timedelta = timedelta(milliseconds=500)
    human_decision: timedelta = timedelta(seconds=1)
    machine_decision: timedelta = timedelta(seconds=2)
    """How long `Detect` listens to a greeting until it is sure, at most its own limit."""

    def speech(self, text: str) -> timedelta:
        """Whole milliseconds, so that two vendors' stamps of it agree."""
        return max(LEAST, timedelta(milliseconds=round(len(text) / self.characters_per_second * 1000)))


def spoken_keys(digits: str, tone: timedelta, within: timedelta = timedelta.max) -> tuple[str, timedelta]:
    """The keys that a `SendDigits` text sends `within` a span, and how long that takes.

    `w` is half a second of silence, `W` a whole one, each key one `tone`; a key cut short is not sent.
    """
    span = timedelta()
    keys = []
    for key in _KEYS.findall(digits):
        step = _SILENCES.get(key, tone)
        if span + step > within:
            break
        span += step
        if key not in _SILENCES:
            keys.append(key)
    return "".join(keys), span
