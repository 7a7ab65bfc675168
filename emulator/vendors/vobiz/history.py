"""The cdr resource: calls that are over, newest first, filtered, counted and paged."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable
from datetime import date
from io import StringIO
from math import ceil
from typing import Any, Final

from emulator.engine.causes import CONFIRM_FAILED, LOST_RACE
from emulator.engine.events import LegSnapshot
from emulator.engine.legs import Leg
from emulator.errors import Refused
from emulator.ids import Ids
from emulator.vendors.vobiz.calls import cost
from emulator.vendors.vobiz.errors import Rejected
from emulator.vendors.vobiz.outcomes import Outcome, outcome_of
from emulator.vendors.vobiz.serving import Answer, Asking, Csv
from emulator.vendors.vobiz.wire import iso, talked, without_plus

__all__ = ["KEYS", "export", "list_records", "recent", "record", "retrieve", "search"]

MOST_PER_PAGE: Final = 100
PER_PAGE: Final = 20


def record(leg: LegSnapshot, account: str, ids: Ids, bridge: str | None = None) -> dict[str, Any]:
    """VOBIZ-67, VOBIZ-68: the 43 fields of one call that is over."""
    outcome, talk = outcome_of(leg), talked(leg)
    ring = _ring_seconds(leg)
    price = cost(talk)
    is_failed = leg.answered_at is None and outcome.source in ("Carrier", "Vobiz", "Error")
    return {
        "id": int(ids.digits("vobiz cdr", leg.id, 9)),
        "uuid": leg.name,
        "account_id": account,
        "call_direction": leg.direction,
        "caller_id_name": leg.memo.get("caller_name", ""),
        "caller_id_number": leg.from_,
        "destination_number": without_plus(leg.to),
        "context": "voice-api",
        "region": "ap-south-1",
        "origination_region": "mumbai",
        "campaign_id": None,
        "customer_endpoint": None,
        "trunk_id": None,
        "terminated_to": None,
        "start_time": iso(leg.created_at),
        "progress_time": iso(leg.ringing_at),
        "answer_time": iso(leg.answered_at),
        "end_time": iso(leg.ended_at),
        "created_at": iso(leg.ended_at),
        "updated_at": iso(leg.ended_at),
        "duration": ring + talk,
        "billsec": talk,
        "ring_time": ring,
        "cost": price,
        "streaming_cost": 0,
        "total_cost": price,
        "currency": "INR",
        "mos": 4.4 if leg.answered_at else None,
        "jitter": 0,
        "packet_loss": 0,
        "codec": "PCMU" if leg.answered_at else None,
        "hangup_cause": outcome.cause,
        "hangup_cause_code": outcome.code,
        "hangup_cause_name": outcome.name,
        "hangup_disposition": _disposition(leg, outcome),
        "hangup_source": outcome.source,
        "failure_code": str(outcome.code) if is_failed else None,
        "failure_reason": outcome.name if is_failed else None,
        "bridge_uuid": bridge,
        "sip_call_id": ids.uuid("vobiz sip_call_id", leg.id),
        "sip_user_agent": "Vobiz",
        "network_addr": "127.0.0.1",
        "carrier_ip": "127.0.0.1",
    }


KEYS: Final = (
    "id", "uuid", "account_id", "call_direction", "caller_id_name", "caller_id_number", "destination_number",
    "context", "region", "origination_region", "campaign_id", "customer_endpoint", "trunk_id", "terminated_to",
    "start_time", "progress_time", "answer_time", "end_time", "created_at", "updated_at", "duration", "billsec",
    "ring_time", "cost", "streaming_cost", "total_cost", "currency", "mos", "jitter", "packet_loss", "codec",
    "hangup_cause", "hangup_cause_code", "hangup_cause_name", "hangup_disposition", "hangup_source", "failure_code",
    "failure_reason", "bridge_uuid", "sip_call_id", "sip_user_agent", "network_addr", "carrier_ip",
)  # fmt: skip


def bridge_of(asking: Asking, leg: LegSnapshot) -> str | None:
    """VOBIZ-91: the leg that dialled it, or the last of those it dialled that was answered and not turned away."""
    legs = asking.sandbox.ended()[leg.id].call.legs
    if leg.parent is not None:
        return {other.id: other.name for other in legs}[leg.parent] if _talked(leg) else None
    children = [other for other in legs if other.parent is not None and other.parent.id == leg.id and _talked(other)]
    return children[-1].name if children else None


def _talked(child: LegSnapshot | Leg) -> bool:
    return child.answered_at is not None and child.cause not in (CONFIRM_FAILED, LOST_RACE)


def _ring_seconds(leg: LegSnapshot) -> int:
    """From ringing to the answer, or to the end of a call that was not answered; rounded up."""
    until = leg.answered_at or leg.ended_at
    if leg.ringing_at is None or until is None:
        return 0
    return ceil((until - leg.ringing_at).total_seconds())


def _disposition(leg: LegSnapshot, outcome: Outcome) -> str:
    """VOBIZ-69: who said goodbye in the signalling, as seen from Vobiz."""
    is_far_end = outcome.source in ("Caller", "Callee")
    if leg.answered_at is not None:
        return "recv_bye" if is_far_end else "send_bye"
    if leg.direction == "outbound" and outcome.source == "Carrier":
        return "send_refuse"
    return "send_refuse" if leg.direction == "inbound" and not is_far_end else "send_cancel"


# --- filters -------------------------------------------------------------------------------------------------------

Test = Callable[[LegSnapshot], bool]


def _tests(asking: Asking) -> list[Test]:
    """VOBIZ-70: every filter given must hold. Raises `Rejected` (400)."""
    query, fields, ids = asking.query, asking.filters(), asking.sandbox.ids
    tests: list[Test] = []
    for name, number_of in (("from_number", lambda leg: leg.from_), ("to_number", lambda leg: leg.to)):
        if wanted := without_plus(query.get(name, "").strip()):
            tests.append(_contains(wanted, number_of))
    equal: dict[str, Callable[[LegSnapshot], str]] = {
        "call_direction": lambda leg: leg.direction,
        "hangup_cause": lambda leg: outcome_of(leg).cause,
        "hangup_disposition": lambda leg: _disposition(leg, outcome_of(leg)),
        "sip_call_id": lambda leg: ids.uuid("vobiz sip_call_id", leg.id),
        "context": lambda leg: "voice-api",
        "bridge_uuid": lambda leg: bridge_of(asking, leg) or "",
        "campaign_id": lambda leg: "",
    }
    tests += [_equals(wanted, value_of) for name, value_of in equal.items() if (wanted := query.get(name, "").strip())]
    least = fields.integer("min_duration", 0)
    if least:
        tests.append(lambda leg: _ring_seconds(leg) + talked(leg) >= least)
    if wanted := query.get("search", "").strip():
        tests.append(_contains(without_plus(wanted), lambda leg: f"{leg.from_} {leg.to} {leg.name}"))
    return tests + _dates(query.get("start_date", ""), query.get("end_date", ""))


def _contains(wanted: str, text_of: Callable[[LegSnapshot], str]) -> Test:
    return lambda leg: wanted in text_of(leg)


def _equals(wanted: str, text_of: Callable[[LegSnapshot], str]) -> Test:
    return lambda leg: text_of(leg).lower() == wanted.lower()


def _dates(start: str, end: str) -> list[Test]:
    if not start and not end:
        return []
    if not start or not end:
        raise Rejected(400, "start_date and end_date must come together")
    try:
        first, last = date.fromisoformat(start), date.fromisoformat(end)
    except ValueError as problem:
        raise Rejected(400, "start_date and end_date must be YYYY-MM-DD") from problem
    return [lambda leg: first <= leg.created_at.date() <= last]


def _found(asking: Asking) -> list[LegSnapshot]:
    tests = _tests(asking)
    legs = [leg.snapshot() for leg in asking.sandbox.ended().values()]
    legs.reverse()
    return [leg for leg in legs if all(test(leg) for test in tests)] if tests else legs


# --- answers -------------------------------------------------------------------------------------------------------


def _records(asking: Asking, legs: Iterable[LegSnapshot]) -> list[dict[str, Any]]:
    return [_record(asking, leg) for leg in legs]


def _record(asking: Asking, leg: LegSnapshot) -> dict[str, Any]:
    return record(leg, asking.account, asking.sandbox.ids, bridge_of(asking, leg))


def _summary(legs: list[LegSnapshot]) -> dict[str, Any]:
    """VOBIZ-71: over everything that the filters let through, not the page."""
    answered = sum(leg.answered_at is not None for leg in legs)
    talk = [talked(leg) for leg in legs]
    total = sum(_ring_seconds(leg) for leg in legs) + sum(talk)
    return {
        "totalCalls": len(legs),
        "answeredCalls": answered,
        "answerRate": round(100 * answered / len(legs), 2) if legs else 0,
        "avgCallDuration": f"{round(total / len(legs)) if legs else 0}s",
        "total_duration_seconds": total,
        "total_billable_seconds": sum(talk),
        "total_cost": round(sum(cost(seconds) for seconds in talk), 5),
        "last_call_at": iso(legs[0].created_at) if legs else None,
    }


def list_records(asking: Asking) -> Answer:
    fields = asking.filters()
    page = fields.integer("page", 1) or 1
    size = min(fields.integer("per_page", 1) or PER_PAGE, MOST_PER_PAGE)
    legs = _found(asking)
    data = _records(asking, legs[(page - 1) * size : page * size])
    pages = ceil(len(legs) / size)
    return 200, {
        "account_id": asking.account,
        "count": len(data),
        "data": data,
        "pagination": {
            "page": page,
            "per_page": size,
            "total": len(legs),
            "pages": pages,
            "has_next": page < pages,
            "has_prev": page > 1,
        },
        "success": True,
        "summary": _summary(legs),
    }


def search(asking: Asking) -> Answer:
    status, body = list_records(asking)
    names = ("call_direction", "from_number", "hangup_cause", "to_number")
    return status, {**body, "filters": {name: asking.query.get(name, "").strip() for name in names}}


def recent(asking: Asking) -> Answer:
    limit = min(asking.filters().integer("limit", 1) or PER_PAGE, MOST_PER_PAGE)
    legs = [leg.snapshot() for leg in list(asking.sandbox.ended().values())[: -limit - 1 : -1]]
    data = _records(asking, legs)
    return 200, {"account_id": asking.account, "count": len(data), "data": data, "success": True}


def export(asking: Asking) -> Answer:
    table = StringIO()
    writer = csv.DictWriter(table, KEYS)
    writer.writeheader()
    writer.writerows(_records(asking, _found(asking)))
    return 200, Csv(table.getvalue())


def retrieve(asking: Asking) -> Answer:
    """404 until the call has ended."""
    sandbox = asking.sandbox
    leg = sandbox.named(asking.id)
    if leg is None or leg.id not in sandbox.ended():
        raise Refused("unknown_leg")
    return 200, {"data": _record(asking, leg.snapshot()), "success": True}
