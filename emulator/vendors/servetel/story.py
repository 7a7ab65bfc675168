"""One call as Servetel tells it: who was the agent, who the customer, who talked, who hung up. Pure."""

from __future__ import annotations

from typing import Any, Final

from emulator.engine.causes import Cause
from emulator.engine.events import LegSnapshot
from emulator.vendor_api import CallView
from emulator.vendors.servetel.wire import epoch, seconds, uuid_of

__all__ = ["Story", "circle_of", "ref_id_of", "story_of", "uuid_in"]

Entry = dict[str, Any]

_OPERATORS: Final = ("Airtel", "BSNL", "Jio", "Vi")
_CIRCLES: Final = ("Andhra Pradesh", "Delhi", "Gujarat", "Karnataka", "Kolkata", "Maharashtra", "Mumbai", "Tamil Nadu")

BY_CALLEE: Final = "Call Disconnected By Callee"
BY_CALLER: Final = "Call Disconnected By Caller"
NO_ANSWER: Final = "noanswer"


class Story:
    """The legs of one call: `root`, and what was dialled from it. Each names its `role`: agent or customer."""

    __slots__ = ("children", "memo", "root")

    def __init__(self, root: LegSnapshot, children: list[LegSnapshot]) -> None:
        self.root = root
        self.children = children
        self.memo: dict[str, Any] = root.memo

    @property
    def is_inbound(self) -> bool:
        return self.root.direction == "inbound"

    @property
    def second(self) -> LegSnapshot | None:
        """The leg of the second party, once it was dialled."""
        return self.children[-1] if self.children else None

    def leg_of(self, role: str) -> LegSnapshot | None:
        """The last leg on which the agent, or the customer, was or is called."""
        legs = (*reversed(self.children), self.root)
        return next((leg for leg in legs if leg.memo["role"] == role), None)

    @property
    def is_answered(self) -> bool:
        """SERVETEL-51: both parties talked."""
        return any(leg.answered_at is not None for leg in self.children)

    @property
    def status(self) -> str:
        return "answered" if self.is_answered else "missed"

    @property
    def talked(self) -> int:
        """Seconds for which both did."""
        second = self.second
        return seconds(second.answered_at, second.ended_at) if second is not None else 0

    @property
    def cause(self) -> Cause | None:
        """SERVETEL-48: of a missed call what kept the second party, of an answered one what ended it."""
        second = self.second
        return self.root.cause if self.is_answered or second is None else second.cause

    @property
    def reason(self) -> str:
        """SERVETEL-59: `reason_key`. In a call that we placed the customer is the callee."""
        root = self.root
        if not self.is_answered:
            gave_up = root.by in ("caller", "callee") and root.cause is not None
            kind = root.cause.kind if gave_up and root.cause is not None else ""
            return BY_CALLER if kind in ("cancelled", "hangup") else NO_ANSWER
        leg = self.second if root.by == "partner" and self.second is not None else root
        if leg.by not in ("caller", "callee"):
            return BY_CALLER
        callee = "agent" if self.is_inbound else "customer"
        return BY_CALLEE if leg.memo["role"] == callee else BY_CALLER

    # --- the agent -------------------------------------------------------------------------------------------------

    @property
    def agent(self) -> dict[str, str] | None:
        """Who the agent is, called or not; None for an inbound call that leads to nobody."""
        return self.memo.get("agent")

    @property
    def answered_agent(self) -> dict[str, str] | None:
        """The agent, if he or she has picked up."""
        leg = self.leg_of("agent")
        return self.agent if leg is not None and leg.answered_at is not None else None

    @property
    def missed_agent(self) -> dict[str, str] | None:
        """The agent, if called in vain."""
        leg = self.leg_of("agent")
        return self.agent if leg is not None and leg.answered_at is None else None

    def ring_time(self, role: str) -> int | None:
        """Seconds from dialling to the answer or the end; None for who was never dialled."""
        leg = self.leg_of(role)
        if leg is None or leg.direction == "inbound":
            return None
        return seconds(leg.created_at, leg.answered_at or leg.ended_at)

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
        second = self.second
        if second is not None and second.answered_at is not None:
            entries.append({"anstime": epoch(second.answered_at), "time": epoch(second.answered_at)})
        if root.ended_at is not None:
            entries.append({"type": "hangup", "time": epoch(root.ended_at)})
        return entries

    def _agent_entry(self, leg: LegSnapshot) -> Entry:
        agent = self.agent or {}
        return {
            "type": "Agent",
            "id": agent.get("id", ""),
            "name": agent.get("name", ""),
            "dialst": "Dialed" if leg.answered_at is None else "Answered",
            "num": agent.get("number", ""),
            "time": epoch(leg.answered_at or leg.created_at),
        }


def _customer_entry(leg: LegSnapshot) -> Entry:
    return {"type": "ClickToCall", "name": f"PJSIP/{leg.to}", "time": epoch(leg.created_at)}


def story_of(view: CallView, root: LegSnapshot) -> Story:
    """The call of this first leg."""
    children: list[LegSnapshot] = []
    while (child := view.leg(f"{root.call}.{len(children) + 1}")) is not None:
        children.append(child)
    return Story(root, children)


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
