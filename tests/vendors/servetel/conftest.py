"""A sandbox at Servetel in this process: a plain client for its API, a receiver on a real port, a virtual clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from emulator.recorder.transcript import transcript
from emulator.runtime.exchange import Exchange
from tests.fakes.receiver import Receiver
from tests.vendors.conftest import Client

TRIGGERS = (
    "received", "received-on-department", "dialed", "answered-by-agent", "answered-by-customer", "dtmf", "missed",
    "hangup",
)  # fmt: skip

CUSTOMER = "+919876543210"
BUSY, NO_ANSWER, REJECTED, UNREACHABLE = (f"+91983555010{digit}" for digit in (1, 2, 3, 4))
HANGS_UP = "+919835550106"
MAGIC_AGENTS = {"busy": "0500000000101", "silent": "0500000000102", "away": "0500000000199"}


class Desk(Client):
    """One sandbox and whoever uses it."""

    vendor = "servetel"
    callee = CUSTOMER

    def __init__(self, exchange: Exchange, receiver: Receiver, **spec: Any) -> None:
        super().__init__(exchange, receiver, **spec)
        self.headers = {"Authorization": f"Bearer {self.account['token']}"}

    @property
    def agent(self) -> dict[str, str]:
        found: dict[str, str] = self.account["agents"][0]
        return found

    async def ask(self, method: str, path: str, **given: Any) -> httpx2.Response:
        return await self.client.request(method, path, headers=given.pop("headers", self.headers), **given)

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, body: Any = None) -> Any:
        answer = await self.ask("POST", path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def call(self, customer: str = CUSTOMER, **more: Any) -> Any:
        """click_to_call from the first agent."""
        body = {"agent_number": self.agent["id"], "destination_number": customer, "async": 1, **more}
        return await self.post("/v1/click_to_call", body)

    async def support_call(self, customer: str = CUSTOMER, **more: Any) -> httpx2.Response:
        body = {"customer_number": customer, "api_key": self.account["support_api_key"], "async": 1, **more}
        return await self.client.post("/v1/click_to_call_support", json=body)

    async def live(self, **params: Any) -> Any:
        return await self.get("/v1/live_calls", **params)

    async def records(self, **params: Any) -> Any:
        return await self.get("/v1/call/records", **params)

    async def hang_up(self) -> None:
        for call in await self.live():
            await self.post("/v1/call/hangup", {"call_id": call["call_id"]})
        await self.run()

    def listen(self, *triggers: str, settings: dict[str, Any] | None = None, **more: Any) -> None:
        """Webhooks for these triggers, or for all, each to a path of its own name."""
        hooks = [{"url": f"{self.receiver.url}/{name}", "trigger": name, **more} for name in triggers or TRIGGERS]
        self.settings(webhooks=hooks, agents=agents(), **(settings or {}))

    async def lead(self, destination: str, **settings: Any) -> None:
        """Where the first number leads, and all webhooks."""
        self.listen(settings=settings)
        (number, *_) = await self.get("/v1/my_number")
        answer = await self.ask("PUT", f"/v1/my_number/{number['id']}", json={"destination": destination})
        assert answer.status_code == 200, answer.text

    async def dialplan(self, *answers: Any, **more: Any) -> None:
        """The first number leads to a dialplan at `/plan`, which answers these one after another, the last for ever."""
        left = list(answers)
        self.receiver.answers["/plan"] = lambda received: left.pop(0) if len(left) > 1 else left[0]
        plan = {"id": "7", "url": f"{self.receiver.url}/plan", **more.pop("plan", {})}
        await self.lead("api_dialplan||7", dialplans=[plan], **more)

    def arrive(self, caller: str = CUSTOMER) -> None:
        self.sandbox.arrive("servetel", caller, self.number)

    def script(self, far_end: Any, number: str = "") -> None:
        super().script(getattr(far_end, "far_end", far_end), number)

    @property
    def legs(self) -> list[tuple[str, str, str]]:
        """Every leg of every call: role, number, what became of it."""
        return [
            (
                leg.memo["role"],
                leg.to if leg.direction == "outbound" else leg.from_,
                leg.cause.kind if leg.cause else leg.state,
            )
            for leg in self.sandbox.engine.legs.values()
        ]

    @property
    def heard(self) -> list[str]:
        return [
            line["text"] for line in transcript(list(self.sandbox.journal.entries())) if line["kind"] in ("say", "play")
        ]

    @property
    def told(self) -> list[str]:
        return [path.removeprefix("/") for path in self.receiver.paths]

    def body(self, trigger: str) -> Any:
        return self.only(f"/{trigger}").json


fixture = Desk.wire


def agents() -> list[dict[str, Any]]:
    """Agents whose telephones do not answer, for the settings."""
    return [
        {"id": MAGIC_AGENTS["busy"], "name": "Busy Agent", "number": "+919815550101"},
        {"id": MAGIC_AGENTS["silent"], "name": "Silent Agent", "number": "+919815550102"},
        {"id": MAGIC_AGENTS["away"], "name": "Away Agent", "number": "+919815559999", "is_logged_in": False},
    ]


@pytest.fixture
async def desk(exchange: Exchange, receiver: Receiver) -> AsyncIterator[Desk]:
    """The default sandbox: its account is all constants."""
    made = Desk(exchange, receiver, name="default", seed=1)
    yield made
    await made.client.aclose()
