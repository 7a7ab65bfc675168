"""The places of a body, from which bodies are put together: what may stand there, what is telling, what is simpler."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Final

from emulator.ids import Ids

__all__ = ["FEW", "Dice", "List", "Node", "Object", "Pool", "Union", "weight"]

FEW: Final = 6
"""Simpler values of one place that are tried when a body is made smaller, and members of a pool that are all met."""
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

    def full(self, odd: str | None = None) -> Any:
        """Everything that may stand there; if there is an odd text, that in place of every free one."""
        return self.simplest()

    def fixed(self, name: str, values: Sequence[Any], is_legal: Callable[[Node], bool]) -> Node | None:
        """The same with the first legal one of these values for its key `name`, if it has it; None if none is."""
        return self

    def names(self) -> frozenset[str]:
        """Its own keys."""
        return frozenset()

    def draw(self, dice: Dice) -> Any:
        raise NotImplementedError

    def telling(self) -> Iterator[Any]:
        """Values that each may matter by themselves."""
        yield from ()

    def simpler(self, than: Any) -> Iterator[Any]:
        """Values of this place that say less, the simplest first."""
        yield from ()


class Pool(Node):
    """`odd` are those of its values that no program expects; a free text has them all."""

    def __init__(self, values: Sequence[Any], *, is_opaque: bool = False, odd: Sequence[str] = ()) -> None:
        self.values, self.is_opaque, self.odd = values, is_opaque, odd

    def simplest(self) -> Any:
        return self.values[0]

    def full(self, odd: str | None = None) -> Any:
        return odd if odd in self.odd else self.simplest()

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
        lighter = [each for each in self.values if each != than and weight(each) < weight(than)]
        yield from lighter[:FEW]
        yield from (each for each in lighter[FEW:] if each in self.odd)


class Union(Node):
    def __init__(self, branches: Sequence[Node]) -> None:
        self.branches = branches

    def simplest(self) -> Any:
        return self.branches[0].simplest()

    def full(self, odd: str | None = None) -> Any:
        full = self.branches[0].full()
        return next((made for each in self.branches if (made := each.full(odd)) != each.full()), full)

    def fixed(self, name: str, values: Sequence[Any], is_legal: Callable[[Node], bool]) -> Node | None:
        branches = [made for each in self.branches if (made := each.fixed(name, values, is_legal)) is not None]
        return Union(branches) if branches else None

    def names(self) -> frozenset[str]:
        return frozenset().union(*(each.names() for each in self.branches))

    def draw(self, dice: Dice) -> Any:
        return self.branches[dice.below(len(self.branches))].draw(dice)

    def telling(self) -> Iterator[Any]:
        for branch in self.branches:
            yield from (branch.simplest(), branch.full(), *branch.telling())

    def simpler(self, than: Any) -> Iterator[Any]:
        for branch in self.branches:
            if weight(branch.simplest()) < weight(than):
                yield branch.simplest()
            yield from branch.simpler(than)


class List(Node):
    def __init__(self, item: Node, least: int, most: int) -> None:
        self.item, self.least, self.most = item, least, most

    def simplest(self) -> Any:
        return [self.item.simplest()] * self.least

    def full(self, odd: str | None = None) -> Any:
        return [self.item.full(odd)] * max(self.least, min(self.most, 1))

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

    def full(self, odd: str | None = None) -> Any:
        return {name: part.full(odd) for name, part in self.parts.items()}

    def fixed(self, name: str, values: Sequence[Any], is_legal: Callable[[Node], bool]) -> Node | None:
        if name not in self.parts:
            return self
        made = (Object({**self.parts, name: Pool([told])}, self.required) for told in values)
        return next(filter(is_legal, made), None)

    def names(self) -> frozenset[str]:
        return frozenset(self.parts)

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


def weight(told: Any) -> tuple[int, str]:
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    return len(text), text
