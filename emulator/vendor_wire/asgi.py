"""A request off ASGI, and an answer onto it, for endpoints that need no framework in between."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.types import Receive, Scope, Send

__all__ = ["encoded", "header", "method_of", "read", "respond"]

Headers = list[tuple[bytes, bytes]]


def method_of(scope: Scope) -> str:
    """What is asked for: a HEAD asks for what a GET would."""
    method: str = scope["method"]
    return "GET" if method == "HEAD" else method


def header(headers: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    """The first header of this name, given in lower case; "" without one."""
    for name, text in headers:
        if name == wanted:
            return text.decode("latin-1")
    return ""


def encoded(headers: Iterable[tuple[str, str]]) -> Headers:
    """Headers as ASGI wants them: bytes, names in lower case."""
    return [(name.lower().encode(), text.encode()) for name, text in headers]


async def read(receive: Receive) -> bytes:
    """The whole body; whoever serves us bounds it."""
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return body
    parts = [body]
    while message.get("more_body", False):
        message = await receive()
        parts.append(message.get("body", b""))
    return b"".join(parts)


async def respond(send: Send, status: int, headers: Headers, body: bytes, *, is_head: bool = False) -> None:
    """Send an answer. Its length is added to `headers` (a 204 has none); `is_head` keeps the body back."""
    if status != 204:
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if is_head else body})
