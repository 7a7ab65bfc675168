"""A far end to and from JSON, with errors that name the path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, Final, TypeVar

from emulator.errors import UsageError
from emulator.scenarios.far_end import OUTCOMES, Deed, FarEnd, HangUp, Hold, Press, Reaction, Say
from emulator.scenarios.spans import parse_span, render_span

__all__ = ["parse_far_end", "render_far_end"]

T = TypeVar("T")
Reader = Callable[[Any, str], Any]


def parse_far_end(data: Any, where: str) -> FarEnd:
    """Raises: UsageError."""
    read = _read_keys(data, _FAR_END, where)
    return _made(where, lambda: FarEnd(**read))


def render_far_end(far_end: FarEnd) -> dict[str, Any]:
    out = _changed(far_end)
    if far_end.reactions:
        out["reactions"] = [_render_reaction(reaction) for reaction in far_end.reactions]
    return out


def _parse_reactions(data: Any, where: str) -> tuple[Reaction, ...]:
    if not isinstance(data, list | tuple):
        raise UsageError(f"{where}: expected a list of reactions, got {_named(data)}")
    return tuple(_parse_reaction(item, f"{where}[{index}]") for index, item in enumerate(data))


def _parse_reaction(data: Any, where: str) -> Reaction:
    read = _read_keys(data, _REACTION, where)
    deeds = [key for key in ("press", "say", "hang_up", "hold") if key in read]
    if len(deeds) != 1:
        raise UsageError(f"{where}: expected one of press, say, hang_up, hold, got {' and '.join(deeds) or 'none'}")
    told, seconds = read.pop(deeds[0]), read.pop("seconds", None)
    if seconds is not None and deeds[0] != "say":
        raise UsageError(f"{where}.seconds: only `say` takes it")
    do = _made(f"{where}.{deeds[0]}", lambda: _parse_deed(deeds[0], told, seconds))
    return _made(where, lambda: Reaction(do=do, **read))


def _parse_deed(name: str, told: Any, seconds: Any) -> Deed:
    if name == "press":
        return Press(told)
    if name == "say":
        return Say(told, seconds)
    if name == "hold":
        return Hold(told)
    if not told:
        raise UsageError("expected true")
    return HangUp()


def _render_reaction(reaction: Reaction) -> dict[str, Any]:
    return {**_render_deed(reaction.do), **_changed(reaction)}


def _render_deed(do: Deed) -> dict[str, Any]:
    if isinstance(do, Press):
        return {"press": do.digits}
    if isinstance(do, Say):
        return {"say": do.text} if do.seconds is None else {"say": do.text, "seconds": render_span(do.seconds)}
    if isinstance(do, Hold):
        return {"hold": do.held}
    return {"hang_up": True}


def _changed(record: Any) -> dict[str, Any]:
    """The plain fields that differ from their defaults, spans as seconds."""
    out = {}
    for each in fields(record):
        if each.name in ("do", "reactions"):
            continue
        set_to = getattr(record, each.name)
        if set_to != each.default:
            out[each.name] = render_span(set_to) if "timedelta" in str(each.type) else set_to
    return out


def _read_keys(data: Any, readers: Mapping[str, Reader], where: str) -> dict[str, Any]:
    if not isinstance(data, Mapping):
        raise UsageError(f"{where}: expected an object, got {_named(data)}")
    out = {}
    for key, item in data.items():
        reader = readers.get(key) if isinstance(key, str) else None
        if reader is None:
            raise UsageError(f"{where}.{key}: no such key; expected one of {', '.join(readers)}")
        out[key] = reader(item, f"{where}.{key}")
    return out


def _made(where: str, make: Callable[[], T]) -> T:
    """What `make` makes, its own complaint placed at `where`."""
    try:
        return make()
    except UsageError as error:
        text = str(error)
        joint = "." if text.split(":", 1)[0].isidentifier() else ": "
        raise UsageError(f"{where}{joint}{text}") from None


def _named(data: Any) -> str:
    return "nothing" if data is None else f"{type(data).__name__} {str(data)[:40]!r}"


def _reader(kind: type, name: str) -> Reader:
    def read(data: Any, where: str) -> Any:
        if type(data) is not kind:
            raise UsageError(f"{where}: expected {name}, got {_named(data)}")
        return data

    return read


def _optional(reader: Reader) -> Reader:
    return lambda data, where: None if data is None else reader(data, where)


def _parse_outcome(data: Any, where: str) -> Any:
    if data not in OUTCOMES:
        raise UsageError(f"{where}: expected one of {', '.join(OUTCOMES)}, got {_named(data)}")
    return data


_text: Final = _reader(str, "text")
_flag: Final = _reader(bool, "true or false")

_FAR_END: Final[Mapping[str, Reader]] = {
    "connects_after": parse_span,
    "rings_for": _optional(parse_span),
    "rings_up_to": _optional(parse_span),
    "outcome": _parse_outcome,
    "picks_up": _flag,
    "early_media": _flag,
    "is_machine": _flag,
    "greeting": _text,
    "greeting_for": parse_span,
    "reactions": _parse_reactions,
    "hangs_up_after": _optional(parse_span),
    "gives_up_after": _optional(parse_span),
}

_REACTION: Final[Mapping[str, Reader]] = {
    "press": _text,
    "say": _text,
    "seconds": _optional(parse_span),
    "hang_up": _flag,
    "hold": _flag,
    "on": _optional(_text),
    "on_prompt": _flag,
    "at": _optional(parse_span),
    "after": parse_span,
    "barge_in": _flag,
    "times": _optional(_reader(int, "a whole number")),
}
