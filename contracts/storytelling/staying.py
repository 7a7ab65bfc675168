"""Who has to stay on the line for every webhook to arrive. Pure.

Theory of operation. A provider waits for the answer to a document, and asks for it no more once the call is over: a
document that is lost or late never comes if its person hangs up first. Webhooks of one call leave in turn, so what is
behind one that is lost or late has to wait as well. When a person would be gone is up to the application, which decides
what they hear; so in a story of which everything is to arrive, nobody who is struck so hangs up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from contracts.storytelling.rules import Rules
from contracts.storytelling.story import StoryCall, is_about, leaves
from emulator.scenarios.faults import Fault

__all__ = ["may_be_dropped", "staying"]

_HOLDS_UP: Final = ("lost", "delayed")


def may_be_dropped(calls: Sequence[StoryCall], faults: Sequence[Fault], rules: Rules) -> bool:
    """Whether somebody may hang up before a document could arrive."""
    return any(leaves(call.far_end) and _is_held_up(call, faults, rules) for call in calls)


def staying(calls: Sequence[StoryCall], faults: Sequence[Fault], rules: Rules) -> tuple[StoryCall, ...]:
    """The same calls; whoever has to stay on the line does."""
    return tuple(
        replace(call, far_end=replace(call.far_end, hangs_up_after=None, gives_up_after=None))
        if _is_held_up(call, faults, rules)
        else call
        for call in calls
    )


def _is_held_up(call: StoryCall, faults: Sequence[Fault], rules: Rules) -> bool:
    return bool(rules.documents) and any(
        fault.fault in _HOLDS_UP and fault.callback not in rules.last and is_about(fault, call) for fault in faults
    )
