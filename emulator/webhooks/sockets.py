"""The one websocket client: carries texts over a socket that an application serves, whatever the other side does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final
from urllib.parse import urljoin

from emulator.webhooks.addresses import Lookup, look_up
from emulator.webhooks.hops import Unsent, addresses_of, blocked
from emulator.webhooks.urls import BadURL, Target, parse_url
from emulator.webhooks.values import Channel

__all__ = ["LOST", "Socket", "Sockets"]

LOST: Final = 1006
"""The code of a connection that ended without one."""
_FOLLOWED: Final = frozenset({301, 302, 303, 307, 308})
_LINGER_SECONDS: Final = 0.5
"""How long the other side may take to close its end."""
_BREAKS: Final = str.maketrans("", "", "\r\n\0")

Hear = Callable[["Socket", str | bytes], None]
Part = Callable[["Socket", int, str, bool], None]


class Socket:
    """An open one. Texts that come go to `hear`, its end, unless we asked for it, to `part` with code and words, and
    whether it was us who closed it, because of what came."""

    __slots__ = ("_connection", "_hear", "_part", "_reader", "channel", "is_open", "moved_at")

    def __init__(self, channel: Channel, connection: Any, hear: Hear, part: Part) -> None:
        self.channel = channel
        self.is_open = True
        self._connection = connection
        self._hear, self._part = hear, part
        self.moved_at = asyncio.get_running_loop().time()
        """When anything last went over it, by the event loop's clock."""
        self._reader = asyncio.ensure_future(self._read())

    async def send(self, text: str) -> None:
        """Raises: `Unsent` on a socket that is closed, or closing."""
        from websockets.exceptions import ConnectionClosed

        self.moved_at = asyncio.get_running_loop().time()
        try:
            await self._connection.send(text)
        except ConnectionClosed as problem:
            raise Unsent("the application has closed its socket") from problem

    async def close(self, code: int) -> None:
        """Ours: `part` is not told. Waits for the other side no longer than a second."""
        self.is_open = False
        self._reader.cancel()
        await self._connection.close(code)

    async def _read(self) -> None:
        from websockets.exceptions import ConnectionClosed

        connection = self._connection
        try:
            while True:
                message = await connection.recv()
                self.moved_at = asyncio.get_running_loop().time()
                self._hear(self, message)
        except ConnectionClosed as closed:
            self.is_open = False
            own, theirs = closed.sent, closed.rcvd
            if own is not None and not closed.rcvd_then_sent:
                self._part(self, own.code, _text(own.reason), True)  # it broke the protocol, or was too much
            else:
                reason = _text(theirs.reason if theirs is not None else "")
                self._part(self, theirs.code if theirs is not None else LOST, reason, False)


class Sockets:
    """Opens sockets, for one sandbox. The library is imported with the first.

    As webhooks, sockets lead to loopback and private addresses alone, wherever a name or redirect points, unless
    `allow` says yes to the host.
    """

    __slots__ = ("_allow", "_lookup", "_tls")

    def __init__(self, allow: Callable[[str], bool], lookup: Lookup | None = None) -> None:
        self._allow = allow
        self._lookup = lookup or look_up
        self._tls: ssl.SSLContext | None = None

    async def open(self, channel: Channel, seconds: float, hear: Hear, part: Part) -> Socket:
        """Raises: `Unsent`, its text free of ports and timing; its error `timeout` after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                connection = await self._follow(channel)
        except TimeoutError:
            raise Unsent("the application's socket was not opened in time", "timeout") from None
        if connection.subprotocol != channel.protocol:
            await connection.close(1002)
            raise Unsent(f"the application did not choose the protocol {channel.protocol}")
        return Socket(channel, connection, hear, part)

    async def _follow(self, channel: Channel) -> Any:
        from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

        url = channel.url
        for _ in range(channel.redirects + 1):
            try:
                return await self._connect(channel, url)
            except InvalidStatus as refused:
                status, headers = refused.response.status_code, refused.response.headers
                if status not in _FOLLOWED or "Location" not in headers:
                    raise Unsent(f"the application answered {status} instead of opening a socket") from refused
                url = _redirected(url, headers["Location"])
            except InvalidURI as wrong:
                raise Unsent(f"bad URL: {url!r}") from wrong
            except InvalidHandshake as wrong:
                raise Unsent(f"the application did not open a socket: {wrong}") from wrong
            except (OSError, EOFError) as problem:
                raise _unsent(problem) from problem
        raise Unsent(f"redirected more than {channel.redirects} times")

    async def _connect(self, channel: Channel, url: str) -> Any:
        from websockets.asyncio.client import ClientConnection, connect
        from websockets.typing import Subprotocol

        class Bounded(ClientConnection):
            """Ends soon after its last frame, though the other side keeps the line open."""

            def data_received(self, data: bytes) -> None:
                super().data_received(data)
                if self.protocol.close_expected():
                    self.loop.call_later(_LINGER_SECONDS, self.transport.abort)

        class Once(connect):
            def process_redirect(self, exc: Exception) -> Exception | str:
                return exc  # where it leads is checked by us

        target = _target(url)
        address = await self._address(target)
        if target.is_secure and self._tls is None:
            self._tls = await asyncio.to_thread(_trust)
        tls: dict[str, Any] = {"ssl": self._tls} if target.is_secure else {}
        return await Once(
            url, subprotocols=[Subprotocol(channel.protocol)],
            additional_headers=[(name, text.translate(_BREAKS)) for name, text in channel.headers],
            user_agent_header=None, proxy=None, open_timeout=None, close_timeout=_LINGER_SECONDS, ping_interval=None,
            max_size=channel.most, create_connection=Bounded, host=address, port=target.port, **tls,
        )  # fmt: skip

    async def _address(self, target: Target) -> str:
        """What is connected to is what was checked: a name is looked up here, once."""
        is_allowed = self._allow(target.host)
        if target.is_address:
            if not (target.is_local or is_allowed):
                raise blocked(target.host)
            return target.host
        return (await addresses_of(target, self._lookup, is_allowed=is_allowed))[0]


def _target(url: str) -> Target:
    """Raises: `Unsent`."""
    scheme, colon, rest = url.partition(":")
    if scheme.lower() not in ("ws", "wss"):
        raise Unsent(f"bad URL: expected one such as ws://localhost:8000/call, got {url!r}")
    try:
        return parse_url("http" + scheme.lower()[2:] + colon + rest)
    except BadURL as wrong:
        raise Unsent(f"bad URL: {url!r}") from wrong


def _redirected(url: str, location: str) -> str:
    try:
        joined = urljoin("http" + url[2:], location)
    except ValueError as wrong:
        raise Unsent(f"bad URL: redirected to {location!r}") from wrong
    return "ws" + joined[4:] if joined.lower().startswith("http") else joined


def _unsent(problem: BaseException) -> Unsent:
    import os

    if isinstance(problem, ssl.SSLError):
        return Unsent("TLS with the application failed")
    number = getattr(problem, "errno", None)
    return Unsent(f"cannot connect: {os.strerror(number).lower()}" if number else "cannot connect")


def _text(reason: str) -> str:
    return reason[:200]


def _trust() -> ssl.SSLContext:
    module: Any = import_module("emulator.webhooks.tls")
    context: ssl.SSLContext = module.context()
    return context
