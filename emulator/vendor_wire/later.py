"""What a vendor names at once and imports at first use: a server answers before it has read every translator.

`where` is spelled as in an entry point: `"package.module:name"`. Whoever asks first waits for the import, and as that
is done in the event loop everybody else waits too: some hundredths of a second, once in a process. A name that is not
there is found out only then, so a test finds each of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any, overload

__all__ = ["Later", "LaterTable"]


def _found(where: str) -> Any:
    """Raises `ImportError`, `AttributeError`."""
    module, _, name = where.partition(":")
    return getattr(import_module(module), name)


class Later:
    """A function, for any field of `Vendor` that takes one. Called with whatever that field's is, by position."""

    __slots__ = ("_function", "where")

    def __init__(self, where: str) -> None:
        self.where = where
        self._function: Any = None

    def __call__(self, *arguments: Any) -> Any:
        if self._function is None:
            self._function = _found(self.where)
        return self._function(*arguments)

    def find(self) -> Any:
        """What is called. Raises `ImportError`, `AttributeError`."""
        return _found(self.where)

    def __repr__(self) -> str:
        return f"Later({self.where!r})"


class LaterTable(Sequence[str]):
    """A tuple of names; equal to that tuple."""

    __slots__ = ("_names", "where")

    def __init__(self, where: str) -> None:
        self.where = where
        self._names: tuple[str, ...] | None = None

    def find(self) -> tuple[str, ...]:
        """The tuple. Raises `ImportError`, `AttributeError`."""
        if self._names is None:
            self._names = tuple(_found(self.where))
        return self._names

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[str, ...]: ...
    def __getitem__(self, index: int | slice) -> str | tuple[str, ...]:
        return self.find()[index]

    def __len__(self) -> int:
        return len(self.find())

    def __iter__(self) -> Iterator[str]:
        return iter(self.find())

    def __eq__(self, other: object) -> bool:
        return self.find() == (other.find() if isinstance(other, LaterTable) else other)

    def __hash__(self) -> int:
        return hash(self.find())

    def __repr__(self) -> str:
        return f"LaterTable({self.where!r})"
