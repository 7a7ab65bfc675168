"""How one attempt is sent: its bytes, its redirects, and the outcome, whatever the other side does."""

from __future__ import annotations

import asyncio
import re
import zlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal

from emulator.webhooks.addresses import Lookup, look_up
from emulator.webhooks.connection import BODY_LIMIT
from emulator.webhooks.hops import Hop, Unsent, blocked
from emulator.webhooks.pool import HOST_LIMIT, Pool
from emulator.webhooks.urls import BadURL, Target, join, parse_url
from emulator.webhooks.values import Outcome, Reply

__all__ = ["BODY_LIMIT", "HOST_LIMIT", "Client"]

_FOLLOWED: Final = frozenset({301, 302, 303, 307, 308})
_BODILESS: Final = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods whose request says nothing about a body when it has none."""
_OURS: Final = frozenset({"authorization", "content-length", "host"})
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_BREAKS: Final = re.compile(r"[\r\n\0]")

Headers = Sequence[tuple[str, str]]
Allow = Callable[[str], bool]


class Client:
    """Sends attempts over one pool of connections. Belongs to the event loop in which it was made."""

    __slots__ = ("_pool",)

    def __init__(self, lookup: Lookup | None) -> None:
        self._pool = Pool(lookup or look_up)

    async def close(self) -> None:
        await self._pool.close()

    async def send(
        self, url: str, method: str, headers: Headers, body: bytes, seconds: float, redirects: int, allow: Allow
    ) -> Outcome:
        """See `Sender.send`. The time of every hop counts, waiting for its turn does not."""
        hop: Hop | None = None
        used = started = 0.0
        reply: Reply | None = None
        error: Literal["", "connection", "timeout", "blocked"] = ""
        text = ""
        try:
            target = parse_url(url)
            while True:
                head = _render(method, target, headers, body)
                hop = Hop(target, head, body, method.upper() == "HEAD", _is_allowed(target, allow), seconds - used)
                self._pool.start(hop)
                result = await hop.answer
                used += hop.took
                started = started or hop.started
                if isinstance(result, Unsent):
                    raise result
                location = result.header("location") if result.status in _FOLLOWED and redirects else ""
                if not location:
                    reply = _unpack(result) if result.body else result
                    break
                redirects -= 1
                before, target = target, join(target, location)
                method, headers, body = _redirected(result.status, method, headers, body)
                if target.origin != before.origin:
                    headers = _without(headers, "authorization", "host")
        except asyncio.CancelledError:
            assert hop is not None  # nothing else is awaited
            self._pool.drop(hop)
            raise
        except Unsent as problem:
            error = problem.error
            text = f"no answer within {seconds:g} s" if error == "timeout" else problem.text
        except BadURL as problem:
            error, text = "connection", str(problem)
        except Exception as problem:  # whatever it is, the attempt has to end, and says what it was
            error, text = "connection", f"it cannot be sent: {type(problem).__name__}: {problem}"
        return Outcome(reply, error, text, used, datetime.fromtimestamp(started, UTC) if started else None)


def _is_allowed(target: Target, allow: Allow) -> bool:
    """Whether it may lead anywhere; if not, only to local addresses. Raises: `Unsent` if it is another address."""
    if target.is_local:
        return False
    if allow(target.host):
        return True
    if target.is_address:
        raise blocked(target.host)
    return False


def _render(method: str, target: Target, headers: Headers, body: bytes) -> bytes:
    """The request line and the header fields: those given, and what HTTP needs. Raises: `Unsent`, `ValueError`."""
    method = _check_method(method)
    lines = []
    special: set[str] = set()
    for name, text in headers:
        kind = _kind(name)
        if kind is None or _BREAKS.search(text):
            raise Unsent(f"header {name!r} cannot be sent: {text!r}")
        if kind:
            special.add(kind)
        lines.append(f"{name}: {text}\r\n")
    if target.authorization and "authorization" not in special:
        lines.append(f"Authorization: {target.authorization}\r\n")
    if (body or method not in _BODILESS) and "content-length" not in special:
        lines.append(f"Content-Length: {len(body)}\r\n")
    host = "" if "host" in special else f"Host: {target.host_header}\r\n"
    return f"{method} {target.path} HTTP/1.1\r\n{host}{''.join(lines)}\r\n".encode()


@lru_cache(maxsize=64)
def _check_method(method: str) -> str:
    """In capitals. Raises: `ValueError`."""
    if not _TOKEN.fullmatch(method):
        raise ValueError(f"{method!r} is no method")
    return method.upper()


@lru_cache(maxsize=4096)
def _kind(name: str) -> str | None:
    """The name of a header field that is otherwise ours to fill in; "" for any other; None if it is no name."""
    if not _TOKEN.fullmatch(name):
        return None
    return name.lower() if name.lower() in _OURS else ""


def _redirected(status: int, method: str, headers: Headers, body: bytes) -> tuple[str, Headers, bytes]:
    """What is asked where a redirect leads: most of them make a GET of a POST."""
    if status == 303 or (status in (301, 302) and method.upper() == "POST"):
        return "GET", [(name, text) for name, text in headers if not name.lower().startswith("content-")], b""
    return method, headers, body


def _without(headers: Headers, *names: str) -> Headers:
    return [(name, text) for name, text in headers if name.lower() not in names]


def _unpack(reply: Reply) -> Reply:
    """The reply with its body unpacked, up to the limit. Raises: `Unsent` if it is not what its header says."""
    encoding = reply.header("content-encoding").strip().lower()
    if encoding not in ("gzip", "x-gzip", "deflate"):
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
