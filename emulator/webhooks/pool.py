"""Whose turn it is at which server, and the connections kept for the next one.

Theory of operation. Every origin (scheme, host, port) has `HOST_LIMIT` turns; hops beyond that wait in line. A hop that
gets its turn starts its clock and takes the connection that was idle last, if that one is fresh: not kept for long, not
closed, nothing said on it. Else a task opens one. Its turn ends with its result, or when its time is over, or when it
is dropped, whatever comes first; the turn then goes to the next in line.

What can never happen: two hops on one connection; a turn that nobody has and nobody gets; a hop that has a result and
still has a connection.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from functools import partial
from typing import Final

from emulator.webhooks.addresses import Lookup
from emulator.webhooks.connection import Connection
from emulator.webhooks.hops import Hop, Unsent
from emulator.webhooks.opening import Opener
from emulator.webhooks.values import Reply

__all__ = ["HOST_LIMIT", "Pool"]

HOST_LIMIT: Final = 16
_KEEP_SECONDS: Final = 1.0
"""How long an idle connection is kept: shorter than servers keep theirs, so that we never write into a closing one."""
_CLOSED: Final = "the emulator is shutting down"


class _Turns:
    """One origin."""

    __slots__ = ("idle", "taken", "waiting")

    def __init__(self) -> None:
        self.taken = 0
        self.idle: list[Connection] = []
        self.waiting: deque[Hop] = deque()


class Pool:
    """Every connection there is. `close()` ends them all."""

    def __init__(self, lookup: Lookup) -> None:
        self._opener = Opener(lookup, self)
        self._loop = asyncio.get_running_loop()
        self._origins: dict[tuple[str, str, int], _Turns] = {}
        self._open: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._sweeper: asyncio.TimerHandle | None = None
        self._emptied = asyncio.Event()
        self._is_closed = False

    def start(self, hop: Hop) -> None:
        """Give it its turn, now or when there is one. `hop.answer` will have its result."""
        if self._is_closed:
            hop.settle(Unsent(_CLOSED))
            return
        turns = self._origins.get(hop.target.origin)
        if turns is None:
            turns = self._origins[hop.target.origin] = _Turns()
        if turns.taken < HOST_LIMIT:
            self._begin(turns, hop)
        else:
            turns.waiting.append(hop)

    def drop(self, hop: Hop) -> None:
        """Nobody wants its answer any more; its connection is of no use to anybody."""
        hop.answer.cancel()
        self._leave(hop)

    async def close(self) -> None:
        """End every connection, and wait until they are ended; hops on the wire break."""
        self._is_closed = True
        if self._sweeper is not None:
            self._sweeper.cancel()
        for turns in self._origins.values():
            while turns.waiting:
                turns.waiting.popleft().settle(Unsent(_CLOSED))
        for task in self._opening:
            task.cancel()
        await asyncio.gather(*self._opening, return_exceptions=True)
        for connection in list(self._open):
            connection.cut()
        while self._open:
            self._emptied.clear()
            await self._emptied.wait()

    # --- turns -------------------------------------------------------------------------------------------------

    def _begin(self, turns: _Turns, hop: Hop) -> None:
        turns.taken += 1
        hop.begun, hop.started = time.monotonic(), time.time()
        hop.timer = self._loop.call_later(hop.seconds, self._time_out, hop)
        while turns.idle:
            connection = turns.idle.pop()
            is_young = hop.begun - connection.idle_since < _KEEP_SECONDS
            if is_young and (connection.is_checked or hop.is_allowed) and connection.is_quiet():
                hop.connection = connection
                connection.ask(hop)
                return
            connection.drop()
        hop.opening = self._loop.create_task(self._open_for(hop))
        self._opening.add(hop.opening)
        hop.opening.add_done_callback(partial(self._opening_is_over, hop))

    def _end(self, hop: Hop) -> None:
        """Its turn is the next one's."""
        assert hop.timer is not None
        hop.timer.cancel()
        hop.timer = hop.connection = hop.opening = None
        turns = self._origins[hop.target.origin]
        turns.taken -= 1
        while turns.waiting:
            following = turns.waiting.popleft()
            if not following.answer.done():
                self._begin(turns, following)
                return
        if not turns.taken and not turns.idle:
            del self._origins[hop.target.origin]

    def _leave(self, hop: Hop) -> None:
        """End its turn in the middle, if it has one."""
        if hop.connection is not None:
            hop.connection.drop()
        elif hop.opening is not None:
            hop.opening.cancel()
        if hop.timer is not None:
            self._end(hop)

    def _time_out(self, hop: Hop) -> None:
        hop.settle(Unsent("", "timeout"))
        hop.took = max(hop.took, hop.seconds)  # a loop's clock may run some milliseconds ahead of ours
        self._leave(hop)

    # --- what connections tell ---------------------------------------------------------------------------------

    def opened(self, connection: Connection) -> None:
        self._open.add(connection)

    def answered(self, connection: Connection, hop: Hop, result: Reply | Unsent, is_kept: bool) -> None:
        hop.settle(result)
        if is_kept:
            connection.idle_since = time.monotonic()
            self._origins[hop.target.origin].idle.append(connection)
            if self._sweeper is None:
                self._sweeper = self._loop.call_later(_KEEP_SECONDS, self._sweep)
        self._end(hop)

    def lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        if not self._open:
            self._emptied.set()

    def _sweep(self) -> None:
        """Close what was idle for long, and forget the origins where nothing is left."""
        self._sweeper = None
        limit = time.monotonic() - _KEEP_SECONDS
        for origin, turns in list(self._origins.items()):
            old = [connection for connection in turns.idle if connection.idle_since <= limit]
            for connection in old:
                connection.drop()
            del turns.idle[: len(old)]  # the one used last is the last
            if turns.idle and self._sweeper is None:
                self._sweeper = self._loop.call_later(_KEEP_SECONDS, self._sweep)
            if not turns.idle and not turns.taken:
                del self._origins[origin]

    # --- opening -----------------------------------------------------------------------------------------------

    async def _open_for(self, hop: Hop) -> None:
        """A connection for this hop, or its result."""
        try:
            connection = await self._opener.open(hop)
        except Unsent as problem:
            result = problem
        except Exception as problem:  # whatever it is, the attempt has to end, and says what it was
            result = Unsent(f"it cannot be sent: {type(problem).__name__}: {problem}")
        else:
            hop.opening, hop.connection = None, connection
            connection.ask(hop)
            return
        hop.settle(result)
        self._end(hop)

    def _opening_is_over(self, hop: Hop, task: asyncio.Task[None]) -> None:
        self._opening.discard(task)
        if task.cancelled() and hop.timer is not None:  # nobody left the hop: the pool is closed
            hop.settle(Unsent(_CLOSED))
            self._end(hop)
