"""The engine by itself: commands per second over whole calls, beside a bare loop of state changes. Prints JSON."""

from __future__ import annotations

import gc
import json
import time
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from emulator.engine import Engine
from emulator.engine import commands as c
from emulator.engine import program as p

CALLS = 30_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PROGRAM = p.Program((p.Fetch(p.Hook("http://127.0.0.1/answer")),))
DOCUMENT = p.Program((p.HangUp(),))


def ours() -> float:
    engine = Engine(lambda vendor, leg_id, at: leg_id)
    started = time.perf_counter()
    for number in range(1, CALLS + 1):
        leg = f"c{number}.0"
        engine.handle(
            c.PlaceCall("x", "+911", "+919876543210", PROGRAM, ring_timeout=timedelta(seconds=60)), NOW
        )  # fmt: skip
        engine.handle(c.Ring(leg), NOW)
        engine.handle(c.Answer(leg), NOW)
        engine.handle(c.Reply(f"{leg}#1", DOCUMENT), NOW)
    return 4 * CALLS / (time.perf_counter() - started)


def bare() -> float:
    """The same four changes of state with nothing behind them: a timed record each, kept in a list and in a heap."""
    history: list[tuple[datetime, str, str]] = []
    heap: list[tuple[datetime, int, str]] = []
    states: dict[str, str] = {}
    started = time.perf_counter()
    for number in range(1, CALLS + 1):
        name = f"c{number}.0"
        for step, state in enumerate(("ringing", "answered", "asked", "ended")):
            heappush(heap, (NOW, 4 * number + step, state))
        for _ in range(4):
            at, _, state = heappop(heap)
            states[name] = state
            history.append((at, name, state))
    return 4 * CALLS / (time.perf_counter() - started)


if __name__ == "__main__":
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    ours(), bare()
    print(json.dumps({"commands": ours(), "bare": bare()}))
