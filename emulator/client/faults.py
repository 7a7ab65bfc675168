"""Bad days from Python: `ringback.faults.status(503, count=2)`, `ringback.faults.lose(callback="hangup")`.

Every word sets one more fault, for what happens from now on. `SetFault.struck` tells how often it has struck.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, Literal, Protocol, TypedDict, TypeVar, Unpack

from emulator.client.control_api import ControlApi
from emulator.scenarios.builder import Span
from emulator.scenarios.faults import Fault, Kind

__all__ = ["AsyncFaults", "DeliveryMatch", "FaultWords", "Faults", "Match", "RequestMatch", "SetFault"]

T = TypeVar("T")
U = TypeVar("U")
HowSigned = Literal["wrong", "stale", "missing"]


class Match(TypedDict, total=False):
    """What a fault strikes, and how often. `number`: a number or pattern, of any leg. `count`: no more often;
    `probability`: by dice of the sandbox's seed, or of `seed`. `name`: unique; `f1`, `f2`, ... by default."""

    name: str
    vendor: str
    number: str
    count: int
    probability: float
    seed: int


class RequestMatch(Match, total=False):
    """`route`: `METHOD path` or a path below the provider's base URL; `*` within one segment, `**` for anything."""

    route: str


class DeliveryMatch(Match, total=False):
    """`callback`: its name, such as `hangup`. `skip`: it lets the first so many pass."""

    callback: str
    skip: int


class SetFault:
    """A fault that is set. `fault` is its kind; `struck`, how often it has struck, is read anew by a `Sandbox`, and is
    as it was when an `AsyncSandbox` read it."""

    def __init__(self, told: Mapping[str, Any], look: Callable[[str], Mapping[str, Any]] | None = None) -> None:
        self._told, self._look = told, look
        self.name: str = told["name"]
        self.fault: Kind = told["fault"]

    @property
    def struck(self) -> int:
        told = self._told if self._look is None else self._look(self.name)
        return int(told["struck"])

    def to_json(self) -> dict[str, Any]:
        """As it was set."""
        return {key: held for key, held in self._told.items() if key != "struck"}

    def __repr__(self) -> str:
        more = ", ".join(f"{key}={held!r}" for key, held in self.to_json().items() if key not in ("name", "fault"))
        return f"<Fault {self.name}: {self.fault}{f', {more}' if more else ''}>"


class FaultWords(ABC, Generic[T]):
    """One word for each kind of fault."""

    @abstractmethod
    def add(self, fault: Fault | Mapping[str, Any]) -> T:
        """Set one more, as a scenario file has it. Raises ControlRefused, changing nothing."""

    # --- what strikes requests to the provider's API ------------------------------------------------------------

    def status(self, status: int, *, retry_after: Span | None = None, **match: Unpack[RequestMatch]) -> T:
        """Nothing is done; the provider answers `status` in its own words."""
        return self._add("status", match, status=status, retry_after=retry_after)

    def rate_limit(self, retry_after: Span | None = None, **match: Unpack[RequestMatch]) -> T:
        """Nothing is done; the answer is 429 with `Retry-After`, by default a second."""
        return self._add("rate-limit", match, retry_after=retry_after)

    def latency(self, span: Span, **match: Unpack[RequestMatch]) -> T:
        """It is done at once, and answered after `span` of real time."""
        return self._add("latency", match, span=span)

    def slow_body(self, span: Span, **match: Unpack[RequestMatch]) -> T:
        """It is done; the answer's body comes in pieces over `span` of real time."""
        return self._add("slow-body", match, span=span)

    def reset(self, **match: Unpack[RequestMatch]) -> T:
        """Nothing is done, and the connection is reset."""
        return self._add("reset", match)

    def lose_reply(self, **match: Unpack[RequestMatch]) -> T:
        """It is done, and the connection is reset before the answer: a client that tries again does it twice."""
        return self._add("reply-lost", match)

    # --- what strikes webhooks -----------------------------------------------------------------------------------

    def lose(self, **match: Unpack[DeliveryMatch]) -> T:
        """The attempt never arrives, and times out; the provider's retries and fallbacks follow."""
        return self._add("lost", match)

    def lose_answer(self, **match: Unpack[DeliveryMatch]) -> T:
        """It arrives, and its answer is lost: the provider tries again what was handled already."""
        return self._add("answer-lost", match)

    def delay(self, span: Span, **match: Unpack[DeliveryMatch]) -> T:
        """It leaves `span` later on the sandbox's clock; what stands behind it waits too."""
        return self._add("delayed", match, span=span)

    def duplicate(self, span: Span | None = None, **match: Unpack[DeliveryMatch]) -> T:
        """It is sent once more, `span` later: by default a second."""
        return self._add("duplicated", match, span=span)

    def send_twice(self, **match: Unpack[DeliveryMatch]) -> T:
        """It is sent twice at the same instant."""
        return self._add("twice", match)

    def reorder(self, span: Span | None = None, **match: Unpack[DeliveryMatch]) -> T:
        """The next webhook of its call overtakes it; it leaves after `span` (by default 30 s) at the latest."""
        return self._add("reordered", match, span=span)

    def break_signature(self, how: HowSigned = "wrong", span: Span | None = None, **match: Unpack[DeliveryMatch]) -> T:
        """`wrong`: with another secret; `stale`: as if `span` ago (by default an hour); `missing`: not at all."""
        kinds: dict[str, Kind] = {"wrong": "wrong-signature", "stale": "stale-signature", "missing": "no-signature"}
        return self._add(kinds[how], match, span=span)

    def _add(self, kind: Kind, match: Mapping[str, Any], **own: Any) -> T:
        return self.add({"fault": kind, **match, **{key: held for key, held in own.items() if held is not None}})


class Desk(Protocol):
    """What faults need of their sandbox."""

    api: ControlApi
    path: str


class Faults(FaultWords[SetFault]):
    """The faults of a sandbox, in the order in which they are asked: iterate, `len`, `get`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def add(self, fault: Fault | Mapping[str, Any]) -> SetFault:
        told = fault.to_json() if isinstance(fault, Fault) else dict(fault)
        before = self.told()
        taken = {each["name"] for each in before}
        if not told.get("name"):
            told["name"] = next(name for number in range(1, len(taken) + 2) if (name := f"f{number}") not in taken)
        return self.put([*before, told])[-1]

    def put(self, faults: Iterable[Fault | Mapping[str, Any]]) -> list[SetFault]:
        """Replace them all; one that is set again unchanged keeps its count. Raises ControlRefused."""
        told = [each.to_json() if isinstance(each, Fault) else dict(each) for each in faults]
        held = self._desk.api.put(f"{self._desk.path}/faults", {"faults": told})["faults"]
        return [SetFault(each, self._look) for each in held]

    def clear(self) -> None:
        """No more bad days."""
        self.put([])

    def get(self, name: str) -> SetFault:
        """Raises KeyError."""
        return SetFault(self._look(name), self._look)

    def told(self) -> list[dict[str, Any]]:
        """As the control API shows them."""
        found: list[dict[str, Any]] = self._desk.api.get(f"{self._desk.path}/faults")["faults"]
        return found

    def _look(self, name: str) -> Mapping[str, Any]:
        for each in self.told():
            if each["name"] == name:
                return each
        raise KeyError(f"there is no fault {name!r} any more; there are {', '.join(self._names()) or 'none'}")

    def _names(self) -> list[str]:
        return [each["name"] for each in self.told()]

    def __iter__(self) -> Iterator[SetFault]:
        return (SetFault(each, self._look) for each in self.told())

    def __len__(self) -> int:
        return len(self.told())

    def __repr__(self) -> str:
        return f"<Faults of {self._desk.path.rpartition('/')[2]}>"


class Asker(Protocol):
    """An `AsyncSandbox`."""

    async def ask(self, what: Callable[[], U]) -> U: ...


class AsyncFaults(FaultWords[Awaitable[SetFault]]):
    """As `Faults`: `await ringback.faults.status(503)`, `async for fault in ringback.faults`."""

    def __init__(self, sandbox: Asker, faults: Faults) -> None:
        self._sandbox, self._faults = sandbox, faults

    def add(self, fault: Fault | Mapping[str, Any]) -> Awaitable[SetFault]:
        return self._sandbox.ask(lambda: _as_read(self._faults.add(fault)))

    async def put(self, faults: Iterable[Fault | Mapping[str, Any]]) -> list[SetFault]:
        return await self._sandbox.ask(lambda: [_as_read(each) for each in self._faults.put(faults)])

    async def clear(self) -> None:
        await self._sandbox.ask(self._faults.clear)

    async def get(self, name: str) -> SetFault:
        return await self._sandbox.ask(lambda: _as_read(self._faults.get(name)))

    async def all(self) -> list[SetFault]:
        return await self._sandbox.ask(lambda: [SetFault(each) for each in self._faults.told()])

    async def __aiter__(self) -> AsyncIterator[SetFault]:
        for fault in await self.all():
            yield fault


def _as_read(fault: SetFault) -> SetFault:
    return SetFault(fault._told)
