"""Requests of the control API over one connection that is kept."""

from __future__ import annotations

import socketserver

import pytest

from emulator import connect
from emulator.cli import main
from emulator.client.control_api import ControlApi, NoServer
from tests.fakes.handling import handling


class Fleeting(socketserver.StreamRequestHandler):
    """Answers once as if it would go on, and closes the connection."""

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Ringback-Version: 0.1.0\r\nContent-Length: 2\r\n\r\n{}")


class Stranger(socketserver.StreamRequestHandler):
    """Some other program, which has an answer for everything."""

    body = b"{}"

    def handle(self) -> None:
        while self.rfile.readline().strip():
            pass
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(self.body), self.body))


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


def test_one_that_the_server_ended_meanwhile_is_opened_anew() -> None:
    with handling(Fleeting) as url:
        api = ControlApi(url, is_kept=True)
        assert [api.get("/x") for _ in range(3)] == [{}, {}, {}]
        api.close()


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b"null", b"<html>"])
def test_an_answer_of_another_program_is_not_taken_for_ours(
    body: bytes, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Stranger, "body", body)
    with handling(Stranger) as url:
        with pytest.raises(NoServer, match=r"GET /_control/v1/sandboxes answered 200, and not as Ringback does"):
            connect(url)
        words = ["call", "--vendor", "vobiz", "--to", "+919876543210", "--answer-url", "http://127.0.0.1:9/"]
        assert main([*words, "--url", url]) == 3
        assert f"no Ringback server at {url}" in capsys.readouterr().err


def test_one_that_breaks_is_not_kept() -> None:
    api = ControlApi("http://127.0.0.1:9", is_kept=True)
    with pytest.raises(NoServer):
        api.get("/x")
    assert api._kept is None
