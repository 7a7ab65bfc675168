"""A bad day at Vobiz: how it answers when nothing of the request is at fault."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from emulator.vendor_api import VendorSandbox, WireError
from emulator.vendor_wire.times import iso

__all__ = ["fail"]

# VOBIZ-150: the two that have the errors page's own envelope
_CODES: Final = {
    402: ("INSUFFICIENT_BALANCE", "Insufficient balance"),
    429: ("RATE_LIMIT_EXCEEDED", "Too many requests"),
}
_PHRASES: Final = {each.value: each.phrase.lower() for each in HTTPStatus}


def fail(sandbox: VendorSandbox, status: int, retry_after: int | None) -> WireError:
    """VOBIZ-150: 402 and 429 in the envelope of the errors page, everything else as voice resources say it."""
    at = sandbox.now()
    api_id = sandbox.ids.uuid("vobiz failure", at.isoformat())
    if status in _CODES:
        code, message = _CODES[status]
        details: dict[str, Any] = {}
        if status == 429:
            details = {"limitType": "cps", "limit": 1, "current": 2, "retryAfter": retry_after or 1}
        error = {"code": code, "message": message, "details": details}
        body = {"status": "error", "error": error, "timestamp": iso(at), "requestId": api_id}
    else:
        body = {"api_id": api_id, "error": _PHRASES.get(status, f"error {status}")}
    headers = (("Retry-After", str(retry_after)),) if retry_after is not None else ()
    return WireError(status, body, headers)
