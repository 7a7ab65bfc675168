from collections.abc import AsyncIterator

import pytest

from emulator.webhooks.sender import Sender
from tests.webhooks.sending import PUBLIC, lookup


@pytest.fixture
async def sender() -> AsyncIterator[Sender]:
    sender = Sender(lookup=lookup(app=["127.0.0.1"], stranger=[PUBLIC], both=[PUBLIC, "127.0.0.1"]))
    yield sender
    await sender.close()
