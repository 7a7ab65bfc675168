"""How long things last that nobody really says or plays."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Final

from emulator.engine.values import value

__all__ = ["Nominal", "spoken_keys"]

_KEYS: Final = re.compile(r"[0-9*#A-Da-dwW]")
_LEAST: Final = timedelta(milliseconds=500)


@value
class Nominal:
    """Nominal lengths. Speech: `characters_per_second` of the text, half a second at least. A file: `play` always."""

    characters_per_second: float = 15.0
    play: timedelta = timedelta(seconds=3)
    beep: timedelta = timedelta(milliseconds=500)
    human_decision: timedelta = timedelta(seconds=1)
    machine_decision: timedelta = timedelta(seconds=2)
    """How long after the start of a greeting `Detect` is sure, at most its own limit."""

    def speech(self, text: str) -> timedelta:
        """Whole milliseconds, so that two vendors' stamps of it agree."""
        return max(_LEAST, timedelta(milliseconds=round(len(text) / self.characters_per_second * 1000)))


def spoken_keys(digits: str, tone: timedelta) -> tuple[str, timedelta]:
    """The keys that a `SendDigits` text sends, and how long it takes: `w` half a second, `W` one, else `tone`."""
    span = timedelta()
    keys = []
    for key in _KEYS.findall(digits):
        if key == "w":
            span += timedelta(milliseconds=500)
        elif key == "W":
            span += timedelta(seconds=1)
        else:
            keys.append(key)
            span += tone
    return "".join(keys), span
