"""One address at which one application after another plays, each from its beginning."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from io import BytesIO
from typing import Any, Final, Literal

from emulator.pytest_plugin.applications import Applications, Lifespan, Message, interface_of

__all__ = ["Stage"]


def _nothing() -> None:
    """Nobody looks."""


class Stage:
    """See the module.

    `put(app)` gives the address; with the first request there the one before ends and `app` begins (shut-down and
    start-up, if they are ASGI), and other requests wait for that. `after` is called when an application has answered,
    before the answer leaves. What an application raises is in `problems`, and answered with a 500.
    """

    def __init__(self, applications: Applications) -> None:
        self._applications = applications
        self._url = ""
        self._app: Any = None
        self._after: Callable[[], None] = _nothing
        self._state: dict[str, Any] = {}
        self._lifespan: Lifespan | None = None
        self._is_begun = True
        self._beginning = asyncio.Lock()
        self.problems: list[BaseException] = []

    def put(
        self, app: Any, *, interface: Literal["", "asgi", "wsgi"] = "", after: Callable[[], None] = _nothing
    ) -> str:
        """Serve `app` from now on; its base URL, which is always the same."""
        is_wsgi = (interface or interface_of(app)) == "wsgi"
        self._app, self._after, self._is_begun = _Bridge(app) if is_wsgi else app, after, False
        self.problems = []
        self._url = self._url or self._applications.serve(self._serve, interface="asgi")
        return self._url

    async def _serve(self, scope: Message, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await self._end()
            await send({"type": "lifespan.shutdown.complete"})
            return
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        try:
            async with self._beginning:
                if not self._is_begun:
                    self._is_begun = True
                    await self._begin()
            scope["state"] = dict(self._state)
            await self._app(scope, receive, keep if scope["type"] == "http" else send)
        except Exception as problem:
            self.problems.append(problem)
            if scope["type"] != "http":
                raise
            said = f"{type(problem).__name__}: {problem}".encode()
            kept = _answer(500, [(b"content-type", b"text/plain")], said)
        self._after()
        for message in kept:
            await send(message)

    async def _begin(self) -> None:
        await self._end()
        self._state = {}
        if not isinstance(self._app, _Bridge):
            self._lifespan = Lifespan(self._app, self._state)
            await self._lifespan.start()

    async def _end(self) -> None:
        if self._lifespan is not None:
            await self._lifespan.stop()
            self._lifespan = None


class _Bridge:
    """A WSGI application as an ASGI one: a connection for many requests, and no new thread for each."""

    def __init__(self, app: Any) -> None:
        self._app = app

    async def __call__(self, scope: Message, receive: Any, send: Any) -> None:
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        for told in await asyncio.to_thread(self._run, _environ(scope, body)):
            await send(told)

    def _run(self, environ: dict[str, Any]) -> list[Message]:
        told: list[Any] = []
        parts = self._app(environ, lambda *words: told.append(words))
        try:
            body = b"".join(parts)
        finally:
            if hasattr(parts, "close"):
                parts.close()
        if not told:
            raise TypeError("the application did not call start_response")
        status, headers, *_ = told[-1]
        named = [(name.lower().encode("latin-1"), text.encode("latin-1")) for name, text in headers]
        if not any(name == b"content-length" for name, _ in named):
            named.append((b"content-length", str(len(body)).encode()))
        return _answer(int(status.split()[0]), named, body)


_PLAIN: Final = {b"content-type": "CONTENT_TYPE", b"content-length": "CONTENT_LENGTH"}


def _environ(scope: Message, body: bytes) -> dict[str, Any]:
    host, port = scope.get("server") or ("127.0.0.1", 0)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode().decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("127.0.0.1", 0))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, raw in scope["headers"]:
        key = _PLAIN.get(name) or f"HTTP_{name.decode('latin-1').upper().replace('-', '_')}"
        text = raw.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ and key.startswith("HTTP_") else text
    environ.setdefault("CONTENT_LENGTH", str(len(body)))
    return environ


def _answer(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> list[Message]:
    return [
        {"type": "http.response.start", "status": status, "headers": headers},
        {"type": "http.response.body", "body": body},
    ]
