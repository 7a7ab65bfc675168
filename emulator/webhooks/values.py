"""What the outbox is given and what comes back: one request, its rules, its answer."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final, Literal
from urllib.parse import quote_plus

from emulator.engine.values import field, value

__all__ = ["NO_RETRY", "Body", "Channel", "Form", "Json", "Outcome", "Policy", "Raw", "Reply", "Request"]

_quote = lru_cache(maxsize=65536)(quote_plus)


@value
class Form:
    """`application/x-www-form-urlencoded`, in the order given, spaces as `+`. Encoded when sent or read."""

    fields: tuple[tuple[str, str], ...]
    content_type: str = "application/x-www-form-urlencoded"

    def encode(self) -> bytes:
        return "&".join([f"{_quote(key)}={_quote(text)}" for key, text in self.fields]).encode()


@value
class Json:
    """Compact JSON, keys in the order given."""

    value: Any = field(hash=False)
    content_type: str = "application/json"

    def encode(self) -> bytes:
        return json.dumps(self.value, ensure_ascii=False, separators=(",", ":")).encode()


@value
class Raw:
    """Bytes as they are."""

    data: bytes = b""
    content_type: str = ""

    def encode(self) -> bytes:
        return self.data


Body = Form | Json | Raw


@value
class Policy:
    """A vendor's rules for one delivery, as data, on the sandbox's clock.

    `waits`: the pauses before each retry, so `len(waits)` retries at most; none begins once `total` has passed since
    the first attempt began. `timeout` per attempt, cut at what is left of `total`. `ok`: the statuses that are a
    success (None: 200 to 299). `retry_on`: which failures are tried again (`connection`, `timeout`, `4xx`, `5xx`,
    `status`: any other status that is no success). `redirects`: how many are followed.
    """

    waits: tuple[timedelta, ...] = ()
    total: timedelta | None = None
    timeout: timedelta = timedelta(seconds=10)
    ok: frozenset[int] | None = None
    retry_on: frozenset[str] = frozenset({"connection", "timeout", "4xx", "5xx", "status"})
    redirects: int = 0

    def is_ok(self, status: int) -> bool:
        return 200 <= status <= 299 if self.ok is None else status in self.ok


NO_RETRY: Final = Policy()
"""One attempt of ten seconds; a 2xx is a success."""


@value
class Channel:
    """A socket to an application that is the server of it: opened by the first message, and kept for the session.

    `key` names it in its sandbox. `leg` is the engine's id of whose session it is: when that leg has ended, the socket
    is closed behind the last message. `protocol` must be chosen by the server. `handshake`: how long opening may take.
    `most`: bytes of one incoming message. `redirects`: how many are followed.
    """

    key: str
    url: str
    protocol: str
    headers: tuple[tuple[str, str], ...]
    leg: str
    handshake: timedelta
    most: int
    redirects: int = 0


@value
class Request:
    """One callback to deliver. `callback` is its neutral name; `word` the vendor's status word, for the ladder.

    `ask`: the engine's ask it carries (its answer is applied), None for a notification. `key` is what `sign` needs
    (a token or secret), never journalled. `headers` are the vendor's constant ones. `fallback` is sent when this one
    failed for good, under its own callback name. `context` is the vendor's, for `read_program`.
    `channel`: the socket it goes over, instead of a request of its own; delivered when it is written, or, with
    `message`, when that id is acknowledged. `reopens`: what is sent first on a socket that was lost, in place of this
    one, which had opened it. `takes_program`: nobody waits for the answer, yet a program in it takes over the leg.
    """

    vendor: str
    call: str
    leg: str
    callback: str
    url: str
    method: str
    body: Body
    policy: Policy
    ask: str | None = None
    fallback: Request | None = None
    key: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    word: str = ""
    context: Any = field(default=None, hash=False)
    channel: Channel | None = None
    message: str = ""
    reopens: Request | None = None
    takes_program: bool = False


@value
class Reply:
    """What the application answered. `is_cut`: the body went on beyond what we read (1 MiB)."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    is_cut: bool = False

    def header(self, name: str) -> str:
        """The first value of a header, whatever its case; "" without one."""
        return next((text for key, text in self.headers if key.lower() == name), "")


@value
class Outcome:
    """How one attempt ended: a reply, or an error.

    `error`: `connection` (refused, reset, closed early, not HTTP, bad URL), `timeout`, `blocked` (a host that
    `--allow-host` does not name); "" with a reply. `text` says it in words. `seconds` (from the first byte's chance to
    leave) and `started` are real time, kept beside the journal, never in it, and do not make two outcomes differ.
    """

    reply: Reply | None
    error: Literal["", "connection", "timeout", "blocked"] = ""
    text: str = ""
    seconds: float = field(default=0.0, compare=False)
    started: datetime | None = field(default=None, compare=False)

    @property
    def kind(self) -> str:
        """A failure as `Policy.retry_on` names it; `blocked` is not among these names."""
        if self.reply is None:
            return self.error
        status = self.reply.status
        return "4xx" if 400 <= status <= 499 else "5xx" if 500 <= status <= 599 else "status"
