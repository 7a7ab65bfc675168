"""The user's application as a process of its own, which can be killed: `python -m tests.fakes.application PORT`.

It tells its port, then one line per request. What it answers is in the path: `/xml/<document>`, quoted; anything else
gets an empty 200. A path that ends with `/die` is never answered: the process kills itself there.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

__all__ = ["Application", "document"]

ROOT = Path(__file__).parents[2]
LIMIT = 30.0


def document(xml: str) -> str:
    """The path at which this document is answered."""
    return f"/xml/{quote(xml, safe='')}"


class Application:
    """`with Application() as app: app.url`. Give `port` to come back where one was before."""

    def __init__(self, port: int = 0) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.fakes.application", str(port)], stdout=subprocess.PIPE, text=True, cwd=ROOT
        )
        stdout = self.process.stdout
        assert stdout is not None
        is_ready, _, _ = select.select([stdout], [], [], LIMIT)
        assert is_ready, "the application did not start"
        self.port = int(stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Application:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def kill(self) -> list[str]:
        """At once, without a goodbye; the paths it was asked."""
        self.process.kill()
        return self.process.communicate(timeout=LIMIT)[0].splitlines()

    def died(self) -> list[str]:
        """Wait until it has killed itself; the paths it was asked."""
        asked = self.process.communicate(timeout=LIMIT)[0].splitlines()
        assert self.process.returncode == -signal.SIGKILL
        return asked


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = urlsplit(self.path).path
        print(path, flush=True)
        if path.endswith("/die"):
            os.kill(os.getpid(), signal.SIGKILL)
        body = unquote(path.removeprefix("/xml/")).encode() if path.startswith("/xml/") else b""
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST

    def log_message(self, *_: object) -> None:
        """Its lines are its own."""


if __name__ == "__main__":
    with ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()
