"""The proxy: reads the head of a connection, and joins it to the host it names, or says why not.

Theory of operation. A connection is `asked` until its head has come whole, within `patience` seconds and 64 KiB; then
it is refused with a reason and closed, or joined to another connection, byte for byte, until both have ended. What
is joined is never read. To a provider's host, `CONNECT` leads to our TLS listener if the client's first byte starts a
TLS handshake, else to our plain one; a whole URL leads to the plain one and ends with its answer, so that the next
request has a head of its own for us to read. Closing the proxy ends every connection.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection
from http import HTTPStatus
from typing import Final

from emulator.intercept.heads import END, MOST, BadHead, Head, parse_head
from emulator.intercept.upstream import Upstream

__all__ = ["Proxy"]

HANDSHAKE: Final = 0x16
"""The first byte of whoever speaks TLS."""

CHUNK: Final = 1 << 16
REFUSED: Final = "Refused by ringback run --intercept without --passthrough"


class Proxy:
    """`hosts` lead to `ports`: ours for TLS, and ours for plain HTTP. Others are refused unless `passthrough`, which is
    through `beyond` where there is such a proxy: for tunnels, and for plain HTTP.

    `on_refused(host, port)` is told of each that was. `patience`: seconds that a client may take to say what it wants,
    and another host to be reached.
    """

    def __init__(
        self, hosts: Collection[str], ports: tuple[int, int], *, passthrough: bool = False,
        beyond: tuple[Upstream | None, Upstream | None] = (None, None),
        on_refused: Callable[[str, int], None] = lambda host, port: None, patience: float = 20.0,
    ) -> None:  # fmt: skip
        self.hosts = frozenset(host.lower() for host in hosts)
        self.port = 0
        self._tls, self._plain = ports
        self._beyond = beyond
        self._passthrough, self._on_refused, self._patience = passthrough, on_refused, patience
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> int:
        """Bind a free loopback port; which."""
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def stop(self) -> None:
        """Take no more, and end what there is."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            await self._serve(reader, writer)
        except BadHead as error:
            await _refuse(writer, error)
        except (OSError, EOFError):
            pass  # the client has left
        except asyncio.CancelledError:
            pass  # we are stopping; asyncio would report it
        finally:
            writer.transport.abort() if task.cancelling() else writer.close()
            self._tasks.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(self._patience):
                raw, early = await _read_head(reader)
        except TimeoutError:
            raise BadHead(408, f"no whole request within {self._patience:g} s") from None
        head = parse_head(raw)
        if head.host in self.hosts:
            await self._to_us(head, early, reader, writer)
        elif self._passthrough:
            await self._to_them(head, early, reader, writer)
        else:
            self._on_refused(head.host, head.port)
            raise BadHead(403, self._why_not(head))

    def _why_not(self, head: Head) -> str:
        return (
            f"{head.host}:{head.port} is not a host that is answered here ({', '.join(sorted(self.hosts))}), and no "
            "other is let through. To let others through, say ringback run --intercept --passthrough; for a server of "
            "your own, name it in NO_PROXY."
        )

    async def _to_us(
        self, head: Head, early: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        port, first = self._plain, head.forwarded + early
        if head.is_tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            first = early or await self._first_words(reader)
            if not first:
                return
            if first[0] == HANDSHAKE:
                port = self._tls
        await _join(reader, writer, *await asyncio.open_connection("127.0.0.1", port), first)

    async def _first_words(self, reader: asyncio.StreamReader) -> bytes:
        try:
            async with asyncio.timeout(self._patience):
                return await reader.read(CHUNK)
        except TimeoutError:
            return b""

    async def _to_them(
        self, head: Head, early: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        beyond = self._beyond[0 if head.is_tunnel else 1]
        host, port = (beyond.host, beyond.port) if beyond is not None else (head.host, head.port)
        try:
            async with asyncio.timeout(self._patience):
                theirs = await asyncio.open_connection(host, port)
        except TimeoutError:
            raise BadHead(504, f"{host}:{port} did not answer within {self._patience:g} s") from None
        except OSError as error:
            raise BadHead(502, f"{host}:{port} cannot be reached: {error}") from error
        first = head.forwarded
        if beyond is not None:  # its answer to CONNECT is the client's
            first = head.relayed.replace(b"\r\n", b"\r\n" + beyond.field, 1)
        elif head.is_tunnel:
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await _join(reader, writer, *theirs, first + early)


async def _read_head(reader: asyncio.StreamReader) -> tuple[bytes, bytes]:
    """The head, and what came behind it. Raises `BadHead`, `EOFError`."""
    read = bytearray()
    while (at := read.find(END)) < 0:
        if len(read) > MOST:
            break
        more = await reader.read(CHUNK)
        if not more:
            raise EOFError
        read += more
        if read[0] == HANDSHAKE:
            raise BadHead(400, "this proxy is spoken to in plain HTTP, for https too: its URL starts with http://")
    if at < 0 or at + len(END) > MOST:
        raise BadHead(431, f"a head of more than {MOST} bytes")
    return bytes(read[: at + len(END)]), bytes(read[at + len(END) :])


async def _refuse(writer: asyncio.StreamWriter, error: BadHead) -> None:
    phrase = REFUSED if error.status == 403 else HTTPStatus(error.status).phrase
    body = f"ringback: {error.problem}\n".encode()
    lines = [
        f"HTTP/1.1 {error.status} {phrase}", "Content-Type: text/plain; charset=utf-8", f"Content-Length: {len(body)}",
        "Connection: close", "", "",
    ]  # fmt: skip
    with contextlib.suppress(OSError):
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()


async def _join(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter, first: bytes,
) -> None:  # fmt: skip
    """Both ways until both have ended, or one has broken."""
    far_writer.write(first)
    ways = [asyncio.ensure_future(_copy(reader, far_writer)), asyncio.ensure_future(_copy(far_reader, writer))]
    try:
        await asyncio.wait(ways, return_when=asyncio.FIRST_EXCEPTION)
    finally:
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        far_writer.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while chunk := await reader.read(CHUNK):
        writer.write(chunk)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()
