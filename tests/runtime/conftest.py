"""An exchange with Acme in this process, a client for its API, and a receiver on a real port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import pytest

from emulator.runtime.app import build
from emulator.runtime.exchange import Exchange
from emulator.runtime.pump import Pump
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import Options, SandboxSpec
from tests.fakes.acme import vendor as acme
from tests.fakes.receiver import Receiver


class Telco:
    """What a test of the runtime needs, in one place."""

    def __init__(self, exchange: Exchange, receiver: Receiver) -> None:
        self.exchange = exchange
        self.receiver = receiver
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(build(exchange)), base_url="http://ringback.test"
        )  # fmt: skip

    def sandbox(self, **spec: Any) -> Sandbox:
        return self.exchange.create(SandboxSpec(**spec))

    def pump(self, sandbox: Sandbox) -> Pump:
        return self.exchange.pumps[sandbox.id]

    def key(self, sandbox: Sandbox) -> dict[str, str]:
        return {"Authorization": f"Bearer {sandbox.public['acme']['api_key']}"}

    async def place(self, sandbox: Sandbox, to: str = "+14155550000", **more: str) -> str:
        """Place a call whose application is the receiver; Acme's id of it."""
        body = {
            "from": "+12025550000", "to": to, "answer_url": f"{self.receiver.url}/answer",
            "hangup_url": f"{self.receiver.url}/hangup", **more,
        }  # fmt: skip
        response = await self.client.post("/acme/calls", json=body, headers=self.key(sandbox))
        assert response.status_code == 201, response.text
        made: str = response.json()["id"]
        return made

    def journal(self, sandbox: Sandbox) -> bytes:
        return b"".join(sandbox.journal.lines())


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = await Receiver().start()
    made.answers["/answer"] = [{"say": "hello there"}]
    yield made
    await made.stop()


@pytest.fixture
async def telco_with(receiver: Receiver) -> AsyncIterator[Callable[..., Telco]]:
    made: list[Telco] = []

    def build_one(**options: Any) -> Telco:
        made.append(Telco(Exchange(Options(**options), {"acme": acme}), receiver))
        return made[-1]

    yield build_one
    for telco in made:
        await telco.client.aclose()
        await telco.exchange.close()


@pytest.fixture
def telco(telco_with: Callable[..., Telco]) -> Telco:
    return telco_with()
