"""Conference: be in a room with others.

Phases: `in` (a member), `asked` (the stay is over; the application decides). What a member hears besides the others
are rounds on top of this frame: `enter` once, `wait` while there is reason to. Whatever changes in the room reaches
the other members as a signal (`Roomed`) that names their frame, so each moves in its own turn: `look` (who is in, and
whether it started, may have changed) or the outcome of being thrown out. A stay has up to three deadlines and the frame
one timer, which is set for the first of them.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from emulator.engine import events as e
from emulator.engine import program as p
from emulator.engine.causes import HANGUP
from emulator.engine.rooms import Member, Room
from emulator.engine.signals import (
    Depart,
    Digit,
    Enter,
    Leave,
    NoReplied,
    Replied,
    Returned,
    Roomed,
    Signal,
    Speech,
    Step,
    TimedOut,
)  # fmt: skip
from emulator.engine.verbs.membership import SOUND, Stay, changed, schedule, sound, tell

if TYPE_CHECKING:
    from emulator.engine.core import Core
    from emulator.engine.legs import Frame, Leg

__all__ = ["conference"]

_THROWN = ("kicked", "ended", "stopped")


def conference(core: Core, leg: Leg, frame: Frame, verb: p.Conference, signal: Signal) -> Step:
    if isinstance(signal, Enter):
        return _come(core, leg, frame, verb)
    state: Stay = frame.state
    member = state.member
    if state.phase == "asked" or member is None:
        asked = isinstance(signal, Replied | NoReplied) and verb.hook is not None
        return core.answered(leg, verb.hook, signal) if asked else Step.PASS  # type: ignore[arg-type]
    if isinstance(signal, Replied | NoReplied):
        state.rounds.replied(core, leg, signal)
        return Step.WAIT
    if isinstance(signal, Leave):
        return _leave(core, leg, frame, verb, signal)
    if isinstance(signal, Digit):
        return _digit(core, leg, frame, verb, signal.digit)
    if isinstance(signal, Speech):
        _talk(core, leg, frame, verb, signal.seconds)
        return Step.WAIT
    if isinstance(signal, TimedOut):
        return _timed_out(core, leg, frame, verb)
    if isinstance(signal, Depart):
        return _out(core, leg, frame, verb, "left")
    if isinstance(signal, Roomed):
        return _settle(core, leg, frame, verb) if signal.what == "look" else _out(core, leg, frame, verb, signal.what)
    if isinstance(signal, Returned):
        state.rounds.returned(core)
        return _settle(core, leg, frame, verb)
    return Step.PASS


# --- in --------------------------------------------------------------------------------------------------------


def _come(core: Core, leg: Leg, frame: Frame, verb: p.Conference) -> Step:
    now = core.now
    room = core.rooms.find(leg.vendor, verb.scope, verb.room)
    if verb.max_members is not None and (len(room.members) if room else 0) >= verb.max_members:
        frame.state = Stay(None)
        return _finish(core, leg, frame, verb, None, "full")
    is_new = room is None
    if room is None:
        room = core.rooms.start(leg.vendor, verb.scope, verb.room, now)
        core.emit(e.RoomOpened(now, leg.snapshot(), room.snapshot()))
    member = room.add(leg, frame, verb, now)
    frame.state = state = Stay(member)
    core.emit(e.MemberJoined(now, leg.snapshot(), room.snapshot(), member.snapshot()))
    tell(core, verb, member, "enter", is_first=is_new)
    if verb.starts and room.state == "waiting":
        room.state, room.started_at = "started", now
        core.emit(e.RoomStarted(now, leg.snapshot(), room.snapshot()))
        tell(core, verb, member, "start", is_first=is_new)
    if verb.time_limit is not None:
        state.deadlines["limit"] = now + verb.time_limit
        schedule(core, leg, frame)
    if verb.enter_sound is not None:
        sound(core, room, (verb.enter_sound,))
    _stir(core, room, member)
    return _settle(core, leg, frame, verb)


def _stir(core: Core, room: Room, but: Member) -> None:
    """Everybody else looks round."""
    for other in room.members.values():
        if other is not but:
            core.signal(other.leg, Roomed("look"), other.frame)


def _settle(core: Core, leg: Leg, frame: Frame, verb: p.Conference) -> Step:
    """Hear what there is reason to hear now, or go if there is nobody."""
    state: Stay = frame.state
    member = state.member
    assert member is not None
    room, rounds = member.room, state.rounds
    is_alone = len(room.members) == 1
    if is_alone and not verb.stays_alone:
        return _out(core, leg, frame, verb, "alone")
    if member.entered_at is None and room.state == "started":
        member.entered_at = core.now
    if room.state == "waiting" or member.held or (verb.waits_alone and is_alone):
        if rounds.kind != "wait":
            rounds.stop(core, leg, frame)
            rounds.begin(core, leg, frame, "wait", member.wait, _round_fields(member, "wait"))
        return Step.WAIT
    if rounds.kind == "wait":
        rounds.stop(core, leg, frame)
    if not state.said_enter:
        state.said_enter = True
        rounds.begin(core, leg, frame, "enter", verb.enter, _round_fields(member, "enter"))
    return Step.WAIT


def _round_fields(member: Member, event: str) -> dict[str, Any]:
    room = member.room
    return {
        "event": event, "room": room.id, "name": room.name, "member": member.id, "members": len(room.members),
    }  # fmt: skip


# --- what its far end does -------------------------------------------------------------------------------------


def _digit(core: Core, leg: Leg, frame: Frame, verb: p.Conference, digit: str) -> Step:
    state: Stay = frame.state
    member = state.member
    assert member is not None
    if verb.relay_digits and not leg.is_muted:
        for other in member.room.members.values():
            if other is not member and not (other.deaf or other.held):
                core.emit(e.DigitsSent(core.now, other.leg.snapshot(), digit))
    if digit in verb.leave_on:
        return _out(core, leg, frame, verb, "key", digit)
    wanted = verb.digits_match
    if wanted:
        keys = state.keys + digit
        found = max((each for each in wanted if keys.endswith(each)), key=len, default="")
        state.keys = "" if found else keys[-max(map(len, wanted)) :]
        if found:
            tell(core, verb, member, "digits", digits=found)
    return Step.WAIT


def _talk(core: Core, leg: Leg, frame: Frame, verb: p.Conference, span: timedelta) -> None:
    state: Stay = frame.state
    member = state.member
    assert member is not None
    until = core.now + span
    if member.muted or member.held or leg.is_muted or member.room.state != "started" or until == core.now:
        return
    state.deadlines["silence"] = max(until, state.deadlines.get("silence", until))
    schedule(core, leg, frame)
    if not member.talking:
        member.talking = True
        changed(core, verb, member, "talk")


def _timed_out(core: Core, leg: Leg, frame: Frame, verb: p.Conference) -> Step:
    state: Stay = frame.state
    member = state.member
    assert member is not None
    due = [key for key, at in state.deadlines.items() if at <= core.now]
    for key in due:
        del state.deadlines[key]
    if "silence" in due:
        member.talking = False
        changed(core, verb, member, "silence")
    if "limit" in due:
        return _out(core, leg, frame, verb, "time-limit")
    schedule(core, leg, frame)
    return Step.WAIT


# --- out -------------------------------------------------------------------------------------------------------


def _leave(core: Core, leg: Leg, frame: Frame, verb: p.Conference, signal: Leave) -> Step:
    """The leg ends, or is taken elsewhere."""
    member = frame.state.member
    frame.state.phase = "asked"
    _depart(core, leg, frame, verb, member, "hangup" if signal.is_end else "redirect")
    if signal.is_end and verb.hook is not None:
        core.emit(e.Told(core.now, leg.snapshot(), verb.hook, _over_fields(core, verb, member, "hangup")))
    return Step.WAIT


def _out(core: Core, leg: Leg, frame: Frame, verb: p.Conference, outcome: str, key: str = "") -> Step:
    """It leaves the room and lives."""
    state: Stay = frame.state
    state.rounds.stop(core, leg, frame)
    core.unwait(frame)
    member = state.member
    assert member is not None
    _depart(core, leg, frame, verb, member, outcome)
    leg.inherited = (HANGUP, "partner") if outcome in _THROWN else None
    return _finish(core, leg, frame, verb, member, outcome, key)


def _depart(core: Core, leg: Leg, frame: Frame, verb: p.Conference, member: Member, outcome: str) -> None:
    room, now = member.room, core.now
    core.stop_beside(leg, [each for each in leg.background or () if each.name.partition(" ")[0] == SOUND])
    if member.talking:
        member.talking = False
        changed(core, verb, member, "silence")
    shown = member.snapshot()
    room.remove(member)
    core.emit(e.MemberLeft(now, leg.snapshot(), room.snapshot(), shown, outcome))
    tell(core, verb, member, "leave", outcome=outcome)
    if not room.members:
        core.rooms.end(room, now)
        core.emit(e.RoomEnded(now, leg.snapshot(), room.snapshot()))
        tell(core, verb, member, "end")
        return
    if verb.ends and not room.is_closed:
        core.rooms.close(room)
        for other in room.members.values():
            core.signal(other.leg, Roomed("ended"), other.frame)
    elif not room.is_closed:
        if verb.exit_sound is not None:
            sound(core, room, (verb.exit_sound,))
        _stir(core, room, member)


def _finish(
    core: Core, leg: Leg, frame: Frame, verb: p.Conference, member: Member | None, outcome: str, key: str = ""
) -> Step:
    frame.state.phase = "asked"
    return core.consult(leg, frame, verb.hook, _over_fields(core, verb, member, outcome, key))


def _over_fields(core: Core, verb: p.Conference, member: Member | None, outcome: str, key: str = "") -> dict[str, Any]:
    seconds = (core.now - member.joined_at).total_seconds() if member else 0.0
    return {
        "outcome": outcome, "room": member.room.id if member else "", "name": verb.room,
        "member": member.id if member else "", "seconds": seconds, "key": key,
    }  # fmt: skip
