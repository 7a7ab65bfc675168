"""Spans as people write them, `3`, `0.25`, `"3s"`, `"500ms"`, `"1.5m"`, `"2h"`, and ranges of them, `"3s..12s"`."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from emulator.engine.values import value
from emulator.errors import UsageError

__all__ = ["SpanRange", "find_range", "parse_span", "render_span"]

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_TEXT: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(ms|s|m|h)", re.ASCII)
_RANGE: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?(ms|s|m|h)? ?\.\. ?([0-9]+(?:\.[0-9]+)?) ?(ms|s|m|h)", re.ASCII)
_LONGEST: Final = timedelta(days=3650)


@value
class SpanRange:
    """From `least` to `most`, both included."""

    least: timedelta
    most: timedelta

    def __str__(self) -> str:
        return f"{render_span(self.least)}s..{render_span(self.most)}s"


def find_range(data: Any, where: str) -> SpanRange | None:
    """`"3s..12s"`, or `"3..12s"` with one unit for both; None for what is no range. Raises: UsageError."""
    match = _RANGE.fullmatch(data.strip()) if isinstance(data, str) else None
    if match is None:
        return None
    least = parse_span(f"{match[1]}{match[2] or match[4]}", where)
    most = parse_span(f"{match[3]}{match[4]}", where)
    if most < least:
        raise UsageError(f"{where}: expected the shorter span first, got {_quoted(data)}")
    return SpanRange(least, most)


def parse_span(data: Any, where: str) -> timedelta:
    """Seconds as a number, a text with its unit, or a `timedelta`; never negative, ten years at most.

    Raises: UsageError, naming `where`.
    """
    if isinstance(data, timedelta):
        seconds = data.total_seconds()
    elif isinstance(data, int | float) and not isinstance(data, bool):
        seconds = data
    elif isinstance(data, str) and (match := _TEXT.fullmatch(data.strip())):
        seconds = float(match[1]) * _UNITS[match[2]]
    else:
        raise UsageError(f'{where}: expected a span such as "3s" or 2.5 (seconds), got {_quoted(data)}')
    if not 0 <= seconds <= _LONGEST.total_seconds():  # false for NaN too
        raise UsageError(f"{where}: expected a span from 0 to ten years, got {_quoted(data)}")
    return timedelta(seconds=seconds)


def render_span(span: timedelta) -> float | int:
    """Seconds: whole as an int."""
    seconds = span.total_seconds()
    return int(seconds) if seconds.is_integer() else seconds


def _quoted(data: Any) -> str:
    text = f'"{data}"' if isinstance(data, str) else repr(data)
    return text if len(text) <= 60 else f"{text[:57]}..."
