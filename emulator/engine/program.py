"""What a leg is told to do: verbs in a row, the same for every vendor's language.

All data. A vendor's `language` builds these from a document, the runner steps through them. Spans are `timedelta`.
`where` names the place in the document (`line:column` or a JSON path), for the ladder and for errors.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Literal

from emulator.engine.causes import HANGUP, Cause
from emulator.engine.recordings import Format
from emulator.engine.values import field, value

__all__ = [
    "AnswerVerb",
    "Detect",
    "Dial",
    "Fetch",
    "Gather",
    "HangUp",
    "Hook",
    "Pause",
    "PauseRecording",
    "Play",
    "Program",
    "Record",
    "RecordCall",
    "Say",
    "SendDigits",
    "StopRecording",
    "Tag",
    "Target",
    "Verb",
]

_SECOND: Final = timedelta(seconds=1)


@value
class Hook:
    """A URL of the application, and what its answer, or the lack of one, does to the leg: vendor behaviour as data.

    `purpose` is the callback's neutral name (`answer`, `gather`, `redirect`, …). `awaited` false: a notification,
    the answer means nothing. `on_failure`: the leg ends with `FAILED_APPLICATION`, or goes on with the next verb.
    `on_empty`: what a good answer without a program does. `cause`: the cause if `on_empty` is `end`.
    `fallback`: the URL to ask instead when this one failed. `extra` is the vendor's, opaque to the engine.
    """

    url: str
    method: str = "POST"
    purpose: str = "answer"
    awaited: bool = True
    on_failure: Literal["end", "next"] = "end"
    on_empty: Literal["next", "end", "idle"] = "next"
    cause: Cause | None = None
    fallback: Hook | None = None
    extra: Any = field(default=None, hash=False)


@value
class Fetch:
    """Ask the hook and run the program it answers, in place of everything that stands.

    `nested`: in place of this verb alone; what follows is run when it is through. `repeats`: it is run again, unasked,
    until something cuts it short, unless it takes no time.
    """

    hook: Hook
    where: str = ""
    nested: bool = False
    repeats: bool = False


@value
class Say:
    """Speak `text` `loop` times (0: without end). Media: answers an unanswered inbound leg unless `early`."""

    text: str
    loop: int = 1
    voice: str = ""
    language: str = ""
    early: bool = False
    where: str = ""


@value
class Play:
    """Play the file at `url` `loop` times (0: without end). Nothing is fetched: its length is nominal.

    Media, as `Say`."""

    url: str
    loop: int = 1
    early: bool = False
    where: str = ""


@value
class Pause:
    """Wait. Answers nothing: a leading pause of an inbound program delays the answer. `media`: it counts as media."""

    length: timedelta = _SECOND
    media: bool = False
    where: str = ""


@value
class Gather:
    """Collect digits or one utterance, while `prompts` play.

    Ends at `max_digits`, at a key of `finish_on` (removed from the result), `digit_timeout` after the last key,
    `speech_timeout` after the utterance, or `first_timeout` after the prompts with nothing at all. Keys outside
    `valid` (if any is named) are ignored. `barge_in`: input, or input of that kind, stops the prompts; without it,
    input during them is lost. A `first_timeout` or `digit_timeout` of None: it waits on. `digit_timeout` waits for
    `min_digits` keys. `overall_timeout`, if given, runs from the end of the prompts or the first key, whichever comes
    first, and no key restarts it: then fewer than `min_digits` keys count as nothing at all.
    A result asks (or tells, as the hook says) `hook` with the fields `digits`, `speech`, `input` (`digits` or
    `speech`), `ended_by` (`max`, `key`, `timeout`, `silence`), `key`. Nothing at all: `attempts` times in
    all, then the next verb, or the hook with empty fields and `ended_by` = `nothing` when `ask_when_empty`, or the
    leg's end with the cause `end_when_empty`. Without a hook: the next verb.
    """

    hook: Hook | None = None
    prompts: tuple[Verb, ...] = ()
    digits: bool = True
    speech: bool = False
    max_digits: int = 32
    finish_on: str = "#"
    valid: str = ""
    first_timeout: timedelta | None = 5 * _SECOND
    digit_timeout: timedelta | None = 2 * _SECOND
    speech_timeout: timedelta = _SECOND
    barge_in: bool | Literal["digits", "speech"] = True
    ask_when_empty: bool = False
    attempts: int = 1
    extra: Any = field(default=None, hash=False)
    early: bool = False
    where: str = ""
    min_digits: int = 1
    overall_timeout: timedelta | None = None
    end_when_empty: Cause | None = None


@value
class HangUp:
    """End the leg with `cause`; on an unanswered inbound leg with `refuse`, if given: no answer takes place.

    `after`: the leg ends that much later and the verbs that follow run meanwhile.
    `skip_unanswered`: does nothing on a leg that is not answered, `skip_answered` on one that is. Runs in the
    background when `after` is given.
    """

    cause: Cause = HANGUP
    refuse: Cause | None = None
    after: timedelta | None = None
    skip_unanswered: bool = False
    where: str = ""
    skip_answered: bool = False


@value
class SendDigits:
    """Send DTMF to the far end: `0-9*#A-D` keys, `w` half a second, `W` a second of silence. `tone` per key.

    Media, as `Say`."""

    digits: str
    tone: timedelta = timedelta(milliseconds=200)
    early: bool = False
    where: str = ""


@value
class Detect:
    """Decide whether a machine answered, within `limit`, and tell or ask `hook` (`machine` true or false).

    Nobody who greets within `limit` is a person. Beside a program the hook is always told.
    `hang_up`: a machine ends the leg with `MACHINE` (after a hook that is told, instead of one that is asked).
    """

    limit: timedelta = 5 * _SECOND
    hang_up: bool = False
    hook: Hook | None = None
    where: str = ""


@value
class AnswerVerb:
    """Answer an unanswered inbound leg; nothing on any other."""

    where: str = ""


@value
class Tag:
    """Merge `values` into the leg's memo, for the vendor's callbacks to show."""

    values: Any = field(hash=False)
    where: str = ""


@value
class Target:
    """One party to dial. `memo` is the child leg's, merged over its parent's."""

    to: str
    from_: str = ""
    memo: Any = field(default=None, hash=False)
    send_digits: SendDigits | None = None


@value
class Dial:
    """Ring every target at once; the first to answer is bridged with this leg, the others are cancelled (`LOST_RACE`).

    `in_turn`: one after another, until one is bridged. `ring_timeout` runs from dialling (each, in turn), `time_limit`
    from the bridge. An unanswered inbound leg is answered by the bridge. `confirm` runs on a target that has answered;
    the first that is through with it, instead of the first to answer, is bridged, and the ring time-out spares those
    who are at it. `music` runs on this leg until the bridge, or until nobody is left. When the winner ends, or nobody
    answered, `hook` is asked or told with the fields `outcome` (`answered`, `busy`, `no-answer`, `rejected`, `failed`,
    `cancelled`, `time-limit`), `child` (the winner's or last leg's id, or ""), `rang`, `cause`, `seconds` (bridged);
    without a hook the next verb runs. `events` is told of each child's progress: field `event` is `answer`, `bridge` or
    `hangup`, and `child`, `position`, `cause`; and, when the keys pressed on the bridge end in one of `digits_match`
    (on this leg) or `digits_match_child` (on its partner), `digits`, with those keys in `digits` and `parent` or
    `child` in `by`; they are then used up. `end_on_star`: `*` pressed on this leg ends the bridge. `end_with_child`:
    this leg ends as its answered partner did.
    """

    targets: tuple[Target, ...]
    ring_timeout: timedelta = 60 * _SECOND
    time_limit: timedelta | None = None
    hook: Hook | None = None
    events: Hook | None = None
    end_on_star: bool = False
    end_with_child: bool = False
    where: str = ""
    in_turn: bool = False
    digits_match: tuple[str, ...] = ()
    digits_match_child: tuple[str, ...] = ()
    confirm: Program | None = None
    music: Program | None = None


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


Verb = (
    Fetch | Say | Play | Pause | Gather | HangUp | SendDigits | Detect | AnswerVerb | Tag | Dial | Record | RecordCall
    | StopRecording | PauseRecording
)  # fmt: skip


@value
class Program:
    """Verbs in order, and what happens after the last.

    `exhausted`: the leg is hung up with `exhausted_cause` (None: as `PROGRAM_END`; `inherit`: as its last partner
    ended), or idles until something redirects or ends it. `join` is a dial's own: the leg is ready for its bridge.
    What runs nested in another program just gives way to it.
    """

    verbs: tuple[Verb, ...]
    exhausted: Literal["hang_up", "idle", "join"] = "hang_up"
    exhausted_cause: Cause | Literal["inherit"] | None = None
