"""One call as Servetel tells it: who was the agent, who the customer, who talked, who hung up. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from emulator.engine.causes import Cause
from emulator.engine.events import LegSnapshot
from emulator.vendor_api import CallView
from emulator.vendors.servetel.wire import epoch, seconds, uuid_of

__all__ = ["Story", "circle_of", "ref_id_of", "root_of", "story_of", "uuid_in"]

Entry = dict[str, Any]

_OPERATORS: Final = ("Airtel", "BSNL", "Jio", "Vi")
_CIRCLES: Final = ("Andhra Pradesh", "Delhi", "Gujarat", "Karnataka", "Kolkata", "Maharashtra", "Mumbai", "Tamil Nadu")

BY_CALLEE: Final = "Call Disconnected By Callee"
BY_CALLER: Final = "Call Disconnected By Caller"
NO_ANSWER: Final = "noanswer"


class Story:
    """The legs of one call: `root`, and what was dialled from it. Each names its `role`, agent or customer, and an
    agent's leg its `agent`; that of a transfer is `transferred`."""

    __slots__ = ("children", "memo", "root")

    def __init__(self, root: LegSnapshot, children: list[LegSnapshot]) -> None:
        self.root = root
        self.children = children
        self.memo: dict[str, Any] = root.memo

    @property
    def is_inbound(self) -> bool:
        return self.root.direction == "inbound"

    @property
    def others(self) -> list[LegSnapshot]:
        """The legs of the second party, as far as they were dialled: of the other role than the first's."""
        role = self.root.memo["role"]
        return [leg for leg in self.children if leg.memo["role"] != role]

    @property
    def second(self) -> LegSnapshot | None:
        """The leg of the second party that talked last, else the last that was dialled."""
        others = self.others
        return next((leg for leg in reversed(others) if leg.answered_at is not None), others[-1] if others else None)

    @property
    def main(self) -> LegSnapshot:
        """The leg with whose end the call ends: the first, but the customer's of a call that was transferred."""
        if self.transfers and (customer := self.leg_of("customer")) is not None:
            return customer
        return self.root

    def leg_of(self, role: str) -> LegSnapshot | None:
        """The leg on which the agent, or the customer, was or is called: the last that answered, else the last."""
        legs = [leg for leg in (*reversed(self.children), self.root) if leg.memo["role"] == role]
        return next((leg for leg in legs if leg.answered_at is not None), legs[0] if legs else None)

    @property
    def is_answered(self) -> bool:
        """SERVETEL-51: both parties talked."""
        return any(leg.answered_at is not None for leg in self.others)

    @property
    def status(self) -> str:
        return "answered" if self.is_answered else "missed"

    @property
    def talked(self) -> int:
        """Seconds for which the second party was on the line, one after another perhaps."""
        return sum(seconds(leg.answered_at, leg.ended_at) for leg in self.others)

    @property
    def cause(self) -> Cause | None:
        """SERVETEL-48: of a missed call what kept the second party, of an answered one what ended it."""
        second = self.second
        return self.main.cause if self.is_answered or second is None else second.cause

    @property
    def reason(self) -> str:
        """SERVETEL-59: `reason_key`. In a call that we placed the customer is the callee."""
        main = self.main
        if not self.is_answered:
            gave_up = main.by in ("caller", "callee") and main.cause is not None
            kind = main.cause.kind if gave_up and main.cause is not None else ""
            return BY_CALLER if kind in ("cancelled", "hangup") else NO_ANSWER
        partner = next((leg for leg in reversed(self.children) if leg.parent == main.id and leg.answered_at), None)
        leg = partner if main.by == "partner" and partner is not None else main
        if leg.by not in ("caller", "callee"):
            return BY_CALLER
        callee = "agent" if self.is_inbound else "customer"
        return BY_CALLEE if leg.memo["role"] == callee else BY_CALLER

    # --- the agents ------------------------------------------------------------------------------------------------

    @property
    def agent_legs(self) -> list[LegSnapshot]:
        return [leg for leg in (self.root, *self.children) if leg.memo["role"] == "agent"]

    @property
    def transfers(self) -> list[LegSnapshot]:
        """The legs that `call/options` dialled (SERVETEL-68)."""
        return [leg for leg in self.children if leg.memo.get("transferred")]

    @property
    def agent(self) -> dict[str, str] | None:
        """Who the agent is, or was last; None for an inbound call that leads to nobody."""
        leg = self.leg_of("agent")
        found: dict[str, str] | None = leg.memo["agent"] if leg is not None else self.memo.get("agent")
        return found

    @property
    def answered_agent(self) -> dict[str, str] | None:
        """The agent who picked up last."""
        leg = self.leg_of("agent")
        return leg.memo["agent"] if leg is not None and leg.answered_at is not None else None

    def missed_agents(self, transferred: bool = False) -> list[dict[str, str]]:
        """Who was called in vain, each once; not those who rang till another picked up."""
        missed: dict[str, dict[str, str]] = {}
        for leg in self.agent_legs:
            is_lost = leg.cause is not None and leg.cause.kind == "lost-race"
            if leg.answered_at is None and not is_lost and bool(leg.memo.get("transferred")) is transferred:
                missed.setdefault(leg.memo["agent"]["number"], leg.memo["agent"])
        return [{key: agent[key] for key in ("id", "name", "number")} for agent in missed.values()]

    def ring_time(self, role: str) -> int | None:
        """Seconds from dialling to the answer or the end; None for who was never dialled. Without transfers."""
        legs = [leg for leg in (self.root, *self.children) if leg.memo["role"] == role]
        return _rang([leg for leg in legs if not leg.memo.get("transferred")])

    @property
    def transfer_ring_time(self) -> int | None:
        return _rang(self.transfers)

    def noted(self, key: str) -> str:
        """What the last leg to know it says of the department, or of the keys that were pressed; "" if none does."""
        found = (leg.memo[key] for leg in (*reversed(self.children), self.root) if key in leg.memo)
        return str(next(found, ""))

    # --- the whole -------------------------------------------------------------------------------------------------

    @property
    def ended_at(self) -> datetime | None:
        """When the last of its legs ended; None while one is up."""
        ends = [leg.ended_at for leg in (self.root, *self.children)]
        return None if None in ends else max(end for end in ends if end is not None)

    # --- call_flow -------------------------------------------------------------------------------------------------

    def flow(self) -> list[Entry]:
        """SERVETEL-49: the first entry's time is text, the others' are numbers."""
        root = self.root
        entries: list[Entry] = [{"type": "init", "value": root.name, "time": str(epoch(root.created_at))}]
        entries += [
            self._agent_entry(leg) if leg.memo["role"] == "agent" else _customer_entry(leg)
            for leg in (root, *self.children)
            if leg.direction == "outbound"
        ]
        entries += [
            {"anstime": epoch(leg.answered_at), "time": epoch(leg.answered_at)}
            for leg in self.others
            if leg.answered_at is not None
        ]
        if self.ended_at is not None:
            entries.append({"type": "hangup", "time": epoch(self.ended_at)})
        return entries

    def _agent_entry(self, leg: LegSnapshot) -> Entry:
        agent = leg.memo["agent"]
        return {
            "type": "Agent",
            "id": agent["id"],
            "name": agent["name"],
            "dialst": "Dialed" if leg.answered_at is None else "Answered",
            "num": agent["number"],
            "time": epoch(leg.answered_at or leg.created_at),
        }


def _rang(legs: list[LegSnapshot]) -> int | None:
    """Of the last of them that somebody called."""
    leg = next((leg for leg in reversed(legs) if leg.direction == "outbound"), None)
    return seconds(leg.created_at, leg.answered_at or leg.ended_at) if leg is not None else None


def _customer_entry(leg: LegSnapshot) -> Entry:
    return {"type": "ClickToCall", "name": f"PJSIP/{leg.to}", "time": epoch(leg.created_at)}


def story_of(view: CallView, root: LegSnapshot) -> Story:
    """The call of this first leg."""
    children: list[LegSnapshot] = []
    while (child := view.leg(f"{root.call}.{len(children) + 1}")) is not None:
        children.append(child)
    return Story(root, children)


def root_of(view: CallView, leg: LegSnapshot) -> LegSnapshot:
    """The first leg of the call to which a leg belongs."""
    root = view.leg(f"{leg.call}.0") if leg.parent is not None else leg
    assert root is not None  # a call's legs are forgotten together
    return root


def ref_id_of(view: CallView, root: LegSnapshot) -> str:
    """SERVETEL-26: the client's own, else a UUID; inbound calls have none."""
    if root.direction == "inbound":
        return ""
    return str(root.memo.get("ref_id") or view.ids.uuid("servetel ref_id", root.call))


def circle_of(view: CallView, number: str) -> dict[str, str]:
    """SERVETEL-47: where a number is at home; a choice of ours that is always the same."""
    return {
        "operator": _OPERATORS[view.ids.integer("servetel operator", number, len(_OPERATORS))],
        "circle": _CIRCLES[view.ids.integer("servetel circle", number, len(_CIRCLES))],
    }


def uuid_in(view: CallView, root: LegSnapshot) -> str:
    return uuid_of(view.ids, root.call, root.created_at)
