"""The player: it acts for the far ends, as their scripts say, and only through the engine's own commands.

Theory of operation. Every leg has one far end: an outbound leg's callee, an inbound leg's caller. A leg's part has two
acts. The first begins at `Dialed` (the callee connects, rings, and then answers or fails) or at `Arrived` (a caller who
may give up); the second begins at `Answered` (reactions, hanging up). An act is a `Part`, which owns entries of the
agenda. `Answered` ends the first act whatever brought it about, `Ended` and `take_over` end both, and with its part
everything it had still to do is gone.

`observe` is told every event, in order, and only schedules; `wake` hands out what is due as commands and nothing else
happens in between. A far end that does nothing once answered keeps no part at all. All of it is a function of the
events observed and the instants woken: no clock, no randomness but the sandbox's ids. Commands may come too late (the
leg ended in between): the engine refuses those, and nothing here depends on their success, only on events.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from emulator.engine import commands, events
from emulator.engine.causes import CAUSES, Who
from emulator.engine.speech import Nominal
from emulator.ids import Ids
from emulator.scenarios.agenda import Agenda, Part
from emulator.scenarios.casting import Casting, cast
from emulator.scenarios.directory import Directory
from emulator.scenarios.far_end import FarEnd, Hold, Press, Reaction, Say
from emulator.scenarios.numbers import spelled

__all__ = ["FarEnds"]

_BETWEEN_KEYS: Final = timedelta(milliseconds=250)
_WAITS: Final = {"w": timedelta(milliseconds=500), "W": timedelta(seconds=1)}
_BY_CALLEE: Final = frozenset({"busy", "rejected"})
_MILLISECOND: Final = timedelta(milliseconds=1)

_RING: Final = "ring"
_OUTCOME: Final = "outcome"


class FarEnds:
    """The far ends of one sandbox: who has which number, and what they do now.

    A leg keeps the far end its number had when it was dialled or arrived.
    """

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self._choices = ids
        self._directory = Directory()
        self._turns: dict[str, int] = {}  # legs so far to each number whose far ends take turns
        self._parts: dict[str, Part] = {}
        self._agenda = Agenda()
        self._speech = Nominal()
        self.seed: int | None = None
        self.caller: Casting | None = None
        """Who calls next, set while an inbound call arrives, if it is somebody of its own."""

    # -- who is who

    def set(self, number_or_pattern: str, far_end: Casting) -> None:
        """For legs that start from now on. See `Directory` for spellings and precedence. Raises: UsageError."""
        self._directory.set(number_or_pattern, far_end)

    def set_default(self, far_end: Casting) -> None:
        """What a number that nothing else names does."""
        self._directory.default = far_end

    def replace(self, default: Casting, by_number: Mapping[str, Casting], seed: int | None = None) -> None:
        """Script everybody anew, for legs that start from now on; turns begin anew.

        `seed`: of what is chosen and drawn, by default the sandbox's. Raises: UsageError, nothing changed."""
        directory = Directory()
        directory.default = default
        for number, far_end in by_number.items():
            directory.set(number, far_end)
        self._directory = directory
        self.seed = seed
        self._choices = self._ids if seed is None else Ids(seed)
        self._turns.clear()

    def items(self) -> list[tuple[str, Casting]]:
        """What `set` was told, as it takes it again."""
        return self._directory.items()

    @property
    def default(self) -> Casting:
        return self._directory.default

    def script_of(self, leg: events.LegSnapshot, casting: Casting | None = None) -> FarEnd:
        """What the far end of this new leg does; `casting`: rather than what its number is told. It is its turn now."""
        number = leg.to if leg.direction == "outbound" else leg.from_
        found = self._directory.find(number) if casting is None else casting
        if isinstance(found, FarEnd):
            return found

        def turn() -> int:
            bare = spelled(number)
            self._turns[bare] = self._turns.get(bare, -1) + 1
            return self._turns[bare]

        return cast(found, self._choices, leg.id, turn)

    # -- the two doors

    def next_deadline(self) -> datetime | None:
        return self._agenda.next_deadline()

    @property
    def has_finite_deadline(self) -> bool:
        """Whether anything is going to happen: nothing here repeats by itself for ever."""
        return self.next_deadline() is not None

    def wake(self, now: datetime) -> list[commands.Command]:
        """What the far ends do at or before `now`, in order. To be handed to the engine one by one."""
        out: list[commands.Command] = []
        while (entry := self._agenda.take(now)) is not None:
            at, sequence, part, what = entry
            if isinstance(what, int):
                part.cutting = tuple(other for other in part.cutting if other != sequence)
                self._react(part, what, at)
            elif not isinstance(what, str):
                out.append(what)
            elif what == _RING:
                self._ring(part, at, out)
            else:
                self._come_out(part, out)
        return out

    def observe(self, event: events.Event) -> None:
        """To be told every event, in order. Costs next to nothing for one that concerns no far end."""
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self, event)

    def take_over(self, leg: str) -> None:
        """A person plays this leg's far end from now on: its script does nothing more."""
        self._end(leg)

    # -- before the answer

    def _on_dialed(self, event: events.Dialed) -> None:
        leg = event.leg
        far_end = self.script_of(leg)
        part = self._begin(far_end, leg.id, "callee")
        is_silent = far_end.outcome != "answer" and not far_end.ring_span and far_end.picks_up
        self._agenda.put(event.at + far_end.connects_after, part, _OUTCOME if is_silent else _RING)

    def _on_arrived(self, event: events.Arrived) -> None:
        leg = event.leg
        far_end = self.script_of(leg, self.caller)
        if far_end.gives_up_after is not None:
            part = self._begin(far_end, leg.id, "caller")
            self._agenda.put(event.at + far_end.gives_up_after, part, commands.HangUp(leg.id, "caller"))
        elif not far_end.is_passive:
            self._begin(far_end, leg.id, "caller")

    def _ring(self, part: Part, at: datetime, out: list[commands.Command]) -> None:
        out.append(commands.Ring(part.leg))
        if part.far_end.early_media:
            out.append(commands.EarlyMedia(part.leg))
        if part.far_end.picks_up:
            self._agenda.put(at + self._ring_span(part), part, _OUTCOME)

    def _ring_span(self, part: Part) -> timedelta:
        span, most = part.far_end.ring_span, part.far_end.rings_up_to
        if most is None:
            return span
        steps = (most - span) // _MILLISECOND + 1
        return span + self._ids.integer("rings", part.leg, steps) * _MILLISECOND

    def _come_out(self, part: Part, out: list[commands.Command]) -> None:
        far_end = part.far_end
        if far_end.outcome != "answer":
            who: Who = "callee" if far_end.outcome in _BY_CALLEE else "carrier"
            out.append(commands.Fail(part.leg, CAUSES[far_end.outcome], who))
            return
        out.append(commands.Answer(part.leg))
        if far_end.is_machine or far_end.greeting:
            out.append(commands.Greet(part.leg, far_end.is_machine, far_end.greeting, far_end.greeting_for))
        if far_end.is_passive:
            self._end(part.leg)

    # -- from the answer on

    def _on_answered(self, event: events.Answered) -> None:
        waiting = self._end(event.leg.id)
        if waiting is None or waiting.far_end.is_passive:
            return
        far_end = waiting.far_end
        part = self._begin(far_end, waiting.leg, waiting.who)
        part.left = tuple(reaction.times for reaction in far_end.reactions)
        for index, reaction in enumerate(far_end.reactions):
            if reaction.on is None and not reaction.on_prompt:
                self._react(part, index, event.at + (reaction.at or timedelta()))
        if far_end.hangs_up_after is not None:
            self._agenda.put(event.at + far_end.hangs_up_after, part, commands.HangUp(part.leg, part.who))

    def _on_listening(self, event: events.Listening) -> None:
        part = self._parts.get(event.leg.id)
        if part is not None and part.left:
            for index, reaction in enumerate(part.far_end.reactions):
                if reaction.on_prompt:
                    self._react(part, index, event.at)

    def _on_speaking_started(self, event: events.SpeakingStarted) -> None:
        part = self._parts.get(event.leg.id)
        if part is None or not part.left:
            return
        text = _folded(event.text)
        for index, reaction in enumerate(part.far_end.reactions):
            if reaction.barge_in and (end := _end_of(reaction, text)):
                # to the next whole millisecond: a moment earlier the last letter of the match was not heard
                spoken = ceil(event.seconds * 1000 * end / len(text)) * _MILLISECOND
                at = event.at + min(spoken, timedelta(seconds=event.seconds))
                part.cutting = (*part.cutting, self._agenda.put(at, part, index))

    def _on_heard(self, event: events.Heard) -> None:
        part = self._parts.get(event.leg.id)
        if part is None or not part.left:
            return
        if event.whole:
            text = _folded(event.text)
            for index, reaction in enumerate(part.far_end.reactions):
                if not reaction.barge_in and _end_of(reaction, text):
                    self._react(part, index, event.at)
        else:
            self._agenda.drop(part, part.cutting)
            part.cutting = ()

    def _on_far_end_spoke(self, event: events.FarEndSpoke) -> None:
        """Others heard it: on a bridge, in a room. Words that take no time are no reason to answer."""
        for leg in event.heard_by if event.seconds else ():
            part = self._parts.get(leg)
            if part is None or not part.left:
                continue
            text = _folded(event.text)
            for index, reaction in enumerate(part.far_end.reactions):
                if end := _end_of(reaction, text):
                    spoken = ceil(event.seconds * 1000 * end / len(text)) * _MILLISECOND
                    whole = timedelta(seconds=event.seconds)
                    self._agenda.put(event.at + (min(spoken, whole) if reaction.barge_in else whole), part, index)

    def _on_ended(self, event: events.Ended) -> None:
        self._end(event.leg.id)

    def _react(self, part: Part, index: int, at: datetime) -> None:
        """Schedule what a reaction does, unless it has come often enough."""
        left = part.left[index]
        if left is not None:
            if not left:
                return
            part.left = (*part.left[:index], left - 1, *part.left[index + 1 :])
        reaction = part.far_end.reactions[index]
        at += reaction.after
        do = reaction.do
        if isinstance(do, Press):
            self._press(part, at, do.digits)
        elif isinstance(do, Say):
            seconds = self._speech.speech(do.text) if do.seconds is None else do.seconds
            self._agenda.put(at, part, commands.Speak(part.leg, do.text, seconds))
        elif isinstance(do, Hold):
            self._agenda.put(at, part, commands.Hold(part.leg, do.held))
        else:
            self._agenda.put(at, part, commands.HangUp(part.leg, part.who))

    def _press(self, part: Part, at: datetime, digits: str) -> None:
        for key in digits:
            if key in _WAITS:
                at += _WAITS[key]
            else:
                self._agenda.put(at, part, commands.Press(part.leg, key.upper()))
                at += _BETWEEN_KEYS

    def _begin(self, far_end: FarEnd, leg: str, who: Who) -> Part:
        part = self._parts[leg] = Part(far_end, leg, who)
        return part

    def _end(self, leg: str) -> Part | None:
        part = self._parts.pop(leg, None)
        if part is not None:
            self._agenda.end(part)
        return part


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _end_of(reaction: Reaction, text: str) -> int:
    """Where in the folded `text` the first match ends; 0 when the reaction is not to this."""
    if reaction.on is None:
        return 0
    on = _folded(reaction.on)
    at = text.find(on)
    return at + len(on) if at >= 0 else 0


_HANDLERS: Final[Mapping[type, Callable[[FarEnds, Any], None]]] = {
    events.Dialed: FarEnds._on_dialed,
    events.Arrived: FarEnds._on_arrived,
    events.Answered: FarEnds._on_answered,
    events.Listening: FarEnds._on_listening,
    events.SpeakingStarted: FarEnds._on_speaking_started,
    events.Heard: FarEnds._on_heard,
    events.FarEndSpoke: FarEnds._on_far_end_spoke,
    events.Ended: FarEnds._on_ended,
}
