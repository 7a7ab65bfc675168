"""One way in which an answer is not as it usually is, as a value that goes through JSON, and a plan of several.

`{"operation": "getCall", "change": "null", "where": "$.answer_time"}`: in every answer of `getCall` this field is null.
`nth` 2 would mean the second answer alone. A change is legal by the provider's contract, except for the two in
`BEYOND`, which no contract announces and every provider makes one day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from emulator.engine.values import value
from emulator.errors import UsageError

__all__ = ["BEYOND", "CHANGES", "Variation", "read_plan", "render_plan"]

CHANGES: Final[Mapping[str, str]] = {
    "absent": "an optional key is left out",
    "null": "null, where the contract allows it",
    "empty": "a list, such as a page, has nothing in it",
    "many-pages": "pages are shorter than was asked for, so there are more of them",
    "as-text": "a number is sent as text, where the contract allows both",
    "as-number": "a text of digits is sent as a number, where the contract allows both",
    "clock-skew": "the provider's clock is off: every instant is moved by so many seconds",
    "extra-key": "an object has a key that nobody announced",
    "new-member": "a word is new that the contract lists the known ones of",
    "error": "nothing is done; a documented error is answered",
}
BEYOND: Final = frozenset({"extra-key", "new-member"})
"""What is not in the contract: it lists the keys and words that are known, and a provider adds some."""
_KEYS: Final = ("operation", "nth", "change", "where", "value")


@value
class Variation:
    """`operation` is the contract's name of it; `nth` counts its answers in a sandbox from 1, 0 is every one.

    `where`: the place in the body, `$.calls[*].status` for that of every item; `query.NAME` for a shorter page, "" for
    an error. `value`: the new word of a `new-member`, the value of an `extra-key`, the seconds of a `clock-skew`, how
    long a page is, the status of an `error` (`"404/1"`: in its second shape); nothing for the others.
    """

    operation: str
    change: str
    where: str = ""
    value: str | int | None = None
    nth: int = 0

    def to_json(self) -> dict[str, Any]:
        """Without what is as by default."""
        told: dict[str, Any] = {"operation": self.operation, "change": self.change}
        told |= {name: held for name in ("where", "value", "nth") if (held := getattr(self, name))}
        return told


def read_plan(told: Any) -> tuple[Variation, ...]:
    """`{"variations": [{...}, ...]}`. Raises `UsageError` that says where it is wrong."""
    if not isinstance(told, Mapping) or set(told) != {"variations"} or not isinstance(told["variations"], Sequence):
        raise UsageError(f'answers: expected "plain", "varied" or {{"variations": [...]}}, got {told!r:.100}')
    return tuple(_read(each, f"answers.variations[{index}]") for index, each in enumerate(told["variations"]))


def render_plan(variations: Iterable[Variation]) -> dict[str, Any]:
    """What `read_plan` reads."""
    return {"variations": [each.to_json() for each in variations]}


def _read(told: Any, where: str) -> Variation:
    if not isinstance(told, Mapping):
        raise UsageError(f"{where}: expected an object, got {told!r:.80}")
    if unknown := set(told) - set(_KEYS):
        raise UsageError(f"{where}: expected some of {', '.join(_KEYS)}, got {', '.join(sorted(map(str, unknown)))}")
    _check(told, where, "operation", str)
    _check(told, where, "change", str)
    _check(told, where, "where", str, "")
    _check(told, where, "nth", int, 0)
    made = Variation(
        told["operation"], told["change"], told.get("where", ""), told.get("value"), told.get("nth", 0)
    )  # fmt: skip
    if made.change not in CHANGES:
        raise UsageError(f"{where}.change: expected one of {', '.join(CHANGES)}, got {made.change!r}")
    if made.nth < 0:
        raise UsageError(f"{where}.nth: expected 0 for every answer, or a count from 1, got {made.nth}")
    if isinstance(made.value, bool) or not isinstance(made.value, str | int | None):
        raise UsageError(f"{where}.value: expected a text or an integer, got {made.value!r:.80}")
    return made


def _check(told: Mapping[str, Any], where: str, name: str, kind: type, default: Any = None) -> None:
    held = told.get(name, default)
    if not isinstance(held, kind) or isinstance(held, bool):
        raise UsageError(f"{where}.{name}: expected {'a text' if kind is str else 'an integer'}, got {held!r:.80}")
