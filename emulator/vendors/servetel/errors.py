"""How Servetel says no: statuses and bodies, in one place."""

from __future__ import annotations

from typing import Any, Final

from emulator.errors import NotEmulated, Refused, RingbackError
from emulator.vendor_api import WireError

__all__ = [
    "NO_SUCH_PATH", "UNAUTHENTICATED", "Rejected", "forbidden_method", "invalid", "render", "render_rejected", "said",
]  # fmt: skip


def said(message: str) -> dict[str, Any]:
    """SERVETEL-8: the body of most refusals."""
    return {"success": False, "message": message}


UNAUTHENTICATED: Final = WireError(401, said("Unauthenticated."))
"""SERVETEL-7: no token, a malformed, unknown or expired one."""

NO_SUCH_PATH: Final = WireError(404, said("The requested resource was not found."))
"""SERVETEL-11."""

# SERVETEL-10: what a call cannot take is a 400.
_REFUSED: Final[dict[str, str]] = {
    "unknown_leg": "Call not found",
    "call_ended": "Call has already ended",
    "not_answered": "Call is not answered yet",
    "already_answered": "Call is already answered",
    "already_ringing": "Call is already ringing",
    "unknown_number": "Number not found",
    "unknown_room": "Call not found",
    "unknown_member": "Call not found",
    "not_supervising": "Call is not monitored",
}


class Rejected(RingbackError):
    """Servetel refuses the request before any call is touched. `fields`: what is wrong with which (SERVETEL-9)."""

    def __init__(self, status: int, message: str, fields: dict[str, list[str]] | None = None, **more: Any) -> None:
        self.status, self.message, self.fields, self.more = status, message, fields, more
        super().__init__(f"{status} {message}")


def invalid(name: str, text: str) -> Rejected:
    """422: one field and what is wrong with it."""
    return Rejected(422, text, {name: [text]})


def forbidden_method(allowed: str) -> WireError:
    """SERVETEL-11."""
    return WireError(405, said("The method is not allowed for the requested resource."), (("Allow", allowed),))


def render_rejected(error: Rejected) -> WireError:
    body = {**said(error.message), **error.more}
    if error.fields is not None:
        body["errors"] = error.fields
    return WireError(error.status, body)


def render(error: Refused | NotEmulated) -> WireError:
    """Total over the engine's reasons."""
    if isinstance(error, NotEmulated):
        return WireError(501, said(str(error)), (("X-Ringback-Not-Emulated", error.name),))
    return WireError(400, said(_REFUSED[error.reason]))
