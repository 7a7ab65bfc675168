"""What a verb is told while it runs. Signals go through one FIFO agenda, never by recursion."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Literal

from emulator.engine.program import Program
from emulator.engine.values import value

if TYPE_CHECKING:
    from emulator.engine.legs import Leg

__all__ = [
    "Child", "Depart", "Digit", "Enter", "Gone", "Greeted", "Joined", "Leave", "NoReplied", "Parted", "PeerDigit",
    "Replied", "Returned", "Roomed", "Signal", "Speech", "Step", "TimedOut", "Up",
]  # fmt: skip


class Step(Enum):
    """What a verb says to a signal: I go on, I am done, or it is not for me.

    A step that ended its leg, or put another program in place, goes on: there is no next verb to begin.
    """

    WAIT = "wait"
    DONE = "done"
    PASS = "pass"


@value
class Enter:
    """The verb begins."""


@value
class Leave:
    """The verb is over before its end: its leg ends (`is_end`) or its frame was replaced. The answer is ignored."""

    is_end: bool


@value
class TimedOut:
    """The verb's own timer."""

    key: str


@value
class Returned:
    """The frame that lay on top has run out."""


@value
class Digit:
    digit: str


@value
class PeerDigit:
    """A key pressed on the other leg of the bridge."""

    digit: str


@value
class Speech:
    text: str
    seconds: timedelta


@value
class Greeted:
    is_machine: bool


@value
class Child:
    """A dialled leg rings, is up, is through with its confirmation, is down, or was taken away by a redirect."""

    leg: Leg
    what: Literal["ringing", "up", "ready", "down", "left"]


@value
class Up:
    """To what runs beside the program: the leg is answered."""


@value
class Joined:
    """To what runs beside the program: the leg has come into a bridge."""


@value
class Parted:
    """To what runs beside the program: the leg has left its bridge."""


@value
class Replied:
    program: Program | None


@value
class NoReplied:
    why: str
    text: str


@value
class Roomed:
    """To a member of a room: look who is in, or leave with this outcome."""

    what: Literal["look", "kicked", "ended", "stopped"]


@value
class Depart:
    """A `Leave` above says so."""


@value
class Gone:
    """The partner has left the bridge of a queue, or the bridge that a supervisor is on is over."""


Signal = (
    Enter | Leave | TimedOut | Returned | Digit | PeerDigit | Speech | Greeted | Child | Up | Joined | Parted | Replied
    | NoReplied | Roomed | Depart | Gone
)  # fmt: skip
