"""Who plays a far end before its leg is known: a far end, one that varies, a choice by weight, or one after another.

A far end is cast when its leg is dialled or arrives. What varies is decided by the seed and the leg alone, so that the
same leg of the same scenario meets the same far end in every run, whatever else happens around it.

As JSON, wherever a far end may stand:

    {"rings_for": "3s..12s", "hangs_up_after": 20}
    {"choose": [{"weight": 20, "outcome": "busy"}, {"weight": 80, "rings_for": "3s..12s"}]}
    {"in_turn": [{"outcome": "no-answer"}, {"rings_for": 2}]}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from emulator.engine.values import field, value
from emulator.ids import Ids
from emulator.scenarios.far_end import FarEnd
from emulator.scenarios.far_end_json import parse_far_end
from emulator.scenarios.spans import SpanRange

__all__ = ["Casting", "Choice", "InTurn", "Varied", "cast", "draw_span"]

_MILLISECOND: Final = timedelta(milliseconds=1)
Path = tuple[str | int, ...]


@value
class Varied:
    """A far end with a range where a span may be. `told` is its JSON, `ranges` where in it which range stands."""

    told: Mapping[str, Any] = field(hash=False)
    ranges: tuple[tuple[Path, SpanRange], ...]


@value
class Choice:
    """One of several, by weight: each with its weight, which is above 0."""

    options: tuple[tuple[float, Casting], ...]


@value
class InTurn:
    """The first for the first leg to a number, the second for the second; the last for every one from then on."""

    castings: tuple[Casting, ...]


Casting = FarEnd | Varied | Choice | InTurn


def cast(casting: Casting, ids: Ids, leg: str, turn: Callable[[], int]) -> FarEnd:
    """The far end of `leg`. `turn` counts the legs to its number from 0; it is asked only where they take turns."""
    depth = 0
    while not isinstance(casting, FarEnd):
        if isinstance(casting, Varied):
            return _settled(casting, ids, f"{leg}\0{depth}")
        if isinstance(casting, InTurn):
            casting = casting.castings[min(turn(), len(casting.castings) - 1)]
        else:
            casting = _chosen(casting, ids, f"{leg}\0{depth}")
        depth += 1
    return casting


def draw_span(told: SpanRange, ids: Ids, key: str) -> timedelta:
    """A span of the range, ends included, in whole milliseconds from the lower."""
    steps = (told.most - told.least) // _MILLISECOND + 1
    return told.least + ids.integer("span", key, steps) * _MILLISECOND


def _chosen(choice: Choice, ids: Ids, key: str) -> Casting:
    left = ids.fraction("choose", key) * sum(weight for weight, _ in choice.options)
    for weight, option in choice.options[:-1]:
        left -= weight
        if left < 0:
            return option
    return choice.options[-1][1]


def _settled(varied: Varied, ids: Ids, key: str) -> FarEnd:
    drawn = {path: draw_span(told, ids, f"{key}\0{path}") for path, told in varied.ranges}
    return parse_far_end(replaced(varied.told, drawn), "far_end")


def replaced(told: Any, drawn: Mapping[Path, timedelta], at: Path = ()) -> Any:
    """The same JSON with a span in the place of every range."""
    if at in drawn:
        return drawn[at]
    if isinstance(told, Mapping):
        return {key: replaced(item, drawn, (*at, key)) for key, item in told.items()}
    if isinstance(told, list | tuple):
        return [replaced(item, drawn, (*at, index)) for index, item in enumerate(told)]
    return told
