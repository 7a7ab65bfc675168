"""One answer that somebody gave, beside the one that the contract describes: where they differ, and how bad that is.

A client breaks on a key that is missing or of another type; one that is written as clients should be does not break on
a key or a word that is new.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from contracts.checks import media_type
from contracts.document import Answer, Contract, Schema, escaped
from contracts.drifting.scrubbing import Scrubber
from emulator.engine.values import value

__all__ = ["BREAKING", "NOTHING", "NOTICE", "TOLERATED", "Difference", "Sightings", "compared", "where_of"]

BREAKING: Final = "breaking"
TOLERATED: Final = "tolerated"
NOTICE: Final = "notice"
NOTHING: Final = object()
"""There is no body to look further at."""


@value
class Difference:
    """`where` in the answer, items of lists as `[*]`; `came` is scrubbed; `pointer` leads to the contract's rule."""

    severity: str
    where: str
    rule: str
    came: str
    wanted: str
    pointer: str


def compared(
    contract: Contract, answer: Answer, headers: Sequence[tuple[str, str]], body: bytes, scrub: Scrubber
) -> tuple[Any, list[Difference]]:
    """The parsed body, or `NOTHING`, and everything in it that the contract does not say."""

    def breaks(where: str, rule: str, came: str, wanted: str) -> tuple[Any, list[Difference]]:
        return NOTHING, [Difference(BREAKING, where, rule, came, wanted, answer.pointer)]

    begins = scrub.begin(body)
    if answer.text:
        same = body == answer.text.encode()
        return (NOTHING, []) if same else breaks("body", "x-text", repr(begins), repr(answer.text))
    if not answer.content:
        return breaks("body", "content", repr(begins), "no body") if body else (NOTHING, [])
    kind = media_type(headers)
    schema = answer.content.get(kind)
    if schema is None:
        came = f"{scrub.prose(kind) or 'none'}, which begins {begins!r}"
        return breaks("content-type", "content", came, " or ".join(answer.content))
    text = ""
    try:
        text = body.decode()
        parsed = json.loads(text, parse_constant=_no_number) if kind.endswith("json") else text
    except UnicodeDecodeError as problem:
        byte = f"byte {body[problem.start]:#04x} at {problem.start}"
        return breaks("body", "encoding", f"{byte}, which is no UTF-8", f"{kind} in UTF-8")
    except (ValueError, RecursionError) as problem:
        told = getattr(problem, "msg", "") or type(problem).__name__
        place = f" at {problem.pos} of {len(text)}" if isinstance(problem, json.JSONDecodeError) else ""
        return breaks("body", "content", f"no JSON ({scrub.prose(told)}{place}); it begins {begins!r}", kind)
    return parsed, [each for error in schema.errors(parsed) for each in _flat(contract, error, scrub)]


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _flat(contract: Contract, error: Any, scrub: Scrubber) -> list[Difference]:
    """The error, or of alternatives those of the one that comes nearest."""
    branches = getattr(error.kind, "context", None)
    if branches is not None:
        flat = [[each for inner in branch for each in _flat(contract, inner, scrub)] for branch in branches]
        near = [each for each in flat if not _is_other_kind(each, error)]
        if near:
            return min(near, key=lambda found: (sum(each.severity == BREAKING for each in found), len(found)))
    elif error.kind.name == "oneOf":
        return []  # it is two of them at once, which is the contract's doubt
    return list(_leaf(contract, error, scrub))


def _is_other_kind(found: list[Difference], error: Any) -> bool:
    """Whether an alternative fails because the whole value is of another type."""
    return any(each.rule == "type" and each.where == where_of(error.instance_path) for each in found)


def _leaf(contract: Contract, error: Any, scrub: Scrubber) -> Iterator[Difference]:
    pointer = "".join(f"/{escaped(part)}" for part in error.schema_path)
    path, came, rule = error.instance_path, error.instance, error.kind.name
    key = str(path[-1]) if path else ""
    where = where_of([each if isinstance(each, int) else scrub.name(each) for each in path])
    if rule in ("additionalProperties", "unevaluatedProperties"):
        for name in error.kind.value:
            told = scrub.value(came[name], name)
            yield Difference(TOLERATED, f"{where}.{scrub.name(name)}", "new-key", told, "no such key", pointer)
    elif rule == "required":
        name = error.kind.value
        yield Difference(BREAKING, f"{where}.{name}", "missing-key", "nothing", "a key that is always there", pointer)
    elif rule in ("enum", "const"):
        known = contract.at(pointer) if rule == "enum" else [contract.at(pointer)]
        is_word = isinstance(came, str) and any(isinstance(each, str) for each in known)
        wanted = ", ".join(json.dumps(each, ensure_ascii=False) for each in known)
        told = scrub.word(came) if not key or is_word else scrub.value(came, key)
        yield Difference(TOLERATED if is_word else BREAKING, where, f"new-{rule}" if is_word else rule, told,
                         f"one of {wanted}" if rule == "enum" else wanted, pointer)  # fmt: skip
    else:
        wanted = f"{rule} {json.dumps(contract.at(pointer), ensure_ascii=False)[:120]}"
        yield Difference(BREAKING, where, rule, scrub.value(came, key), wanted, pointer)


def where_of(path: Sequence[Any]) -> str:
    """`$.calls[*].to`."""
    return "$" + "".join("[*]" if isinstance(part, int) else f".{part}" for part in path)


class Sightings:
    """Which documented keys have come, of all that could have: those of objects that were there."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._seen: dict[tuple[str, str], str | None] = {}
        self._schemas: dict[str, Schema] = {}

    def look(self, pointer: str, instance: Any, where: str = "$") -> None:
        """At an instance of the schema at `pointer`."""
        pointer = self._contract.followed(pointer)
        raw = self._contract.at(pointer)
        if not isinstance(raw, dict):
            return
        for word in ("allOf", "oneOf", "anyOf"):
            for index in range(len(raw.get(word, ()))):
                branch = f"{pointer}/{word}/{index}"
                if word == "allOf" or self._fits(branch, instance):
                    self.look(branch, instance, where)
        if isinstance(instance, dict):
            self._look_at_keys(pointer, raw.get("properties", {}), instance, where)
        elif isinstance(instance, list) and "items" in raw:
            self._seen.setdefault((where, "[*]"), f"{pointer}/items")
            for item in instance:
                self._seen[where, "[*]"] = None
                self.look(f"{pointer}/items", item, f"{where}[*]")

    def _look_at_keys(
        self, pointer: str, properties: Mapping[str, Any], instance: Mapping[str, Any], where: str
    ) -> None:
        for name in properties:
            inner = f"{pointer}/properties/{escaped(name)}"
            if name in instance:
                self._seen[where, f".{name}"] = None
                self.look(inner, instance[name], f"{where}.{name}")
            else:
                self._seen.setdefault((where, f".{name}"), inner)

    def _fits(self, pointer: str, instance: Any) -> bool:
        schema = self._schemas.setdefault(pointer, Schema(self._contract, pointer))
        return not schema.problems(instance)

    def missed(self) -> dict[str, str]:
        """Where something never came, and the pointer to what the contract says of it."""
        return {f"{where}{key}": pointer for (where, key), pointer in self._seen.items() if pointer is not None}
