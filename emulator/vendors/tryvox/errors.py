"""How TryVox says no: statuses, codes and both shapes of body, in one place. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from emulator.errors import NotEmulated, Refused, RingbackError
from emulator.vendor_api import WireError

__all__ = [
    "CALL_NOT_FOUND", "FORBIDDEN", "FORBIDDEN_NUMBER", "NO_RECORDING", "NO_ROUTE", "UNAUTHORIZED", "Rejected", "flat",
    "invalid", "nested", "not_allowed", "not_found", "render",
]  # fmt: skip

Details = Sequence[tuple[str, str]]


def nested(
    status: int, code: str, message: str, details: Details = (), headers: tuple[tuple[str, str], ...] = ()
) -> WireError:
    """TRYVOX-8: `{"error": {"code", "message", "details"?}}`; `details` are pairs of field and reason."""
    error: dict[str, Any] = {"code": code, "message": message}
    if details:
        error["details"] = [{"field": field, "reason": reason} for field, reason in details]
    return WireError(status, {"error": error}, headers)


def flat(status: int, code: str, message: str) -> WireError:
    """TRYVOX-9: `{"error", "message"}`."""
    return WireError(status, {"error": code, "message": message})


def invalid(details: Details, message: str = "Request validation failed") -> WireError:
    return nested(400, "VALIDATION_FAILED", message, details)


def not_found(what: str) -> WireError:
    return nested(404, "NOT_FOUND", f"{what} not found")


def not_allowed(methods: Sequence[str]) -> WireError:
    """TRYVOX-10."""
    allow = ", ".join(sorted(methods))
    return nested(405, "METHOD_NOT_ALLOWED", f"Only {allow} is allowed here", headers=(("Allow", allow),))


UNAUTHORIZED: Final = nested(401, "UNAUTHORIZED", "Invalid or missing API key")
"""TRYVOX-4."""

FORBIDDEN: Final = nested(403, "FORBIDDEN", "This key has no access to that account")
"""TRYVOX-5."""

FORBIDDEN_NUMBER: Final = nested(403, "FORBIDDEN", "The from number does not belong to this account")
"""TRYVOX-23."""

NO_ROUTE: Final = not_found("Resource")
"""TRYVOX-10."""

NO_RECORDING: Final = not_found("Recording")

CALL_NOT_FOUND: Final = flat(404, "call_not_found", "Call not found")
"""TRYVOX-9: as hanging up says it."""

# TRYVOX-9, TRYVOX-30: an ended call is flat wherever it is; the rest is nested.
_REFUSED: Final[dict[str, WireError]] = {
    "unknown_leg": not_found("Call"),
    "call_ended": flat(404, "call_already_ended", "Call has already ended"),
    "not_answered": invalid((), "Call is not in progress"),
    "already_answered": invalid((), "Call is already in progress"),
    "already_ringing": invalid((), "Call is already ringing"),
    "unknown_number": not_found("Number"),
    "unknown_room": not_found("Conference"),
    "unknown_member": not_found("Member"),
}


class Rejected(RingbackError):
    """TryVox refuses the request before any call is touched: `wire` is what it answers."""

    def __init__(self, wire: WireError) -> None:
        self.wire = wire
        super().__init__(f"{wire.status} {wire.body}")


def render(error: Refused | NotEmulated) -> WireError:
    """Total over the engine's reasons."""
    if isinstance(error, NotEmulated):
        return nested(501, "NOT_EMULATED", str(error), headers=(("X-Ringback-Not-Emulated", error.name),))
    return _REFUSED.get(error.reason) or invalid((), error.reason.replace("_", " "))
