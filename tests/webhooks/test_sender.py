"""The sender against servers that behave as badly as they can, on loopback."""

import asyncio
import gzip
import subprocess
import sys
import zlib

import pytest

from emulator.webhooks.client import BODY_LIMIT, HOST_LIMIT
from emulator.webhooks.sender import Sender
from emulator.webhooks.values import Outcome, Reply
from tests.fakes.hostile import PAUSE, Behaviour, Hostile, answer, answers, in_turn, says
from tests.webhooks.sending import BROKE, BROKE_INSIDE, NOT_HTTP, PUBLIC, lookup, send

# What is sent


async def test_a_request_has_its_own_headers_and_what_http_needs_and_nothing_else(sender: Sender) -> None:
    headers = [("User-Agent", "acme/1"), ("X-Sign", "1"), ("X-Sign", "2"), ("Content-Type", "text/plain")]
    async with Hostile(answers(200, b"ok", [("X-A", "1"), ("X-A", "2")])) as server:
        outcome = await send(sender, server.url + "?a=%3A%2b", headers=headers, body=b"hello")

    [received] = server.received
    assert (received.line, received.body) == ("POST /hook?a=%3A%2b HTTP/1.1", b"hello")
    assert sorted(received.headers) == sorted([*headers, ("Host", f"127.0.0.1:{server.port}"), ("Content-Length", "5")])
    assert outcome == Outcome(Reply(200, (("Content-Length", "2"), ("X-A", "1"), ("X-A", "2")), b"ok"))


async def test_a_get_without_a_body_has_no_length(sender: Sender) -> None:
    async with Hostile(answers()) as server:
        await send(sender, server.url, method="GET", body=b"")

    assert [name for name, _ in server.received[0].headers] == ["Host"]


async def test_an_outcome_says_when_it_began_and_how_long_it_took(sender: Sender) -> None:
    async with Hostile(answers()) as server:
        outcome = await send(sender, server.url)

    assert outcome.started is not None and outcome.started.tzinfo is not None
    assert 0 < outcome.seconds < 20


async def test_a_url_with_letters_beyond_ascii_is_quoted_and_a_fragment_stays_here(sender: Sender) -> None:
    async with Hostile(answers()) as server:
        await send(sender, server.url + "/é a#rc=2")

    assert server.received[0].line == "POST /hook/%C3%A9%20a HTTP/1.1"


async def test_a_user_in_the_url_becomes_basic_credentials(sender: Sender) -> None:
    async with Hostile(answers()) as server:
        await send(sender, server.url.replace("//", "//me:secret@"))

    assert server.received[0].header("authorization") == "Basic bWU6c2VjcmV0"


async def test_credentials_in_a_header_win_over_a_user_in_the_url(sender: Sender) -> None:
    async with Hostile(answers()) as server:
        await send(sender, server.url.replace("//", "//me:secret@"), headers=[("Authorization", "Bearer x")])

    assert server.received[0].header("authorization") == "Bearer x"


async def test_a_large_body_is_sent_whole(sender: Sender) -> None:
    async with Hostile(answers()) as server:
        await send(sender, server.url, body=b"x" * 3_000_000)

    assert server.received[0].body == b"x" * 3_000_000


async def test_a_connection_serves_again(sender: Sender) -> None:
    async with Hostile(answers(200, b"ok")) as server:
        await send(sender, server.url)
        await send(sender, server.url)

    assert [each.connection for each in server.received] == [1, 1]


@pytest.mark.parametrize(
    "header", [("X-A", "1\r\nX-B: 2"), ("X-A", "1\n"), ("X-A", "\0"), ("X A", "1"), ("", "1"), ("X:", "1"), ("é", "1")]
)
async def test_a_header_that_would_break_the_request_is_not_sent(sender: Sender, header: tuple[str, str]) -> None:
    async with Hostile(answers()) as server:
        outcome = await send(sender, server.url, headers=[header])

    assert (outcome.error, server.connections) == ("connection", [])
    assert outcome.text == f"header {header[0]!r} cannot be sent: {header[1]!r}"


async def test_a_method_that_is_none_is_not_sent(sender: Sender) -> None:
    async with Hostile(answers()) as server:
        outcome = await send(sender, server.url, method="PO ST")

    assert (outcome.error, server.connections) == ("connection", [])
    assert outcome.text.startswith("it cannot be sent: ValueError")


# What comes back


@pytest.mark.parametrize("status", [204, 304, 400, 404, 429, 500, 503])
async def test_every_status_is_a_reply(sender: Sender, status: int) -> None:
    async with Hostile(says(answer(status))) as server:
        outcome = await send(sender, server.url)

    assert outcome.reply is not None
    assert (outcome.reply.status, outcome.error) == (status, "")


async def test_a_body_that_comes_slowly_is_whole(sender: Sender) -> None:
    async with Hostile(says(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nha", PAUSE, b"lf")) as server:
        sending = asyncio.create_task(send(sender, server.url))
        await server.arrived(1)
        server.go_on()
        outcome = await sending

    assert outcome.reply is not None and outcome.reply.body == b"half"


async def test_a_body_without_a_length_ends_with_the_connection(sender: Sender) -> None:
    async with Hostile(says(b"HTTP/1.0 200 OK\r\n\r\nall of it")) as server:
        outcome = await send(sender, server.url)

    assert outcome.reply is not None and outcome.reply.body == b"all of it"


@pytest.mark.parametrize(("size", "is_cut"), [(BODY_LIMIT, False), (BODY_LIMIT + 1, True), (10_000_000, True)])
async def test_a_body_is_read_up_to_its_limit(sender: Sender, size: int, is_cut: bool) -> None:
    async with Hostile(answers(200, b"x" * size)) as server:
        outcome = await send(sender, server.url)
        if is_cut:
            await server.gone(1)

    assert outcome.reply is not None
    assert (outcome.reply.body == b"x" * min(size, BODY_LIMIT), outcome.reply.is_cut) == (True, is_cut)


async def test_a_body_that_never_ends_is_cut_and_its_connection_closed(sender: Sender) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    async with Hostile(says(head, b"100000\r\n" + b"x" * 0x100000 + b"\r\n1\r\nx\r\n", then="hang")) as server:
        outcome = await send(sender, server.url)
        await server.gone(1)

    assert outcome.reply is not None
    assert (len(outcome.reply.body), outcome.reply.is_cut) == (BODY_LIMIT, True)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"hello")),
        (" X-Gzip", gzip.compress(b"hello")),
        ("deflate", zlib.compress(b"hello")),
        ("deflate", zlib.compress(b"hello", wbits=-15)),
        ("identity", b"hello"),
    ],
    ids=["gzip", "x-gzip, spaced", "zlib", "bare deflate", "as it is"],
)
async def test_a_packed_body_is_unpacked(sender: Sender, encoding: str, body: bytes) -> None:
    async with Hostile(answers(200, body, [("Content-Encoding", encoding)])) as server:
        outcome = await send(sender, server.url)

    assert outcome.reply is not None and outcome.reply.body == b"hello"


async def test_a_gzip_bomb_stops_at_the_limit(sender: Sender) -> None:
    bomb = gzip.compress(b"\0" * 50_000_000)
    async with Hostile(answers(200, bomb, [("Content-Encoding", "gzip")])) as server:
        outcome = await send(sender, server.url)

    assert len(bomb) < BODY_LIMIT
    assert outcome.reply is not None
    assert (len(outcome.reply.body), outcome.reply.is_cut) == (BODY_LIMIT, True)


@pytest.mark.parametrize("body", [b"plain text", gzip.compress(b"hello" * 100)[:20]], ids=["not gzip", "half a gzip"])
@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
async def test_a_body_that_is_not_packed_as_it_says_is_no_answer(sender: Sender, body: bytes, encoding: str) -> None:
    async with Hostile(answers(200, body, [("Content-Encoding", encoding)])) as server:
        outcome = await send(sender, server.url)

    assert outcome == Outcome(None, "connection", f"the body is not {encoding}, as its Content-Encoding says")


async def test_an_empty_body_may_say_it_is_packed(sender: Sender) -> None:
    async with Hostile(answers(204, b"", [("Content-Encoding", "gzip")])) as server:
        outcome = await send(sender, server.url)

    assert outcome.reply is not None and outcome.reply.status == 204


async def test_bytes_that_are_no_text_in_a_header_come_back_as_latin_1(sender: Sender) -> None:
    async with Hostile(says(b"HTTP/1.1 200 OK\r\nX-A: \xff\xe9\r\nContent-Length: 0\r\n\r\n")) as server:
        outcome = await send(sender, server.url)

    assert outcome.reply is not None and outcome.reply.header("x-a") == "ÿé"


# What goes wrong


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        pytest.param(says(), BROKE, id="closes at once"),
        pytest.param(says(then="reset"), BROKE, id="resets"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nX-A"), BROKE, id="closes among the headers"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nX-A", then="reset"), BROKE, id="resets among the headers"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"), BROKE_INSIDE, id="half a body"),
        pytest.param(
            says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"), BROKE_INSIDE, id="half a chunk"
        ),
        pytest.param(
            says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhalf\r\n"), NOT_HTTP, id="bad chunk"
        ),
        pytest.param(says(b"220 mail.test ESMTP\r\n\r\n"), NOT_HTTP, id="another protocol"),
        pytest.param(says(b"\x00\xff\x16\x03\x01" * 20 + b"\r\n\r\n"), NOT_HTTP, id="noise"),
        pytest.param(says(b"HTTP/1.1 20x OK\r\n\r\n"), NOT_HTTP, id="status without a number"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nX-A: a\x00b\r\n\r\n"), NOT_HTTP, id="NUL in a header"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), NOT_HTTP, id="header without a colon"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), NOT_HTTP, id="negative length"),
        pytest.param(says(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n"), NOT_HTTP, id="endless header"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_server_that_does_not_answer_properly(
    sender: Sender, behave: Behaviour, expected: Outcome, method: str
) -> None:
    async with Hostile(behave) as server:
        outcome = await send(sender, server.url, method=method)

    assert outcome == expected
    assert len(server.received) == 1  # one attempt is one request, a GET's too


async def test_a_connection_reset_in_the_middle_of_a_body_breaks_it(sender: Sender) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n"
    async with Hostile(says(head, b"x" * 1000, PAUSE, then="reset")) as server:
        sending = asyncio.create_task(send(sender, server.url))
        await server.arrived(1)
        server.go_on()
        outcome = await sending

    assert outcome in (BROKE, BROKE_INSIDE)  # a reset may overtake what was said before it


@pytest.mark.parametrize(
    "behave", [says(then="hang"), says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", then="hang")]
)
async def test_a_server_that_never_answers_or_never_ends_times_out_and_is_left(
    sender: Sender, behave: Behaviour
) -> None:
    async with Hostile(behave) as server:
        outcome = await send(sender, server.url, timeout_seconds=0.5)
        await server.gone(1)

    assert outcome == Outcome(None, "timeout", "no answer within 0.5 s")
    assert outcome.seconds >= 0.5


async def test_a_cancelled_attempt_is_cancelled_and_its_connection_closed(sender: Sender) -> None:
    async with Hostile(says(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", then="hang")) as server:
        sending = asyncio.create_task(send(sender, server.url))
        await server.arrived(1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        await server.gone(1)


async def test_nobody_there_is_a_refused_connection(sender: Sender) -> None:
    async with Hostile(answers()) as server:
        pass

    assert await send(sender, server.url) == Outcome(None, "connection", "cannot connect: connection refused")


async def test_tls_with_a_server_that_speaks_none_fails(sender: Sender) -> None:
    async with Hostile(says(b"HTTP/1.1 400 Bad Request\r\n\r\n"), listens=False) as server:
        outcome = await send(sender, server.url.replace("http:", "https:"))

    assert outcome == Outcome(None, "connection", "TLS with the server failed")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hook",
        "/hook",
        "//127.0.0.1/hook",
        "ftp://127.0.0.1/",
        "ws://127.0.0.1/",
        "http://",
        "http:///hook",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:x/",
        "http://[::1/",
        "http://127.0.0.1/\r\nX-A: 1",
        "http://127.0.0.1/\x7f",
        "http://2130706433/",
        "http://127.1/",
        "http://8.8.8.8./",
    ],
)
async def test_a_bad_url_is_a_failed_connection(sender: Sender, url: str) -> None:
    outcome = await send(sender, url, allow=lambda host: True)

    assert outcome.error == "connection"
    assert outcome.text.startswith("bad URL: ")


# Whom it speaks to


async def test_a_name_that_leads_to_a_local_address_is_spoken_to(sender: Sender) -> None:
    async with Hostile(answers()) as server:
        outcome = await send(sender, f"http://App.test:{server.port}/")

    assert outcome.reply is not None
    assert server.received[0].header("host") == f"app.test:{server.port}"


async def test_a_name_that_leads_nowhere_cannot_be_resolved(sender: Sender) -> None:
    assert await send(sender, "http://nowhere.test/") == Outcome(
        None,
        "connection",
        "host nowhere.test cannot be resolved; were it a public one, it would take --allow-host nowhere.test, too",
    )
    allowed = await send(sender, "http://nowhere.test/", allow=lambda host: True)
    assert allowed.text == "host nowhere.test cannot be resolved"


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://8.8.8.8/", "8.8.8.8"),
        ("https://93.184.215.14:8443/", "93.184.215.14"),
        ("http://169.254.169.254/latest", "169.254.169.254"),
        ("http://172.32.0.1/", "172.32.0.1"),
        ("http://[2001:4860:4860::8888]/", "2001:4860:4860::8888"),
        ("http://[::ffff:8.8.8.8]/", "::ffff:8.8.8.8"),
        ("http://stranger.test/", "stranger.test"),
        ("http://127.0.0.1@stranger.test/", "stranger.test"),
    ],
)
async def test_a_stranger_is_not_spoken_to_and_the_option_is_named(sender: Sender, url: str, host: str) -> None:
    outcome = await send(sender, url)

    assert (outcome.reply, outcome.error) == (None, "blocked")
    assert outcome.text == f"{host} is not on this machine or a private network: --allow-host {host} would allow it"


async def test_of_a_name_with_local_and_public_addresses_only_the_local_ones_are_used(sender: Sender) -> None:
    async with Hostile(answers()) as server:
        outcome = await send(sender, f"http://both.test:{server.port}/")

    assert outcome.reply is not None


@pytest.mark.parametrize("host", ["stranger.test", PUBLIC])
async def test_a_stranger_that_is_allowed_is_spoken_to(sender: Sender, host: str) -> None:
    outcome = await send(sender, f"http://{host.upper()}/", allow=lambda asked: asked == host)

    assert outcome.error == "connection"
    assert outcome.text.startswith("cannot connect: ")


async def test_several_addresses_that_refuse_are_a_refused_connection() -> None:
    sender = Sender(lookup=lookup(app=["127.0.0.1", "127.0.0.2"]))
    async with Hostile(answers()) as server:
        pass

    outcome = await send(sender, f"http://app.test:{server.port}/")
    await sender.close()

    assert outcome.error == "connection"
    assert outcome.text.startswith("cannot connect")


async def test_without_a_lookup_the_machine_is_asked_and_what_it_finds_is_checked() -> None:
    sender = Sender()
    async with Hostile(answers()) as server:
        local = await send(sender, server.url.replace("127.0.0.1", "localhost"))
        disguised = await send(sender, "http://0x08080808/")
        impossible = await send(sender, f"http://{'a' * 64}.test/")
    await sender.close()

    assert local.reply is not None
    assert disguised.error == "blocked"
    assert impossible.text.startswith(f"host {'a' * 64}.test cannot be resolved; ")


# Redirects


def redirect(to: str, status: int = 302) -> Behaviour:
    return answers(status, b"elsewhere", [("Location", to)])


async def test_a_redirect_is_a_reply_unless_it_is_to_be_followed(sender: Sender) -> None:
    async with Hostile(redirect("/other")) as server:
        outcome = await send(sender, server.url)

    assert outcome.reply is not None
    assert (outcome.reply.status, outcome.reply.header("location"), len(server.received)) == (302, "/other", 1)


@pytest.mark.parametrize(
    ("status", "method", "line", "body"),
    [
        (301, "POST", "GET /other?a=%2B HTTP/1.1", b""),
        (302, "POST", "GET /other?a=%2B HTTP/1.1", b""),
        (302, "PUT", "PUT /other?a=%2B HTTP/1.1", b"a=1"),
        (303, "PUT", "GET /other?a=%2B HTTP/1.1", b""),
        (307, "POST", "POST /other?a=%2B HTTP/1.1", b"a=1"),
        (308, "POST", "POST /other?a=%2B HTTP/1.1", b"a=1"),
    ],
)
async def test_a_redirect_is_followed_with_the_method_it_asks_for(
    sender: Sender, status: int, method: str, line: str, body: bytes
) -> None:
    headers = [("Content-Type", "text/plain"), ("Authorization", "Bearer x")]
    async with Hostile(in_turn(redirect("/other?a=%2B", status), answers(200, b"here"))) as server:
        outcome = await send(sender, server.url, method=method, redirects=1, headers=headers)

    _, second = server.received
    assert outcome.reply is not None and outcome.reply.body == b"here"
    assert (second.line, second.body) == (line, body)
    assert (second.header("content-type"), second.header("authorization")) == (
        "text/plain" if body else None, "Bearer x",
    )  # fmt: skip


async def test_no_more_redirects_are_followed_than_told(sender: Sender) -> None:
    async with Hostile(redirect("/round")) as server:
        outcome = await send(sender, server.url, redirects=3)

    assert outcome.reply is not None and outcome.reply.status == 302
    assert len(server.received) == 4


async def test_a_redirect_to_another_server_does_not_take_credentials_along(sender: Sender) -> None:
    headers = [("Authorization", "Bearer x"), ("X-Sign", "1")]
    async with Hostile(answers(200, b"there")) as there, Hostile(redirect(there.url, 307)) as here:
        outcome = await send(sender, here.url, redirects=1, headers=headers)

    assert outcome.reply is not None and outcome.reply.body == b"there"
    assert (there.received[0].header("authorization"), there.received[0].header("x-sign")) == (None, "1")


async def test_a_redirect_to_a_stranger_is_not_followed(sender: Sender) -> None:
    async with Hostile(redirect("http://8.8.8.8/hook")) as server:
        outcome = await send(sender, server.url, redirects=1)

    assert outcome.error == "blocked"
    assert "--allow-host 8.8.8.8" in outcome.text


@pytest.mark.parametrize("location", ["ftp://127.0.0.1/", "http://[::1", "http://127.0.0.1:99999/"])
async def test_a_redirect_to_a_bad_url_is_a_failed_connection(sender: Sender, location: str) -> None:
    async with Hostile(redirect(location)) as server:
        outcome = await send(sender, server.url, redirects=1)

    assert outcome.error == "connection"
    assert outcome.text.startswith("bad URL: ")


async def test_a_redirect_without_a_location_is_a_reply(sender: Sender) -> None:
    async with Hostile(answers(302)) as server:
        outcome = await send(sender, server.url, redirects=1)

    assert outcome.reply is not None and outcome.reply.status == 302


async def test_every_hop_uses_the_same_timeout(sender: Sender) -> None:
    async with Hostile(in_turn(redirect("/other"), says(then="hang"))) as server:
        outcome = await send(sender, server.url, redirects=1, timeout_seconds=0.5)

    assert outcome.error == "timeout"
    assert len(server.received) == 2


# Many at once, first and last


async def test_at_most_16_requests_are_at_one_host_at_a_time(sender: Sender) -> None:
    async with Hostile(says(PAUSE, answer(), then="keep")) as server:
        sending = [asyncio.create_task(send(sender, server.url)) for _ in range(50)]
        await server.arrived(HOST_LIMIT)
        server.go_on()
        outcomes = await asyncio.gather(*sending)

    assert all(outcome.reply for outcome in outcomes)
    assert (HOST_LIMIT, len(server.received), server.most_at_once) == (16, 50, 16)


async def test_waiting_for_a_turn_does_not_count_against_the_timeout(sender: Sender) -> None:
    async with Hostile(says(then="hang")) as server:
        outcomes = await asyncio.gather(*[send(sender, server.url, timeout_seconds=0.1) for _ in range(HOST_LIMIT * 2)])

    assert {outcome.error for outcome in outcomes} == {"timeout"}
    assert len(server.received) == HOST_LIMIT * 2


async def test_a_hung_host_does_not_hold_up_another(sender: Sender) -> None:
    async with Hostile(says(then="hang")) as hung, Hostile(answers()) as well:
        sending = [asyncio.create_task(send(sender, hung.url)) for _ in range(40)]
        await hung.arrived(HOST_LIMIT)
        outcome = await send(sender, well.url)
        for task in sending:
            task.cancel()
        await asyncio.gather(*sending, return_exceptions=True)

    assert outcome.reply is not None


async def test_a_closed_sender_breaks_what_is_in_flight_and_sends_nothing() -> None:
    sender = Sender()
    async with Hostile(says(then="hang")) as server:
        sending = asyncio.create_task(send(sender, server.url))
        await server.arrived(1)
        await sender.close()
        broken = await sending
        refused = await send(sender, server.url)

    assert broken == BROKE
    assert refused == Outcome(None, "connection", "the emulator is shutting down")
    assert len(server.received) == 1


async def test_closing_a_sender_that_sent_nothing_does_nothing() -> None:
    sender = Sender()

    await sender.close()
    await sender.close()


async def test_first_attempts_at_once_share_one_client(sender: Sender) -> None:
    async with Hostile(answers()) as server:
        outcomes = await asyncio.gather(*[send(sender, server.url) for _ in range(3)])

    assert all(outcome.reply for outcome in outcomes)


def test_the_client_is_not_imported_before_the_first_attempt() -> None:
    code = "import sys, emulator.webhooks.sender as s; s.Sender(); print('emulator.webhooks.client' in sys.modules)"

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert told.stdout == "False\n"
