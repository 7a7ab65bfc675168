import asyncio

import pytest

from tests.fakes.hostile import PAUSE, Hostile, answers, in_turn, says

REQUEST = b"POST /hook HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi"


async def test_it_keeps_what_it_was_sent_and_answers() -> None:
    async with Hostile(answers(201, b"done", [("X-A", "1")])) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST + REQUEST)
        first = await reader.readuntil(b"done")
        second = await reader.readuntil(b"done")
        writer.close()

    assert first == second == b"HTTP/1.1 201 Created\r\nContent-Length: 4\r\nX-A: 1\r\n\r\ndone"
    assert [(each.connection, each.line, each.body) for each in server.received] == [
        (1, "POST /hook HTTP/1.1", b"hi"),
        (1, "POST /hook HTTP/1.1", b"hi"),
    ]
    assert (server.received[0].header("host"), server.received[0].header("etag")) == ("x", None)


async def test_it_closes_in_the_middle_of_an_answer() -> None:
    async with Hostile(says(b"HTTP/1.1 2")) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST)
        said = await reader.read()
        writer.close()

    assert said == b"HTTP/1.1 2"


async def test_it_resets() -> None:
    async with Hostile(says(then="reset")) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST)
        with pytest.raises(ConnectionResetError):
            await reader.read()
        writer.close()


async def test_it_waits_at_a_pause_until_it_may_go_on() -> None:
    async with Hostile(says(b"a", PAUSE, b"b")) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST)
        await server.arrived(1)
        before = await reader.read(9)
        server.go_on()
        after = await reader.read()
        writer.close()

    assert (before, after) == (b"a", b"b")


async def test_it_hangs_until_the_other_side_is_gone() -> None:
    async with Hostile(says(then="hang")) as server:
        _, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST)
        await server.arrived(1)
        writer.close()
        await server.gone(1)

    assert server.most_at_once == 1


async def test_it_speaks_first_if_it_does_not_listen() -> None:
    async with Hostile(says(b"220 smtp\r\n"), listens=False) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        said = await reader.read()
        writer.close()

    assert (said, server.received) == (b"220 smtp\r\n", [])


async def test_it_behaves_in_turn() -> None:
    async with Hostile(in_turn(says(b"one", then="keep"), says(b"two"))) as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(REQUEST + REQUEST)
        said = await reader.read()
        writer.close()

    assert said == b"onetwo"
