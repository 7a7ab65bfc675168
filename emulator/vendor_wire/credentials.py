"""Credentials and signatures that more than one vendor writes in the same way. Pure."""

from __future__ import annotations

import hmac
from base64 import b64decode

from emulator.webhooks.signatures import Ingredient, Signature

__all__ = ["read_basic", "stamped_signature", "told_stamped"]


def read_basic(authorization: str) -> tuple[str, str]:
    """User and password of an `Authorization` header with HTTP Basic; "" and "" for anything else."""
    scheme, _, text = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, colon, password = b64decode(text.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (user, password) if colon else ("", "")


def told_stamped(
    key: str, key_told: str, second: int, body: bytes, header: str, told: str = "the body, byte for byte"
) -> Signature:
    """How `stamped_signature` is made."""
    parts = (
        Ingredient("seconds", str(second).encode(), "the seconds since 1970 that the header's `t` says"),
        Ingredient("separator", b".", "a dot"),
        Ingredient("body", body, told),
    )
    return Signature(header, parts, key, key_told, "hex", f"t={second},v1=", leaves_out=("the URL",), tolerance=300)


def stamped_signature(key: str, second: int, body: bytes) -> str:
    """`t=SECOND,v1=HEX`: HMAC-SHA256 over the second since 1970, a dot and the body."""
    digest = hmac.digest(key.encode(), f"{second}.".encode() + body, "sha256").hex()
    return f"t={second},v1={digest}"
