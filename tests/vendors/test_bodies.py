"""Bodies that no parser takes, at every vendor."""

from __future__ import annotations

import httpx2
import pytest

from emulator.runtime.app import build
from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import Options, SandboxSpec
from emulator.runtime.vendors import load_vendors

VENDORS = load_vendors()


@pytest.mark.parametrize("raw", [b"{", b'{"from": "\xff"}', b"\xff\xfe", b"[" * 100_000], ids=range(4))
@pytest.mark.parametrize("vendor", VENDORS)
async def test_a_body_that_is_broken_is_the_clients_fault(vendor: str, raw: bytes) -> None:
    exchange = Exchange(Options(), {vendor: VENDORS[vendor]})
    public = exchange.create(SandboxSpec(seed=1)).public[vendor]
    call = VENDORS[vendor].call_request(public, public["numbers"][0], "+919876543210", {"answer": "http://127.0.0.1:9"})
    headers = {**dict(call.headers), "Content-Type": "application/json"}
    transport = httpx2.ASGITransport(build(exchange))
    async with httpx2.AsyncClient(transport=transport, base_url=f"http://ringback.test/{vendor}") as client:
        response = await client.request(call.method, call.path, headers=headers, content=raw)
    await exchange.close()
    assert response.status_code in (400, 422), response.text
    assert response.json()
