"""Faults and the clock: what is held back on a real one, and what a request that is held back holds."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from emulator.recorder import Entry
from emulator.runtime.app import build
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.server import Listener
from tests.runtime.conftest import Telco

FAST = {"mode": "real", "speed": 100.0}


async def seen(sandbox: Sandbox, is_it: Callable[[Entry], bool]) -> Entry:
    """The next entry of the journal that is it."""
    found: asyncio.Future[Entry] = asyncio.get_running_loop().create_future()

    def watch(entry: Entry) -> None:
        if is_it(entry) and not found.done():
            found.set_result(entry)

    sandbox.observers.append(watch)
    async with asyncio.timeout(10):
        return await found


def delivered(callback: str) -> Callable[[Entry], bool]:
    return lambda entry: entry.kind == "sent" and entry.data["callback"] == callback


async def test_on_a_real_clock_a_lost_webhook_is_tried_again_by_the_vendors_rules(telco: Telco) -> None:
    sandbox = telco.sandbox(**FAST)
    sandbox.put_faults([{"fault": "lost", "callback": "answer", "count": 1}])
    waiting = asyncio.ensure_future(
        seen(sandbox, lambda entry: delivered("answer")(entry) and entry.data["attempt"] == 2)
    )
    await telco.place(sandbox)
    entry = await waiting
    [delivery] = [each for each in sandbox.outbox.deliveries.values() if each.callback == "answer"]
    first, second = delivery.attempts
    assert (second.at - first.at) >= first.timeout + timedelta(seconds=1)
    assert entry.at == second.at


async def test_on_a_real_clock_a_delayed_webhook_leaves_later(telco: Telco) -> None:
    sandbox = telco.sandbox(**FAST)
    sandbox.put_faults([{"fault": "delayed", "span": 5, "callback": "answer"}])
    waiting = asyncio.ensure_future(seen(sandbox, delivered("answer")))
    await telco.place(sandbox)
    await waiting
    [delivery] = [each for each in sandbox.outbox.deliveries.values() if each.callback == "answer"]
    assert delivery.attempts[0].at == delivery.created_at + timedelta(seconds=5)


async def test_the_clock_stands_while_an_answer_is_held_back(telco: Telco) -> None:
    sandbox = telco.sandbox()
    sandbox.put_faults([{"fault": "latency", "span": "300ms"}])
    struck = asyncio.ensure_future(seen(sandbox, lambda entry: entry.kind == "struck"))
    request = asyncio.ensure_future(telco.place(sandbox))
    await struck
    run = asyncio.ensure_future(telco.pump(sandbox).run())
    await asyncio.wait([request, run], return_when=asyncio.FIRST_COMPLETED)
    assert (request.done(), run.done()) == (True, False)
    await run


async def test_a_sandbox_deleted_while_an_answer_is_held_back_answers(telco: Telco) -> None:
    sandbox = telco.sandbox()
    sandbox.put_faults([{"fault": "latency", "span": "200ms"}])
    struck = asyncio.ensure_future(seen(sandbox, lambda entry: entry.kind == "struck"))
    request = asyncio.ensure_future(telco.place(sandbox))
    await struck
    await telco.exchange.delete(sandbox.id)
    assert await request


async def test_a_body_over_the_limit_is_refused_as_ever_while_there_are_faults(telco: Telco) -> None:
    sandbox = telco.sandbox()
    sandbox.put_faults([{"fault": "reset", "number": "+1999*"}])
    response = await telco.client.post("/acme/calls", content=b"x" * (2 << 20), headers=telco.key(sandbox))
    assert response.status_code == 413


async def test_a_head_request_is_answered_without_a_body_while_there_are_faults(telco: Telco) -> None:
    sandbox = telco.sandbox()
    sandbox.put_faults([{"fault": "slow-body", "span": "50ms", "route": "GET /calls"}])
    listener = Listener(build(telco.exchange))
    port = await listener.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = telco.key(sandbox)["Authorization"]
    writer.write(f"HEAD /acme/calls HTTP/1.1\r\nHost: x\r\nAuthorization: {key}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    await listener.stop()
    assert answer.endswith(b"\r\n\r\n")


async def test_a_parked_request_is_struck_before_it_parks(telco: Telco) -> None:
    sandbox = telco.sandbox()
    name = await telco.place(sandbox)
    sandbox.put_faults([{"fault": "status", "status": 503, "route": "GET /calls/*", "count": 1}])
    asked: dict[str, Any] = {"params": {"wait": "answer"}, "headers": telco.key(sandbox)}
    assert (await telco.client.get(f"/acme/calls/{name}", **asked)).status_code == 503
    assert (await telco.client.get(f"/acme/calls/{name}", **asked)).json()["state"] == "answered"


async def test_a_call_named_in_a_path_has_the_numbers_of_its_legs(telco: Telco) -> None:
    sandbox = telco.sandbox()
    names = [await telco.place(sandbox, to) for to in ("+14155550000", "+14155550001")]
    sandbox.put_faults([{"fault": "status", "status": 503, "number": "+14155550001"}])
    statuses = [
        (await telco.client.get(f"/acme/calls/{name}", headers=telco.key(sandbox))).status_code for name in names
    ]
    assert statuses == [200, 503]
