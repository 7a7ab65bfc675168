"""`value`: the decorator of every frozen record.

Frozen for the type checker, which is where a mistake would be made; at run time it is an ordinary slotted dataclass,
because a frozen one takes four times as long to build and every event carries one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeVar, dataclass_transform

__all__ = ["field", "value"]

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def value(cls: type[T]) -> type[T]:
    """A slotted record with value equality and hash, read-only by type."""
    made: Any = dataclass(slots=True, unsafe_hash=True)(cls)
    return made  # type: ignore[no-any-return]
