"""How an attempt is sent with aiohttp; imported when the first one is, because that takes longer than to start us."""

from __future__ import annotations

import asyncio
import io
import os
import re
import time
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Final, Literal

import aiohttp
from yarl import URL

from emulator.webhooks.addresses import Lookup, Public, Resolver, is_address, is_local, look_up
from emulator.webhooks.values import Outcome, Reply

__all__ = ["BODY_LIMIT", "HOST_LIMIT", "Client"]

BODY_LIMIT: Final = 1 << 20
HOST_LIMIT: Final = 16

_LARGE: Final = 1 << 20
_KEEP_SECONDS: Final = 1.0
"""How long an idle connection is kept: shorter than servers keep theirs, so that we never write into a closing one."""
_AUTOMATIC: Final = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")
_FOLLOWED: Final = frozenset({301, 302, 303, 307, 308})
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

Headers = Sequence[tuple[str, str]]
Allow = Callable[[str], bool]


class Unsent(Exception):
    """An attempt that ends without a reply."""

    def __init__(self, text: str, error: Literal["connection", "blocked"] = "connection") -> None:
        self.text, self.error = text, error
        super().__init__(text)


class _Broken(aiohttp.ClientError):
    """The connection ended before the answer. Not one of the errors after which aiohttp sends a request again."""


class Client:
    """Two pools of connections: one to local addresses only, one to wherever the allowed hosts lead."""

    def __init__(self, lookup: Lookup | None) -> None:
        self._local = _session(lookup or look_up, only_local=True)
        self._anywhere = _session(lookup or look_up, only_local=False)
        self._turns: dict[tuple[str, str | None, int | None], tuple[asyncio.Semaphore, list[None]]] = {}

    async def close(self) -> None:
        await self._local.close()
        await self._anywhere.close()

    async def send(
        self, url: str, method: str, headers: Headers, body: bytes, seconds: float, redirects: int, allow: Allow
    ) -> Outcome:
        watch = _Watch(seconds)
        reply: Reply | None = None
        error: Literal["", "connection", "timeout", "blocked"] = ""
        text = ""
        try:
            reply = await self._follow(_parse_url(url), method, _check_headers(headers), body, redirects, allow, watch)
        except Unsent as problem:
            error, text = problem.error, problem.text
        except TimeoutError:
            error, text = "timeout", f"no answer within {seconds:g} s"
        except Exception as problem:  # whatever it is, the attempt has to end, and says what it was
            error, text = "connection", f"it cannot be sent: {type(problem).__name__}: {problem}"
        return Outcome(reply, error, text, watch.used, watch.started)

    async def _follow(
        self, url: URL, method: str, headers: Headers, body: bytes, redirects: int, allow: Allow, watch: _Watch
    ) -> Reply:
        while True:
            async with self._turn(url), watch.running():
                reply = await self._exchange(url, method, headers, body, allow)
            location = reply.header("location")
            if not redirects or not location or reply.status not in _FOLLOWED:
                return reply
            redirects -= 1
            before, url = url, _join(url, location)
            if reply.status == 303 or (reply.status in (301, 302) and method.upper() == "POST"):
                method, body = "GET", b""
                headers = [(name, text) for name, text in headers if not name.lower().startswith("content-")]
            if url.origin() != before.origin():
                headers = [(name, text) for name, text in headers if name.lower() not in ("authorization", "host")]

    @asynccontextmanager
    async def _turn(self, url: URL) -> AsyncIterator[None]:
        """Wait until fewer than `HOST_LIMIT` exchanges with this host are under way."""
        key = (url.scheme, url.raw_host, url.port)
        semaphore, users = self._turns.setdefault(key, (asyncio.Semaphore(HOST_LIMIT), []))
        users.append(None)
        try:
            async with semaphore:
                yield
        finally:
            users.pop()
            if not users:
                del self._turns[key]

    async def _exchange(self, url: URL, method: str, headers: Headers, body: bytes, allow: Allow) -> Reply:
        if url.user is not None and any(name.lower() == "authorization" for name, _ in headers):
            url = url.with_user(None)
        session = self._session_for(url.raw_host or "", allow)
        try:
            response = await session.request(
                method,
                url,
                headers=headers,
                data=(io.BytesIO(body) if len(body) > _LARGE else body) if body else None,
                allow_redirects=False,
            )
        except aiohttp.ClientError as problem:
            raise _unsent(problem, url.raw_host or "") from problem
        try:
            raw, is_cut = await _read(response)
            if is_cut:
                response.close()
        except BaseException as problem:
            response.close()
            if isinstance(problem, aiohttp.ClientError):
                raise Unsent("the connection broke in the middle of the answer") from problem
            raise
        told = tuple((name.decode("latin-1"), text.decode("latin-1")) for name, text in response.raw_headers)
        return _unpack(Reply(response.status, told, raw, is_cut))

    def _session_for(self, host: str, allow: Allow) -> aiohttp.ClientSession:
        """Raises: `Unsent` if `host` is an address nobody allowed. Names are checked by what they lead to."""
        looks_like_address = ":" in host or host.replace(".", "").isdigit()
        if looks_like_address and not is_address(host):
            raise Unsent(f"bad URL: {host} is neither a name nor an address")
        if allow(host):
            return self._anywhere
        if looks_like_address and not is_local(host):
            raise _blocked(host)
        return self._local


class _Watch:
    """The time one attempt takes, waiting for its turn left out."""

    __slots__ = ("_seconds", "started", "used")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.used = 0.0
        self.started: datetime | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Count the time spent here. Raises: `TimeoutError` when all of it is used."""
        if self.started is None:
            self.started = datetime.fromtimestamp(time.time(), UTC)
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._seconds - self.used):
                yield
        finally:
            self.used += time.monotonic() - begun


def _session(lookup: Lookup, only_local: bool) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, keepalive_timeout=_KEEP_SECONDS, resolver=Resolver(lookup, only_local), use_dns_cache=False
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),
        auto_decompress=False,
        skip_auto_headers=_AUTOMATIC,
        middlewares=(_only_once,),
    )


async def _only_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """One attempt is one request: aiohttp would send a GET again when the connection breaks."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as problem:
        raise _Broken(str(problem)) from problem


async def _read(response: aiohttp.ClientResponse) -> tuple[bytes, bool]:
    """The body as it is on the wire, and whether it goes on beyond the limit."""
    chunks: list[bytes] = []
    count = 0
    async for chunk in response.content.iter_any():
        chunks.append(chunk)
        count += len(chunk)
        if count > BODY_LIMIT:
            return b"".join(chunks)[:BODY_LIMIT], True
    return b"".join(chunks), False


def _unpack(reply: Reply) -> Reply:
    """The reply with its body unpacked, up to the limit. Raises: `Unsent` if it is not what its header says."""
    encoding = reply.header("content-encoding").strip().lower()
    if encoding not in ("gzip", "x-gzip", "deflate") or not reply.body:
        return reply
    for wbits in (47, -15) if encoding == "deflate" else (47,):
        unpacker = zlib.decompressobj(wbits)
        try:
            body = unpacker.decompress(reply.body, BODY_LIMIT + 1)
        except zlib.error:
            continue
        is_cut = reply.is_cut or len(body) > BODY_LIMIT
        if unpacker.eof or is_cut:
            return Reply(reply.status, reply.headers, body[:BODY_LIMIT], is_cut)
    raise Unsent(f"the body is not {encoding}, as its Content-Encoding says")


def _parse_url(text: str) -> URL:
    """Characters a URL may hold are sent as they stand, because signatures are made over them."""
    try:
        if any(character < " " or character == "\x7f" for character in text):
            raise ValueError("control character")
        url = URL(text, encoded=text.isascii() and " " not in text)
        if url.scheme in ("http", "https") and url.raw_host and url.port is not None:
            host = url.raw_host.lower()
            return url if url.raw_host == host else url.with_host(host)
    except ValueError:
        pass
    raise Unsent(f"bad URL: expected one such as http://localhost:8000/answer, got {text!r}")


def _join(url: URL, location: str) -> URL:
    try:
        return _parse_url(str(url.join(URL(location, encoded=True))))
    except ValueError as problem:
        raise Unsent(f"bad URL: redirected to {location!r}") from problem


def _check_headers(headers: Headers) -> Headers:
    for name, text in headers:
        if not _TOKEN.fullmatch(name) or any(character in text for character in "\r\n\0"):
            raise Unsent(f"header {name!r} cannot be sent: {text!r}")
    return headers


def _blocked(host: str) -> Unsent:
    return Unsent(f"{host} is not on this machine or a private network: --allow-host {host} would allow it", "blocked")


def _unsent(problem: aiohttp.ClientError, host: str) -> Unsent:
    """What aiohttp says, in words that are the same on every machine and at every try."""
    if isinstance(problem, aiohttp.ClientConnectorDNSError):
        return _blocked(host) if isinstance(problem.os_error, Public) else Unsent(f"host {host} cannot be resolved")
    if isinstance(problem, aiohttp.ClientSSLError):
        return Unsent("TLS with the server failed")
    if isinstance(problem, aiohttp.ClientConnectorError):
        number = problem.os_error.errno
        return Unsent(f"cannot connect: {os.strerror(number).lower()}" if number else "cannot connect")
    if isinstance(problem, aiohttp.ClientResponseError):
        return Unsent("the answer is not HTTP")
    return Unsent("the connection broke before the answer")
