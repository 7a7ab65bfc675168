"""Text on a grid: what may be printed, how wide it is, and where it is cut."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final
from unicodedata import category, east_asian_width

__all__ = ["Row", "Style", "clean", "cut", "width_of", "wrap"]

Style = Callable[[str, str], str]
"""`style(text, tone)` gives the text dressed for a terminal; tones as `ladder` lists them."""

_JOINERS: Final = "\u200c\u200d"


def clean(text: str) -> str:
    """One line that cannot harm a terminal: white space is a space, other controls and stray surrogates are `·`."""
    return "".join(
        " " if letter.isspace() else "·" if category(letter)[0] == "C" and letter not in _JOINERS else letter
        for letter in text
    )


def _width(letter: str) -> int:
    if category(letter) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if east_asian_width(letter) in "WF" else 1


def width_of(text: str) -> int:
    """How many cells of a terminal it takes."""
    return len(text) if text.isascii() else sum(map(_width, text))


def cut(text: str, width: int, *, keep_end: bool = False) -> str:
    """At most `width` cells, `…` where something is missing."""
    if width_of(text) <= width:
        return text
    if width < 1:
        return ""
    if keep_end:
        return "…" + _head(text[::-1], width - 1)[::-1]
    return _head(text, width - 1).rstrip() + "…"


def _head(text: str, width: int) -> str:
    for index, letter in enumerate(text):
        width -= _width(letter)
        if width < 0:
            return text[:index]
    return text


def wrap(text: str, width: int, most: int) -> list[str]:
    """At most `most` lines, broken between words where there are any; what is left over is cut."""
    lines: list[str] = []
    rest = text.strip()
    while rest:
        if len(lines) == most - 1:
            return [*lines, cut(rest, width)]
        head = _head(rest, width)
        if head != rest and (space := head.rfind(" ")) > width // 2 and rest[len(head)] != " ":
            head = head[:space]
        head = head or rest[:1]
        lines.append(head.rstrip())
        rest = rest[len(head) :].lstrip()
    return lines


class Row:
    """One line of a grid: cells of one letter, each with its tone."""

    __slots__ = ("_cells", "_tones")

    def __init__(self, width: int) -> None:
        self._cells = [" "] * width
        self._tones = [""] * width

    def put(self, at: int, text: str, tone: str = "") -> None:
        """Write over what stands there; what does not fit is lost."""
        for letter in text:
            wide = _width(letter)
            if wide == 0:
                if 0 < at <= len(self._cells):
                    self._cells[at - 1] += letter
                continue
            if at + wide > len(self._cells):
                return
            self._cells[at], self._tones[at] = letter, tone
            if wide == 2:
                self._cells[at + 1], self._tones[at + 1] = "", tone
            at += wide

    def text(self, style: Style | None = None) -> str:
        if style is None:
            return "".join(self._cells).rstrip()
        length = len("".join(self._cells).rstrip())
        out, run, tone = [], "", ""
        for cell, its in zip(self._cells, self._tones, strict=True):
            if its != tone and run:
                out.append(style(run, tone) if tone else run)
                run = ""
            tone = its
            run += cell[: max(length, 0)]
            length -= len(cell)
        out.append(style(run, tone) if tone and run else run)
        return "".join(out)
