"""The suites' own fixtures: one vendor in this process, its application on a real port."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import Options
from emulator.vendors.vobiz import vendor as vobiz
from tests.fakes.receiver import Receiver
from tests.vendors.vobiz.conftest import Telco


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """An application that behaves."""
    made = await Receiver().start()
    made.content_type = "application/xml"
    made.answers["/answer"] = "<Response><Speak>hello there</Speak></Response>"
    yield made
    await made.stop()


async def served(receiver: Receiver, **spec: Any) -> AsyncIterator[Telco]:
    exchange = Exchange(Options(), {"vobiz": vobiz})
    made = Telco(exchange, receiver, **spec)
    yield made
    await made.client.aclose()
    await exchange.close()


@pytest.fixture
async def telco(receiver: Receiver) -> AsyncIterator[Telco]:
    """Vobiz on a virtual clock."""
    async for made in served(receiver, seed=1):
        yield made


@pytest.fixture
async def hasty(receiver: Receiver) -> AsyncIterator[Telco]:
    """The same, where half a second of silence counts as hanging."""
    async for made in served(receiver, seed=1, patience=0.5):
        yield made
