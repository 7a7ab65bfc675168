"""`make bench`: how fast we are, as ratios against something run beside us, printed and written as Markdown.

Every figure is the median of interleaved runs, server on one core, load from a separate process on another. Needs wrk.
`python run.py [PART ...] [--quick] [--write FILE]`; a part is a function here, such as hooks; without any, all are run.
"""

from __future__ import annotations

import http.client
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

from processes import LOAD, figures, free_port, memory, processor_time, python, ringback, running, spent, wrk

ROOT = Path(__file__).parents[1]
QUICK = "--quick" in sys.argv
RUNS, SECONDS = (1, 2) if QUICK else (3, 4)
AUTH_ID = "MA_RINGBACK"
HEADERS = {
    "X-Auth-ID": AUTH_ID, "X-Auth-Token": "ringback-default-vobiz-auth-token-000001",
    "Content-Type": "application/json",
}  # fmt: skip
ROWS: list[tuple[str, str, str, str]] = []
PAGE = """# How fast it is

The last figures of `make bench`. **Ratios count; absolutes move with the machine** ({where}, loopback).
Each pair was measured in turn in one run and is a median; the server has one core and the load another, and both keep
their processes warm but for the first row. Every run checks that no answer was bad, that as many calls are live as were
answered, and that the receiver counted exactly the webhooks of those calls.

{table}
- Beside us stands the least that could do it: a Starlette application on uvicorn that keeps dicts, a loop that posts
  the same bodies with aiohttp, a loop over a heap. They have no calls, states, timers, journal or signatures.
- The load is closed: sixteen connections that wait for their answers. A queue that builds up does not show in such a
  p99.
- Start is of an installed package, whose modules pip has compiled. Where they are compiled at every start
  (`PYTHONDONTWRITEBYTECODE`, and no bytecode) it takes about twice as long.
- *Live calls* rows are processor time of the server for one request, so that they hold on a busy machine; their
  ratios are to the row with 100.
- *Generated webhooks* go one after the other on one connection, and so do the fixed ones of the bare loop.
- *Longest turn* is processor time, too: how long everybody else waits when that many calls fall due together.
"""


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


def startup() -> None:
    """Until the first answer, and how much processor time that took: the second holds on a busy machine, too."""

    def ours() -> tuple[float, float]:
        port = free_port()
        with running(ringback(port), f"http://127.0.0.1:{port}/healthz") as (process, seconds):
            return seconds, processor_time(process.pid)

    def bare() -> tuple[float, float]:
        port = free_port()
        with running(python("peers.py", port), f"http://127.0.0.1:{port}/calls") as (process, seconds):
            return seconds, processor_time(process.pid)

    ours(), bare()
    pairs = [(ours(), bare()) for _ in range(RUNS * 2 + 1)]
    for which, what in enumerate(("start to first 200", "start to first 200, processor time")):
        mine, theirs = (statistics.median(pair[side][which] for pair in pairs) for side in (0, 1))
        show(what, f"{mine * 1e3:.0f} ms", f"{theirs * 1e3:.0f} ms", f"{mine / theirs:.2f} (≤ 1.5)")


def doors() -> None:
    """What the front doors cost whoever does not come in: `--help`, and a pytest run that uses nothing of ours."""
    runs = 5 if QUICK else 21
    asked, nothing = [sys.executable, "-m", "emulator", "--help"], [sys.executable, "-c", "pass"]
    spent(asked), spent(nothing)
    pairs = [(spent(asked), spent(nothing)) for _ in range(runs)]
    mine, theirs = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    show("--help, processor time, beside `python -c pass`", f"{mine * 1e3:.0f} ms", f"{theirs * 1e3:.0f} ms",
         f"{mine / theirs:.2f} (≤ 6)")  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_nothing.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
        bare = ["env", "PYTEST_DISABLE_PLUGIN_AUTOLOAD=1", sys.executable, "-m", "pytest", "-q"]
        without = [*bare, "-p", "no:cacheprovider"]
        loaded = [*without, "-p", "emulator.pytest_plugin"]
        spent(loaded, folder), spent(without, folder)
        pairs = [(spent(loaded, folder), spent(without, folder)) for _ in range(runs)]
    mine, theirs = (statistics.median(pair[side] for pair in pairs) for side in (0, 1))
    more = statistics.median(pair[0] - pair[1] for pair in pairs)
    show("pytest with our plugin, unused, and without, processor time", f"{mine * 1e3:.0f} ms",
         f"{theirs * 1e3:.0f} ms", f"{more * 1e3:+.0f} ms (≤ 15)")  # fmt: skip


def post(url: str, text: str) -> Any:
    request = urllib.request.Request(url, text.encode(), HEADERS, method="POST")
    with urllib.request.urlopen(request) as response:
        return json.load(response)


def requests() -> None:
    """List and make call, ours and the bare route's, in turn."""
    ours, theirs, ear = free_port(), free_port(), free_port()
    base = calls_at(ours)
    bare = f"http://127.0.0.1:{theirs}/calls"
    with (
        running(ringback(ours, "--clock", "virtual"), f"http://127.0.0.1:{ours}/healthz") as (process, _),
        running(python("peers.py", theirs), bare),
        running(python("receiver.py", ear), f"http://127.0.0.1:{ear}/count", LOAD),
    ):
        for _ in range(20):
            post(base, body())
        assert len(live(base)) == 20
        wrk(f"{base}?status=live", 1, HEADERS), wrk(bare, 1, {})
        lists = [(wrk(f"{base}?status=live", SECONDS, HEADERS), wrk(bare, SECONDS, {})) for _ in range(RUNS)]
        table("list 20 live calls", lists, "≥ 0.6")
        assert len(live(base)) == 20
        idle = memory(process.pid)
        makes = [(wrk(base, SECONDS, HEADERS, body()), wrk(bare, SECONDS, {}, body())) for _ in range(RUNS + 1)]
        table("make call, lifecycle, timers, journal", makes[1:], "≥ 0.5")
        made = guarded(base, 20 + sum(pair[0].answers for pair in makes))
        show(
            f"memory per call, at {made:,} live",
            f"{(memory(process.pid) - idle) / made / 1e3:.2f} kB",
            "",
            "(≤ 2.6 kB)",
        )
        rings = body(ring_url=f"http://127.0.0.1:{ear}/ring")
        more = [(wrk(base, SECONDS, HEADERS, rings), wrk(bare, SECONDS, {}, body())) for _ in range(RUNS + 1)]
        table("make call, as above, and its ring webhook delivered", more[1:], "")
        heard(ear, guarded(base, made + sum(pair[0].answers for pair in more)) - made)


def calls_at(port: int) -> str:
    return f"http://127.0.0.1:{port}/vobiz/api/v1/Account/{AUTH_ID}/Call/"


def live(base: str) -> list[str]:
    """The live calls, as the vendor lists them."""
    with urllib.request.urlopen(urllib.request.Request(f"{base}?status=live", headers=HEADERS)) as response:
        told: list[str] = json.load(response)["calls"]
    return told


def guarded(base: str, answered: int) -> int:
    """How many calls are live: as many as were answered, and what was in flight when the load ended."""
    found = len(live(base))
    assert answered <= found <= answered + 16 * 2 * (RUNS + 1), f"{answered} answers made {found} calls"
    return found


def heard(port: int, calls: int) -> None:
    """Until the receiver has counted a webhook of each call, and not one more."""
    for _ in range(200):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/count") as response:
            count = int(response.read())
        if count >= calls:
            break
        time.sleep(0.05)  # noqa: TID251 - another process counts
    assert count == calls, f"{calls} calls, and the receiver counted {count}"


def table(what: str, pairs: list[Any], wish: str) -> None:
    mine, theirs = (statistics.median(pair[side].rate for pair in pairs) for side in (0, 1))
    told = f"{mine / theirs:.2f} ({wish})" if wish else f"{mine / theirs:.2f}"
    show(f"{what}, requests/s", f"{mine:,.0f}", f"{theirs:,.0f}", told)
    mine, theirs = (statistics.median(pair[side].p99 for pair in pairs) for side in (0, 1))
    show(f"{what}, p99 of 16 connections", f"{mine * 1e3:.2f} ms", f"{theirs * 1e3:.2f} ms", f"{mine / theirs:.2f}")


def growth() -> None:
    """The cost of a request, in processor time, and the memory of a call, as live calls grow."""
    counts = (100, 10_000) if QUICK else (100, 10_000, 100_000)
    first: tuple[float, float] | None = None
    for count in counts:
        port = free_port()
        base = calls_at(port)
        with running(ringback(port, "--clock", "virtual"), f"http://127.0.0.1:{port}/healthz") as (process, _):
            name = post(base, body())["request_uuid"]
            empty = memory(process.pid)
            fill(base, count)
            each = (memory(process.pid) - empty) / count
            gets = statistics.median(cost(process.pid, "GET", f"{base}{name}/?status=live") for _ in range(5))
            makes = statistics.median(cost(process.pid, "POST", base, body()) for _ in range(5))
        first = first or (gets, makes)
        show(
            f"{count:,} live calls: get one; make one more; memory each",
            f"{gets * 1e6:.0f} µs; {makes * 1e6:.0f} µs", f"{each / 1e3:.2f} kB",
            f"{gets / first[0]:.2f}; {makes / first[1]:.2f} (≤ 1.1)",
        )  # fmt: skip


def cost(pid: int, method: str, url: str, text: str = "") -> float:
    """Seconds of the server's processor time for one request, of 200 on one connection."""
    _, _, host, path = url.split("/", 3)
    connection = http.client.HTTPConnection(host)
    before = 0.0
    for number in range(250):
        if number == 50:
            before = processor_time(pid)
        connection.request(method, f"/{path}", text, HEADERS)
        response = connection.getresponse()
        response.read()
        assert response.status < 300, response.status
    connection.close()
    return (processor_time(pid) - before) / 200


def fill(base: str, count: int) -> None:
    """Bulk calls: a thousand destinations each."""
    while count > 0:
        some = min(count, 1000)
        numbers = "<".join(f"+9198765{count - index:05d}" for index in range(some))
        post(base, body(to=numbers))
        count -= some


def virtual_time() -> None:
    """1,000 calls of an hour with three webhooks each against a bare loop that posts the same bodies."""
    port = free_port()
    with running(python("receiver.py", port), f"http://127.0.0.1:{port}/count", LOAD):
        pairs = [figures("virtual.py", port) for _ in range(2 * RUNS + 1)][1:]
    mine, theirs = (statistics.median(pair[side] for pair in pairs) for side in ("ours", "bare"))
    show(
        "1,000 one-hour calls, 3 webhooks each, virtual clock", f"{mine:.2f} s", f"{theirs:.2f} s",
        f"{mine / theirs:.2f} (≤ 1.5)",
    )  # fmt: skip


def hooks() -> None:
    """200 generated webhooks to a local receiver, against a bare loop that posts 200 fixed ones."""
    port = free_port()
    with running(python("receiver.py", port), f"http://127.0.0.1:{port}/count", LOAD):
        pairs = [figures("hooks.py", port) for _ in range(2 * RUNS + 1)][1:]
    first, mine, theirs = (statistics.median(pair[side] for pair in pairs) for side in ("first", "ours", "bare"))
    show(
        "200 generated webhooks, signed, posted, replies judged", f"{mine * 1e3:.0f} ms", f"{theirs * 1e3:.0f} ms",
        f"{mine / theirs:.2f} (≤ 4)",
    )  # fmt: skip
    show("as above, the first in a process, which draws its texts", f"{first * 1e3:.0f} ms", "", "")


def judge() -> None:
    """What `make contract` runs, on all cores."""
    if QUICK:
        return
    words = [sys.executable, "-m", "pytest", "-q", "-n", "2", "-m", "contract", "-p", "no:cacheprovider"]
    started = time.perf_counter()
    subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    took = time.perf_counter() - started
    show("`make contract`, whole, on two cores", f"{took:.0f} s", "", f"{took / 480:.2f} of 8 min (≤ 1)")


def engine() -> None:
    told = figures("engine_alone.py")
    show(
        "engine alone: commands/s, of a bare loop of state changes", f"{told['commands']:,.0f}",
        f"{told['bare']:,.0f}", f"{told['commands'] / told['bare']:.2f} (≥ 0.3)",
    )  # fmt: skip


def stall() -> None:
    calls = 10_000 if QUICK else 100_000
    told = figures("stall.py", calls)
    assert told["calls"] == calls + 1, told
    show(
        f"{calls:,} deadlines at once, real clock: longest turn of the loop",
        f"{told['gap'] * 1e3:.0f} ms",
        "",
        "(≤ 10 ms)",
    )


def main() -> int:
    if shutil.which("wrk") is None and not {"hooks", "judge"} & set(sys.argv):
        print("make bench needs wrk, the HTTP load generator: install it from your system's packages", file=sys.stderr)
        return 2
    show("what", "ours", "beside", "ratio (wish)")
    parts = (startup, doors, requests, virtual_time, engine, stall, growth, hooks, judge)
    wanted = {word for word in sys.argv[1:] if word in {part.__name__ for part in parts}}
    for part in parts:
        if not wanted or part.__name__ in wanted:
            part()
    if "--write" in sys.argv:
        rows = [ROWS[0], ("---", "---:", "---:", "---:"), *ROWS[1:]]
        table = "".join(f"| {' | '.join(row)} |\n" for row in rows)
        where = f"Python {platform.python_version()}, {len(os.sched_getaffinity(0))} cores"
        Path(sys.argv[sys.argv.index("--write") + 1]).write_text(
            PAGE.format(where=where, table=table), encoding="utf-8"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
