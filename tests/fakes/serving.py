"""A real `ringback serve` in a process of its own; nobody sleeps: its first line says that it answers."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from emulator.client.control_api import ControlApi

ROOT = Path(__file__).parents[2]
LIMIT = 30.0


def ringback(*words: str, **more: Any) -> subprocess.CompletedProcess[str]:
    """A command of the front door, run to its end."""
    return subprocess.run(
        [sys.executable, "-m", "emulator", *words],
        capture_output=True, text=True, timeout=LIMIT, check=False, cwd=ROOT, **more,
    )  # fmt: skip


class Serving:
    """`with Serving("--clock", "virtual") as server: server.url`. `first` is the first line it printed."""

    def __init__(
        self, *words: str, env: dict[str, str] | None = None, python: str = sys.executable, cwd: str = str(ROOT)
    ) -> None:
        clean = {key: text for key, text in os.environ.items() if not key.startswith("RINGBACK_")}
        if env is not None and "PYTHONPATH" in env and "PYTHONPATH" in clean:  # whatever is plugged in stays so
            env = {**env, "PYTHONPATH": os.pathsep.join([env["PYTHONPATH"], clean["PYTHONPATH"]])}
        self.process = subprocess.Popen(
            [python, "-m", "emulator", "serve", *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=cwd, env={**clean, **(env or {})},
        )  # fmt: skip
        self.first = self.line()
        self.url = next((word for word in self.first.replace('"', " ").split() if word.startswith("http://")), "")

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    @property
    def api(self) -> ControlApi:
        return ControlApi(self.url.rstrip(","))

    def line(self) -> str:
        """The next line of its standard output; fails with its words when none comes."""
        stdout = self.process.stdout
        assert stdout is not None
        is_ready, _, _ = select.select([stdout], [], [], LIMIT)
        line = stdout.readline() if is_ready else ""
        if not line:
            self.process.kill()
            raise AssertionError(f"serve said nothing more: {self.process.communicate()[1]}")
        return line.rstrip("\n")

    def lines_until(self, text: str) -> list[str]:
        """Its lines up to the first that contains `text`. `line` reads ahead, so this must not mix with `select`."""
        lines = []
        stdout = self.process.stdout
        assert stdout is not None
        for line in stdout:
            lines.append(line.rstrip("\n"))
            if text in line:
                return lines
        raise AssertionError(f"serve ended without {text!r}: {lines}")

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self) -> int:
        """Its exit code, once it has ended of itself."""
        self.process.communicate(timeout=LIMIT)
        return self.process.returncode
