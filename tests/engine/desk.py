"""The engine with a clock beside it that keeps the caller's laws, and an auditor who reads every event."""

from __future__ import annotations

from collections import deque
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from emulator.engine import Engine, Nominal
from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import Cause
from emulator.engine.program import Fetch, Hook, Program, Say, Verb

START = datetime(2026, 1, 1, tzinfo=UTC)
ASK = Hook("http://app/ask")
TELL = Hook("http://app/tell", awaited=False, purpose="tell")
HALF = Say("half a second")  # 13 characters: 867 ms, and so no round number
K = TypeVar("K")


def span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def program(*verbs: Verb, **more: Any) -> Program:
    return Program(verbs, **more)


def stays(*verbs: Verb) -> Program:
    """After its verbs the leg idles."""
    return Program(verbs, exhausted="idle")


class Audit:
    """What holds for every stream of events: it goes on, and an ended leg says no more."""

    def __init__(self) -> None:
        self.ended: set[str] = set()
        self.over: set[str] = set()
        self.waiting: dict[str, str] = {}
        self.at = START
        self.sounding: dict[str, int] = {}
        self.rooms: dict[str, list[str]] = {}  # the legs that joined and have not left
        self.queues: dict[str, list[str]] = {}
        self.bridges: dict[str, str] = {}
        self.recorded: dict[str, list[str]] = {}

    def read(self, event: e.Event) -> None:
        assert event.at >= self.at, "events go forward in time"
        self.at = event.at
        leg = event.leg
        if isinstance(event, e.AnswerDropped):
            return
        assert leg is not None and leg.call not in self.over, f"{event} after CallEnded"
        if isinstance(event, e.CallEnded):
            self.over.add(leg.call)
            return
        assert leg.id not in self.ended, f"{event} after Ended"
        assert leg.partner is None or leg.state == "answered"
        self._read_company(event)
        assert not (leg.is_held or leg.is_muted) or leg.state == "answered"
        if isinstance(event, e.Ended):
            self.ended.add(leg.id)
            assert leg.id not in self.waiting, "an ended leg awaits nothing"
            assert not self.sounding.get(leg.id), "what sounded was heard before the end"
            assert (leg.room, leg.queue, leg.partner) == (None, None, None), "an ended leg is nowhere"
            assert all(leg.id not in legs for legs in (*self.rooms.values(), *self.queues.values())), "it left first"
            assert not self.recorded.get(leg.id), "what recorded it ended before it"
            assert (leg.state, leg.cause, leg.by, leg.ended_at) == ("ended", event.cause, event.by, event.at)
        elif isinstance(event, e.Asked):
            assert self.waiting.setdefault(leg.id, event.ask) == event.ask, "one ask at a time"
        elif isinstance(event, e.AskAbandoned):
            assert self.waiting.pop(leg.id) == event.ask
        elif isinstance(event, e.RecordingStarted):
            assert event.recording.leg == leg.id
            self.recorded.setdefault(leg.id, []).append(event.recording.id)
        elif isinstance(event, e.RecordingEnded):
            self.recorded[leg.id].remove(event.recording.id)
        elif isinstance(event, e.SpeakingStarted):
            self.sounding[leg.id] = self.sounding.get(leg.id, 0) + 1
        elif isinstance(event, e.Heard):
            self.sounding[leg.id] -= 1
            assert self.sounding[leg.id] >= 0, "only what began is heard"

    def _read_company(self, event: e.Event) -> None:
        """Rooms and queues hold who joined and has not left, in order; both legs agree on a bridge."""
        match event:
            case e.RoomOpened():
                assert event.room.id not in self.rooms
                self.rooms[event.room.id] = []
            case e.MemberJoined() | e.MemberLeft() | e.MemberChanged() | e.RoomStarted() | e.RoomEnded():
                legs = self.rooms[event.room.id]
                if isinstance(event, e.MemberJoined):
                    assert event.leg.room == event.room.id
                    legs.append(event.leg.id)
                elif isinstance(event, e.MemberLeft):
                    assert event.leg.room is None
                    legs.remove(event.leg.id)
                elif isinstance(event, e.RoomEnded):
                    assert not self.rooms.pop(event.room.id) and event.room.state == "ended"
                assert [member.leg for member in event.room.members] == legs
            case e.QueueJoined() | e.QueueLeft():
                legs = self.queues.setdefault(event.queue.id, [])
                if isinstance(event, e.QueueJoined):
                    legs.append(event.leg.id)
                else:
                    legs.remove(event.leg.id)
                assert sorted(waiter.leg for waiter in event.queue.waiters) == sorted(legs)
                assert [waiter.position for waiter in event.queue.waiters] == [*range(1, len(legs) + 1)]
            case e.Bridged():
                one, other = event.leg, event.other
                assert (one.partner, other.partner) == (other.id, one.id)
                assert not {one.id, other.id} & self.bridges.keys(), "one bridge at a time"
                self.bridges |= {one.id: other.id, other.id: one.id}
            case e.Unbridged():
                assert self.bridges.pop(event.leg.id) == event.other.id
                assert self.bridges.pop(event.other.id) == event.leg.id


class Desk:
    """One engine. `do` wakes what is due first; `wait` stops at every deadline on the way."""

    def __init__(self, nominal: Nominal | None = None) -> None:
        self.engine = Engine(lambda vendor, leg, at: f"{vendor}:{leg}", nominal)
        self.now = START
        self.events: list[e.Event] = []
        self.audit = Audit()

    def do(self, command: c.Command) -> list[e.Event]:
        self.settle()
        if isinstance(command, c.Reply | c.NoReply):
            self.audit.waiting = {leg: ask for leg, ask in self.audit.waiting.items() if ask != command.ask}
        return self._kept(self.engine.handle(command, self.now))

    def settle(self) -> list[e.Event]:
        out: list[e.Event] = []
        while (at := self.engine.next_deadline()) is not None and at <= self.now:
            out += self._kept(self.engine.wake(self.now))
        return out

    def wait(self, seconds: float) -> list[e.Event]:
        until = self.now + span(seconds)
        out = self.settle()
        while (at := self.engine.next_deadline()) is not None and at <= until:
            self.now = at
            out += self.settle()
        self.now = until
        return out

    def finish(self) -> list[e.Event]:
        """Time passes until nothing but endless things is left."""
        out = self.settle()
        while self.engine.has_finite_deadline:
            at = self.engine.next_deadline()
            assert at is not None
            out += self.wait((at - self.now).total_seconds())
        return out

    def _kept(self, events: list[e.Event]) -> list[e.Event]:
        for event in events:
            self.audit.read(event)
        self.events += events
        return events

    # --- legs in a state ---------------------------------------------------------------------------------------

    def place(self, plan: Program | None = None, to: str = "+919876543210", **more: Any) -> str:
        """A queued outbound leg that idles when answered, unless told otherwise."""
        (dialed, *_) = self.do(c.PlaceCall("acme", "+14155550100", to, plan or stays(), **more))
        assert isinstance(dialed, e.Dialed)
        return dialed.leg.id

    def talk(self, plan: Program | None = None, **more: Any) -> str:
        """An outbound leg that was just answered."""
        leg = self.place(plan, **more)
        self.do(c.Ring(leg))
        self.do(c.Answer(leg))
        return leg

    def arrive(self, plan: Program | None = None, **more: Any) -> str:
        """An inbound leg, ringing while it awaits its first document, unless told otherwise."""
        (arrived, *_) = self.do(c.Arrive("acme", "+919876543210", "+14155550100", plan or program(Fetch(ASK)), **more))
        assert isinstance(arrived, e.Arrived)
        return arrived.leg.id

    # --- what came of it ---------------------------------------------------------------------------------------

    def leg(self, leg: str) -> e.LegSnapshot:
        return self.engine.legs[leg].snapshot()

    def state(self, leg: str) -> str:
        return self.engine.legs[leg].state

    def fate(self, leg: str) -> tuple[Cause | None, str | None]:
        return self.engine.legs[leg].cause, self.engine.legs[leg].by

    def all(self, kind: type[K], leg: str = "") -> list[K]:
        return [event for event in self.events if isinstance(event, kind) and (not leg or event.leg.id == leg)]  # type: ignore[union-attr]

    def last(self, kind: type[K], leg: str = "") -> K:
        return self.all(kind, leg)[-1]

    def since_start(self, event: e.Event) -> float:
        return (event.at - START).total_seconds()

    def reply(self, plan: Program | None, leg: str = "c1.0") -> list[e.Event]:
        """The answer to what `leg` awaits."""
        ask = self.engine.legs[leg].awaiting
        assert ask is not None, f"{leg} awaits nothing"
        return self.do(c.Reply(ask, plan))


def names(events: list[e.Event]) -> list[str]:
    return [type(event).__name__ for event in events]


def dump(thing: Any) -> Any:
    """The whole object graph as comparable data; what was seen before is named by its number."""
    seen: dict[int, int] = {}

    def walk(value: Any) -> Any:
        if value is None or isinstance(value, str | int | float | datetime | timedelta | type) or callable(value):
            return value
        if id(value) in seen:
            return ("seen", seen[id(value)])
        seen[id(value)] = len(seen)
        if isinstance(value, dict):
            return [(walk(key), walk(item)) for key, item in value.items()]
        if isinstance(value, frozenset):
            return sorted(value)
        if isinstance(value, list | tuple | deque):
            return [walk(item) for item in value]
        slots = [name for kind in type(value).__mro__ for name in getattr(kind, "__slots__", ())]
        fields = {name: getattr(value, name) for name in slots if hasattr(value, name)} | getattr(value, "__dict__", {})
        fields.pop("_snapshot", None)  # made when looked at
        if isinstance(value, Engine):
            fields = {**fields, "now": None, "_out": None}  # of the last call, at whatever instant that was
        return type(value).__name__, [(name, walk(item)) for name, item in sorted(fields.items())]

    return walk(thing)
