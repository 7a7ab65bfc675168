"""Whose request it is: tokens out of the panel, tokens of a login, and the login itself.

State is in records: `session` (how often somebody logged in, and failed to), `revoked` (tokens logged out).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from emulator.vendor_api import VendorContext, VendorSandbox
from emulator.vendors.servetel.accounts import by_account, by_email, by_token
from emulator.vendors.servetel.errors import Rejected, said
from emulator.vendors.servetel.tokens import LIFETIME, Claims, is_ours, login_token, read_claims
from emulator.vendors.servetel.wire import epoch
from emulator.webhooks.signatures import Signature
from emulator.webhooks.values import Request

__all__ = ["login", "logout", "owner", "read_token", "refresh", "refreshable", "sign", "signatures"]

_RESET: int = 90
"""SERVETEL-58: days between two resets of a password."""


def read_token(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """SERVETEL-2: the token of `Authorization: Bearer X` in any case, or of `Authorization: X`; "" without one."""
    for name, text in headers:
        if name == b"authorization":
            given = text.decode("latin-1").strip()
            scheme, _, rest = given.partition(" ")
            return rest.strip() if scheme.lower() == "bearer" else given
    return ""


def owner(context: VendorContext, token: str) -> VendorSandbox | None:
    """The sandbox of a token that is good now; None for every other one (SERVETEL-7)."""
    if not token:
        return None
    sandbox = context.sandbox(by_token(token))
    if sandbox is not None:
        return sandbox
    sandbox, claims = _issuer(context, token)
    return None if sandbox is None or claims is None or claims.is_expired(sandbox.now()) else sandbox


def refreshable(context: VendorContext, token: str) -> VendorSandbox | None:
    """The sandbox of a token that may be refreshed now: a good one, or one that expired lately (SERVETEL-5)."""
    sandbox = context.sandbox(by_token(token)) if token else None
    if sandbox is not None:
        return sandbox
    sandbox, claims = _issuer(context, token)
    return sandbox if sandbox is not None and claims is not None and claims.is_refreshable(sandbox.now()) else None


def _issuer(context: VendorContext, token: str) -> tuple[VendorSandbox | None, Claims | None]:
    """Who made a short-lived token, unless it is logged out, and what it says."""
    claims = read_claims(token)
    sandbox = context.sandbox(by_account(claims.sub)) if claims is not None else None
    if sandbox is None or claims is None or not is_ours(sandbox.ids, token):
        return None, None
    return (None, None) if sandbox.records.get("revoked", claims.jti) else (sandbox, claims)


def login(context: VendorContext, body: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """SERVETEL-3, SERVETEL-4."""
    email, password = body.get("email"), body.get("password")
    if not isinstance(email, str) or not isinstance(password, str) or not email or not password:
        raise Rejected(401, "Invalid credentials")
    sandbox = context.sandbox(by_email(email))
    if sandbox is None:
        raise Rejected(401, "Invalid credentials")
    session = _session(sandbox)
    if password != _account(sandbox)["password"]:
        failed = session["failed"] + 1
        sandbox.records.put("session", "main", {**session, "failed": failed})
        raise Rejected(401, "The username or password is incorrect.", login_failed_count=failed)
    return 200, _issue(sandbox)


def refresh(sandbox: VendorSandbox) -> tuple[int, dict[str, Any]]:
    """SERVETEL-5: one more token; the old one lives until its own end."""
    return 200, _issue(sandbox)


def logout(sandbox: VendorSandbox, token: str) -> tuple[int, dict[str, Any]]:
    """SERVETEL-6: a login's token dies; one out of the panel is withdrawn in the panel only."""
    claims = read_claims(token)
    if claims is not None:
        sandbox.records.put("revoked", claims.jti, {"jti": claims.jti, "exp": claims.exp})
    return 200, {**said("Successfully logged out"), "success": True}


def _issue(sandbox: VendorSandbox) -> dict[str, Any]:
    session, now = _session(sandbox), sandbox.now()
    count = session["logins"] + 1
    sandbox.records.put("session", "main", {"logins": count, "failed": 0})
    answer: dict[str, Any] = {
        "success": True,
        "access_token": login_token(sandbox.ids, str(_account(sandbox)["user_id"]), count, now),
        "token_type": "bearer",
        "expires_in": LIFETIME,
    }
    if sandbox.settings.profile == "smartflo":
        answer["number_of_days_left"] = _days_left(now)
    return answer


def _days_left(now: datetime) -> int:
    """SERVETEL-58: somebody resets the password whenever it is due."""
    return _RESET - epoch(now) // 86_400 % _RESET


def _session(sandbox: VendorSandbox) -> Mapping[str, Any]:
    return sandbox.records.get("session", "main") or {"logins": 0, "failed": 0}


def _account(sandbox: VendorSandbox) -> Mapping[str, Any]:
    account = sandbox.records.get("account", "main")
    assert account is not None  # seeded, and nothing deletes it
    return account


def sign(request: Request, body: bytes, at: datetime, nonce: bytes) -> tuple[tuple[str, str], ...]:
    """SERVETEL-43: a webhook carries no signature."""
    return ()


def signatures(request: Request, body: bytes, at: datetime, nonce: bytes) -> tuple[Signature, ...]:
    """SERVETEL-43."""
    return ()
