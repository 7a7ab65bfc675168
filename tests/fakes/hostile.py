"""An application's web server at its worst: raw sockets on loopback that say exactly what they are told to.

```python
async with Hostile(says(b"HTTP/1.1 200 OK\\r\\nContent-Length: 9\\r\\n\\r\\nhalf", then="reset")) as server:
    ...  # server.url; server.received; await server.arrived(1); await server.gone(1)
```
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Literal, Self

__all__ = [
    "CERTIFICATE", "PAUSE", "Connection", "Hostile", "Received", "answer", "answers", "identity", "in_turn", "says",
]  # fmt: skip

CERTIFICATE = Path(__file__).parent / "app.test.pem"
"""A certificate and its key, which is no secret: nobody trusts it but our tests."""

PAUSE = None
"""In place of a chunk: wait until the test calls `go_on`."""


@dataclass
class Received:
    """One request as it came. `connection` counts from 1."""

    connection: int
    line: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        return next((text for key, text in self.headers if key.lower() == name), None)


class Connection:
    """One connection to the server, as a behaviour sees it."""

    def __init__(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.number, self.reader, self.writer = number, reader, writer
        self.may_go_on = asyncio.Event()

    async def until_gone(self) -> None:
        """Wait for the other side to close, whatever it sends before."""
        while await self.reader.read(65536):
            pass

    def reset(self) -> None:
        """Break the connection so that the other side is told of a reset, not of an end."""
        sock = self.writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


Behaviour = Callable[[Connection], Awaitable[None]]


def says(*chunks: bytes | None, then: Literal["keep", "close", "reset", "hang"] = "close") -> Behaviour:
    """Say these bytes, whatever was asked, and then keep the connection for the next request, or end it, or hang."""

    async def behave(connection: Connection) -> None:
        for chunk in chunks:
            if chunk is PAUSE:
                await connection.may_go_on.wait()
            else:
                connection.writer.write(chunk)
                await connection.writer.drain()
        if then == "hang":
            await connection.until_gone()
        elif then == "reset":
            connection.reset()
        elif then == "close":
            connection.writer.close()

    return behave


def answer(status: int = 200, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()) -> bytes:
    """A well-formed answer."""
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {text}" for name, text in headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def answers(status: int = 200, body: bytes = b"", headers: Sequence[tuple[str, str]] = ()) -> Behaviour:
    """Answer as a good server does, and keep the connection."""
    return says(answer(status, body, headers), then="keep")


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """The first request meets the first behaviour, and so on."""
    left = list(behaviours)

    async def behave(connection: Connection) -> None:
        await left.pop(0)(connection)

    return behave


def identity() -> ssl.SSLContext:
    """Who says it is `app.test` and 127.0.0.1, signed by itself: trusted by those who trust `CERTIFICATE`."""
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(CERTIFICATE)
    return made


class Hostile:
    """A server on a free loopback port. With `listens` false it does not read a request before it behaves; with `tls`
    it speaks https, as `app.test` and 127.0.0.1."""

    def __init__(self, behave: Behaviour, *, listens: bool = True, tls: bool = False) -> None:
        self.received: list[Received] = []
        self.connections: list[Connection] = []
        self.most_at_once = 0
        self.url = ""
        self.port = 0
        self._behave, self._listens = behave, listens
        self._tls = identity() if tls else None
        self._busy = 0
        self._gone = 0
        self._changed = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, ssl=self._tls)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/hook"
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def arrived(self, count: int) -> None:
        """Wait until so many requests (without `listens`: connections) have come."""
        async with self._changed:
            await self._changed.wait_for(lambda: len(self.received if self._listens else self.connections) >= count)

    async def gone(self, count: int) -> None:
        """Wait until so many connections are over."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._gone >= count)

    def go_on(self) -> None:
        """Let every connection go past its next `PAUSE`, and all that come."""
        self._goes_on = True
        for connection in self.connections:
            connection.may_go_on.set()

    _goes_on = False

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        connection = Connection(len(self.connections) + 1, reader, writer)
        if self._goes_on:
            connection.may_go_on.set()
        self.connections.append(connection)
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._serve(connection)
        except asyncio.CancelledError:
            pass  # the test is over; asyncio would report it
        finally:
            writer.close()
            self._tasks.discard(task)
            self._gone += 1
            await self._tell()

    async def _serve(self, connection: Connection) -> None:
        if not self._listens:
            await self._tell()
            await self._behave(connection)
        while self._listens and not connection.writer.is_closing():
            self.received.append(await self._read(connection))
            self._busy += 1
            self.most_at_once = max(self.most_at_once, self._busy)
            try:
                await self._tell()
                await self._behave(connection)
            finally:
                self._busy -= 1

    async def _read(self, connection: Connection) -> Received:
        head = (await connection.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, *rest = head[:-4].split("\r\n")
        headers = [(name, text.strip()) for name, _, text in (each.partition(":") for each in rest)]
        received = Received(connection.number, line, headers, b"")
        received.body = await connection.reader.readexactly(int(received.header("content-length") or 0))
        return received

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
