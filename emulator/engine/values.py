"""`value`: the decorator of every frozen record.

Frozen for the type checker, which is where a mistake would be made; at run time it is an ordinary slotted record,
because a frozen dataclass takes four times as long to build and every event carries one. A dataclass reads its fields
and compiles its methods, and there are some two hundred records: more than half of what a start takes. So equality,
hash and repr are here once for all of them, and the dataclass is made, `__init__` compiled, when the first record is or
when its fields are asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import Field, dataclass, field
from operator import attrgetter
from reprlib import recursive_repr
from typing import Any, TypeVar, dataclass_transform

__all__ = ["field", "is_value", "value"]

T = TypeVar("T")

_PLAIN: Any = field()


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """A slotted record with value equality and hash, read-only by type.

    Every annotation is a field. As in any dataclass, one with `compare=False` counts in neither, and one with
    `hash=False` not in the hash.
    """
    cls.__doc__ = cls.__doc__ or cls.__name__  # else the dataclass asks `inspect` for a signature to put there
    body = {name: held for name, held in vars(cls).items() if name not in ("__dict__", "__weakref__")}
    plan = _plan(cls)
    kept = {name: held for name, held in body.items() if name not in plan}
    kept |= {"__slots__": tuple(cls.__annotations__), "__match_args__": tuple(plan)}
    meta: Any = type(cls)
    made: Any = meta(cls.__name__, cls.__bases__, kept)
    compared = _reader([name for name, how in plan.items() if how.compare])
    hashed = _reader([name for name, how in plan.items() if (how.compare if how.hash is None else how.hash)])
    shown = [name for name, how in plan.items() if how.repr]

    def finish() -> Any:
        twin: Any = dataclass(repr=False, eq=False, match_args=False)(type(cls.__name__, cls.__bases__, body))
        made.__dataclass_fields__, made.__dataclass_params__ = twin.__dataclass_fields__, twin.__dataclass_params__
        made.__init__ = twin.__init__
        return made

    def first(self: Any, *args: Any, **kwargs: Any) -> None:
        finish().__init__(self, *args, **kwargs)

    def is_equal(self: Any, other: Any) -> Any:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return self is other or compared(self) == compared(other)

    def number(self: Any) -> int:
        return hash(hashed(self))

    @recursive_repr()
    def text(self: Any) -> str:
        return f"{made.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"

    made.__qualname__, made.__value_plan__, made.__dataclass_fields__ = cls.__qualname__, plan, _Later(finish)
    made.__init__, made.__eq__, made.__hash__, made.__repr__ = first, is_equal, number, text
    return made  # type: ignore[no-any-return]


def is_value(kind: type) -> bool:
    """Whether it is a record made by `value`, which `is_dataclass` would have made at once to tell."""
    return hasattr(kind, "__value_plan__")


def _plan(cls: Any) -> dict[str, Field[Any]]:
    """The fields by name, in order, the bases' first, each with what `field` said of it."""
    plan: dict[str, Field[Any]] = {}
    for base in reversed(cls.__mro__[1:]):
        plan |= vars(base).get("__value_plan__", {})
    for name in cls.__annotations__:
        told = vars(cls).get(name)
        plan[name] = told if isinstance(told, Field) else _PLAIN
    return plan


class _Later:
    """`__dataclass_fields__` until somebody asks for them."""

    __slots__ = ("_finish",)

    def __init__(self, finish: Callable[[], Any]) -> None:
        self._finish = finish

    def __get__(self, record: Any, kind: Any = None) -> Any:
        return self._finish().__dataclass_fields__


def _reader(names: list[str]) -> Callable[[Any], Any]:
    """What stands in these fields, as a tuple, so that a thing equals itself even where its content does not."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda record: tuple(getattr(record, name) for name in names)
