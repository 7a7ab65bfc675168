"""TryVox's credentials, read from a request, and its signature, made for a webhook."""

from __future__ import annotations

from datetime import datetime

from emulator.vendor_wire.credentials import read_basic, stamped_signature, told_stamped
from emulator.vendors.tryvox.accounts import LIVE, TEST, credential
from emulator.webhooks.signatures import Signature
from emulator.webhooks.values import Request

__all__ = ["is_test", "read", "sign", "signatures"]


def read(authorization: str) -> str:
    """TRYVOX-2: the credential of an `Authorization` header; "" for a missing or wrong scheme, or a key of none."""
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() == "bearer":
        key = text.strip()
        return credential("", key) if key.startswith((LIVE, TEST)) else ""
    user, password = read_basic(authorization)
    return credential(user, password) if user else ""


def is_test(found: str) -> bool:
    """TRYVOX-6: whether a credential is made of a test key; the auth token is a live one."""
    return found.partition(":")[2].startswith(TEST)


def sign(request: Request, body: bytes, at: datetime, nonce: bytes) -> list[tuple[str, str]]:
    """TRYVOX-41: the two headers of one attempt, over its second and the body's bytes; none without a secret."""
    if not request.key:
        return []
    second = int(at.timestamp())
    return [
        ("X-TryVox-Timestamp", str(second)),
        ("X-TryVox-Signature", stamped_signature(request.key, second, body)),
    ]


def signatures(request: Request, body: bytes, at: datetime, nonce: bytes) -> list[Signature]:
    """How `sign` makes the second; the first says the second it is over."""
    if not request.key:
        return []
    told = told_stamped(request.key, "webhook secret", int(at.timestamp()), body, "X-TryVox-Signature")
    return [told]
