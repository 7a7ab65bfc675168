"""How a leg ended, in TryVox's words: one table from the engine's causes. Pure."""

from __future__ import annotations

from typing import Final

from emulator.engine.causes import Cause
from emulator.engine.events import LegSnapshot
from emulator.engine.legs import Leg
from emulator.engine.values import value
from emulator.vendors.tryvox.settings import TryvoxSettings

__all__ = ["NO_APPLICATION", "OUTCOMES", "Outcome", "outcome_of", "status_of"]

NO_APPLICATION: Final = Cause("no-application", "CALL_REJECTED", 21)
"""TRYVOX-60: an inbound call that no application answers."""


@value
class Outcome:
    """`status` and `end_reason` of a call. An empty `reason`: whoever ended it decides."""

    status: str
    reason: str


# TRYVOX-33: by kind of cause. The status is that of a call nobody answered; see `outcome_of`.
OUTCOMES: Final[dict[str, Outcome]] = {
    "hangup": Outcome("canceled", ""),
    "cancelled": Outcome("canceled", ""),
    "lost-race": Outcome("canceled", "caller-hangup"),
    "program-end": Outcome("completed", "voxml-hangup"),
    "confirm-failed": Outcome("completed", "voxml-hangup"),
    "machine": Outcome("completed", "voxml-hangup"),
    "time-limit": Outcome("completed", "timeout"),
    "busy": Outcome("busy", "busy"),
    "rejected": Outcome("busy", "rejected"),
    "ring-timeout": Outcome("no-answer", "timeout"),
    "ring-limit": Outcome("no-answer", "timeout"),
    "no-answer": Outcome("no-answer", "timeout"),
    "unreachable": Outcome("failed", "error"),
    "unallocated": Outcome("failed", "error"),
    "invalid-number": Outcome("failed", "error"),
    "carrier-timeout": Outcome("failed", "error"),
    "congestion": Outcome("failed", "error"),
    "no-credit": Outcome("failed", "error"),
    "no-application": Outcome("failed", "error"),
    "application-failure": Outcome("failed", "error"),
    "internal-error": Outcome("failed", "error"),
}

_FAILS_ANSWERED: Final = frozenset({"application-failure", "internal-error"})
_UNKNOWN: Final = Outcome("failed", "error")
_ENDED_BY: Final = {
    "caller": "caller-hangup", "callee": "callee-hangup", "api": "api-hangup", "program": "voxml-hangup",
    "platform": "voxml-hangup", "carrier": "error", "application": "error",
}  # fmt: skip
_STATES: Final = {"queued": "ringing", "ringing": "ringing", "early media": "ringing", "answered": "in-progress"}


def outcome_of(leg: Leg | LegSnapshot, settings: TryvoxSettings) -> Outcome:
    """Of an ended leg. An answered call is completed, but for the failure of its application (TRYVOX-45)."""
    cause, by = leg.cause, leg.by
    if cause is None or by is None:
        return _UNKNOWN
    found = OUTCOMES.get(cause.kind, _UNKNOWN)
    reason = found.reason
    if not reason:  # the partner of a leg that was dialled is its caller's side
        reason = _ENDED_BY.get(by) or ("caller-hangup" if leg.parent is not None else "callee-hangup")
    status = found.status
    if leg.answered_at is not None and cause.kind not in _FAILS_ANSWERED:
        status = "completed"
    elif status == "canceled" and by == "api":  # TRYVOX-28
        status = settings.api_hangup_before_answer
    return Outcome(status, reason)


def status_of(leg: Leg | LegSnapshot, settings: TryvoxSettings) -> str:
    """TRYVOX-32: the REST word for where a leg is; one that does not ring yet is `ringing` too."""
    return _STATES.get(leg.state) or outcome_of(leg, settings).status
