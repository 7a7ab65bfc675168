"""Plans of variations as Hypothesis strategies: `answers("acme")` is whatever a provider may answer.

Fields come before errors, and few before many, so what shrinks becomes a field of every answer of one operation.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from hypothesis import strategies as st

from contracts.document import Contract, load
from contracts.varying.places import places_of
from contracts.varying.variation import CHANGES, Variation, render_plan
from emulator.errors import UsageError

__all__ = ["answers", "plans", "possible"]

STEPS: Final = 3
"""How many answers of one operation are told apart."""
TOGETHER: Final = 8
"""How many fields a plan varies at most."""


def answers(
    vendor: str, *, operations: Collection[str] = (), changes: Collection[str] = ()
) -> st.SearchStrategy[dict[str, Any]]:
    """Plans that a sandbox takes: `ringback.answers = plan`. `operations` and `changes`: of these alone.

    Raises `UsageError` for a name that there is not."""
    contract = load(vendor)
    counts = dict.fromkeys(operations or contract.operations, STEPS)
    return plans(possible(contract, counts, changes)).map(render_plan)


def possible(
    contract: Contract, counts: Mapping[str, int], changes: Collection[str] = (),
    statuses: Mapping[str, Collection[int]] | None = None,
) -> list[Variation]:  # fmt: skip
    """Every variation of operations that were answered so many times, by `statuses` so: fields of every answer, then
    each error at each step. Raises `UsageError` for a name that there is not."""
    for name in changes:
        if name not in CHANGES:
            raise UsageError(f"changes: expected some of {', '.join(CHANGES)}, got {name!r}")
    made: list[Variation] = []
    errors: list[Variation] = []
    for operation, count in counts.items():
        if operation not in contract.operations:
            raise UsageError(f"operations: {contract.name} has no operation {operation!r}")
        for place in places_of(contract, operation, None if statuses is None else tuple(statuses[operation])):
            if changes and place.change not in changes:
                continue
            if place.change == "error":
                errors += [place.at(operation, nth) for nth in range(1, min(count, STEPS) + 1)]
            else:
                made.append(place.at(operation))
    return [*made, *sorted(errors, key=lambda each: each.nth)]


def plans(variations: Sequence[Variation], at_least: int = 0) -> st.SearchStrategy[list[Variation]]:
    """Lists of some of these, with one error at most: fields of every answer, or of one alone."""
    fields = [each for each in variations if each.change != "error"]
    errors = [each for each in variations if each.change == "error"]
    some = st.lists(_any(fields), min_size=at_least, max_size=TOGETHER, unique=True) if fields else st.just([])
    one = st.lists(st.sampled_from(errors), max_size=1) if errors else st.just([])
    return st.builds(list.__add__, some, one)


def _any(fields: Sequence[Variation]) -> st.SearchStrategy[Variation]:
    return st.builds(_at, st.sampled_from(fields), st.just(0) | st.integers(0, STEPS))


def _at(variation: Variation, nth: int) -> Variation:
    if variation.change == "many-pages":
        return variation
    return Variation(variation.operation, variation.change, variation.where, variation.value, nth)
