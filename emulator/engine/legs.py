"""Calls and legs as the engine holds them: mutable inside, `snapshot()` outside.

Nobody but the engine changes one. A snapshot is made at most once between two changes, so that the events of one
instant share it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from emulator.engine.causes import Cause, Failure, Who
from emulator.engine.events import LegSnapshot, State
from emulator.engine.hearing import heard
from emulator.engine.program import Program, Verb

if TYPE_CHECKING:
    from emulator.engine.queues import Waiter
    from emulator.engine.rooms import Member
    from emulator.engine.timers import Timer

__all__ = ["Activity", "Bridge", "Call", "Frame", "Leg", "Watch"]


class Frame:
    """A position in one program: which verb runs, and what that verb keeps. All data, no closure.

    A leg's `run` is a stack of these: prompts of a gather lie on top of it. A frame on no stack runs `is_beside`.
    """

    __slots__ = ("index", "is_beside", "is_endless", "is_entered", "program", "state", "timer")

    def __init__(self, program: Program, is_beside: bool = False) -> None:
        self.program = program
        self.index = 0
        self.state: Any = None
        self.timer: Timer | None = None
        self.is_beside = is_beside
        self.is_endless = False  # it is run again and again: its timers are no reason for a clock to go on
        self.is_entered = is_beside  # False: its first verb has yet to begin, and hears nothing

    @property
    def verb(self) -> Verb:
        return self.program.verbs[self.index]


class Activity(Frame):
    """A frame that runs beside the program. `name` is what it is known by on its leg, "" if by nothing."""

    __slots__ = ("limit", "loops", "name", "round_at")

    def __init__(self, program: Program, name: str = "") -> None:
        super().__init__(program, is_beside=True)
        self.name = name
        self.loops = False
        self.limit: Timer | None = None
        self.round_at: datetime | None = None  # when its verbs began the last time


class Bridge:
    """Two legs that hear each other, and who supervises them."""

    __slots__ = ("members", "watches")

    def __init__(self, members: list[Leg]) -> None:
        self.members = members
        self.watches: list[Watch] = []


class Watch:
    """`leg` is with those on a bridge: it `listen`s, `whisper`s to `of`, or `talk`s with both. `frame`: its verb's."""

    __slots__ = ("bridge", "frame", "leg", "mode", "of", "since")

    def __init__(
        self, leg: Leg, of: Leg, bridge: Bridge, mode: Literal["listen", "whisper", "talk"], frame: Frame, at: datetime
    ) -> None:
        self.leg, self.of, self.bridge, self.frame, self.since = leg, of, bridge, frame, at
        self.mode: Literal["listen", "whisper", "talk"] = mode


class Call:
    """A root leg and everything dialled from it; over when its last leg is."""

    __slots__ = ("documents", "documents_at", "id", "legs", "live", "recordings")

    def __init__(self, call_id: str) -> None:
        self.id = call_id
        self.legs: list[Leg] = []
        self.live = 0
        self.documents = 0
        self.documents_at: datetime | None = None
        self.recordings: tuple[str, ...] = ()  # by the vendor's names


class Leg:
    """One party's side. Fields as in `LegSnapshot`, besides what only the engine reads."""

    __slots__ = (
        "_snapshot", "answered_at", "asker", "asks", "awaiting", "background", "beside", "bridge", "by", "call",
        "call_id", "cause", "created_at", "direction", "ended_at", "failure", "from_", "greeting", "id", "inherited",
        "is_held", "is_muted", "limits", "machine", "memo", "name", "parent", "place", "position", "program",
        "recordings", "ring_limit", "ringing_at", "run", "said", "seat", "shelf", "state", "time_limit", "to", "vendor",
        "watch",
    )  # fmt: skip

    def __init__(
        self,
        leg_id: str,
        name: str,
        call: Call,
        parent: Leg | None,
        vendor: str,
        direction: Literal["inbound", "outbound"],
        from_: str,
        to: str,
        at: datetime,
        memo: Any,
        shelf: str = "",
    ) -> None:
        self.id = leg_id
        self.name = name
        self.call = call
        self.call_id = call.id
        self.parent = parent
        self.vendor = vendor
        self.direction: Literal["inbound", "outbound"] = direction
        self.from_ = from_
        self.to = to
        self.state: State = "queued"
        self.created_at = at
        self.ringing_at: datetime | None = None
        self.answered_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.is_held = self.is_muted = False
        self.bridge: Bridge | None = None
        self.seat: Member | None = None  # in a room
        self.place: Waiter | None = None  # in a queue
        self.watch: Watch | None = None
        self.machine: bool | None = None
        self.position = 0
        self.cause: Cause | None = None
        self.by: Who | None = None
        self.failure: Failure | None = None
        self.memo = memo
        self.shelf = shelf
        # the engine's own
        self.program: Program | None = None
        self.beside: tuple[Verb, ...] = ()
        self.run: list[Frame] = []
        self.background: list[Activity] | None = None
        self.awaiting: str | None = None
        self.asker: Frame | None = None
        self.asks = 0
        self.greeting: bool | None = None  # True: a machine's
        self.recordings = 0  # how many were begun
        self.said: tuple[datetime, str] | None = None  # the far end's last words, and when they end
        self.inherited: tuple[Cause, Who] | None = None  # how the last partner ended, or threw it out
        self.ring_limit: timedelta | None = None
        self.time_limit: timedelta | None = None
        self.limits: tuple[Timer, ...] = ()
        self._snapshot: LegSnapshot | None = None

    @property
    def partner(self) -> Leg | None:
        """The other member of a bridge of two."""
        if self.bridge is None:
            return None
        return next((leg for leg in self.bridge.members if leg is not self), None)

    @property
    def heard(self) -> list[Leg]:
        """Whose far ends this leg's far end hears."""
        return heard(self)

    def changed(self) -> None:
        """Must be called after any change a snapshot shows."""
        self._snapshot = None

    def snapshot(self) -> LegSnapshot:
        """The leg as it is now, frozen."""
        made = self._snapshot
        if made is None:
            partner = self.partner if self.bridge is not None else None
            made = self._snapshot = LegSnapshot(
                self.id, self.call_id, self.name, self.parent.id if self.parent else None, self.vendor, self.direction,
                self.from_, self.to, self.state, self.is_held, partner.id if partner else None, self.machine,
                self.position, self.cause, self.by, self.failure, self.created_at, self.ringing_at, self.answered_at,
                self.ended_at, self.memo, self.is_muted, self.seat.room.id if self.seat else None,
                self.place.queue.id if self.place else None,
            )  # fmt: skip
        return made
