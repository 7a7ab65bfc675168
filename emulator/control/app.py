"""The control API as an ASGI application, for the base `/_control/v1`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from emulator.control import calls, clock, deliveries, explaining, faults, journal, sandboxes, varying, violations
from emulator.control.document import BASE, openapi
from emulator.control.errors import ControlError
from emulator.control.guard import Guard
from emulator.control.operations import Operation, Visit, problem_response, serve
from emulator.control.reading import nearest
from emulator.control.streams import Streams
from emulator.errors import EmulatorBug, RingbackError
from emulator.runtime.exchange import Exchange
from emulator.runtime.vendors import load

__all__ = ["app", "operations"]


def operations(exchange: Exchange) -> tuple[Operation, ...]:
    """Every operation there is, the document's own included."""
    made: dict[str, Any] = {}

    async def document(visit: Visit) -> Any:
        if not made:
            made.update(openapi(every, exchange))
        return made

    every = (
        *sandboxes.OPERATIONS,
        *clock.OPERATIONS,
        *calls.OPERATIONS,
        *deliveries.OPERATIONS,
        *explaining.OPERATIONS,
        *faults.OPERATIONS,
        *varying.OPERATIONS,
        *violations.OPERATIONS,
        *journal.OPERATIONS,
        Operation("GET", "/openapi.json", "getOpenapi", "This document.", document, dict[str, Any], tag="document"),
    )
    return every


def app(exchange: Exchange, more: Sequence[BaseRoute] | None = None) -> Guard:
    """The application. `more`: other routes below the base; None takes the installed `emulator.control_routes`."""
    if more is None:
        more = [route for build in load("emulator.control_routes").values() for route in build(exchange)]
    streams = Streams()
    exchange.on_stop.append(streams.stop)
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in operations(exchange):
        by_path.setdefault(operation.path, {})[operation.method] = operation
    routes = [
        Route(path, _endpoint(exchange, streams, by_method), methods=list(by_method))
        for path, by_method in by_path.items()
    ]
    starlette = Starlette(
        routes=[*routes, *more],
        exception_handlers={
            RingbackError: _refused,
            HTTPException: _not_here(sorted(by_path)),
            Exception: _broken,
        },
    )
    starlette.router.redirect_slashes = False
    return Guard(starlette, exchange.options, problem_response)


def _endpoint(
    exchange: Exchange, streams: Streams, by_method: dict[str, Operation]
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        return await serve(by_method[method], Visit(exchange, streams, request))

    return endpoint


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, RingbackError)
    if isinstance(error, EmulatorBug):
        raise error
    return problem_response(error)


async def _broken(request: Request, error: Exception) -> Response:
    """The answer; the error itself goes on to the server's log."""
    return problem_response(
        error if isinstance(error, RingbackError) else EmulatorBug(f"{type(error).__name__}: {error}")
    )


def _not_here(paths: list[str]) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def handler(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        if error.status_code == 405:
            allowed = ", ".join(sorted((error.headers or {}).get("Allow", "").split(", ")))
            message = f"{BASE}{request.url.path} takes no {request.method}"
            return problem_response(
                ControlError("method_not_allowed", message, f"It takes {allowed}.", {"Allow": allowed})
            )
        path = request.url.path
        if path == "/":
            hint = f"It begins with {BASE}/sandboxes; all paths are in {BASE}/openapi.json."
        else:
            hint = "Leave out the slash at the end." if path.endswith("/") else nearest_path(path, paths)
        return problem_response(ControlError("unknown_path", f"nothing is at {BASE}{path}", hint))

    return handler


def nearest_path(path: str, paths: list[str]) -> str:
    """Where the client perhaps meant to go."""
    close = nearest(path, paths)
    where = close.partition("?")[0] + "? " if close.startswith("Did you mean") else ""
    return f"{where.replace(' /', f' {BASE}/', 1)}All paths are in {BASE}/openapi.json."
