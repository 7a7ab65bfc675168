"""`value`: the decorator of every frozen record.

Frozen for the type checker, which is where a mistake would be made; at run time it is an ordinary slotted dataclass,
because a frozen one takes four times as long to build and every event carries one. A dataclass compiles its methods,
and there are more than a hundred records: half of what a start takes. So equality, hash and repr are here once for all
of them, and `__init__` is compiled with the first record of its class.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, fields
from operator import attrgetter
from reprlib import recursive_repr
from typing import Any, TypeVar, dataclass_transform

__all__ = ["field", "value"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """A slotted record with value equality and hash, read-only by type.

    As in any dataclass, a field with `compare=False` counts in neither, one with `hash=False` not in the hash.
    """
    cls.__doc__ = cls.__doc__ or cls.__name__  # else the dataclass asks `inspect` for a signature to put there
    body = {name: held for name, held in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    made: Any = dataclass(slots=True, init=False, repr=False, eq=False)(cls)
    own = fields(made)
    compared = _reader([each.name for each in own if each.compare])
    hashed = _reader([each.name for each in own if (each.compare if each.hash is None else each.hash)])
    shown = [each.name for each in own if each.repr]

    def first(self: Any, *args: Any, **kwargs: Any) -> None:
        twin: Any = dataclass(repr=False, eq=False, match_args=False)(type(cls.__name__, cls.__bases__, body))
        made.__init__ = twin.__init__
        made.__init__(self, *args, **kwargs)

    def is_equal(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self is other or compared(self) == compared(other)

    def number(self: Any) -> int:
        return hash(hashed(self))

    @recursive_repr()
    def text(self: Any) -> str:
        return f"{made.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    made.__init__, made.__eq__, made.__hash__, made.__repr__ = first, is_equal, number, text
    return made  # type: ignore[no-any-return]


def _reader(names: list[str]) -> Callable[[Any], Any]:
    """What stands in these fields, as a tuple, so that a thing equals itself even where its content does not."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)
