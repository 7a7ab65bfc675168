"""Calls and deliveries of a sandbox: looked up when asked for, so that they always tell the present.

A `Call` of a `Sandbox` reads itself anew for each attribute. One of an `AsyncSandbox` tells what was known after the
last thing awaited there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Protocol, Unpack
from urllib.parse import quote, urlencode

from emulator.client.control_api import ControlApi
from emulator.client.explaining import ClaimsOf, Explanation, claims_of
from emulator.client.records import Cause, Delivery, Leg, Reached, State, Transcript, instant
from emulator.client.telling import DidNotHappen, is_unanswered, tell_calls, tell_delivery

__all__ = ["Call", "Calls", "Deliveries", "Desk", "Hand", "every", "id_of"]

PAGE: Final = 1000


class Desk(Protocol):
    """What calls need of their sandbox."""

    api: ControlApi
    path: str

    def looked(self, delivery: str) -> None: ...


def every(api: ControlApi, path: str, kind: str, **query: str) -> Iterator[Mapping[str, Any]]:
    """Every item of a list that comes in pages."""
    after: str | None = None
    while True:
        asked = {**{key: text for key, text in query.items() if text}, "limit": PAGE}
        page = api.get(f"{path}?{urlencode(asked | ({'after': after} if after else {}))}")
        yield from page[kind]
        after = page["next"]
        if after is None:
            return


def id_of(call: Call | str | None) -> str:
    """A call, its id or the provider's id of it; nothing for none."""
    return call.id if isinstance(call, Call) else call or ""


class Call:
    """One call, all legs of it. `vendor_id` is the provider's own id of its first leg.

    `state` is `ended` only when every leg has. `cause` is why the first leg ended, `by` who ended it.
    """

    def __init__(self, desk: Desk, told: Mapping[str, Any], *, is_live: bool = True) -> None:
        self._desk, self._told, self._is_live = desk, told, is_live
        self.id: str = told["id"]
        self.vendor: str = told["vendor"]
        self.vendor_id: str = told["vendor_id"]
        self.direction: str = told["direction"]
        self.from_: str = told["from"]
        self.to: str = told["to"]

    @property
    def far_end(self) -> Hand:
        """The person on the other end, to play by hand."""
        return Hand(self)

    def refresh(self) -> Call:
        """Read it anew: a call of a `Sandbox` does so by itself."""
        self._told = self._desk.api.get(f"{self._desk.path}/calls/{quote(self.id)}")
        return self

    def _look(self) -> Mapping[str, Any]:
        return self.refresh()._told if self._is_live else self._told

    @property
    def state(self) -> State:
        state: State = self._look()["state"]
        return state

    @property
    def cause(self) -> Cause | None:
        """None until the first leg has ended."""
        return Cause.read(self._look()["cause"])

    @property
    def by(self) -> str | None:
        """`caller`, `callee`, `api`, `program`, `platform`, `carrier`, `application` or `partner`."""
        by: str | None = self._look()["by"]
        return by

    @property
    def created_at(self) -> datetime | None:
        return instant(self._look()["created_at"])

    @property
    def ringing_at(self) -> datetime | None:
        return instant(self._look()["ringing_at"])

    @property
    def answered_at(self) -> datetime | None:
        return instant(self._look()["answered_at"])

    @property
    def ended_at(self) -> datetime | None:
        return instant(self._look()["ended_at"])

    @property
    def legs(self) -> tuple[Leg, ...]:
        return tuple(Leg.read(leg) for leg in self._look()["legs"])

    @property
    def states(self) -> tuple[Reached, ...]:
        """Every state that a leg of it came into, in order."""
        return tuple(Reached(instant(each["at"]), each["leg"], each["state"]) for each in self._look()["states"])

    @property
    def transcript(self) -> Transcript:
        return Transcript(self._look()["transcript"])

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The webhooks of this call, in order."""
        return tuple(Delivery(told, self._desk.looked) for told in self._look()["deliveries"])

    @property
    def ladder(self) -> str:
        """Who said what to whom, as a picture of text."""
        return str(self._look()["ladder"]["text"])

    @property
    def mermaid(self) -> str:
        """The same as a Mermaid sequence diagram."""
        return str(self._look()["ladder"]["mermaid"])

    def act(self, do: str, **how: Any) -> None:
        """A person acts as the far end; see `Hand`."""
        told = {key: each for key, each in how.items() if each is not None}
        path = f"{self._desk.path}/calls/{quote(self.id)}/far-end"
        self._told = self._desk.api.post(path, {"do": do, **told})

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Call) and (self.id, self._desk.path) == (other.id, other._desk.path)

    def __hash__(self) -> int:
        return hash((self.id, self._desk.path))

    def __repr__(self) -> str:
        return f"<Call {self.id} at {self.vendor}, {self.from_} to {self.to}: {self._told['state']}>"


class Hand:
    """The far end by hand: from the first word on, a leg's script stops. `leg` None: the first leg that can do this."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def answers(self, greeting: str | None = None, *, leg: str | None = None) -> None:
        self._call.act("answer", text=greeting, leg=leg)

    def is_busy(self, *, leg: str | None = None) -> None:
        self._call.act("busy", leg=leg)

    def rejects(self, *, leg: str | None = None) -> None:
        self._call.act("reject", leg=leg)

    def presses(self, digits: str, *, leg: str | None = None) -> None:
        self._call.act("press", digits=digits, leg=leg)

    def says(self, text: str, *, leg: str | None = None) -> None:
        self._call.act("say", text=text, leg=leg)

    def hangs_up(self, *, leg: str | None = None) -> None:
        self._call.act("hang_up", leg=leg)


class Calls:
    """The calls of a sandbox in order of their beginning, looked up whenever asked: iterate, `len`, index, `one`."""

    def __init__(self, desk: Desk, wrap: Callable[[Mapping[str, Any]], Call] | None = None, **filters: str) -> None:
        self._desk, self._filters = desk, filters
        self._wrap = wrap or (lambda told: Call(desk, told))

    def where(
        self, *, vendor: str = "", state: State | str = "", direction: str = "", from_: str = "", to: str = ""
    ) -> Calls:
        """Only those at this provider, in this state, of this direction, between these numbers in any spelling."""
        named = {"vendor": vendor, "state": state, "direction": direction, "from": from_, "to": to}
        return Calls(self._desk, self._wrap, **{**self._filters, **{key: text for key, text in named.items() if text}})

    def one(
        self, *, vendor: str = "", state: State | str = "", direction: str = "", from_: str = "", to: str = ""
    ) -> Call:
        """The only one there is. Raises: DidNotHappen, with every call there is instead."""
        __tracebackhide__ = True
        wanted = self.where(vendor=vendor, state=state, direction=direction, from_=from_, to=to)
        found = [*wanted._matching()]
        if len(found) != 1:
            which = "".join(f", {key} {text!r}" for key, text in wanted._filters.items())
            raise DidNotHappen(f"expected one call{which}; there are {len(found)}", self.told())
        return self._wrap(found[0])

    def get(self, name: str) -> Call:
        """By its id, or the provider's own id of one of its legs: what your code was told. Raises ControlRefused."""
        return self._wrap(self._desk.api.get(f"{self._desk.path}/calls/{quote(name, safe='')}"))

    def told(self) -> str:
        """What happened in every call of the sandbox, in words."""
        api, path = self._desk.api, self._desk.path
        return tell_calls([api.get(f"{path}/calls/{call['id']}") for call in every(api, f"{path}/calls", "calls")])

    def _matching(self) -> Iterator[Mapping[str, Any]]:
        query = {key: self._filters.get(key, "") for key in ("vendor", "state")}
        for told in every(self._desk.api, f"{self._desk.path}/calls", "calls", **query):
            if all(self._fits(key, text, told) for key, text in self._filters.items()):
                yield told

    @staticmethod
    def _fits(key: str, text: str, told: Mapping[str, Any]) -> bool:
        if key in ("from", "to"):
            return _digits(told[key]) == _digits(text)
        return bool(told[key] == text)

    def __iter__(self) -> Iterator[Call]:
        return map(self._wrap, self._matching())

    def __len__(self) -> int:
        return sum(1 for _ in self._matching())

    def __getitem__(self, index: int) -> Call:
        return list(self)[index]

    def __repr__(self) -> str:
        return f"<Calls of {self._desk.path.rpartition('/')[2]}>"


def _digits(number: str) -> str:
    return "".join(sign for sign in number if sign.isdigit()) or number


class Deliveries:
    """The messages to the application in order of their making, looked up whenever asked."""

    def __init__(self, desk: Desk, **filters: str) -> None:
        self._desk, self._filters = desk, filters

    def where(self, *, callback: str = "", call: Call | str | None = None, vendor: str = "") -> Deliveries:
        """Only those of this callback name (`answer`, `gather`, `hangup`, ...), call, provider."""
        named = {"callback": callback, "call": id_of(call), "vendor": vendor}
        return Deliveries(self._desk, **{**self._filters, **{key: text for key, text in named.items() if text}})

    def one(self, *, callback: str = "", call: Call | str | None = None, vendor: str = "") -> Delivery:
        """The only one there is. Raises: DidNotHappen, with what there is instead."""
        __tracebackhide__ = True
        found = self.where(callback=callback, call=call, vendor=vendor).told()
        if len(found) != 1:
            which = " ".join(text for text in (callback, id_of(call), vendor) if text) or "of any kind"
            instead = "\n".join(tell_delivery(told) for told in Deliveries(self._desk).told())
            raise DidNotHappen(f"expected one delivery {which}; there are {len(found)}", instead or "Nothing was sent.")
        return Delivery(found[0], self._desk.looked)

    @property
    def unanswered(self) -> tuple[Delivery, ...]:
        """Those without a good answer, so far or for good. Asking for them is having looked."""
        found = [told for told in self.told() if is_unanswered(told)]
        for told in found:
            self._desk.looked(told["id"])
        return tuple(Delivery(told, self._desk.looked) for told in found)

    def resend(self, delivery: Delivery | str, **fields: Any) -> Delivery:
        """Send it once more, signed anew, with these fields of its form or JSON object instead. Nobody waits for it."""
        name = delivery.id if isinstance(delivery, Delivery) else delivery
        path = f"{self._desk.path}/deliveries/{quote(name)}/resend"
        return Delivery(self._desk.api.post(path, {"set": fields}), self._desk.looked)

    def explain(self, delivery: Delivery | str, **claims: Unpack[ClaimsOf]) -> Explanation:
        """How it was signed, and what does not fit of what the receiver has: see `ClaimsOf`."""
        name = delivery.id if isinstance(delivery, Delivery) else delivery
        path = f"{self._desk.path}/deliveries/{quote(name)}/explain"
        return Explanation(self._desk.api.post(path, claims_of(**claims)))

    def told(self) -> list[Mapping[str, Any]]:
        """As the control API shows them."""
        query = {key: self._filters.get(key, "") for key in ("callback", "call")}
        found = every(self._desk.api, f"{self._desk.path}/deliveries", "deliveries", **query)
        vendor = self._filters.get("vendor", "")
        return [told for told in found if vendor in ("", told["vendor"])]

    def __iter__(self) -> Iterator[Delivery]:
        return (Delivery(told, self._desk.looked) for told in self.told())

    def __len__(self) -> int:
        return len(self.told())

    def __getitem__(self, index: int) -> Delivery:
        return Delivery(self.told()[index], self._desk.looked)

    def __repr__(self) -> str:
        return f"<Deliveries of {self._desk.path.rpartition('/')[2]}>"
