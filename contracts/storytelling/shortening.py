"""Makes a story that fails shorter: fewer calls, fewer things that go wrong, plainer people, smaller numbers. Pure.

Theory of operation. `shorter` gives every story that is one step simpler, those that leave out most first. Whoever
tells them takes the first that fails still, and goes on from there until none does: what is left is a story of which
nothing can be left out. Every step lowers `weight`, so that there is an end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from contracts.storytelling.rules import rules_of
from contracts.storytelling.staying import may_be_dropped
from contracts.storytelling.story import Story, StoryCall
from emulator.scenarios.far_end import FarEnd
from emulator.scenarios.faults import KINDS, Fault

__all__ = ["shorter", "weight"]

_SECOND = timedelta(seconds=1)
_GAP = 60
"""Seconds between calls that have nothing to do with each other."""
_LATE = 60 * _SECOND
"""Later than anything else that happens."""


def weight(story: Story) -> tuple[float, ...]:
    """Less for a simpler story."""
    kinds = list(KINDS)
    odd = sum(fault.skip + fault.lasts / _SECOND + kinds.index(fault.fault) for fault in story.faults)
    numbers = sum(_numbers(call.far_end, rules_of(story.vendor).usual) for call in story.calls)
    hurry = sum(call.at != index * _GAP for index, call in enumerate(story.calls))
    people = len({call.number for call in story.calls})
    return len(story.calls), len(story.faults), story.size, people, hurry + numbers, odd


def _numbers(far_end: FarEnd, usual: FarEnd) -> float:
    ends = None if far_end.hangs_up_after == usual.hangs_up_after else far_end.hangs_up_after
    spans = [far_end.rings_for, ends, far_end.gives_up_after]
    spans += [span for each in far_end.reactions for span in (each.after, each.at)]
    return sum(span / _SECOND for span in spans if span is not None) + (far_end.outcome != "answer")


def shorter(story: Story) -> Iterator[Story]:
    """Every story that is one step simpler, in which no more may be lost for good than in this one."""
    least, rules = weight(story), rules_of(story.vendor)
    may_lose = may_be_dropped(story.calls, story.faults, rules)
    for made in _steps(story):
        if weight(made) < least and (may_lose or not may_be_dropped(made.calls, made.faults, rules)):
            yield made


def _steps(story: Story) -> Iterator[Story]:
    usual = rules_of(story.vendor).usual
    for index in range(len(story.calls) if len(story.calls) > 1 else 0):
        yield (left := _without(story, index))
        yield replace(left, faults=tuple(_moved(left.faults, -1)))
    for index, fault in enumerate(story.faults):
        rest = (*story.faults[:index], *story.faults[index + 1 :])
        yield replace(story, faults=rest)
        yield replace(story, faults=tuple(_moved(rest, 1, fault)))
    yield from _alike(story, usual)
    for index, call in enumerate(story.calls):
        for far_end in _plainer(call.far_end, usual):
            calls = (*story.calls[:index], replace(call, far_end=far_end), *story.calls[index + 1 :])
            yield replace(story, calls=calls)
            for by in (1, 2) if far_end == usual else ():  # more happens, and what went wrong may come later
                yield replace(story, calls=calls, faults=tuple(_moved(story.faults, by)))
    if len({call.number for call in story.calls}) > 1:
        yield _of_one(story, story.calls[0].number)
    late = tuple(fault if fault.span is None else replace(fault, span=_LATE) for fault in story.faults)
    calm = tuple(replace(call, far_end=_unhurried(call.far_end, usual)) for call in story.calls)
    yield replace(story, faults=late, calls=tuple(replace(call, far_end=usual) for call in story.calls))
    yield replace(story, faults=late, calls=calm)
    yield replace(story, calls=tuple(replace(call, at=index * _GAP) for index, call in enumerate(story.calls)))
    for index, fault in enumerate(story.faults):
        for less in _milder(fault):
            yield replace(story, faults=(*story.faults[:index], less, *story.faults[index + 1 :]))


def _alike(story: Story, usual: FarEnd) -> Iterator[Story]:
    """With people who do the same still doing the same, but plainer."""
    for far_end, count in Counter(call.far_end for call in story.calls).items():
        for less in _plainer(far_end, usual) if count > 1 else ():
            calls = (replace(call, far_end=less) if call.far_end == far_end else call for call in story.calls)
            yield replace(story, calls=tuple(calls))


def _without(story: Story, index: int) -> Story:
    """Without one call, and without what goes wrong with nobody left."""
    first = story.calls[0 if index else 1].at
    left = [replace(call, at=call.at - first) for at, call in enumerate(story.calls) if at != index]
    numbers = {call.number for call in left}
    faults = [fault for fault in story.faults if not fault.number or fault.number in numbers]
    made = replace(story, calls=tuple(left), faults=tuple(faults))
    return _of_one(made, story.calls[0].number) if len(numbers) == 1 else made


def _moved(faults: Iterable[Fault], by: int, like: Fault | None = None) -> Iterator[Fault]:
    """With those about the webhooks that `like` is about, or all, striking an attempt later or earlier."""
    for fault in faults:
        is_meant = like is None or (fault.callback, fault.number) == (like.callback, like.number)
        yield replace(fault, skip=max(fault.skip + by, 0)) if is_meant else fault


def _unhurried(far_end: FarEnd, usual: FarEnd) -> FarEnd:
    """At the usual time."""
    return replace(
        far_end, rings_for=usual.rings_for, hangs_up_after=usual.hangs_up_after, gives_up_after=usual.gives_up_after
    )  # fmt: skip


def _of_one(story: Story, number: str) -> Story:
    """All calls with the same person."""
    calls: tuple[StoryCall, ...] = tuple(replace(call, number=number) for call in story.calls)
    return replace(story, calls=calls, faults=tuple(replace(fault, number="") for fault in story.faults))


def _plainer(far_end: FarEnd, usual: FarEnd) -> Iterator[FarEnd]:
    yield usual
    for index in range(len(far_end.reactions)):
        yield replace(far_end, reactions=(*far_end.reactions[:index], *far_end.reactions[index + 1 :]))
    if far_end.outcome != "answer":
        yield replace(usual, rings_for=far_end.rings_for)
    yield replace(far_end, rings_for=usual.rings_for)
    yield replace(far_end, hangs_up_after=usual.hangs_up_after)
    yield replace(far_end, gives_up_after=usual.gives_up_after)
    for index, reaction in enumerate(far_end.reactions):
        plain = replace(reaction, after=timedelta(), at=None if reaction.at is None else timedelta())
        yield replace(far_end, reactions=(*far_end.reactions[:index], plain, *far_end.reactions[index + 1 :]))
    for name in ("rings_for", "hangs_up_after", "gives_up_after"):
        span: timedelta | None = getattr(far_end, name)
        if span is not None:
            for seconds in _halves(int(span / _SECOND)):
                told: dict[str, Any] = {name: seconds * _SECOND}
                yield replace(far_end, **told)


def _milder(fault: Fault) -> Iterator[Fault]:
    for skip in range(fault.skip):
        yield replace(fault, skip=skip)
    if fault.span is not None:
        for seconds in _halves(int(fault.span / _SECOND)):
            if seconds:
                yield replace(fault, span=seconds * _SECOND)


def _halves(number: int) -> Iterator[int]:
    """0, half of it, three quarters, … and one less."""
    step = number
    while step > 0:
        yield number - step
        step //= 2
