"""One pair: 200 generated webhooks, signed, posted, the replies judged; then a bare loop that posts 200 fixed ones.

Run as `python hooks.py RECEIVER_PORT`; prints JSON: seconds of both once warm, and of ours the first time, which builds
what it draws from. Both in this process, one request after the other, on a connection that is kept.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
import urllib.request
from urllib.parse import urlencode

import aiohttp

from contracts.receiving.receiver_check import ILLEGAL, check_receiver

COUNT = 200
SECRET = "the account's token"
HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded", "X-Vobiz-Signature-V3": "x" * 44,
    "X-Vobiz-Signature-V3-Nonce": "0" * 32,
}  # fmt: skip
BODY = urlencode(
    {
        "ALegRequestUUID": "00000000-0000-4000-8000-000000000000", "ALegUUID": "00000000-0000-4000-8000-000000000000",
        "CallUUID": "00000000-0000-4000-8000-000000000000", "CallStatus": "in-progress", "Direction": "outbound",
        "Event": "StartApp", "From": "+912271264300", "To": "+919876543210", "SessionStart": "2026-01-01 00:00:00",
    }
).encode()  # fmt: skip


def counted(port: int) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/count") as response:
        return int(response.read())


def ours(port: int, seeded: int) -> float:
    urls = {"answer": f"http://127.0.0.1:{port}/answer"}
    started = time.perf_counter()
    report = check_receiver("vobiz", urls, secret=SECRET, examples=COUNT, seeded=seeded, skip=ILLEGAL)
    took = time.perf_counter() - started
    report.check()
    assert [run.posted for run in report.runs] == [COUNT], report.text()
    return took


async def bare(port: int) -> float:
    async with aiohttp.ClientSession() as session:
        started = time.perf_counter()
        for _ in range(COUNT):
            async with session.post(f"http://127.0.0.1:{port}/answer", data=BODY, headers=HEADERS) as response:
                assert response.status == 200
                await response.read()
        return time.perf_counter() - started


def main(port: int) -> None:
    before = counted(port)
    first = ours(port, 1)
    asyncio.run(bare(port))
    pairs = [(ours(port, 2 + turn), asyncio.run(bare(port))) for turn in range(5)]
    assert counted(port) - before == COUNT * 2 * 6, "the receiver counted otherwise"
    mine, theirs = min(pair[0] for pair in pairs), min(pair[1] for pair in pairs)
    print(json.dumps({"first": first, "ours": mine, "bare": theirs}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
