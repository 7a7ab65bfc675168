"""TryVox's credentials, read from a request, and its signature, made for a webhook."""

from __future__ import annotations

import hmac
from base64 import b64decode
from datetime import datetime

from emulator.vendors.tryvox.accounts import LIVE, TEST, credential
from emulator.webhooks.values import Request

__all__ = ["is_test", "read", "sign"]


def read(authorization: str) -> str:
    """TRYVOX-2: the credential of an `Authorization` header; "" for a missing or wrong scheme, or a key of none."""
    scheme, _, text = authorization.partition(" ")
    scheme, text = scheme.lower(), text.strip()
    if scheme == "bearer":
        return credential("", text) if text.startswith((LIVE, TEST)) else ""
    if scheme != "basic":
        return ""
    try:
        user, colon, password = b64decode(text, validate=True).decode().partition(":")
    except ValueError:
        return ""
    return credential(user, password) if user and colon else ""


def is_test(found: str) -> bool:
    """TRYVOX-6: whether a credential is made of a test key; the auth token is a live one."""
    return found.partition(":")[2].startswith(TEST)


def sign(request: Request, body: bytes, at: datetime, nonce: bytes) -> list[tuple[str, str]]:
    """TRYVOX-41: the two headers of one attempt, over its second and the body's bytes; none without a secret."""
    if not request.key:
        return []
    second = str(int(at.timestamp()))
    digest = hmac.new(request.key.encode(), f"{second}.".encode() + body, "sha256").hexdigest()
    return [("X-TryVox-Timestamp", second), ("X-TryVox-Signature", f"t={second},v1={digest}")]
