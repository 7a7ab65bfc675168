"""What is wrong with one value of a request, field by field: the validator's errors in words that help.

Theory of operation. The validator decides; here its errors are told. Of several alternatives the one that was most
likely meant is told. A name that nobody knows and a name that is missing are one mistake if they are written alike.
What the validator cannot know comes besides: `deprecated`, `x-undocumented` (taken by the provider, and in none of its
pages; `x-instead` says what to use), the limits of a number that came as text, and known names in another spelling
where any name may be sent.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from contracts.document import Contract, Schema, escaped
from contracts.schema_words import meant, repaired, shown, words
from emulator.engine.values import value

__all__ = ["NOTHING", "Fault", "faults_of", "unknown_name"]

NOTHING: Final = object()
"""Nothing was sent."""
_SPELLINGS: Final = ("type", "enum", "const", "pattern", "format")
"""Rules that a value may break by its spelling alone."""
_CLOSED: Final = ("additionalProperties", "unevaluatedProperties")
_PART: Final = re.compile(r"(.*)/(?:allOf|anyOf|oneOf)/\d+(?:/then)?$")
_WHOLE: Final = re.compile(r"-?[0-9]{1,200}")


@value
class Fault:
    """`sent` is `NOTHING`, or what was sent; `pointer` is the contract's. `means`: the name that was meant, and missing
    no longer."""

    field: str
    rule: str
    text: str
    sent: Any
    right: str
    pointer: str
    means: str = ""
    needs: tuple[tuple[str, ...], ...] = ()
    """Fields, all of one of these groups, of which some are missing."""


def faults_of(schema: Schema, instance: Any, at: str) -> list[Fault]:
    """Everything that is wrong with `instance`, which is called `at`."""
    teller = _Teller(schema.contract, at)
    found = [fault for error in schema.errors(instance) for fault in teller.told(error)]
    found += teller.besides(schema.contract.followed(schema.pointer), instance, at)
    means = {fault.means for fault in found if fault.means}
    kept = [fault for fault in found if not (fault.rule == "required" and _is_meant(fault, means))]
    return list({(fault.field, fault.rule): fault for fault in kept}.values())


def _is_meant(fault: Fault, means: Collection[str]) -> bool:
    """Whether all that is missing was sent by another name."""
    return fault.field in means or any(all(each in means for each in group) for group in fault.needs)


def unknown_name(at: str, name: str, known: Iterable[str], sent: Any, pointer: str, what: str = "field") -> Fault:
    """A name that the contract does not know, below `at`."""
    known = list(known)
    right, is_spelling = meant(name, known)
    field = f"{at}.{name}"
    if is_spelling:
        return Fault(field, "case", f"{name} is written {right}", sent, right, pointer, f"{at}.{right}")
    text = f"there is no {what} {name} here"
    if right:
        return Fault(field, "unknown", f"{text}; perhaps {right} is meant", sent, right, pointer, f"{at}.{right}")
    listed = f"known: {', '.join(known)}" if known else "none is known here"
    return Fault(field, "unknown", text, sent, f"leave it out; {listed}", pointer)


class _Teller:
    def __init__(self, contract: Contract, at: str) -> None:
        self._contract, self._at = contract, at

    # --- what the validator found ------------------------------------------------------------------------------

    def told(self, error: Any) -> Iterator[Fault]:
        pointer = "".join(f"/{escaped(part)}" for part in error.schema_path)
        parent, _, rule = pointer.rpartition("/")
        field = self._at + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error.instance_path)
        branches = error.kind.as_dict().get("context") if rule in ("oneOf", "anyOf") else None
        if rule == "required":
            yield self._missing(error, field, parent)
        elif rule in _CLOSED:
            known = self._known(parent)
            for name in error.kind.as_dict()["unexpected"]:
                yield unknown_name(field, name, known, error.instance[name], pointer)
        elif branches:
            yield from self._branches(branches, error, field, parent, pointer)
        else:
            yield self._value(error, field, rule, parent, pointer)

    def _missing(self, error: Any, field: str, parent: str) -> Fault:
        name = error.kind.as_dict()["property"]
        home = self._home(parent)
        place = f"{home}/properties/{escaped(name)}"
        pointer = place if self._contract.has(place) else f"{parent}/required"
        known = self._known(home)
        others = [each for each in error.instance if each not in known]
        near, _ = meant(name, others)
        sent = error.instance[near] if near else NOTHING
        text = f"{name} is missing" + (f"; {near} was sent" if near else "")
        right = words(self._contract, place) if self._contract.has(place) else name
        return Fault(f"{field}.{name}", "required", text, sent, right, pointer)

    def _home(self, pointer: str) -> str:
        """The object that a condition or an alternative is part of, if it names no properties of its own."""
        while "properties" not in self._contract.at(pointer) and (outer := _PART.match(pointer)) is not None:
            pointer = outer[1]
        return pointer

    def _known(self, pointer: str) -> list[str]:
        """The names of an object's properties."""
        return list(self._contract.at(pointer).get("properties", ()))

    def _branches(
        self, branches: Sequence[Sequence[Any]], error: Any, field: str, parent: str, pointer: str
    ) -> Iterator[Fault]:
        own = len(error.instance_path)
        if all(_rule(each) == "required" and len(each.instance_path) == own for part in branches for each in part):
            needed = [[each.kind.as_dict()["property"] for each in part] for part in branches]
            right = "; or ".join(" and ".join(names) for names in needed)
            needs = tuple(tuple(f"{field}.{name}" for name in names) for names in needed)
            text = f"one of these is missing: {right}"
            yield Fault(field, "required", text, NOTHING, right, pointer, needs=needs)
            return
        best = min(branches, key=lambda part: sum(_weight(each, own) for each in part))
        if any(_weight(each, own) >= WRONG_KIND for each in best) or not best:
            yield self._value(error, field, "type", parent, pointer)
            return
        for each in best:
            yield from self.told(each)

    def _value(self, error: Any, field: str, rule: str, parent: str, pointer: str) -> Fault:
        allowed = words(self._contract, parent)
        sent = error.instance
        better = repaired(Schema(self._contract, parent), sent) if rule in _SPELLINGS else None
        if better is None:
            return Fault(field, rule, f"{shown(sent)} is not {allowed}", sent, allowed, pointer)
        if isinstance(better, str) and isinstance(sent, str) and better.lower() == sent.lower():
            return Fault(field, "case", f"{shown(sent)} is written {shown(better)}", sent, shown(better), pointer)
        return Fault(field, rule, f"{shown(sent)} is not {allowed}", sent, shown(better), pointer)

    # --- what it cannot know -----------------------------------------------------------------------------------

    def besides(self, pointer: str, instance: Any, at: str) -> Iterator[Fault]:
        """`pointer` has been followed."""
        raw = self._contract.at(pointer)
        if not isinstance(raw, Mapping):
            return
        yield from self._as_text(pointer, raw, instance, at)
        if isinstance(instance, Mapping):
            yield from self._names(pointer, raw, instance, at)
        elif isinstance(instance, list) and isinstance(raw.get("items"), Mapping):
            for index, each in enumerate(instance):
                yield from self.besides(self._contract.followed(f"{pointer}/items"), each, f"{at}[{index}]")
        for key in ("oneOf", "anyOf"):
            for index in range(len(raw.get(key, ()))):
                part = self._contract.followed(f"{pointer}/{key}/{index}")
                if not Schema(self._contract, part).problems(instance):
                    yield from self.besides(part, instance, at)

    def _as_text(self, pointer: str, raw: Mapping[str, Any], instance: Any, at: str) -> Iterator[Fault]:
        kinds = raw.get("type", ())
        is_both = not isinstance(kinds, str) and "integer" in kinds and "string" in kinds
        if is_both and isinstance(instance, str) and _WHOLE.fullmatch(instance):
            for error in Schema(self._contract, pointer).errors(int(instance)):
                for fault in self.told(error):
                    text = f"{shown(instance)} is not {words(self._contract, pointer)}"
                    yield Fault(at, fault.rule, text, instance, words(self._contract, pointer), fault.pointer)

    def _names(self, pointer: str, raw: Mapping[str, Any], instance: Mapping[str, Any], at: str) -> Iterator[Fault]:
        known = raw.get("properties", {})
        for name, sent in instance.items():
            place = f"{pointer}/properties/{escaped(name)}"
            if name in known:
                told = known[name]
                if isinstance(told, Mapping):
                    yield from flagged(told, f"{at}.{name}", sent, place)
                    yield from self.besides(self._contract.followed(place), sent, f"{at}.{name}")
            elif raw.get("additionalProperties") is not False and known:
                right, is_spelling = meant(name, known)
                if is_spelling:
                    yield unknown_name(at, name, [right], sent, f"{pointer}/properties/{escaped(right)}")


def flagged(raw: Mapping[str, Any], field: str, sent: Any, pointer: str, name: str = "") -> Iterator[Fault]:
    """A field, parameter or operation that is there, and that nobody should use. `name`: by default the field's."""
    instead = str(raw.get("x-instead", "leave it out"))
    name = name or field.rpartition(".")[2]
    if raw.get("deprecated") is True:
        yield Fault(field, "deprecated", f"{name} is deprecated", sent, instead, f"{pointer}/deprecated")
    elif "x-undocumented" in raw:
        text = f"{name} is taken, and documented nowhere: {raw['x-undocumented']}"
        means = f"{field.rpartition('.')[0]}.{instead}"
        yield Fault(field, "undocumented", text, sent, instead, f"{pointer}/x-undocumented", means)


WRONG_KIND: Final = 1000


def _weight(error: Any, own: int) -> int:
    """How far an alternative is from what was meant: another kind of thing at all, another kind by its name."""
    rule = _rule(error)
    if rule == "type" and len(error.instance_path) == own:
        return WRONG_KIND
    return 10 if rule in ("const", "enum") else 1


def _rule(error: Any) -> str:
    return str(error.schema_path[-1]) if error.schema_path else ""
