"""Rooms and who is in them: mutable inside, `snapshot()` outside. What moves them is the verb `Conference`.

A room is open from its first member's coming until it is closed: by the last one's leaving, by a member that ends it,
or by a command. A closed room takes nobody, so that one of its name can be opened at the same instant while those in
the old one are still on their way out.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Literal

from emulator.engine.snapshots import MemberSnapshot, RoomSnapshot

if TYPE_CHECKING:
    from emulator.engine.legs import Frame, Leg
    from emulator.engine.program import Conference, Hook, Program

__all__ = ["Member", "Room", "Rooms"]


class Member:
    """One leg in a room, and the frame whose `Conference` holds it there."""

    __slots__ = (
        "coaches", "deaf", "entered_at", "frame", "held", "id", "joined_at", "leg", "moderator", "muted", "room", "tag",
        "talking", "wait",
    )  # fmt: skip

    def __init__(self, member_id: str, leg: Leg, frame: Frame, verb: Conference, room: Room, at: datetime) -> None:
        self.id = member_id
        self.leg = leg
        self.frame = frame
        self.room = room
        self.muted, self.deaf, self.held = verb.muted, verb.deaf, False
        self.moderator = verb.moderator
        self.tag = verb.tag
        self.coaches = verb.speaks_only_to
        self.talking = False
        self.joined_at = at
        self.entered_at: datetime | None = None
        self.wait: Hook | Program | None = verb.wait

    def snapshot(self) -> MemberSnapshot:
        leg = self.leg
        return MemberSnapshot(
            self.id, leg.id, leg.name, leg.call_id, leg.from_, leg.to, leg.direction, self.muted, self.deaf, self.held,
            self.moderator, self.talking, self.tag, self.coaches, self.joined_at, self.entered_at, leg.memo,
        )  # fmt: skip


class Room:
    """Members by id, in the order they came. `is_closed`: it takes nobody any more."""

    __slots__ = (
        "ended_at", "id", "is_closed", "joined", "members", "name", "opened_at", "scope", "started_at", "state",
        "vendor",
    )  # fmt: skip

    def __init__(self, room_id: str, vendor: str, scope: str, name: str, at: datetime) -> None:
        self.id = room_id
        self.vendor, self.scope, self.name = vendor, scope, name
        self.state: Literal["waiting", "started", "ended"] = "waiting"
        self.opened_at = at
        self.started_at: datetime | None = None
        self.ended_at: datetime | None = None
        self.members: dict[str, Member] = {}
        self.joined = 0
        self.is_closed = False

    def snapshot(self) -> RoomSnapshot:
        return RoomSnapshot(
            self.id, self.name, self.vendor, self.scope, self.state, self.opened_at, self.started_at, self.ended_at,
            tuple(member.snapshot() for member in self.members.values()), self.joined,
        )  # fmt: skip

    def add(self, leg: Leg, frame: Frame, verb: Conference, at: datetime) -> Member:
        self.joined += 1
        member = Member(str(self.joined), leg, frame, verb, self, at)
        self.members[member.id] = member
        leg.seat = member
        leg.changed()
        return member

    def remove(self, member: Member) -> None:
        del self.members[member.id]
        member.leg.seat = None
        member.leg.changed()


class Rooms:
    """Every room that somebody is in. `open`: those that take members, by vendor, scope and name."""

    __slots__ = ("by_id", "count", "open")

    def __init__(self) -> None:
        self.by_id: dict[str, Room] = {}
        self.open: dict[tuple[str, str, str], Room] = {}
        self.count = 0

    def find(self, vendor: str, scope: str, name: str) -> Room | None:
        return self.open.get((vendor, scope, name))

    def start(self, vendor: str, scope: str, name: str, at: datetime) -> Room:
        self.count += 1
        room = Room(f"r{self.count}", vendor, scope, name, at)
        self.by_id[room.id] = self.open[vendor, scope, name] = room
        return room

    def close(self, room: Room) -> None:
        """It takes nobody any more. Nothing if it is closed."""
        if not room.is_closed:
            room.is_closed = True
            del self.open[room.vendor, room.scope, room.name]

    def end(self, room: Room, at: datetime) -> None:
        """The last member has left."""
        self.close(room)
        room.state, room.ended_at = "ended", at
        del self.by_id[room.id]

    def of(self, vendor: str) -> list[RoomSnapshot]:
        """Snapshots of a vendor's open rooms, oldest first."""
        return [room.snapshot() for room in self.by_id.values() if room.vendor == vendor and not room.is_closed]
