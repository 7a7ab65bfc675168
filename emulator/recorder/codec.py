"""Values to JSON and back, byte for byte: what the journal writes, a replay reads.

Theory of operation. A record (a `@value` class) is an object `{"is": "PlaceCall", ...}` with the fields that differ
from their defaults, in the class's order; fields that do not count in a comparison (real durations) stay out. What a
field's type says need not be said again: there an instant is ISO 8601 with `Z`, a span its seconds, bytes their text,
a tuple a list. Where the type says nothing (`Any`), or leaves two readings open, what JSON cannot hold carries its own
tag: `{"is": "timedelta", "seconds": 3}`. Two classes of one name: the first keeps it, the next is `module.Name`.

Writing is total over such values. Reading trusts nothing: an unknown class or field, a missing one, a value of another
type, depth without end are `UsageError`s that name the path, and nothing but registered classes is ever built.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, is_dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from emulator.engine import causes, commands, events, program, recordings, snapshots
from emulator.engine.values import is_value
from emulator.errors import EmulatorBug, UsageError
from emulator.recorder.scalars import TAGS, read_bytes, read_instant, read_span, shown, write_scalar
from emulator.recorder.shapes import ANY, Shape, slots_of

__all__ = ["ENGINE_CLASSES", "Codec"]

DEEPEST: Final = 150
"""Levels of nesting; no document has a tenth of it."""

ENGINE_CLASSES: Final[tuple[type, ...]] = tuple(
    found
    for module in (commands, program, causes, events, recordings, snapshots)
    for name in module.__all__
    if isinstance(found := getattr(module, name), type) and is_value(found)
)
"""Every command, verb, cause and event of the engine. A command keeps its name before a verb of the same one."""

_CONTAINERS: Final[Mapping[str, Any]] = {"list": list, "tuple": tuple, "frozenset": frozenset}


class Codec:
    """Writes and reads the values of `classes` and whatever they hold."""

    __slots__ = ("_by_tag", "_tags")

    def __init__(self, classes: Iterable[type] = ENGINE_CLASSES) -> None:
        self._by_tag: dict[str, type] = {}
        self._tags: dict[type, str] = {}
        for each in dict.fromkeys(classes):
            tag = each.__name__
            if tag in self._by_tag:
                *_, room, module = each.__module__.split(".")
                tag = f"{room if module == 'values' else module}.{tag}"
            if tag in self._by_tag:
                raise EmulatorBug(f"codec: two classes are called {tag}")
            self._by_tag[tag], self._tags[each] = each, tag

    def encode(self, value: Any, where: str = "value") -> Any:
        """JSON-able: None, bool, int, float, str, list and dict of str. Raises: EmulatorBug for what is no value."""
        return self._write(value, ANY, where, 0)

    def decode(self, data: Any, kind: type | tuple[type, ...] | None = None, where: str = "value") -> Any:
        """The value; with `kind`, a record of that class or one of those. Raises: UsageError, naming the path."""
        read = self._read(data, ANY, where, 0)
        if kind is not None and not isinstance(read, kind):
            names = [each.__name__ for each in kind] if isinstance(kind, tuple) else [kind.__name__]
            raise UsageError(f"{where}: expected {', '.join(names)}, got {shown(data)}")
        return read

    # -- writing

    def _write(self, value: Any, shape: Shape, where: str, depth: int) -> Any:
        if depth > DEEPEST:
            raise EmulatorBug(f"codec: {where}: nested deeper than {DEEPEST}")
        if value is None or isinstance(value, str | bool | int):
            return value
        if isinstance(value, float):
            return value if math.isfinite(value) else {"is": "float", "text": repr(value)}
        if isinstance(value, datetime | timedelta | bytes):
            return write_scalar(value, shape.is_plain(type(value)))
        if isinstance(value, Mapping):
            return self._write_mapping(value, shape, where, depth)
        if isinstance(value, list | tuple | frozenset):
            return self._write_row(value, shape, where, depth)
        if is_dataclass(value) and not isinstance(value, type):
            return self._write_record(value, where, depth)
        raise EmulatorBug(f"codec: {where}: {type(value).__name__} is no value")

    def _write_record(self, value: Any, where: str, depth: int) -> dict[str, Any]:
        kind: type = type(value)
        out: dict[str, Any] = {"is": self._tags.get(kind) or kind.__name__}
        for slot in slots_of(kind):
            held = getattr(value, slot.name)
            if not _is_same(held, slot.default):
                out[slot.name] = self._write(held, slot.shape, f"{where}.{slot.name}", depth + 1)
        return out

    def _write_mapping(self, value: Mapping[Any, Any], shape: Shape, where: str, depth: int) -> dict[str, Any]:
        inner = shape.item(0) if shape.container is dict else ANY
        if "is" not in value and all(isinstance(key, str) for key in value):
            return {key: self._write(held, inner, f"{where}.{key}", depth + 1) for key, held in value.items()}
        pairs = [
            [self._write(key, ANY, where, depth + 2), self._write(held, inner, f"{where}[{key!r}]", depth + 2)]
            for key, held in value.items()
        ]
        return {"is": "dict", "of": pairs}

    def _write_row(self, value: Any, shape: Shape, where: str, depth: int) -> Any:
        kind = next(name for name, each in _CONTAINERS.items() if isinstance(value, each))
        is_expected = shape.container is _CONTAINERS[kind]
        inner = shape if is_expected else ANY
        rows = [self._write(row, inner.item(n), f"{where}[{n}]", depth + 1) for n, row in enumerate(value)]
        if kind == "frozenset":
            rows.sort(key=repr)
        return rows if is_expected or (kind == "list" and shape.is_any) else {"is": kind, "of": rows}

    # -- reading

    def _read(self, data: Any, shape: Shape, where: str, depth: int) -> Any:
        if depth > DEEPEST:
            raise UsageError(f"{where}: nested deeper than {DEEPEST}")
        if isinstance(data, dict):
            return self._read_object(data, shape, where, depth)
        if isinstance(data, list) and shape.is_any:
            return self._read_rows(data, list, shape, where, depth)
        if isinstance(data, list) and shape.container not in (None, dict):
            return self._read_rows(data, shape.container, shape, where, depth)
        return _read_scalar(data, shape, where)

    def _read_object(self, data: dict[str, Any], shape: Shape, where: str, depth: int) -> Any:
        tag = data.get("is")
        if tag is None:
            if not (shape.is_any or shape.container is dict):
                raise _wrong(data, shape, where)
            inner = shape.item(0)
            return {key: self._read(held, inner, f"{where}.{key}", depth + 1) for key, held in data.items()}
        if not isinstance(tag, str):
            raise UsageError(f"{where}.is: expected the name of a class, got {shown(tag)}")
        if tag in self._by_tag:
            return self._read_record(tag, data, shape, where, depth)
        if tag in TAGS:
            kind, read = TAGS[tag]
            if not (shape.is_any or kind in shape.scalars):
                raise _wrong(data, shape, where)
            return read(data, where)
        if tag != "dict" and tag not in _CONTAINERS:
            raise UsageError(f"{where}.is: no value is called {shown(tag)}")
        return self._read_container(tag, data, shape, where, depth)

    def _read_record(self, tag: str, data: dict[str, Any], shape: Shape, where: str, depth: int) -> Any:
        kind = self._by_tag[tag]
        if not shape.is_any and kind not in shape.records:
            raise _wrong(data, shape, where)
        slots = {slot.name: slot for slot in slots_of(kind)}
        for key in data:
            if key != "is" and key not in slots:
                raise UsageError(f"{where}.{key}: {tag} has no such field; it has {', '.join(slots) or 'none'}")
        read = {}
        for name, slot in slots.items():
            if name in data:
                read[name] = self._read(data[name], slot.shape, f"{where}.{name}", depth + 1)
            elif slot.default is MISSING:
                raise UsageError(f"{where}.{name}: {tag} needs it")
        try:
            return kind(**read)
        except UsageError as error:
            raise UsageError(f"{where}: {error}") from None

    def _read_container(self, tag: str, data: dict[str, Any], shape: Shape, where: str, depth: int) -> Any:
        rows = data.get("of")
        if not isinstance(rows, list):
            raise UsageError(f"{where}.of: expected a list, got {shown(rows)}")
        if tag != "dict":
            if not shape.is_any:
                raise _wrong(data, shape, where)
            return self._read_rows(rows, _CONTAINERS[tag], shape, f"{where}.of", depth)
        if not (shape.is_any or shape.container is dict):
            raise _wrong(data, shape, where)
        out = {}
        for n, row in enumerate(rows):
            if not isinstance(row, list) or len(row) != 2:
                raise UsageError(f"{where}.of[{n}]: expected a key and its value, got {shown(row)}")
            key = self._read(row[0], ANY, f"{where}.of[{n}][0]", depth + 2)
            _check_hash(key, f"{where}.of[{n}][0]")
            out[key] = self._read(row[1], shape.item(0), f"{where}.of[{n}][1]", depth + 2)
        return out

    def _read_rows(self, rows: list[Any], kind: Any, shape: Shape, where: str, depth: int) -> Any:
        if shape.count is not None and len(rows) != shape.count:
            raise UsageError(f"{where}: expected {shape.count} items, got {len(rows)}")
        read = [self._read(row, shape.item(n), f"{where}[{n}]", depth + 1) for n, row in enumerate(rows)]
        if kind is frozenset:
            for n, row in enumerate(read):
                _check_hash(row, f"{where}[{n}]")
        return kind(read)


def _read_scalar(data: Any, shape: Shape, where: str) -> Any:
    if shape.is_any or (data is None and shape.has_none):
        return data
    if any(type(each) is type(data) and each == data for each in shape.literals):
        return data
    scalars = shape.scalars
    if type(data) in scalars or (type(data) is int and float in scalars):
        return data
    if datetime in scalars and isinstance(data, str):
        return read_instant(data, where)
    if bytes in scalars and isinstance(data, str):
        return read_bytes(data, where)
    if timedelta in scalars and isinstance(data, int | float) and not isinstance(data, bool):
        return read_span(data, where)
    raise _wrong(data, shape, where)


def _is_same(held: Any, default: Any) -> bool:
    """Equal, and written the same: 1, True and 1.0 are not."""
    return held is default or (type(held) is type(default) and held == default and repr(held) == repr(default))


def _check_hash(key: Any, where: str) -> None:
    try:
        hash(key)
    except TypeError:
        raise UsageError(f"{where}: expected a key, got {shown(key)}") from None


def _wrong(data: Any, shape: Shape, where: str) -> UsageError:
    return UsageError(f"{where}: expected {shape.described()}, got {shown(data)}")
