"""Emulators with a planted bug, served for real: in their answers, in what they let in, or in what a provider sends."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from emulator.client.server import Server
from emulator.control.app import app as control_app
from emulator.control.document import BASE
from emulator.pytest_plugin.applications import Applications
from emulator.runtime.app import build
from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import Options
from emulator.runtime.vendors import load_vendors
from emulator.vendor_api import Vendor
from emulator.webhooks.values import Form, Json, Request

__all__ = ["Answer", "Bug", "Sent", "planted"]


@dataclass
class Answer:
    """An API answer on its way out; `path` without the provider's prefix. Changing it is the bug."""

    method: str
    path: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.headers.get("content-type", "").startswith("application/json") else None

    @json.setter
    def json(self, told: Any) -> None:
        self.body = json.dumps(told).encode()


@dataclass
class Sent:
    """A webhook on its way out. `fields` of its body; `callback`, `method` and the sender's own `headers` as they
    stand. Nothing leaves without `leaves`."""

    callback: str
    method: str
    fields: dict[str, Any]
    headers: dict[str, str]
    leaves: bool = True


Scope = MutableMapping[str, Any]


@dataclass
class Bug:
    """What is planted into one provider: each part changes what it is given, in place; `sign` stands in for its own."""

    vendor: str
    answer: Callable[[Answer], None] = lambda answer: None
    let_in: Callable[[Scope], None] = lambda scope: None
    sent: Callable[[Sent], None] | None = None
    sign: Callable[[Vendor], Any] | None = None

    def into(self, vendor: Vendor) -> Vendor:
        if self.sent is not None:
            vendor = replace(vendor, callbacks=_callbacks(vendor.callbacks, self.sent))
        return replace(vendor, sign=self.sign(vendor)) if self.sign is not None else vendor


def _callbacks(render: Any, change: Callable[[Sent], None]) -> Any:
    def callbacks(event: Any, view: Any) -> list[Request]:
        return [made for request in render(event, view) if (made := _changed(request, change)) is not None]

    return callbacks


def _changed(request: Request, change: Callable[[Sent], None]) -> Request | None:
    body = request.body
    if not isinstance(body, Form | Json):
        return request
    fields = dict(body.fields if isinstance(body, Form) else body.value)
    sent = Sent(request.callback, request.method, fields, dict(request.headers))
    change(sent)
    made = Form(tuple(sent.fields.items())) if isinstance(body, Form) else Json(sent.fields)
    headers = tuple(sent.headers.items())
    return (
        replace(request, callback=sent.callback, method=sent.method, headers=headers, body=made)
        if sent.leaves
        else None
    )


@contextmanager
def planted(bug: Bug) -> Iterator[Server]:
    """A server of an emulator that has the bug. Its webhooks are no business of the suite's judge."""
    vendor = load_vendors()[bug.vendor]
    exchange = Exchange(Options(), {bug.vendor: bug.into(vendor)}, observers=())
    app = build(exchange, {BASE: control_app(exchange, more=())})
    with Applications() as applications:
        exchange.url = applications.serve(_App(app, exchange, bug), interface="asgi")
        yield Server.connect(exchange.url)


class _App:
    """ASGI: the emulator, with the bug between it and the world."""

    def __init__(self, app: Any, exchange: Exchange, bug: Bug) -> None:
        self.app, self.exchange, self.bug = app, exchange, bug
        self.prefix = f"/{bug.vendor}"

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["path"].startswith(self.prefix):
            self.bug.let_in(scope)
            await self._answer(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.exchange.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Any, send: Any) -> None:
        answer = Answer(scope["method"], scope["path"].removeprefix(self.prefix), 0, {}, b"")

        async def hold(message: Mapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                answer.status = message["status"]
                answer.headers = {name.decode().lower(): text.decode() for name, text in message["headers"]}
            else:
                answer.body += message.get("body", b"")

        await self.app(scope, receive, hold)
        self.bug.answer(answer)
        if "content-length" in answer.headers:
            answer.headers["content-length"] = str(len(answer.body))
        headers = [(name.encode(), text.encode()) for name, text in answer.headers.items()]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})
