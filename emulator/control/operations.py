"""One operation of the API: where it is, what it takes, what it answers, and who does it.

The routes and the OpenAPI document are made from the same records. Reading the path, query and body, finding the
sandbox and encoding the answer are done here, so a handler gets values and gives a value.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from emulator.control.errors import CODES, ControlError
from emulator.control.reading import nearest, read_body, read_query
from emulator.control.requests import NoQuery
from emulator.control.streams import Streams
from emulator.engine.values import field, value
from emulator.errors import RingbackError
from emulator.runtime.exchange import Exchange
from emulator.runtime.sandbox import Sandbox

__all__ = ["MOST_BODY", "Handler", "Operation", "Visit", "json_response", "problem_response", "serve"]

MOST_BODY: Final = 1 << 20
"""How long a body may be, in bytes."""

_encode = msgspec.json.Encoder().encode


class Visit:
    """One request, read. `body` and `query` are of the operation's types; `sandbox` is that of the path."""

    __slots__ = ("_sandbox", "body", "exchange", "query", "request", "streams")

    def __init__(self, exchange: Exchange, streams: Streams, request: Request) -> None:
        self.exchange = exchange
        self.streams = streams
        self.request = request
        self.body: Any = None
        self.query: Any = None
        self._sandbox: Sandbox | None = None

    def named(self, parameter: str) -> str:
        """A path parameter."""
        found: str = self.request.path_params[parameter]
        return found

    @property
    def sandbox(self) -> Sandbox:
        """Raises `ControlError`."""
        if self._sandbox is None:
            name = self.named("sandbox")
            found = self.exchange.sandboxes.get(name)
            if found is None:
                raise ControlError("unknown_sandbox", f"no sandbox {name!r}", nearest(name, self.exchange.sandboxes))
            self._sandbox = found
        return self._sandbox


Handler = Callable[[Visit], Awaitable[Any]]


@value
class Operation:
    """`path` is below the API's base. `answer` is the type of the body on success, None without one.

    `media`: the content type of an answer that is not JSON, which the handler makes itself. `refusals`: codes that it
    may answer besides those any request can be answered.
    """

    method: str
    path: str
    name: str
    summary: str
    do: Handler = field(hash=False)
    answer: Any = field(default=None, hash=False)
    status: int = 200
    body: Any = field(default=None, hash=False)
    query: type[Any] = NoQuery
    media: str = "application/json"
    refusals: tuple[str, ...] = ()
    tag: str = ""

    @property
    def all_refusals(self) -> tuple[str, ...]:
        """Every code it may answer but those that no operation is needed for."""
        found = list(self.refusals)
        found += ["invalid_field", "unknown_field"]
        if self.body is not None:
            found += ["malformed_json", "too_large"]
        if "{sandbox}" in self.path:
            found.append("unknown_sandbox")
        return tuple(dict.fromkeys(found))


async def serve(operation: Operation, visit: Visit) -> Response:
    """Answer one request. Raises `ControlError` and the errors of the rooms below."""
    if "{sandbox}" in operation.path:
        visit.sandbox  # noqa: B018  an unknown one is said before anything else
    visit.query = read_query(visit.request.query_params.multi_items(), operation.query)
    if operation.body is not None:
        visit.body = read_body(await _body(visit.request), operation.body)
    made = await operation.do(visit)
    if isinstance(made, Response):
        return made
    if operation.answer is None:
        return Response(status_code=operation.status)
    return json_response(made, operation.status)


async def _body(request: Request) -> bytes:
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > MOST_BODY:
        raise _too_large()
    parts = []
    length = 0
    async for part in request.stream():
        length += len(part)
        if length > MOST_BODY:
            raise _too_large()
        parts.append(part)
    return b"".join(parts)


def _too_large() -> ControlError:
    return ControlError(
        "too_large", f"the body is longer than {MOST_BODY} bytes", "Nothing that this API takes is nearly that long."
    )


def json_response(made: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """Compact JSON."""
    return Response(_encode(made), status, headers, "application/json")


def problem_response(error: RingbackError) -> Response:
    """What an error of ours is answered with."""
    from emulator.control.errors import translated

    told = translated(error)
    return json_response(told.to_json(), CODES[told.code].status, told.headers)
