"""An inbound call: where each of the account's numbers leads. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from emulator.engine.causes import NO_ANSWER, REJECTED
from emulator.engine.commands import Arrive
from emulator.engine.program import Dial, Target
from emulator.errors import NotEmulated, Refused
from emulator.vendor_api import CallView
from emulator.vendors.servetel.directory import find_agent, find_number, is_online, known
from emulator.vendors.servetel.schemas import program_of
from emulator.vendors.servetel.wire import e164

__all__ = ["KINDS", "arrive", "check_destination"]

KINDS: Final = {
    "agent": "", "hangup": "", "agent_extension": "agent_extension destination", "ivr": "IVR",
    "auto_attend": "auto attendant", "department": "departments", "time_condition": "time conditions",
    "api_dialplan": "API dialplan", "custom_dialplan": "custom dialplan", "inbound_queue": "queues",
}  # fmt: skip
"""SERVETEL-39: kinds of destination; the name of what is not emulated, "" for what is."""


def check_destination(view: CallView, destination: str) -> str:
    """What is wrong with `kind||id`; "" when it can be set. Raises `NotEmulated`."""
    kind, separator, key = destination.partition("||")
    if not separator or kind not in KINDS or not key:
        return "The destination must be kind||id."
    if KINDS[kind]:
        raise NotEmulated(KINDS[kind], f"destination {destination}")
    return "Agent not found." if kind == "agent" and find_agent(view, key) is None else ""


def arrive(view: CallView, from_: str, to: str) -> Arrive:
    """A call to one of the account's numbers rings its agent, who sees who calls; nobody who is offline (SERVETEL-56).

    Raises `Refused("unknown_number")`.
    """
    number = find_number(view, to)
    if number is None:
        hint = "it is none of this sandbox's numbers"
        raise Refused("unknown_number", leg=to, command="Arrive", hint=hint)
    caller = e164(from_) or from_
    memo: dict[str, Any] = {"kind": "inbound", "customer": caller, "did": number["did"], "role": "customer"}
    kind, _, key = str(number["destination"]).partition("||")
    agent = find_agent(view, key) if kind == "agent" else None
    if agent is None:
        return Arrive("servetel", caller, number["did"], None, cause=REJECTED, memo=memo)
    memo["agent"] = known(agent)
    if not is_online(view, agent):
        return Arrive("servetel", caller, number["did"], None, cause=NO_ANSWER, memo=memo)
    return Arrive("servetel", caller, number["did"], program_of(_to_agent(view, agent)), memo=memo)


def _to_agent(view: CallView, agent: Mapping[str, Any]) -> Dial:
    ring = timedelta(seconds=view.settings.agent_ring_timeout)
    return Dial((Target(agent["number"], memo={"role": "agent"}),), ring)
