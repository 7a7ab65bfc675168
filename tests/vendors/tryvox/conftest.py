"""TryVox in this process: a sandbox on a virtual clock, a client for its API, and the application on a real port."""

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
from emulator.scenarios.builder import FarEndBuilder
from emulator.vendors.tryvox import vendor
from tests.fakes.receiver import Received, Receiver

FIXTURES = Path(__file__).parents[3] / "fixtures" / "tryvox"
CALLEE = "+919876543210"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
STAYS = {"verb": "Pause", "length": 3600}


def wire(name: str) -> Any:
    """A wire example."""
    return json.loads((FIXTURES / f"{name}.json").read_text())


def scripted() -> FarEndBuilder:
    return FarEndBuilder()


class Telco:
    """One sandbox as a client of TryVox sees it, and the reins of its clock."""

    def __init__(self, exchange: Exchange, receiver: Receiver, **spec: Any) -> None:
        self.exchange = exchange
        self.receiver = receiver
        self.sandbox: Sandbox = exchange.create(SandboxSpec(**spec))
        self.account = self.sandbox.public["tryvox"]
        self.auth_id: str = self.account["auth_id"]
        self.number: str = self.account["numbers"][0]
        self.voice = f"/v1/voice/accounts/{self.auth_id}"
        self.numbers = f"/v1/account/{self.auth_id}/numbers"
        self.application = f"/v1/voice/applications/{self.account['application_id']}"
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(build(exchange)),
            base_url="http://ringback.test/tryvox",
            headers={"Authorization": f"Bearer {self.account['api_key']}"},
        )

    # --- the API -----------------------------------------------------------------------------------------------

    async def request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """`path` is what follows the account's voice resources; one that starts with `/` is whole."""
        return await self.client.request(method, path if path.startswith("/") else f"{self.voice}/{path}", **more)

    async def get(self, path: str, **more: Any) -> Any:
        response = await self.request("GET", path, **more)
        assert response.status_code == 200, response.text
        return response.json()

    async def listed(self, **params: Any) -> list[str]:
        """The ids of a list of calls."""
        return [call["call_uuid"] for call in (await self.get("calls", params=params))["calls"]]

    def fields(self, to: str = CALLEE, **more: Any) -> dict[str, Any]:
        return {"from": self.number, "to": to, "answer_url": f"{self.receiver.url}/answer", **more}

    def urls(self, *names: str) -> dict[str, str]:
        fields = {"status": "status_callback_url"}
        return {fields.get(name, f"{name}_url"): f"{self.receiver.url}/{name}" for name in names}

    async def place(self, to: str = CALLEE, headers: dict[str, str] | None = None, **more: Any) -> str:
        """Place a call whose every URL is the receiver's; its uuid."""
        body = self.fields(to, **{**self.urls("ring", "hangup", "status"), **more})
        response = await self.request("POST", "calls", json=body, headers=headers)
        assert response.status_code == 201, response.text
        made: str = response.json()["call_uuid"]
        return made

    # --- time and people ---------------------------------------------------------------------------------------

    async def run(self) -> None:
        await self.exchange.pumps[self.sandbox.id].run()

    async def advance(self, seconds: float) -> None:
        await self.exchange.pumps[self.sandbox.id].advance(timedelta(seconds=seconds))

    def script(self, far_end: FarEndBuilder, number: str = CALLEE) -> None:
        self.sandbox.put_far_end(number, far_end.far_end)

    def settings(self, **settings: Any) -> None:
        self.sandbox.put_settings("tryvox", settings)

    def arrive(self, **settings: Any) -> str:
        """An inbound call to an application whose every URL is the receiver's."""
        self.settings(**{**self.urls("answer", "ring", "hangup", "status"), **settings})
        return self.sandbox.arrive("tryvox", CALLEE, self.number).name

    # --- the application ---------------------------------------------------------------------------------------

    def answers(self, *instructions: Any, path: str = "/answer") -> None:
        """The application's document at a path."""
        self.receiver.answers[path] = {"voxml_version": "1.0", "instructions": list(instructions)}

    def leg(self, uuid: str) -> Leg:
        leg = self.sandbox.engine.named("tryvox", uuid)
        assert leg is not None
        return leg

    def only(self, path: str) -> Received:
        (received,) = self.receiver.to(path)
        return received

    def told(self, path: str) -> Any:
        """The body of the one request to a path."""
        return self.only(path).json

    async def ending(self, uuid: str) -> tuple[str, str, int]:
        """Status, end reason and duration of a call that is over, agreed upon by everybody who tells of it."""
        (listed,) = [call for call in (await self.get("calls"))["calls"] if call["call_uuid"] == uuid]
        single = await self.get(f"calls/{uuid}")
        assert {name: single[name] for name in listed} == listed
        shared = ("duration", "end_reason", "start_time", "answer_time", "end_time")
        for body in [received.json for path in ("/hangup", "/status") for received in self.receiver.to(path)]:
            if body["status"] == "ended" and body["call_uuid"] == uuid:
                assert {name: body[name] for name in shared} == {name: listed[name] for name in shared}
        return listed["status"], listed["end_reason"], listed["duration"]

    @property
    def problems(self) -> list[str]:
        return [delivery.problem for delivery in self.sandbox.outbox.deliveries.values() if delivery.problem]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = await Receiver().start()
    made.answers["/answer"] = {"voxml_version": "1.0", "instructions": [{"verb": "Say", "text": "hello there"}]}
    yield made
    await made.stop()


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    made = Exchange(Options(), {"tryvox": vendor})
    yield made
    await made.close()


@pytest.fixture
async def telco(exchange: Exchange, receiver: Receiver) -> AsyncIterator[Telco]:
    made = Telco(exchange, receiver, seed=1)
    yield made
    await made.client.aclose()
