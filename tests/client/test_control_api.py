"""Requests of the control API over one connection that is kept."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator

import pytest

from emulator.client.control_api import ControlApi, NoServer


class Fleeting(socketserver.StreamRequestHandler):
    """Answers once as if it would go on, and closes the connection."""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


@pytest.fixture
def url() -> Iterator[str]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Fleeting) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_connection_is_kept(ringback_server) -> None:
    api = ControlApi(ringback_server.url, is_kept=True)
    api.get("/sandboxes")
    kept = api._kept
    api.get("/sandboxes")
    assert kept is not None
    assert api._kept is kept
    api.close()
    api.close()
    assert api._kept is None


def test_one_that_the_server_ended_meanwhile_is_opened_anew(url: str) -> None:
    api = ControlApi(url, is_kept=True)
    assert [api.get("/x") for _ in range(3)] == [{}, {}, {}]
    api.close()


def test_one_that_breaks_is_not_kept() -> None:
    api = ControlApi("http://127.0.0.1:9", is_kept=True)
    with pytest.raises(NoServer):
        api.get("/x")
    assert api._kept is None
