"""Members of a room, whoever changes them: what they keep while they stay, what they are made to hear, what is told."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from emulator.engine import events as e
from emulator.engine import program as p
from emulator.engine.rooms import Member, Room
from emulator.engine.signals import Roomed
from emulator.engine.waiting import Rounds

if TYPE_CHECKING:
    from emulator.engine.core import Core
    from emulator.engine.legs import Frame, Leg

__all__ = ["SOUND", "Stay", "change", "changed", "schedule", "sound", "tell"]

SOUND = "room"
"""The name of what sounds beside a member's program because it is in a room. What is named `room …` by a command of the
leg's (a recording, say) ends with its stay too."""


class Stay:
    """One member's time in a room."""

    __slots__ = ("deadlines", "keys", "member", "phase", "rounds", "said_enter")

    def __init__(self, member: Member | None) -> None:
        self.phase = "in"
        self.member = member
        self.rounds = Rounds()
        self.said_enter = False
        self.keys = ""
        self.deadlines: dict[str, datetime] = {}


def schedule(core: Core, leg: Leg, frame: Frame) -> None:
    """Set the frame's timer for the first of its deadlines."""
    deadlines: dict[str, datetime] = frame.state.deadlines
    if deadlines:
        core.wait(leg, frame, "room", min(deadlines.values()) - core.now)
    else:
        core.unwait(frame)


def sound(core: Core, room: Room, verbs: tuple[p.Verb, ...], members: tuple[Member, ...] = ()) -> None:
    """Beside whatever these members, or all, hear; not to the deaf and the held."""
    for member in members or tuple(room.members.values()):
        if not (member.deaf or member.held):
            core.begin_beside(member.leg, *verbs, name=SOUND)


def change(core: Core, member: Member, what: str, tag: str, wait: p.Hook | p.Program | None) -> None:
    """One change of `ChangeMembers` to one member; nothing if it is so already."""
    if what == "kick":
        core.signal(member.leg, Roomed("kicked"), member.frame)
        return
    verb = member.frame.verb
    state: Stay = member.frame.state
    assert isinstance(verb, p.Conference)
    name, value = {
        "mute": ("muted", True), "unmute": ("muted", False), "deafen": ("deaf", True), "undeafen": ("deaf", False),
        "hold": ("held", True), "unhold": ("held", False), "tag": ("tag", tag), "untag": ("tag", ""),
        "coach": ("coaches", tag), "uncoach": ("coaches", ""),
    }[what]  # fmt: skip
    if getattr(member, name) == value:
        return
    setattr(member, name, value)
    if what in ("mute", "hold") and member.talking:
        member.talking = False
        state.deadlines.pop("silence", None)
        schedule(core, member.leg, member.frame)
        changed(core, verb, member, "silence")
    if what in ("deafen", "hold"):
        core.stop_beside(member.leg, core.activities(member.leg, SOUND))
    if name == "held":
        member.wait = wait if value and wait is not None else verb.wait
        state.rounds.quiet = tuple(kind for kind in state.rounds.quiet if kind != "wait")
        state.rounds.stop(core, member.leg, member.frame)
        core.signal(member.leg, Roomed("look"), member.frame)
    changed(core, verb, member, what)


def changed(core: Core, verb: p.Conference, member: Member, what: str) -> None:
    """Say so."""
    core.emit(e.MemberChanged(core.now, member.leg.snapshot(), member.room.snapshot(), member.snapshot(), what))
    tell(core, verb, member, what)


def tell(core: Core, verb: p.Conference, member: Member, event: str, is_first: bool = False, **more: str) -> None:
    """The hook of its events, if it is to hear of this one."""
    if verb.events is None or (verb.tells and event not in verb.tells):
        return
    room, now = member.room, core.now
    fields = {
        "event": event, "room": room.id, "name": room.name, "member": member.id, "members": len(room.members),
        "is_first": is_first, "is_last": not room.members, "since": (now - room.opened_at).total_seconds(),
        "seconds": (now - member.joined_at).total_seconds(), **more,
    }  # fmt: skip
    core.emit(e.Told(now, member.leg.snapshot(), verb.events, fields))
