"""How Vobiz says no: statuses and bodies, in one place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.errors import NotEmulated, Refused, RingbackError
from emulator.ids import Ids
from emulator.vendor_api import WireError

__all__ = ["INVALID_CREDENTIALS", "NOT_FOUND", "Rejected", "render", "render_rejected"]

INVALID_CREDENTIALS: Final = WireError(401, {"error": "invalid credentials"})
"""VOBIZ-2: missing or wrong credentials, and the wrong case of a path (VOBIZ-6)."""

NOT_FOUND: Final = WireError(404, {"message": "Not Found"})
"""VOBIZ-12: a route that does not exist at all."""

# VOBIZ-11: what a call cannot take is answered like a call that is not there.
_REFUSED: Final[dict[str, tuple[int, str]]] = {
    "unknown_leg": (404, "call not found"),
    "call_ended": (404, "call not found"),
    "not_answered": (404, "call not in progress"),
    "already_answered": (404, "call already answered"),
    "already_ringing": (404, "call already ringing"),
    "unknown_number": (404, "number not found"),
    "unknown_room": (404, "conference not found"),
    "unknown_member": (404, "member not found"),
    "not_supervising": (404, "call not found"),
}


class Rejected(RingbackError):
    """Vobiz refuses the request before any call is touched.

    `details` (field to reason) is sent where the resource answers so (VOBIZ-10), instead of `text` alone. `is_bare`:
    no `api_id` beside it (VOBIZ-130).
    """

    def __init__(
        self,
        status: int,
        text: str,
        details: Mapping[str, str] | None = None,
        headers: tuple[tuple[str, str], ...] = (),
        is_bare: bool = False,
    ) -> None:
        self.is_bare = is_bare
        self.status, self.text, self.details, self.headers = status, text, details, headers
        super().__init__(f"{status} {text}{f' {dict(details)}' if details else ''}")


def render_rejected(error: Rejected, api_id: str) -> WireError:
    """VOBIZ-9, VOBIZ-10."""
    body: dict[str, Any]
    if error.is_bare:
        body = {"error": error.text}
    elif error.details is not None:
        body = {"error": error.text, "details": dict(error.details)}
    else:
        body = {"api_id": api_id, "error": error.text}
    return WireError(error.status, body, error.headers)


def render(error: Refused | NotEmulated, api_id: str = "") -> WireError:
    """Total over the engine's reasons. Without an `api_id` one is made of the error's own text."""
    api_id = api_id or Ids(0).uuid("vobiz api_id", str(error))
    if isinstance(error, NotEmulated):
        headers = (("X-Ringback-Not-Emulated", error.name),)
        return WireError(501, {"api_id": api_id, "error": str(error)}, headers)
    status, text = _REFUSED.get(error.reason, (400, error.reason.replace("_", " ")))
    return WireError(status, {"api_id": api_id, "error": text})
