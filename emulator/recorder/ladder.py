"""The ladder: what happened, as lines between client, provider, far end and application.

      time client                provider         far end                         application
         0    ├── POST …/Call/  201 ─▶│                │                                 │
              │                       ├── dials ──────▶│ +919876543210                   │
              │                       │                │                                 │
         2    │                       │◀─ answers ─────┤                                 │
              │                       ├── answer · in-progress ─────────────────── 200 ─▶│

Plain text, as wide as asked for. Times are seconds since the first entry, shown when they change. Tones for `style`:
`head`, `time`, `lane`, `arrow`, `label`, `word`, `status`, `text`, `bad`, `end`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Final

from emulator.engine.events import LegSnapshot
from emulator.recorder.drawing import Row, Style, clean, cut, width_of, wrap
from emulator.recorder.journal import Entry
from emulator.recorder.mermaid import mermaid
from emulator.recorder.scalars import instant_text
from emulator.recorder.story import Lane, Step, cause_text, steps_of
from emulator.recorder.transcript import transcript

__all__ = ["ladder", "mermaid", "transcript"]

NOTHING: Final = "nothing has happened yet\n"
_NARROWEST: Final = 72
_NAMES: Final = {
    Lane.CLIENT: "client",
    Lane.PROVIDER: "provider",
    Lane.FAR_END: "far end",
    Lane.APPLICATION: "application",
}
REMARK: Final = 5
"""How many lines a remark may take: why something went wrong, and what to do about it, is not to be cut."""

_TO_ASCII: Final = str.maketrans("│─├┤┼▶◀●✗✂■…·→“”×", '|-+++><*x%#~.>""x')


def ladder(entries: Iterable[Entry], width: int = 100, *, style: Style | None = None, ascii_only: bool = False) -> str:
    """The entries of one call, or of several, as text that ends with a line break.

    `width`: of the terminal, 72 at least. `ascii_only`: our own signs are ASCII; what was said stays as it is.
    """
    story = steps_of(entries)
    if not story.steps:
        return NOTHING
    grid = _Grid(story.steps, story.legs, max(width, _NARROWEST))
    rows = [*_heads(grid, story.legs), *grid.rows(), *_ends(grid, story.legs)]
    text = "".join(f"{row.text(style)}\n" for row in rows)
    return text.translate(_TO_ASCII) if ascii_only else text


class _Grid:
    """Where the lanes are, and the rows between them."""

    def __init__(self, steps: list[Step], legs: dict[str, LegSnapshot], width: int) -> None:
        self.width, self.steps = width, steps
        self.start = steps[0].at
        self.calls = list(dict.fromkeys([leg.call for leg in legs.values()]))
        self.has_legs = len(legs) > 1
        self.times = [_seconds(step.at - self.start) for step in steps]
        places = max(len(time.partition(".")[2]) for time in self.times)
        self.times = [_padded(time, places) for time in self.times]
        margin = max(6, *map(len, self.times))
        first, last = margin + 4, width - 6
        span = last - first
        self.margin = margin
        self.lanes = {
            Lane.CLIENT: first,
            Lane.PROVIDER: first + span * 30 // 100,
            Lane.FAR_END: first + span * 54 // 100,
            Lane.APPLICATION: last,
        }

    def rows(self) -> list[Row]:
        out = [self._header()]
        shown = ""
        for step, time in zip(self.steps, self.times, strict=True):
            if time != shown:
                out += [] if not shown else [self._blank()]
                shown = time
                out += self._step(step, time)
            else:
                out += self._step(step, "")
        return out

    def _header(self) -> Row:
        row = Row(self.width)
        row.put(self.margin - 4, "time", "head")
        for lane, at in self.lanes.items():
            row.put(at - len(_NAMES[lane]) // 2, _NAMES[lane], "head")
        return row

    def _blank(self) -> Row:
        row = Row(self.width)
        for at in self.lanes.values():
            row.put(at, "│", "lane")
        return row

    def _step(self, step: Step, time: str) -> list[Row]:
        row = self._blank()
        row.put(self.margin - len(time), time, "time")
        if step.target is None:
            return self._remark(row, step)
        if Lane.APPLICATION in (step.source, step.target):
            self._arrow(row, step, step.text)
            return [row]
        self._arrow(row, step, "")
        at = self.lanes[Lane.FAR_END] + 2
        first, *rest = wrap(clean(step.text), self.lanes[Lane.APPLICATION] - at - 1, 3) or [""]
        tone = "text" if step.tone == "plain" else step.tone
        row.put(at, first, tone)
        out = [row]
        for line in rest:
            out.append(self._blank())
            out[-1].put(at, line, tone)
        return out

    def _remark(self, row: Row, step: Step) -> list[Row]:
        at = self.lanes[step.source]
        tone = "label" if step.tone == "plain" else step.tone
        row.put(at, "✗" if step.tone == "bad" else "●", tone)
        out = [row]
        room = self.lanes[Lane.APPLICATION] - at - 3
        for index, line in enumerate(wrap(self._who(step) + clean(step.label), room, REMARK)):
            out += [self._blank()] if index else []
            out[-1].put(at + 2, f"{line} ", tone)
        return out

    def _arrow(self, row: Row, step: Step, text: str) -> None:
        """`├─ label · word ──── status ─▶│`, or the other way round."""
        assert step.target is not None
        source, target = self.lanes[step.source], self.lanes[step.target]
        left, right = min(source, target), max(source, target)
        row.put(source, "├" if source == left else "┤", "arrow")
        row.put(left + 1, "─" * (right - left - 1), "arrow")
        for at in self.lanes.values():
            if left < at < right:
                row.put(at, "┼", "arrow")
        row.put(right - 1 if target == right else left + 1, "▶" if target == right else "◀", "arrow")
        at, room = left + 3, right - left - 6
        if step.status:
            status = cut(clean(step.status), room // 2)
            room -= width_of(status) + 3
            row.put(right - 3 - width_of(status) - 1, f" {status} ", "bad" if step.tone == "bad" else "status")
        self._labels(row, step, text, at, room)

    def _labels(self, row: Row, step: Step, text: str, at: int, room: int) -> None:
        is_path = step.source == Lane.CLIENT
        label = self._who(step) + (_short(clean(step.label), room) if is_path else clean(step.label))
        label = cut(label, room)
        row.put(at, f" {label} ", step.tone if step.tone != "plain" else "label")
        for more, tone in ((step.word, "word"), (text, "text")):
            left = room - width_of(label) - 3
            if more and left > 3:
                shown = cut(clean(more), left)
                row.put(at + 1 + width_of(label), " · ", "arrow")
                row.put(at + 1 + width_of(label) + 3, f"{shown} ", tone)
                label += f" · {shown}"

    def _who(self, step: Step) -> str:
        """Which leg, where there is more than one."""
        if len(self.calls) > 1:
            return f"{step.leg or step.call} " if step.leg or step.call else ""
        return f".{step.leg.rpartition('.')[2]} " if step.leg and self.has_legs else ""


def _heads(grid: _Grid, legs: dict[str, LegSnapshot]) -> list[Row]:
    """One line for each call, and one for each further leg."""
    rows = []
    for leg in legs.values():
        row = Row(grid.width)
        name = f"call {leg.call}" if leg.parent is None else f"  leg {leg.id}"
        line = f"{name}  {leg.vendor}  {leg.direction}  {leg.from_} → {leg.to}  {instant_text(leg.created_at)}"
        row.put(0, cut(clean(line), grid.width), "head")
        rows.append(row)
    return [*rows, Row(grid.width)]


def _ends(grid: _Grid, legs: dict[str, LegSnapshot]) -> list[Row]:
    """How each call stands, or how it ended."""
    rows = [Row(grid.width)]
    for leg in legs.values():
        if leg.parent is not None:
            continue
        line = f"{leg.call} is {leg.state}"
        if leg.cause is not None and leg.ended_at is not None:
            lasted = _seconds(leg.ended_at - leg.created_at)
            line = f"■ {leg.call} ended: {cause_text(leg.cause)}, by {leg.by}, after {lasted} s"
            if leg.answered_at is not None:
                line += f" ({_seconds(leg.ended_at - leg.answered_at)} s answered)"
        row = Row(grid.width)
        row.put(0, cut(line, grid.width), "end")
        rows.append(row)
    return rows if len(rows) > 1 else []


def _seconds(span: timedelta) -> str:
    """`2`, `2.25`, `1:02`, `1:00:02.5`: as few decimals as it takes, three at most."""
    thousandths = round(span.total_seconds() * 1000)
    minutes, rest = divmod(abs(thousandths), 60_000)
    whole, fraction = divmod(rest, 1000)
    decimals = f".{fraction:03d}".rstrip("0").rstrip(".")
    hours, minutes = divmod(minutes, 60)
    sign = "-" if thousandths < 0 else ""
    if hours:
        return f"{sign}{hours}:{minutes:02d}:{whole:02d}{decimals}"
    return f"{sign}{minutes}:{whole:02d}{decimals}" if minutes else f"{sign}{whole}{decimals}"


def _padded(time: str, places: int) -> str:
    """So that the points stand in one column."""
    if not places:
        return time
    whole, _, decimals = time.partition(".")
    return f"{whole}.{decimals.ljust(places, '0')}"


def _short(label: str, room: int) -> str:
    """`POST /v1/Account/MA1/Call/` as `POST …/Call/`."""
    if width_of(label) <= room:
        return label
    method, _, path = label.partition(" ")
    kept = cut(path, max(room - len(method) - 1, 1), keep_end=True)
    whole, slash, rest = kept[1:].partition("/")
    return f"{method} …{slash}{rest}" if whole and rest else f"{method} {kept}"
