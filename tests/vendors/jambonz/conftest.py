"""jambonz in this process: a sandbox on a virtual clock, a client for its API, and the application on a real port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from emulator.runtime.exchange import Exchange
from tests.fakes.receiver import Receiver
from tests.vendors.conftest import Client

CALLEE = "+15085551212"
SPEECH = {
    "speech_synthesis_vendor": "google",
    "speech_synthesis_language": "en-US",
    "speech_synthesis_voice": "en-US-Standard-C",
    "speech_recognizer_vendor": "google",
    "speech_recognizer_language": "en-US",
}


class Telco(Client):
    """One sandbox as a client of jambonz sees it, and the reins of its clock."""

    vendor = "jambonz"
    callee = CALLEE

    def __init__(self, exchange: Exchange, receiver: Receiver, **spec: Any) -> None:
        super().__init__(exchange, receiver, **spec)
        self.sid: str = self.account["account_sid"]
        self.base = f"/v1/Accounts/{self.sid}"

    def credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account['api_key']}"}

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

    def answers(self, *verbs: Any, path: str = "/call") -> None:
        """The application at a path: an array of verbs."""
        self.receiver.answers[path] = list(verbs)

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


wire = Telco.wire


@pytest.fixture
def receiver(receiver: Receiver) -> Receiver:
    receiver.answers["/call"] = [{"verb": "say", "text": "hello there"}]
    return receiver


@pytest.fixture
async def telco(exchange: Exchange, receiver: Receiver) -> AsyncIterator[Telco]:
    made = Telco(exchange, receiver, seed=1)
    yield made
    await made.client.aclose()
