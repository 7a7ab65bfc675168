"""Carries attempts to the network and outcomes back, and moves the clock.

Theory of operation. The sandbox is synchronous; the pump is the only thing with tasks. On a *real* clock outcomes are
applied as they come, and one loop timer stands at the sandbox's next deadline; one that is late catches up in turns
with everything else (docs/adr/0014). On a *virtual* clock attempts form a line in the order they left; outcomes are
applied in that order, one at a time, so that equal inputs give equal journals, and a receiver silent for `patience`
leaves the line (its time-out falls due on the sandbox's clock). The sandbox is *settled* when the line is empty and
nothing is ready: only then does a driven clock move. A request parked in `until` does not count as being served, and
drives the clock itself when nobody else does. What an application says on its socket takes its place in the line, too,
and a socket that has just moved holds the clock until it is quiet.

What can never happen: two drivers of one clock; a clock that moves while an answer is awaited; an outcome applied
after the sandbox is closed.

It is past 400 lines because whoever sends, applies and drives must see the same few flags.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any, Final

from emulator.clock import VirtualClock, WallClock
from emulator.engine.events import Event
from emulator.errors import EmulatorBug
from emulator.runtime.conversing import Conversations
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.signing import signature_headers
from emulator.runtime.spec import ClockBusy, Drive, SandboxGone, WrongClock
from emulator.webhooks.deliveries import Attempt, Delivery
from emulator.webhooks.sender import Sender
from emulator.webhooks.values import Outcome

__all__ = ["Pump", "Sending"]

DAY = timedelta(days=1)
TURN: Final = 0.004
"""Real seconds that deadlines on a real clock may take before requests and webhooks have their turn."""
LEAST: Final = 1.0
"""Real seconds that a receiver has, or the provider's limit if that is less, however fast a clock runs: applications
do not run faster with it."""


class Pump:
    """Drives one sandbox. `close()` ends every task; nothing is applied after it."""

    def __init__(self, sandbox: Sandbox, sender: Sender, is_allowed: Callable[[str], bool]) -> None:
        self.sandbox = sandbox
        self._sender = sender
        self._is_allowed = is_allowed
        self._wall = WallClock()
        self._is_virtual = sandbox.clock.mode == "virtual"
        self._line: deque[Sending | _Said] = deque()
        self._flying: set[Sending] = set()
        self._is_driven = self._by_parked = self._wanted = False
        self._is_closed = False
        self._resuming = 0
        self._changed = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: datetime | None = None
        self._failed: BaseException | None = None
        self._parked: set[_Watch] = set()
        self._conversations = Conversations(sandbox, is_allowed, self._ended, self._came, self._changed.set)
        sandbox.on_input = self._on_input
        for view in sandbox.views.values():
            view.until_by = self.until
        self._on_input()  # a sandbox rebuilt from its journal has attempts to send, and deadlines

    # --- attempts ----------------------------------------------------------------------------------------------

    def _on_input(self) -> None:
        """After every input: send what is ready, and stand at the next deadline."""
        if self._is_closed:
            return
        queue = self.sandbox.to_send
        one = self.sandbox.spec.deliver == "one_at_a_time"
        while queue and not (one and self._flying):
            delivery, attempt = queue.popleft()
            sending = Sending(delivery, attempt)
            self._flying.add(sending)
            if self._is_virtual:
                self._line.append(sending)
            sending.task = asyncio.ensure_future(self._send(sending))
        if self.sandbox.to_close:
            self._conversations.close_due()
        if not self._is_virtual:
            self._stand()
        self._changed.set()

    async def _send(self, sending: Sending) -> None:
        try:
            outcome = await self._attempt(sending)
        except asyncio.CancelledError:
            return
        except Exception as problem:
            self._broke(problem)
            outcome = Outcome(None, "connection", f"{type(problem).__name__}: {problem}")
        if not self._is_closed and not sending.is_done:
            self._ended(sending, outcome)

    def _ended(self, sending: Sending, outcome: Outcome | None) -> None:
        """An attempt is over; None is a receiver that hangs."""
        sending.outcome, sending.is_done = outcome, True
        try:
            self._apply(sending)
        except Exception as problem:
            self._broke(problem)

    def _came(self, apply: Callable[[], None], waiting: Collection[Sending] = ()) -> None:
        """An application has said something, or left: applied behind what was sent, or came, before, but before what is
        `waiting` for it."""
        if self._is_closed:
            return
        try:
            if self._is_virtual:
                place = next((index for index, each in enumerate(self._line) if each in waiting), len(self._line))
                self._line.insert(place, _Said(apply))
                self._flush()
            else:
                apply()
        except Exception as problem:
            self._broke(problem)

    async def _attempt(self, sending: Sending) -> Outcome | None:
        """The outcome, or None for a receiver that is silent for `patience` on a virtual clock."""
        delivery, attempt, spec = sending.delivery, sending.attempt, self.sandbox.spec
        request = delivery.request
        limit = attempt.timeout.total_seconds()
        seconds = spec.patience if self._is_virtual else max(limit / spec.speed, min(limit, LEAST))
        if request.channel is not None:
            outcome = await self._conversations.attempt(sending, seconds, 1.0 if self._is_virtual else spec.speed)
            return None if self._is_virtual and outcome.error == "timeout" else outcome
        body = delivery.body()
        at = self._wall.now() if spec.signature_clock == "wall" else self.sandbox.clock.now()
        headers = [*request.headers, *signature_headers(self.sandbox, delivery, attempt, body, at)]
        if request.body.content_type and request.method != "GET":
            headers.append(("Content-Type", request.body.content_type))
        attempt.headers = tuple(headers)
        outcome = await self._sender.send(
            request.url, request.method, headers, body, seconds, request.policy.redirects, self._is_allowed
        )
        if outcome.error != "timeout":
            return outcome
        return None if self._is_virtual else self._told(outcome, limit, seconds)

    def _told(self, outcome: Outcome, limit: float, seconds: float) -> Outcome:
        """A time-out, in the seconds of this clock, too."""
        if self.sandbox.spec.speed == 1:
            return outcome
        speed = f"the clock runs at {self.sandbox.spec.speed:g} times the speed"
        return replace(outcome, text=f"no answer within {seconds:g} s; the provider waits {limit:g} s, and {speed}")

    def _apply(self, sending: Sending) -> None:
        if not self._is_virtual:
            self._flying.discard(sending)
            assert sending.outcome is not None
            self.sandbox.finish(sending.delivery, sending.attempt, sending.outcome)
            return
        self._flush()

    def _flush(self) -> None:
        """Apply what is over, in the order of the line."""
        while self._line and self._line[0].is_done:
            first = self._line.popleft()
            if isinstance(first, _Said):
                first.apply()
                continue
            self._flying.discard(first)
            if first.outcome is None:
                self.sandbox.hang(first.delivery, first.attempt)
            else:
                self.sandbox.finish(first.delivery, first.attempt, first.outcome)
        self._changed.set()

    def _broke(self, problem: BaseException) -> None:
        """A bug of ours in a task: whoever drives the clock next is told, the loop's handler at once."""
        self._failed = problem
        self._changed.set()
        context = {"message": f"sandbox {self.sandbox.id}: {problem}", "exception": problem}
        asyncio.get_running_loop().call_exception_handler(context)

    # --- a real clock ------------------------------------------------------------------------------------------

    def _stand(self) -> None:
        at = self.sandbox.next_deadline()
        if at is None or at == self._timer_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        clock = self.sandbox.clock
        assert isinstance(clock, WallClock)
        self._timer_at = at
        self._timer = asyncio.get_running_loop().call_later(clock.seconds_until(at), self._tick)

    def _tick(self) -> None:
        self._timer = self._timer_at = None
        if self._is_closed:
            return
        end = perf_counter() + TURN
        try:
            while self._is_late() and perf_counter() < end:
                self.sandbox.reach(self.sandbox.clock.now())
        except Exception as problem:
            self._broke(problem)
        self._stand()

    def _is_late(self) -> bool:
        at = self.sandbox.next_deadline()
        clock = self.sandbox.clock
        return at is not None and isinstance(clock, WallClock) and clock.seconds_until(at) == 0.0

    # --- a virtual clock ---------------------------------------------------------------------------------------

    @property
    def is_settled(self) -> bool:
        """Nothing is in flight but hung attempts, nothing is ready, and no parked request is waking up."""
        return not self._line and not self.sandbox.to_send and not self._resuming

    async def settle(self) -> None:
        """Until everything that happens at the present instant has happened. Raises `SandboxGone`."""
        while not self._is_closed:
            left = None
            if self.is_settled and (left := self._conversations.restless(self.sandbox.spec.quiet)) <= 0:
                break
            self._changed.clear()
            try:
                async with asyncio.timeout(left):
                    await self._changed.wait()
            except TimeoutError:
                continue
            self._raise_failure()
        self._raise_failure()
        if self._is_closed:
            raise SandboxGone(self.sandbox.id)

    def _raise_failure(self) -> None:
        if self._failed is not None:
            problem, self._failed = self._failed, None
            raise EmulatorBug(f"sandbox {self.sandbox.id}: {type(problem).__name__}: {problem}") from problem

    async def advance(self, by: timedelta) -> Drive:
        """Let `by` of virtual time pass, stopping at every deadline on the way. Raises `ClockBusy`, `WrongClock`."""
        async with self._driving(is_parked=False) as clock:
            target = clock.now() + by
            await self.settle()
            while (at := self.sandbox.next_deadline()) is not None and at <= target:
                await self._move(clock, at)
            clock.move_to(target)
            self.sandbox.note_clock()
            return self._drive("time")

    async def run(self, until: Callable[[], bool] | None = None, limit: timedelta = DAY) -> Drive:
        """Move the clock until nothing but endless playing or waiting is left, `until()` holds, or `limit` is over.

        Raises `ClockBusy`, `WrongClock`.
        """
        return await self._run(until, limit, is_parked=False)

    async def _run(self, until: Callable[[], bool] | None, limit: timedelta, is_parked: bool) -> Drive:
        async with self._driving(is_parked) as clock:
            target = clock.now() + limit
            await self.settle()
            while True:
                if until is not None and until():
                    return self._drive("condition")
                at = self.sandbox.next_deadline()
                if at is None or not self.sandbox.has_finite_deadline:
                    return self._drive("idle")
                if at > target:
                    clock.move_to(target)
                    self.sandbox.note_clock()
                    return self._drive("limit")
                await self._move(clock, at)

    async def _move(self, clock: VirtualClock, at: datetime) -> None:
        clock.move_to(max(at, clock.now()))
        self.sandbox.reach(clock.now())
        await self.settle()

    def _drive(self, stopped: Any) -> Drive:
        return Drive(self.sandbox.clock.now(), stopped, tuple(self.sandbox.delivered or ()))

    @asynccontextmanager
    async def _driving(self, is_parked: bool) -> AsyncIterator[VirtualClock]:
        """Be the one driver. A parked request gives way to one who asks; anybody else is in the way."""
        clock = self.sandbox.clock
        if not isinstance(clock, VirtualClock):
            raise WrongClock(self.sandbox.id)
        if self._is_driven and (is_parked or not self._by_parked or self._wanted):
            raise ClockBusy(self.sandbox.id)
        self._wanted = self._is_driven
        while self._is_driven:
            self._changed.clear()
            await self._changed.wait()
        self._wanted = False
        self._is_driven, self._by_parked = True, is_parked
        self._conversations.listen_again()
        self.sandbox.delivered = []
        try:
            yield clock
        finally:
            self._is_driven = self._by_parked = False
            self.sandbox.delivered = None
            self._changed.set()

    # --- parked requests ---------------------------------------------------------------------------------------

    async def until(self, is_it: Callable[[Event], bool], limit: timedelta | None = None) -> Event | None:
        """See `VendorSandbox.until`."""
        watch = _Watch(self, is_it)
        self.sandbox.watchers.append(watch.see)
        self._parked.add(watch)
        try:
            if self._is_virtual:
                await self._until_virtual(watch, limit)
            else:
                await self._until_real(watch, limit)
        finally:
            self.sandbox.watchers.remove(watch.see)
            self._parked.discard(watch)
            if watch.holds:
                self._resuming -= 1
            self._changed.set()
        return watch.event

    async def _until_real(self, watch: _Watch, limit: timedelta | None) -> None:
        seconds = None if limit is None else limit.total_seconds() / self.sandbox.spec.speed
        try:
            async with asyncio.timeout(seconds):
                await watch.happened.wait()
        except TimeoutError:
            return

    async def _until_virtual(self, watch: _Watch, limit: timedelta | None) -> None:
        """Wait while somebody else drives; drive when nobody does."""
        deadline = self.sandbox.clock.now() + (DAY if limit is None else limit)
        while watch.event is None and self.sandbox.clock.now() < deadline:
            if self._is_driven or self._wanted:
                self._changed.clear()
                await self._changed.wait()
                continue
            watch.drives = True
            left = deadline - self.sandbox.clock.now()
            drive = await self._run(lambda: watch.event is not None or self._wanted, left, is_parked=True)
            watch.drives = False
            if drive.stopped != "condition":
                return

    def hold(self, counts: bool) -> None:
        """A parked request is about to wake up."""
        self._resuming += counts
        self._changed.set()

    @contextmanager
    def held(self) -> Iterator[None]:
        """A request is being served meanwhile: the clock stands."""
        self._resuming += 1
        try:
            yield
        finally:
            self._resuming -= 1
            self._changed.set()

    async def close(self) -> None:
        """End every task; what is in flight is left unanswered, and whoever drives the clock is told."""
        self._is_closed = True
        for watch in self._parked:
            watch.happened.set()
        self._changed.set()
        if self._timer is not None:
            self._timer.cancel()
        tasks = [sending.task for sending in self._flying if sending.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._conversations.close()

    async def drain(self, seconds: float) -> None:
        """Give what is in flight up to `seconds` to be answered."""
        tasks = [sending.task for sending in self._flying if sending.task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=seconds)


class _Said:
    """What came of an application's own accord, in its place in the line."""

    __slots__ = ("apply",)
    is_done = True

    def __init__(self, apply: Callable[[], None]) -> None:
        self.apply = apply


class Sending:
    """One attempt on its way."""

    __slots__ = ("attempt", "delivery", "is_done", "outcome", "task")

    def __init__(self, delivery: Delivery, attempt: Attempt) -> None:
        self.delivery, self.attempt = delivery, attempt
        self.outcome: Outcome | None = None
        self.is_done = False
        self.task: asyncio.Future[None] | None = None


class _Watch:
    """One parked request. It sees every event until the one it waits for, and from then on holds a clock that somebody
    else drives until it has been served."""

    __slots__ = ("_is_it", "_pump", "drives", "event", "happened", "holds")

    def __init__(self, pump: Pump, is_it: Callable[[Event], bool]) -> None:
        self._pump, self._is_it = pump, is_it
        self.event: Event | None = None
        self.happened = asyncio.Event()
        self.drives = self.holds = False

    def see(self, event: Event) -> None:
        if self.event is None and self._is_it(event):
            self.event = event
            self.holds = not self.drives
            self._pump.hold(self.holds)
            self.happened.set()
