"""A fault to and from JSON, with errors that name the path."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import timedelta
from difflib import get_close_matches
from typing import Any, Final

from emulator.errors import UsageError
from emulator.scenarios.faults import KINDS, Fault
from emulator.scenarios.matching import check_number, check_route
from emulator.scenarios.spans import parse_span, render_span

__all__ = ["KEYS", "NAME", "parse_fault", "parse_faults", "render_fault"]

Reader = Callable[[Any, str], Any]

NAME: Final = "[A-Za-z0-9][A-Za-z0-9._-]{0,63}"
_OWN: Final = ("status", "retry_after", "span")
MOST_RETRY: Final = timedelta(days=1)


def parse_faults(data: Any, where: str) -> tuple[Fault, ...]:
    """Raises: UsageError."""
    if not isinstance(data, list | tuple):
        raise UsageError(f"{where}: expected a list of faults, got {_shown(data)}")
    made: dict[str, Fault] = {}
    for index, item in enumerate(data):
        fault = parse_fault(item, f"{where}[{index}]", f"f{index + 1}")
        if fault.name in made:
            raise UsageError(f"{where}[{index}].name: there is a fault {fault.name!r} before it; names are unique")
        made[fault.name] = fault
    return tuple(made.values())


def parse_fault(data: Any, where: str, default_name: str = "") -> Fault:
    """Raises: UsageError."""
    if not isinstance(data, Mapping):
        raise UsageError(f"{where}: expected an object such as {{fault: lost, callback: hangup}}, got {_shown(data)}")
    read = {}
    for key, item in data.items():
        if key == "struck":
            continue  # told by GET, and none of the sender's business
        reader = KEYS.get(key) if isinstance(key, str) else None
        if reader is None:
            raise UsageError(f"{where}.{key}: no such key{_nearest(key, KEYS)}; expected one of {', '.join(KEYS)}")
        if item is not None:
            read[key] = reader(item, f"{where}.{key}")
    if "fault" not in read:
        raise UsageError(f"{where}.fault: missing, expected one of {', '.join(KINDS)}")
    fault = Fault(**{"name": default_name, **read})
    _check(fault, where)
    return fault


def _check(fault: Fault, where: str) -> None:
    """What one key has to say about another. Raises: UsageError."""
    traits = fault.traits
    for name in _OWN:
        if getattr(fault, name) is not None and name not in traits.fields:
            takes = f"takes {' and '.join(traits.fields)}" if traits.fields else "takes nothing of its own"
            raise UsageError(f"{where}.{name}: `{fault.fault}` {takes}")
    for name in traits.needs:
        if getattr(fault, name) is None:
            what = 'a span such as "2s"' if name == "span" else "a status such as 503"
            raise UsageError(f"{where}.{name}: missing, expected {what}: {fault.fault}: {traits.does}")
    if fault.span is not None and fault.span > traits.most:
        raise UsageError(f"{where}.span: expected at most {render_span(traits.most)} s, got {render_span(fault.span)}")
    if traits.side == "delivery" and fault.route:
        raise UsageError(f"{where}.route: `{fault.fault}` strikes webhooks: match it by callback")
    if traits.side == "request" and fault.callback:
        raise UsageError(f"{where}.callback: `{fault.fault}` strikes API requests: match it by route")
    if traits.side == "request" and fault.skip:
        raise UsageError(f"{where}.skip: `{fault.fault}` strikes API requests: only a fault of webhooks lets some pass")


def render_fault(fault: Fault) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for each in fields(fault):
        held = getattr(fault, each.name)
        if each.name == "fault" or held != each.default:
            out[each.name] = render_span(held) if isinstance(held, timedelta) else held
    return out


def _kind(data: Any, where: str) -> Any:
    if not isinstance(data, str) or data not in KINDS:
        raise UsageError(f"{where}: expected one of {', '.join(KINDS)}, got {_shown(data)}{_nearest(data, KINDS)}")
    return data


def _text(data: Any, where: str) -> str:
    if not isinstance(data, str) or not data:
        raise UsageError(f"{where}: expected a text, got {_shown(data)}")
    return data


def _name(data: Any, where: str) -> str:
    if not isinstance(data, str) or not re.fullmatch(NAME, data):
        raise UsageError(f"{where}: expected letters, digits, dots, dashes and underscores, got {_shown(data)}")
    return data


def _route(data: Any, where: str) -> str:
    problem = check_route(_text(data, where))
    if problem:
        raise UsageError(f"{where}: {problem}, got {_shown(data)}")
    return str(data)


def _number(data: Any, where: str) -> str:
    problem = check_number(_text(data, where))
    if problem:
        raise UsageError(f"{where}: {problem}, got {_shown(data)}")
    return str(data)


def _whole(least: int, most: int, what: str) -> Reader:
    def read(data: Any, where: str) -> int:
        if type(data) is not int or not least <= data <= most:
            raise UsageError(f"{where}: expected {what}, got {_shown(data)}")
        return data

    return read


def _probability(data: Any, where: str) -> float:
    if type(data) not in (int, float) or not 0 < data <= 1:
        raise UsageError(f"{where}: expected a number above 0 and at most 1, got {_shown(data)}")
    return float(data)


def _retry_after(data: Any, where: str) -> timedelta:
    span = parse_span(data, where)
    if span > MOST_RETRY:
        raise UsageError(f"{where}: expected at most a day, got {_shown(data)}")
    return span


def _shown(data: Any) -> str:
    text = "nothing" if data is None else str(data) if isinstance(data, int | float) else repr(data)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _nearest(word: Any, known: Iterable[str]) -> str:
    close = get_close_matches(str(word), known, 1, 0.5)
    return f" (did you mean {close[0]}?)" if close else ""


KEYS: Final[Mapping[str, Reader]] = {
    "fault": _kind,
    "name": _name,
    "vendor": _text,
    "route": _route,
    "number": _number,
    "callback": _text,
    "count": _whole(1, 2**53 - 1, "a whole number from 1"),
    "skip": _whole(0, 2**53 - 1, "a whole number from 0"),
    "probability": _probability,
    "seed": _whole(0, 2**53 - 1, "a whole number from 0"),
    "status": _whole(400, 599, "a status from 400 to 599"),
    "retry_after": _retry_after,
    "span": parse_span,
}
"""Every key, and what reads it."""
