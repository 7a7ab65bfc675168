"""A hook of the application: its URL, method, credentials and retry rules, from the wire to the engine's. Pure."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from emulator.engine.program import Hook
from emulator.engine.values import field, value
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendor_wire.urls import HTTP, SOCKET, is_url
from emulator.webhooks.values import Policy

__all__ = [
    "Scope", "authorization", "is_absolute", "is_http", "is_socket", "opening", "origin", "parse_hook", "split_retries",
    "told_hook",
]  # fmt: skip

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


def split_retries(url: str, count: int = 0) -> tuple[str, Policy]:
    """The URL as it is sent, and what its fragment says of retries; `count` of them if it says nothing (JAMBONZ-80,
    JAMBONZ-82)."""
    url, _, fragment = url.partition("#")
    wanted = dict(parse_qsl(fragment))
    count = int(wanted["rc"]) if wanted.get("rc", "").isdigit() else count
    kinds: frozenset[str] = frozenset()
    for name in wanted.get("rp", "ct").split(","):
        kinds |= _RETRIED.get(name.strip(), frozenset())
    return url, Policy(_WAITS[: min(count, len(_WAITS))], timeout=_TIMEOUT, ok=_OK, retry_on=kinds)


def origin(url: str) -> str:
    """scheme://host:port, for relative hooks: the path is dropped (JAMBONZ-87)."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_absolute(url: str) -> bool:
    return is_url(url, (*HTTP, *SOCKET))


def is_socket(hook: Mapping[str, Any] | None) -> bool:
    """JAMBONZ-120: by its scheme, or by its method."""
    if hook is None:
        return False
    url: str = hook["url"]
    return hook["method"] == "WS" or url.lower().startswith(("ws://", "wss://"))


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


def _checked(hook: Mapping[str, Any], where: str) -> None:
    """What cannot be asked over HTTP."""
    if is_socket(hook):
        raise NotEmulated("a websocket hook of an HTTP application", where)
    if hook["method"] not in ("GET", "POST"):
        raise InvalidDocument(f"hook method {hook['method']} is neither GET nor POST", where)


def told_hook(wire: Any, scope: Scope, where: str) -> dict[str, Any] | None:
    """A status hook, with its URL resolved. Raises `NotEmulated` for a websocket."""
    hook = parse_hook(wire)
    if hook is None or (scope.socket is not None and not is_http(hook["url"])):
        return None  # JAMBONZ-128: the socket has the status events already
    hook["url"] = scope.resolve(hook["url"])
    _checked(hook, where)
    return hook


def is_http(url: str) -> bool:
    return url.lower().startswith(("http://", "https://"))


@value
class Scope:
    """Where relative hooks of a leg lead, and with which credentials (JAMBONZ-86, JAMBONZ-87).

    `socket`: the application's, `{url, auth}`; None for one that is asked over HTTP. `is_confirming`: what is read runs
    on a dialled leg before its bridge (JAMBONZ-114).
    """

    base: str
    auth: Auth = None
    socket: Mapping[str, Any] | None = field(default=None, hash=False)
    is_confirming: bool = False

    def resolve(self, url: str) -> str:
        return self.base + url if url.startswith("/") else url

    def hook(self, wire: Any, purpose: str, where: str, **more: Any) -> Hook | None:
        """The engine's hook; None where the document names none. `more` as in `Hook`; `extra` is merged.

        Raises `NotEmulated` for a websocket in an HTTP application but as a redirect, `InvalidDocument` for another
        method than GET and POST.
        """
        hook = parse_hook(wire)
        if hook is None:
            return None
        extra = {"base": self.base, "auth": self.auth, "socket": self.socket, **(more.pop("extra", None) or {})}
        if self.is_confirming:
            extra["confirming"] = True
        if purpose == "redirect" and is_socket(hook) and is_absolute(hook["url"]):
            return opening(hook, purpose, extra, **more)  # JAMBONZ-127
        if self.socket is not None and not is_http(hook["url"]):
            return Hook(hook["url"], "WS", purpose, extra={**extra, "hook": wire}, **more)
        url = self.resolve(hook["url"])
        _checked({**hook, "url": url}, where)
        # JAMBONZ-108: an absolute redirect is the new base, and takes the application off its socket
        if purpose == "redirect" and is_absolute(url):
            extra |= {"base": origin(url), "socket": None}
        elif self.socket is not None:
            extra["by_http"] = True  # JAMBONZ-120: this one hook alone
        return Hook(url, hook["method"], purpose, extra={**extra, "auth": hook["auth"] or self.auth}, **more)


def opening(
    hook: Mapping[str, Any], purpose: str, extra: Mapping[str, Any] | None = None, *, leg: str = "", **more: Any
) -> Hook:
    """The hook that opens a session on a new socket (JAMBONZ-120). `leg`: whose it is, if not the call's first's."""
    socket = {"url": hook["url"], "auth": hook["auth"], **({"leg": leg} if leg else {})}
    opened = {**(extra or {}), "base": origin(hook["url"]), "auth": hook["auth"], "socket": socket, "opens": True}
    return Hook(hook["url"], "WS", purpose, extra=opened, **more)
