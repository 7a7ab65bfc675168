"""What happened: past tense, frozen, each with the leg as it was then.

`at` is the instant it was due (aware UTC), not the instant anybody looked.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from emulator.engine.causes import Cause, Who
from emulator.engine.program import Hook
from emulator.engine.recordings import Recording
from emulator.engine.room_events import (
    MemberChanged,
    MemberJoined,
    MemberLeft,
    QueueJoined,
    QueueLeft,
    RoomEnded,
    RoomOpened,
    RoomStarted,
    SupervisionChanged,
    SupervisionEnded,
    SupervisionStarted,
)  # fmt: skip
from emulator.engine.snapshots import LegSnapshot, State
from emulator.engine.values import field, value

__all__ = [
    "AnswerDropped", "Answered", "Arrived", "AskAbandoned", "AskFailed", "Asked", "BecameIdle", "Bridged", "CallEnded",
    "Dialed", "DigitPressed", "DigitsCollected", "DigitsSent", "EarlyMediaStarted", "Ended", "Event", "FarEndSpoke",
    "Heard", "HeldChanged", "LegSnapshot", "Listening", "MachineDetected", "MemberChanged", "MemberJoined",
    "MemberLeft", "MuteChanged", "QueueJoined", "QueueLeft", "RecordingEnded", "RecordingPaused", "RecordingStarted",
    "RingingStarted", "RoomEnded", "RoomOpened", "RoomStarted", "SpeakingStarted", "State", "SupervisionChanged",
    "SupervisionEnded", "SupervisionStarted", "Told", "Unbridged",
]  # fmt: skip


@value
class Dialed:
    """An outbound leg exists: queued."""

    at: datetime
    leg: LegSnapshot


@value
class Arrived:
    """An inbound leg exists: ringing."""

    at: datetime
    leg: LegSnapshot


@value
class RingingStarted:
    at: datetime
    leg: LegSnapshot


@value
class EarlyMediaStarted:
    at: datetime
    leg: LegSnapshot


@value
class Answered:
    at: datetime
    leg: LegSnapshot


@value
class SpeakingStarted:
    """The far end begins to hear `text` (a `play` names its URL); it would take `seconds`."""

    at: datetime
    leg: LegSnapshot
    kind: Literal["say", "play", "beep"]
    text: str
    seconds: float
    where: str = ""


@value
class Heard:
    """The far end heard it: whole, or `seconds` of it. `text` is what stood there, as far as it was heard."""

    at: datetime
    leg: LegSnapshot
    kind: Literal["say", "play", "beep"]
    text: str
    seconds: float
    whole: bool
    where: str = ""


@value
class DigitsSent:
    """The far end heard these keys: all of a `SendDigits`, or what came before it was cut; never none."""

    at: datetime
    leg: LegSnapshot
    digits: str


@value
class FarEndSpoke:
    """`is_greeting`: what a person or machine says on answering. `heard_by`: the legs (ids) whose far ends hear it."""

    at: datetime
    leg: LegSnapshot
    text: str
    seconds: float
    is_greeting: bool = False
    heard_by: tuple[str, ...] = ()


@value
class DigitPressed:
    at: datetime
    leg: LegSnapshot
    digit: str


@value
class Listening:
    """A gather's prompts are over, or a `Record` has beeped: the far end's turn."""

    at: datetime
    leg: LegSnapshot
    where: str = ""


@value
class DigitsCollected:
    """A gather ended with something. `ended_by`: `max`, `key`, `timeout` or `silence`."""

    at: datetime
    leg: LegSnapshot
    digits: str
    speech: str
    ended_by: str


@value
class MachineDetected:
    """`Detect` has decided."""

    at: datetime
    leg: LegSnapshot
    is_machine: bool


@value
class Bridged:
    """`leg` and `other` hear each other."""

    at: datetime
    leg: LegSnapshot
    other: LegSnapshot


@value
class Unbridged:
    at: datetime
    leg: LegSnapshot
    other: LegSnapshot


@value
class HeldChanged:
    at: datetime
    leg: LegSnapshot
    is_held: bool


@value
class MuteChanged:
    at: datetime
    leg: LegSnapshot
    is_muted: bool


@value
class RecordingStarted:
    at: datetime
    leg: LegSnapshot
    recording: Recording


@value
class RecordingPaused:
    """It was paused, or goes on: `is_paused` says which."""

    at: datetime
    leg: LegSnapshot
    recording: Recording
    is_paused: bool


@value
class RecordingEnded:
    """With everything that sounded while it ran."""

    at: datetime
    leg: LegSnapshot
    recording: Recording


@value
class Asked:
    """The leg waits for the application's answer to `ask` (`<leg>#<n>`). `fields` are the verb's, neutral names."""

    at: datetime
    leg: LegSnapshot
    ask: str
    hook: Hook
    fields: Any = field(hash=False)


@value
class Told:
    """The application is notified; nobody waits."""

    at: datetime
    leg: LegSnapshot
    hook: Hook
    fields: Any = field(hash=False)


@value
class AskAbandoned:
    """Nobody waits for `ask` any more: no retry, no fallback; what is in flight is answered in vain."""

    at: datetime
    leg: LegSnapshot
    ask: str


@value
class AskFailed:
    """Nobody answered this hook well, and the leg goes on all the same. `why` and `text` as in `Failure`."""

    at: datetime
    leg: LegSnapshot
    hook: Hook
    why: str
    text: str


@value
class AnswerDropped:
    """An answer came that nobody waits for."""

    at: datetime
    leg: LegSnapshot | None
    ask: str


@value
class BecameIdle:
    """The program is over and the leg stays: only a redirect, a hang-up or a limit moves it."""

    at: datetime
    leg: LegSnapshot


@value
class Ended:
    at: datetime
    leg: LegSnapshot
    cause: Cause
    by: Who


@value
class CallEnded:
    """The last leg of the call has ended."""

    at: datetime
    leg: LegSnapshot


Event = (
    Dialed | Arrived | RingingStarted | EarlyMediaStarted | Answered | SpeakingStarted | Heard | DigitsSent
    | FarEndSpoke | DigitPressed | Listening | DigitsCollected | MachineDetected | Bridged | Unbridged | HeldChanged
    | MuteChanged | RecordingStarted | RecordingPaused | RecordingEnded | RoomOpened | RoomStarted | MemberJoined
    | MemberLeft | MemberChanged | RoomEnded | QueueJoined | QueueLeft | SupervisionStarted | SupervisionChanged
    | SupervisionEnded | Asked | Told | AskAbandoned | AskFailed | AnswerDropped | BecameIdle | Ended | CallEnded
)  # fmt: skip
