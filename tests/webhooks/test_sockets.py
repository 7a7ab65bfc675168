"""The websocket client against servers that behave, and servers that do not."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from hashlib import sha1
from typing import Any

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.typing import Subprotocol

from emulator.webhooks.hops import Unsent
from emulator.webhooks.sockets import LOST, Socket, Sockets
from emulator.webhooks.values import Channel

PROTOCOL = "chat.example"
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def channel(url: str, **more: Any) -> Channel:
    fields: dict[str, Any] = {
        "headers": (("User-Agent", "us"), ("X-Odd", "a\r\nb: c")), "leg": "c1.0", "handshake": timedelta(seconds=1),
        "most": 1024, **more,
    }  # fmt: skip
    return Channel("k", url, PROTOCOL, **fields)


class Ears:
    """What was heard, and how it ended."""

    def __init__(self) -> None:
        self.heard: list[str | bytes] = []
        self.end: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()
        self.is_ours = False

    def hear(self, socket: Socket, message: str | bytes) -> None:
        self.heard.append(message)

    def part(self, socket: Socket, code: int, text: str, is_ours: bool) -> None:
        self.is_ours = is_ours
        self.end.set_result((code, text))


@pytest.fixture
async def ears() -> Ears:
    return Ears()


async def opened(url: str, ears: Ears, **more: Any) -> Socket:
    return await Sockets(lambda host: False).open(channel(url, **more), 1, ears.hear, ears.part)


@pytest.fixture
async def polite() -> AsyncIterator[Any]:
    """A server that echoes, and closes with 4000 when asked to."""
    seen: list[ServerConnection] = []

    async def talk(connection: ServerConnection) -> None:
        seen.append(connection)
        async for message in connection:
            if message == "go":
                await connection.close(4000, "as you wish")
            else:
                await connection.send(message)

    async with serve(talk, "127.0.0.1", 0, subprotocols=[Subprotocol(PROTOCOL)]) as server:
        server.seen = seen  # type: ignore[attr-defined]
        server.url = f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"  # type: ignore[attr-defined]
        yield server


@pytest.fixture
async def raw() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
    """Starts servers that are what a test makes them."""
    servers: list[asyncio.Server] = []

    async def start(handler: Handler) -> str:
        async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await handler(reader, writer)
                await writer.drain()
            except ConnectionError:
                pass
            writer.close()

        servers.append(await asyncio.start_server(guarded, "127.0.0.1", 0))
        return f"ws://127.0.0.1:{servers[-1].sockets[0].getsockname()[1]}/x"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


async def handshake(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, protocol: str = PROTOCOL) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    key = next(line.partition(": ")[2] for line in head.split("\r\n") if line.lower().startswith("sec-websocket-key"))
    accept = b64encode(sha1(f"{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()).decode()
    writer.write(
        (
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: {protocol}\r\n\r\n"
        ).encode()
    )
    await writer.drain()


# --- servers that behave -------------------------------------------------------------------------------------------


async def test_texts_go_there_and_back_and_our_headers_with_them(polite: Any, ears: Ears) -> None:
    socket = await opened(polite.url, ears)
    await socket.send("hello")
    await socket.send("go")

    assert await ears.end == (4000, "as you wish")
    assert ears.heard == ["hello"]
    headers = polite.seen[0].request.headers
    assert headers.get_all("User-Agent") == ["us"]
    assert headers["X-Odd"] == "ab: c"
    assert not socket.is_open


async def test_what_is_sent_on_a_closed_socket_is_unsent(polite: Any, ears: Ears) -> None:
    socket = await opened(polite.url, ears)
    await socket.send("go")
    await ears.end

    with pytest.raises(Unsent, match="the application has closed its socket"):
        await socket.send("too late")


async def test_our_own_end_is_told_to_the_other_side_alone(polite: Any, ears: Ears) -> None:
    socket = await opened(polite.url, ears)
    await socket.close(1001)
    await polite.seen[0].wait_closed()

    assert polite.seen[0].close_code == 1001
    assert not ears.end.done()


async def test_a_redirect_is_followed_as_often_as_allowed(polite: Any, ears: Ears, raw: Any) -> None:
    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {polite.url}\r\nContent-Length: 0\r\n\r\n".encode())

    url = await raw(elsewhere)
    socket = await opened(url, ears, redirects=1)
    await socket.close(1000)

    with pytest.raises(Unsent, match="redirected more than 0 times"):
        await opened(url, ears)


async def test_a_name_is_looked_up_once_and_only_local_addresses_are_spoken_to(polite: Any, ears: Ears) -> None:
    port = polite.url.rpartition(":")[2]
    asked: list[str] = []

    async def lookup(host: str) -> list[str]:
        asked.append(host)
        return ["8.8.8.8", "127.0.0.1"] if host == "app.test" else ["8.8.8.8"]

    sockets = Sockets(lambda host: False, lookup)
    socket = await sockets.open(channel(f"ws://app.test:{port}"), 1, ears.hear, ears.part)
    await socket.close(1000)
    assert asked == ["app.test"]

    with pytest.raises(Unsent) as blocked:
        await sockets.open(channel("ws://elsewhere.test"), 1, ears.hear, ears.part)
    assert blocked.value.error == "blocked"
    assert "--allow-host elsewhere.test" in blocked.value.text


# --- and servers that do not ---------------------------------------------------------------------------------------


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def babbling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"SSH-2.0-OpenSSH_9.6\r\n")


async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")


async def lying(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: bm9wZQ==\r\n\r\n"
    )


async def lost_way(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 302 Found\r\nLocation: ftp://nowhere\r\nContent-Length: 0\r\n\r\n")


async def other(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await handshake(reader, writer, "other.example")


@pytest.mark.parametrize(
    ("handler", "error", "text"),
    [
        (silent, "timeout", "not opened in time"), (rude, "connection", "did not open a socket"),
        (babbling, "connection", "did not open a socket"), (plain, "connection", "answered 200 instead"),
        (lying, "connection", "did not open a socket"), (lost_way, "connection", "bad URL"),
        (other, "connection", "did not open a socket"),
    ],
)  # fmt: skip
async def test_a_server_that_does_not_open_a_socket_is_said_to(
    ears: Ears, raw: Any, handler: Handler, error: str, text: str
) -> None:
    url = await raw(handler)
    with pytest.raises(Unsent) as unsent:
        await Sockets(lambda host: False).open(channel(url, redirects=2), 0.1, ears.hear, ears.part)

    assert unsent.value.error == error
    assert text in unsent.value.text


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("http://127.0.0.1", "bad URL"), ("ws://", "bad URL"), ("ws://[::1", "bad URL"), ("nonsense", "bad URL"),
        ("ws://127.0.0.1:1", "cannot connect"), ("ws://8.8.8.8", "--allow-host 8.8.8.8"),
        ("ws://no.such.host.invalid", "cannot be resolved"),
    ],
)  # fmt: skip
async def test_a_url_that_leads_nowhere_is_said_to(ears: Ears, url: str, text: str) -> None:
    async def lookup(host: str) -> list[str]:
        raise OSError("unknown")

    with pytest.raises(Unsent) as unsent:
        await Sockets(lambda host: False, lookup).open(channel(url), 1, ears.hear, ears.part)

    assert text in unsent.value.text


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (b"", LOST), (b"\xff\xff\xff\xff", 1002), (b"\x81\x02\xff\xfe", 1007), (b"\x83\x00", 1002),
        (b"\x81\x7f\x00\x00\x00\x00\x00\x98\x96\x80", 1009), (b"\x88\x02\x03\xe8", 1000), (b"\x88\x00", 1005),
    ],
    ids=["gone", "garbage", "no UTF-8", "an unknown frame", "10 MB announced", "a good end", "an end without a code"],
)  # fmt: skip
async def test_each_end_of_a_socket_has_its_code(ears: Ears, raw: Any, frames: bytes, code: int) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await handshake(reader, writer)
        writer.write(frames)
        if frames:
            await reader.read()

    await opened(await raw(answer), ears)

    assert (await ears.end)[0] == code
    assert ears.is_ours is (code in (1002, 1007, 1009))
    assert ears.heard == []
