"""Applications under test on loopback ports of this process, each in a thread of its own until the test is over."""

from __future__ import annotations

import asyncio
import inspect
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Future
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Any, Final, Literal
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from emulator.errors import RingbackError, UsageError

__all__ = ["Applications", "Lifespan", "Message", "interface_of"]

PATIENCE: Final = 30.0
"""Real seconds that an application may take to start up, and to shut down."""

Message = MutableMapping[str, Any]


class Applications:
    """Everything that `serve_app` started. Leaving the `with` block ends them, the last one first."""

    def __init__(self) -> None:
        self._stops: list[Callable[[], None]] = []

    def serve(self, app: Any, *, interface: Literal["", "asgi", "wsgi"] = "") -> str:
        """Serve `app`; its base URL, without a slash at the end."""
        kind = interface or interface_of(app)
        running: _Asgi | _Wsgi = _Asgi(app) if kind == "asgi" else _Wsgi(app)
        self._stops.append(running.stop)
        return f"http://127.0.0.1:{running.port}"

    def __enter__(self) -> Applications:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        while self._stops:
            self._stops.pop()()


def interface_of(app: Any) -> str:
    """ASGI if it is a coroutine function of a scope, receive and send; WSGI if a function of two. Raises UsageError."""
    if not callable(app):
        raise UsageError(f"serve_app: expected an ASGI or WSGI application, got {app!r:.80}")
    if inspect.iscoroutinefunction(app) or inspect.iscoroutinefunction(getattr(app, "__call__", None)):  # noqa: B004
        return "asgi"
    try:
        signature = inspect.signature(app)
    except (TypeError, ValueError):
        return "wsgi"
    if _takes(signature, 2):
        return "wsgi"
    if _takes(signature, 3):
        return "asgi"
    raise UsageError(
        f"serve_app: expected an ASGI or WSGI application, got {app!r:.80}, which is called as app{signature}; an "
        "aiohttp application is neither, and runs by itself"
    )


def _takes(signature: inspect.Signature, count: int) -> bool:
    try:
        signature.bind(*[None] * count)
    except TypeError:
        return False
    return True


class _Asgi:
    """An ASGI application in an event loop of its own, with its start-up and shut-down."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._state: dict[str, Any] = {}
        self._ready: Future[int] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._over: asyncio.Event | None = None
        self._thread = threading.Thread(target=self._main, name="ringback serve_app", daemon=True)
        self._thread.start()
        self.port = self._ready.result(PATIENCE)

    def stop(self) -> None:
        if self._loop is not None and self._over is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(PATIENCE)

    def _main(self) -> None:
        try:
            asyncio.run(self._run())
        except BaseException as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _run(self) -> None:
        from emulator.runtime.server import Listener

        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        lifespan = Lifespan(self._app, self._state)
        await lifespan.start()
        listener = Listener(self._serve)
        port = await listener.start()
        self._ready.set_result(port)
        await self._over.wait()
        await listener.stop()
        await lifespan.stop()

    async def _serve(self, scope: Message, receive: Any, send: Any) -> None:
        scope["state"] = dict(self._state)
        await self._app(scope, receive, send)


class Lifespan:
    """The lifespan protocol. An application that does not know it, and says so by raising, has none."""

    def __init__(self, app: Callable[..., Awaitable[None]], state: dict[str, Any]) -> None:
        self._app, self._state = app, state
        self._to_app: asyncio.Queue[Message] = asyncio.Queue()
        self._from_app: asyncio.Queue[Message] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        scope = {"type": "lifespan", "asgi": {"version": "3.0", "spec_version": "2.0"}, "state": self._state}
        self._task = asyncio.ensure_future(self._call(scope))
        told = await self._ask("startup")
        if told is None:
            self._task = None
        elif told["type"] == "lifespan.startup.failed":
            raise RingbackError(f"serve_app: the application did not start up: {told.get('message', '')}")

    async def stop(self) -> None:
        if self._task is not None and not self._task.done():
            await self._ask("shutdown")
            await asyncio.wait({self._task}, timeout=PATIENCE)

    async def _call(self, scope: Message) -> None:
        await self._app(scope, self._to_app.get, self._from_app.put)

    async def _ask(self, what: str) -> Message | None:
        """What the application says to it; None if it ends, or raises, instead."""
        assert self._task is not None
        self._to_app.put_nowait({"type": f"lifespan.{what}"})
        said = asyncio.ensure_future(self._from_app.get())
        await asyncio.wait({said, self._task}, return_when=asyncio.FIRST_COMPLETED)
        if said.done():
            return said.result()
        said.cancel()
        if self._task.done() and not self._task.cancelled():
            self._task.exception()
        return None


class _Quiet(WSGIRequestHandler):
    """Logs no requests; answers a kept-open connection at once."""

    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what was asked is in the ladder."""

    def address_string(self) -> str:
        return str(self.client_address[0])


class _Threads(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False
    address_family = socket.AF_INET
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing for who has left before the answer; that is in the ladder."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def server_bind(self) -> None:
        """Without asking the resolver what we are called."""
        self.server_name = "127.0.0.1"
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_port = self.server_address[1]
        self.setup_environ()


class _Wsgi:
    """A WSGI application, one thread a request."""

    def __init__(self, app: Any) -> None:
        self._server = make_server("127.0.0.1", 0, app, server_class=_Threads, handler_class=_Quiet)
        self.port = int(self._server.server_port)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.02,), name="ringback serve_app", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(PATIENCE)
