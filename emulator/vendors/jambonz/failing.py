"""A bad day at jambonz: how it answers when nothing of the request is at fault."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import Final

from emulator.vendor_api import VendorSandbox, WireError
from emulator.vendors.jambonz.errors import BAD_REQUEST, NOT_FOUND, message, unauthorized

__all__ = ["fail"]

_ALWAYS: Final = (("Cache-Control", "no-store"), ("Access-Control-Allow-Origin", "*"))
_TOO_MANY: Final = WireError(
    429, b"Too many requests, please try again later.", content_type="text/html; charset=utf-8"
)
_WORDED: Final = {400: BAD_REQUEST, 401: unauthorized(is_known_scheme=True), 404: NOT_FOUND, 429: _TOO_MANY}
_PHRASES: Final = {each.value: each.phrase for each in HTTPStatus}
_LIMIT: Final = (("RateLimit-Policy", "600;w=300"), ("RateLimit-Limit", "600"), ("RateLimit-Remaining", "0"))


def fail(sandbox: VendorSandbox, status: int, retry_after: int | None) -> WireError:
    """JAMBONZ-150: 429 as its rate limiter says it, what it says in words of its own, and `{"msg"}` for the rest."""
    error = _WORDED.get(status) or message(status, _PHRASES.get(status, f"error {status}"))
    headers = (*_ALWAYS, *error.headers)
    if retry_after is not None:
        headers += (("Retry-After", str(retry_after)),)
    if status == 429:
        headers += (*_LIMIT, ("RateLimit-Reset", str(retry_after or 1)))
    return replace(error, headers=headers)
