"""The client's connections against servers that lie, flood, chatter and vanish: what is kept, and what is not."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from emulator.webhooks import pool
from emulator.webhooks.client import BODY_LIMIT, HOST_LIMIT
from emulator.webhooks.connection import HEAD_LIMIT, INTERIM_LIMIT, Connection
from emulator.webhooks.hops import Hop, Unsent
from emulator.webhooks.sender import Sender
from emulator.webhooks.urls import parse_url
from emulator.webhooks.values import Outcome, Reply
from tests.fakes.hostile import CERTIFICATE, PAUSE, Behaviour, Hostile, answer, answers, identity, in_turn, says
from tests.webhooks.sending import BROKE, BROKE_INSIDE, CLOSED, NOT_HTTP, lookup, send

OK = answer(200, b"ok")
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def body_of(outcome: Outcome) -> bytes:
    assert outcome.reply is not None, outcome
    return outcome.reply.body


# Floods


def floods(start: bytes, again: bytes) -> Behaviour:
    """Say `start`, and then `again` until the other side has enough."""

    async def behave(connection: Any) -> None:
        connection.writer.write(start)
        while True:
            connection.writer.write(again)
            await connection.writer.drain()

    return behave


@pytest.mark.parametrize(
    ("start", "again"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X-A: 1\r\n" * 100, id="fields"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-A: ", b"a" * 1000, id="one field"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"a" * 1000, id="one name"),
        pytest.param(b"HTTP/1.1 200 ", b"a" * 1000, id="phrase"),
        pytest.param(b"", b"\r\n" * 500, id="empty lines"),
        pytest.param(b"", CONTINUE, id="1xx"),
        pytest.param(b"", b"HTTP/1.1 103 Early Hints\r\nLink: " + b"a" * 5000 + b"\r\n\r\n", id="1xx with fields"),
        pytest.param(CHUNKED + b"1;", b"a" * 1000, id="chunk extension"),
        pytest.param(CHUNKED + b"1\r\na\r\n0\r\n", b"X-A: 1\r\n" * 100, id="trailers"),
        pytest.param(CHUNKED + b"1\r\na\r\n0\r\nX-A: ", b"a" * 1000, id="one trailer"),
    ],
)
async def test_whoever_says_something_other_than_a_body_for_ever_is_left(
    sender: Sender, start: bytes, again: bytes
) -> None:
    async with Hostile(floods(start, again)) as server:
        outcome = await send(sender, server.url)
        await server.gone(1)

    assert outcome == NOT_HTTP


@pytest.mark.parametrize(("size", "is_good"), [(HEAD_LIMIT - 26, True), (HEAD_LIMIT - 25, False)])
async def test_header_fields_are_read_up_to_their_limit(sender: Sender, size: int, is_good: bool) -> None:
    async with Hostile(answers(200, b"ok", [("X-A", "a" * size)])) as server:
        outcome = await send(sender, server.url)

    assert (outcome.reply is not None) == is_good


async def test_a_body_in_many_small_chunks_is_whole(sender: Sender) -> None:
    chunks = [b"1;%s\r\nx\r\n" % (b"e" * 50)] * 10_000
    async with Hostile(says(CHUNKED, *chunks, b"0\r\nX-Trailer: 1\r\n\r\n", then="keep")) as server:
        outcomes = [await send(sender, server.url), await send(sender, server.url)]

    assert [body_of(each) for each in outcomes] == [b"x" * 10_000] * 2
    assert outcomes[0].reply is not None and outcomes[0].reply.headers == (("Transfer-Encoding", "chunked"),)
    assert len(server.connections) == 1


# What comes before the answer


@pytest.mark.parametrize("count", [1, INTERIM_LIMIT])
async def test_interim_answers_are_skipped(sender: Sender, count: int) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nX-Hint: 1\r\n\r\n"
    async with Hostile(says(hints, CONTINUE * (count - 1), OK, then="keep")) as server:
        outcomes = [await send(sender, server.url), await send(sender, server.url)]

    assert [each.reply for each in outcomes] == [Reply(200, (("Content-Length", "2"),), b"ok")] * 2
    assert len(server.connections) == 1


async def test_too_many_interim_answers_are_none(sender: Sender) -> None:
    async with Hostile(says(CONTINUE * (INTERIM_LIMIT + 1) + OK)) as server:
        assert await send(sender, server.url) == NOT_HTTP


async def test_an_interim_answer_alone_is_none(sender: Sender) -> None:
    async with Hostile(says(CONTINUE)) as server:
        assert await send(sender, server.url) == BROKE


@pytest.mark.parametrize("then", ["hang", "keep"])
async def test_an_answer_that_comes_before_the_request_is_one(sender: Sender, then: Any) -> None:
    async with Hostile(says(OK, then=then), listens=False) as server:
        outcome = await send(sender, server.url)

    assert body_of(outcome) == b"ok"


async def test_an_answer_that_comes_before_all_of_the_request_was_taken_ends_the_connection(sender: Sender) -> None:
    async def behave(connection: Any) -> None:
        connection.reader._transport.pause_reading()  # what it does not read, the kernel holds back
        connection.writer.write(answer(413))
        await connection.may_go_on.wait()
        connection.reader._transport.resume_reading()
        await connection.until_gone()

    async with Hostile(behave, listens=False) as server:
        outcome = await send(sender, server.url, body=b"x" * 30_000_000)
        server.go_on()
        await server.gone(1)

    assert outcome.reply is not None and outcome.reply.status == 413


class Kept:
    """Somebody who has a connection and is told what becomes of it."""

    def __init__(self) -> None:
        self.is_lost = asyncio.Event()
        self.results: list[tuple[Reply | Unsent, bool]] = []

    def opened(self, connection: Connection) -> None:
        self.connection = connection

    def answered(self, connection: Connection, hop: Hop, result: Reply | Unsent, is_kept: bool) -> None:
        self.results.append((result, is_kept))

    def lost(self, connection: Connection) -> None:
        self.is_lost.set()


async def asked_late(behave: Behaviour) -> tuple[Reply | Unsent, bool]:
    """What becomes of a request on a connection that was lost before it was asked anything."""
    owner = Kept()
    async with Hostile(behave, listens=False) as server:
        connection = Connection(owner, is_checked=True)
        await asyncio.get_running_loop().create_connection(lambda: connection, "127.0.0.1", server.port)
        await owner.is_lost.wait()
        hop = Hop(parse_url(server.url), b"GET / HTTP/1.1\r\n\r\n", b"", False, False, 20.0)
        connection.ask(hop)
        [result] = owner.results
    return result


async def test_an_answer_counts_though_the_server_had_closed_before_it_was_asked() -> None:
    assert await asked_late(says(OK)) == (Reply(200, (("Content-Length", "2"),), b"ok"), False)


async def test_a_server_that_closed_before_it_was_asked_gives_no_answer() -> None:
    result, is_kept = await asked_late(says())

    assert isinstance(result, Unsent)
    assert (result.text, is_kept) == (BROKE.text, False)


async def test_who_talks_without_end_before_it_is_asked_is_cut_off() -> None:
    result, is_kept = await asked_late(floods(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536))

    assert isinstance(result, Reply)
    assert (len(result.body), result.is_cut, is_kept) == (BODY_LIMIT, True, False)


# Where the answer ends


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nok", BROKE_INSIDE, id="length too long"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok", b"o", id="length too short"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n", NOT_HTTP, id="length too big"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok", NOT_HTTP, id="lengths"),
        pytest.param(CHUNKED[:-2] + b"Content-Length: 2\r\n\r\n0\r\n\r\n", NOT_HTTP, id="chunks and a length"),
        pytest.param(CHUNKED + b"FFFFFFFFFFFFFFFFFF\r\n", NOT_HTTP, id="chunk size overflow"),
        pytest.param(CHUNKED + b"FFFFFFFFFFFFFFFF\r\nok", BROKE_INSIDE, id="the largest chunk size"),
        pytest.param(CHUNKED + b"-2\r\nok\r\n", NOT_HTTP, id="negative chunk size"),
        pytest.param(CHUNKED + b"1\r\nok\r\n", NOT_HTTP, id="chunk longer than its size"),
        pytest.param(CHUNKED + b"2\r\nok\r\n0\r\n", BROKE_INSIDE, id="last chunk without its end"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX-A: 1\r\nTransfer-Encoding: acme\r\n\r\nok", b"ok", id="unknown coding"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: acme, Chunked \r\n\r\n2", BROKE_INSIDE, id="two codings"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\nok", b"ok", id="no length"),
        pytest.param(b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", b"ok", id="lines without CR"),
        pytest.param(b"HTTP/3.0 200 OK\r\n\r\n", NOT_HTTP, id="HTTP of another time"),
    ],
)
async def test_where_an_answer_ends(sender: Sender, said: bytes, expected: bytes | Outcome) -> None:
    async with Hostile(says(said)) as server:
        outcome = await send(sender, server.url)

    assert (outcome if isinstance(expected, Outcome) else body_of(outcome)) == expected


async def test_a_reset_ends_no_answer_that_has_no_length(sender: Sender) -> None:
    async with Hostile(says(b"HTTP/1.1 200 OK\r\n\r\nhalf", PAUSE, then="reset")) as server:
        sending = asyncio.create_task(send(sender, server.url))
        await server.arrived(1)
        server.go_on()
        outcome = await sending

    assert outcome in (BROKE, BROKE_INSIDE)  # a reset may overtake what was said before it


@pytest.mark.parametrize(
    ("status", "method"), [(204, "POST"), (304, "POST"), (101, "POST"), (200, "HEAD"), (404, "head")]
)
async def test_an_answer_that_has_no_body_ends_with_its_header(sender: Sender, status: int, method: str) -> None:
    said = b"HTTP/1.1 %d X\r\nContent-Length: 9\r\n\r\n" % status
    async with Hostile(says(said, then="hang")) as server:
        outcome = await send(sender, server.url, method=method)

    assert outcome.reply == Reply(status, (("Content-Length", "9"),), b"")


async def test_a_body_where_none_may_be_ends_the_connection(sender: Sender) -> None:
    async with Hostile(in_turn(says(OK, then="keep"), says(OK, then="keep"))) as server:
        head = await send(sender, server.url, method="HEAD", body=b"")
        get = await send(sender, server.url, method="GET", body=b"")

    assert (body_of(head), body_of(get)) == (b"", b"ok")
    assert [each.connection for each in server.received] == [1, 2]


# Which connections serve again


@pytest.mark.parametrize(
    "said",
    [
        pytest.param(OK + b"garbage", id="garbage"),
        pytest.param(OK + answer(500, b"no"), id="another answer"),
        pytest.param(answer(204) + b"x", id="a body where there is none"),
        pytest.param(answer(200, b"ok", [("Connection", "close")]), id="it says so"),
        pytest.param(answer(200, b"ok", [("Connection", "close")]) + OK, id="it says so and goes on"),
        pytest.param(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", id="HTTP/1.0"),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nzz", id="upgrade"),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", id="101 without an upgrade"),
    ],
)
async def test_a_connection_does_not_serve_again_after(sender: Sender, said: bytes) -> None:
    async with Hostile(in_turn(says(said, then="hang"), says(OK, then="keep"))) as server:
        first = await send(sender, server.url)
        await server.gone(1)
        second = await send(sender, server.url)

    assert first.reply is not None
    assert body_of(second) == b"ok"
    assert [each.connection for each in server.received] == [1, 2]


async def test_a_server_that_closes_after_every_answer_without_saying_so_costs_no_failure(sender: Sender) -> None:
    async with Hostile(says(OK)) as server:
        for count in range(1, 6):
            assert body_of(await send(sender, server.url)) == b"ok"
            await server.gone(count)

    assert [each.connection for each in server.received] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("how", ["close", "chatter"])
async def test_what_happens_on_an_idle_connection_is_seen_though_the_loop_did_not_look(
    sender: Sender, how: str
) -> None:
    async with Hostile(answers(200, b"ok")) as server:
        await send(sender, server.url)
        if how == "close":
            number = server.connections[0].writer.get_extra_info("socket").fileno()
            with socket.fromfd(number, socket.AF_INET, socket.SOCK_STREAM) as same:
                same.shutdown(socket.SHUT_WR)
        else:
            server.connections[0].writer.write(answer(500))
        outcome = await send(sender, server.url)

    assert body_of(outcome) == b"ok"
    assert [each.connection for each in server.received] == [1, 2]


async def test_who_speaks_on_an_idle_connection_is_cut_off(sender: Sender) -> None:
    async with Hostile(says(OK, PAUSE, answer(500), then="hang")) as server:
        await send(sender, server.url)
        server.go_on()
        await server.gone(1)


async def test_a_restarted_server_is_met_on_a_new_connection(sender: Sender) -> None:
    async with Hostile(answers(200, b"old")) as server:
        old = await send(sender, server.url)
    restarted = await asyncio.start_server(_answer_new, "127.0.0.1", server.port)
    new = await send(sender, server.url)
    restarted.close()

    assert (body_of(old), body_of(new)) == (b"old", b"new")


async def _answer_new(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"a=1")
    writer.write(answer(200, b"new"))
    writer.close()


async def test_a_request_that_breaks_on_a_connection_that_served_is_not_sent_again(sender: Sender) -> None:
    async with Hostile(in_turn(answers(), says())) as server:
        await send(sender, server.url)
        outcome = await send(sender, server.url, method="GET", body=b"")

    assert outcome == BROKE
    assert [each.connection for each in server.received] == [1, 1]


async def test_a_connection_idle_for_long_is_closed(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "_KEEP_SECONDS", 0.02)
    async with Hostile(answers()) as server, Hostile(says(PAUSE, OK, then="keep")) as slow:
        sending = asyncio.create_task(send(sender, slow.url))
        await slow.arrived(1)
        await send(sender, server.url)
        await server.gone(1)
        slow.go_on()
        await sending
        await slow.gone(1)


async def test_a_connection_idle_for_long_is_not_used_though_it_is_still_open(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Hostile(answers()) as server:
        await send(sender, server.url)
        monkeypatch.setattr(pool, "_KEEP_SECONDS", 0.0)
        await send(sender, server.url)

    assert [each.connection for each in server.received] == [1, 2]


async def test_connections_used_after_others_fell_idle_are_kept_longer(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_KEEP_SECONDS", 0.5)
    async with Hostile(says(PAUSE, OK, then="keep")) as server:
        sending = [asyncio.create_task(send(sender, server.url)) for _ in range(2)]
        await server.arrived(2)
        server.connections[0].may_go_on.set()
        await asyncio.wait(sending, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(sending, timeout=0.05)
        server.connections[1].may_go_on.set()
        await asyncio.gather(*sending)
        await server.gone(1)
        is_gone = [each.reader.at_eof() for each in server.connections]

    assert is_gone == [True, False]


async def test_16_connections_serve_everybody(sender: Sender) -> None:
    async with Hostile(answers(200, b"ok")) as server:
        outcomes = await asyncio.gather(*[send(sender, server.url) for _ in range(200)])

    assert {body_of(each) for each in outcomes} == {b"ok"}
    assert len(server.connections) == HOST_LIMIT


async def test_requests_leave_in_the_order_in_which_they_came(sender: Sender) -> None:
    async with Hostile(says(PAUSE, OK, then="keep")) as server:
        sending = [asyncio.create_task(send(sender, f"{server.url}/{number}")) for number in range(50)]
        await server.arrived(HOST_LIMIT)
        server.connections[0].may_go_on.set()  # all that wait leave on this one
        await server.arrived(50)
        server.go_on()
        await asyncio.gather(*sending)

    lines = [each.line for each in server.received]
    assert lines[HOST_LIMIT:] == [f"POST /hook/{number} HTTP/1.1" for number in range(HOST_LIMIT, 50)]


async def test_a_connection_to_wherever_is_not_used_for_whom_only_local_addresses_are_allowed(sender: Sender) -> None:
    async with Hostile(answers()) as server:
        url = f"http://app.test:{server.port}/"
        for is_allowed in (True, True, False, False, True):
            await send(sender, url, allow=lambda host, is_allowed=is_allowed: is_allowed)

    assert [each.connection for each in server.received] == [1, 1, 2, 2, 2]


# Cancelled, timed out, closed: wherever it is


async def test_who_is_cancelled_in_the_line_does_not_leave(sender: Sender) -> None:
    async with Hostile(says(PAUSE, OK, then="keep")) as server:
        sending = [asyncio.create_task(send(sender, server.url)) for _ in range(HOST_LIMIT + 2)]
        await server.arrived(HOST_LIMIT)
        sending[HOST_LIMIT].cancel()
        await asyncio.wait([sending[HOST_LIMIT]])
        server.go_on()
        outcomes = await asyncio.gather(*sending, return_exceptions=True)

    assert isinstance(outcomes.pop(HOST_LIMIT), asyncio.CancelledError)
    assert all(isinstance(each, Outcome) and each.reply for each in outcomes)
    assert len(server.received) == HOST_LIMIT + 1


async def test_who_is_cancelled_gives_the_turn_to_the_next(sender: Sender) -> None:
    async with Hostile(says(then="hang")) as server:
        sending = [asyncio.create_task(send(sender, server.url)) for _ in range(HOST_LIMIT + 1)]
        await server.arrived(HOST_LIMIT)
        sending[0].cancel()
        await server.arrived(HOST_LIMIT + 1)
        for task in sending:
            task.cancel()
        outcomes = await asyncio.gather(*sending, return_exceptions=True)
        await server.gone(HOST_LIMIT + 1)

    assert all(isinstance(each, asyncio.CancelledError) for each in outcomes)


async def test_the_timeout_counts_while_a_connection_is_opened(sender: Sender) -> None:
    async with Hostile(says(then="hang"), listens=False) as server:
        outcome = await send(sender, server.url.replace("http:", "https:"), timeout_seconds=0.5)
        await server.gone(1)

    assert outcome == Outcome(None, "timeout", "no answer within 0.5 s")


async def test_who_is_cancelled_while_a_connection_is_opened_leaves_none(sender: Sender) -> None:
    async with Hostile(says(then="hang"), listens=False) as server:
        sending = asyncio.create_task(send(sender, server.url.replace("http:", "https:")))
        await server.arrived(1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await server.gone(1)


async def test_closing_ends_who_waits_and_who_connects() -> None:
    sender = Sender()
    async with Hostile(says(then="hang")) as server, Hostile(says(then="hang"), listens=False) as dumb:
        sending = [asyncio.create_task(send(sender, server.url)) for _ in range(HOST_LIMIT + 1)]
        connecting = asyncio.create_task(send(sender, dumb.url.replace("http:", "https:")))
        await server.arrived(HOST_LIMIT)
        await dumb.arrived(1)
        await sender.close()
        outcomes = await asyncio.gather(*sending, connecting)

    assert outcomes == [BROKE] * HOST_LIMIT + [CLOSED, CLOSED]


async def test_who_is_cancelled_when_all_ends_is_cancelled() -> None:
    sender = Sender()
    async with Hostile(says(then="hang")) as server:
        sending = [asyncio.create_task(send(sender, server.url)) for _ in range(HOST_LIMIT + 1)]
        await server.arrived(HOST_LIMIT)
        for task in sending:
            task.cancel()
        await sender.close()
        outcomes = await asyncio.gather(*sending, return_exceptions=True)

    assert all(isinstance(each, asyncio.CancelledError) for each in outcomes)


async def test_closing_ends_idle_connections() -> None:
    sender = Sender()
    async with Hostile(answers()) as server:
        await send(sender, server.url)
        await sender.close()
        await server.gone(1)


async def test_a_redirect_is_not_followed_by_a_sender_that_is_closed() -> None:
    sender = Sender()

    async def behave(connection: Any) -> None:
        connection.writer.write(answer(302, headers=[("Location", "/other")]))
        connection.writer.close()

    async with Hostile(behave) as server:
        sending = asyncio.create_task(send(sender, server.url, redirects=1, allow=lambda host: True))
        await server.arrived(1)
        closing = asyncio.create_task(sender.close())
        outcomes = await asyncio.gather(sending, closing)

    assert outcomes[0] in (BROKE, CLOSED)
    assert len(server.received) == 1


# Names, and several addresses


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], "host app.test cannot be resolved"),
        (["127.0.0.1", "127.0.0.1"], "cannot connect: connection refused"),
        (["not an address"], "host app.test is no"),
    ],
)
async def test_a_name_without_an_address_that_takes_us(names: Sequence[str], text: str) -> None:
    sender = Sender(lookup=lookup(app=names))
    async with Hostile(answers()) as server:
        pass

    outcome = await send(sender, f"http://app.test:{server.port}/", allow=lambda host: text.endswith("resolved"))
    await sender.close()

    assert (outcome.reply, outcome.error) == (None, "connection" if names[:1] != ["not an address"] else "blocked")
    assert outcome.text == text or outcome.error == "blocked"


async def test_a_lookup_that_fails_in_a_way_of_its_own_is_told() -> None:
    async def look_up(host: str) -> Sequence[str]:
        raise KeyError(host)

    sender = Sender(lookup=look_up)
    outcome = await send(sender, "http://app.test/")
    await sender.close()

    assert outcome == Outcome(None, "connection", "it cannot be sent: KeyError: 'app.test'")


async def test_of_several_addresses_one_that_refuses_gives_way_to_the_next(sender: Sender) -> None:
    async with Hostile(answers(200, b"ok")) as server:
        outcome = await send(sender, f"http://both.test:{server.port}/", allow=lambda host: True)

    assert body_of(outcome) == b"ok"


# TLS


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize("host", ["127.0.0.1", "App.test", "app.test."])
async def test_a_server_with_a_certificate_we_trust_is_spoken_to_and_kept(sender: Sender, host: str) -> None:
    async with Hostile(answers(200, b"ok"), tls=True) as server:
        outcomes = [await send(sender, f"https://{host}:{server.port}/", body=b"x" * 100_000) for _ in range(3)]

    assert [body_of(each) for each in outcomes] == [b"ok"] * 3
    assert {each.header("host") for each in server.received} == {f"{host.lower().rstrip('.')}:{server.port}"}
    assert len(server.received[0].body) == 100_000
    assert server.received[2].connection < 3  # word of a session to resume may come late, and cost a connection


async def test_a_server_with_a_certificate_nobody_trusts_is_not_spoken_to(sender: Sender) -> None:
    async with Hostile(answers(), tls=True) as server:
        outcome = await send(sender, server.url)

    assert (outcome.text, server.received) == ("TLS with the server failed", [])


@pytest.mark.usefixtures("trusted")
async def test_a_server_with_the_certificate_of_another_is_not_spoken_to() -> None:
    sender = Sender(lookup=lookup(other=["127.0.0.1"]))
    async with Hostile(answers(), tls=True) as server:
        outcome = await send(sender, f"https://other.test:{server.port}/")
    await sender.close()

    assert (outcome.text, server.received) == ("TLS with the server failed", [])


@pytest.mark.usefixtures("trusted")
async def test_the_server_is_told_for_whom_it_is_asked(sender: Sender) -> None:
    asked: list[str | None] = []
    context = identity()
    context.sni_callback = lambda connection, name, of: asked.append(name)
    server = await asyncio.start_server(_answer_new, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    outcome = await send(sender, f"https://app.test:{port}/")
    server.close()

    assert (body_of(outcome), asked) == (b"new", ["app.test"])


async def test_certificates_that_cannot_be_read_are_told(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> ssl.SSLContext:
        raise FileNotFoundError("no such certificates")

    monkeypatch.setattr("emulator.webhooks.tls.context", fail)
    outcome = await send(sender, "https://127.0.0.1/")

    assert outcome.text == "it cannot be sent: FileNotFoundError: no such certificates"


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def one_by_one(*serving: Serve) -> AsyncIterator[str]:
    """The URL of a server where the first connection is served in one way, the second in another."""
    left = list(serving)
    tasks: list[asyncio.Task[None]] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with closing(writer):
            await left.pop(0)(reader, writer)

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.append(asyncio.create_task(serve(reader, writer)))

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    yield f"https://app.test:{server.sockets[0].getsockname()[1]}/"
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)


def through(port: int) -> Serve:
    """Served by whoever listens there."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        back, there = await asyncio.open_connection("127.0.0.1", port)
        with closing(there):
            await asyncio.gather(pipe(reader, there), pipe(back, writer))

    return serve


@pytest.fixture
async def twice() -> AsyncIterator[Sender]:
    sender = Sender(lookup=lookup(app=["127.0.0.1", "127.0.0.1"]))
    yield sender
    await sender.close()


@pytest.mark.usefixtures("trusted")
async def test_while_one_address_is_silent_the_next_is_tried(twice: Sender) -> None:
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        gone.set()

    async with Hostile(says(OK), tls=True) as server, one_by_one(silent, through(server.port)) as url:
        outcome = await send(twice, url)
        await gone.wait()

    assert body_of(outcome) == b"ok"


@pytest.mark.usefixtures("trusted")
async def test_an_address_that_was_silent_may_answer_when_the_next_has_failed(twice: Sender) -> None:
    failed = asyncio.Event()

    async def fails(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()
        failed.set()

    async def speaks_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await failed.wait()
        await through(server.port)(reader, writer)

    async with Hostile(says(OK), tls=True) as server, one_by_one(speaks_late, fails) as url:
        outcome = await send(twice, url)

    assert body_of(outcome) == b"ok"


# Header fields of one's own


async def test_a_host_and_a_length_of_ones_own_are_sent_instead_of_ours(sender: Sender) -> None:
    headers = [("host", "acme.example"), ("Content-Length", "3")]
    async with Hostile(answers()) as server:
        await send(sender, server.url, headers=headers)

    assert server.received[0].headers == headers
