"""How a leg ended, in Vobiz's words: one table from the engine's causes. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from emulator.engine.causes import Cause, Failure, Who
from emulator.engine.events import LegSnapshot
from emulator.engine.values import value

__all__ = [
    "INVALID_ACTION_METHOD", "INVALID_ACTION_URL", "INVALID_REDIRECT_METHOD", "INVALID_REDIRECT_URL", "NO_APPLICATION",
    "Outcome", "outcome_of",
]  # fmt: skip

# Causes that only Vobiz tells apart; the network reports what the second word says.
INVALID_ACTION_URL: Final = Cause("invalid-action-url", "NORMAL_CLEARING", 16)
INVALID_ACTION_METHOD: Final = Cause("invalid-action-method", "NORMAL_CLEARING", 16)
INVALID_REDIRECT_URL: Final = Cause("invalid-redirect-url", "NORMAL_CLEARING", 16)
INVALID_REDIRECT_METHOD: Final = Cause("invalid-redirect-method", "NORMAL_CLEARING", 16)
NO_APPLICATION: Final = Cause("no-application", "CALL_REJECTED", 21)


@value
class Outcome:
    """`status` is the detailed `CallStatus` of an outbound call; the rest are the `Hangup…` fields."""

    status: str
    cause: str
    code: int
    name: str
    source: str


# VOBIZ-41: outcome → HangupCause, code, name, source.
_TABLE: Final[dict[str, Outcome]] = {
    "hangup": Outcome("completed", "NORMAL_CLEARING", 4000, "Normal Hangup", ""),
    "program-end": Outcome("completed", "NORMAL_CLEARING", 4010, "End Of XML Instructions", "Vobiz"),
    "cancelled": Outcome("cancel", "ORIGINATOR_CANCEL", 1000, "Canceled", ""),
    "busy": Outcome("busy", "USER_BUSY", 3010, "Busy Line", "Carrier"),
    "ring-timeout": Outcome("no-answer", "NO_ANSWER", 6010, "Ring Timeout Reached", "Vobiz"),
    "ring-limit": Outcome("no-answer", "NO_ANSWER", 6000, "Scheduled Hangup", "Vobiz"),
    "no-answer": Outcome("no-answer", "NO_ANSWER", 3000, "No Answer", "Carrier"),
    "rejected": Outcome("failed", "CALL_REJECTED", 3020, "Rejected", "Carrier"),
    # VOBIZ-43: an unreachable destination
    "unreachable": Outcome("failed", "DESTINATION_OUT_OF_ORDER", 2010, "Destination Out Of Service", "Carrier"),
    "unallocated": Outcome("failed", "UNALLOCATED_NUMBER", 3050, "Unallocated number", "Carrier"),
    "invalid-number": Outcome("failed", "INVALID_NUMBER", 2000, "Invalid Destination Address", "Vobiz"),
    "carrier-timeout": Outcome("timeout", "RECOVERY_ON_TIMER_EXPIRE", 3070, "Request timeout", "Carrier"),
    "congestion": Outcome("failed", "SWITCH_CONGESTION", 3090, "Network congestion from carrier", "Carrier"),
    "time-limit": Outcome("completed", "ALLOTTED_TIMEOUT", 6000, "Scheduled Hangup", "Vobiz"),
    "lost-race": Outcome("cancel", "LOSE_RACE", 9000, "Lost Race", "Vobiz"),
    "confirm-failed": Outcome("completed", "NORMAL_CLEARING", 9110, "Confirm Key Challenge Failed", "Vobiz"),
    "machine": Outcome("completed", "NORMAL_CLEARING", 9100, "Machine Detected", "Vobiz"),
    "no-credit": Outcome("failed", "", 1010, "Canceled (Out Of Credits)", "Vobiz"),
    "internal-error": Outcome("failed", "SERVER_ERROR", 5010, "Internal Error", "Error"),
    # VOBIZ-48: the verb names a URL or method that cannot be asked
    "invalid-action-url": Outcome("completed", "NORMAL_CLEARING", 7022, "Invalid Action URL", "Error"),
    "invalid-redirect-url": Outcome("completed", "NORMAL_CLEARING", 7024, "Invalid Redirect URL", "Error"),
    "invalid-action-method": Outcome("completed", "NORMAL_CLEARING", 7032, "Invalid Method For Action URL", "Error"),
    "invalid-redirect-method": Outcome(
        "completed", "NORMAL_CLEARING", 7034, "Invalid Method For Redirect URL", "Error"
    ),
    # VOBIZ-62: an inbound call to a number whose application has no answer URL
    "no-application": Outcome("failed", "CALL_REJECTED", 3020, "Rejected", "Vobiz"),
}

_SOURCES: Final[dict[Who, str]] = {
    "caller": "Caller", "callee": "Callee", "api": "API Request", "program": "Answer XML", "platform": "Vobiz",
    "carrier": "Carrier", "application": "Error", "partner": "Callee",
}  # fmt: skip

# VOBIZ-42: which family of codes a failed hook belongs to, by the hook's purpose
_HOOKS: Final = {
    "answer": (1, "Answer"), "gather": (2, "Action"), "record": (2, "Action"), "dial": (2, "Action"),
    "conference": (2, "Action"),
    "transfer": (3, "Transfer"), "redirect": (4, "Redirect"),
}  # fmt: skip
_UNKNOWN: Final = Outcome("failed", "UNKNOWN", 0, "Unknown", "Unknown")


def _failed_hook(failure: Failure | None) -> Outcome:
    if failure is None:
        return _TABLE["internal-error"]
    digit, word = _HOOKS.get(failure.purpose, _HOOKS["answer"])
    if failure.why in ("unreachable", "status"):
        return Outcome("completed", "NORMAL_CLEARING", 7010 + digit, f"Error Reaching {word} URL", "Error")
    return Outcome("completed", "NORMAL_CLEARING", 8010 + digit, f"Invalid {word} XML", "Error")


def outcome_of(leg: LegSnapshot) -> Outcome:
    """How an ended leg ended. An inbound call is `completed` in any case (VOBIZ-40)."""
    cause, by = leg.cause, leg.by
    if cause is None or by is None:
        return _UNKNOWN
    found = _failed_hook(leg.failure) if cause.kind == "application-failure" else _TABLE.get(cause.kind, _UNKNOWN)
    source = found.source
    if not source or (by == "program" and source == "Carrier"):  # a document may itself say busy or rejected
        source = _SOURCES[by]
        if by == "partner" and leg.parent is not None:  # VOBIZ-91: of a dialled leg the other side is the caller
            source = "Caller"
    status = "completed" if leg.direction == "inbound" else found.status
    return replace(found, status=status, source=source)
