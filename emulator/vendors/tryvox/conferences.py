"""Conferences: which there are, who is in them, who is heard. Rooms open and close as calls come and go."""

from __future__ import annotations

from typing import Any

from emulator.engine.commands import ChangeMembers, EndRoom
from emulator.engine.snapshots import MemberSnapshot, RoomSnapshot
from emulator.vendors.tryvox.errors import Rejected, not_found
from emulator.vendors.tryvox.serving import Answer, Asking
from emulator.vendors.tryvox.wire import iso

__all__ = ["end", "list_conferences", "mute", "retrieve", "unmute"]


def list_conferences(asking: Asking) -> Answer:
    """TRYVOX-65."""
    return 200, {"conferences": [{**_head(room), "members": len(room.members), "created_at": iso(room.opened_at)}
                                 for room in _rooms(asking)]}  # fmt: skip


def retrieve(asking: Asking) -> Answer:
    """TRYVOX-65."""
    room = _room(asking)
    members = [_member(member) for member in room.members]
    return 200, {**_head(room), "created_at": iso(room.opened_at), "members": members}


def end(asking: Asking) -> Answer:
    """TRYVOX-71: everybody goes on with the next instruction."""
    asking.sandbox.do(EndRoom(_room(asking).id))
    return 204, None


def mute(asking: Asking) -> Answer:
    """TRYVOX-76, and so for the next."""
    room, member = _change(asking, "mute")
    return 200, {"name": room.name, "member_id": f"m{member.id}", "muted": True}


def unmute(asking: Asking) -> Answer:
    _change(asking, "unmute")
    return 204, None


def _change(asking: Asking, what: Any) -> tuple[RoomSnapshot, MemberSnapshot]:
    room = _room(asking)
    member = next((each for each in room.members if f"m{each.id}" == asking.ids[1]), None)
    if member is None:
        raise Rejected(not_found("Member"))
    asking.sandbox.do(ChangeMembers(room.id, what, (member.id,)))
    return room, member


def _rooms(asking: Asking) -> list[RoomSnapshot]:
    """TRYVOX-72: those that calls of this key and tenant opened."""
    return [room for room in asking.sandbox.rooms() if room.scope == asking.shelf]


def _room(asking: Asking) -> RoomSnapshot:
    room = next((room for room in _rooms(asking) if room.name == asking.ids[0]), None)
    if room is None:
        raise Rejected(not_found("Conference"))
    return room


def _head(room: RoomSnapshot) -> dict[str, Any]:
    return {"name": room.name, "status": "in-progress"}


def _member(member: MemberSnapshot) -> dict[str, Any]:
    return {
        "member_id": f"m{member.id}",
        "call_uuid": member.name,
        "number": member.from_ if member.direction == "inbound" else member.to,
        "muted": member.muted,
        "hold": member.held,
        "joined_at": iso(member.joined_at),
    }
