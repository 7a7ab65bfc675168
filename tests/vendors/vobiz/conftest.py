"""Vobiz in this process: a sandbox on a virtual clock, a client for its API, and the application on a real port."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from emulator.engine.legs import Leg
from emulator.runtime.app import build
from emulator.runtime.exchange import Exchange
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import Options, SandboxSpec
from emulator.scenarios.far_end import FarEnd
from emulator.vendors.vobiz import vendor
from tests.fakes.receiver import Received, Receiver

FIXTURES = Path(__file__).parents[3] / "fixtures" / "vobiz"
CALLEE = "+919876543210"


def wire(name: str) -> Any:
    """A wire example."""
    return json.loads((FIXTURES / f"{name}.json").read_text())


class Telco:
    """One sandbox as a client of Vobiz sees it, and the reins of its clock."""

    def __init__(self, exchange: Exchange, receiver: Receiver, **spec: Any) -> None:
        self.exchange = exchange
        self.receiver = receiver
        self.sandbox: Sandbox = exchange.create(SandboxSpec(**spec))
        self.account = self.sandbox.public["vobiz"]
        self.auth_id: str = self.account["auth_id"]
        self.number: str = self.account["numbers"][0]
        self.base = f"/api/v1/Account/{self.auth_id}"
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(build(exchange)),
            base_url="http://ringback.test/vobiz",
            headers={"X-Auth-ID": self.auth_id, "X-Auth-Token": self.account["auth_token"]},
        )

    async def request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """`path` is what follows the account; one that starts with `/api` is whole."""
        return await self.client.request(method, path if path.startswith("/api") else f"{self.base}/{path}", **more)

    async def get(self, path: str, **more: Any) -> Any:
        response = await self.request("GET", path, **more)
        assert response.status_code == 200, response.text
        return response.json()

    def fields(self, to: str = CALLEE, **more: Any) -> dict[str, Any]:
        return {"from": self.number, "to": to, "answer_url": f"{self.receiver.url}/answer", **more}

    async def place(self, to: str = CALLEE, **more: Any) -> str:
        """Place a call whose every URL is the receiver's; its uuid."""
        urls = {f"{name}_url": f"{self.receiver.url}/{name}" for name in ("ring", "hangup")}
        response = await self.request("POST", "Call/", json=self.fields(to, **{**urls, **more}))
        assert response.status_code == 201, response.text
        made: str = response.json()["request_uuid"]
        return made

    async def run(self) -> None:
        await self.exchange.pumps[self.sandbox.id].run()

    async def advance(self, seconds: float) -> None:
        await self.exchange.pumps[self.sandbox.id].advance(timedelta(seconds=seconds))

    def script(self, far_end: FarEnd, number: str = CALLEE) -> None:
        self.sandbox.put_far_end(number, far_end)

    def answers(self, *verbs: str, path: str = "/answer") -> None:
        """The application's document at a path."""
        self.receiver.answers[path] = f"<Response>{''.join(verbs)}</Response>"

    def leg(self, uuid: str) -> Leg:
        leg = self.sandbox.engine.named("vobiz", uuid)
        assert leg is not None
        return leg

    def sent(self, path: str) -> dict[str, str]:
        """The form of the one request to a path."""
        (received,) = self.receiver.to(path)
        return received.form

    def only(self, path: str) -> Received:
        (received,) = self.receiver.to(path)
        return received

    @property
    def callbacks(self) -> list[str]:
        return [delivery.callback for delivery in self.sandbox.outbox.deliveries.values()]

    @property
    def problems(self) -> list[str]:
        return [delivery.problem for delivery in self.sandbox.outbox.deliveries.values() if delivery.problem]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = await Receiver().start()
    made.content_type = "application/xml"
    made.answers["/answer"] = "<Response><Speak>hello there</Speak></Response>"
    yield made
    await made.stop()


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    made = Exchange(Options(), {"vobiz": vendor})
    yield made
    await made.close()


@pytest.fixture
async def telco(exchange: Exchange, receiver: Receiver) -> AsyncIterator[Telco]:
    made = Telco(exchange, receiver, seed=1)
    yield made
    await made.client.aclose()
