"""One request and what is known of it on its way, and the ways in which it ends without an answer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from emulator.webhooks.addresses import Lookup, is_local
from emulator.webhooks.values import Reply

if TYPE_CHECKING:
    from emulator.webhooks.connection import Connection
    from emulator.webhooks.urls import Target

__all__ = ["Hop", "Unsent", "addresses_of", "blocked"]


class Unsent(Exception):
    """An attempt that ends without a reply."""

    def __init__(self, text: str, error: Literal["connection", "blocked", "timeout"] = "connection") -> None:
        self.text, self.error = text, error
        super().__init__(text)


class Hop:
    """One request on its way to one answer: an attempt is one, and another for every redirect.

    `connection` or `opening` (the task that opens one) is set while it has its turn. `begun` is monotonic, `started`
    the same instant by the wall clock, `took` how long it had its turn in the end.
    """

    __slots__ = (
        "answer",
        "begun",
        "body",
        "connection",
        "head",
        "is_allowed",
        "is_head",
        "opening",
        "seconds",
        "started",
        "target",
        "timer",
        "took",
    )

    def __init__(
        self, target: Target, head: bytes, body: bytes, is_head: bool, is_allowed: bool, seconds: float
    ) -> None:
        self.target, self.head, self.body, self.is_head = target, head, body, is_head
        self.is_allowed = is_allowed
        self.seconds = seconds
        self.answer: asyncio.Future[Reply | Unsent] = asyncio.get_running_loop().create_future()
        self.begun = self.started = self.took = 0.0
        self.timer: asyncio.TimerHandle | None = None
        self.connection: Connection | None = None
        self.opening: asyncio.Task[None] | None = None

    def settle(self, result: Reply | Unsent) -> None:
        """Its result, unless nobody waits for one any more."""
        if not self.answer.done():
            self.took = time.monotonic() - self.begun if self.begun else 0.0
            self.answer.set_result(result)


def blocked(host: str) -> Unsent:
    return Unsent(f"{host} is not on this machine or a private network: --allow-host {host} would allow it", "blocked")


async def addresses_of(target: Target, lookup: Lookup, *, is_allowed: bool) -> Sequence[str]:
    """Where the host leads, in the order to try; only local addresses, unless it is allowed. Raises: `Unsent`."""
    try:
        found = await lookup(target.host)
    except OSError:
        found = ()
    if not found:
        hint = "" if is_allowed else f"; were it a public one, it would take --allow-host {target.host}, too"
        raise Unsent(f"host {target.host} cannot be resolved{hint}")
    addresses = found if is_allowed else [address for address in found if is_local(address)]
    if not addresses:
        raise blocked(target.host)
    return addresses
