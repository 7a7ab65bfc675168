"""Whoever judges requests and varies answers, plugged in from outside: the half of strict sandboxes that is wiring.

Theory of operation. An answerer is made for each provider of a sandbox that is strict or whose answers are not plain,
when the sandbox is adopted; the plugs are looked up when the first such sandbox is made, because what they import is
heavy. While there is any, every request to a provider passes an `Answering`: its body is read first, because an
answerer sees whole requests. The provider's own routes find out whose request it is; at that moment, after the faults
and before anything is done, `before` is asked, and what it answers leaves the routes as `Instead`. The answer is held
back until it is whole, then `after` is told both: what it makes of the answer leaves, and what it found wrong with the
request, or varied, is journalled behind the request's own entry. An answer that is not the provider's (a fault's, or
one that says that something is not emulated) leaves as it is. A request that the routes refuse before they know whose
it is belongs to the sandbox whose account it names, by any of the account's own ids or secrets, or else to the only
strict one.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

from emulator.engine.values import value
from emulator.errors import UsageError
from emulator.runtime.vendors import load

if TYPE_CHECKING:
    from emulator.runtime.current import Note
    from emulator.runtime.exchange import Exchange
    from emulator.runtime.sandbox import Sandbox

__all__ = [
    "NOT_EMULATED",
    "Answered",
    "Answerer",
    "Answering",
    "AnsweringSpec",
    "Answers",
    "Asked",
    "Instead",
    "Plug",
    "answerers",
]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answers = str | Mapping[str, Any]
"""`plain`, `varied`, or `{"variations": [...]}`."""

GROUP: Final = "emulator.answers"
NOT_EMULATED: Final = "x-ringback-not-emulated"
_SHORTEST_ID: Final = 6


@value
class Asked:
    """A request. `path` is the provider's own, decoded; `query` is raw; the names of `headers` are in lower case."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@value
class Answered:
    """A whole answer. `status` 0: none is sent, the connection is cut."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Answerer(Protocol):
    """One for each sandbox and provider. Both are given the same object for one request."""

    def before(self, asked: Asked) -> Answered | Asked | None:
        """Asked before anything is done; an `Answered` is sent instead, and nothing is done. Of an `Asked` the query
        takes the place of the client's, for routes that read it once they know whose it is."""

    def after(self, asked: Asked, answered: Answered) -> tuple[Answered, Sequence[Mapping[str, Any]]]:
        """What leaves, and, as JSON-able keys, what was wrong with the request as it came (`docs/adr/0025`), and with
        `changes` what was varied (`docs/adr/0022`)."""


@value
class AnsweringSpec:
    """For whom: `seed` is the sandbox's."""

    vendor: str
    seed: int
    is_strict: bool
    answers: Answers


Plug = Callable[[AnsweringSpec], Answerer | None]
"""What stands in the entry-point group `emulator.answers`. Raises `UsageError` for answers that it cannot give."""


def answerers(
    vendors: Sequence[str], seed: int, is_strict: bool, answers: Answers, plugs: Sequence[Plug] | None = None
) -> Mapping[str, Answerer]:
    """By provider; none for a sandbox that is neither strict nor varied. `plugs`: None takes those that are installed.

    Raises `UsageError`."""
    if not is_strict and answers == "plain":
        return {}
    what = "strict" if is_strict else "answers"
    try:
        plugs = list(load(GROUP).values()) if plugs is None else plugs
        made = {name: [plug(AnsweringSpec(name, seed, is_strict, answers)) for plug in plugs] for name in vendors}
    except ImportError as problem:
        raise UsageError(f"{what}: {problem}; {_INSTALL}") from problem
    if not plugs:
        raise UsageError(f"{what}: nothing here judges requests or varies answers; {_INSTALL}")
    return {name: Several([each for each in found if each is not None]) for name, found in made.items()}


_INSTALL: Final = "it comes with pip install 'ringback[contracts]'"


class Several:
    """The answerers of every plug as one: of `before`, the first answer counts; each `after` gets the last one's."""

    def __init__(self, parts: Sequence[Answerer]) -> None:
        self.parts = parts

    def before(self, asked: Asked) -> Answered | Asked | None:
        for part in self.parts:
            if (told := part.before(asked)) is not None:
                return told
        return None

    def after(self, asked: Asked, answered: Answered) -> tuple[Answered, Sequence[Mapping[str, Any]]]:
        found: list[Mapping[str, Any]] = []
        for part in self.parts:
            answered, more = part.after(asked, answered)
            found += more
        return answered, found


class Instead(Exception):
    """An answerer answers, and nothing is done."""

    def __init__(self, answered: Answered) -> None:
        self.answered = answered
        super().__init__(f"answered {answered.status} instead of the provider")


class Answering:
    """One request and its answer. `note` is filled as the request is served; `send` is where the answer goes on."""

    def __init__(self, exchange: Exchange, vendor: str, scope: Scope, receive: Receive, send: Send, note: Note) -> None:
        self._exchange, self._vendor, self._scope, self._note = exchange, vendor, scope, note
        self._receive, self._send = receive, send
        self._messages: list[Message] = []
        self._data = b""
        self._start: Message | None = None
        self._parts: list[bytes] = []
        self._is_over = False
        self._is_whole = False
        self._has_met = False
        self.is_ours = False
        """The answer is none of the provider's: it leaves as it is."""

    # --- the request -------------------------------------------------------------------------------------------

    async def read(self) -> None:
        """The whole body, to be given to the routes afterwards. Raises what `receive` raises."""
        while not self._messages or self._messages[-1].get("more_body", False):
            message = await self._receive()
            self._messages.append(message)
            if message["type"] != "http.request":
                return
        self._is_whole = True
        self._data = b"".join(message.get("body", b"") for message in self._messages)

    async def receive(self) -> Message:
        return self._messages.pop(0) if self._messages else await self._receive()

    def meet(self, sandbox: Sandbox) -> None:
        """The request is this sandbox's: ask its answerer, once. Raises `Instead`."""
        if self._has_met:
            return
        self._has_met = True
        answerer = self._answerer(sandbox)
        told = answerer.before(self.asked) if answerer is not None else None
        if isinstance(told, Asked):
            self._scope["query_string"] = told.query.encode("latin-1")
        elif told is not None:
            raise Instead(told)

    @cached_property
    def asked(self) -> Asked:
        """As it came."""
        scope = self._scope
        headers = tuple((name.decode("latin-1").lower(), text.decode("latin-1")) for name, text in scope["headers"])
        return Asked(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), headers, self._data)

    # --- the answer --------------------------------------------------------------------------------------------

    def reply(self, answered: Answered) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
        """This, as if the provider had answered it."""
        headers = [each for each in _raw(answered.headers) if each[0] != b"content-length"]
        headers.append((b"content-length", str(len(answered.body)).encode()))

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            await send({"type": "http.response.start", "status": answered.status, "headers": headers})
            await send({"type": "http.response.body", "body": answered.body})

        return app

    async def send(self, message: Message) -> None:
        """The provider's answer on its way, held back until it is whole."""
        if self._is_over:
            await self._send(message)
        elif message["type"] == "http.response.start":
            self._start, self._parts = message, []
        elif message["type"] != "http.response.body" or self._start is None:
            await self._send(message)
        else:
            self._parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        headers = tuple((name.decode("latin-1").lower(), text.decode("latin-1")) for name, text in start["headers"])
        answered = Answered(start["status"], headers, b"".join(self._parts))
        self.is_ours = self.is_ours or any(name == NOT_EMULATED for name, _ in headers)
        made, found, sandbox = self._judged(answered)
        if made != answered and not self.is_ours:
            told = _raw(made.headers)
            if self._scope["method"] != "HEAD":
                told = [each for each in told if each[0] != b"content-length"]
                told.append((b"content-length", str(len(made.body)).encode()))
            start = {**start, "status": made.status, "headers": told}
        else:
            made = answered
        try:
            await self._send(start)
        finally:
            self._tell(sandbox, found)
        await self._send({"type": "http.response.body", "body": made.body})

    def cut(self) -> None:
        """There was no answer: the connection is cut."""
        if not self._is_over:
            _, found, sandbox = self._judged(Answered(0, (), b""))
            self._tell(sandbox, found)

    def _judged(self, answered: Answered) -> tuple[Answered, Sequence[Mapping[str, Any]], Sandbox | None]:
        self._is_over = True
        if self._note.sandbox is None:
            self._note.sandbox = self._named()
        sandbox = self._note.sandbox
        answerer = self._answerer(sandbox) if sandbox is not None else None
        if answerer is None:
            return answered, (), sandbox
        made, found = answerer.after(self.asked, answered)
        return made, found, sandbox

    def _tell(self, sandbox: Sandbox | None, found: Sequence[Mapping[str, Any]]) -> None:
        asked = {"method": self._scope["method"], "path": self._scope["path"]}
        for each in found:
            assert sandbox is not None
            if "changes" in each:
                sandbox.note(sandbox.clock.now(), "varied", self._note.call, self._vendor, {**asked, **each})
            else:
                sandbox.note_violation(self._note.call, self._vendor, {**asked, **each})

    def _answerer(self, sandbox: Sandbox) -> Answerer | None:
        """None, too, for a request that did not come whole: its body was too large, or the client went away."""
        if not self._is_whole:
            return None
        return self._exchange.answerers.get(sandbox.id, {}).get(self._vendor)

    def _named(self) -> Sandbox | None:
        """The judged sandbox that this request names, in its path or its headers; if it names none, the only one, if
        that is strict."""
        texts = {*self._scope["path"].split("/")}
        for _, raw in self._scope["headers"]:
            text = raw.decode("latin-1")
            texts |= {text, text.rpartition(" ")[2]}
            if text[:6].lower() == "basic ":
                with suppress(ValueError):
                    texts |= {*b64decode(text[6:]).decode("latin-1").split(":")}
        for sandbox_id in self._exchange.answerers:
            sandbox = self._exchange.sandboxes[sandbox_id]
            own = sandbox.public.get(self._vendor, {}).values()
            if any(isinstance(each, str) and len(each) >= _SHORTEST_ID and each in texts for each in own):
                return sandbox
        judged = [self._exchange.sandboxes[each] for each in self._exchange.answerers]
        return judged[0] if len(judged) == 1 and judged[0].spec.strict else None


def _raw(headers: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in headers]
