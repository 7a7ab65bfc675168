"""Faults that strike API requests: the half of bad days that answers late, wrongly or not at all.

Theory of operation. While any sandbox of the process has such faults, every request to a vendor passes a `Spoiler`. Its
body is read first, because a fault may ask for a number in it. The vendor's own routes find out whose request it is;
at that moment, and before anything is done, the book of that sandbox is asked. A fault that lets nothing be done leaves
the routes as `Struck`; the others take effect when the vendor's answer leaves. What is journalled is journalled when
the answer would leave, so that the entry knows the call.

While an answer is held back the sandbox's clock stands, as it does for any request being served; the wait ends at once
when the client has given up. Its seconds are real: so is the client's patience.
"""

from __future__ import annotations

import asyncio
import os
import socket
import struct
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from emulator.scenarios.faults import Fault
from emulator.vendor_api import Vendor, WireError
from emulator.vendor_wire.bodies import NotJson, parse_body

if TYPE_CHECKING:
    from emulator.runtime.current import Note
    from emulator.runtime.exchange import Exchange
    from emulator.runtime.sandbox import Sandbox

__all__ = ["CONNECTION", "Spoiler", "Struck"]

CONNECTION: Final = "ringback.connection"
"""Where in an ASGI scope's `state` our own listener puts the connection's transport."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_PIECES: Final = 10
_NO_LINGER: Final = struct.pack("ii", 1, 0)


class Struck(Exception):
    """A fault keeps the request from being done."""

    def __init__(self, spoiler: Spoiler) -> None:
        self.spoiler = spoiler
        super().__init__("a fault struck the request")


class Spoiler:
    """One request and its answer. `note` is filled as the request is served."""

    def __init__(
        self, exchange: Exchange, vendor: Vendor, scope: Scope, receive: Receive, send: Send, note: Note
    ) -> None:
        self._exchange, self._vendor, self._scope, self._note = exchange, vendor, scope, note
        self._receive, self._send = receive, send
        self._body: list[Message] = []
        self._sandbox: Sandbox | None = None
        self.fault: Fault | None = None
        self._number = 0
        self._is_cut = False

    async def read(self) -> None:
        """The whole body, to be given to the routes afterwards. Raises what `receive` raises."""
        while not self._body or self._body[-1].get("more_body", False):
            message = await self._receive()
            self._body.append(message)
            if message["type"] != "http.request":
                return

    async def receive(self) -> Message:
        return self._body.pop(0) if self._body else await self._receive()

    # --- before ------------------------------------------------------------------------------------------------

    def meet(self, sandbox: Sandbox) -> None:
        """The request is this sandbox's: ask its book, once. Raises `Struck`."""
        if self._sandbox is not None:
            return
        self._sandbox = sandbox
        book = sandbox.faults
        if not book.strikes_requests:
            return
        data = b"".join(message.get("body", b"") for message in self._body)
        self.fault = book.for_request(
            self._vendor.name, self._scope["method"], self._scope["path"], lambda: self._numbers(sandbox, data)
        )
        self._number = book.requests
        if self.fault is not None and self.fault.fault in ("status", "rate-limit", "reset"):
            raise Struck(self)

    def _numbers(self, sandbox: Sandbox, data: bytes) -> Iterator[str]:
        """Whatever may be a telephone number in path, query and body, and both ends of the legs they name."""
        texts = [*self._scope["path"].split("/")]
        texts += [text for _, text in parse_qsl(self._scope["query_string"].decode("latin-1"))]
        kind = next((text for key, text in self._scope["headers"] if key == b"content-type"), b"").decode("latin-1")
        try:
            texts += _texts(parse_body(data or b"".join(self._note.body), kind.lower()))
        except NotJson:
            pass  # the vendor will say so
        for text in texts:
            yield from text.replace("<", ",").split(",")
            leg = sandbox.engine.named(self._vendor.name, text)
            if leg is not None:
                yield from (leg.from_, leg.to)

    # --- instead of the vendor's answer, or with it ------------------------------------------------------------

    def error(self) -> WireError | None:
        """What is answered instead; None where the connection is cut instead."""
        fault, sandbox = self.fault, self._sandbox
        assert fault is not None and sandbox is not None
        if fault.fault == "reset":
            return None
        is_limit = fault.fault == "rate-limit"
        after = fault.retry_after or (timedelta(seconds=1) if is_limit else None)
        seconds = ceil(after.total_seconds()) if after is not None else None
        status = 429 if is_limit else fault.status
        assert status is not None
        told = _plain(status) if self._vendor.fail is None else self._vendor.fail(
            sandbox.views[self._vendor.name], status, seconds
        )  # fmt: skip
        if seconds is not None and not any(name.lower() == "retry-after" for name, _ in told.headers):
            told = replace(told, headers=(*told.headers, ("Retry-After", str(seconds))))
        return told

    async def cut(self) -> None:
        """Reset the connection before anything is done."""
        assert self._sandbox is not None
        self._sandbox.note_request(self._vendor.name, None, self._scope["method"], self._scope["path"], 0, 0.0)
        self._tell()
        await self._reset()

    async def send(self, message: Message) -> None:
        """The answer on its way to the client; told to the journal as it begins."""
        fault = self.fault
        if fault is None:
            await self._send(message)
            return
        if message["type"] == "http.response.start":
            self._tell()
            if fault.fault == "reply-lost":
                self._is_cut = True
                await self._reset()
            elif fault.fault == "latency":
                await self._wait(fault.seconds)
        if self._is_cut:
            return
        if fault.fault == "slow-body" and message["type"] == "http.response.body":
            await self._drip(message, fault.seconds)
        else:
            await self._send(message)

    async def _drip(self, message: Message, seconds: float) -> None:
        body = message.get("body", b"")
        size = max(1, -(-len(body) // _PIECES))
        pieces = [body[at : at + size] for at in range(0, len(body), size)] or [b""]
        for piece in pieces[:-1]:
            await self._wait(seconds / len(pieces))
            await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._wait(seconds / len(pieces))
        await self._send({**message, "body": pieces[-1]})

    async def _wait(self, seconds: float) -> None:
        """Real seconds, or until the client has given up. Meanwhile the sandbox's clock stands."""
        assert self._sandbox is not None
        pump = self._exchange.pumps.get(self._sandbox.id)
        with pump.held() if pump is not None else nullcontext():
            try:
                async with asyncio.timeout(seconds):
                    await self._gone()
            except TimeoutError:
                return

    async def _gone(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass

    async def _reset(self) -> None:
        """The client sees a reset connection: at once, whatever was sent before."""
        transport = (self._scope.get("state") or {}).get(CONNECTION)
        if transport is None:
            raise ConnectionResetError("a fault reset the connection")
        own = transport.get_extra_info("socket")
        if own is not None:
            with socket.socket(fileno=os.dup(own.fileno())) as same:
                same.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        transport.abort()
        await self._gone()

    def _tell(self) -> None:
        fault, sandbox = self.fault, self._sandbox
        assert fault is not None and sandbox is not None
        data: dict[str, Any] = {"name": fault.name, "fault": fault.fault}
        if fault.span is not None:
            data["span"] = fault.seconds
        data |= {"method": self._scope["method"], "path": self._scope["path"], "request": self._number}
        sandbox.note_fault(sandbox.clock.now(), self._note.call, self._vendor.name, data)


def _plain(status: int) -> WireError:
    known = {each.value: each.phrase for each in HTTPStatus}
    return WireError(status, {"error": known.get(status, f"status {status}")})


def _texts(body: Any) -> Iterator[str]:
    """Every text and number in JSON, however deep."""
    rest = [body]
    while rest:
        item = rest.pop()
        if isinstance(item, dict):
            rest += item.values()
        elif isinstance(item, list):
            rest += item
        elif isinstance(item, str | int):
            yield str(item)
