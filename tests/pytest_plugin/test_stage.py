"""One address for one application after another: each from its beginning, none with what the one before left."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from emulator.pytest_plugin.applications import Applications
from emulator.pytest_plugin.stage import Stage


@pytest.fixture
def stage() -> Iterator[Stage]:
    with Applications() as applications:
        yield Stage(applications)


def get(url: str) -> bytes:
    with urlopen(url) as answer:
        said: bytes = answer.read()
    return said


def test_wsgi_applications_follow_each_other_at_one_address(stage: Stage) -> None:
    after: list[str] = []

    def saying(text: str) -> Any:
        def app(environ: Any, start_response: Any) -> list[bytes]:
            start_response("200 OK", [("Content-Type", "text/plain")])
            return [text.encode(), b"!"]

        return app

    first = stage.put(saying("one"), after=lambda: after.append("one answered"))
    assert get(first) == b"one!"
    assert stage.put(saying("two")) == first
    assert get(first) == b"two!"
    assert after == ["one answered"]


def test_an_asgi_application_is_started_up_and_shut_down_in_its_turn(stage: Stage) -> None:
    seen: list[str] = []

    class Named(Starlette):
        def __init__(self, name: str) -> None:
            self.name = name
            super().__init__(routes=[Route("/", self.hello)], lifespan=self.life)

        async def hello(self, request: Any) -> PlainTextResponse:
            return PlainTextResponse(f"{self.name} {request.state.what}")

        def life(self, app: Any) -> Any:
            from contextlib import asynccontextmanager

            @asynccontextmanager
            async def living(app: Any) -> Any:
                seen.append(f"{self.name} begins")
                yield {"what": f"of {self.name}"}
                seen.append(f"{self.name} ends")

            return living(app)

    url = stage.put(Named("one"), after=lambda: seen.append("answered"))
    assert get(f"{url}/") == b"one of one"
    assert stage.put(Named("two")) == url
    assert get(f"{url}/") == b"two of two"
    assert seen == ["one begins", "answered", "one ends", "two begins"]


def test_requests_that_come_while_an_application_starts_up_wait_for_it(stage: Stage) -> None:
    started = threading.Event()

    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await asyncio.to_thread(started.wait, 10)
            scope["state"]["what"] = b"ready"
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["state"].get("what", b"not begun")})

    url = stage.put(app)
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(get, url) for _ in range(2)]
        wait(answers, timeout=0.3, return_when=FIRST_COMPLETED)
        started.set()
        assert [answer.result(10) for answer in answers] == [b"ready", b"ready"]


@pytest.mark.parametrize("kind", ["asgi", "wsgi"])
def test_what_an_application_raises_is_kept_and_answered(stage: Stage, kind: str) -> None:
    async def asgi(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        raise KeyError("who")

    def wsgi(environ: Any, start_response: Any) -> list[bytes]:
        raise KeyError("who")

    url = stage.put(asgi if kind == "asgi" else wsgi)
    with pytest.raises(HTTPError) as answered:
        get(url)
    assert (answered.value.code, answered.value.read()) == (500, b"KeyError: 'who'")
    answered.value.close()
    assert [str(problem) for problem in stage.problems] == ["'who'"]
