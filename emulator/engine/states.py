"""The one table: which command a leg takes in which state, and what it becomes.

A cell is the state that follows, `STAY`, or the reason of a refusal. What is refused changes nothing.
"""

from __future__ import annotations

from typing import Final

from emulator.engine import commands as c
from emulator.engine.events import State

__all__ = ["REASONS", "STATES", "STAY", "TABLE"]

STATES: Final[tuple[State, ...]] = ("queued", "ringing", "early media", "answered", "ended")

STAY: Final = "stay"

ENDED = "call_ended"
NOT_YET = "not_answered"
TOO_LATE = "already_answered"
AGAIN = "already_ringing"

REASONS: Final = frozenset(
    {
        "unknown_leg",
        ENDED,
        NOT_YET,
        TOO_LATE,
        AGAIN,
        "unknown_number",
        "unknown_room",
        "unknown_member",
        "not_supervising",
    }
)
"""Every reason of a `Refused`. `unknown_leg`: no such leg. `unknown_number`: a vendor's `arrive` knows no such one.
`unknown_room`, `unknown_member`: nobody is there. `not_supervising`: the leg runs no `Supervise` now."""

TABLE: Final[dict[type, dict[State, str]]] = {
    #                queued           ringing                   early media            answered               ended
    c.Ring:       {"queued": "ringing", "ringing": AGAIN, "early media": AGAIN, "answered": TOO_LATE, "ended": ENDED},
    c.EarlyMedia: {"queued": "early media", "ringing": "early media", "early media": AGAIN, "answered": TOO_LATE,
                   "ended": ENDED},
    c.Answer:     {"queued": "answered", "ringing": "answered", "early media": "answered", "answered": TOO_LATE,
                   "ended": ENDED},
    c.Fail:       {"queued": "ended", "ringing": "ended", "early media": "ended", "answered": TOO_LATE, "ended": ENDED},
    c.Press:      {"queued": NOT_YET, "ringing": NOT_YET, "early media": STAY, "answered": STAY, "ended": ENDED},
    c.Speak:      {"queued": NOT_YET, "ringing": NOT_YET, "early media": STAY, "answered": STAY, "ended": ENDED},
    c.Greet:      {"queued": NOT_YET, "ringing": NOT_YET, "early media": NOT_YET, "answered": STAY, "ended": ENDED},
    c.Hold:       {"queued": NOT_YET, "ringing": NOT_YET, "early media": NOT_YET, "answered": STAY, "ended": ENDED},
    c.HangUp:     {"queued": "ended", "ringing": "ended", "early media": "ended", "answered": "ended", "ended": ENDED},
    c.Tag:        {"queued": STAY, "ringing": STAY, "early media": STAY, "answered": STAY, "ended": ENDED},
    c.InCall:     {"queued": NOT_YET, "ringing": NOT_YET, "early media": STAY, "answered": STAY, "ended": ENDED},
    c.StopInCall: {"queued": NOT_YET, "ringing": NOT_YET, "early media": STAY, "answered": STAY, "ended": ENDED},
    c.Append:     {"queued": STAY, "ringing": STAY, "early media": STAY, "answered": STAY, "ended": ENDED},
    c.Mute:       {"queued": NOT_YET, "ringing": NOT_YET, "early media": NOT_YET, "answered": STAY, "ended": ENDED},
    c.PauseRecording: {"queued": NOT_YET, "ringing": NOT_YET, "early media": NOT_YET, "answered": STAY, "ended": ENDED},
    c.Redirect:   {"queued": NOT_YET, "ringing": NOT_YET, "early media": NOT_YET, "answered": STAY, "ended": ENDED},
}  # fmt: skip
"""`Redirect(early=True)` is taken before the answer too (`STAY`). `Reply` and `NoReply` are legal in every state: one
that nobody waits for is dropped with an event. `PlaceCall` and `Arrive` make legs and need none, nor does
`DeleteRecording`, which is about none."""
