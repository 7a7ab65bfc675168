"""From a request that starts or controls a call to a command: every field, its default and its range. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final

from emulator.engine.causes import BUSY, NO_ANSWER
from emulator.engine.commands import PlaceCall
from emulator.engine.program import Dial, HangUp, Program, Target, Verb
from emulator.engine.values import value
from emulator.errors import NotEmulated
from emulator.vendor_api import CallView
from emulator.vendors.servetel.destinations import agent_target, department_of, number_target, ring, to_department
from emulator.vendors.servetel.directory import agents, find_agent, find_number, is_online, known, numbers
from emulator.vendors.servetel.errors import invalid
from emulator.vendors.servetel.fields import Fields
from emulator.vendors.servetel.recordings import home, prelude
from emulator.vendors.servetel.wire import e164, same_number

__all__ = [
    "OPTIONS", "Option", "parse_click_to_call", "parse_option", "parse_support_call", "parse_transfer", "program_of",
    "supervisor_of",
]  # fmt: skip

_KNOWN: Final = frozenset({
    "agent_number", "destination_number", "caller_id", "async", "call_timeout", "get_call_id", "ref_id",
    "customer_ring_timeout", "customer_number", "api_key",
})  # fmt: skip
"""Every other key is the client's own, and comes back in the webhooks (SERVETEL-27)."""

OPTIONS: Final = {1: "monitor", 2: "whisper", 3: "barge", 4: "transfer"}


def program_of(*verbs: Verb) -> Program:
    """What the first party's leg runs: no document; when its partner has ended, it ends for the same reason."""
    return Program(verbs, exhausted_cause="inherit")


def parse_click_to_call(body: Mapping[str, Any], view: CallView, base_url: str) -> tuple[PlaceCall, bool]:
    """The agent is called first, then the customer (SERVETEL-21). And whether the answer comes at once (SERVETEL-25).

    Raises `Rejected` (422).
    """
    fields = Fields(body)
    wanted, customer = fields.required("agent_number"), fields.number("destination_number")
    is_async = _is_async(fields, view, True)
    did, times = _caller_id(fields, view), _times(fields, view)
    memo = {**_memo(fields, body, "click-to-call", customer, did), **home(view, base_url)}
    fields.check()
    agent = find_agent(view, wanted)
    if agent is None:
        raise invalid("agent_number", "Agent not found.")  # SERVETEL-24
    if not is_online(view, agent):
        raise invalid("agent_number", "The agent is offline.")
    memo["agent"] = known(agent)
    if same_number(agent["number"], customer):
        program = program_of(*prelude(memo), HangUp(BUSY))  # SERVETEL-28
    else:
        target = Target(customer, did, {"role": "customer"})
        program = program_of(*prelude(memo), Dial((target,), times["customer"]))
    memo["role"] = "agent"
    ring = timedelta(seconds=view.settings.agent_ring_timeout)
    number = agent["number"]
    return PlaceCall(
        "servetel", did, number, program, ring_timeout=ring, time_limit=times.get("call"), memo=memo
    ), is_async  # fmt: skip


def parse_support_call(body: Mapping[str, Any], view: CallView, base_url: str) -> PlaceCall:
    """The customer is called first, then the agent to whom the API key leads (SERVETEL-29). Raises `Rejected` (422)."""
    fields = Fields(body)
    customer = fields.number("customer_number")
    if not _is_async(fields, view, False):
        fields.wrong("async", "The async field is required and must be 1.")
    did, times = _caller_id(fields, view), _times(fields, view)
    memo = {**_memo(fields, body, "support", customer, did), **home(view, base_url)}
    fields.check()
    agent = _support_agent(view)
    memo["agent"] = known(agent)
    if is_online(view, agent):
        ring = timedelta(seconds=view.settings.agent_ring_timeout)
        program = program_of(*prelude(memo), Dial((Target(agent["number"], did, {"role": "agent"}),), ring))
    else:
        program = program_of(*prelude(memo), HangUp(NO_ANSWER))
    memo["role"] = "customer"
    return PlaceCall(
        "servetel", did, customer, program, ring_timeout=times["customer"], time_limit=times.get("call"), memo=memo
    )


def _support_agent(view: CallView) -> Mapping[str, Any]:
    wanted = view.settings.support_agent
    if not wanted:
        return agents(view)[0]
    agent = find_agent(view, wanted)
    if agent is None:
        raise NotEmulated(f"click_to_call_support to {wanted}", "settings: support_agent names no agent")
    return agent


def _is_async(fields: Fields, view: CallView, default: bool) -> bool:
    """SERVETEL-25: Smartflo takes nothing but 1."""
    is_smartflo = view.settings.profile == "smartflo"
    is_async = fields.switch("async", default and not is_smartflo)
    if is_smartflo and default and not is_async:
        fields.wrong("async", "The async field must be 1.")
    return is_async


def _caller_id(fields: Fields, view: CallView) -> str:
    """SERVETEL-23: one of the account's numbers, by default the first."""
    wanted = fields.text("caller_id")
    number = find_number(view, wanted) if wanted else numbers(view)[0]
    if number is None:
        fields.wrong("caller_id", "Please provide a valid caller_id.")
        return ""
    return str(number["did"])


def _times(fields: Fields, view: CallView) -> dict[str, timedelta]:
    """How long the customer may ring, and how long the call may last from the first answer, if it says."""
    ring = fields.span("customer_ring_timeout") or timedelta(seconds=view.settings.customer_ring_timeout)
    limit = fields.span("call_timeout")
    return {"customer": ring} if limit is None else {"customer": ring, "call": limit}


def _memo(fields: Fields, body: Mapping[str, Any], kind: str, customer: str, did: str) -> dict[str, Any]:
    """What the callbacks and lists of the call will need."""
    memo: dict[str, Any] = {"kind": kind, "customer": customer, "did": did}
    if ref_id := fields.text("ref_id"):
        memo["ref_id"] = ref_id
    extra = {key: given for key, given in body.items() if key not in _KNOWN}
    if extra:
        memo["extra"] = extra
    return memo


@value
class Option:
    """What `call/options` asks: of which call, which of `OPTIONS`, and for the first three by which agent ("": ours to
    choose), for a transfer to whom."""

    call_id: str
    name: str
    agent: str = ""
    to: tuple[str, ...] = ()


def parse_option(body: Mapping[str, Any], view: CallView) -> Option:
    """SERVETEL-31. Raises `Rejected` (422)."""
    fields = Fields(body)
    fields.required("type")
    kind = fields.integer("type", 1)
    if kind is not None and kind not in OPTIONS:
        fields.wrong("type", "The type must be 1, 2, 3 or 4.")
    call_id = fields.required("call_id")
    if kind in (1, 2):
        fields.required("agent_id")
    to = _intercom(fields, body.get("intercom")) if kind == 4 else ()
    fields.check()
    name = OPTIONS[kind or 1]
    if name == "transfer":
        return Option(call_id, name, to=to)
    agent = fields.text("agent_id")
    if agent:
        found = find_agent(view, agent)
        if found is None:
            raise invalid("agent_id", "Agent not found.")
        if not is_online(view, found):
            raise invalid("agent_id", "The agent is offline.")
        agent = found["id"]
    return Option(call_id, name, agent)


def _intercom(fields: Fields, given: Any) -> tuple[str, ...]:
    """One text or a list of them: intercoms, extensions or numbers of 10 to 12 digits."""
    if not isinstance(given, list):
        given = [fields.required("intercom")]
    elif not given:
        fields.wrong("intercom", "The intercom field is required.")
    found = []
    for one in given:
        if isinstance(one, int) and not isinstance(one, bool):
            one = str(one)
        if not isinstance(one, str) or (one and not one.removeprefix("+").isdigit()):
            fields.wrong("intercom", "The intercom must be an intercom, an extension or a number of 10 to 12 digits.")
            break
        found.append(one)
    return tuple(found)


def parse_transfer(to: tuple[str, ...], from_: str, view: CallView) -> tuple[Verb, ...]:
    """SERVETEL-67: what the customer's leg runs to get there. Raises `Rejected` (422)."""
    targets: list[Target] = []
    for one in to:
        agent = find_agent(view, one)
        if agent is not None and not is_online(view, agent):
            raise invalid("intercom", "The agent is offline.")
        department = department_of(view, one)
        if agent is None and department is not None:
            if len(to) > 1:
                raise invalid("intercom", "A department stands alone.")
            return to_department(view, department, from_, transferred=True)
        if agent is not None:
            targets.append(agent_target(agent, from_, transferred=True))
        elif 10 <= len(one.removeprefix("+")) <= 12 and e164(one):
            targets.append(number_target(view, one, from_, transferred=True))
        else:
            raise invalid("intercom", "Intercom not found.")
    return (ring(view, tuple(targets)),)


def supervisor_of(option: Option, busy: Collection[str], view: CallView) -> dict[str, str]:
    """SERVETEL-71: who is named, else the first agent online who is not in the call. Raises `Rejected` (422)."""
    if option.agent in busy and option.agent:
        raise invalid("agent_id", "The agent is on this call.")
    named = find_agent(view, option.agent) if option.agent else None
    free = (agent for agent in agents(view) if agent["id"] not in busy and is_online(view, agent))
    found = named or next(free, None)
    if found is None:
        raise invalid("agent_id", "No agent is free.")
    return known(found)
