"""Legs, rooms and queues as they were at one instant: frozen. Instants are aware UTC or None."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from emulator.engine.causes import Cause, Failure, Who
from emulator.engine.values import field, value

__all__ = ["LegSnapshot", "MemberSnapshot", "QueueSnapshot", "RoomSnapshot", "State", "WaiterSnapshot"]

State = Literal["queued", "ringing", "early media", "answered", "ended"]


@value
class LegSnapshot:
    """One leg as it was. `name` is the vendor's own id for it (a `call_uuid`, a `call_sid`).

    Instants are aware UTC or None. `position` is the child's 1-based place in its dial. `machine` is what a `Detect`
    found, None before. `room` and `queue`: the engine's id of the one it is in. An ended leg is in none, has no
    `partner`, and is held and muted no more.
    """

    id: str
    call: str
    name: str
    parent: str | None
    vendor: str
    direction: Literal["inbound", "outbound"]
    from_: str
    to: str
    state: State
    is_held: bool
    partner: str | None
    machine: bool | None
    position: int
    cause: Cause | None
    by: Who | None
    failure: Failure | None
    created_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None
    memo: Any = field(hash=False)
    is_muted: bool = False
    room: str | None = None
    queue: str | None = None


@value
class MemberSnapshot:
    """One member of a room. `id` counts up within the room; `name` is the vendor's id of its `leg`.

    `talking`: it says something now. `coaches`: only members with this tag hear it, "" is all. `entered_at`: when its
    waiting for the start was over.
    """

    id: str
    leg: str
    name: str
    call: str
    from_: str
    to: str
    direction: Literal["inbound", "outbound"]
    muted: bool
    deaf: bool
    held: bool
    moderator: bool
    talking: bool
    tag: str
    coaches: str
    joined_at: datetime
    entered_at: datetime | None
    memo: Any = field(default=None, hash=False)


@value
class RoomSnapshot:
    """One room, its members in the order they came. `joined`: how many ever did. `id` is the engine's."""

    id: str
    name: str
    vendor: str
    scope: str
    state: Literal["waiting", "started", "ended"]
    opened_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    members: tuple[MemberSnapshot, ...]
    joined: int

    def member_of(self, leg: str) -> MemberSnapshot | None:
        """The member that this leg (the engine's id) is."""
        return next((member for member in self.members if member.leg == leg), None)


@value
class WaiterSnapshot:
    """One leg in a queue. `position` is 1 for who is next."""

    leg: str
    name: str
    call: str
    from_: str
    to: str
    priority: int
    position: int
    joined_at: datetime


@value
class QueueSnapshot:
    """One queue, who is next first. An empty one is none."""

    id: str
    name: str
    vendor: str
    scope: str
    opened_at: datetime
    waiters: tuple[WaiterSnapshot, ...]
