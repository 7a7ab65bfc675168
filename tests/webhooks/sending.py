"""Short ways to send one attempt, and what is said of those that fail."""

from collections.abc import Sequence
from typing import Any

from emulator.webhooks.sender import Sender
from emulator.webhooks.values import Outcome

BROKE = Outcome(None, "connection", "the connection broke before the answer")
BROKE_INSIDE = Outcome(None, "connection", "the connection broke in the middle of the answer")
NOT_HTTP = Outcome(None, "connection", "the answer is not HTTP")
CLOSED = Outcome(None, "connection", "the emulator is shutting down")
PUBLIC = "255.255.255.255"
"""Not local by our rule, and an address to which no machine lets a connection out."""


def lookup(**names: Sequence[str]) -> Any:
    """A resolver that knows these names under `.test`, and no other."""

    async def look_up(host: str) -> Sequence[str]:
        name = host.rstrip(".").removesuffix(".test")
        if name not in names:
            raise OSError("no such host")
        return names[name]

    return look_up


async def send(sender: Sender, url: str, **changes: Any) -> Outcome:
    given: dict[str, Any] = {
        "method": "POST",
        "headers": (),
        "body": b"a=1",
        "timeout_seconds": 20.0,
        "redirects": 0,
        "allow": lambda host: False,
    }
    return await sender.send(url, **(given | changes))
