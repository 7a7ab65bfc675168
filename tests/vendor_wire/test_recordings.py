"""A recording over HTTP: whole, in parts, and what is asked for that makes no sense."""

from __future__ import annotations

from datetime import UTC, datetime

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from emulator import audio
from emulator.engine.recordings import Recording, Sound
from emulator.vendor_wire.recordings import serve_recording

TAPE = Recording(
    "c1.0-r1", "r1", "c1.0", "c1", "acme", "", "mp3", 1, datetime(2026, 1, 1, tzinfo=UTC),
    seconds=5.0, sounds=(Sound(1.0, 2.0, "in", "speech", "hello"),),
)  # fmt: skip
WHOLE = b"".join(audio.stream(TAPE))
SIZE = len(WHOLE)


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    await serve_recording(scope, TAPE, scope["path"].strip("/"))(scope, receive, send)


async def ask(method: str = "GET", path: str = "/", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here") as client:
        return await client.request(method, path, headers=named)


async def test_all_of_it() -> None:
    got = await ask()

    assert (got.status_code, got.content) == (200, WHOLE)
    assert got.headers["content-type"] == "audio/mpeg"
    assert (got.headers["content-length"], got.headers["accept-ranges"]) == (str(SIZE), "bytes")


async def test_another_format_is_what_its_content_type_says() -> None:
    got = await ask(path="/wav")

    assert (got.headers["content-type"], got.content[:4]) == ("audio/wav", b"RIFF")


async def test_a_head_has_no_body() -> None:
    got = await ask("HEAD")

    assert (got.status_code, got.content, got.headers["content-length"]) == (200, b"", str(SIZE))


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [
        ("bytes=0-99", 0, 100), ("bytes=100-", 100, SIZE), ("bytes=-10", SIZE - 10, SIZE), ("bytes=5-5", 5, 6),
        ("bytes=0-9999999", 0, SIZE), ("bytes=-9999999", 0, SIZE), (" Bytes = 1 - 2 ", 1, 3),
    ],
)  # fmt: skip
async def test_a_part_of_it(asked: str, start: int, stop: int) -> None:
    got = await ask(range=asked)

    assert (got.status_code, got.content) == (206, WHOLE[start:stop])
    assert got.headers["content-range"] == f"bytes {start}-{stop - 1}/{SIZE}"
    assert got.headers["content-length"] == str(stop - start)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", f"bytes={SIZE + 1}-{SIZE + 5}", "bytes=-0"])
async def test_a_part_that_is_not_there_is_416(asked: str) -> None:
    got = await ask(range=asked)

    assert (got.status_code, got.content, got.headers["content-range"]) == (416, b"", f"bytes */{SIZE}")


@pytest.mark.parametrize("asked", ["bytes=9-5", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,5-6", "bytes", ""])
async def test_what_is_no_range_gets_all_of_it(asked: str) -> None:
    got = await ask(range=asked)

    assert (got.status_code, got.content) == (200, WHOLE)


async def test_a_part_of_another_recording_is_not_given() -> None:
    same = await ask(range="bytes=0-9", if_range='"r1.mp3"')
    other = await ask(range="bytes=0-9", if_range='"r2.mp3"')

    assert (same.status_code, other.status_code, same.headers["etag"]) == (206, 200, '"r1.mp3"')
