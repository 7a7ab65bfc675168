"""A request off ASGI, and an answer onto it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from emulator.vendor_wire.asgi import encoded, header, method_of, read, respond

RAW = [(b"host", b"a"), (b"content-type", b"Text/Plain"), (b"content-type", b"text/html"), (b"x", b"\xe9")]


def arriving(*messages: dict[str, Any]) -> Callable[[], Awaitable[dict[str, Any]]]:
    left = list(messages)

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    return receive


async def sent(status: int, headers: list[tuple[bytes, bytes]], body: bytes, **more: Any) -> list[Any]:
    messages: list[Any] = []

    async def send(message: Any) -> None:
        messages.append(message)

    await respond(send, status, headers, body, **more)
    return messages


@pytest.mark.parametrize(("method", "asked"), [("GET", "GET"), ("HEAD", "GET"), ("POST", "POST")])
def test_a_head_asks_for_what_a_get_would(method: str, asked: str) -> None:
    assert method_of({"method": method}) == asked


def test_the_first_header_of_a_name_is_read_as_it_is() -> None:
    assert header(RAW, b"content-type") == "Text/Plain"
    assert header(RAW, b"x") == "é"
    assert header(RAW, b"authorization") == ""


def test_headers_leave_in_lower_case() -> None:
    assert encoded((("Allow", "GET, POST"), ("X-A", "B"))) == [(b"allow", b"GET, POST"), (b"x-a", b"B")]


@pytest.mark.parametrize(
    ("messages", "body"),
    [
        ([{}], b""),
        ([{"body": b"ab"}], b"ab"),
        ([{"body": b"a", "more_body": True}, {"more_body": True}, {"body": b"b"}], b"ab"),
    ],
)
async def test_a_body_is_read_to_its_end(messages: list[dict[str, Any]], body: bytes) -> None:
    assert await read(arriving(*messages)) == body


async def test_an_answer_has_its_length_last() -> None:
    start, body = await sent(201, [(b"a", b"b")], b"{}")
    assert start == {
        "type": "http.response.start", "status": 201, "headers": [(b"a", b"b"), (b"content-length", b"2")],
    }  # fmt: skip
    assert body == {"type": "http.response.body", "body": b"{}"}


async def test_a_204_has_no_length() -> None:
    start, _ = await sent(204, [], b"")
    assert start["headers"] == []


async def test_a_head_is_told_the_length_of_what_it_does_not_get() -> None:
    start, body = await sent(200, [], b"four", is_head=True)
    assert start["headers"] == [(b"content-length", b"4")]
    assert body["body"] == b""
