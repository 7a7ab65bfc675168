"""One generated callback, sent as the provider sends it, and the judgement of what the receiver answered."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from importlib import import_module
from time import monotonic
from typing import Any, Final
from urllib.parse import urlencode

import msgspec

from contracts.document import Contract, Webhook
from contracts.receiving.generation import Body
from contracts.receiving.shell import curl_line, printable
from emulator.clock import WallClock
from emulator.engine.events import LegSnapshot
from emulator.engine.program import HangUp
from emulator.engine.recordings import Recording
from emulator.engine.snapshots import QueueSnapshot, RoomSnapshot
from emulator.engine.values import value
from emulator.errors import InvalidDocument, NotEmulated
from emulator.ids import Ids
from emulator.runtime.vendors import load_vendors
from emulator.store.store import Store
from emulator.vendor_api import CallView
from emulator.webhooks.sender import Sender
from emulator.webhooks.values import NO_RETRY, Outcome, Raw, Reply, Request

__all__ = ["CLOCK", "FORM", "Fault", "Post", "Receiver"]

CLOCK: Final = WallClock()
FORM: Final = "application/x-www-form-urlencoded"
_UUID: Final = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@value
class Fault:
    """What is wrong with a receiver. `rule` is one word; `curl` does the same again; if it `is_timed`, for as long
    as a receiver takes the time that it was signed with. All of it is printable, and on one line."""

    callback: str
    rule: str
    text: str
    curl: str
    is_timed: bool = False

    def __str__(self) -> str:
        return f"{self.callback}: {self.rule}: {self.text}\n    {self.curl}"


@value
class Post:
    """One request: the callback's webhook, where to, and its bytes."""

    webhook: Webhook
    url: str
    kind: str
    data: bytes
    headers: tuple[tuple[str, str], ...]

    def curl(self) -> str:
        """The same from a shell."""
        return curl_line(self.webhook.method, self.url, (("Content-Type", self.kind), *self.headers), self.data)


class Receiver:
    """A receiver of one provider's callbacks, and what it takes to speak to it. Belongs to one event loop.

    Each post is of a call of its own, and signed for itself: what is an id in a body is another one each time, by the
    seed, but for those in `kept`; nonces, as times that are signed, are of this check alone.
    """

    def __init__(
        self, contract: Contract, secret: str, slow: float, seed: int = 1, kept: Collection[str] = ()
    ) -> None:  # fmt: skip
        self.contract, self.secret, self.slow = contract, secret, slow
        self.vendor = load_vendors()[contract.name]
        self._sender = Sender()
        self._guide = _guide(contract.name)
        self._view = _View(contract.name, _settings(self.vendor, self._guide))
        self._ids, self._kept, self._posts, self._begun = Ids(seed), kept, 0, CLOCK.now().isoformat()
        self._id_form: re.Pattern[bytes] = getattr(self._guide, "ID", _UUID)

    async def close(self) -> None:
        await self._sender.close()

    async def renew(self) -> None:
        """Every connection from now on is a new one."""
        await self._sender.close()
        self._sender = Sender()

    def post(
        self, webhook: Webhook, url: str, body: Body, *, at: datetime | None = None, secret: str | None = None,
        forged: Raw | None = None,
    ) -> Post:  # fmt: skip
        """As the provider would send it, signed if there is a secret; `at` is when it was signed. What is `forged` is
        sent in place of the body."""
        self._posts += 1
        raw = forged or Raw(encode(body), body.kind)
        data = self._id_form.sub(self._fresh, raw.data)
        request = self._request(webhook, url, Raw(data, raw.content_type), self.secret if secret is None else secret)
        nonce = self._ids.digest("nonce", f"{self._begun} {self._posts}")
        signed = self.vendor.sign(request, data, at or CLOCK.now(), nonce) if request.key else ()
        return Post(webhook, url, raw.content_type, data, tuple(signed))

    def _fresh(self, found: re.Match[bytes]) -> bytes:
        """The id that stands for this one in the post at hand."""
        old = found[0].decode()
        if old in self._kept:
            return found[0]
        key = f"{self._posts} {old}"
        if self._id_form is _UUID:
            return self._ids.uuid("id", key).encode()
        fresh: str = self._guide.fresh_id(old, self._ids.digest("id", key))
        return fresh.encode()

    def _request(self, webhook: Webhook, url: str, body: Raw, key: str) -> Request:
        context = self._guide.context(url) if self._guide is not None else {}
        return Request(
            self.vendor.name, "c1", "c1.0", webhook.callback, url, webhook.method, body, NO_RETRY, "c1.0#1", None, key,
            context=context,
        )  # fmt: skip

    async def send(self, post: Post, within: float) -> tuple[Outcome, float]:
        """What came back, and after how many seconds; never longer than `within`."""
        headers = [("Content-Type", post.kind), *post.headers]
        started = monotonic()
        outcome = await self._sender.send(
            post.url, post.webhook.method, headers, post.data, within, 0, lambda host: True
        )  # fmt: skip
        return outcome, monotonic() - started

    def judge(self, post: Post, outcome: Outcome, within: float) -> Fault | None:
        """What is wrong with the answer to a legal callback, waited for `within` seconds; None if nothing is."""
        reply = outcome.reply
        if outcome.error == "timeout":
            return self._fault(post, "slow", f"no whole answer within {within:.3g} s")
        if reply is None:
            return self._fault(post, "connection", outcome.text)
        raw = self.contract.at(post.webhook.pointer)
        good = raw.get("x-ok", range(200, 300))
        if reply.status not in good:
            wanted = " or ".join(map(str, good)) if isinstance(good, list) else "2xx"
            return self._fault(post, "status", f"expected {wanted}, got {reply.status}: {_start(reply.body)}")
        if raw.get("x-answer") != "document":
            return None
        return self._document(post, reply)

    def _document(self, post: Post, reply: Reply) -> Fault | None:
        request = self._request(post.webhook, post.url, Raw(post.data, post.kind), "")
        view = self._view.of(
            self._guide.MEMO if self._guide is not None else {}, post.webhook.name.endswith(":inbound")
        )
        try:
            program = self.vendor.read_program(reply, request, view)
        except InvalidDocument as problem:
            return self._fault(post, "document", f"{problem}; the answer was {_start(reply.body)}")
        except NotEmulated:
            return None  # it may be right: we cannot tell
        for verb in program.verbs if program is not None else ():
            if isinstance(verb, HangUp) and verb.cause.kind.startswith("invalid-"):
                told = f"{verb.cause.kind} at {verb.where}; the answer was {_start(reply.body)}"
                return self._fault(post, "document", told)
        return None

    def accepted(self, post: Post, outcome: Outcome, within: float, what: str) -> Fault | None:
        """The fault of taking an illegal callback; None if it was refused. Nothing, or a crash, is not taken."""
        if outcome.error == "timeout":
            return self._fault(post, "slow", f"no whole answer within {within:.3g} s to a callback with {what}")
        reply = outcome.reply
        if reply is None or not 200 <= reply.status < 300:
            return None
        return self._fault(post, "accepted", f"expected a refusal of a callback with {what}, got {reply.status}")

    def _fault(self, post: Post, rule: str, text: str) -> Fault:
        is_timed = bool(self.secret) and "x-signed-time" in self.contract.at(post.webhook.pointer)
        return Fault(post.webhook.name, rule, printable(text), post.curl(), is_timed)


def encode(body: Body) -> bytes:
    """As bytes of its media type."""
    if body.kind == FORM:
        return urlencode(sorted(body.value.items())).encode()
    return json.dumps(body.value, ensure_ascii=False, separators=(",", ":")).encode()


class _View:
    """What a provider may look at while it reads an answer: a leg that has been answered, and settings. Nothing else is
    there: no record, room, queue or recording."""

    name, base_url = "default", "http://127.0.0.1"

    def __init__(self, vendor: str, settings: Any) -> None:
        self.settings = settings
        self.ids, self.records = Ids(0), Store(lambda *write: None).facade(vendor)
        self._memo: Mapping[str, Any] = {}
        self._is_inbound = False

    def of(self, memo: Mapping[str, Any], is_inbound: bool) -> CallView:
        self._memo, self._is_inbound = memo, is_inbound
        return self

    def rooms(self) -> list[RoomSnapshot]:
        return []

    def queues(self) -> list[QueueSnapshot]:
        return []

    def recording(self, name: str) -> None:
        return None

    def recordings(self) -> list[Recording]:
        return []

    def leg(self, leg_id: str) -> LegSnapshot:
        at = datetime(2026, 1, 1, tzinfo=UTC)
        return LegSnapshot(
            id=leg_id, call="c1", name="c1", parent=None, vendor="", from_="+14155550100", to="+14155550101",
            direction="inbound" if self._is_inbound else "outbound", state="answered", is_held=False, partner=None,
            machine=None, position=0, cause=None, by=None, failure=None, created_at=at, ringing_at=at, answered_at=at,
            ended_at=None, memo=self._memo,
        )  # fmt: skip


def _guide(name: str) -> Any:
    """The provider's own `receiver` module, if its reading needs to know more than the answer."""
    module = f"contracts.{name}.receiver"
    return import_module(module) if importlib.util.find_spec(module) is not None else None


def _settings(vendor: Any, guide: Any) -> Any:
    """What stands in the provider's panel: its defaults, and what a receiver cannot be without."""
    return msgspec.convert(guide.SETTINGS if guide is not None else {}, vendor.settings)


def _start(body: bytes) -> str:
    text = body[:200].decode(errors="replace")
    return repr(text) if text else "nothing"
