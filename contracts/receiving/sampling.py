"""Bodies that a contract allows, many in little time: first the telling ones, then any; and simpler ones than one that
provokes a fault.

Theory of operation. Hypothesis draws the texts of each pattern once, into a pool with the simplest first (see
`contracts.receiving.generation`); a body is put together from pools by our own seeded choices, which takes a fiftieth
of the time that Hypothesis needs for a body. Every other body is the full one with one thing changed (a key left out,
another member of an enum, an extreme), so that whatever breaks a receiver alone is met early; the others are any.
Whatever is made is held against the schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from contracts.document import Schema, Webhook
from contracts.receiving.generation import ODD, Body, drawn, merged, resolved, strategy_of, texts_of, understood
from contracts.receiving.places import FEW, Dice, List, Node, Object, Pool, Union, weight
from emulator.ids import Ids

__all__ = ["Sampler"]

POOL: Final = 40
EDGES: Final = (0, 1, 2, 9, 10, 59, 60, 61, 3600, 86_400, 2**31 - 1)


class Sampler:
    """Of one webhook; bodies in each of its media types."""

    def __init__(self, webhook: Webhook, seed: int) -> None:
        self._ids, self._name = Ids(seed), webhook.name
        self._kinds = [(kind, schema, _node(schema, schema.raw)) for kind, schema in webhook.content.items()]

    def simplest(self) -> Body:
        """Only what it has to have."""
        return next(self._legal())

    def bodies(self) -> Iterator[Body]:
        """Endlessly."""
        yield from self._legal()
        telling = [
            (Body(kind, each) for each in node.telling() if not schema.problems(each))
            for kind, schema, node in self._kinds
        ]
        number = 0
        while True:
            kind, schema, node = self._kinds[number % len(self._kinds)]
            changed = next(telling[number % len(self._kinds)], None)
            if changed is not None:
                yield changed
            dice = Dice(self._ids, f"{self._name} {number}")
            made = next((each for each in (node.draw(dice) for _ in range(FEW)) if not schema.problems(each)), None)
            if made is not None:
                yield Body(kind, made)
            number += 1

    def _legal(self) -> Iterator[Body]:
        """Of each media type the simplest, and the full one."""
        for kind, schema, node in self._kinds:
            dice = Dice(self._ids, f"{self._name} {kind}")
            simplest = node.simplest()
            while schema.problems(simplest):
                simplest = node.draw(dice)
            yield Body(kind, simplest)
            if not schema.problems(node.full()):
                yield Body(kind, node.full())

    def simpler(self, than: Body) -> Iterator[Body]:
        """Legal bodies that say less."""
        for kind, schema, node in self._kinds:
            if kind == than.kind:
                for each in node.simpler(than.value):
                    if not schema.problems(each):
                        yield Body(kind, each)


def _node(schema: Schema, raw: Any) -> Node:
    """Raises `UsageError` for a keyword that is not understood."""
    if raw is True:
        return _pool(schema, raw)
    raw = understood(schema, resolved(schema, raw))
    if "const" in raw:
        return Pool([raw["const"]])
    if "enum" in raw:
        return Pool(raw["enum"])
    for key in ("oneOf", "anyOf"):
        if key in raw:
            rest = {name: told for name, told in raw.items() if name != key}
            return Union([_node(schema, merged(schema, rest, each)) for each in raw[key]])
    kinds = raw.get("type", "object" if "properties" in raw else None)
    if isinstance(kinds, list):
        return Union([_node(schema, {**raw, "type": kind}) for kind in kinds])
    if kinds == "object" and (raw.get("properties") or raw.get("required")):
        required = raw.get("required", ())
        properties = {
            **raw.get("properties", {}),
            **{name: True for name in required if name not in raw.get("properties", {})},
        }
        return Object({name: _node(schema, inner) for name, inner in properties.items()}, frozenset(required))
    if kinds == "array":
        return List(_node(schema, raw.get("items", True)), raw.get("minItems", 0), raw.get("maxItems", 3))
    if kinds == "boolean":
        return Pool([False, True])
    if kinds in ("integer", "number"):
        least, most = raw.get("minimum", -(2**31)), raw.get("maximum", 2**31)
        edges = {*EDGES, least, least + 1, most - 1, most, *(each * -1 for each in EDGES)}
        return Pool(sorted((each for each in edges if least <= each <= most), key=lambda each: (abs(each), each < 0)))
    return _pool(schema, raw)


def _pool(schema: Schema, raw: Any) -> Pool:
    texts = texts_of(raw) if raw is not True and raw.get("type") == "string" else None
    if texts is not None:
        return Pool(texts)
    return _drawn(_Place(json.dumps(raw, sort_keys=True), schema, raw))


class _Place:
    """A schema by what it says, wherever it stands."""

    def __init__(self, text: str, schema: Schema, raw: Any) -> None:
        self.text, self.schema, self.raw = text, schema, raw

    def __hash__(self) -> int:
        return hash(self.text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Place) and other.text == self.text


@cache
def _drawn(place: _Place) -> Pool:
    found = drawn(strategy_of(place.schema, place.raw), POOL)
    if place.raw is not True and place.raw.get("type") == "string" and not {"pattern", "format"} & place.raw.keys():
        least, most = place.raw.get("minLength", 0), place.raw.get("maxLength", 10_000)
        found += [each for each in ODD if least <= len(each) <= most and each not in found]
    is_opaque = place.raw is not True and place.raw.get("format") == "uuid"
    return Pool(sorted(found, key=weight), is_opaque=is_opaque)
