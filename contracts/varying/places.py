"""Where an answer may vary, read from the contract alone: every place, the change that is possible there, its line.

An enum of texts is taken as open, whatever the contract lists: `x-closed` says why one is not. `x-page-size` on a query
parameter says that the provider may answer with shorter pages than this asks for; its value names the parameter that
has to be there too, if one has. `x-anywhere` of the document holds the answers that any operation may give. `x-counts`
on a field says which list of the answer it counts, `x-strftime` that it is an instant.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

from contracts.document import Answer, Contract, Operation
from contracts.varying.variation import Variation
from emulator.engine.values import value
from emulator.errors import UsageError

__all__ = ["EXTRA", "Place", "check_variation", "errors_of", "fields_of", "pages_of", "places_of", "reached"]

EXTRA: Final = "x_added_later"
SKEWS: Final = (-300, 300)
"""Seconds: as far off as a clock is that nobody looks after."""
PAGE: Final = 1


@value
class Place:
    """One possible change. `pointer` leads to the part of the contract that allows it, or lists what is known."""

    change: str
    where: str
    value: str | int | None
    pointer: str

    def at(self, operation: str, nth: int = 0) -> Variation:
        return Variation(operation, self.change, self.where, self.value, nth)


@cache
def places_of(
    contract: Contract, operation_id: str, statuses: tuple[int, ...] | None = None
) -> tuple[Place, ...]:  # fmt: skip
    """Everything that may vary in what one operation answers, with these statuses or any, errors last."""
    operation = contract.operations[operation_id]
    found: dict[tuple[str, str, Any], Place] = {}
    for status, answer in operation.answers.items():
        if statuses is None or status in statuses:
            for place in fields_of(contract, answer):
                found.setdefault((place.change, place.where, place.value), place)
    return (*found.values(), *pages_of(contract, operation), *errors_of(contract, operation))


def check_variation(contracts: Iterable[Contract], variation: Variation, where: str) -> None:
    """Raises `UsageError` if no contract has such an operation, or none lets it vary this way."""
    is_known = False
    for contract in contracts:
        if variation.operation in contract.operations:
            is_known = True
            for place in places_of(contract, variation.operation):
                if (place.change, place.where) == (variation.change, variation.where) and _suits(place, variation):
                    return
    if not is_known:
        raise UsageError(f"{where}.operation: no contract has an operation {variation.operation!r}")
    said = f"at {variation.where!r}" if variation.where else repr(variation.value)
    raise UsageError(f"{where}: {variation.operation} does not vary so by any contract: {variation.change} {said}")


def _suits(place: Place, variation: Variation) -> bool:
    """Words and numbers may be others than ours; an error is one of the documented."""
    if variation.change == "error":
        return place.value == variation.value
    return variation.value is None or type(variation.value) is type(place.value)


# --- in the body -----------------------------------------------------------------------------------------------


@cache
def fields_of(contract: Contract, answer: Answer) -> tuple[Place, ...]:
    """What may vary in the body of one documented answer."""
    found: dict[tuple[str, str, Any], Place] = {}
    for schema in answer.content.values():
        for place in _fields(contract, schema.pointer, "$"):
            found.setdefault((place.change, place.where, place.value), place)
    return tuple(found.values())


def _fields(contract: Contract, pointer: str, where: str) -> Iterator[Place]:
    pointer = contract.followed(pointer)
    raw = contract.at(pointer)
    if not isinstance(raw, dict):
        return
    for key in ("allOf", "oneOf", "anyOf"):
        for index in range(len(raw.get(key, ()))):
            yield from _fields(contract, f"{pointer}/{key}/{index}", where)
    kinds = raw.get("type", ())
    kinds = {kinds} if isinstance(kinds, str) else set(kinds)
    members = raw.get("enum", ())
    if "null" in kinds or None in members:
        yield Place("null", where, None, pointer)
    yield from _values(raw, kinds, where, pointer)
    if "array" in kinds:
        if not raw.get("minItems"):
            yield Place("empty", where, None, pointer)
        if "items" in raw:
            yield from _fields(contract, f"{pointer}/items", f"{where}[*]")
    if "properties" in raw:
        yield Place("extra-key", f"{where}.{EXTRA}", "added later", pointer)
        for name in raw["properties"]:
            inner = f"{pointer}/properties/{name}"
            if name not in raw.get("required", ()):
                yield Place("absent", f"{where}.{name}", None, inner)
            yield from _fields(contract, inner, f"{where}.{name}")


def _values(raw: Mapping[str, Any], kinds: set[str], where: str, pointer: str) -> Iterator[Place]:
    members = raw.get("enum", ())
    texts = [each for each in members if isinstance(each, str)]
    if "string" in kinds and kinds & {"number", "integer"}:
        yield Place("as-text", where, None, pointer)
        yield Place("as-number", where, None, pointer)
    if "x-strftime" in raw:
        for seconds in SKEWS:
            yield Place("clock-skew", "$", seconds, pointer)
    if texts and "x-closed" not in raw:
        yield Place("new-member", where, _unheard(texts), pointer)


def _unheard(known: list[str]) -> str:
    """A word nobody has seen, written as the known ones are."""
    join = next((mark for mark in " _-" if any(mark in word for word in known)), "-")
    if all(word == word.upper() for word in known):
        return "SOMETHING_NEW"
    if any(word[:1].isupper() for word in known):
        return "Something New" if join == " " else "Something"
    return join.join(("something", "new"))


def reached(contract: Contract, answer: Answer, term: str) -> dict[str, Any]:
    """Every place of an answer's body whose schema has this `x-` term, and what the term says."""
    found: dict[str, Any] = {}
    for schema in answer.content.values():
        found |= _with(contract, schema.pointer, "$", term)
    return found


def _with(contract: Contract, pointer: str, where: str, term: str) -> dict[str, Any]:
    pointer = contract.followed(pointer)
    raw = contract.at(pointer)
    if not isinstance(raw, dict):
        return {}
    found = {where: raw[term]} if term in raw else {}
    for key in ("allOf", "oneOf", "anyOf"):
        for index in range(len(raw.get(key, ()))):
            found |= _with(contract, f"{pointer}/{key}/{index}", where, term)
    if "items" in raw:
        found |= _with(contract, f"{pointer}/items", f"{where}[*]", term)
    for name in raw.get("properties", ()):
        found |= _with(contract, f"{pointer}/properties/{name}", f"{where}.{name}", term)
    return found


# --- around it -------------------------------------------------------------------------------------------------


def pages_of(contract: Contract, operation: Operation) -> Iterator[Place]:
    """The parameter that says how long a page is, if the provider's pages may be shorter."""
    for parameter in operation.parameters:
        if "x-page-size" in contract.at(parameter.pointer):
            yield Place("many-pages", f"query.{parameter.name}", PAGE, parameter.pointer)


def errors_of(contract: Contract, operation: Operation) -> Iterator[Place]:
    """Every error that is documented for it or for every operation, in each of its shapes."""
    for status, answer in {**contract.anywhere, **operation.answers}.items():
        if status < 400 or answer.is_wrong_method:
            continue
        yield Place("error", "", status, answer.pointer)
        for index in range(1, _shapes(contract, answer)):
            yield Place("error", "", f"{status}/{index}", answer.pointer)


def _shapes(contract: Contract, answer: Answer) -> int:
    schema = next(iter(answer.content.values()), None)
    if schema is None:
        return 1
    raw = contract.at(contract.followed(schema.pointer))
    return len(raw.get("oneOf", ())) or 1
