"""One connection to an application's server, and one request at a time on it.

Theory of operation. `ask` writes a hop's request; what a fresh connection says before that is kept for it. From then on
the hop gets exactly one result: a `Reply`, or an `Unsent` that says what went wrong. With the reply complete, the
connection is idle, if both sides want to keep it and nothing followed the reply; else it is closed at once. Whoever
speaks on an idle connection is cut off.

What can never happen: a second request before the first is answered; a reply to one request from what followed the
reply to another; a server that speaks for ever and is listened to.
"""

from __future__ import annotations

import asyncio
import select
from collections.abc import Callable
from typing import Any, Final, Protocol

import httptools

from emulator.webhooks.hops import Hop, Unsent
from emulator.webhooks.values import Reply

__all__ = ["BODY_LIMIT", "HEAD_LIMIT", "INTERIM_LIMIT", "Connection", "Owner"]

BODY_LIMIT: Final = 1 << 20
HEAD_LIMIT: Final = 1 << 16
"""How long all header fields together may be."""
INTERIM_LIMIT: Final = 100
"""How many `100 Continue` and the like may come before the answer."""

_JOINED: Final = 1 << 16
"""A body up to this size leaves in one piece with its headers."""
_EARLY: Final = 2 * BODY_LIMIT
_BODILESS: Final = frozenset({101, 204, 304})


BROKE: Final = "the connection broke before the answer"
BROKE_INSIDE: Final = "the connection broke in the middle of the answer"
NOT_HTTP: Final = "the answer is not HTTP"


class Owner(Protocol):
    """Who is told what becomes of a connection."""

    def opened(self, connection: Connection) -> None: ...
    def answered(self, connection: Connection, hop: Hop, result: Reply | Unsent, is_kept: bool) -> None: ...
    def lost(self, connection: Connection) -> None: ...


class _Enough(Exception):
    """What is being said need not be heard any further."""


class Connection(asyncio.Protocol):
    """See the module. `is_checked`: it leads to a local address; `idle_since` is for whoever keeps it."""

    __slots__ = (
        "_body",
        "_early",
        "_fields",
        "_has_head",
        "_head_size",
        "_hop",
        "_interims",
        "_is_cut",
        "_is_done",
        "_is_kept",
        "_is_lost",
        "_news",
        "_owner",
        "_parser",
        "_silent",
        "_size",
        "_status",
        "_transport",
        "_was_asked",
        "idle_since",
        "is_checked",
    )

    def __init__(self, owner: Owner, is_checked: bool) -> None:
        self._owner = owner
        self.is_checked = is_checked
        self.idle_since = 0.0
        self._hop: Hop | None = None
        self._transport: Any = None
        self._parser: Any = None
        self._early = b""
        self._was_asked = self._is_lost = False
        self._reset()

    def _reset(self) -> None:
        self._fields: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._status = self._head_size = self._size = self._interims = self._silent = 0
        self._has_head = self._is_done = self._is_kept = self._is_cut = False

    def ask(self, hop: Hop) -> None:
        """Send it. The owner is told the result, once."""
        self._hop = hop
        self._reset()
        self._was_asked = True
        if not self._transport.is_closing():
            if len(hop.body) <= _JOINED:
                self._transport.write(hop.head + hop.body)
            else:
                self._transport.write(hop.head)
                self._transport.write(hop.body)
        if self._early:
            early, self._early = self._early, b""
            self.data_received(early)
        if self._is_lost:
            self.connection_lost(None)

    def is_quiet(self) -> bool:
        """Neither closed nor spoken on, as far as this machine has heard, though the loop may not have looked yet."""
        return not self._transport.is_closing() and not self._news()

    def drop(self) -> None:
        """Close at once; nobody is told a result any more."""
        self._hop = None
        if self._transport is not None:
            self._transport.abort()

    def cut(self) -> None:
        """Close at once; the hop breaks."""
        self._transport.abort()

    # --- what the transport tells ------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._news = _watch(transport.get_extra_info("socket").fileno())
        self._parser = parser = httptools.HttpResponseParser(self)
        parser.set_dangerous_leniencies(
            lenient_headers=True, lenient_optional_cr_before_lf=True, lenient_spaces_after_chunk_size=True
        )
        self._owner.opened(self)

    def data_received(self, data: bytes) -> None:
        if self._hop is None:
            self._unasked(data)
            return
        before = self._size
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._is_kept = False
            if not self._is_done:
                self._end(Unsent(NOT_HTTP))
                return
        if self._is_done:
            self._end(self._reply())
        elif self._size > before:
            self._silent = 0
        else:
            self._silent += len(data)
            if self._silent > 2 * HEAD_LIMIT:
                self._end(Unsent(NOT_HTTP))

    def connection_lost(self, problem: Exception | None) -> None:
        self._is_lost = True
        if self._hop is not None:
            if not self._has_head:
                self._end(Unsent(BROKE))
            elif problem is None and self._ends_with_connection():
                self._end(self._reply())
            else:
                self._end(Unsent(BROKE_INSIDE))
        if self._was_asked:
            self._parser = None  # which holds us
        self._owner.lost(self)

    def _unasked(self, data: bytes) -> None:
        """A server may speak as soon as it is connected to, which is not told from speaking after it was asked."""
        self._early += data
        if self._was_asked or len(self._early) > _EARLY:
            self._transport.abort()

    def _reply(self) -> Reply:
        return Reply(self._status, tuple(self._fields), b"".join(self._body), self._is_cut)

    def _end(self, result: Reply | Unsent) -> None:
        hop, self._hop = self._hop, None
        assert hop is not None
        is_kept = self._is_kept and not self._is_lost and not self._transport.get_write_buffer_size()
        if not is_kept:
            self._transport.abort()
        self._owner.answered(self, hop, result, is_kept)

    def _ends_with_connection(self) -> bool:
        """The answer said nothing about where its body ends."""
        for name, text in self._fields:
            if name.lower() == "content-length":
                return False
            if name.lower() == "transfer-encoding":
                return text.rpartition(",")[2].strip().lower() != "chunked"
        return True

    # --- what the parser tells ---------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._is_done:
            self._is_kept = False
            raise _Enough

    def on_header(self, name: bytes, text: bytes) -> None:
        self._head_size += len(name) + len(text) + 4
        if self._head_size > HEAD_LIMIT or b"\0" in text:
            raise _Enough
        if not self._has_head:
            self._fields.append((name.decode("latin-1"), text.rstrip(b" \t").decode("latin-1")))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if 100 <= status < 200 and status != 101:
            self._fields.clear()
            self._interims += 1
            if self._interims > INTERIM_LIMIT:
                raise _Enough
            return
        self._status = status
        self._has_head = True
        assert self._hop is not None
        self._is_done = self._hop.is_head or status in _BODILESS

    def on_body(self, data: bytes) -> None:
        if self._is_done:
            raise _Enough
        self._size += len(data)
        if self._size <= BODY_LIMIT:
            self._body.append(data)
            return
        self._body.append(data[: BODY_LIMIT - self._size])
        self._is_cut = self._is_done = True
        raise _Enough

    def on_message_complete(self) -> None:
        if self._has_head:
            self._is_done = True
            self._is_kept = self._parser.should_keep_alive()


def _watch(number: int) -> Callable[[], object]:
    """Says whether anything has come on this socket that nobody has read."""
    if not hasattr(select, "poll"):  # pragma: no cover - Windows
        return lambda: select.select([number], [], [], 0)[0]
    poll = select.poll()
    poll.register(number, select.POLLIN)
    return lambda: poll.poll(0)
