"""How long the loop stands still while very many deadlines fall due at once: live calls whose ringing is over. Prints
JSON.

Run as `python stall.py CALLS`. The machine's clock is moved by hand to where every call's time to ring has passed, as
after a pause in a debugger; `gap` is the most processor time, in seconds, that one turn of the loop took until
all had ended, and `took` what they took together.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time

import uvloop
from placing import place

from emulator.clock import WallClock
from emulator.ids import Ids
from emulator.runtime.exchange import Exchange
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import Options, SandboxSpec

CALL = {"answer_url": "http://127.0.0.1:9/answer", "ring_timeout": 5}
SILENT = {"default": {"outcome": "no-answer"}}


class Machine:
    """A monotonic clock, in seconds, moved by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


async def main(calls: int) -> None:
    exchange, machine = Exchange(Options(keep=2 * calls)), Machine()
    spec = SandboxSpec(name="stall", seed=1, mode="real", scenario=SILENT)
    sandbox = Sandbox("stall", spec, 1, Ids(1), WallClock(tick=machine), exchange.vendors, 2 * calls)
    exchange.adopt(sandbox)
    for number in range(calls):
        machine.seconds += 5e-6
        place(sandbox, number, **CALL)
    gc.collect()
    gc.freeze()
    machine.seconds += 300
    place(sandbox, calls, **CALL)
    gap, last, started = 0.0, time.thread_time(), time.thread_time()
    live = sandbox.views["vobiz"].live()
    while live or sandbox.views["vobiz"].queued():
        await asyncio.sleep(0)
        now = time.thread_time()
        gap, last = max(gap, now - last), now
    print(json.dumps({"gap": gap, "took": last - started, "calls": len(sandbox.views["vobiz"].ended())}))
    await exchange.close()


if __name__ == "__main__":
    gc.set_threshold(5_000, 2, 1_000)
    uvloop.run(main(int(sys.argv[1])))
