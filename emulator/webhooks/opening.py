"""A connection to wherever a URL leads: which addresses that is, which of them answers first, and TLS."""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final

from emulator.webhooks.addresses import Lookup
from emulator.webhooks.connection import Connection, Owner
from emulator.webhooks.hops import Hop, Unsent, addresses_of
from emulator.webhooks.urls import Target

__all__ = ["Opener"]

_STAGGER_SECONDS: Final = 0.25
"""How long one address of a name may be silent before the next is tried as well."""


class Opener:
    """Opens connections for one owner. What is connected to is what was checked: names are looked up here, once."""

    __slots__ = ("_lookup", "_owner", "_tls")

    def __init__(self, lookup: Lookup, owner: Owner) -> None:
        self._lookup = lookup
        self._owner = owner
        self._tls: ssl.SSLContext | None = None

    async def open(self, hop: Hop) -> Connection:
        """A connection that was asked nothing yet. Raises: `Unsent`."""
        addresses = await self._addresses(hop.target, hop.is_allowed)
        if hop.target.is_secure and self._tls is None:
            self._tls = await asyncio.to_thread(_trust)
        if len(addresses) > 1:
            return await self._race(hop, list(addresses))
        connection = Connection(self._owner, is_checked=not hop.is_allowed)
        try:
            await self._connect(hop, addresses[0], connection)
        except OSError as problem:
            raise _unsent([problem]) from problem
        return connection

    async def _addresses(self, target: Target, is_allowed: bool) -> Sequence[str]:
        """Where the host is, in the order to try; only local addresses, unless it is allowed. Raises: `Unsent`."""
        if target.is_address:
            return (target.host,)
        return await addresses_of(target, self._lookup, is_allowed=is_allowed)

    async def _race(self, hop: Hop, left: list[str]) -> Connection:
        """The next address is tried when one before has failed, or when all of them have been silent for a while."""
        runners: dict[asyncio.Task[None], Connection] = {}
        problems: list[OSError] = []
        winner: Connection | None = None
        try:
            while winner is None and (left or runners):
                if left:
                    connection = Connection(self._owner, is_checked=not hop.is_allowed)
                    runners[asyncio.ensure_future(self._connect(hop, left.pop(0), connection))] = connection
                wait = _STAGGER_SECONDS if left else None
                done, _ = await asyncio.wait(runners, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    try:
                        task.result()
                        winner = runners[task]
                    except OSError as problem:
                        problems.append(problem)
                        del runners[task]
        finally:
            for task, connection in runners.items():
                if connection is not winner:
                    task.cancel()
                    connection.drop()
        if winner is None:
            raise _unsent(problems) from problems[0]
        return winner

    async def _connect(self, hop: Hop, address: str, connection: Connection) -> None:
        """Raises: `OSError`."""
        target = hop.target
        name = target.host.rstrip(".") if target.is_secure else None
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: connection,
                address,
                target.port,
                ssl=self._tls if target.is_secure else None,
                server_hostname=name,
            )
        except BaseException:
            connection.drop()
            raise


def _trust() -> ssl.SSLContext:
    module: Any = import_module("emulator.webhooks.tls")
    context: ssl.SSLContext = module.context()
    return context


def _unsent(problems: Sequence[OSError]) -> Unsent:
    """What the machine says, in words that are the same on every machine and at every try."""
    if any(isinstance(problem, ssl.SSLError) for problem in problems):
        return Unsent("TLS with the server failed")
    numbers = {problem.errno for problem in problems}
    number = numbers.pop() if len(numbers) == 1 else None
    return Unsent(f"cannot connect: {os.strerror(number).lower()}" if number else "cannot connect")
