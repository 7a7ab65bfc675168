"""The sockets that one sandbox has open to applications: what leaves over them, and what comes.

Theory of operation. A message to send is an attempt as any other; it opens its socket if there is none. It ends when
it is written, or, if it wants an acknowledgement, when that comes, the socket ends, or its time is over. What else
comes is handed on in the order in which it came, behind the attempts that ended before it. A socket that ends first
tells the sandbox, so that nothing more goes over it, then ends the attempts that wait on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Final

from emulator.runtime import talking
from emulator.webhooks.hops import Unsent
from emulator.webhooks.values import Channel, Outcome, Reply

if TYPE_CHECKING:
    from emulator.runtime.pump import Sending
    from emulator.runtime.sandbox import Sandbox
    from emulator.webhooks.sockets import Socket, Sockets

__all__ = ["Conversations"]

_Waiting = tuple["Sending", "asyncio.Future[None]"]
"""An attempt that waits for its acknowledgement, and what ends the waiting."""

_JSON: Final = (("content-type", "application/json"),)
WRITTEN: Final = Outcome(Reply(200, (), b""))
"""What wants no acknowledgement is delivered when it is written."""
UNHEARD: Final = Outcome(Reply(204, (), b""), text="the application has closed its socket for good: nothing was sent")
"""What would be said then is dropped, and a hook has no verbs for an answer."""
UNBEGUN: Final = Outcome(None, "connection", "the application has closed its socket for good, and began no session")
_GOING_AWAY: Final = 1001
CLOSING: Final = 1.0
"""Seconds that the other side has to close its end, too."""


class Conversations:
    """`ended` is called when an attempt has ended before its time, `came` with an input to be applied in order, `moved`
    when the sandbox may have become settled."""

    def __init__(
        self,
        sandbox: Sandbox,
        allow: Callable[[str], bool],
        ended: Callable[[Sending, Outcome], None],
        came: Callable[[Callable[[], None], Collection[Sending]], None],
        moved: Callable[[], None],
    ) -> None:
        self._sandbox = sandbox
        self._allow = allow
        self._ended, self._came, self._moved = ended, came, moved
        self._client: Sockets | None = None
        self._open: dict[str, Socket] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._waiting: dict[tuple[str, str], list[_Waiting]] = {}
        self._closing: set[asyncio.Future[None]] = set()

    async def attempt(self, sending: Sending, seconds: float, speed: float) -> Outcome:
        """Send one message. Its outcome; of the error `timeout` after `seconds` without an acknowledgement."""
        request = sending.delivery.request
        channel = request.channel
        assert channel is not None
        link = self._sandbox.channels.of(request)
        if link.state == "closed":
            return UNHEARD if request.reopens is None else UNBEGUN
        try:
            socket = await self._socket(channel, min(seconds, channel.handshake.total_seconds() / speed))
            if not request.message:
                await socket.send(sending.delivery.body().decode())
                return WRITTEN
            return await self._asked(sending, socket, request.message, seconds)
        except Unsent as problem:
            return Outcome(None, problem.error, problem.text)

    async def _asked(self, sending: Sending, socket: Socket, message: str, seconds: float) -> Outcome:
        waits: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        key = socket.channel.key, message
        mine = sending, waits
        self._waiting.setdefault(key, []).append(mine)
        try:
            async with asyncio.timeout(seconds):
                await socket.send(sending.delivery.body().decode())
                await waits
        except TimeoutError:
            return Outcome(None, "timeout", "the application did not acknowledge the message")
        finally:
            if key in self._waiting:
                self._waiting[key] = [each for each in self._waiting[key] if each is not mine]
        assert sending.outcome is not None  # whoever ended the waiting has set it
        return sending.outcome

    async def _socket(self, channel: Channel, seconds: float) -> Socket:
        """The open one, or a new one. Raises: `Unsent`."""
        lock = self._opening.setdefault(channel.key, asyncio.Lock())
        async with lock:
            socket = self._open.get(channel.key)
            if socket is not None and socket.is_open:
                return socket
            if self._client is None:
                from emulator.webhooks.sockets import Sockets

                self._client = Sockets(self._allow)
            socket = self._open[channel.key] = await self._client.open(channel, seconds, self._hear, self._part)
            return socket

    # --- what comes --------------------------------------------------------------------------------------------

    def _hear(self, socket: Socket, message: str | bytes) -> None:
        is_binary = isinstance(message, bytes)
        text = message.decode("utf-8", "replace") if isinstance(message, bytes) else message
        key = socket.channel.key
        link = self._sandbox.channels.get(key)
        language = self._sandbox.vendors[link.vendor].socket if link is not None else None
        acknowledged = language.acknowledges(text) if language is not None and not is_binary else ""
        waiting = self._waiting.pop((key, acknowledged), ()) if acknowledged else ()
        for each in waiting:  # more than one where a message was sent twice
            self._end(each, Outcome(Reply(200, _JSON, text.encode("utf-8", "replace"))))
        if not waiting:
            self._came(lambda: talking.receive(self._sandbox, key, text, is_binary), ())

    def _part(self, socket: Socket, code: int, text: str, is_ours: bool) -> None:
        key = socket.channel.key
        if self._open.get(key) is socket:
            del self._open[key]
        waiting = [each for place in list(self._waiting) if place[0] == key for each in self._waiting.pop(place)]
        self._came(lambda: talking.lose(self._sandbox, key, code, text), [sending for sending, _ in waiting])
        who = "the emulator closed the socket" if is_ours else "the application closed its socket"
        why = f"{who} ({code}{f', {text}' if text else ''})"
        for each in waiting:
            self._end(each, Outcome(None, "connection", why))

    def _end(self, waiting: _Waiting, outcome: Outcome) -> None:
        sending, waits = waiting
        if not waits.done():
            self._ended(sending, outcome)
            waits.set_result(None)

    # --- how quiet it is, and the end ----------------------------------------------------------------------------

    def restless(self, quiet: float) -> float:
        """Real seconds until every socket has been quiet long enough; 0 if all have."""
        now = asyncio.get_running_loop().time()
        longest = CLOSING if self._closing else 0.0
        for socket in self._open.values():
            leg = self._sandbox.engine.legs.get(socket.channel.leg)
            if leg is None or leg.state == "ended" or not socket.is_open:
                continue
            is_idle = leg.state == "answered" and not leg.run
            longest = max(longest, socket.moved_at + (quiet if is_idle else quiet / 10) - now)
        return longest

    def listen_again(self) -> None:
        """The clock is about to be driven: what applications have just said may still be on its way."""
        now = asyncio.get_running_loop().time()
        for socket in self._open.values():
            socket.moved_at = now

    def close_due(self) -> None:
        """Close what the sandbox says is over."""
        due = self._sandbox.to_close
        while due:
            key, code = due.popleft()
            self._opening.pop(key, None)
            socket = self._open.pop(key, None)
            if socket is not None:
                task = asyncio.ensure_future(socket.close(code))
                self._closing.add(task)
                task.add_done_callback(self._has_closed)

    def _has_closed(self, task: asyncio.Future[None]) -> None:
        self._closing.discard(task)
        self._moved()

    async def close(self) -> None:
        """Leave every application, at once."""
        for key in list(self._open):
            self._sandbox.to_close.append((key, _GOING_AWAY))
        self.close_due()
        await asyncio.gather(*self._closing, return_exceptions=True)
