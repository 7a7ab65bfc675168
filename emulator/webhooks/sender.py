"""The one HTTP client: sends one attempt and says how it went, whatever the other side does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from emulator.webhooks.values import Outcome

if TYPE_CHECKING:
    from emulator.webhooks.addresses import Lookup
    from emulator.webhooks.client import Client

__all__ = ["Sender"]


class Sender:
    """Sends attempts, for every sandbox of the process, from one event loop.

    A test tool must never ring a stranger's server: only loopback and private addresses are spoken to, wherever a name
    or a redirect leads, unless `allow` says yes to the host. The client is imported with the first attempt. `lookup`
    stands in for the machine's resolver.
    """

    __slots__ = ("_client", "_is_closed", "_lookup")

    def __init__(self, *, lookup: Lookup | None = None) -> None:
        self._lookup = lookup
        self._client: Client | None = None
        self._is_closed = False

    async def send(
        self,
        request_url: str,
        method: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        timeout_seconds: float,
        redirects: int,
        allow: Callable[[str], bool],
    ) -> Outcome:
        """One attempt. It sends `headers` and what HTTP itself needs, once; it follows `redirects` at most.

        The timeout runs from when a connection is free: at most 16 lead to one host and port at a time. Of a body, the
        first 1 MiB is read, unpacked if it is gzip or deflate, and marked if there was more. `allow` is asked about
        host names and addresses as they stand in URLs, lower case, without brackets.
        Raises: nothing. Every trouble is an `Outcome`, its text free of ports and timing.
        """
        if self._is_closed:
            return Outcome(None, "connection", "the emulator is shutting down")
        client = self._client or self._open()
        return await client.send(request_url, method, headers, body, timeout_seconds, redirects, allow)

    async def close(self) -> None:
        """Close every connection; what is in flight breaks, and nothing is sent any more."""
        self._is_closed = True
        if self._client is not None:
            await self._client.close()

    def _open(self) -> Client:
        from emulator.webhooks.client import Client

        self._client = Client(self._lookup)
        return self._client
