"""Vobiz in this process: a sandbox on a virtual clock, a client for its API, and the application on a real port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from emulator.runtime.exchange import Exchange
from tests.fakes.receiver import Receiver
from tests.vendors.conftest import Client

CALLEE = "+919876543210"


class Telco(Client):
    """One sandbox as a client of Vobiz sees it, and the reins of its clock."""

    vendor = "vobiz"
    callee = CALLEE

    def __init__(self, exchange: Exchange, receiver: Receiver, **spec: Any) -> None:
        super().__init__(exchange, receiver, **spec)
        self.auth_id: str = self.account["auth_id"]
        self.base = f"/api/v1/Account/{self.auth_id}"

    def credentials(self) -> dict[str, str]:
        return {"X-Auth-ID": self.account["auth_id"], "X-Auth-Token": self.account["auth_token"]}

    def fields(self, to: str = CALLEE, **more: Any) -> dict[str, Any]:
        return {"from": self.number, "to": to, "answer_url": f"{self.receiver.url}/answer", **more}

    async def place(self, to: str = CALLEE, **more: Any) -> str:
        """Place a call whose every URL is the receiver's; its uuid."""
        urls = {f"{name}_url": f"{self.receiver.url}/{name}" for name in ("ring", "hangup")}
        response = await self.request("POST", "Call/", json=self.fields(to, **{**urls, **more}))
        assert response.status_code == 201, response.text
        made: str = response.json()["request_uuid"]
        return made

    def answers(self, *verbs: str, path: str = "/answer") -> None:
        """The application's document at a path."""
        self.receiver.answers[path] = f"<Response>{''.join(verbs)}</Response>"

    def sent(self, path: str) -> dict[str, str]:
        """The form of the one request to a path."""
        return self.only(path).form

    @property
    def callbacks(self) -> list[str]:
        return [delivery.callback for delivery in self.sandbox.outbox.deliveries.values()]


wire = Telco.wire


@pytest.fixture
def receiver(receiver: Receiver) -> Receiver:
    receiver.content_type = "application/xml"
    receiver.answers["/answer"] = "<Response><Speak>hello there</Speak></Response>"
    return receiver


@pytest.fixture
async def telco(exchange: Exchange, receiver: Receiver) -> AsyncIterator[Telco]:
    made = Telco(exchange, receiver, seed=1)
    yield made
    await made.client.aclose()
