"""Who is going to call: inbound calls at instants, as a scenario says.

Theory of operation. A `Callers` is an agenda with the two doors of every room that acts later: `next_deadline`, and
`wake`, which hands out the calls that are due, in order, and forgets them. Instants are worked out once, when the
scenario is read, from the instant it was read at; what is drawn depends on the seed and the call's place alone.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from emulator.engine.values import value
from emulator.errors import UsageError
from emulator.ids import Ids
from emulator.scenarios.casting import Casting, draw_span
from emulator.scenarios.casting_json import parse_casting, render_casting
from emulator.scenarios.spans import SpanRange, find_range, parse_span, render_span

__all__ = ["Callers", "IncomingCalls", "parse_calls"]

MOST: Final = 10_000
"""How many calls one row, and a whole scenario, may make."""

ANYBODY: Final = "+919876543210"
_KEYS: Final = ("at", "vendor", "from", "to", "far_end", "count", "every")


@value
class IncomingCalls:
    """A row of a scenario's `calls`: somebody calls, `count` times.

    The first call comes `at` after the scenario was set, each other one `every` after the one before; where `at` is a
    range and there is no `every`, each comes at an instant of its own within it. `vendor` "" is the scenario's; `to`
    "" is the vendor's first number, `{numbers[1]}` its second. A `*` in `from_` stands for digits that differ from call
    to call. `far_end` None: what the caller's number is told.
    """

    at: timedelta | SpanRange = timedelta()
    vendor: str = ""
    from_: str = ANYBODY
    to: str = ""
    far_end: Casting | None = None
    count: int = 1
    every: timedelta | SpanRange | None = None

    def to_json(self) -> dict[str, Any]:
        told = {"at": _render(self.at), "vendor": self.vendor, "from": self.from_, "to": self.to}
        more = {"count": self.count if self.count > 1 else None, "every": _render(self.every)}
        if self.far_end is not None:
            more["far_end"] = render_casting(self.far_end)
        return {key: item for key, item in {**told, **more}.items() if item not in ("", None)}


class Callers:
    """See the module."""

    __slots__ = ("_coming",)

    def __init__(self) -> None:
        self._coming: deque[tuple[datetime, IncomingCalls]] = deque()

    def replace(self, rows: Sequence[IncomingCalls], now: datetime, ids: Ids) -> None:
        """These call from now on, and nobody else."""
        made = [call for index, row in enumerate(rows) for call in _spread(row, now, ids, f"calls[{index}]")]
        made.sort(key=_instant)
        self._coming = deque(made)

    def next_deadline(self) -> datetime | None:
        return self._coming[0][0] if self._coming else None

    def wake(self, now: datetime) -> Iterator[IncomingCalls]:
        """Who calls at or before `now`, in order, each a row of one call."""
        while self._coming and self._coming[0][0] <= now:
            yield self._coming.popleft()[1]

    def to_json(self, now: datetime) -> list[dict[str, Any]]:
        """Who is still to call, a row each, `at` counted from `now`."""
        return [{**row.to_json(), "at": render_span(at - now)} for at, row in self._coming]


def parse_calls(data: Any, where: str) -> tuple[IncomingCalls, ...]:
    """Raises: UsageError, naming the path under `where`."""
    if not isinstance(data, list | tuple):
        raise UsageError(f"{where}: expected a list of calls, got {data!r:.40}")
    rows = tuple(_parse(item, f"{where}[{index}]") for index, item in enumerate(data))
    if sum(row.count for row in rows) > MOST:
        raise UsageError(f"{where}: expected no more than {MOST} calls in all")
    return rows


def _parse(data: Any, where: str) -> IncomingCalls:
    if not isinstance(data, Mapping):
        raise UsageError(f"{where}: expected an object, got {data!r:.40}")
    for key in data:
        if key not in _KEYS:
            raise UsageError(f"{where}.{key}: no such key; expected one of {', '.join(_KEYS)}")
    for key in ("vendor", "from", "to"):
        if key in data and (not isinstance(data[key], str) or not data[key].strip()):
            raise UsageError(f"{where}.{key}: expected text, got {data[key]!r:.40}")
    count = data.get("count", 1)
    if isinstance(count, bool) or not isinstance(count, int) or not 1 <= count <= MOST:
        raise UsageError(f"{where}.count: expected a whole number from 1 to {MOST}, got {count!r:.40}")
    return IncomingCalls(
        at=_span(data.get("at", 0), f"{where}.at"),
        vendor=data.get("vendor", ""),
        from_=data.get("from", ANYBODY),
        to=data.get("to", ""),
        far_end=parse_casting(data["far_end"], f"{where}.far_end") if "far_end" in data else None,
        count=count,
        every=_span(data["every"], f"{where}.every") if "every" in data else None,
    )


def _span(data: Any, where: str) -> timedelta | SpanRange:
    return find_range(data, where) or parse_span(data, where)


def _render(told: timedelta | SpanRange | None) -> Any:
    return render_span(told) if isinstance(told, timedelta) else None if told is None else str(told)


def _spread(row: IncomingCalls, now: datetime, ids: Ids, key: str) -> Iterator[tuple[datetime, IncomingCalls]]:
    """Every call of a row, at its instant, from its number."""
    at = now
    for number in range(row.count):
        if number == 0 or row.every is None:
            at = now + _drawn(row.at, ids, f"{key}.at {number}")
        else:
            at += _drawn(row.every, ids, f"{key}.every {number}")
        yield (
            at,
            IncomingCalls(
                vendor=row.vendor, from_=_number(row.from_, ids, f"{key}.from {number}"), to=row.to, far_end=row.far_end
            ),
        )


def _drawn(told: timedelta | SpanRange, ids: Ids, key: str) -> timedelta:
    return told if isinstance(told, timedelta) else draw_span(told, ids, key)


def _number(pattern: str, ids: Ids, key: str) -> str:
    """`+9198*` filled up to twelve digits."""
    before, star, after = pattern.partition("*")
    if not star:
        return pattern
    missing = max(1, 12 - sum(letter.isdigit() for letter in before + after))
    return f"{before}{ids.text('digits', key, missing, '0123456789')}{after}"


def _instant(call: tuple[datetime, IncomingCalls]) -> datetime:
    return call[0]
