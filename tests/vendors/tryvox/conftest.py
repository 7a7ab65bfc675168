"""TryVox in this process: a sandbox on a virtual clock, a client for its API, and the application on a real port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from emulator.runtime.exchange import Exchange
from emulator.scenarios.builder import FarEndBuilder
from tests.fakes.receiver import Receiver
from tests.vendors.conftest import Client

CALLEE = "+919876543210"
UNKNOWN = "00000000-0000-4000-8000-000000000000"
STAYS = {"verb": "Pause", "length": 3600}


def scripted() -> FarEndBuilder:
    return FarEndBuilder()


class Telco(Client):
    """One sandbox as a client of TryVox sees it, and the reins of its clock."""

    vendor = "tryvox"
    callee = CALLEE

    def __init__(self, exchange: Exchange, receiver: Receiver, **spec: Any) -> None:
        super().__init__(exchange, receiver, **spec)
        self.auth_id: str = self.account["auth_id"]
        self.voice = self.base = f"/v1/voice/accounts/{self.auth_id}"
        self.numbers = f"/v1/account/{self.auth_id}/numbers"
        self.application = f"/v1/voice/applications/{self.account['application_id']}"

    def credentials(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.account['api_key']}"}

    # --- the API -----------------------------------------------------------------------------------------------

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

    def script(self, far_end: FarEndBuilder, number: str = CALLEE) -> None:
        super().script(far_end.far_end, number)

    def arrive(self, **settings: Any) -> str:
        """An inbound call to an application whose every URL is the receiver's."""
        self.settings(**{**self.urls("answer", "ring", "hangup", "status"), **settings})
        return self.sandbox.arrive("tryvox", CALLEE, self.number).name

    # --- the application ---------------------------------------------------------------------------------------

    def answers(self, *instructions: Any, path: str = "/answer") -> None:
        """The application's document at a path."""
        self.receiver.answers[path] = {"voxml_version": "1.0", "instructions": list(instructions)}

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


wire = Telco.wire


@pytest.fixture
def receiver(receiver: Receiver) -> Receiver:
    receiver.answers["/answer"] = {"voxml_version": "1.0", "instructions": [{"verb": "Say", "text": "hello there"}]}
    return receiver


@pytest.fixture
async def telco(exchange: Exchange, receiver: Receiver) -> AsyncIterator[Telco]:
    made = Telco(exchange, receiver, seed=1)
    yield made
    await made.client.aclose()
