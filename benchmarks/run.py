"""`make bench`: how fast we are, as ratios against something run beside us, printed and written as Markdown.

Every figure is the median of interleaved runs, server on one core, load from a separate process on another. Needs wrk.
`python run.py [--quick] [--write FILE]`.
"""

from __future__ import annotations

import json
import shutil
import statistics
import sys
import urllib.request
from collections.abc import Callable
from typing import Any

from processes import LOAD, free_port, memory, python, ringback, running, wrk

QUICK = "--quick" in sys.argv
RUNS, SECONDS = (1, 2) if QUICK else (3, 5)
AUTH_ID = "MA_RINGBACK"
HEADERS = {
    "X-Auth-ID": AUTH_ID, "X-Auth-Token": "ringback-default-vobiz-auth-token-000001",
    "Content-Type": "application/json",
}  # fmt: skip
ROWS: list[tuple[str, str, str, str]] = []


def body(**more: str) -> str:
    return json.dumps(
        {
            "from": "+912271264300", "to": "+919876543210", "answer_url": "http://127.0.0.1:9/answer",
            "hangup_url": "http://127.0.0.1:9/hangup", **more,
        }
    )  # fmt: skip


def show(what: str, ours: str, theirs: str, ratio: str) -> None:
    ROWS.append((what, ours, theirs, ratio))
    print(f"{what:<62} {ours:>14} {theirs:>14} {ratio:>22}", flush=True)


def median(measure: Callable[[], float]) -> float:
    return statistics.median(measure() for _ in range(RUNS))


def startup() -> None:
    def ours() -> float:
        port = free_port()
        with running(ringback(port), f"http://127.0.0.1:{port}/healthz") as (_, seconds):
            return seconds

    def bare() -> float:
        port = free_port()
        with running(python("peers.py", port), f"http://127.0.0.1:{port}/calls") as (_, seconds):
            return seconds

    ours(), bare()
    pairs = [(ours(), bare()) for _ in range(RUNS * 2 + 1)]
    mine, theirs = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    show(
        "start to first 200, bare Starlette", f"{mine * 1e3:.0f} ms", f"{theirs * 1e3:.0f} ms",
        f"{mine / theirs:.2f} (≤ 1.5)",
    )  # fmt: skip


def post(url: str, headers: dict[str, str], text: str) -> Any:
    request = urllib.request.Request(url, text.encode(), headers, method="POST")
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def requests() -> None:
    """List and make call, ours and the bare route's, in turn."""
    ours, theirs = free_port(), free_port()
    base = f"http://127.0.0.1:{ours}/vobiz/api/v1/Account/{AUTH_ID}/Call/"
    bare = f"http://127.0.0.1:{theirs}/calls"
    started = running(ringback(ours, "--clock", "virtual"), f"http://127.0.0.1:{ours}/healthz")
    with started as (process, _), running(python("peers.py", theirs), bare):
        for _ in range(20):
            post(base, HEADERS, body())
        wrk(f"{base}?status=live", 1, HEADERS), wrk(bare, 1, {})
        lists = [(wrk(f"{base}?status=live", SECONDS, HEADERS), wrk(bare, SECONDS, {})) for _ in range(RUNS)]
        table("list 20 live calls", lists, "≥ 0.6")
        idle = memory(process.pid)
        wrk(base, 1, HEADERS, body()), wrk(bare, 1, {}, body())
        makes = [(wrk(base, SECONDS, HEADERS, body()), wrk(bare, SECONDS, {}, body())) for _ in range(RUNS)]
        table("make call, lifecycle, timers, journal", makes, "≥ 0.5")
        with urllib.request.urlopen(urllib.request.Request(f"{base}?status=live", headers=HEADERS)) as response:
            live = len(json.load(response)["calls"])
        each = (memory(process.pid) - idle) / live
        show(f"memory per live call, at {live:,}", f"{each / 1e3:.2f} kB", "", "")


def table(what: str, pairs: list[Any], wish: str) -> None:
    mine, theirs = (statistics.median(pair[side].rate for pair in pairs) for side in (0, 1))
    show(f"{what}, requests/s", f"{mine:,.0f}", f"{theirs:,.0f}", f"{mine / theirs:.2f} ({wish})")
    mine, theirs = (statistics.median(pair[side].p99 for pair in pairs) for side in (0, 1))
    show(f"{what}, p99 at 16 connections", f"{mine * 1e3:.2f} ms", f"{theirs * 1e3:.2f} ms", f"{mine / theirs:.2f}")


def growth() -> None:
    """The cost of a request and the memory of a call as live calls grow; the request is the get of one call."""
    counts = (100, 10_000) if QUICK else (100, 10_000, 100_000)
    first = None
    for count in counts:
        port = free_port()
        base = f"http://127.0.0.1:{port}/vobiz/api/v1/Account/{AUTH_ID}/Call/"
        with running(ringback(port, "--clock", "virtual"), f"http://127.0.0.1:{port}/healthz") as (process, _):
            name = post(base, HEADERS, body())["request_uuid"]
            empty = memory(process.pid)
            fill(base, count)
            each = (memory(process.pid) - empty) / count
            url = f"{base}{name}/?status=live"
            wrk(url, 1, HEADERS)
            rate = median(lambda url=url: wrk(url, max(2, SECONDS - 2), HEADERS).rate)
            makes = median(lambda base=base: wrk(base, 2, HEADERS, body()).rate)
        first = first or (rate, makes)
        show(
            f"{count:,} live calls: get one; make one more; memory each", f"{rate:,.0f}/s", f"{makes:,.0f}/s",
            f"{rate / first[0]:.2f}; {makes / first[1]:.2f}; {each / 1e3:.2f} kB",
        )  # fmt: skip


def fill(base: str, count: int) -> None:
    """Bulk calls: a thousand destinations each."""
    while count > 0:
        some = min(count, 1000)
        numbers = "<".join(f"+9198765{count - index:05d}" for index in range(some))
        post(base, HEADERS, body(to=numbers))
        count -= some


def virtual_time() -> None:
    """1,000 calls of an hour with three webhooks each against a bare loop that posts the same bodies."""
    import subprocess

    port = free_port()
    pairs: list[tuple[float, float]] = []
    with running(python("receiver.py", port), f"http://127.0.0.1:{port}/count", LOAD):
        for _ in range(RUNS + 1):
            done = subprocess.run(python("virtual.py", port), capture_output=True, text=True, check=True)
            figures = json.loads(done.stdout)
            pairs.append((figures["ours"], figures["bare"]))
    mine, theirs = (statistics.median(pair[side] for pair in pairs[1:]) for side in (0, 1))
    show(
        "1,000 one-hour calls, 3 webhooks each, virtual clock", f"{mine:.2f} s", f"{theirs:.2f} s",
        f"{mine / theirs:.2f} (≤ 1.5)",
    )  # fmt: skip


def engine() -> None:
    import subprocess

    done = subprocess.run(python("engine_alone.py"), capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    show(
        "engine alone: commands/s, of a bare loop of state changes", f"{figures['commands']:,.0f}",
        f"{figures['bare']:,.0f}", f"{figures['commands'] / figures['bare']:.2f}",
    )  # fmt: skip


def main() -> int:
    if shutil.which("wrk") is None:
        print("make bench needs wrk, the HTTP load generator: install it from your system's packages", file=sys.stderr)
        return 2
    show("what", "ours", "beside", "ratio (wish)")
    for part in (startup, requests, virtual_time, engine, growth):
        part()
    if "--write" in sys.argv:
        path = sys.argv[sys.argv.index("--write") + 1]
        rows = [ROWS[0], ("---", "---:", "---:", "---:"), *ROWS[1:]]
        with open(path, "w", encoding="utf-8") as file:
            file.write("# Last figures\n\nMade by `make bench`; ratios count, absolutes move with the machine.\n\n")
            file.writelines(f"| {' | '.join(row)} |\n" for row in rows)
    return 0


if __name__ == "__main__":
    sys.exit(main())
