"""What a person or machine at the other end does: one frozen record, the same for every way of saying it.

A `FarEnd` is read twice in a leg's life. Until the answer its upper half holds: an outbound leg's callee connects,
rings and answers or fails; an inbound leg's caller waits, and may give up. From the answer on its lower half holds:
what is said on answering, the reactions to what is heard, when it hangs up. Nothing in it changes while a leg lives.

As JSON, and so in a scenario file, spans are seconds or a text with a unit, and what equals its default is left out:

    {"rings_for": "3s", "reactions": [{"press": "1", "on": "press 1", "barge_in": true}], "hangs_up_after": 20}
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal, get_args

from emulator.engine.values import value
from emulator.errors import UsageError

__all__ = ["OUTCOMES", "Deed", "FarEnd", "HangUp", "Hold", "Outcome", "Press", "Reaction", "Say"]

Outcome = Literal[
    "answer", "busy", "no-answer", "rejected", "unreachable", "unallocated", "invalid-number", "carrier-timeout",
    "congestion",
]  # fmt: skip
"""`answer`, or the kind of the engine's cause the attempt fails with."""

OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)

_ZERO: Final = timedelta()
_SECOND: Final = timedelta(seconds=1)
_KEYS: Final = re.compile(r"[0-9*#A-Da-dwW]*[0-9*#A-Da-d][0-9*#A-Da-dwW]*", re.ASCII)
_RINGS: Final[Mapping[str, timedelta]] = {
    "answer": 2 * _SECOND,
    "rejected": 2 * _SECOND,
    "no-answer": 180 * _SECOND,  # Q.931's T301 is 3 minutes at least: every shorter ring time-out is seen to work
}


@value
class Press:
    """Press keys `0-9*#A-D`, 250 ms from one to the next; `w` waits half a second, `W` one."""

    digits: str

    def __post_init__(self) -> None:
        if not _KEYS.fullmatch(self.digits):
            raise UsageError(f"expected keys of 0-9*#A-D (and w, W to wait), got {self.digits!r}")


@value
class Say:
    """Say `text`. `seconds` None: as long as the engine's nominal speech takes."""

    text: str
    seconds: timedelta | None = None


@value
class HangUp:
    """Hang up."""


@value
class Hold:
    """Put the leg on hold, or take it back."""

    held: bool = True


Deed = Press | Say | HangUp | Hold


@value
class Reaction:
    """Do something when something is heard, or at a time. One trigger at most; none is `at` the answer.

    `on`: a text, the name of a played file, or what another far end said to it, has this in it, whatever its case
    and spacing; the reaction comes when all of it was heard, with `barge_in` as soon as the match was. `on_prompt`: a
    gather's prompts are over and it waits. `at`: that long after the answer. `after` comes on top. `times` None: every
    time.
    """

    do: Deed
    on: str | None = None
    on_prompt: bool = False
    at: timedelta | None = None
    after: timedelta = _ZERO
    barge_in: bool = False
    times: int | None = None

    def __post_init__(self) -> None:
        named = [
            name
            for name, is_set in (
                ("on", self.on is not None),
                ("on_prompt", self.on_prompt),
                ("at", self.at is not None),
            )
            if is_set
        ]
        if len(named) > 1:
            raise UsageError(f"expected one trigger, got {' and '.join(named)}")
        if self.on is not None and not self.on.strip():
            raise UsageError("on: expected some text to listen for, got none")
        if self.barge_in and self.on is None:
            raise UsageError("barge_in: only a reaction with `on` can cut in")
        if self.times is not None and self.times < 1:
            raise UsageError(f"times: expected 1 or more, got {self.times}")


@value
class FarEnd:
    """A far end. The default answers after two seconds, says hello, listens, and stays until the call is ended.

    `connects_after`: from dialling to the first ring. `rings_for` None: 2 s before an answer or a rejection, three
    minutes before no answer, and no ring at all before what the network itself refuses. `rings_up_to`: it rings
    between the two, chosen by the sandbox's seed and the leg. `outcome`: what the ringing ends in. `picks_up` False:
    it rings for ever. `early_media`: it sends audio as soon as it rings. `gives_up_after`: as a caller, it hangs up
    when its call was not answered by then. `is_machine`: `greeting` is an answering machine's, and a beep follows it.
    A caller greets nobody. `hangs_up_after`: from the answer.
    """

    connects_after: timedelta = _ZERO
    rings_for: timedelta | None = None
    outcome: Outcome = "answer"
    early_media: bool = False
    is_machine: bool = False
    greeting: str = "Hello?"
    greeting_for: timedelta = _SECOND
    reactions: tuple[Reaction, ...] = ()
    hangs_up_after: timedelta | None = None
    picks_up: bool = True
    rings_up_to: timedelta | None = None
    gives_up_after: timedelta | None = None

    def __post_init__(self) -> None:
        if self.rings_up_to is not None and self.rings_up_to < self.ring_span:
            raise UsageError("rings_up_to: expected no less than rings_for")

    @property
    def ring_span(self) -> timedelta:
        """How long it rings, at least."""
        return self.rings_for if self.rings_for is not None else _RINGS.get(self.outcome, _ZERO)

    @property
    def is_passive(self) -> bool:
        """Once answered it does nothing of its own accord."""
        return not self.reactions and self.hangs_up_after is None

    @staticmethod
    def from_json(data: Any, where: str = "far_end") -> FarEnd:
        """Raises: UsageError, naming the path under `where`, what was expected and what came."""
        from emulator.scenarios.far_end_json import parse_far_end  # it needs this class

        return parse_far_end(data, where)

    def to_json(self) -> dict[str, Any]:
        """What `from_json` reads back to an equal far end."""
        from emulator.scenarios.far_end_json import render_far_end

        return render_far_end(self)
