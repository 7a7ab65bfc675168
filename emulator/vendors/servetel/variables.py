"""The `$variables` of a webhook's template, and the default template of each trigger. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from emulator.engine.events import LegSnapshot
from emulator.vendor_api import CallView
from emulator.vendors.servetel.causes import hangup_cause
from emulator.vendors.servetel.recordings import recording_of, recording_url
from emulator.vendors.servetel.story import Story, circle_of, ref_id_of, uuid_in
from emulator.vendors.servetel.wire import national, seconds, stamp, without_plus

__all__ = ["TEMPLATES", "Moment", "fill", "flat"]

_VARIABLE: Final = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_ENDS: Final = frozenset({"missed", "hangup"})


class Moment:
    """One trigger going off: which, in which call, by which leg, when; `digits` were pressed."""

    __slots__ = ("at", "digits", "leg", "story", "trigger", "view")

    def __init__(
        self, trigger: str, story: Story, leg: LegSnapshot, at: datetime, view: CallView, digits: str = ""
    ) -> None:
        self.trigger, self.story, self.leg, self.at, self.view, self.digits = trigger, story, leg, at, view, digits

    @property
    def is_end(self) -> bool:
        return self.trigger in _ENDS

    @property
    def extra(self) -> Mapping[str, Any]:
        """What the client sent along with its click_to_call (SERVETEL-27)."""
        found: Mapping[str, Any] = self.story.memo.get("extra", {})
        return found

    def word(self) -> str:
        """`call_status`, for the ladder too."""
        if self.trigger == "answered-by-agent":
            return "Answered by agent"
        if self.trigger == "answered-by-customer":
            return "Answered by customer"
        return self.story.status if self.is_end else ""


# --- values --------------------------------------------------------------------------------------------------------


def _call_to_number(moment: Moment) -> str:
    """SERVETEL-46: the customer without `+`; of an inbound call the dialled number with it."""
    story = moment.story
    return story.root.to if story.is_inbound else without_plus(story.memo["customer"])


def _caller_id_number(moment: Moment) -> str:
    """SERVETEL-46: without country code at the end of a call that we placed."""
    story = moment.story
    if story.is_inbound:
        return str(story.memo["customer"])
    did = str(story.memo["did"])
    return national(did) if moment.is_end else did


def _direction(moment: Moment) -> str:
    """SERVETEL-45: two spellings, both real."""
    if moment.story.is_inbound:
        return "inbound"
    return "clicktocall" if moment.is_end else "click_to_call"


def _person(agent: Mapping[str, str] | None) -> dict[str, str] | str:
    """SERVETEL-47."""
    if agent is None:
        return ""
    number = agent["number"]
    return {
        "id": agent["id"], "name": agent["name"], "dialst": "Answered", "number": number, "agent_number": number,
    }  # fmt: skip


def _answered_agent_number(moment: Moment) -> Any:
    """SERVETEL-45: an object when the customer answers, text at the end."""
    agent = moment.story.answered_agent
    if agent is None:
        return ""
    if moment.trigger == "answered-by-customer":
        return {"follow_me_number": agent["number"], "id": agent["id"], "name": agent["name"]}
    return agent["number"]


def _missed_agent(moment: Moment) -> Any:
    return moment.story.missed_agents() or ""


def _of_agent(key: str) -> Callable[[Moment], str]:
    """Of the one whose leg it is about, if it is about one."""
    return lambda moment: (moment.leg.memo.get("agent") or moment.story.agent or {}).get(key, "")


def _of_answered_agent(key: str) -> Callable[[Moment], str]:
    return lambda moment: (moment.story.answered_agent or {}).get(key, "")


def _ring_time(role: str) -> Callable[[Moment], str]:
    def found(moment: Moment) -> str:
        span = moment.story.ring_time(role)
        return "" if span is None else str(span)

    return found


def _transfer_ring_time(moment: Moment) -> str:
    span = moment.story.transfer_ring_time
    return "" if span is None else str(span)


def _duration(moment: Moment) -> str:
    """SERVETEL-52: both of them, from the first party's answer."""
    story = moment.story
    return str(seconds(story.root.answered_at, story.ended_at or moment.at))


def _recording_identifier(moment: Moment) -> str:
    return moment.view.ids.hex("servetel recording", moment.story.root.call, 32)


def _recording_name(moment: Moment) -> str:
    """SERVETEL-72: of a file."""
    recording = recording_of(moment.view, moment.story.root)
    return f"{moment.story.root.name}.{recording.format}" if recording is not None else ""


def _nothing(moment: Moment) -> str:
    return ""


_VALUES: Final[dict[str, Callable[[Moment], Any]]] = {
    "uuid": lambda moment: uuid_in(moment.view, moment.story.root),
    "call_id": lambda moment: moment.story.root.name,
    "call_to_number": _call_to_number,
    "caller_id_number": _caller_id_number,
    "start_stamp": lambda moment: stamp(moment.story.root.created_at),
    "billing_circle": lambda moment: circle_of(moment.view, moment.story.memo["customer"]),
    "customer_no_with_prefix": lambda moment: moment.story.memo["customer"],
    "agent_number": _of_agent("number"),
    "agent_name": _of_agent("name"),
    "answer_agent_number": _of_answered_agent("number"),
    "answered_agent_number": _answered_agent_number,
    "call_status": Moment.word,
    "direction": _direction,
    "ref_id": lambda moment: ref_id_of(moment.view, moment.story.root),
    "custom_identifier": lambda moment: moment.extra.get("custom_identifier", ""),
    "customer_ring_time": _ring_time("customer"),
    "digit_pressed": lambda moment: moment.digits,
    "last_dtmf": lambda moment: [moment.digits] if moment.digits else [],  # SERVETEL-62
    "department_name": lambda moment: moment.story.noted("department"),
    "date": lambda moment: stamp(moment.at),
    "call_flow": lambda moment: moment.story.flow(),
    "answer_stamp": lambda moment: stamp(moment.story.root.answered_at),
    "end_stamp": lambda moment: stamp(moment.story.ended_at),
    "duration": _duration,
    "billsec": _duration,
    "answered_agent": lambda moment: _person(moment.story.answered_agent),
    "answered_agent_name": _of_answered_agent("name"),
    "missed_agent": _missed_agent,
    "digits_dialed": lambda moment: moment.story.noted("keys"),
    "broadcast_lead_fields": _nothing,
    "recording_url": lambda moment: recording_url(moment.view, moment.story.root),
    "recording_name": _recording_name,
    "outbound_sec": lambda moment: str(moment.story.talked),
    "agent_ring_time": _ring_time("agent"),
    "agent_transfer_ring_time": _transfer_ring_time,
    "call_connected": lambda moment: "1" if moment.story.root.answered_at is not None else "0",
    "aws_call_recording_identifier": _recording_identifier,
    "reason_key": lambda moment: moment.story.reason,
    "hangup_cause_key": lambda moment: hangup_cause(moment.story.cause).key,
    "hangup_cause_code": lambda moment: hangup_cause(moment.story.cause).code,
    "hangup_cause_description": lambda moment: hangup_cause(moment.story.cause).text,
    "hangup_cause": lambda moment: hangup_cause(moment.story.cause).text,
}

# --- templates -----------------------------------------------------------------------------------------------------

_CALL: Final = ("uuid", "call_id", "call_to_number", "caller_id_number")
_CUSTOMER: Final = ("billing_circle", "customer_no_with_prefix")
_END: Final = (
    *_CALL, "start_stamp", *_CUSTOMER, "answered_agent_number", "call_status", "direction", "ref_id",
    "custom_identifier", "customer_ring_time", "call_flow", "answer_stamp", "end_stamp", "duration", "billsec",
    "answered_agent", "answered_agent_name", "missed_agent", "digits_dialed", "broadcast_lead_fields", "recording_url",
    "recording_name", "outbound_sec", "agent_ring_time", "agent_transfer_ring_time", "call_connected",
    "aws_call_recording_identifier", "campaign_name", "campaign_id", "reason_key", "hangup_cause_key",
    "hangup_cause_code", "hangup_cause_description", "hangup_cause",
)  # fmt: skip

TEMPLATES: Final[dict[str, tuple[str, ...]]] = {
    "received": (*_CALL, "start_stamp", *_CUSTOMER),
    "dialed": (*_CALL, "start_stamp", "agent_number", "call_flow"),
    "answered-by-agent": (
        *_CALL, "start_stamp", *_CUSTOMER, "answer_agent_number", "call_status", "direction", "ref_id",
        "custom_identifier",
    ),
    "answered-by-customer": (
        "uuid", "call_to_number", "caller_id_number", "start_stamp", *_CUSTOMER, "answered_agent_number",
        "call_status", "direction", "ref_id", "custom_identifier", "customer_ring_time",
    ),
    "dtmf": (*_CALL, *_CUSTOMER, "digit_pressed", "date"),
    "received-on-department": (*_CALL, "start_stamp", *_CUSTOMER, "department_name"),
    "dialplan": (*_CALL, "start_stamp", "last_dtmf"),
    "missed": _END,
    "hangup": _END,
}  # fmt: skip
"""SERVETEL-45: the keys; each takes the variable of its own name. `campaign_…` is none, and so is sent as it stands."""


def fill(template: Mapping[str, Any] | None, moment: Moment, blank: bool) -> dict[str, Any]:
    """A webhook's fields. `template` None is the trigger's own, with what the client sent along behind it; `blank`:
    with one at the end of `customer_no_with_prefix` (SERVETEL-42)."""
    if template is not None:
        return {key: _filled(part, moment) for key, part in template.items()}
    made: dict[str, Any] = {}
    for key in TEMPLATES[moment.trigger]:
        spelled = "customer_no_with_prefix " if blank and key == "customer_no_with_prefix" else key
        made[spelled] = _value(key, moment)
    for key, given in moment.extra.items():
        if key not in made and key != "custom_identifier":
            made[key] = given
    return made


def _filled(part: Any, moment: Moment) -> Any:
    if isinstance(part, str):
        whole = _VARIABLE.fullmatch(part)
        if whole is not None:
            return _value(whole[1], moment)
        return _VARIABLE.sub(lambda found: flat(_value(found[1], moment)), part)
    if isinstance(part, dict):
        return {key: _filled(inner, moment) for key, inner in part.items()}
    return [_filled(inner, moment) for inner in part] if isinstance(part, list) else part


def _value(name: str, moment: Moment) -> Any:
    """SERVETEL-41: what nobody knows stays as it stands."""
    known = _VALUES.get(name)
    return known(moment) if known is not None else moment.extra.get(name, f"${name}")


def flat(given: Any) -> str:
    """SERVETEL-40: a value in a form or a query: text as it is, anything else as JSON."""
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False, separators=(",", ":"))
