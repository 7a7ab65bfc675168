"""What every vendor's tests need: its API in this process, a virtual clock, and the application on a real port."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import httpx2
import pytest

from emulator.engine.legs import Leg
from emulator.runtime.app import build
from emulator.runtime.exchange import Exchange
from emulator.runtime.pump import Pump
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import Drive, Options, SandboxSpec
from emulator.scenarios.far_end import FarEnd
from tests.fakes.receiver import Received, Receiver

FIXTURES = Path(__file__).parents[2] / "fixtures"


class Client:
    """One sandbox as a client of one vendor sees it, and the reins of its clock; each vendor's tests make their own.

    `base`: where a path belongs that does not start with `/`.
    """

    vendor: ClassVar[str]
    callee: ClassVar[str]
    base = ""

    def __init__(self, exchange: Exchange, receiver: Receiver, **spec: Any) -> None:
        self.exchange = exchange
        self.receiver = receiver
        self.sandbox: Sandbox = exchange.create(SandboxSpec(**spec))
        self.account: Any = self.sandbox.public[self.vendor]
        self.number: str = self.account["numbers"][0]
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(build(exchange)),
            base_url=f"http://ringback.test/{self.vendor}",
            headers=self.credentials(),
        )

    def credentials(self) -> Mapping[str, str]:
        """Headers of every request."""
        return {}

    @classmethod
    def wire(cls, name: str) -> Any:
        """A wire example."""
        return json.loads((FIXTURES / cls.vendor / f"{name}.json").read_text(encoding="utf-8"))

    # --- the API ---------------------------------------------------------------------------------------------------

    async def request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        return await self.client.request(method, path if path.startswith("/") else f"{self.base}/{path}", **more)

    async def get(self, path: str, **more: Any) -> Any:
        response = await self.request("GET", path, **more)
        assert response.status_code == 200, response.text
        return response.json()

    # --- time and people -------------------------------------------------------------------------------------------

    @property
    def pump(self) -> Pump:
        return self.exchange.pumps[self.sandbox.id]

    async def run(self) -> Drive:
        return await self.pump.run()

    async def advance(self, seconds: float) -> Drive:
        return await self.pump.advance(timedelta(seconds=seconds))

    def script(self, far_end: FarEnd, number: str = "") -> None:
        self.sandbox.put_far_end(number or self.callee, far_end)

    def settings(self, **settings: Any) -> None:
        self.sandbox.put_settings(self.vendor, settings)

    # --- what the application was told -----------------------------------------------------------------------------

    def leg(self, name: str) -> Leg:
        """By the vendor's id."""
        leg = self.sandbox.engine.named(self.vendor, name)
        assert leg is not None
        return leg

    def only(self, path: str) -> Received:
        """The one request to a path."""
        (received,) = self.receiver.to(path)
        return received

    @property
    def problems(self) -> list[str]:
        return [delivery.problem for delivery in self.sandbox.outbox.deliveries.values() if delivery.problem]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """The application; a vendor's own fixture of this name says what it answers."""
    made = await Receiver().start()
    yield made
    await made.stop()


@pytest.fixture
async def exchange(request: pytest.FixtureRequest) -> AsyncIterator[Exchange]:
    """Of the one vendor in whose folder the test stands."""
    name = request.path.parent.name
    made = Exchange(
        Options(public_url="http://ringback.test"), {name: import_module(f"emulator.vendors.{name}").vendor}
    )
    yield made
    await made.close()
