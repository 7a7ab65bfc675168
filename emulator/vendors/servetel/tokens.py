"""Servetel's tokens: texts that look like a JWT and that clients take as they are (SERVETEL-2).

Nothing is kept for a token. It names its account and its instants, and is signed with the sandbox's own seed, so
whether it is ours, and whether it has expired, is worked out when it comes. Only a logout leaves a record.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Final

import msgspec

from emulator.ids import Ids
from emulator.vendors.servetel.wire import epoch

__all__ = ["LIFETIME", "REFRESHABLE", "Claims", "is_ours", "login_token", "permanent_token", "read_claims"]

LIFETIME: Final = 3600
"""SERVETEL-3: seconds from the login."""
REFRESHABLE: Final = 14 * 86_400
"""SERVETEL-5: seconds from the login within which an expired token can still be refreshed."""

_HEADER: Final = urlsafe_b64encode(b'{"typ":"JWT","alg":"HS256"}').rstrip(b"=").decode()


class Claims(msgspec.Struct, omit_defaults=True):
    """What a token says: account, when it was made and ends (epochs; 0 for one that is permanent), its own id."""

    sub: str
    iat: int = 0
    exp: int = 0
    jti: str = ""

    def is_expired(self, now: datetime) -> bool:
        return epoch(now) >= self.exp

    def is_refreshable(self, now: datetime) -> bool:
        return epoch(now) < self.iat + REFRESHABLE


_decode: Final = msgspec.json.Decoder(Claims).decode


def permanent_token(ids: Ids, account: str) -> str:
    """Out of the panel; without end (SERVETEL-57)."""
    return _token(ids, Claims(account))


def login_token(ids: Ids, account: str, count: int, now: datetime) -> str:
    """Of the account's `count`-th login or refresh."""
    began = epoch(now)
    jti = ids.text("servetel jti", str(count), 16, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")
    return _token(ids, Claims(account, began, began + LIFETIME, jti))


def _token(ids: Ids, claims: Claims) -> str:
    head = f"{_HEADER}.{urlsafe_b64encode(msgspec.json.encode(claims)).rstrip(b'=').decode()}"
    return f"{head}.{_signature(ids, head)}"


def _signature(ids: Ids, head: str) -> str:
    return urlsafe_b64encode(ids.digest("servetel token", head)).rstrip(b"=").decode()


def read_claims(token: str) -> Claims | None:
    """What a short-lived token says, right or wrong; None if it is not one."""
    parts = token.split(".")
    if len(parts) != 3 or parts[0] != _HEADER:
        return None
    try:
        claims = _decode(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (ValueError, msgspec.DecodeError):
        return None
    return claims if claims.exp else None


def is_ours(ids: Ids, token: str) -> bool:
    """Whether this sandbox made it."""
    head, _, signature = token.rpartition(".")
    return signature == _signature(ids, head)
