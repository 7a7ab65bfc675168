"""`call/records`: calls that are over, the last ended first, filtered, counted and paged."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from math import ceil
from typing import Any, Final

from emulator.engine.events import LegSnapshot
from emulator.vendor_api import CallView, VendorSandbox
from emulator.vendors.servetel.causes import hangup_cause
from emulator.vendors.servetel.errors import invalid
from emulator.vendors.servetel.fields import Fields
from emulator.vendors.servetel.recordings import recording_url
from emulator.vendors.servetel.serving import Answer, Asking
from emulator.vendors.servetel.story import Story, circle_of, ref_id_of, story_of, uuid_in
from emulator.vendors.servetel.wire import date_of, national, same_number, seconds, stamp, time_of

__all__ = ["KEYS", "list_records", "over_calls", "record"]

PER_PAGE: Final = 20
_DATE: Final = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_STAMP: Final = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_OPERATORS: Final[dict[str, Callable[[int, int], bool]]] = {
    "": operator.eq, ">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le, "!=": operator.ne,
}  # fmt: skip


def _description(story: Story) -> str:
    """SERVETEL-34."""
    agent = story.agent
    if not story.is_answered:
        return "Call missed"
    if not story.is_inbound:
        return "Call answered by customer"
    if agent is None or not agent["name"]:
        return f"Call answered by {agent['number']}" if agent else "Call answered"
    return f"Call answered by {agent['name']} ({agent['number']})"


def record(view: CallView, story: Story) -> dict[str, Any]:
    """SERVETEL-34: one call that is over."""
    root, memo = story.root, story.memo
    agent = story.agent or {"name": "", "number": ""}
    cause = hangup_cause(story.cause)
    talked = story.talked
    return {
        "id": view.ids.hex("servetel cdr", root.call, 24),
        "call_id": root.name,
        "uuid": uuid_in(view, root),
        "ref_id": ref_id_of(view, root) or None,
        "direction": root.direction,
        "description": _description(story),
        "detailed_description": None,
        "status": story.status,
        "blocked_number_id": None,
        "recording_url": recording_url(view, root) or None,
        "service": _service(story),
        "date": date_of(root.created_at),
        "time": time_of(root.created_at),
        "end_stamp": stamp(story.ended_at),
        "broadcast_id": None,
        "dtmf_input": story.noted("keys") or None,
        "call_duration": seconds(root.created_at, story.ended_at),
        "answered_seconds": talked,
        "client_number": memo["customer"],
        "did_number": memo["did"],
        "agent_name": agent["name"],
        "agent_number": national(agent["number"]),
        "agent_number_with_prefix": agent["number"],
        "department_name": story.noted("department") or None,
        "ivr_id": None,
        "ivr_name": None,
        "hangup_cause": cause.text,
        "reason": story.reason,
        "circle": circle_of(view, memo["customer"]),
        "call_flow": story.flow(),
        "missed_agents": story.missed_agents(),
        "transfer_missed_agent": story.missed_agents(transferred=True),
        "minutes_consumed": ceil(talked / 60),
        "charges": 0,
        "agent_ring_time": story.ring_time("agent") or 0,
        "agent_hangup_data": None,
        "notes": None,
        "call_hint": None,
        "lead_id": None,
        "custom_status": None,
        "contact_details": None,
        "dialer_call_details": None,
        "support_api_call": memo["kind"] == "support",
    }


KEYS: Final = (
    "id", "call_id", "uuid", "ref_id", "direction", "description", "detailed_description", "status",
    "blocked_number_id", "recording_url", "service", "date", "time", "end_stamp", "broadcast_id", "dtmf_input",
    "call_duration", "answered_seconds", "client_number", "did_number", "agent_name", "agent_number",
    "agent_number_with_prefix", "department_name", "ivr_id", "ivr_name", "hangup_cause", "reason", "circle",
    "call_flow", "missed_agents", "transfer_missed_agent", "minutes_consumed", "charges", "agent_ring_time",
    "agent_hangup_data", "notes", "call_hint", "lead_id", "custom_status", "contact_details",
    "dialer_call_details", "support_api_call",
)  # fmt: skip


def _service(story: Story) -> str:
    name = (story.agent or {}).get("name", "")
    return f"Agent: {name}" if name else ""


# --- filters -------------------------------------------------------------------------------------------------------

Test = Callable[[Story], bool]


def _tests(asking: Asking) -> list[Test]:
    """SERVETEL-32: every filter given must hold. Raises `Rejected` (422)."""
    tests: list[Test] = []
    tests += _dates(asking)
    tests += _parties(asking)
    tests += _kinds(asking)
    tests += _durations(asking)
    return tests


def _dates(asking: Asking) -> Iterator[Test]:
    """A date alone means its first second in `from_date`, its last in `to_date`."""
    if since := _stamp_of(asking, "from_date", "00:00:00"):
        yield lambda story: stamp(story.root.created_at) >= since
    if until := _stamp_of(asking, "to_date", "23:59:59"):
        yield lambda story: stamp(story.root.created_at) <= until


def _stamp_of(asking: Asking, name: str, rest: str) -> str:
    """As India's clocks write it, so that it compares as text."""
    given = asking.query(name)
    whole = f"{given} {rest}" if _DATE.fullmatch(given) else given
    if whole:
        try:
            is_one = _STAMP.fullmatch(whole) is not None and bool(datetime.fromisoformat(whole))
        except ValueError:
            is_one = False
        if not is_one:
            raise invalid(name, f"The {name} must be YYYY-MM-DD HH:MM:SS.")
    return whole


def _parties(asking: Asking) -> Iterator[Test]:
    if customer := asking.query("callerid"):
        yield lambda story: same_number(story.memo["customer"], customer)
    if did := asking.query("did_number"):
        yield lambda story: same_number(story.memo["did"], did)
    if destination := asking.query("destination"):
        yield lambda story: story.is_inbound and same_number(story.memo["did"], destination)
    if agents := _list(asking, "agents"):
        wanted = {text.rpartition("|")[2] for text in agents}
        yield lambda story: (story.agent or {}).get("id") in wanted


def _list(asking: Asking, name: str) -> list[str]:
    """`name[]=a&name[]=b`, with an index in the brackets or without brackets."""
    spelled = re.compile(rf"{name}(\[\d*\])?")
    return [text.strip() for key, text in asking.pairs if spelled.fullmatch(key)]


def _kinds(asking: Asking) -> Iterator[Test]:
    if kind := asking.query("call_type"):
        if kind not in ("c", "m"):
            raise invalid("call_type", "The call_type must be c or m.")
        yield lambda story: story.is_answered is (kind == "c")
    if direction := asking.query("direction"):
        if direction not in ("inbound", "outbound"):
            raise invalid("direction", "The direction must be inbound or outbound.")
        yield lambda story: story.root.direction == direction
    if services := {text.strip().lower() for text in asking.query("services").split(",") if text.strip()}:
        yield lambda story: _is_service(story, services)
    if departments := {text.rpartition("|")[2] for text in _list(asking, "department")}:
        yield lambda story: story.noted("department_id") in departments
    if _list(asking, "ivr"):
        yield lambda story: False  # there are none


def _is_service(story: Story, wanted: set[str]) -> bool:
    """Names are given in lower case: the whole of `Agent: NAME`, its kind or its name."""
    service = _service(story).lower()
    kind, _, name = service.partition(": ")
    return not wanted.isdisjoint((service, kind, name))


def _durations(asking: Asking) -> Iterator[Test]:
    word = asking.query("operator")
    if word not in _OPERATORS:
        raise invalid("operator", "The operator must be one of >, <, >=, <= and !=.")
    fields = Fields({"duration": asking.query("duration")})
    wanted = fields.integer("duration", 0)
    fields.check()
    if wanted is not None:
        compare = _OPERATORS[word]
        yield lambda story: compare(seconds(story.root.created_at, story.ended_at), wanted)


# --- the answer ----------------------------------------------------------------------------------------------------


def over_calls(sandbox: VendorSandbox) -> list[LegSnapshot]:
    """The first legs of all calls that are over, the last ended first; a supervisor's own is none (SERVETEL-70)."""
    roots: dict[str, LegSnapshot] = {}
    for leg in reversed(list(sandbox.ended().values())):
        if leg.call_id not in roots and not leg.call.live and leg.memo["kind"] != "supervision":
            roots[leg.call_id] = leg.call.legs[0].snapshot()
    return list(roots.values())


def list_records(asking: Asking) -> Answer:
    """SERVETEL-33: a page past the end is an empty one."""
    sandbox = asking.sandbox
    fields = Fields({"page": asking.query("page"), "limit": asking.query("limit")})
    page, limit = fields.integer("page", 1) or 1, fields.integer("limit", 1) or PER_PAGE
    fields.check()
    tests = _tests(asking)
    legs = over_calls(sandbox)
    if tests:
        stories = [story_of(sandbox, leg) for leg in legs]
        found = [story for story in stories if all(test(story) for test in tests)]
        count, shown = len(found), found[(page - 1) * limit : page * limit]
    else:
        count = len(legs)
        shown = [story_of(sandbox, leg) for leg in legs[(page - 1) * limit : page * limit]]
    results = [record(sandbox, story) for story in shown]
    return 200, {"count": count, "limit": limit, "size": len(results), "page": page, "results": results}
