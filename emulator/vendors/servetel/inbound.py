"""An inbound call: where each of the account's numbers leads. Pure."""

from __future__ import annotations

from typing import Any

from emulator.engine.causes import NO_ANSWER, REJECTED
from emulator.engine.commands import Arrive
from emulator.engine.program import HangUp
from emulator.errors import Refused
from emulator.vendor_api import CallView
from emulator.vendors.servetel.destinations import verbs_of
from emulator.vendors.servetel.directory import find_agent, find_number, known, numbers
from emulator.vendors.servetel.recordings import home, prelude
from emulator.vendors.servetel.schemas import program_of
from emulator.vendors.servetel.wire import e164

__all__ = ["arrive"]


def arrive(view: CallView, from_: str, to: str) -> Arrive:
    """A call to one of the account's numbers goes where that leads: to an agent, say, who sees who calls. Where nobody
    is, it ends at once (SERVETEL-56).

    Raises `Refused("unknown_number")`.
    """
    number = find_number(view, to)
    if number is None:
        hint = f"the numbers of this account are {', '.join(each['did'] for each in numbers(view))}"
        raise Refused("unknown_number", leg=to, command="Arrive", hint=hint)
    caller, did, destination = e164(from_) or from_, number["did"], str(number["destination"])
    memo: dict[str, Any] = {"kind": "inbound", "customer": caller, "did": did, "role": "customer"}
    memo |= home(view, view.base_url)
    kind, _, key = destination.partition("||")
    if kind == "agent" and (agent := find_agent(view, key)) is not None:
        memo["agent"] = known(agent)
    verbs = verbs_of(view, destination)
    if isinstance(verbs[0], HangUp):
        cause = NO_ANSWER if verbs[0].cause == NO_ANSWER else REJECTED
        return Arrive("servetel", caller, did, None, cause=cause, memo=memo)
    return Arrive("servetel", caller, did, program_of(*prelude(memo), *verbs), memo=memo)
