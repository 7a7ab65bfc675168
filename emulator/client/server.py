"""A server to make sandboxes in: one that runs already, or one of our own, in a process of its own.

Theory of operation. Our own is a child process, because in ours a test's patched sockets, clocks and HTTP clients would
be the emulator's too. It has told its address when `start` returns; it ends at `stop`, and at the latest when the pipe
that is its standard input closes, which the death of this process does. It has a session of its own: Ctrl-C is for us.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final

from emulator.client.control_api import ControlApi
from emulator.client.sandbox import Sandbox
from emulator.errors import RingbackError

__all__ = ["CannotStart", "Server", "connect", "start"]

PATIENCE: Final = 30.0
"""Real seconds that our own server may take to say where it is, and to end."""

LONGEST: Final = 600.0
"""Real seconds that one request may take: driving a clock past many a hung webhook is slow."""


class CannotStart(RingbackError):
    """Our own server did not start; the text has its last words."""

    exit_code = 3


class Server:
    """A running server. `with Server.start() as server: ...` stops it at the end, if it is our own."""

    def __init__(self, url: str, token: str = "", process: _Process | None = None) -> None:
        self.api = ControlApi(url, token, timeout=LONGEST)
        self.url = self.api.url
        self._process = process

    @classmethod
    def start(cls, *options: str) -> Server:
        """One of our own on a free port; `options` as `ringback serve` takes them. Raises: CannotStart."""
        process = _Process(options)
        return cls(process.url, process=process)

    @classmethod
    def connect(cls, url: str, token: str = "") -> Server:
        """The one at `url`. Raises: NoServer, ControlRefused for a wrong token, UsageError."""
        server = cls(url, token)
        server.api.get("/sandboxes")
        return server

    def sandbox(
        self,
        *,
        name: str = "",
        seed: int | None = None,
        clock: str | Mapping[str, Any] = "virtual",
        start: datetime | None = None,
        scenario: Mapping[str, Any] | str | Path | None = None,
        settings: Mapping[str, Mapping[str, Any]] | None = None,
        patience: float | None = None,
        strict: bool = False,
        answers: str | Mapping[str, Any] = "plain",
        vendor: str = "",
        deliver: str = "",
    ) -> Sandbox:
        """A new sandbox. `clock`: `virtual`, `real`, or `{"mode": "real", "speed": 10}`; `vendor`: the provider meant
        where none is said; `scenario`: the name of a preset, a file, or what stands in one; the rest as in `POST
        /sandboxes`. Raises: ControlRefused, UsageError."""
        watch = {"mode": clock} if isinstance(clock, str) else dict(clock)
        if start is not None:
            watch["start"] = start.isoformat()
        told = {
            "name": name or None, "seed": seed, "clock": watch, "settings": settings,
            "scenario": None if scenario is None else _loaded(scenario, vendor),
            "patience": patience, "strict": strict or None, "deliver": deliver or None,
            "answers": None if answers == "plain" else answers,
        }  # fmt: skip
        made = self.api.post("/sandboxes", {key: each for key, each in told.items() if each is not None})
        try:
            return Sandbox(self.api, made, vendor=vendor)
        except RingbackError:
            self.api.delete(f"/sandboxes/{made['id']}")
            raise

    def attach(self, name: str = "default", *, vendor: str = "") -> Sandbox:
        """A sandbox that is there already, and stays when its `with` block ends."""
        return Sandbox(self.api, self.api.get(f"/sandboxes/{name}"), vendor=vendor, is_ours=False)

    @property
    def log(self) -> str:
        """What our own server wrote to its standard error; nothing of another's."""
        return self._process.log if self._process is not None else ""

    def stop(self) -> None:
        """End it, if it is our own; once is enough."""
        if self._process is not None:
            self._process.stop()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"<Server at {self.url}>"


def _loaded(scenario: Mapping[str, Any] | str | Path, vendor: str) -> dict[str, Any]:
    """As the control API takes it; its inbound calls come to `vendor` where it names none."""
    from emulator.scenario_files.loading import load, with_apps

    told = with_apps(load(scenario))
    return {**told, "vendor": vendor} if vendor and told.get("calls") and not told.get("vendor") else told


def start(*options: str, **spec: Any) -> Sandbox:
    """A fresh sandbox in a server of its own: `with emulator.start(seed=7) as ringback: ...`.

    `options` as `ringback serve` takes them, `spec` as `Server.sandbox`. The server ends with the block, or at
    `close()`. Raises: CannotStart, and whatever `Server.sandbox` raises.
    """
    server = Server.start(*options)
    try:
        sandbox = server.sandbox(**spec)
    except BaseException:
        server.stop()
        raise
    sandbox._on_close = server.stop
    return sandbox


def connect(url: str, token: str = "", *, sandbox: str = "", **spec: Any) -> Sandbox:
    """A sandbox of a server that runs already: a fresh one, or the one named `sandbox`, such as `default`.

    `spec` as `Server.sandbox`. Raises: NoServer, ControlRefused, UsageError.
    """
    server = Server.connect(url, token)
    return server.attach(sandbox, **spec) if sandbox else server.sandbox(**spec)


class _Process:
    """Our own server's process."""

    def __init__(self, options: tuple[str, ...]) -> None:
        clean = {key: text for key, text in os.environ.items() if not key.startswith("RINGBACK_")}
        self._errors: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115 - open as long as the process lives
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "emulator.cli.attended", "--port", "0", "--quiet", *options],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors, env=clean, start_new_session=True,
        )  # fmt: skip
        first = self._first_line()
        self.url = next((word for word in first.split() if word.startswith("http")), "")
        if not self.url:
            log = self.log.strip()
            self.stop()
            raise CannotStart(f"the emulator did not start: {log or first or 'it said nothing'}")

    def _first_line(self) -> str:
        """What it says once it answers; nothing if it ends before, or takes too long."""
        assert self._process.stdout is not None
        import threading

        late = threading.Timer(PATIENCE, self._process.kill)
        late.start()
        try:
            return self._process.stdout.readline().decode(errors="replace").strip()
        finally:
            late.cancel()

    @property
    def log(self) -> str:
        if self._errors.closed:
            return ""
        file = self._errors.fileno()  # read in place: the child writes at the offset we would move
        return os.pread(file, os.fstat(file).st_size, 0).decode(errors="replace")

    def stop(self) -> None:
        process = self._process
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._errors.close()
