"""Verbs that hold no program of their own. `program` exports them all; import them from there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Literal

from emulator.engine.hooks import Hook
from emulator.engine.recordings import Format
from emulator.engine.values import field, value

__all__ = ["Beep", "Dequeue", "Leave", "PauseRecording", "Record", "RecordCall", "StopRecording", "Supervise"]

_SECOND: Final = timedelta(seconds=1)


@value
class Beep:
    """A tone of `Nominal.beep`. Media, as `Say`."""

    early: bool = False
    where: str = ""


@value
class Dequeue:
    """Take who waits longest in a queue and be bridged with them, until either leg is gone; answers as `Say`.

    Of equal priority the oldest first. `leg`: that waiter only (the engine's id). With nobody there it waits for
    `timeout`, None for ever. `beep`: both hear a tone as they are bridged. `hook` is asked or told when it is over,
    fields `outcome` (`bridged`, `timeout`, `hangup`: this leg ended), `queue`, `name`, `waited`
    (this leg's seconds until the bridge), `seconds` (bridged), `partner` (a leg id, or "").
    """

    queue: str
    scope: str = ""
    timeout: timedelta | None = None
    leg: str = ""
    beep: bool = False
    hook: Hook | None = None
    extra: Any = field(default=None, hash=False)
    where: str = ""


@value
class Leave:
    """In a wait program: leave the queue, or the room, that it waits in or for. Nothing elsewhere."""

    where: str = ""


@value
class Record:
    """Record the leg until something ends it. Media, as `Say`.

    Begins after the `beep`, if there is one. Ends after `max_length`, when the far end has said and pressed nothing
    for `silence_timeout`, or at a key of `finish_on`; other keys are lost. `started` is told with the fields
    `recording` (its id), `name` (the vendor's), `format`, `channels`, `started_at`. When it is over `done` is told and
    then `hook` asked, with the same fields and `seconds`, `ended_at`, `ended_by`, `key` (see `Recording`). A leg that
    ends or is taken elsewhere tells both, `hook` only if `tell_on_end`. `extra` stays with the recording.
    """

    hook: Hook | None = None
    done: Hook | None = None
    started: Hook | None = None
    beep: bool = True
    max_length: timedelta | None = 60 * _SECOND
    silence_timeout: timedelta | None = None
    finish_on: str = ""
    format: Format = "mp3"
    channels: int = 1
    tell_on_end: bool = True
    extra: Any = field(default=None, hash=False)
    where: str = ""


@value
class RecordCall:
    """Record the leg beside its program, whatever that becomes; the next verb begins at once.

    It is called `name` on the leg, and stops another of that name. `start`: when the leg is answered, or in a bridge;
    at once if it is. `until`: the leg's end, or that of its bridge. `started` and `done` are told, fields as of
    `Record`. Answers nothing.
    """

    name: str = "recording"
    start: Literal["answer", "bridge"] = "answer"
    until: Literal["end", "unbridge"] = "end"
    started: Hook | None = None
    done: Hook | None = None
    beep: bool = False
    max_length: timedelta | None = None
    format: Format = "mp3"
    channels: int = 1
    extra: Any = field(default=None, hash=False)
    where: str = ""


@value
class StopRecording:
    """Stop the `RecordCall` of this name; "": all of the leg's."""

    name: str = ""
    where: str = ""


@value
class PauseRecording:
    """Leave what follows out of the `RecordCall` of this name ("": of all of the leg's), or take it up again."""

    name: str = ""
    paused: bool = True
    where: str = ""


@value
class Supervise:
    """Join the live bridge of leg `of` (the engine's id) as a third party, until that bridge is over.

    `mode`: `listen` hears both and is heard by nobody, `whisper` is heard by `of` alone, `talk` by both. Without such
    a bridge it is over at once. `hook` is asked or told then, fields `outcome` (`over`, `none`, `hangup`), `of`,
    `mode`, `seconds`.
    """

    of: str
    mode: Literal["listen", "whisper", "talk"] = "listen"
    hook: Hook | None = None
    where: str = ""
