"""A variation done to one answer's body, if the contract lets it: what comes out is held against the schema itself.

What no contract can allow, a key or a word that it does not know, is done to what is sent and not to what is judged;
so an answer is legal but for those, whatever is done to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from datetime import datetime, timedelta
from typing import Any, Final

from contracts.document import Answer, Contract, Schema
from contracts.varying.places import fields_of, reached
from contracts.varying.variation import BEYOND, Variation
from emulator.engine.values import value

__all__ = ["Changed", "Changing"]

_PART: Final = re.compile(r"\.([^.\[\]]+)|\[\*\]")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_MISSING: Final = object()


@value
class Changed:
    """What became of one place: `was` and `became`, None for nothing there. `at` is the first such place, `count` how
    many there were. Of an error, `standing` says how it is known, and `body` what it says."""

    variation: Variation
    at: str
    was: Any
    became: Any
    count: int
    line: int
    standing: str = ""
    body: str = ""


class Changing:
    """One answer. `body` is what is sent, changed by every `vary` that was possible."""

    def __init__(self, contract: Contract, answer: Answer, schema: Schema, body: Any) -> None:
        self._contract, self._answer, self._schema = contract, answer, schema
        self.body = deepcopy(body)
        self._judged = deepcopy(body)
        self.is_legal = not schema.problems(body)
        """Whether it was as the contract says before anything was done; if not, nothing will be."""

    def vary(self, variation: Variation) -> Changed | None:
        """What was changed; None if this answer has nothing there that may be."""
        pointer = self._pointer(variation)
        if pointer is None or not self.is_legal:
            return None
        line = self._contract.line(pointer)
        if variation.change in BEYOND:
            return self._told(variation, _done(self.body, self._steps(variation), variation), line)
        tried = deepcopy(self._judged)
        done = self._do(tried, variation)
        if not done or self._schema.problems(tried):
            return None
        self._judged = tried
        return self._told(variation, self._do(self.body, variation), line)

    def _pointer(self, variation: Variation) -> str | None:
        for place in fields_of(self._contract, self._answer):
            if (place.change, place.where) == (variation.change, variation.where):
                return place.pointer
        return None

    def _steps(self, variation: Variation) -> list[str]:
        return [part[1] or "*" for part in _PART.finditer(variation.where)]

    def _do(self, body: Any, variation: Variation) -> list[_Done]:
        if variation.change == "clock-skew":
            forms = reached(self._contract, self._answer, "x-strftime")
            return [each for where, form in forms.items() for each in _skewed(body, where, form, variation.value)]
        done = _done(body, self._steps(variation), variation)
        if variation.change == "empty":
            for where, counted in reached(self._contract, self._answer, "x-counts").items():
                if counted == variation.where:
                    _put(body, [part[1] for part in _PART.finditer(where)], 0)
        return done

    def _told(self, variation: Variation, done: list[_Done], line: int) -> Changed | None:
        if not done:
            return None
        return Changed(variation, done[0].at, done[0].was, done[0].became, len(done), line)


@value
class _Done:
    at: str
    was: Any
    became: Any


def _done(body: Any, steps: Sequence[str], variation: Variation) -> list[_Done]:
    """Change every place that the steps lead to, `*` being every item, where there is something to change."""
    if not steps:
        return _at_root(body, variation)
    done = []
    for holder, key, at in _holders(body, steps, "$"):
        was = holder.get(key, _MISSING) if isinstance(holder, dict) else holder[key]
        became = _changed(was, variation)
        if became is _MISSING:
            if was is _MISSING or variation.change != "absent":
                continue
            del holder[key]
        else:
            holder[key] = became
        done.append(_Done(at, *(None if each is _MISSING else each for each in (was, became))))
    return done


def _at_root(body: Any, variation: Variation) -> list[_Done]:
    """The body itself can only be emptied."""
    if variation.change != "empty" or not isinstance(body, list) or not body:
        return []
    was = list(body)
    body.clear()
    return [_Done("$", was, [])]


def _holders(body: Any, steps: Sequence[str], at: str) -> Iterator[tuple[Any, Any, str]]:
    """What holds each place, by which key, and where that is."""
    step, rest = steps[0], steps[1:]
    if step == "*":
        length = len(body) if isinstance(body, list) else 0
        inner: list[tuple[Any, str]] = [(index, f"{at}[{index}]") for index in range(length)]
    else:
        inner = [(step, f"{at}.{step}")] if isinstance(body, dict) else []
    for key, shown in inner:
        if not rest:
            yield body, key, shown
        elif isinstance(key, int) or key in body:
            yield from _holders(body[key], rest, shown)


def _changed(was: Any, variation: Variation) -> Any:
    """What is there instead; `_MISSING` for nothing, or nothing else than there was."""
    change = variation.change
    if change == "extra-key":
        return variation.value if was is _MISSING else _MISSING
    if was is _MISSING:
        return _MISSING
    if change == "null":
        return None if was is not None else _MISSING
    if change == "empty":
        return [] if isinstance(was, list) and was else _MISSING
    if change == "new-member":
        return variation.value if isinstance(was, str) else _MISSING
    if change == "as-text":
        return str(was) if isinstance(was, int | float) and not isinstance(was, bool) else _MISSING
    if change == "as-number" and isinstance(was, str) and _NUMBER.fullmatch(was):
        return float(was) if "." in was else int(was)
    return _MISSING


def _skewed(body: Any, where: str, form: str, seconds: Any) -> list[_Done]:
    """Move an instant, which is written as `form` says."""
    done = []
    for holder, key, at in _holders(body, [part[1] or "*" for part in _PART.finditer(where)], "$"):
        was = holder[key] if isinstance(key, int) else holder.get(key)
        moved = _moved(was, form, int(seconds)) if isinstance(was, str) else None
        if moved is not None:
            holder[key] = moved
            done.append(_Done(at, was, moved))
    return done


def _moved(text: str, form: str, seconds: int) -> str | None:
    try:
        at = datetime.strptime(text, form.replace("%L", "%f")) + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return None
    return at.strftime(form.replace("%L", f"{at.microsecond // 1000:03d}"))


def _put(body: Any, steps: Sequence[str | None], told: Any) -> None:
    for step in steps[:-1]:
        body = body.get(step) if isinstance(body, dict) else None
    if isinstance(body, dict) and steps[-1] in body:
        body[steps[-1]] = told
