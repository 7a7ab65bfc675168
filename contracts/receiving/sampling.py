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
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import islice, zip_longest
from typing import Any, Final

from contracts.document import Schema, Webhook
from contracts.receiving.generation import ODD, Body, drawn, merged, resolved, strategy_of, texts_of, understood
from emulator.ids import Ids

__all__ = ["Sampler"]

POOL: Final = 40
FEW: Final = 6
"""Simpler values of one place that are tried when a body is made smaller, and members of a pool that are all met."""
EDGES: Final = (0, 1, 2, 9, 10, 59, 60, 61, 3600, 86_400, 2**31 - 1)


_NONE: Final = object()


class Dice:
    """Choices that depend on a seed and a name alone."""

    def __init__(self, ids: Ids, name: str) -> None:
        self._ids, self._name, self._turn = ids, name, 0
        self._left, self._size = 0, 1

    def below(self, count: int) -> int:
        """0 <= result < count."""
        if self._size < count << 16:
            self._left = int.from_bytes(self._ids.digest("body", f"{self._name} {self._turn}"), "big")
            self._size, self._turn = 1 << 256, self._turn + 1
        self._left, found = divmod(self._left, count)
        self._size //= count
        return found


class Node:
    """One place of a body. Its values, simplest first, are legal there but for rules that speak of several places."""

    def simplest(self) -> Any:
        raise NotImplementedError

    def full(self) -> Any:
        return self.simplest()

    def draw(self, dice: Dice) -> Any:
        raise NotImplementedError

    def telling(self) -> Iterator[Any]:
        """Values that each may matter by themselves."""
        yield from ()

    def simpler(self, than: Any) -> Iterator[Any]:
        """Values of this place that say less, the simplest first."""
        yield from ()


class Pool(Node):
    def __init__(self, values: Sequence[Any], *, is_opaque: bool = False) -> None:
        self.values, self.is_opaque = values, is_opaque

    def simplest(self) -> Any:
        return self.values[0]

    def draw(self, dice: Dice) -> Any:
        return self.values[dice.below(len(self.values))]

    def telling(self) -> Iterator[Any]:
        """The extremes first, from both ends in turn; of ids that nobody reads, one."""
        if self.is_opaque:
            yield self.values[-1]
            return
        rest = self.values[1:]
        for index in range(min(len(rest) + 1 >> 1, FEW) if len(rest) > 2 * FEW else len(rest) + 1 >> 1):
            yield rest[-1 - index]
            if index < len(rest) - 1 - index:
                yield rest[index]

    def simpler(self, than: Any) -> Iterator[Any]:
        yield from islice((each for each in self.values if each != than and _weight(each) < _weight(than)), FEW)


class Union(Node):
    def __init__(self, branches: Sequence[Node]) -> None:
        self.branches = branches

    def simplest(self) -> Any:
        return self.branches[0].simplest()

    def full(self) -> Any:
        return self.branches[0].full()

    def draw(self, dice: Dice) -> Any:
        return self.branches[dice.below(len(self.branches))].draw(dice)

    def telling(self) -> Iterator[Any]:
        for branch in self.branches:
            yield from (branch.simplest(), branch.full(), *branch.telling())

    def simpler(self, than: Any) -> Iterator[Any]:
        for branch in self.branches:
            if _weight(branch.simplest()) < _weight(than):
                yield branch.simplest()
            yield from branch.simpler(than)


class List(Node):
    def __init__(self, item: Node, least: int, most: int) -> None:
        self.item, self.least, self.most = item, least, most

    def simplest(self) -> Any:
        return [self.item.simplest()] * self.least

    def full(self) -> Any:
        return [self.item.full()] * max(self.least, min(self.most, 1))

    def draw(self, dice: Dice) -> Any:
        return [self.item.draw(dice) for _ in range(self.least + dice.below(self.most - self.least + 1))]

    def telling(self) -> Iterator[Any]:
        yield from (self.simplest(), [self.item.full()] * self.most)
        for each in self.item.telling() if self.most else ():
            yield [each] * max(self.least, 1)

    def simpler(self, than: Any) -> Iterator[Any]:
        if not isinstance(than, list):
            return
        for index, item in enumerate(than):
            if len(than) > self.least:
                yield [*than[:index], *than[index + 1 :]]
            for each in self.item.simpler(item):
                yield [*than[:index], each, *than[index + 1 :]]


class Object(Node):
    def __init__(self, parts: Mapping[str, Node], required: frozenset[str]) -> None:
        self.parts, self.required = parts, required

    def simplest(self) -> Any:
        return {name: part.simplest() for name, part in self.parts.items() if name in self.required}

    def full(self) -> Any:
        return {name: part.full() for name, part in self.parts.items()}

    def draw(self, dice: Dice) -> Any:
        chance = 1 + dice.below(7)  # of eight, the same for all: few keys now, many then
        return {
            name: part.draw(dice) for name, part in self.parts.items()
            if name in self.required or dice.below(8) < chance
        }  # fmt: skip

    def telling(self) -> Iterator[Any]:
        """Each optional key left out, then one value of each key in turn."""
        full = self.full()
        for name in self.parts:
            if name not in self.required:
                yield {key: told for key, told in full.items() if key != name}
        for turn in zip_longest(*(part.telling() for part in self.parts.values()), fillvalue=_NONE):
            for name, each in zip(self.parts, turn, strict=True):
                if each is not _NONE:
                    yield {**full, name: each}

    def simpler(self, than: Any) -> Iterator[Any]:
        if not isinstance(than, dict):
            return
        optional = [name for name in than if name not in self.required]
        if len(optional) > 1:
            yield {name: told for name, told in than.items() if name in self.required}
        for name in optional:
            yield {key: told for key, told in than.items() if key != name}
        for name, part in self.parts.items():
            for each in part.simpler(than[name]) if name in than else ():
                yield {**than, name: each}


def _weight(told: Any) -> tuple[int, str]:
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return len(text), text


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
    return Pool(sorted(found, key=_weight), is_opaque=is_opaque)
