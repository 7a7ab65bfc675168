"""The ASGI application: vendors by path prefix or host name, health, and whatever else is mounted.

Dispatch is by table, before any router: the first path segment names the vendor or the mount.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from functools import cache
from time import perf_counter
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Router

from emulator.errors import EmulatorBug, NotEmulated, Refused
from emulator.runtime.answering import Answering, Instead
from emulator.runtime.current import CURRENT, Note
from emulator.runtime.exchange import Exchange
from emulator.runtime.spoiling import Spoiler, Struck
from emulator.runtime.view import View
from emulator.vendor_api import Vendor, VendorSandbox, WireError
from emulator.vendor_wire.urls import origin

__all__ = ["ASGIApp", "build", "vendor_app"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApp = Callable[[Scope, Receive, Send], Awaitable[None]]

MOST_BODY = 1 << 20


class Context:
    """The `VendorContext` of one vendor."""

    def __init__(self, exchange: Exchange, vendor: str) -> None:
        self._exchange = exchange
        self._vendor = vendor

    def sandbox(self, credential: str) -> VendorSandbox | None:
        return self._seen(self._exchange.view(self._vendor, credential))

    def sandbox_called(self, name: str) -> VendorSandbox | None:
        sandbox = self._exchange.sandboxes.get(name)
        return self._seen(sandbox.views[self._vendor] if sandbox is not None else None)

    def _seen(self, view: View | None) -> VendorSandbox | None:
        note = CURRENT.get()
        if note is not None and view is not None:
            note.sandbox = view.sandbox
            if note.spoiler is not None:
                note.spoiler.meet(view.sandbox)
            if note.answering is not None:
                note.answering.meet(view.sandbox)
        return view


def vendor_app(exchange: Exchange, vendor: Vendor) -> ASGIApp:
    """One vendor's API, with its own words for what is refused, not emulated, too large or broken.

    Its routes are built at the first request, which may import them: that request takes so much longer.
    """

    @cache
    def router() -> Router:
        return Router(list(vendor.routes(Context(exchange, vendor.name))), redirect_slashes=False)

    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await router()(scope, receive, send)
            return
        note = Note()
        token = CURRENT.set(note)
        started = perf_counter()
        status = 0
        if exchange.faulty:
            note.spoiler = Spoiler(exchange, vendor, scope, _bounded(scope, receive), send, note)
            receive, send = note.spoiler.receive, note.spoiler.send

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if note.sandbox is not None:
                    note.sandbox.note_request(
                        vendor.name, note.call, scope["method"], scope["path"], status, perf_counter() - started,
                        b"".join(note.body) if note.has_made else b"",
                    )  # fmt: skip
            await send(message)

        replying: Send = sending
        if exchange.answerers:
            note.answering = Answering(exchange, vendor.name, scope, _bounded(scope, receive), sending, note)
            receive, replying = note.answering.receive, note.answering.send
        try:
            if note.spoiler is not None:
                await note.spoiler.read()
            if note.answering is not None:
                await note.answering.read()
            await router()(scope, _keeping(scope, _bounded(scope, receive), note), replying)
        except Exception as error:
            told = _told(vendor, note, error)
            if told is not None:
                await told(scope, receive, replying)
            elif status:
                raise
            else:
                await _plain(500, _timeline(note, error))(scope, receive, replying)
                raise EmulatorBug(f"{vendor.name} {scope['method']} {scope['path']}: {error!r}") from error
        finally:
            CURRENT.reset(token)

    return serve


def _told(vendor: Vendor, note: Note, error: Exception) -> ASGIApp | None:
    """What an exception that left the routes is answered with; None for a bug."""
    if note.answering is not None:
        note.answering.is_ours = not isinstance(error, Refused)
    if isinstance(error, _TooLarge):
        return _plain(413, f"a body of more than {MOST_BODY} bytes")
    if isinstance(error, Refused | NotEmulated):
        return _wire(vendor.refuse(error), error)
    if isinstance(error, Instead) and note.answering is not None:
        return note.answering.reply(error.answered)
    if isinstance(error, Struck):
        told = error.spoiler.error()
        return _wire(told) if told is not None else _cut(error.spoiler, note)
    return None


def _cut(spoiler: Spoiler, note: Note) -> ASGIApp:
    async def cut(scope: Scope, receive: Receive, send: Send) -> None:
        if note.answering is not None:
            note.answering.cut()
        await spoiler.cut()

    return cut


def build(exchange: Exchange, mounts: Mapping[str, ASGIApp] | None = None) -> ASGIApp:
    """Everything on one port. `mounts`: prefix, such as `/_control/v1`, to application."""
    vendors = {name: vendor_app(exchange, vendor) for name, vendor in exchange.vendors.items()}
    hosts = {host: vendors[name] for name, vendor in exchange.vendors.items() for host in vendor.hosts}
    names = {host: name for name, vendor in exchange.vendors.items() for host in vendor.hosts}
    by_segment = {prefix.strip("/").split("/")[0]: (prefix.rstrip("/"), app) for prefix, app in (mounts or {}).items()}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        host = _host(scope)
        if host in hosts:
            scope["ringback.prefix"] = ""
            scope["ringback.vendor"] = names[host]
            await hosts[host](scope, receive, send)
            return
        path: str = scope["path"]
        segment, _, _ = path[1:].partition("/")
        vendor = vendors.get(segment)
        if vendor is not None:
            rest: dict[str, Any] = {"path": path[len(segment) + 1 :] or "/", "ringback.prefix": f"/{segment}"}
            raw = scope.get("raw_path")
            if raw:
                rest["raw_path"] = raw[len(segment) + 1 :] or b"/"
            await vendor({**scope, **rest}, receive, send)
            return
        mount = by_segment.get(segment)
        if mount is not None and (path == mount[0] or path.startswith(f"{mount[0]}/")):
            await mount[1]({**scope, "path": path[len(mount[0]) :] or "/"}, receive, send)
            return
        await _elsewhere(path, exchange, by_segment)(scope, receive, send)

    return app


def _elsewhere(path: str, exchange: Exchange, mounts: Mapping[str, Any]) -> Response:
    if path in ("/healthz", "/readyz"):
        return PlainTextResponse("ok\n")
    places = [f"/{name}" for name in exchange.vendors] + [prefix for prefix, _ in mounts.values()]
    error = {
        "code": "not_found",
        "message": "the page that shows every call live is not there yet" if path == "/" else f"nothing is at {path}",
        "hint": f"the base URLs here are {', '.join(places)}, /healthz and /readyz",
    }
    return JSONResponse({"error": error}, 404)


def _host(scope: Scope) -> str:
    for key, text in scope["headers"]:
        if key == b"host":
            host: str = text.decode("latin-1").lower()
            return host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
    return ""


class _TooLarge(Exception):
    pass


def _bounded(scope: Scope, receive: Receive) -> Receive:
    """Give up on a body over `MOST_BODY`, announced or not."""
    left = MOST_BODY
    for key, text in scope["headers"]:
        if key == b"content-length":
            if text.isdigit() and int(text) > MOST_BODY:
                break
            return receive
    else:
        if scope["method"] in ("GET", "HEAD"):
            return receive

    async def bounded() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        if left < 0 or (not message.get("more_body", False) and _announced(scope) > MOST_BODY):
            raise _TooLarge
        return message

    return bounded


def _keeping(scope: Scope, receive: Receive, note: Note) -> Receive:
    """Let the journal have the body too."""
    if scope["method"] in ("GET", "HEAD", "DELETE"):
        return receive

    async def keeping() -> Message:
        message = await receive()
        part = message.get("body")
        if part:
            note.body.append(part)
        return message

    return keeping


def _announced(scope: Scope) -> int:
    return next((int(text) for key, text in scope["headers"] if key == b"content-length" and text.isdigit()), 0)


def _wire(error: WireError, cause: Refused | NotEmulated | None = None) -> Response:
    headers = dict(error.headers)
    if isinstance(cause, NotEmulated):
        headers["X-Ringback-Not-Emulated"] = cause.name
    if isinstance(error.body, bytes):
        return Response(error.body, error.status, headers, error.content_type or None)
    return JSONResponse(error.body, error.status, headers)


def _plain(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status)


def _timeline(note: Note, error: Exception) -> str:
    """What is needed to find a bug of ours: the exception and the last entries of the call it was about."""
    lines = [f"a bug in Ringback: {type(error).__name__}: {error}; please report it with what follows"]
    if note.sandbox is not None:
        entries = list(note.sandbox.journal.entries(call=note.call))[-20:]
        lines += [str(entry.to_json()) for entry in entries]
    return "\n".join(lines)


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def origin_of(request: Request) -> str:
    """`scheme://host[:port]` of the request as its client saw it (`X-Forwarded-*` first)."""
    return origin(request.headers, request.url.scheme)
