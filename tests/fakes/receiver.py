"""The user's application in the tests: records what it is sent, and answers what it was told to, by path."""

from __future__ import annotations

import json
from collections.abc import Awaitable
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from emulator.runtime.server import Listener

__all__ = ["Receiver"]

Answer = Any


class Received:
    """One request as it came."""

    def __init__(self, request: Request, body: bytes) -> None:
        self.method = request.method
        self.path = request.url.path
        self.query = dict(request.query_params)
        self.headers = dict(request.headers)
        self.body = body

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """`answers[path]` is text, bytes, a `Response`, a JSON-able value, or a function of the request (also async)."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.requests: list[Received] = []
        self.url = ""
        self.content_type = "application/json"
        self._listener = Listener(self._serve)

    async def start(self, port: int = 0) -> Receiver:
        self.url = f"http://127.0.0.1:{await self._listener.start(port=port)}"
        return self

    async def stop(self) -> None:
        await self._listener.stop()

    def to(self, path: str) -> list[Received]:
        return [received for received in self.requests if received.path == path]

    @property
    def paths(self) -> list[str]:
        return [received.path for received in self.requests]

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        received = Received(request, await request.body())
        self.requests.append(received)
        answer = self.answers.get(received.path, b"")
        if callable(answer) and not isinstance(answer, Response):
            answer = answer(received)
            if isinstance(answer, Awaitable):
                answer = await answer
        await self._response(answer)(scope, receive, send)

    def _response(self, answer: Answer) -> Response:
        if isinstance(answer, Response):
            return answer
        if isinstance(answer, str | bytes):
            return Response(answer, media_type=self.content_type)
        return Response(json.dumps(answer), media_type="application/json")
