"""A hook of the application: its URL, method, credentials and retry rules, from the wire to the engine's. Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from emulator.engine.program import Hook
from emulator.engine.values import value
from emulator.errors import InvalidDocument, NotEmulated
from emulator.webhooks.values import Policy

__all__ = ["Scope", "authorization", "is_absolute", "origin", "parse_hook", "split_retries", "told_hook"]

_OK: Final = frozenset({200, 202, 204})
_WAITS: Final = tuple(timedelta(seconds=seconds) for seconds in (0.5, 1, 2, 4, 6))
_ALL: Final = frozenset({"connection", "timeout", "4xx", "5xx", "status"})
_RETRIED: Final[dict[str, frozenset[str]]] = {
    "ct": frozenset({"connection"}),
    "rt": frozenset({"timeout"}),
    "4xx": frozenset({"4xx"}),
    "5xx": frozenset({"5xx"}),
    "all": _ALL,
}
_TIMEOUT: Final = timedelta(seconds=10)

Auth = tuple[str, str] | list[str] | None


def split_retries(url: str) -> tuple[str, Policy]:
    """The URL as it is sent, and what its fragment says of retries (JAMBONZ-80, JAMBONZ-82)."""
    url, _, fragment = url.partition("#")
    wanted = dict(parse_qsl(fragment))
    count = int(wanted["rc"]) if wanted.get("rc", "").isdigit() else 0
    kinds: frozenset[str] = frozenset()
    for name in wanted.get("rp", "ct").split(","):
        kinds |= _RETRIED.get(name.strip(), frozenset())
    return url, Policy(_WAITS[: min(count, len(_WAITS))], timeout=_TIMEOUT, ok=_OK, retry_on=kinds)


def origin(url: str) -> str:
    """scheme://host:port, for relative hooks: the path is dropped (JAMBONZ-87)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_absolute(url: str) -> bool:
    return url.lower().startswith(("http://", "https://", "ws://", "wss://"))


def authorization(auth: Auth) -> tuple[tuple[str, str], ...]:
    """JAMBONZ-86."""
    if not auth:
        return ()
    return (("Authorization", "Basic " + b64encode(f"{auth[0]}:{auth[1]}".encode()).decode()),)


def parse_hook(wire: Any) -> dict[str, Any] | None:
    """`{url, method, auth}` of a string or an object; None for what is neither (JAMBONZ-43)."""
    if isinstance(wire, str):
        return {"url": wire, "method": "POST", "auth": None}
    if not isinstance(wire, Mapping) or not isinstance(wire.get("url"), str):
        return None
    basic = wire["basicAuth"] if isinstance(wire.get("basicAuth"), Mapping) else wire
    user, password = basic.get("username"), basic.get("password")
    auth = [user, password] if isinstance(user, str) and user and isinstance(password, str) else None
    return {"url": wire["url"], "method": str(wire.get("method") or "POST").upper(), "auth": auth}


def _checked(url: str, method: str, where: str) -> None:
    """What cannot be asked over HTTP."""
    if url.lower().startswith(("ws://", "wss://")) or method == "WS":
        raise NotEmulated("websocket application", where)
    if method not in ("GET", "POST"):
        raise InvalidDocument(f"hook method {method} is neither GET nor POST", where)


def told_hook(wire: Any, scope: Scope, where: str) -> dict[str, Any] | None:
    """A status hook, with its URL resolved. Raises `NotEmulated` for a websocket."""
    hook = parse_hook(wire)
    if hook is None:
        return None
    hook["url"] = scope.resolve(hook["url"])
    _checked(hook["url"], hook["method"], where)
    return hook


@value
class Scope:
    """Where relative hooks of a leg lead, and with which credentials (JAMBONZ-86, JAMBONZ-87)."""

    base: str
    auth: Auth = None

    def resolve(self, url: str) -> str:
        return self.base + url if url.startswith("/") else url

    def hook(self, wire: Any, purpose: str, where: str, **more: Any) -> Hook | None:
        """The engine's hook; None where the document names none. `more` as in `Hook`; `extra` is merged.

        Raises `NotEmulated` for a websocket, `InvalidDocument` for another method than GET and POST.
        """
        hook = parse_hook(wire)
        if hook is None:
            return None
        url, method = self.resolve(hook["url"]), hook["method"]
        _checked(url, method, where)
        # JAMBONZ-108: an absolute redirect is the new base
        base = origin(url) if purpose == "redirect" and is_absolute(url) else self.base
        extra = {"base": base, "auth": hook["auth"] or self.auth, **(more.pop("extra", None) or {})}
        return Hook(url, method, purpose, extra=extra, **more)
