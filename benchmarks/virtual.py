"""One pair: 1,000 one-hour calls on a virtual clock, then a bare aiohttp loop that posts the same bodies.

Run as `python virtual.py RECEIVER_PORT`; prints JSON. Both in this process, on the server's core, in the same loop.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
import urllib.request
from datetime import timedelta

import aiohttp
import uvloop
from placing import place

from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import Options, SandboxSpec

CALLS = 1000


def counted(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/count") as response:
        return int(response.read())


async def ours(port: int) -> tuple[float, list[tuple[str, dict[str, str], bytes]]]:
    exchange = Exchange(Options(keep=10 * CALLS))
    sandbox = exchange.create(SandboxSpec(seed=1))
    base = f"http://127.0.0.1:{port}"
    urls = {f"{name}_url": f"{base}/{name}" for name in ("answer", "ring", "hangup")}
    started = time.perf_counter()
    for number in range(CALLS):
        place(sandbox, number, **urls)
    drive = await exchange.pumps[sandbox.id].run()
    took = time.perf_counter() - started
    assert drive.stopped == "idle", drive
    assert drive.now - sandbox.engine.legs["c1.0"].created_at > timedelta(hours=1)
    sent = [
        (delivery.request.url, dict(delivery.attempts[0].headers), delivery.body())
        for delivery in sandbox.outbox.deliveries.values()
    ]
    assert all(delivery.state == "delivered" for delivery in sandbox.outbox.deliveries.values())
    await exchange.close()
    return took, sent


async def bare(sent: list[tuple[str, dict[str, str], bytes]]) -> float:
    connector = aiohttp.TCPConnector(limit=16)
    async with aiohttp.ClientSession(connector=connector, skip_auto_headers={"User-Agent", "Accept"}) as session:
        queue = iter(sent)

        async def worker() -> None:
            for url, headers, body in queue:
                async with session.post(url, data=body, headers=headers) as response:
                    await response.read()

        started = time.perf_counter()
        await asyncio.gather(*(worker() for _ in range(16)))
        return time.perf_counter() - started


async def main(port: int) -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    before = counted(port)
    await ours(port)
    mine, sent = await ours(port)
    await bare(sent)
    theirs = await bare(sent)
    assert len(sent) == 3 * CALLS, len(sent)
    assert counted(port) - before == 4 * len(sent), "the receiver counted otherwise"
    print(json.dumps({"ours": mine, "bare": theirs}))


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
