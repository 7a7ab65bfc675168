"""jambonz's signature, checked as its documentation tells a receiver to: over the second and the raw body."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime

__all__ = ["SECRET", "check"]

SECRET = "webhook_secret"
OLDEST = 300


def check(secret: str, method: str, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """What is wrong with the signature of a webhook, "" if nothing is. `headers` have names in lower case.

    That of a GET is over a payload which is not sent, so only its form can be checked.
    """
    told = headers.get("jambonz-signature", "")
    parts = dict(part.partition("=")[::2] for part in told.split(","))
    second, digest = parts.get("t", ""), parts.get("v1", "")
    if not second.isdecimal() or abs(now.timestamp() - int(second)) > OLDEST:
        return f"Jambonz-Signature: expected t=SECONDS of about now,v1=HEX, got {told!r}"
    right = hmac.digest(secret.encode(), second.encode() + b"." + body, "sha256").hex()
    if digest != right if method != "GET" else len(digest) != 64:
        return f"Jambonz-Signature: expected HMAC-SHA256 over the second, a dot and the body, v1={right}, got {told!r}"
    return ""
