"""What the suites must know of a vendor to use it as a client does: one small class each, `<name>.py` beside this.

An adapter drives the vendor's own API and reads the vendor's own bodies; it knows nothing of the engine but through
`expected`, which says what the vendor should tell of a call that the engine holds.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar

import httpx2

from emulator.engine.legs import Leg
from emulator.engine.values import value
from emulator.runtime.app import build
from emulator.runtime.exchange import Exchange
from emulator.runtime.sandbox import Sandbox
from emulator.scenarios.builder import FarEndBuilder
from emulator.webhooks.deliveries import Delivery
from tests.fakes.receiver import Receiver
from tests.suites.vendors.operations import Operation

__all__ = ["CALLEE", "DOWN", "Adapter", "Ending", "Seen", "adapter_of", "scripted"]

CALLEE = "+919876543210"
DOWN = "http://127.0.0.1:9"
"""Nobody listens there."""


def scripted() -> FarEndBuilder:
    """A far end that rings after a second and answers two later."""
    return FarEndBuilder().connects(after=1).rings(2)


@value
class Seen:
    """A call as its single get shows it, numbers in E.164. `word`: the vendor's own for its state."""

    id: str
    word: str
    from_: str
    to: str
    direction: str


@value
class Ending:
    """A call that is over, as its record, its last callback and the engine tell it. `word`: the vendor's for how."""

    id: str
    word: str
    from_: str
    to: str
    direction: str
    talked: int


Callbacks = tuple[tuple[str, str], ...]
"""Name and status word of each, in the order of first attempts."""


class Adapter(ABC):
    """One sandbox at one vendor, on a virtual clock, and its application."""

    vendor: ClassVar[str]
    WORDS: ClassVar[Mapping[str, str]]
    """What the single get calls each engine state."""
    ENDINGS: ClassVar[Mapping[str, str]]
    """The word of the record, by story."""
    CALLBACKS: ClassVar[Mapping[str, Callbacks]]
    """By story; empty where nothing is told."""
    REFUSED: ClassVar[frozenset[str]] = frozenset()
    """The stories in which the vendor refuses the client's hang-up, and the call goes on."""
    FINAL: ClassVar[frozenset[str]] = frozenset({"hangup"})
    """The callbacks that end a call."""
    LOST: ClassVar[Mapping[tuple[str, str], str]]
    """The ending when nobody answers this story's callback; one that is not here changes nothing."""
    GARBAGE: ClassVar[Mapping[str, str]]
    """The story's ending when the answer is a document that the vendor refuses; empty without documents."""

    OPERATIONS: ClassVar[tuple[Operation, ...]]
    """What the random suite asks."""
    DOCUMENTS_AT_RANDOM: ClassVar[tuple[str, ...]]
    """Bodies for the application to answer; `APP` and `{app}` in them become its address."""

    def __init__(self, exchange: Exchange, sandbox: Sandbox, receiver: Receiver) -> None:
        self.exchange, self.sandbox, self.receiver = exchange, sandbox, receiver
        self.pump = exchange.pumps[sandbox.id]
        self.account: Any = sandbox.public[self.vendor]
        self.number: str = self.account["numbers"][0]
        self.down: frozenset[str] = frozenset()
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(build(exchange)), base_url=f"http://ringback.test/{self.vendor}",
            headers=self.headers(),
        )  # fmt: skip

    # --- helpers -----------------------------------------------------------------------------------------------

    def url(self, callback: str) -> str:
        """Where the application wants it; nowhere for a callback that is down."""
        return f"{DOWN if callback in self.down else self.receiver.url}/{callback}"

    async def ask(self, method: str, path: str, *, ok: tuple[int, ...] = (200,), **more: Any) -> Any:
        """One API request; None for a 404, its JSON otherwise."""
        response = await self.client.request(method, path, **more)
        if response.status_code == 404 and 404 not in ok:
            return None
        assert response.status_code in ok, (method, path, response.status_code, response.text)
        return response.json() if "json" in response.headers.get("content-type", "") else response.text

    def leg(self, id_: str) -> Leg:
        """The first leg of the call with this id."""
        found = self.sandbox.engine.named(self.vendor, id_)
        assert found is not None
        return found

    def roots(self) -> list[Leg]:
        """The first leg of every call, oldest first."""
        return [call.legs[0] for call in self.sandbox.engine.calls.values()]

    def script(self, far_end: FarEndBuilder) -> None:
        self.sandbox.put_far_end(CALLEE, far_end.far_end)

    async def advance(self, seconds: float) -> None:
        await self.pump.advance(timedelta(seconds=seconds))

    def expected(self, id_: str, story: str) -> Ending:
        """What the engine holds of a call that is over, in this vendor's terms."""
        leg = self.leg(id_)
        assert leg.ended_at is not None
        talked = round((leg.ended_at - leg.answered_at).total_seconds()) if leg.answered_at else 0
        return Ending(id_, self.ENDINGS[story], leg.from_, leg.to, leg.direction, talked)

    def state(self, id_: str) -> str:
        """The state of the leg that leads to or comes from `CALLEE`; "" before it is dialled."""
        return self.leg(id_).state

    def word(self, leg: Leg) -> str:
        """What the single get calls the state of a call's first leg."""
        return self.WORDS[leg.state]

    def over(self, record: Ending) -> str:
        """What the single get, where it shows calls that are over, calls this one."""
        return record.word

    def lost(self, story: str, callback: str) -> str:
        """The ending of a story in which nobody answers this callback."""
        return self.LOST.get((story, callback), story)

    def told_word(self, record: Ending) -> str:
        """What of the record's word the last callback tells."""
        return record.word

    def is_shown(self, leg: Leg) -> bool:
        """Whether the vendor shows a call at all."""
        return True

    async def never(self, request: Any) -> None:
        """An answer that does not come: the application is silent until the test is over."""
        await asyncio.Event().wait()

    def is_final(self, delivery: Delivery) -> bool:
        """Whether this callback tells of the end."""
        return delivery.callback in self.FINAL

    def unit(self, delivery: Delivery) -> str:
        """What a final callback is the last of: the call, unless legs have final callbacks of their own."""
        return delivery.call

    # --- how to use the vendor ---------------------------------------------------------------------------------

    @abstractmethod
    def headers(self) -> dict[str, str]:
        """The credentials."""

    @abstractmethod
    def prepare(self, document: str) -> None:
        """Every URL is the application's (`url`), also of inbound calls, and its document is: `stay` for an hour;
        `talk` for ten seconds and hang up; `wait` an hour without answering; `refuse`; `garbage`."""

    @abstractmethod
    async def place(self) -> str:
        """A call to `CALLEE`; the vendor's id."""

    def arrive(self) -> str:
        """A call from `CALLEE`; the vendor's id."""
        return self.sandbox.arrive(self.vendor, CALLEE, self.number).name

    @abstractmethod
    async def lists(self) -> dict[str, list[str]]:
        """Ids in each list that excludes the others; keys among `queued`, `ringing`, `answered`, `ended`, joined by
        `+` where one list has calls in several of these states."""

    @abstractmethod
    async def get(self, id_: str) -> Seen | None:
        """The single get; None if there is none (any more)."""

    @abstractmethod
    async def record(self, id_: str) -> Ending | None:
        """The final record; None until there is one."""

    @abstractmethod
    def told(self, delivery: Delivery) -> Ending:
        """What the last callback of a call tells."""

    @abstractmethod
    def hear(self, document: str) -> None:
        """From now on the application answers this body, whatever it is asked."""

    @abstractmethod
    async def names(self) -> dict[str, list[str]]:
        """What may stand in the paths and bodies of `OPERATIONS`, besides `{call}` and `{app}`."""

    @abstractmethod
    async def hang_up(self, id_: str) -> None:
        """Over the API."""


def adapter_of(vendor: str) -> type[Adapter]:
    """The adapter of a loaded vendor. Fails by name for a vendor without one."""
    path = Path(__file__).with_name(f"{vendor}.py")
    assert path.exists(), f"{vendor} is installed and has no adapter: write tests/suites/vendors/{vendor}.py"
    made: type[Adapter] = import_module(f"tests.suites.vendors.{vendor}").adapter
    assert made.vendor == vendor
    return made
