"""What a leg is told to do: verbs in a row, the same for every vendor's language.

All data. A vendor's `language` builds these from a document, the runner steps through them. Spans are `timedelta`.
`where` names the place in the document (`line:column` or a JSON path), for the ladder and for errors.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Literal

from emulator.engine.causes import HANGUP, Cause
from emulator.engine.hooks import Hook
from emulator.engine.plain_verbs import (
    Beep,
    Dequeue,
    Leave,
    PauseRecording,
    Record,
    RecordCall,
    StopRecording,
    Supervise,
)  # fmt: skip
from emulator.engine.values import field, value

__all__ = [
    "AnswerVerb", "Beep", "Beside", "Conference", "Dequeue", "Detect", "Dial", "Enqueue", "Fetch", "Gather", "HangUp",
    "Hook", "Leave", "Pause", "PauseRecording", "Play", "Program", "Record", "RecordCall", "Say", "SendDigits",
    "StopRecording", "Supervise", "Tag", "Target", "Verb",
]  # fmt: skip

_SECOND: Final = timedelta(seconds=1)


@value
class Fetch:
    """Ask the hook and run the program it answers, in place of everything that stands.

    `nested`: in place of this verb alone; what follows is run when it is through. `repeats`: it is run again, unasked,
    until something cuts it short, unless it takes no time. `skip_unanswered`: nothing on a leg that is not answered.
    """

    hook: Hook
    where: str = ""
    nested: bool = False
    repeats: bool = False
    skip_unanswered: bool = False


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

    `skip`: it begins that far in. `most`: it is cut there, each time. Media, as `Say`."""

    url: str
    loop: int = 1
    early: bool = False
    where: str = ""
    skip: timedelta = timedelta()
    most: timedelta | None = None


@value
class Pause:
    """Wait. Answers nothing: a leading pause of an inbound program delays the answer. `media`: it counts as media.

    `until_silence`: it is over once the far end has said and pressed nothing for that long; `until_beep`: once the
    beep of a machine has been heard. `length` in any case."""

    length: timedelta = _SECOND
    media: bool = False
    where: str = ""
    until_silence: timedelta | None = None
    until_beep: bool = False


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
    leg's end with the cause `end_when_empty`. Without a hook: the next verb. `partial` is told of speech as it comes,
    with the fields `speech`: all of it so far, and `number`: 1 and up.
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
    partial: Hook | None = None


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

    Media, as `Say`. `beside`: the next verb begins after the first key, and the others are sent meanwhile."""

    digits: str
    tone: timedelta = timedelta(milliseconds=200)
    early: bool = False
    where: str = ""
    beside: bool = False


@value
class Detect:
    """Decide whether a machine answered, within `limit`, and tell or ask `hook` (`machine` true or false;
    `heard`: anybody greeted).

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
    """One party to dial. `memo` is the child leg's, merged over its parent's.

    `confirm`: this one's own, in place of the dial's. `beside` runs in the background from its answer on.
    """

    to: str
    from_: str = ""
    memo: Any = field(default=None, hash=False)
    send_digits: SendDigits | None = None
    confirm: Program | None = None
    beside: tuple[Verb, ...] = ()


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
class Conference:
    """Be in a room of the name `room` (the vendor's, in its `scope`), which its first member opens; answers as `Say`.

    Before a member that `starts` it is in, everybody waits. It ends when a member that `ends` it leaves, for all, and
    when the last one leaves. `stays_alone` false: a member leaves as soon as nobody else is in. `wait` is heard while
    the room has not started, while the member is held, and with `waits_alone` while nobody else is in; `enter` once,
    when the waiting for the start is over. Either is a program, the wait repeated as long as there is reason to (unless
    a round took no time), or a hook that is asked for one: again for every round; without a program there is silence.
    Those asks have the fields `event` (`wait`, `enter`), `room`, `name`, `member`, `members`. `enter_sound` and
    `exit_sound` are heard by all who are in. `leave_on`: keys that leave. `relay_digits`: the others hear the keys.
    `speaks_only_to`: only members with that `tag` hear this one. `moderator` is a label that commands know. A full room
    (`max_members`) lets nobody in.

    `hook` is asked when the stay is over, or told when the leg ends in it, with the fields `outcome` (`key`, `kicked`,
    `ended`, `alone`, `full`, `time-limit`, `stopped`, `left`, `hangup`), `room`, `name`, `member`, `seconds`, `key`.
    `events` is told what `tells` names, () for all: `enter`, `leave`, `digits` (one of `digits_match`), `mute`,
    `unmute`, `deafen`, `undeafen`, `hold`, `unhold`, `tag`, `untag`, `coach`, `uncoach`, `talk`, `silence` of this
    member, `start` if it started the room, `end` if it was the last. Fields: `event`, `room`, `name`, `member`,
    `members` (who are in now), `is_first`, `is_last`, `since` (seconds the room is open), `seconds` (this stay), and
    `digits` or `outcome`.
    """

    room: str
    scope: str = ""
    muted: bool = False
    deaf: bool = False
    moderator: bool = False
    tag: str = ""
    starts: bool = True
    ends: bool = False
    stays_alone: bool = True
    waits_alone: bool = False
    wait: Hook | Program | None = None
    enter: Hook | Program | None = None
    enter_sound: Say | Play | Beep | None = None
    exit_sound: Say | Play | Beep | None = None
    max_members: int | None = None
    time_limit: timedelta | None = None
    leave_on: str = ""
    digits_match: tuple[str, ...] = ()
    relay_digits: bool = False
    speaks_only_to: str = ""
    hook: Hook | None = None
    events: Hook | None = None
    tells: tuple[str, ...] = ()
    extra: Any = field(default=None, hash=False)
    where: str = ""


@value
class Enqueue:
    """Wait in the queue of this name until somebody dequeues the leg, then be bridged; answers as `Say`.

    Higher `priority` first, then by age. `wait` as in `Conference`, its hook asked with the fields `event` (`wait`),
    `queue`, `name`, `position` (from 1), `size`, `waited`. More than `max_size` are not let in. `hook` is asked when it
    is over, or told when the leg ends in it, with the fields `outcome` (`bridged`, `left`, `timeout`, `full`,
    `hangup`), `queue`, `name`, `waited` (seconds in the queue), `seconds` (bridged), `partner` (a leg id, or "").
    `events` is told `join` and `leave`: the fields of `wait`, and on leaving `outcome`, `partner`.
    """

    queue: str
    scope: str = ""
    priority: int = 0
    wait: Hook | Program | None = None
    hook: Hook | None = None
    events: Hook | None = None
    max_size: int | None = None
    max_wait: timedelta | None = None
    extra: Any = field(default=None, hash=False)
    where: str = ""


@value
class Beside:
    """Run `verbs` beside the leg's program, whatever that becomes, in place of what runs there under `name`; the next
    verb begins at once. Without verbs: what has that name is stopped. `loops`: over and over, unless they take no time.

    Beside a program no hook is waited for: each is told. Answers nothing.
    """

    verbs: tuple[Verb, ...] = ()
    name: str = ""
    loops: bool = False
    where: str = ""


Verb = (
    Fetch | Say | Play | Pause | Gather | HangUp | SendDigits | Detect | AnswerVerb | Tag | Dial | Record | RecordCall
    | StopRecording | PauseRecording | Beep | Conference | Enqueue | Dequeue | Leave | Supervise | Beside
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
