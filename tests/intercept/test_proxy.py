"""The proxy against clients that lie, dawdle, babble and leave."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator

import pytest

from emulator.errors import UsageError
from emulator.intercept.interception import Interception
from emulator.intercept.upstream import Upstream, upstreams
from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import SandboxSpec
from tests.fakes.hostile import Hostile, answer, says

VOBIZ = "api.vobiz.ai"
PATH = "/api/v1/Account/MA_RINGBACK/Call/?status=live"
KEYS = "X-Auth-ID: MA_RINGBACK\r\nX-Auth-Token: ringback-default-vobiz-auth-token-000001\r\n"
LIMIT = 20.0


class Wire:
    """An interception, and raw connections to its proxy."""

    def __init__(self, **more):
        self.exchange = Exchange()
        self.refused = []
        self.environment = more.pop("environment", {})
        self.more = {"on_refused": lambda host, port: self.refused.append((host, port)), **more}

    async def __aenter__(self):
        self.exchange.create(SandboxSpec(name="default", seed=0, mode="virtual"))
        self.intercept = Interception(self.exchange, "http://127.0.0.1:5550", environment=self.environment, **self.more)
        await self.intercept.__aenter__()
        return self

    async def __aexit__(self, *_):
        await self.intercept.__aexit__()
        await self.exchange.close()

    async def connect(self):
        return await asyncio.open_connection("127.0.0.1", int(self.intercept.proxy_url.rpartition(":")[2]))

    async def say(self, *chunks: bytes) -> bytes:
        """Everything the proxy says to these bytes until it closes."""
        reader, writer = await self.connect()
        try:
            with contextlib.suppress(ConnectionError):
                for chunk in chunks:
                    writer.write(chunk)
                    await writer.drain()
            async with asyncio.timeout(LIMIT):
                return await reader.read()
        finally:
            writer.close()

    async def tunnel(self, host=VOBIZ, port=443):
        """The connection, once the proxy has agreed."""
        reader, writer = await self.connect()
        writer.write(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        return reader, writer

    async def secured(self, host=VOBIZ, name=None):
        """A tunnel and a handshake for `name`."""
        reader, writer = await self.tunnel(host)
        trust = ssl.create_default_context(cafile=self.intercept.environ["SSL_CERT_FILE"])
        await writer.start_tls(trust, server_hostname=name or host)
        return reader, writer

    async def works(self):
        """Whether a well-behaved client is still served."""
        reader, writer = await self.secured()
        writer.write(f"GET {PATH} HTTP/1.1\r\nHost: {VOBIZ}\r\n{KEYS}Connection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return answer.startswith(b"HTTP/1.1 200 ") and b'"calls":[]' in answer


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    async with Wire() as made:
        yield made


async def test_a_tunnel_to_a_providers_host_ends_at_the_emulator(wire):
    assert await wire.works()


async def test_every_host_of_every_provider_is_answered(wire):
    for host in wire.intercept.hosts:
        reader, writer = await wire.secured(host)
        writer.write(f"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        said = await reader.read()
        assert said.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 4")), (host, said)
        assert b"ringback:" not in said
        writer.close()
    assert len(wire.intercept.hosts) >= 4


async def test_plain_http_for_a_providers_host_is_answered(wire):
    said = await wire.say(f"GET http://{VOBIZ}{PATH} HTTP/1.1\r\nHost: {VOBIZ}\r\n{KEYS}\r\n".encode())
    assert said.startswith(b"HTTP/1.1 200 ")
    assert said.count(b"HTTP/1.1") == 1


async def test_plain_http_through_a_tunnel_is_answered(wire):
    reader, writer = await wire.tunnel(port=80)
    writer.write(f"GET {PATH} HTTP/1.1\r\nHost: {VOBIZ}\r\n{KEYS}Connection: close\r\n\r\n".encode())
    assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_a_request_that_comes_before_the_tunnel_stands_is_answered(wire):
    early = f"GET {PATH} HTTP/1.1\r\nHost: {VOBIZ}\r\n{KEYS}Connection: close\r\n\r\n"
    said = await wire.say(f"CONNECT {VOBIZ}:80 HTTP/1.1\r\n\r\n{early}".encode())
    assert said.count(b"HTTP/1.1 200 ") == 2


async def test_any_other_host_is_403_with_the_reason(wire):
    said = await wire.say(b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n")
    head, _, body = said.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 403 Refused by ringback run --intercept without --passthrough\r\n")
    assert b"example.com:443 is not a host that is answered here" in body
    assert b"--passthrough" in body
    assert wire.refused == [("example.com", 443)]


async def test_any_other_host_is_refused_in_plain_http_too(wire):
    assert (await wire.say(b"GET http://example.com/ HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 403 ")
    assert wire.refused == [("example.com", 80)]


@pytest.mark.parametrize("name", [f"{VOBIZ}.example.com", "vobiz.ai", "xapi.vobiz.ai", "127.0.0.1", f"{VOBIZ}."])
async def test_a_name_that_only_looks_like_a_providers_is_refused(wire, name):
    assert (await wire.say(f"CONNECT {name}:443 HTTP/1.1\r\n\r\n".encode())).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("host", ["127.0.0.1", "example.com", "\u00e4", "api.vobiz.ai:x", "["])
async def test_a_tunnel_does_not_lead_to_the_control_api(wire, host):
    reader, writer = await wire.secured()
    asks = f"GET /_control/v1/sandboxes HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    writer.write(asks.encode("latin-1"))
    assert (await reader.read()).split(b" ")[1] in (b"421", b"400")
    writer.close()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\r\n\r\n", 400),
        (b"\x00\xff\x00\xff\r\n\r\n", 400),
        (b"CONNECT \r\n\r\n", 400),
        (b"CONNECT " + b"a" * 300 + b":443 HTTP/1.1\r\n\r\n", 403),
        (b"CONNECT api.vobiz.ai:443 HTTP/1.1\r\nbroken\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: api.vobiz.ai\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00", 400),
        (b"CONNECT api.vobiz.ai:443 HTTP/1.1\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", 431),
        (b"CONNECT api.vobiz.ai:443 HTTP/1.1\r\n" + b"X: x\r\n" * 20_000, 431),
    ],
)  # fmt: skip
async def test_garbage_is_answered_with_a_reason_and_harms_nobody(wire, sent, status):
    said = await wire.say(sent)
    assert said.startswith(f"HTTP/1.1 {status} ".encode())
    assert b"\r\n\r\nringback: " in said
    assert await wire.works()


async def test_who_dawdles_over_a_head_is_408():
    async with Wire(patience=0.5) as wire:
        assert (await wire.say(b"CONNECT api.vobiz.ai:443 HTTP/1.1\r\nX: ")).startswith(b"HTTP/1.1 408 ")
        assert (await wire.say()).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("sent", [b"", b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"])
async def test_who_stops_in_the_middle_of_a_handshake_is_cut_off(sent):
    async with Wire(patience=0.5) as wire:
        reader, writer = await wire.tunnel()
        writer.write(sent)
        async with asyncio.timeout(LIMIT):
            assert await reader.read() == b""
        writer.close()


async def test_a_broken_handshake_ends_the_tunnel_alone(wire):
    reader, writer = await wire.tunnel()
    writer.write(b"\x16\x03\x01\x00\x05hello" * 50)
    with contextlib.suppress(ConnectionError):
        assert b"HTTP" not in await reader.read()
    writer.close()
    assert await wire.works()


async def test_a_handshake_for_another_name_fails(wire):
    with pytest.raises((ssl.SSLError, ConnectionError)):  # an alert, or an end where the server is quicker to close
        await wire.secured(name="example.com")
    assert await wire.works()


async def test_who_leaves_at_any_point_is_forgotten(wire):
    asks = b"CONNECT api.vobiz.ai:443 HTTP/1.1\r\n\r\n\x16\x03\x01"
    for length in range(0, len(asks), 3):
        _, writer = await wire.connect()
        writer.write(asks[:length])
        await writer.drain()
        writer.transport.abort()
    assert await wire.works()


async def test_ending_it_ends_open_tunnels_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    async with Wire() as wire:
        assert [path.name.startswith("ringback-") for path in tmp_path.iterdir()] == [True]
        reader, writer = await wire.secured()
    with contextlib.suppress(ConnectionError):
        assert await reader.read() == b""
    writer.close()
    assert list(tmp_path.iterdir()) == []


async def test_with_passthrough_another_host_is_reached_in_plain_http():
    async with Hostile(says(answer(200, b"theirs"))) as other, Wire(passthrough=True) as wire:
        fields = "Host: x\r\nProxy-Connection: keep-alive\r\nContent-Length: 2"
        said = await wire.say(f"POST {other.url} HTTP/1.1\r\n{fields}\r\n\r\nhi".encode())
        assert said.endswith(b"theirs")
        (received,) = other.received
        assert (received.line, received.body) == ("POST /hook HTTP/1.1", b"hi")
        assert received.header("host") == f"127.0.0.1:{other.port}"
        assert received.header("proxy-connection") is None
        assert wire.refused == []


async def test_with_passthrough_a_tunnel_carries_any_bytes():
    async with Hostile(says(b"\x00binary\xff"), listens=False) as other, Wire(passthrough=True) as wire:
        reader, writer = await wire.tunnel("127.0.0.1", other.port)
        assert await reader.read() == b"\x00binary\xff"
        writer.close()


async def test_with_passthrough_a_host_that_cannot_be_reached_is_502():
    async with Wire(passthrough=True) as wire:
        said = await wire.say(b"CONNECT 127.0.0.1:1 HTTP/1.1\r\n\r\n")
        assert said.startswith(b"HTTP/1.1 502 ")
        assert b"127.0.0.1:1 cannot be reached" in said


async def test_with_passthrough_the_proxy_that_was_there_before_is_gone_through():
    greets = says(b"HTTP/1.1 200 Yes\r\n\r\n", b"theirs")
    async with Hostile(greets) as tunnels, Hostile(says(answer(200, b"plain"))) as plain:
        told = {
            "https_proxy": f"http://me:w%3Ard@127.0.0.1:{tunnels.port}", "HTTP_PROXY": f"http://127.0.0.1:{plain.port}/",
        }  # fmt: skip
        async with Wire(passthrough=True, environment=told) as wire:
            assert await wire.say(b"CONNECT example.com:443 HTTP/1.1\r\n\r\n") == b"HTTP/1.1 200 Yes\r\n\r\ntheirs"
            assert (await wire.say(b"GET http://example.com/x HTTP/1.1\r\n\r\n")).endswith(b"plain")
            assert await wire.works()
    (tunnel,) = tunnels.received
    assert tunnel.line == "CONNECT example.com:443 HTTP/1.1"
    assert tunnel.header("proxy-authorization") == "Basic bWU6dzpyZA=="
    assert [received.line for received in plain.received] == ["GET http://example.com/x HTTP/1.1"]
    assert plain.received[0].header("proxy-authorization") is None


@pytest.mark.parametrize("url", ["socks5://127.0.0.1:1080", "https://proxy.example.com", "http://", "http://a:x"])
def test_a_proxy_that_we_cannot_go_through_is_a_usage_error(url):
    with pytest.raises(UsageError, match="expected a proxy such as"):
        upstreams({"HTTPS_PROXY": url})


def test_a_proxy_may_be_named_by_host_and_port_alone():
    assert upstreams({"HTTPS_PROXY": "proxy.internal:3128"}) == (Upstream("proxy.internal", 3128, b""), None)
    assert upstreams({"http_proxy": "http://proxy.internal"}) == (None, Upstream("proxy.internal", 80, b""))


async def test_with_passthrough_the_bundle_holds_the_roots_too(tmp_path):
    async with Wire() as alone, Wire(passthrough=True) as beside:
        few, many = (
            ssl.create_default_context(cafile=wire.intercept.environ["SSL_CERT_FILE"]).cert_store_stats()["x509_ca"]
            for wire in (alone, beside)
        )
        assert many > few == 1


async def test_names_that_need_no_proxy_stay_so_but_for_the_providers():
    exchange = Exchange()
    told = {"NO_PROXY": "db.internal, *.ai,.tryvox.io, *", "no_proxy": "db.internal,api.jambonz.cloud:443,10.0.0.1"}
    async with Interception(exchange, "http://10.0.0.5:5550", environment=told) as intercept:
        assert intercept.environ["NO_PROXY"] == "127.0.0.1,localhost,10.0.0.5,db.internal,10.0.0.1"
    await exchange.close()
