"""A casting to and from JSON, with errors that name the path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.errors import UsageError
from emulator.scenarios.casting import Casting, Choice, InTurn, Path, Varied, replaced
from emulator.scenarios.far_end import FarEnd
from emulator.scenarios.far_end_json import parse_far_end
from emulator.scenarios.spans import SpanRange, find_range

__all__ = ["parse_casting", "render_casting"]

DEEPEST: Final = 8
"""How many choices within choices."""

_SPANS: Final = frozenset(
    {"connects_after", "rings_for", "rings_up_to", "greeting_for", "hangs_up_after", "gives_up_after"}
)
_REACTION_SPANS: Final = frozenset({"at", "after", "seconds"})


def parse_casting(data: Any, where: str, depth: int = 0) -> Casting:
    """Raises: UsageError, naming the path under `where`."""
    if depth > DEEPEST:
        raise UsageError(f"{where}: expected no more than {DEEPEST} choices within each other")
    if isinstance(data, Mapping):
        for word, parse in (("choose", _parse_choice), ("in_turn", _parse_turns)):
            if word in data:
                others = [str(key) for key in data if key != word]
                if others:
                    raise UsageError(f"{where}: {word} stands alone, got {', '.join(others)} beside it")
                return parse(data[word], f"{where}.{word}", depth)
        ranges = tuple(_ranges(data, where))
        if ranges:
            _check_ends(data, ranges, where)
            return Varied(dict(data), ranges)
    return parse_far_end(data, where)


def render_casting(casting: Casting) -> dict[str, Any]:
    """What `parse_casting` reads back to an equal casting."""
    if isinstance(casting, FarEnd):
        return casting.to_json()
    if isinstance(casting, Varied):
        return dict(casting.told)
    if isinstance(casting, InTurn):
        return {"in_turn": [render_casting(each) for each in casting.castings]}
    return {"choose": [{"weight": weight, **render_casting(each)} for weight, each in casting.options]}


def _parse_choice(data: Any, where: str, depth: int) -> Choice:
    return Choice(tuple(_option(item, path, depth) for item, path in _items(data, where)))


def _option(data: Any, where: str, depth: int) -> tuple[float, Casting]:
    if not isinstance(data, Mapping):
        raise UsageError(f"{where}: expected an object with a weight and a far end, got {data!r:.40}")
    weight = data.get("weight", 1)
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 < weight <= 1_000_000:
        raise UsageError(f"{where}.weight: expected a number above 0, got {weight!r:.40}")
    rest = {key: item for key, item in data.items() if key != "weight"}
    return weight, parse_casting(rest, where, depth + 1)


def _parse_turns(data: Any, where: str, depth: int) -> InTurn:
    return InTurn(tuple(parse_casting(item, path, depth + 1) for item, path in _items(data, where)))


def _items(data: Any, where: str) -> Iterator[tuple[Any, str]]:
    if not isinstance(data, list | tuple) or not data:
        raise UsageError(f"{where}: expected a list of one far end or more, got {data!r:.40}")
    return ((item, f"{where}[{index}]") for index, item in enumerate(data))


def _ranges(data: Mapping[str, Any], where: str) -> Iterator[tuple[Path, SpanRange]]:
    yield from _ranges_of(data, _SPANS, (), where)
    reactions = data.get("reactions")
    if isinstance(reactions, list | tuple):
        for index, reaction in enumerate(reactions):
            if isinstance(reaction, Mapping):
                at: Path = ("reactions", index)
                yield from _ranges_of(reaction, _REACTION_SPANS, at, f"{where}.reactions[{index}]")


def _ranges_of(
    data: Mapping[str, Any], spans: frozenset[str], at: Path, where: str
) -> Iterator[tuple[Path, SpanRange]]:
    for key, item in data.items():
        found = find_range(item, f"{where}.{key}") if key in spans else None
        if found is not None:
            yield (*at, key), found


def _check_ends(data: Mapping[str, Any], ranges: tuple[tuple[Path, SpanRange], ...], where: str) -> None:
    """Whatever is drawn must make a far end: the longest ring is no longer than `rings_up_to`, if that is told."""
    for path, told in ranges:
        if path == ("rings_up_to",) or (path == ("rings_for",) and data.get("rings_up_to") is not None):
            raise UsageError(f"{where}.{path[0]}: say a range in rings_for alone, as {told}, without rings_up_to")
    parse_far_end(replaced(data, {path: told.most for path, told in ranges}), where)
