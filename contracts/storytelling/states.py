"""What may be said of every state that an application was seen in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["never_goes_back"]


def never_goes_back(history: Sequence[Any], order: Sequence[str]) -> None:
    """Assert that no state in `history` is earlier in `order` than one before it: nor gone, nor unknown.

    Each of `history` is a state, None for none yet, or a mapping of names to states.
    """
    reached: dict[Any, str] = {}
    for seen in history:
        states = seen if isinstance(seen, Mapping) else {"the state": seen}
        for name in [*reached, *(each for each in states if each not in reached)]:
            state, before = states.get(name), reached.get(name)
            if state is None:
                assert before is None, f"{name} was {before!r}, and is gone"
                continue
            assert state in order, f"{name} is {state!r}, which is none of {', '.join(order)}"
            if before is not None:
                assert order.index(state) >= order.index(before), f"{name} went back from {before!r} to {state!r}"
            reached[name] = state
