"""Commands about rooms and supervision: what they name, what they refuse, what they set going."""

from __future__ import annotations

from typing import TYPE_CHECKING

from emulator.engine import commands as c
from emulator.engine.events import SupervisionChanged
from emulator.engine.rooms import Member, Room
from emulator.engine.signals import Roomed
from emulator.engine.verbs import membership
from emulator.errors import Refused

if TYPE_CHECKING:
    from emulator.engine.core import Core

__all__ = ["change_members", "end_room", "set_supervision", "silence_members", "sound_to_members"]


def _members(core: Core, command: c.RoomCommand, named: tuple[str, ...]) -> tuple[Room, tuple[Member, ...]]:
    """The room and those members, all of them for (). Raises `Refused`."""
    name = type(command).__name__
    room = core.rooms.by_id.get(command.room)
    if room is None:
        raise Refused("unknown_room", leg=command.room, command=name)
    missing = next((each for each in named if each not in room.members), None)
    if missing is not None:
        raise Refused("unknown_member", leg=f"{command.room}/{missing}", command=name)
    return room, tuple(room.members[each] for each in dict.fromkeys(named)) or tuple(room.members.values())


def change_members(core: Core, command: c.ChangeMembers) -> None:
    _, members = _members(core, command, command.members)
    for member in members:
        if not (command.spare_moderators and member.moderator):
            membership.change(core, member, command.change, command.tag, command.wait)


def sound_to_members(core: Core, command: c.SoundToMembers) -> None:
    room, members = _members(core, command, command.members)
    membership.sound(core, room, command.verbs, members)


def silence_members(core: Core, command: c.SilenceMembers) -> None:
    for member in _members(core, command, command.members)[1]:
        core.stop_beside(member.leg, core.activities(member.leg, membership.SOUND))


def end_room(core: Core, command: c.EndRoom) -> None:
    room, members = _members(core, command, ())
    core.rooms.close(room)
    for member in members:
        core.signal(member.leg, Roomed("stopped"), member.frame)


def set_supervision(core: Core, command: c.SetSupervision) -> None:
    leg = core.legs.get(command.leg)
    if leg is None:
        raise Refused("unknown_leg", leg=command.leg, command="SetSupervision")
    watch = leg.watch
    if watch is None:
        raise Refused("not_supervising", leg=command.leg, state=leg.state, command="SetSupervision")
    if watch.mode != command.mode:
        watch.mode = command.mode
        core.emit(SupervisionChanged(core.now, leg.snapshot(), watch.of.snapshot(), watch.mode))
