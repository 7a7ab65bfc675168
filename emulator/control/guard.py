"""Who may speak to the control API: nobody's web page, and with a token only who has it.

A browser will send requests here for any page it shows. Such a request names the page in `Origin`; and a page whose own
host name was made to point here (DNS rebinding) is known by that name in `Host`. The token is no browser's to send, so
whoever has it needs no further check of the host.
"""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from ipaddress import ip_address
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import Response

from emulator import __version__
from emulator.control.errors import ControlError
from emulator.runtime.spec import Options

__all__ = ["Guard"]

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]


VERSION: Final = (b"x-ringback-version", __version__.encode())


class Guard:
    """`app` behind the door. `answer` renders what the door says. Every answer names this program and its version."""

    def __init__(self, app: ASGIApp, options: Options, answer: Callable[[ControlError], Response]) -> None:
        self.app = app
        self._answer = answer
        self._token = options.token
        self.is_locked = bool(options.token) or not _is_loopback(options.host)
        self._hosts = {options.host.lower(), (urlsplit(options.public_url).hostname or "").lower()} - {""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def named(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], VERSION]
            await send(message)

        try:
            self.check(Headers(scope=scope))
        except ControlError as error:
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": 1008, "reason": error.message})
            else:
                await self._answer(error)(scope, receive, named)
            return
        await self.app(scope, receive, named)

    def check(self, headers: Headers) -> None:
        """Raises `ControlError`."""
        if self.is_locked:
            self._check_token(headers.get("authorization", ""))
        elif (host := _host_of(headers.get("host", ""))) and not self._is_ours(host):
            hint = "Use 127.0.0.1 or localhost, start with --public-url naming this host, or with --token."
            raise ControlError("foreign_host", f"Host: {host!r} is not a name of this server", hint)
        origin = headers.get("origin")
        if origin is not None and not _is_same(origin, headers):
            hint = "Only pages of this server may use it from a browser; a program sends no Origin header."
            raise ControlError("foreign_origin", f"Origin: {origin!r} is not this server", hint)

    def _check_token(self, sent: str) -> None:
        scheme, _, token = sent.partition(" ")
        is_right = hmac.compare_digest(token.strip().encode("utf-8", "surrogateescape"), self._token.encode())
        if self._token and scheme.lower() == "bearer" and is_right:
            return
        hint = (
            "Send `Authorization: Bearer TOKEN` with the token that the server was started with; commands take it as "
            "--token or RINGBACK_TOKEN."
        )
        if not self._token:
            hint = "The server is bound wider than this machine and has no token: start it with --token."
        message = "the bearer token is wrong" if sent else "the control API wants a bearer token"
        raise ControlError("unauthorized", message, hint, {"WWW-Authenticate": 'Bearer realm="ringback"'})

    def _is_ours(self, host: str) -> bool:
        return host in self._hosts or host == "localhost" or host.endswith(".localhost") or _is_address(host)


def _is_loopback(host: str) -> bool:
    return host == "localhost" or (_is_address(host) and ip_address(host.strip("[]")).is_loopback)


def _is_address(host: str) -> bool:
    """Numbers cannot be rebound: only names can."""
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def _host_of(text: str) -> str:
    """A Host header's name or address, without the port, in lower case."""
    host, _, port = text.strip().lower().rpartition(":")
    return host if host and (port.isdigit() or not port) and not host.endswith(":") else text.strip().lower()


def _is_same(origin: str, headers: Headers) -> bool:
    """Whether a page's origin is the address this request was sent to, as its client or a proxy before us saw it."""
    parts = urlsplit(origin.lower())
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return False
    standard = ":443" if parts.scheme == "https" else ":80"
    sent_to = {
        text.split(",")[0].strip().lower() for text in (headers.get("host"), headers.get("x-forwarded-host")) if text
    }
    return parts.netloc.removesuffix(standard) in {host.removesuffix(standard) for host in sent_to}
