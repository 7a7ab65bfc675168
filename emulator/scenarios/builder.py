"""A far end said in one sentence: `far_end.rings(3).answers().presses("1", on="press 1").hangs_up(after=20)`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Self

from emulator.scenarios.far_end import Deed, FarEnd, HangUp, Hold, Outcome, Press, Reaction, Say
from emulator.scenarios.spans import parse_span

__all__ = ["FarEndBuilder", "Span"]

Span = float | str | timedelta
"""Seconds, a text such as `"3s"`, or a `timedelta`."""


class FarEndBuilder:
    """Every method changes `far_end`, hands it to `publish` and returns the builder; a wrong value raises `UsageError`.

    So each call takes effect at once, for every leg that starts later; legs already begun keep what they have.
    """

    def __init__(self, publish: Callable[[FarEnd], None] | None = None, far_end: FarEnd | None = None) -> None:
        self.far_end = FarEnd() if far_end is None else far_end
        self._publish = publish

    def connects(self, after: Span) -> Self:
        """The first ring comes `after` the dialling."""
        return self._set(connects_after=parse_span(after, "connects.after"))

    def rings(self, span: Span, up_to: Span | None = None) -> Self:
        """Ring for `span`, or for something between it and `up_to` that the seed decides."""
        most = None if up_to is None else parse_span(up_to, "rings.up_to")
        return self._set(rings_for=parse_span(span, "rings"), rings_up_to=most)

    def rings_for_ever(self) -> Self:
        """Nobody ever picks up: only the ring time-out or a hang-up ends it."""
        return self._set(picks_up=False)

    def sends_early_media(self) -> Self:
        return self._set(early_media=True)

    def answers(self) -> Self:
        return self.ends_in("answer")

    def is_busy(self) -> Self:
        return self.ends_in("busy")

    def rejects(self) -> Self:
        return self.ends_in("rejected")

    def does_not_answer(self) -> Self:
        return self.ends_in("no-answer")

    def is_unreachable(self) -> Self:
        return self.ends_in("unreachable")

    def ends_in(self, outcome: Outcome) -> Self:
        """Any outcome of `FarEnd`, as the network names it."""
        return self._set(outcome=FarEnd.from_json({"outcome": outcome}, "ends_in").outcome, picks_up=True)

    def gives_up(self, after: Span) -> Self:
        """As a caller: hang up when nobody has answered by then."""
        return self._set(gives_up_after=parse_span(after, "gives_up.after"))

    def greets(self, text: str, seconds: Span = 1) -> Self:
        return self._set(greeting=text, greeting_for=parse_span(seconds, "greets.seconds"))

    def is_machine(self, greeting: str = "Please leave a message after the tone.", seconds: Span = 4) -> Self:
        """An answering machine: its greeting, then a beep."""
        span = parse_span(seconds, "is_machine.seconds")
        return self._set(is_machine=True, greeting=greeting, greeting_for=span)

    def presses(self, digits: str, **when: Any) -> Self:
        """Press keys. `when`: `on`, `on_prompt`, `at`, `after`, `barge_in`, `times` as in `Reaction`."""
        return self._react(Press(digits), when)

    def says(self, text: str, seconds: Span | None = None, **when: Any) -> Self:
        return self._react(Say(text, None if seconds is None else parse_span(seconds, "says.seconds")), when)

    def holds(self, held: bool = True, **when: Any) -> Self:
        return self._react(Hold(held), when)

    def hangs_up(self, after: Span = 0, **when: Any) -> Self:
        """Hang up `after` the answer; with a trigger in `when`, that long after the trigger."""
        if when:
            return self._react(HangUp(), {"after": after, **when})
        return self._set(hangs_up_after=parse_span(after, "hangs_up.after"))

    def _react(self, do: Deed, when: dict[str, Any]) -> Self:
        spans = {key: parse_span(when[key], key) for key in ("at", "after") if when.get(key) is not None}
        reaction = Reaction(do, **{**when, **spans})
        return self._set(reactions=(*self.far_end.reactions, reaction))

    def _set(self, **changes: Any) -> Self:
        self.far_end = replace(self.far_end, **changes)
        if self._publish is not None:
            self._publish(self.far_end)
        return self
