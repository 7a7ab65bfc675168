"""Where a call can be led: agents, numbers, departments, dialplans, nowhere. From `kind||id` to verbs. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from emulator.engine.causes import NO_ANSWER, REJECTED
from emulator.engine.program import Dial, Fetch, HangUp, Hook, Tag, Target, Verb
from emulator.errors import NotEmulated
from emulator.vendor_api import CallView
from emulator.vendors.servetel.directory import find_agent, is_online, known
from emulator.vendors.servetel.settings import Department, Dialplan
from emulator.vendors.servetel.wire import e164

__all__ = [
    "KINDS", "agent_target", "check_destination", "department_of", "dialplan_of", "dialplan_verbs", "number_target",
    "to_agent", "to_department", "verbs_of",
]  # fmt: skip

KINDS: Final = {
    "agent": "", "hangup": "", "department": "", "api_dialplan": "", "agent_extension": "agent_extension destination",
    "ivr": "IVR", "auto_attend": "auto attendant", "time_condition": "time conditions",
    "custom_dialplan": "custom dialplan", "inbound_queue": "queues",
}  # fmt: skip
"""SERVETEL-39: kinds of destination; the name of what is not emulated, "" for what is."""

_NOBODY: Final = HangUp(NO_ANSWER, refuse=NO_ANSWER)


def check_destination(view: CallView, destination: str) -> str:
    """What is wrong with `kind||id`; "" when it can be set. Raises `NotEmulated`."""
    kind, separator, key = destination.partition("||")
    if not separator or kind not in KINDS or not key:
        return "The destination must be kind||id."
    if KINDS[kind]:
        raise NotEmulated(KINDS[kind], f"destination {destination}")
    if kind == "agent" and find_agent(view, key) is None:
        return "Agent not found."
    if kind == "department" and department_of(view, key) is None:
        return "Department not found."
    return "Dialplan not found." if kind == "api_dialplan" and dialplan_of(view, key) is None else ""


def department_of(view: CallView, key: str) -> Department | None:
    """By id or intercom."""
    found: tuple[Department, ...] = view.settings.departments
    return next((each for each in found if key and key in (each.id, each.intercom)), None)


def dialplan_of(view: CallView, key: str) -> Dialplan | None:
    found: tuple[Dialplan, ...] = view.settings.dialplans
    return next((each for each in found if each.id == key), None)


def verbs_of(view: CallView, destination: str, depth: int = 0) -> tuple[Verb, ...]:
    """What the caller's leg runs to get there; nobody is there if it names nothing that is: rejected (SERVETEL-56)."""
    kind, _, key = destination.partition("||")
    if kind == "agent" and (agent := find_agent(view, key)) is not None:
        return to_agent(view, agent)
    if kind == "department" and (department := department_of(view, key)) is not None:
        verbs = to_department(view, department)
        return verbs if isinstance(verbs[-1], Dial) else (*verbs, _NOBODY)
    if (
        kind == "api_dialplan"
        and (dialplan := dialplan_of(view, key)) is not None
        and depth < len(view.settings.dialplans)
    ):
        return dialplan_verbs(view, dialplan, depth)
    return (HangUp(REJECTED, refuse=REJECTED),)


def dialplan_verbs(view: CallView, dialplan: Dialplan, depth: int = 0, where: str = "") -> tuple[Verb, ...]:
    """SERVETEL-60: asked, and behind it the failover, for when it does not say."""
    return (Fetch(hook_of(dialplan, "answer"), where), *verbs_of(view, dialplan.failover, depth + 1))


def hook_of(dialplan: Dialplan, purpose: str) -> Hook:
    """`answer` at first, `gather` when keys were collected."""
    return Hook(
        dialplan.url, dialplan.method, purpose, on_failure="next", on_empty="end", extra={"dialplan": dialplan.id}
    )


# --- people --------------------------------------------------------------------------------------------------------


def agent_target(agent: Mapping[str, Any], from_: str = "", **memo: Any) -> Target:
    return Target(agent["number"], from_, {"role": "agent", "agent": known(agent), **memo})


def number_target(view: CallView, number: str, from_: str = "", **memo: Any) -> Target:
    """A telephone outside; whoever is there is an agent of whom nothing else is known, if none of ours."""
    agent = find_agent(view, number) or {"id": "", "name": "", "number": e164(number), "extension": ""}
    return agent_target(agent, from_, **memo)


def to_agent(view: CallView, agent: Mapping[str, Any]) -> tuple[Verb, ...]:
    """Nobody who is offline is rung (SERVETEL-56)."""
    if not is_online(view, agent):
        return (_NOBODY,)
    return (ring(view, (agent_target(agent),)),)


def to_department(view: CallView, department: Department, from_: str = "", **memo: Any) -> tuple[Verb, ...]:
    """SERVETEL-66: those of its agents who are online, at once or in turn; nobody is rung if none is."""
    agents = [agent for key in department.agents if (agent := find_agent(view, key)) is not None]
    targets = tuple(agent_target(agent, from_, **memo) for agent in agents if is_online(view, agent))
    entered: tuple[Verb, ...] = (
        Tag({"department": department.name, "department_id": department.id}),
        Fetch(Hook("", purpose="received-on-department", awaited=False)),
    )
    if not targets:
        return entered
    span = timedelta(seconds=department.timeout)
    return (*entered, ring(view, targets, span, in_turn=department.ring_strategy == "sequential"))


def ring(view: CallView, targets: tuple[Target, ...], span: timedelta | None = None, in_turn: bool = False) -> Dial:
    """Who talked hangs up for both; who was not reached leaves the caller to what comes next (SERVETEL-63)."""
    span = span or timedelta(seconds=view.settings.agent_ring_timeout)
    return Dial(targets, span, end_with_child=True, in_turn=in_turn)
