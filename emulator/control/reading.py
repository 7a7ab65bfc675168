"""Bodies and queries, read into the types that document them; what is wrong is said with its path.

A message names the field, what came and what is allowed: `clock.mode: expected "real" or "virtual", got "fast"`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final, NoReturn, TypeVar

import msgspec
from msgspec import inspect

from emulator.control.errors import ControlError

__all__ = ["nearest", "read_body", "read_query", "read_settings"]

T = TypeVar("T")

SHOWN: Final = 80
"""How much of an offending value a message repeats."""


def read_body(data: bytes, wanted: type[T]) -> T:
    """`data` as `wanted`; an empty body is `{}`. Raises `ControlError`."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    if not data.strip():
        data = b"{}"
    try:
        loose = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        hint = "Send an object in UTF-8, such as {}."
        raise ControlError("malformed_json", f"the body is not JSON: {problem}", hint) from problem
    return _convert(loose, wanted, strict=True)


def read_query(pairs: Iterable[tuple[str, str]], wanted: type[T]) -> T:
    """A query string as `wanted`; of a repeated key the last counts. Raises `ControlError`."""
    return _convert(dict(pairs), wanted, strict=False)


def read_settings(values: Mapping[str, Any], wanted: type[Any], path: str = "") -> Any:
    """A vendor's settings, every key known. Raises `ControlError` with keys under `path`."""
    known = [field.encode_name for field in _fields(inspect.type_info(wanted))]
    for key in values:
        if key not in known:
            _refuse_key(key, known, path)
    return _convert(dict(values), wanted, strict=True, path=path)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint: the known word that `word` was perhaps meant to be, and all of them."""
    known = list(known)
    close = get_close_matches(word, known, 1, 0.5)
    listed = f"known: {', '.join(known)}." if known else "None is known here."
    return f"Did you mean {close[0]}? {listed[0].upper()}{listed[1:]}" if close else f"{listed[0].upper()}{listed[1:]}"


def _convert(loose: Any, wanted: type[T], *, strict: bool, path: str = "") -> T:
    try:
        return msgspec.convert(loose, wanted, strict=strict)
    except msgspec.ValidationError as problem:
        _explain(str(problem), loose, wanted, path)


_AT: Final = re.compile(r" - at `(?:key in )?\$(.*)`$", re.DOTALL)
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `(.*)`", re.DOTALL)

_RULE: Final = re.compile(r"\w+: expected ")
"""A rule of ours about one field, in its type's `__post_init__`, that says all there is to say."""


def _explain(problem: str, loose: Any, wanted: Any, path: str) -> NoReturn:
    """Raise what msgspec found in our words: it says where, the types say what is allowed."""
    found = _AT.search(problem)
    where = found[1] if found else ""
    problem = _AT.sub("", problem)
    steps = re.findall(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]", where)
    node, came = inspect.type_info(wanted), loose
    for key, index in steps:
        node, came = _step(node, came, key, index)
    shown = f"{path}{where}".removeprefix(".")
    if unknown := _UNKNOWN.fullmatch(problem):
        _refuse_key(unknown[1], [field.encode_name for field in _fields(node)], shown)
    if missing := _MISSING.fullmatch(problem):
        name = missing[1]
        allowed = next((words(field.type) for field in _fields(node) if field.encode_name == name), "a value")
        message = f"{shown}{'.' if shown else ''}{name}: missing, expected {allowed}"
        raise ControlError("invalid_field", message, "Nothing was changed.")
    if _RULE.match(problem):
        raise ControlError("invalid_field", f"{shown}{'.' if shown else ''}{problem}", "Nothing was changed.")
    allowed = words(node)
    if not problem.startswith(("Expected", "Invalid", "Number")) and came is not _LOST:
        allowed = problem  # a rule of ours, in the type's __post_init__
    message = f"{shown or 'the body'}: expected {allowed}"
    if came is not _LOST:
        message += f", got {_shown(came)}"
    raise ControlError("invalid_field", message, "Nothing was changed.")


def _refuse_key(key: str, known: list[str], path: str) -> NoReturn:
    shown = f"{path}.{key}" if path else key
    raise ControlError("unknown_field", f"{shown}: no such field", nearest(key, known))


_LOST: Final = object()


def _step(node: inspect.Type, came: Any, key: str, index: str) -> tuple[inspect.Type, Any]:
    """One step down a path, to a field, a place in a list, or into a mapping: the type there, and what came there."""
    if key:
        came = came.get(key, _LOST) if isinstance(came, dict) else _LOST
        for part in _alternatives(node):
            for field in _fields(part):
                if field.encode_name == key:
                    return field.type, came
        return inspect.AnyType(), came
    for part in _alternatives(node):
        if isinstance(part, inspect.DictType):
            return part.value_type, _LOST
        if isinstance(part, inspect.VarTupleType):
            return part.item_type, came[int(index)]
    return inspect.AnyType(), _LOST


def _alternatives(node: inspect.Type) -> tuple[inspect.Type, ...]:
    if isinstance(node, inspect.Metadata):
        return _alternatives(node.type)
    return node.types if isinstance(node, inspect.UnionType) else (node,)


def _fields(node: inspect.Type) -> tuple[inspect.Field, ...]:
    return tuple(
        field
        for part in _alternatives(node)
        if isinstance(part, inspect.StructType | inspect.DataclassType)
        for field in part.fields
    )


def words(node: inspect.Type) -> str:
    """What a type allows, in words."""
    if isinstance(node, inspect.Metadata):
        return words(node.type)
    if isinstance(node, inspect.UnionType):
        return " or ".join(words(part) for part in node.types)
    if isinstance(node, inspect.LiteralType):
        return " or ".join(_shown(text) for text in node.values)
    wording = _WORDS.get(type(node))
    return wording(node) if wording is not None else "another value"


def _number(kind: str) -> Callable[[Any], str]:
    def worded(node: Any) -> str:
        low = f" from {node.ge}" if node.ge is not None else f" above {node.gt}" if node.gt is not None else ""
        return f"{kind}{low}{f' to {node.le}' if node.le is not None else ''}"

    return worded


def _text(node: Any) -> str:
    kind = f"a text matching {node.pattern}" if node.pattern else "a text"
    kind += f" of at least {node.min_length} character(s)" if node.min_length else ""
    return kind + (f" of at most {node.max_length} characters" if node.max_length else "")


def _object(node: Any) -> str:
    return f"an object with {', '.join(field.encode_name for field in node.fields) or 'no keys'}"


_WORDS: Final[dict[type[inspect.Type], Callable[[Any], str]]] = {
    inspect.BoolType: lambda node: "true or false",
    inspect.NoneType: lambda node: "null",
    inspect.DateTimeType: lambda node: 'an instant such as "2026-01-01T00:00:00Z"',
    inspect.ListType: lambda node: "an array",
    inspect.VarTupleType: lambda node: "an array",
    inspect.DictType: lambda node: "an object",
    inspect.IntType: _number("a whole number"),
    inspect.FloatType: _number("a number"),
    inspect.StrType: _text,
    inspect.StructType: _object,
    inspect.DataclassType: _object,
}


def _shown(came: Any) -> str:
    text = msgspec.json.encode(came).decode()
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"
