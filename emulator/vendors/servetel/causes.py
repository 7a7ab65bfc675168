"""The engine's causes in Servetel's words: SERVETEL-48."""

from __future__ import annotations

from typing import Final

from emulator.engine.causes import Cause
from emulator.engine.values import value

__all__ = ["TABLE", "HangupCause", "hangup_cause"]


@value
class HangupCause:
    """`hangup_cause_key`, `…_code`, `…_description`."""

    key: str
    code: str
    text: str


_CLEARING: Final = HangupCause("NORMAL_CLEARING", "16", "Normal call clearing")
_NO_ANSWER: Final = HangupCause("NO_ANSWER", "19", "No answer from user (user alerted)")
_UNALLOCATED: Final = HangupCause("UNALLOCATED_NUMBER", "1", "Unallocated (unassigned) number")
_CANCEL: Final = HangupCause("ORIGINATOR_CANCEL", "487", "Originator cancel")
_REJECTED: Final = HangupCause("CALL_REJECTED", "21", "Call rejected")
_UNSPECIFIED: Final = HangupCause("UNSPECIFIED", "0", "Unspecified. No other cause codes applicable.")

TABLE: Final[dict[str, HangupCause]] = {
    "hangup": _CLEARING,
    "program-end": _CLEARING,
    "confirm-failed": _CLEARING,
    "machine": _CLEARING,
    "application-failure": _CLEARING,
    "time-limit": _CLEARING,
    "busy": HangupCause("USER_BUSY", "17", "User busy"),
    "ring-timeout": _NO_ANSWER,
    "ring-limit": _NO_ANSWER,
    "no-answer": _NO_ANSWER,
    "rejected": _REJECTED,
    "no-credit": _REJECTED,
    "unreachable": HangupCause("DESTINATION_OUT_OF_ORDER", "27", "Destination out of order"),
    "unallocated": _UNALLOCATED,
    "invalid-number": _UNALLOCATED,
    "carrier-timeout": HangupCause("RECOVERY_ON_TIMER_EXPIRE", "102", "Recovery on timer expiry"),
    "congestion": HangupCause("NETWORK_OUT_OF_ORDER", "38", "Network out of order"),
    "internal-error": HangupCause("NORMAL_TEMPORARY_FAILURE", "41", "Temporary failure"),
    "cancelled": _CANCEL,
    "lost-race": _CANCEL,
}


def hangup_cause(cause: Cause | None) -> HangupCause:
    """Of a leg that has ended."""
    return TABLE.get(cause.kind, _UNSPECIFIED) if cause is not None else _UNSPECIFIED
