"""A bad day at TryVox: how it answers when nothing of the request is at fault."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from emulator.vendor_api import VendorSandbox, WireError
from emulator.vendors.tryvox.errors import FORBIDDEN, NO_ROUTE, UNAUTHORIZED, nested

__all__ = ["fail"]

# TRYVOX-150
_CODES: Final = {
    429: ("RATE_LIMITED", "Too many requests"),
    500: ("INTERNAL_ERROR", "An internal error occurred"),
    502: ("DELIVERY_FAILED", "The upstream did not answer"),
}
_WORDED: Final = {401: UNAUTHORIZED, 403: FORBIDDEN, 404: NO_ROUTE}
_PHRASES: Final = {each.value: each.phrase for each in HTTPStatus}


def fail(sandbox: VendorSandbox, status: int, retry_after: int | None) -> WireError:
    """TRYVOX-150: the nested body; 429 carries `Retry-After`."""
    if status in _WORDED:
        return _WORDED[status]
    phrase = _PHRASES.get(status, f"Error {status}")
    code, message = _CODES.get(status, (phrase.upper().replace(" ", "_").replace("-", "_"), phrase))
    after = 1 if status == 429 and retry_after is None else retry_after
    headers = (("Retry-After", str(after)),) if after is not None else ()
    return nested(status, code, message, headers=headers)
