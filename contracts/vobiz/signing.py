"""Vobiz's signatures, checked as its pages tell a receiver to: over the URL without its query, and a nonce."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime

__all__ = ["SECRET", "check"]

SECRET = "auth_token"


def check(secret: str, method: str, url: str, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """What is wrong with the signatures of a webhook, "" if nothing is. `headers` have names in lower case."""
    bare = url.partition("?")[0]
    nonces = [headers.get(f"x-vobiz-signature-{version}-nonce", "") for version in ("v2", "v3")]
    for version, nonce, signed in (("V2", nonces[0], bare + nonces[0]), ("V3", nonces[1], f"{bare}.{nonces[1]}")):
        if len(nonce) != 20 or not nonce.isdecimal():
            return f"X-Vobiz-Signature-{version}-Nonce: expected 20 decimal digits, got {nonce!r}"
        right = b64encode(hmac.digest(secret.encode(), signed.encode(), "sha256")).decode()
        for name in (f"X-Vobiz-Signature-{version}", f"X-Vobiz-Signature-MA-{version}"):
            told = headers.get(name.lower(), "")
            if told != right:
                return f"{name}: expected HMAC-SHA256 over {signed!r} in base64, {right!r}, got {told!r}"
    return "" if nonces[0] != nonces[1] else f"X-Vobiz-Signature-V2-Nonce: the same as V3's, {nonces[0]!r}"
