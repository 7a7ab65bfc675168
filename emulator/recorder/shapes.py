"""What a type annotation allows, worked out once: the codec's view of a field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import datetime, timedelta
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from emulator.errors import EmulatorBug

__all__ = ["ANY", "Shape", "Slot", "slots_of"]

_TEXTS: Final = (str, bytes, datetime)
_NUMBERS: Final = (int, float, timedelta)
_CONTAINERS: Final = {tuple: tuple, list: list, frozenset: frozenset, dict: dict, Mapping: dict}


@dataclass(slots=True)
class Shape:
    """The union of what is named here. `container`: list, tuple, frozenset or dict, its `items` (the last one for all
    further ones; of a dict the values') and how many there must be."""

    is_any: bool = False
    has_none: bool = False
    literals: tuple[Any, ...] = ()
    records: tuple[type, ...] = ()
    scalars: tuple[type, ...] = ()
    container: type | None = None
    items: tuple[Shape, ...] = ()
    count: int | None = None

    def is_plain(self, kind: type) -> bool:
        """Whether JSON's own text or number can only mean this kind of scalar here."""
        if kind not in self.scalars:
            return False
        rivals = _TEXTS if kind in _TEXTS else _NUMBERS
        named = {each for each in self.scalars if each in rivals} | {type(each) for each in self.literals}
        return not (named & set(rivals)) - {kind}

    def item(self, index: int) -> Shape:
        return self.items[min(index, len(self.items) - 1)] if self.items else ANY

    def described(self) -> str:
        """For people."""
        names = [each.__name__ for each in (*self.records, *self.scalars)] + [repr(each) for each in self.literals]
        if self.container is not None:
            names.append(self.container.__name__ if self.count is None else f"{self.count} items")
        return ", ".join([*names, *(["null"] if self.has_none else [])])


ANY: Final = Shape(is_any=True)


@dataclass(slots=True)
class Slot:
    """A field of a record. `default` is MISSING without one."""

    name: str
    shape: Shape
    default: Any


@cache
def slots_of(kind: type) -> tuple[Slot, ...]:
    """The fields of a record that count, in order."""
    hints = get_type_hints(kind)
    return tuple(
        Slot(each.name, _shape(hints[each.name]), MISSING if each.default is MISSING else each.default)
        for each in fields(kind)
        if each.compare
    )


def _shape(hint: Any) -> Shape:
    shape = Shape()
    _add(shape, hint)
    return ANY if shape.is_any else shape


def _add(shape: Shape, hint: Any) -> None:
    origin = get_origin(hint)
    if hint is Any or hint is object:
        shape.is_any = True
    elif origin in (Union, UnionType):
        for each in get_args(hint):
            _add(shape, each)
    elif hint is NoneType:
        shape.has_none = True
    elif origin is Literal:
        shape.literals += get_args(hint)
    elif isinstance(hint, type) and is_dataclass(hint):
        shape.records = (*shape.records, hint)
    elif hint in (str, bool, int, float, bytes, datetime, timedelta):
        shape.scalars += (hint,)
    elif (origin or hint) in _CONTAINERS and shape.container is None:
        _add_container(shape, _CONTAINERS[origin or hint], get_args(hint))
    else:
        raise EmulatorBug(f"codec: it cannot keep {hint}")


def _add_container(shape: Shape, kind: type, inner: tuple[Any, ...]) -> None:
    shape.container = kind
    if kind is tuple and inner and inner[-1] is not ...:
        shape.count = len(inner)
    else:
        inner = inner[1:] if kind is dict else inner[:1]
    shape.items = tuple(_shape(each) for each in inner)
