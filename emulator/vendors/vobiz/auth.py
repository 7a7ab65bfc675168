"""Vobiz's credentials, read from a request, and its signatures, made for a callback."""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from emulator.webhooks.signatures import Ingredient, Signature
from emulator.webhooks.values import Request

__all__ = ["base_url", "read_credentials", "sign", "signatures"]

_NONCES: Final = 10**20


def read_credentials(headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, str, str]:
    """(auth id, auth token, `Authorization`) of a request's raw headers, names in lower case; "" for a missing one.

    VOBIZ-3: `Authorization: Bearer` beside the X-Auth headers means nothing.
    """
    auth_id = token = authorization = ""
    for name, text in headers:
        if name == b"x-auth-id":
            auth_id = text.decode("latin-1")
        elif name == b"x-auth-token":
            token = text.decode("latin-1")
        elif name == b"authorization":
            authorization = text.decode("latin-1")
    return auth_id, token, authorization


def base_url(url: str) -> str:
    """What is signed of a callback's URL: scheme, host, port and path, without query or fragment (VOBIZ-35)."""
    return url.partition("#")[0].partition("?")[0]


def _digest(key: str, text: str) -> str:
    return b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


def _nonce(random: bytes) -> str:
    """20 decimal digits (VOBIZ-34)."""
    return f"{int.from_bytes(random, 'big') % _NONCES:020d}"


def sign(request: Request, body: bytes, at: datetime, nonce: bytes) -> list[tuple[str, str]]:
    """The signature headers of one attempt; none without a key. Neither `body` nor `at` is signed (VOBIZ-35).

    `nonce` is 32 random bytes. The MA headers carry the parent account's signature, which for a main account is its
    own (VOBIZ-37).
    """
    if not request.key:
        return []
    url = base_url(request.url)
    nonce_v2, nonce_v3 = _nonce(nonce[:16]), _nonce(nonce[16:])
    v2 = _digest(request.key, url + nonce_v2)
    v3 = _digest(request.key, f"{url}.{nonce_v3}")
    return [
        ("X-Vobiz-Signature-V2", v2),
        ("X-Vobiz-Signature-V2-Nonce", nonce_v2),
        ("X-Vobiz-Signature-V3", v3),
        ("X-Vobiz-Signature-V3-Nonce", nonce_v3),
        ("X-Vobiz-Signature-MA-V2", v2),
        ("X-Vobiz-Signature-MA-V3", v3),
    ]


def signatures(request: Request, body: bytes, at: datetime, nonce: bytes) -> list[Signature]:
    """How `sign` makes them. VOBIZ-35, VOBIZ-37."""
    if not request.key:
        return []
    url = Ingredient("url", base_url(request.url).encode(), "the callback's URL without its query")
    made = []
    for version, half, dot in (("V2", nonce[:16], ()), ("V3", nonce[16:], (Ingredient("separator", b".", "a dot"),))):
        header = f"X-Vobiz-Signature-{version}-Nonce"
        parts = (url, *dot, Ingredient("nonce", _nonce(half).encode(), f"the header {header}", header))
        for label in (version, f"MA-{version}"):
            whose = "the parent account's auth token (of a main account its own)" if label[0] == "M" else "auth token"
            made.append(
                Signature(
                    f"X-Vobiz-Signature-{label}", parts, request.key, whose, "base64", label=label,
                    leaves_out=("the query", "the body", "the time"),
                )
            )  # fmt: skip
    return made
