"""Paths looked up in one table, where a router would try one pattern after another. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, TypeVar

__all__ = ["Table", "names_of"]

Row = TypeVar("Row")


class Table(Generic[Row]):
    """Rows by path: words joined with `/`, where `*` stands for any one word, be it empty.

    Where two rows fit, the one that names the first word on which they differ goes before the one with `*` there. A
    look-up costs one probe for each arrangement of `*`s among rows of that many words: few, however many rows.
    """

    __slots__ = ("_by_length",)

    def __init__(self, rows: Mapping[str, Row]) -> None:
        shapes: dict[tuple[bool, ...], dict[str, Row]] = {}
        for path, row in rows.items():
            shapes.setdefault(tuple(word == "*" for word in path.split("/")), {})[path] = row
        self._by_length: dict[int, list[tuple[tuple[int, ...], dict[str, Row]]]] = {}
        for shape in sorted(shapes):
            places = tuple(place for place, is_star in enumerate(shape) if is_star)
            self._by_length.setdefault(len(shape), []).append((places, shapes[shape]))

    def find(self, words: Sequence[str]) -> tuple[Row, list[str]] | None:
        """The row of a path and the words that its `*`s stand for, in order; None if there is no such path."""
        for places, rows in self._by_length.get(len(words), ()):
            spelling = list(words)
            for place in places:
                spelling[place] = "*"
            row = rows.get("/".join(spelling))
            if row is not None:
                return row, [words[place] for place in places]
        return None


def names_of(rows: Iterable[Mapping[str, object]]) -> set[str]:
    """The texts among the handlers of each row's methods: a text stands for one that is not emulated, and names it."""
    return {handler for methods in rows for handler in methods.values() if isinstance(handler, str)}
