"""Who asks, and the signature of what we send."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from emulator.vendor_wire.credentials import stamped_signature, told_stamped
from emulator.vendors.jambonz.errors import BAD_REQUEST, Rejected, unauthorized
from emulator.webhooks.signatures import Signature
from emulator.webhooks.values import Json, Request

__all__ = ["read_token", "sign", "signatures"]


def read_token(authorization: str | None, query: Mapping[str, str], body: Any) -> str:
    """The token of a request. Raises `Rejected`: 400 for a header that is not two words or a token in two places, 401
    for none (JAMBONZ-1, JAMBONZ-2, JAMBONZ-4)."""
    found = []
    if authorization is not None:
        words = authorization.split(" ")
        if len(words) != 2:
            raise Rejected(BAD_REQUEST)
        if words[0].lower() == "bearer":
            found.append(words[1])
    in_body = body.get("access_token") if isinstance(body, dict) else None
    found += [token for token in (in_body, query.get("access_token")) if isinstance(token, str) and token]
    if len(found) > 1:
        raise Rejected(BAD_REQUEST)
    if not found:
        raise Rejected(unauthorized(is_known_scheme=False))
    return found[0]


def sign(request: Request, body: bytes, at: datetime, nonce: bytes) -> Sequence[tuple[str, str]]:
    """JAMBONZ-84: HMAC-SHA256 over seconds, a dot and the payload. JAMBONZ-85: of a GET, the payload not sent."""
    return (("Jambonz-Signature", stamped_signature(request.key, int(at.timestamp()), _signed(request, body))),)


def signatures(request: Request, body: bytes, at: datetime, nonce: bytes) -> Sequence[Signature]:
    """How `sign` makes it."""
    told = "the body, byte for byte"
    if request.context.get("payload") is not None:
        told = "the payload as JSON, which a GET does not send (only its query is sent)"
    second = int(at.timestamp())
    return (
        told_stamped(
            request.key, "account's webhook secret", second, _signed(request, body), "Jambonz-Signature", told
        ),
    )


def _signed(request: Request, body: bytes) -> bytes:
    payload = request.context.get("payload")
    return body if payload is None else Json(payload).encode()
