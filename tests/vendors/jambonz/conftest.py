"""jambonz in this process: a sandbox on a virtual clock, a client for its API, and the application on a real port."""

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
from emulator.vendors.jambonz import vendor
from tests.fakes.receiver import Received, Receiver

FIXTURES = Path(__file__).parents[3] / "fixtures" / "jambonz"
CALLEE = "+15085551212"
SPEECH = {
    "speech_synthesis_vendor": "google",
    "speech_synthesis_language": "en-US",
    "speech_synthesis_voice": "en-US-Standard-C",
    "speech_recognizer_vendor": "google",
    "speech_recognizer_language": "en-US",
}


def wire(name: str) -> Any:
    """A wire example."""
    return json.loads((FIXTURES / f"{name}.json").read_text())


class Telco:
    """One sandbox as a client of jambonz sees it, and the reins of its clock."""

    def __init__(self, exchange: Exchange, receiver: Receiver, **spec: Any) -> None:
        self.exchange = exchange
        self.receiver = receiver
        self.sandbox: Sandbox = exchange.create(SandboxSpec(**spec))
        self.account = self.sandbox.public["jambonz"]
        self.sid: str = self.account["account_sid"]
        self.number: str = self.account["numbers"][0]
        self.base = f"/v1/Accounts/{self.sid}"
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(build(exchange)),
            base_url="http://ringback.test/jambonz",
            headers={"Authorization": f"Bearer {self.account['api_key']}"},
        )

    async def request(self, method: str, path: str, **more: Any) -> httpx2.Response:
        """`path` is what follows the account; one that starts with `/` is whole."""
        return await self.client.request(method, path if path.startswith("/") else f"{self.base}/{path}", **more)

    async def get(self, path: str, **more: Any) -> Any:
        response = await self.request("GET", path, **more)
        assert response.status_code == 200, response.text
        return response.json()

    async def put(self, sid: str, **body: Any) -> httpx2.Response:
        return await self.request("PUT", f"Calls/{sid}", json=body)

    def fields(self, to: str = CALLEE, **more: Any) -> dict[str, Any]:
        """A complete create-call request whose hooks are the receiver's."""
        return {
            "from": self.number, "to": {"type": "phone", "number": to}, "call_hook": f"{self.receiver.url}/call",
            "call_status_hook": f"{self.receiver.url}/status", **SPEECH, **more,
        }  # fmt: skip

    async def place(self, to: str = CALLEE, **more: Any) -> str:
        response = await self.request("POST", "Calls", json=self.fields(to, **more))
        assert response.status_code == 201, response.text
        made: str = response.json()["sid"]
        return made

    def serve_inbound(self, **settings: Any) -> None:
        """The default application's hooks are the receiver's."""
        url = self.receiver.url
        hooks = {"call_hook": f"{url}/call", "call_status_hook": f"{url}/status"}
        self.sandbox.put_settings("jambonz", {**hooks, **settings})

    def arrive(self, from_: str = CALLEE, to: str = "") -> str:
        return self.sandbox.arrive("jambonz", from_, to or self.number).name

    async def run(self) -> None:
        await self.exchange.pumps[self.sandbox.id].run()

    async def advance(self, seconds: float) -> None:
        await self.exchange.pumps[self.sandbox.id].advance(timedelta(seconds=seconds))

    def script(self, far_end: FarEnd, number: str = CALLEE) -> None:
        self.sandbox.put_far_end(number, far_end)

    def answers(self, *verbs: Any, path: str = "/call") -> None:
        """The application at a path: an array of verbs."""
        self.receiver.answers[path] = list(verbs)

    def leg(self, sid: str) -> Leg:
        leg = self.sandbox.engine.named("jambonz", sid)
        assert leg is not None
        return leg

    def only(self, path: str) -> Received:
        (received,) = self.receiver.to(path)
        return received

    def statuses(self, sid: str = "", path: str = "/status") -> list[tuple[str, int, str]]:
        """What the status hook was told, of one leg or of all."""
        told = [received.json for received in self.receiver.to(path)]
        return [
            (body["call_status"], body["sip_status"], body["sip_reason"])
            for body in told
            if sid in ("", body["call_sid"])
        ]

    @property
    def callbacks(self) -> list[tuple[str, str]]:
        return [(each.callback, each.request.word) for each in self.sandbox.outbox.deliveries.values()]

    @property
    def problems(self) -> list[str]:
        return [delivery.problem for delivery in self.sandbox.outbox.deliveries.values() if delivery.problem]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = await Receiver().start()
    made.answers["/call"] = [{"verb": "say", "text": "hello there"}]
    yield made
    await made.stop()


@pytest.fixture
async def exchange() -> AsyncIterator[Exchange]:
    made = Exchange(Options(), {"jambonz": vendor})
    yield made
    await made.close()


@pytest.fixture
async def telco(exchange: Exchange, receiver: Receiver) -> AsyncIterator[Telco]:
    made = Telco(exchange, receiver, seed=1)
    yield made
    await made.client.aclose()
