"""TryVox's signature, checked as a receiver checks it: over the second and the raw body."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime

__all__ = ["SECRET", "check"]

SECRET = "webhook_secret"
OLDEST = 300


def check(secret: str, method: str, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """What is wrong with the signature of a webhook, "" if nothing is. `headers` have names in lower case."""
    second, told = headers.get("x-tryvox-timestamp", ""), headers.get("x-tryvox-signature", "")
    if not second.isdecimal() or abs(now.timestamp() - int(second)) > OLDEST:
        return f"X-TryVox-Timestamp: expected unix seconds of about now, got {second!r}"
    right = f"t={second},v1={hmac.digest(secret.encode(), second.encode() + b'.' + body, 'sha256').hex()}"
    if told != right:
        return f"X-TryVox-Signature: expected HMAC-SHA256 over the second, a dot and the body, {right!r}, got {told!r}"
    return ""
