"""A bad day at Servetel: how it answers when nothing of the request is at fault."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from emulator.vendor_api import VendorSandbox, WireError
from emulator.vendors.servetel.errors import NO_SUCH_PATH, UNAUTHENTICATED, said

__all__ = ["fail"]

# SERVETEL-150
_TEXTS: Final = {429: "Too Many Attempts.", 500: "Internal server error"}
_PHRASES: Final = {each.value: each.phrase for each in HTTPStatus}


def fail(sandbox: VendorSandbox, status: int, retry_after: int | None) -> WireError:
    """SERVETEL-150: `success` and `message`, whatever the status."""
    headers = (("Retry-After", str(retry_after)),) if retry_after is not None else ()
    known = {401: UNAUTHENTICATED, 404: NO_SUCH_PATH}.get(status)
    body = known.body if known is not None else said(_TEXTS.get(status) or _PHRASES.get(status, f"Error {status}"))
    return WireError(status, body, headers)
