"""The Conference API: rooms that documents have opened, and who is in them."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any, Final, Literal

from emulator.engine.commands import ChangeMembers, HangUp, InCall, SilenceMembers, SoundToMembers, StopInCall
from emulator.engine.program import Play, RecordCall, Say
from emulator.engine.snapshots import MemberSnapshot, RoomSnapshot
from emulator.errors import Refused
from emulator.vendors.vobiz.errors import Rejected
from emulator.vendors.vobiz.recording import done_hook
from emulator.vendors.vobiz.serving import Answer, Asking
from emulator.vendors.vobiz.wire import without_plus

__all__ = [
    "deaf", "hang_up", "hang_up_all", "hang_up_member", "kick", "list_rooms", "mute", "play", "record", "retrieve",
    "speak", "stop_record", "stop_sound", "undeaf", "unmute",
]  # fmt: skip

_ALL: Final = "all"
_RECORD: Final = "room record"
"""How the recordings begin that end with their member's stay."""


def list_rooms(asking: Asking) -> Answer:
    """VOBIZ-129: the names, oldest first; as the live service does it, none."""
    is_live = asking.sandbox.settings.conference_api == "live"
    names = [] if is_live else [room.name for room in asking.sandbox.rooms()]
    return 200, {"api_id": asking.api_id(), "conferences": names}


def retrieve(asking: Asking) -> Answer:
    """VOBIZ-130."""
    room = _room(asking)
    if asking.sandbox.settings.conference_api == "live":
        return 200, {"error": "failed", "api_id": asking.api_id()}
    now = asking.sandbox.now()
    return 200, {
        "conference_name": room.name,
        "conference_run_time": _seconds(room.opened_at, now),
        "conference_member_count": str(len(room.members)),
        "members": [_member(member, now) for member in room.members],
        "api_id": asking.api_id(),
    }


def _member(member: MemberSnapshot, now: datetime) -> dict[str, Any]:
    memo = member.memo or {}
    caller_name = member.from_ if member.direction == "inbound" else memo.get("caller_name", "")
    return {
        "muted": member.muted, "member_id": member.id, "deaf": member.deaf, "from": without_plus(member.from_),
        "to": without_plus(member.to), "caller_name": caller_name, "direction": member.direction,
        "call_uuid": member.name, "join_time": _seconds(member.joined_at, now),
    }  # fmt: skip


def _seconds(since: datetime, now: datetime) -> str:
    return str(int((now - since).total_seconds()))


def _room(asking: Asking) -> RoomSnapshot:
    """VOBIZ-130: by exact name. Raises `Rejected` (404)."""
    for room in asking.sandbox.rooms():
        if room.name == asking.id:
            return room
    raise Rejected(404, "conference not found", is_bare=True)


def _members(asking: Asking, room: RoomSnapshot) -> tuple[MemberSnapshot, ...]:
    """VOBIZ-131: an id, ids joined with commas, or `all`. Raises `Rejected` (404)."""
    if asking.part == _ALL:
        return room.members
    known = {member.id: member for member in room.members}
    wanted = _named(asking)
    if not wanted or not all(each in known for each in wanted):
        raise Rejected(404, "member not found")
    return tuple(known[each] for each in wanted)


def _named(asking: Asking) -> list[str]:
    """As the path has it."""
    return [part for part in (each.strip() for each in asking.part.split(",")) if part]


# --- ending ------------------------------------------------------------------------------------------------------


def _end(asking: Asking, members: tuple[MemberSnapshot, ...]) -> Answer:
    """VOBIZ-132: who is thrown out this way was hung up on, by the other side."""
    for member in members:
        with suppress(Refused):  # one that another's leaving has ended already
            asking.sandbox.do(HangUp(member.leg, "partner"))
    return 204, None


def hang_up(asking: Asking) -> Answer:
    return _end(asking, _room(asking).members)


def hang_up_all(asking: Asking) -> Answer:
    return _end(asking, tuple(member for room in asking.sandbox.rooms() for member in room.members))


def hang_up_member(asking: Asking) -> Answer:
    return _end(asking, _members(asking, _room(asking)))


# --- members -----------------------------------------------------------------------------------------------------


def _change(
    asking: Asking, change: Literal["mute", "unmute", "deafen", "undeafen", "kick"], message: str = ""
) -> Answer:
    """VOBIZ-131: 202 with the message, or 204 for what is taken back."""
    room = _room(asking)
    members = _members(asking, room)
    if members:
        asking.sandbox.do(ChangeMembers(room.id, change, tuple(member.id for member in members)))
    return _done(asking, message) if message else (204, None)


def _done(asking: Asking, message: str) -> Answer:
    return 202, {"message": message, "member_id": _named(asking), "api_id": asking.api_id()}


def mute(asking: Asking) -> Answer:
    return _change(asking, "mute", "muted")


def unmute(asking: Asking) -> Answer:
    return _change(asking, "unmute")


def deaf(asking: Asking) -> Answer:
    return _change(asking, "deafen", "deaf")


def undeaf(asking: Asking) -> Answer:
    return _change(asking, "undeafen")


def kick(asking: Asking) -> Answer:
    """VOBIZ-132: they go on with what follows their Conference."""
    return _change(asking, "kick", "kicked")


def play(asking: Asking) -> Answer:
    """VOBIZ-133."""
    fields = asking.fields()
    fields.required("url")
    return _sound(asking, Play(fields.url("url")), "play queued into conference")


def speak(asking: Asking) -> Answer:
    """VOBIZ-133."""
    fields = asking.fields()
    text, voice = fields.required("text"), fields.text("voice", "WOMAN")
    return _sound(
        asking, Say(text, voice=voice, language=fields.text("language", "en-US")), "speak queued into conference"
    )


def _sound(asking: Asking, verb: Play | Say, message: str) -> Answer:
    room = _room(asking)
    members = tuple(member.id for member in _members(asking, room))
    asking.sandbox.do(SoundToMembers(room.id, (verb,), members))
    return _done(asking, message)


# --- recording ---------------------------------------------------------------------------------------------------


def record(asking: Asking) -> Answer:
    """VOBIZ-134: what the member hears and says who has been in for longest, until it leaves."""
    fields = asking.fields()
    format_: Literal["mp3", "wav"] = "wav" if fields.choice("file_format", "mp3", ("mp3", "wav")) == "wav" else "mp3"
    fields.choice("transcription_type", "auto", ("auto",))
    done = done_hook(
        fields.url("callback_url"), fields.method("callback_method"), (fields.url("transcription_url"), "POST"),
        api_id=asking.api_id(),
    )  # fmt: skip
    room = _room(asking)
    oldest = room.members[0].leg
    verb = RecordCall(done=done, format=format_, extra={"conference": room.name})
    asking.sandbox.do(InCall(oldest, f"{_RECORD} {asking.api_id()}", (verb,)))
    return 200, {"api_id": asking.api_id(), "message": "async api spawned"}


def stop_record(asking: Asking) -> Answer:
    """VOBIZ-134."""
    members = {member.leg for member in _room(asking).members}
    for recording in asking.sandbox.recordings():
        if recording.leg in members and recording.ended_at is None and recording.activity.startswith(_RECORD):
            asking.sandbox.do(StopInCall(recording.leg, recording.activity))
    return 204, None


# --- sounds ------------------------------------------------------------------------------------------------------


def stop_sound(asking: Asking) -> Answer:
    room = _room(asking)
    members = tuple(member.id for member in _members(asking, room))
    asking.sandbox.do(SilenceMembers(room.id, members))
    return 204, None
