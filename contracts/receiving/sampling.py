"""Bodies that a contract allows, many in little time: first the telling ones, then any; and simpler ones than one that
provokes a fault.

Theory of operation. Hypothesis draws the texts of each pattern once, into a pool with the simplest first (see
`contracts.receiving.generation`); a body is put together from pools by our own seeded choices, which takes a fiftieth
of the time that Hypothesis needs for a body. Every other body is the full one with one thing changed (a key left out,
another member of an enum, an extreme), so that whatever breaks a receiver alone is met early. Of the others, the first
have one odd text (half of an XML element, other scripts, a thousand letters) in every place that takes any text; the
rest are any. Whatever is made is held against the schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import Any, Final

from contracts.document import Schema, Webhook
from contracts.receiving.generation import ODD, Body, drawn, merged, resolved, strategy_of, texts_of, understood
from contracts.receiving.places import FEW, Dice, List, Node, Object, Pool, Union, weight
from emulator.errors import UsageError
from emulator.ids import Ids

__all__ = ["Sampler"]

POOL: Final = 40
_NO_FIELDS: Final[Mapping[str, Any]] = {}
EDGES: Final = (0, 1, 2, 9, 10, 59, 60, 61, 3600, 86_400, 2**31 - 1)


class Sampler:
    """Of one webhook; bodies in each of its media types. `fields` are the values of keys that are the same in all; of a
    text, what it is as JSON, if the text itself is not legal.

    Raises: `UsageError` for a value that the webhook cannot carry.
    """

    def __init__(self, webhook: Webhook, seed: int, fields: Mapping[str, Any] = _NO_FIELDS) -> None:
        self._ids, self._name = Ids(seed), webhook.name
        self._kinds = [
            (kind, schema, self._fixed(schema, _node(schema, schema.raw), fields))
            for kind, schema in webhook.content.items()
        ]

    def _fixed(self, schema: Schema, node: Node, fields: Mapping[str, Any]) -> Node:
        for name, told in fields.items():
            made = node.fixed(name, [told, *_as_json(told)], partial(self._can_carry, schema, name))
            if made is None:
                broken = schema.problems({**node.full(), name: told})
                why = [each.text for each in broken if each.where == f"$.{name}"] or ["no rule allows it"]
                raise UsageError(f"field {name}: {self._name} cannot carry {told!r}: {', '.join(why)}")
            node = made
        return node

    def _can_carry(self, schema: Schema, name: str, node: Node) -> bool:
        """Whether anything with this key is legal."""
        dice = Dice(self._ids, f"{self._name} {name}")
        tried = (node.full(), *(node.draw(dice) for _ in range(POOL)))
        return any(name in each and not schema.problems(each) for each in tried)

    def names(self) -> frozenset[str]:
        """The keys that its bodies may have."""
        return frozenset().union(*(node.names() for _, _, node in self._kinds))

    def simplest(self) -> Body:
        """Only what it has to have."""
        return next(self._legal())

    def bodies(self) -> Iterator[Body]:
        """Endlessly."""
        yield from self._legal()
        telling = [self._legal_of(kind, schema, node.telling()) for kind, schema, node in self._kinds]
        odd = [
            self._legal_of(kind, schema, (made for each in ODD if (made := node.full(each)) != node.full()))
            for kind, schema, node in self._kinds
        ]
        number = 0
        while True:
            turn = number % len(self._kinds)
            if (changed := next(telling[turn], None)) is not None:
                yield changed
            if (made := next(odd[turn], None) or self._drawn(turn, number)) is not None:
                yield made
            number += 1

    @staticmethod
    def _legal_of(kind: str, schema: Schema, values: Iterator[Any]) -> Iterator[Body]:
        return (Body(kind, each) for each in values if not schema.problems(each))

    def _drawn(self, turn: int, number: int) -> Body | None:
        kind, schema, node = self._kinds[turn]
        dice = Dice(self._ids, f"{self._name} {number}")
        return next(self._legal_of(kind, schema, (node.draw(dice) for _ in range(FEW))), None)

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


def _as_json(told: Any) -> list[Any]:
    """What a text is as JSON, if it is."""
    try:
        return [json.loads(told)] if isinstance(told, str) else []
    except ValueError:
        return []


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
    found, odd = drawn(strategy_of(place.schema, place.raw), POOL), []
    if place.raw is not True and place.raw.get("type") == "string" and not {"pattern", "format"} & place.raw.keys():
        least, most = place.raw.get("minLength", 0), place.raw.get("maxLength", 10_000)
        odd = [each for each in ODD if least <= len(each) <= most]
        found += [each for each in odd if each not in found]
    is_opaque = place.raw is not True and place.raw.get("format") == "uuid"
    return Pool(sorted(found, key=weight), is_opaque=is_opaque, odd=odd)
