"""Starts what is measured, one server to a core, and ends exactly what it started.

Every process runs this checkout, with compiled bytecode as pip leaves it, whatever this shell says of that: the
first run of each compiles, and is not measured.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
BYTECODE = tempfile.TemporaryDirectory(prefix="ringback-bench-")
ENVIRONMENT = {
    **{key: text for key, text in os.environ.items() if not key.startswith(("RINGBACK_", "PYTHONDONTWRITE"))},
    "PYTHONPATH": str(HERE.parent),
    "PYTHONPYCACHEPREFIX": BYTECODE.name,
}
CORES = sorted(os.sched_getaffinity(0))
SERVER, LOAD = {CORES[0]}, {CORES[-1]}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def first_200(url: str, process: subprocess.Popen[bytes], limit: float = 30.0) -> float:
    """Seconds until `url` answers with anything below 500."""
    started = time.perf_counter()
    while time.perf_counter() - started < limit:
        if process.poll() is not None:
            raise SystemExit(f"{process.args!r} ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return time.perf_counter() - started
        except urllib.error.HTTPError:
            return time.perf_counter() - started
        except OSError:
            os.sched_yield()
    raise SystemExit(f"{url} did not answer within {limit:g} s")


@contextlib.contextmanager
def running(command: list[str], url: str, cores: set[int] = SERVER) -> Iterator[tuple[subprocess.Popen[bytes], float]]:
    """The process, pinned, once it answers at `url`, and how many seconds that took."""
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT,
        preexec_fn=lambda: os.sched_setaffinity(0, cores),
    )  # fmt: skip
    try:
        yield process, first_200(url, process)
    finally:
        process.terminate()
        process.wait(20)


def figures(script: str, *arguments: object) -> dict[str, float]:
    """What a script of ours prints, on the server's core."""
    done = subprocess.run(
        python(script, *arguments), stdout=subprocess.PIPE, text=True, check=True, env=ENVIRONMENT,
        preexec_fn=lambda: os.sched_setaffinity(0, SERVER),
    )  # fmt: skip
    told: dict[str, float] = json.loads(done.stdout)
    return told


def spent(command: list[str], folder: str = ".") -> float:
    """Seconds that a command, run to its end in a folder, spends on the server's core."""
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, env=ENVIRONMENT,
        preexec_fn=lambda: os.sched_setaffinity(0, SERVER),
    )  # fmt: skip
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command!r} ended with {process.returncode}")
    return usage.ru_utime + usage.ru_stime


def python(script: str, *arguments: object) -> list[str]:
    return [sys.executable, str(HERE / script), *map(str, arguments)]


def ringback(port: int, *options: str) -> list[str]:
    return [sys.executable, "-m", "emulator", "serve", "--port", str(port), "--quiet", *options]


def memory(pid: int) -> int:
    """Resident bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise SystemExit(f"no memory figure for {pid}")


def processor_time(pid: int) -> float:
    """Seconds that the process has spent on a core so far."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


class Load:
    """One run of wrk: 16 connections, closed loop, so a queue that builds up does not show in its latencies."""

    def __init__(self, text: str) -> None:
        self.rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])
        p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", text)
        self.p99 = float(p99[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1.0}[p99[2]]
        bad = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
        errors = re.search(r"Socket errors: (.*)", text)
        if bad or errors:
            raise SystemExit(f"bad answers under load: {text}")
        self.answers = int(re.search(r"(\d+) requests in", text)[1])


def wrk(url: str, seconds: int, headers: dict[str, str], post: str = "") -> Load:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        lines = [f'wrk.headers["{key}"] = "{text}"' for key, text in headers.items()]
        if post:
            lines += ['wrk.method = "POST"', f"wrk.body = [[{post}]]"]
        script.write("\n".join(lines))
        script.flush()
        command = ["wrk", "-t1", "-c16", f"-d{seconds}s", "--latency", "-s", script.name, url]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True,
            preexec_fn=lambda: os.sched_setaffinity(0, LOAD),
        )  # fmt: skip
    return Load(done.stdout)
