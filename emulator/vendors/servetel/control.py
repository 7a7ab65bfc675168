"""What is done to a current call: hung up, supervised, transferred."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Literal

from emulator.engine.commands import HangUp, PlaceCall, Redirect, SetSupervision
from emulator.engine.legs import Leg
from emulator.engine.program import Program, Supervise, Verb
from emulator.engine.states import REASONS, TABLE
from emulator.errors import Refused
from emulator.vendors.servetel.fields import Fields
from emulator.vendors.servetel.schemas import Option, parse_option, parse_transfer, program_of, supervisor_of
from emulator.vendors.servetel.serving import Answer, Asking
from emulator.vendors.servetel.wire import unprefixed

__all__ = ["hang_up", "options"]

_DONE: Final = {
    "monitor": "Call monitoring started", "whisper": "Call whisper started", "barge": "Call barge started",
    "transfer": "Call transferred successfully",
}  # fmt: skip

_MODES: Final[dict[str, Literal["listen", "whisper", "talk"]]] = {
    "monitor": "listen", "whisper": "whisper", "barge": "talk",
}  # fmt: skip
"""SERVETEL-71: who listens hears both, who whispers is heard by the agent, who barges by both."""


def hang_up(asking: Asking) -> Answer:
    """SERVETEL-30: the whole call, whatever it does."""
    fields = Fields(asking.body)
    call_id = fields.required("call_id")
    fields.check()
    sandbox = asking.sandbox
    root = _found(asking, call_id)
    if not root.call.live:
        raise Refused("call_ended", leg=root.id, state=root.state, command="HangUp")
    for leg in list(root.call.legs):
        if leg.state != "ended":
            sandbox.do(HangUp(leg.id, "api"))
    return 200, {"success": True, "message": "Call hangup successfully"}


def options(asking: Asking) -> Answer:
    """SERVETEL-31: first the request, then the call."""
    option = parse_option(asking.body, asking.sandbox)
    root = _found(asking, option.call_id)
    leg = _customer(root)
    if option.name == "transfer":
        _transfer(asking, leg, parse_transfer(option.to, root.memo["did"] if root is not leg else "", asking.sandbox))
    else:
        _supervise(asking, leg, option)
    return 200, {"success": True, "message": _DONE[option.name]}


def _found(asking: Asking, call_id: str) -> Leg:
    leg = asking.sandbox.named(unprefixed(call_id))
    if leg is None or leg.memo["kind"] == "supervision":
        raise Refused("unknown_leg", leg=call_id)
    return leg


def _customer(root: Leg) -> Leg:
    """The customer's leg of a call in which anybody talks. Raises `Refused`."""
    if root.answered_at is None or not root.call.live:
        cell = TABLE[Redirect][root.state if root.call.live else "ended"]
        raise Refused(cell if cell in REASONS else "not_answered", leg=root.id, state=root.state, command="this")
    legs = [leg for leg in root.call.legs if leg.memo["role"] == "customer"]
    leg = legs[-1] if legs else root
    if leg.state != "answered":
        raise Refused("not_answered", leg=leg.id, state=leg.state, command="this")
    return leg


def _transfer(asking: Asking, customer: Leg, verbs: tuple[Verb, ...]) -> None:
    """SERVETEL-67: who talked with the customer is let go, at once."""
    asking.sandbox.do(Redirect(((customer.id, program_of(*verbs)),)))


def _supervise(asking: Asking, customer: Leg, option: Option) -> None:
    """SERVETEL-71: the supervisor's telephone is rung by a call of its own; one who is there already changes over."""
    sandbox, talking = asking.sandbox, customer.partner
    if talking is None:
        raise Refused("not_answered", leg=customer.id, state=customer.state, command="this")
    busy = {
        leg.memo["agent"]["id"] for leg in customer.call.legs if leg.memo["role"] == "agent" and leg.state != "ended"
    }
    agent = supervisor_of(option, busy, sandbox)
    mode = _MODES[option.name]
    own = _supervision(asking, customer.call_id, agent["id"])
    program = Program((Supervise(talking.id, mode),))
    if own is None:
        memo = {
            "kind": "supervision", "role": "agent", "agent": agent, "of": customer.call_id,
            "customer": customer.memo["customer"], "did": customer.memo["did"],
        }  # fmt: skip
        ring = timedelta(seconds=sandbox.settings.agent_ring_timeout)
        sandbox.do(PlaceCall("servetel", memo["did"], agent["number"], program, ring_timeout=ring, memo=memo))
    elif own.state == "answered":
        sandbox.do(SetSupervision(own.id, mode))
    else:
        sandbox.do(Redirect(((own.id, program),), early=True))


def _supervision(asking: Asking, call: str, agent: str) -> Leg | None:
    """That agent's own leg beside a call."""
    for legs in (asking.sandbox.queued(), asking.sandbox.live()):
        for leg in legs.values():
            if leg.memo.get("of") == call and leg.memo["agent"]["id"] == agent:
                return leg
    return None
