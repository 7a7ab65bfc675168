"""Which interface an application has, and what becomes of a client that leaves it."""

from __future__ import annotations

import functools
import socket
import threading
from typing import Any

import pytest

from emulator.errors import UsageError
from emulator.pytest_plugin.applications import Applications, interface_of


def wsgi(environ: Any, start_response: Any) -> Any: ...
def wsgi_with_more(environ: Any, start_response: Any, settings: Any = None) -> Any: ...
def anything(*arguments: Any) -> Any: ...
async def asgi(scope: Any, receive: Any, send: Any) -> None: ...
def asgi_returned(scope: Any, receive: Any, send: Any) -> Any: ...


class Asgi:
    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...


class OfItsOwn:
    """As aiohttp's `Application` is: called without anything."""

    def __call__(self) -> OfItsOwn:
        return self


@pytest.mark.parametrize(
    ("app", "interface"),
    [
        (wsgi, "wsgi"), (wsgi_with_more, "wsgi"), (anything, "wsgi"), (functools.partial(asgi_returned, 1), "wsgi"),
        (asgi, "asgi"), (asgi_returned, "asgi"), (Asgi(), "asgi"),
    ],
)  # fmt: skip
def test_an_application_is_known_by_how_it_is_called(app: Any, interface: str) -> None:
    assert interface_of(app) == interface


@pytest.mark.parametrize("app", [OfItsOwn(), lambda: None, lambda request: None, lambda a, b, c, d: None])
def test_what_is_called_in_another_way_is_refused(app: Any) -> None:
    with pytest.raises(UsageError, match=r"expected an ASGI or WSGI application, got .*, which is called as app\("):
        interface_of(app)


def test_a_client_that_leaves_before_the_answer_is_not_shouted_about(capfd: pytest.CaptureFixture[str]) -> None:
    came, is_gone = threading.Event(), threading.Event()

    def slow(environ: Any, start_response: Any) -> list[bytes]:
        came.set()
        is_gone.wait(10)
        raise LookupError("its own problem")

    with Applications() as applications:
        port = int(applications.serve(slow).rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            assert came.wait(10)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")  # its end is a reset
        answering = [each for each in threading.enumerate() if "process_request_thread" in each.name]
        is_gone.set()
        for thread in answering:
            thread.join(10)
    told = capfd.readouterr().err
    assert "LookupError: its own problem" in told
    assert "ConnectionResetError" not in told
    assert "BrokenPipeError" not in told
