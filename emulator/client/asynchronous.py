"""`AsyncSandbox`: the same sandbox for a test that runs in an event loop, perhaps the one its application runs in.

Theory of operation. It is a `Sandbox` whose requests are made in threads, so that the loop goes on answering webhooks
while the clock is driven. What a `Sandbox` does, it does awaited; what it looks up, it looks up awaited: `await
ringback.calls.one()`, `async for delivery in ringback.deliveries`. A `Call` it gave tells what was known after the last
thing awaited here, and is brought up to date by each. A far end takes effect when its sentence is awaited.

Cancelling is safe: whoever waits is let go at once, the request under way ends by itself, and the next thing awaited
here waits for that first, so that the clock is never driven twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar, Unpack
from weakref import WeakValueDictionary

from emulator.client.calls import Call, Calls, Deliveries
from emulator.client.explaining import ClaimsOf, Explanation
from emulator.client.faults import AsyncFaults
from emulator.client.records import Account, Delivery, Drive, State
from emulator.client.sandbox import ANYBODY, Sandbox, Settings
from emulator.client.server import connect, start
from emulator.client.violations import Violation
from emulator.scenarios.builder import FarEndBuilder, Span
from emulator.scenarios.far_end import FarEnd

__all__ = ["AsyncCalls", "AsyncDeliveries", "AsyncFarEndBuilder", "AsyncSandbox", "AsyncSettings"]

T = TypeVar("T")


class AsyncSandbox:
    """`async with AsyncSandbox.start() as ringback: ...`; every name is that of `Sandbox`, and means the same."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.id, self.seed = sandbox.id, sandbox.seed
        self.settings = AsyncSettings(self)
        self.faults = AsyncFaults(self, sandbox.faults)
        self._given: WeakValueDictionary[int, Call] = WeakValueDictionary()
        self._under_way: asyncio.Future[Any] | None = None

    @staticmethod
    @asynccontextmanager
    async def start(*options: str, **spec: Any) -> AsyncIterator[AsyncSandbox]:
        """As `emulator.start`."""
        async with AsyncSandbox(await asyncio.to_thread(start, *options, **spec)) as sandbox:
            yield sandbox

    @staticmethod
    @asynccontextmanager
    async def connect(url: str, token: str = "", *, sandbox: str = "", **spec: Any) -> AsyncIterator[AsyncSandbox]:
        """As `emulator.connect`."""
        made = await asyncio.to_thread(connect, url, token, sandbox=sandbox, **spec)
        async with AsyncSandbox(made) as ringback:
            yield ringback

    async def ask(self, what: Callable[[], T]) -> T:
        """Do something with the sandbox in a thread, after what is under way, and bring every call up to date."""
        while self._under_way is not None and not self._under_way.done():
            await asyncio.wait({self._under_way})
        self._under_way = asyncio.ensure_future(asyncio.to_thread(self._do, what))
        self._under_way.add_done_callback(_forget)
        done: T = await asyncio.shield(self._under_way)
        return done

    def _do(self, what: Callable[[], T]) -> T:
        done = what()
        if not self.sandbox.is_deleted:
            for call in list(self._given.values()):
                call.refresh()
        return done

    def give(self, told: Mapping[str, Any]) -> Call:
        """A call whose every detail is known, and kept up to date."""
        call = Call(self.sandbox, told, is_live=False)
        if "deliveries" not in told:
            call.refresh()
        self._given[id(call)] = call
        return call

    # --- providers, and who is on the other end ----------------------------------------------------------------

    def __getattr__(self, name: str) -> Account:
        if name.startswith("_") or "sandbox" not in self.__dict__:
            raise AttributeError(name)
        return self.sandbox.__getattr__(name)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self.sandbox.accounts]

    @property
    def vendor(self) -> Account:
        return self.sandbox.vendor

    def environ(self) -> dict[str, str]:
        return self.sandbox.environ()

    def far_end(self, number: str = "") -> AsyncFarEndBuilder:
        """A sentence that takes effect when awaited: `await ringback.far_end("+91...").rings(3).answers()`."""
        return AsyncFarEndBuilder(self, number)

    async def put_far_end(self, number: str, far_end: FarEnd | Mapping[str, Any]) -> None:
        await self.ask(lambda: self.sandbox.put_far_end(number, far_end))

    async def put_scenario(self, scenario: Mapping[str, Any] | str | Path, *apps: str) -> None:
        await self.ask(lambda: self.sandbox.put_scenario(scenario, *apps))

    async def dial_in(
        self,
        vendor: str = "",
        from_: str = ANYBODY,
        to: str = "",
        *,
        far_end: FarEndBuilder | FarEnd | Mapping[str, Any] | None = None,
    ) -> Call:
        return await self.ask(lambda: self.give(self.sandbox.call_in(vendor, from_, to, far_end)))

    async def act(self, call: Call, do: str, **how: Any) -> None:
        """A person acts as the far end of `call`: `answer`, `busy`, `reject`, `press`, `say`, `hang_up`, with `digits`,
        `text` and `leg`."""
        await self.ask(lambda: call.act(do, **how))

    async def answers(self) -> str | dict[str, Any]:
        return await self.ask(lambda: self.sandbox.answers)

    async def put_answers(self, answers: str | Mapping[str, Any]) -> None:
        await self.ask(lambda: self.sandbox.put_answers(answers))

    # --- time --------------------------------------------------------------------------------------------------

    async def now(self) -> datetime:
        return await self.ask(lambda: self.sandbox.now)

    async def advance(self, span: Span) -> Drive:
        return await self.ask(lambda: self.sandbox.advance(span))

    async def settle(self) -> Drive:
        return await self.ask(self.sandbox.settle)

    async def run(self, within: Span = "24h") -> Drive:
        return await self.ask(lambda: self.sandbox.run(within))

    async def run_until(
        self,
        condition: Callable[[], object] | None = None,
        *,
        callback: str = "",
        state: State | str = "",
        call: Call | str | None = None,
        count: int = 1,
        within: Span | None = None,
    ) -> Drive:
        """As `Sandbox.run_until`; `condition` is called in another thread."""
        return await self.ask(
            lambda: self.sandbox.run_until(
                condition, callback=callback, state=state, call=call, count=count, within=within
            )
        )

    async def run_without(
        self, *, callback: str = "", state: State | str = "", call: Call | str | None = None, within: Span
    ) -> Drive:
        return await self.ask(
            lambda: self.sandbox.run_without(callback=callback, state=state, call=call, within=within)
        )

    # --- what happened, and its end ----------------------------------------------------------------------------

    @property
    def calls(self) -> AsyncCalls:
        return AsyncCalls(self, Calls(self.sandbox, self.give))

    @property
    def deliveries(self) -> AsyncDeliveries:
        return AsyncDeliveries(self, Deliveries(self.sandbox))

    async def violations(self) -> list[Violation]:
        return await self.ask(lambda: self.sandbox.violations)

    async def journal(self, after: int = 0, call: Call | str | None = None) -> list[dict[str, Any]]:
        return await self.ask(lambda: self.sandbox.journal(after, call))

    async def journal_lines(self, after: int = 0, call: Call | str | None = None) -> bytes:
        return await self.ask(lambda: self.sandbox.journal_lines(after, call))

    async def reset(self) -> None:
        self._given.clear()
        await self.ask(self.sandbox.reset)

    async def delete(self) -> None:
        self._given.clear()
        await asyncio.to_thread(self.sandbox.delete)

    async def close(self) -> None:
        self._given.clear()
        await asyncio.to_thread(self.sandbox.close)

    async def __aenter__(self) -> AsyncSandbox:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await asyncio.shield(self.close())

    def __repr__(self) -> str:
        return f"<AsyncSandbox {self.id} at {self.sandbox.api.url}, seed {self.seed}>"


def _forget(future: asyncio.Future[Any]) -> None:
    """Whoever was cancelled does not want to know any more."""
    if not future.cancelled():
        future.exception()


class AsyncFarEndBuilder(FarEndBuilder):
    """A far end said in one sentence, which takes effect when it is awaited."""

    def __init__(self, sandbox: AsyncSandbox, number: str) -> None:
        super().__init__()
        self._sandbox, self._number = sandbox, number

    def __await__(self) -> Generator[Any, None, None]:
        return self._sandbox.put_far_end(self._number, self.far_end).__await__()


class AsyncCalls:
    """As `Calls`: `await calls.one()`, `await calls.all()`, `async for call in calls`."""

    def __init__(self, sandbox: AsyncSandbox, calls: Calls) -> None:
        self._sandbox, self._calls = sandbox, calls

    def where(self, **filters: str) -> AsyncCalls:
        return AsyncCalls(self._sandbox, self._calls.where(**filters))

    async def one(self, **filters: str) -> Call:
        return await self._sandbox.ask(lambda: self._calls.one(**filters))

    async def get(self, name: str) -> Call:
        return await self._sandbox.ask(lambda: self._calls.get(name))

    async def all(self) -> list[Call]:
        return await self._sandbox.ask(lambda: list(self._calls))

    async def __aiter__(self) -> AsyncIterator[Call]:
        for call in await self.all():
            yield call


class AsyncDeliveries:
    """As `Deliveries`: `await deliveries.one(callback="hangup")`, `async for delivery in deliveries`."""

    def __init__(self, sandbox: AsyncSandbox, deliveries: Deliveries) -> None:
        self._sandbox, self._deliveries = sandbox, deliveries

    def where(self, *, callback: str = "", call: Call | str | None = None, vendor: str = "") -> AsyncDeliveries:
        return AsyncDeliveries(self._sandbox, self._deliveries.where(callback=callback, call=call, vendor=vendor))

    async def one(self, *, callback: str = "", call: Call | str | None = None, vendor: str = "") -> Delivery:
        return await self._sandbox.ask(lambda: self._deliveries.one(callback=callback, call=call, vendor=vendor))

    async def all(self) -> list[Delivery]:
        return await self._sandbox.ask(lambda: list(self._deliveries))

    async def unanswered(self) -> tuple[Delivery, ...]:
        return await self._sandbox.ask(lambda: self._deliveries.unanswered)

    async def explain(self, delivery: Delivery | str, **claims: Unpack[ClaimsOf]) -> Explanation:
        return await self._sandbox.ask(lambda: self._deliveries.explain(delivery, **claims))

    async def resend(self, delivery: Delivery | str, **fields: Any) -> Delivery:
        return await self._sandbox.ask(lambda: self._deliveries.resend(delivery, **fields))

    async def __aiter__(self) -> AsyncIterator[Delivery]:
        for delivery in await self.all():
            yield delivery


class AsyncSettings:
    """As `Settings`."""

    def __init__(self, sandbox: AsyncSandbox) -> None:
        self._sandbox = sandbox

    @property
    def _settings(self) -> Settings:
        return self._sandbox.sandbox.settings

    async def get(self, vendor: str) -> dict[str, Any]:
        return await self._sandbox.ask(lambda: self._settings.get(vendor))

    async def put(self, vendor: str, **settings: Any) -> dict[str, Any]:
        return await self._sandbox.ask(lambda: self._settings.put(vendor, **settings))

    async def change(self, vendor: str, **settings: Any) -> dict[str, Any]:
        return await self._sandbox.ask(lambda: self._settings.change(vendor, **settings))
