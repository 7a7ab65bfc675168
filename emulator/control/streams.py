"""Server-sent events: each journal entry as it is written, to everyone who listens.

Theory of operation. A stream keeps the entries that were written since it was last read, `MOST_WAITING` at most. A
reader too slow for that loses the waiting ones here and gets them from the journal instead, in order, so nothing is
skipped that the journal still has. When its sandbox ends, or the server, the stream says so and closes; after a reset
it says so with event id 0, so that a browser, which reconnects by itself, begins again at the new beginning.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from itertools import islice
from typing import Final

from emulator.recorder import Entry
from emulator.runtime.sandbox import Sandbox

__all__ = ["MOST_WAITING", "Streams"]

MOST_WAITING: Final = 1000
SLICE: Final = 200
ALIVE: Final = 15.0
"""After this many real seconds of silence a comment shows that the connection lives."""


class _Stream:
    """One listener. `last` is the `seq` it was given last."""

    __slots__ = ("_is_behind", "_waiting", "_wakened", "end", "last")

    def __init__(self, last: int, is_behind: bool) -> None:
        self.last = last
        self.end = ""
        self._waiting: deque[Entry] = deque()
        self._is_behind = is_behind
        self._wakened = asyncio.Event()

    def see(self, entry: Entry) -> None:
        if not self._is_behind:
            self._waiting.append(entry)
            if len(self._waiting) > MOST_WAITING:
                self._waiting.clear()
                self._is_behind = True
        self._wakened.set()

    def close(self, end: str) -> None:
        self.end = end
        self._wakened.set()

    def take(self, sandbox: Sandbox) -> list[Entry]:
        """What comes next, from the journal while behind; empty if there is nothing."""
        if self._is_behind:
            taken = list(islice(sandbox.journal.entries(after=self.last), SLICE))
            self._is_behind = len(taken) == SLICE
        else:
            taken = [self._waiting.popleft() for _ in range(min(SLICE, len(self._waiting)))]
        if taken:
            self.last = taken[-1].seq
        return taken

    async def wait(self) -> bool:
        """Until there is something; False when nothing came for a while."""
        try:
            async with asyncio.timeout(ALIVE):
                await self._wakened.wait()
        except TimeoutError:
            return False
        return True

    def calm(self) -> None:
        self._wakened.clear()


class Streams:
    """Everybody who listens to the sandboxes of one exchange."""

    def __init__(self) -> None:
        self._by_sandbox: dict[str, set[_Stream]] = {}

    async def listen(self, sandbox: Sandbox, after: int | None) -> AsyncIterator[bytes]:
        """The body of an event stream: from `after` on, or from now on."""
        newest = newest_of(sandbox)
        if after is not None and after > newest:
            after = 0  # of a journal that was reset meanwhile
        stream = _Stream(newest if after is None else after, is_behind=after is not None)
        self._by_sandbox.setdefault(sandbox.id, set()).add(stream)
        sandbox.observers.append(stream.see)
        try:
            yield b": listening\n\n"
            while True:
                stream.calm()
                while taken := stream.take(sandbox):
                    yield b"".join(map(_event, taken))
                if stream.end:
                    begin_again = "" if stream.end == "stopped" else "id: 0\n"
                    yield f"{begin_again}event: {stream.end}\ndata: {{}}\n\n".encode()
                    return
                if not await stream.wait():
                    yield b": alive\n\n"
        finally:
            sandbox.observers.remove(stream.see)
            self._by_sandbox[sandbox.id].discard(stream)

    def close(self, sandbox_id: str, end: str) -> None:
        """Tell a sandbox's listeners that it ended (`deleted`) or began anew (`reset`)."""
        for stream in tuple(self._by_sandbox.get(sandbox_id, ())):
            stream.close(end)

    def stop(self) -> None:
        """The server stops: nobody is to wait for these connections."""
        for sandbox_id in tuple(self._by_sandbox):
            self.close(sandbox_id, "stopped")


def newest_of(sandbox: Sandbox) -> int:
    """The `seq` of the last journal entry."""
    last = sandbox.journal.last
    return last.seq if last is not None else 0


def _event(entry: Entry) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n" % (entry.seq, entry.kind.encode(), entry.line())
