"""What can be asked of the engine: imperatives, frozen. Refused commands change nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Literal

from emulator.engine.causes import HANGUP, Cause, Who
from emulator.engine.program import Beep, Hook, Play, Program, Say, Verb
from emulator.engine.values import field, value

__all__ = [
    "Answer", "Append", "Arrive", "ChangeMembers", "Command", "DeleteRecording", "EarlyMedia", "EndRoom", "Fail",
    "Greet", "HangUp", "Hold", "InCall", "Mute", "NoReply", "PauseRecording", "PlaceCall", "Press", "Redirect", "Reply",
    "Ring", "RoomCommand", "SetSupervision", "SilenceMembers", "SoundToMembers", "Speak", "StopInCall", "Tag",
]  # fmt: skip


@value
class PlaceCall:
    """Start an outbound call. Always accepted: an impossible destination ends it at once (`INVALID_NUMBER`).

    `vendor` names the provider it belongs to. `program` runs when the callee answers, `beside` in the background
    from then on (verbs marked early: from ringing on). `ring_timeout` runs from dialling, `ring_limit` from the first
    ring, `time_limit` from the answer. `memo` is the vendor's opaque JSON; children inherit it. `shelf` names the list
    of the vendor's in which it and what it dials are kept by age (`Book.shelves`); "" is none.
    """

    vendor: str
    from_: str
    to: str
    program: Program
    beside: tuple[Verb, ...] = ()
    ring_timeout: timedelta | None = None
    ring_limit: timedelta | None = None
    time_limit: timedelta | None = None
    memo: Any = field(default=None, hash=False)
    shelf: str = ""


@value
class Arrive:
    """An inbound call reaches one of the provider's numbers: ringing, and `program` runs at once.

    The first media verb answers it. `program` None: nobody is there; it ends with `cause`,
    and `hint` tells the log what would put somebody there. `shelf` as in `PlaceCall`.
    """

    vendor: str
    from_: str
    to: str
    program: Program | None
    time_limit: timedelta | None = None
    cause: Cause | None = None
    memo: Any = field(default=None, hash=False)
    shelf: str = ""
    hint: str = ""


@value
class Ring:
    """The far end starts to ring."""

    leg: str


@value
class EarlyMedia:
    """The far end sends audio before answering."""

    leg: str


@value
class Answer:
    """The far end picks up."""

    leg: str


@value
class Fail:
    """The network or the callee ends an unanswered attempt: busy, rejected, unreachable, …"""

    leg: str
    cause: Cause
    by: Who = "carrier"


@value
class Press:
    """The far end presses keys, at one instant, in order (`0-9*#A-D`)."""

    leg: str
    digits: str


@value
class Speak:
    """The far end says something, for `seconds`."""

    leg: str
    text: str
    seconds: timedelta


@value
class Greet:
    """How the far end sounds on answering: a person, or a machine with a greeting and a beep."""

    leg: str
    is_machine: bool
    text: str
    seconds: timedelta


@value
class Hold:
    """The far end puts the leg on hold, or takes it back."""

    leg: str
    held: bool = True


@value
class HangUp:
    """End a leg. Before the answer, `HANGUP` counts as `CANCELLED`. `bridged`: its partner ends with it."""

    leg: str
    by: Who
    cause: Cause = HANGUP
    bridged: bool = False


@value
class Tag:
    """Merge `values` into the leg's memo, for the vendor's callbacks to show from now on. As the verb of that name."""

    leg: str
    values: Any = field(hash=False)


@value
class InCall:
    """Run verbs beside the leg's program, one after another, under a `name`; they stop what has that name.

    Whatever becomes of the program, they go on; `limit` cuts them. Of `Say`, `Play`, `Pause`, `SendDigits`, `HangUp`,
    `Tag`, `Beside` and the verbs that record; a `RecordCall` takes the name given here. `loops`: over and over again,
    unless they take no time.
    """

    leg: str
    name: str
    verbs: tuple[Verb, ...]
    limit: timedelta | None = None
    loops: bool = False


@value
class StopInCall:
    """Stop what runs beside the leg's program under this name; "": all that has one. Nothing if there is none."""

    leg: str
    name: str = ""


@value
class Append:
    """Add verbs after the last of the leg's program. A leg that idles runs them at once, and then idles again."""

    leg: str
    verbs: tuple[Verb, ...]


@value
class Mute:
    """Nobody hears what the leg's far end says and presses, and no recording has it; or they do again.

    The leg's own verbs still do."""

    leg: str
    muted: bool = True


@value
class PauseRecording:
    """As the verb of that name."""

    leg: str
    name: str = ""
    paused: bool = True


@value
class DeleteRecording:
    """Forget the recording that the vendor calls `name`. Never refused; nothing if there is none."""

    vendor: str
    name: str


@value
class ChangeMembers:
    """Change members of the room with this id (the engine's), () for all; moderators not, with `spare_moderators`.

    `kick`: they leave the room and go on with their programs. `hold`: heard by nobody, and hears only `wait`, or
    without one what its verb waits with. `tag`: who `coach`es (with `tag`) is heard only by members tagged so.
    What is so already is left. Refused `unknown_room`, `unknown_member`.
    """

    room: str
    change: Literal[
        "mute", "unmute", "deafen", "undeafen", "hold", "unhold", "kick", "tag", "untag", "coach", "uncoach"
    ]
    members: tuple[str, ...] = ()
    spare_moderators: bool = False
    tag: str = ""
    wait: Hook | Program | None = None


@value
class SoundToMembers:
    """Members, () for all, hear these verbs one after another, in place of what they were made to hear before.

    Beside everything else; who leaves the room hears no more of it. Refused as `ChangeMembers`."""

    room: str
    verbs: tuple[Say | Play | Beep, ...]
    members: tuple[str, ...] = ()


@value
class SilenceMembers:
    """Cut what `SoundToMembers` began. Nothing where nothing sounds. Refused as `ChangeMembers`."""

    room: str
    members: tuple[str, ...] = ()


@value
class EndRoom:
    """Everybody leaves the room and goes on. Refused `unknown_room`."""

    room: str


@value
class SetSupervision:
    """How a leg that runs `Supervise` takes part from now on. Refused `not_supervising`."""

    leg: str
    mode: Literal["listen", "whisper", "talk"]


RoomCommand = ChangeMembers | SoundToMembers | SilenceMembers | EndRoom


@value
class Redirect:
    """Replace what several legs run, or will run, all or none. A transfer is this.

    Legs named here leave their bridge together and stay up; a child not named falls with its parent's dial.
    `early`: legs that are not answered are taken too.
    """

    programs: tuple[tuple[str, Program], ...]
    early: bool = False


@value
class Reply:
    """The application answered ask `ask`; None is a good answer without a program. Never refused: a stale one drops."""

    ask: str
    program: Program | None


@value
class NoReply:
    """Every attempt at `ask`, and its fallback, failed. `why` as in `Failure`. Never refused."""

    ask: str
    why: Literal["unreachable", "status", "invalid", "not-emulated"]
    text: str = ""


Command = (
    PlaceCall | Arrive | Ring | EarlyMedia | Answer | Fail | Press | Speak | Greet | Hold | HangUp | Tag | InCall
    | StopInCall | Append | Mute | PauseRecording | DeleteRecording
    | ChangeMembers | SoundToMembers | SilenceMembers | EndRoom | SetSupervision | Redirect | Reply | NoReply
)  # fmt: skip

LEG_COMMANDS: Final = (
    Ring, EarlyMedia, Answer, Fail, Press, Speak, Greet, Hold, HangUp, Tag, InCall, StopInCall, Append, Mute,
    PauseRecording,
)  # fmt: skip
"""The commands that name one leg in `.leg`."""
