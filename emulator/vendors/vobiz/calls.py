"""The Call resource: make, list, retrieve, hang up. Each handler turns a request into a command and renders."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from emulator.engine.commands import HangUp
from emulator.engine.events import Event, LegSnapshot
from emulator.engine.legs import Leg
from emulator.errors import Refused
from emulator.vendors.vobiz.errors import Rejected
from emulator.vendors.vobiz.outcomes import outcome_of
from emulator.vendors.vobiz.schemas import parse_call
from emulator.vendors.vobiz.serving import Answer, Asking
from emulator.vendors.vobiz.wire import account_time, billed, session_time, status_of, talked, without_plus

__all__ = ["cost", "hang_up", "list_calls", "make_call", "retrieve"]

MOST_QUEUED: Final = 20
RATE: Final = 0.45
_NOT_APPLICABLE: Final = "Not Applicable"


def make_call(asking: Asking) -> Answer:
    """Every field is checked before the first call is placed, so a refused request places none (VOBIZ-13)."""
    sandbox = asking.sandbox
    uuids = [_placed(sandbox.do(command)[0]) for command in parse_call(asking.body, asking.base_url)]
    settings = sandbox.settings
    body: dict[str, Any] = {"api_id": asking.api_id(), "message": "call fired", "request_uuid": uuids[0]}
    if len(uuids) > 1 and settings.bulk_response == "array":
        body.update(message="calls fired", request_uuid=uuids)
    return settings.make_call_status, body


def _placed(event: Event) -> str:
    return event.leg.name if event.leg is not None else ""


def list_calls(asking: Asking) -> Answer:
    """VOBIZ-18, VOBIZ-19: live ones all, queued ones at most 20, oldest first."""
    status = asking.query.get("status") or "live"
    if status == "live":
        calls = [leg.name for leg in asking.sandbox.live().values()]
    elif status == "queued":
        calls = [leg.name for leg in islice(asking.sandbox.queued().values(), MOST_QUEUED)]
    else:
        raise Rejected(400, f"status must be live or queued, got {status!r}")
    return 200, {"api_id": asking.api_id(), "calls": calls}


def retrieve(asking: Asking) -> Answer:
    """VOBIZ-63: a call in the state that `status` names; without one, a call that is over."""
    status = asking.query.get("status", "")
    sandbox = asking.sandbox
    if status == "live":
        return 200, _live(asking, _there(sandbox.live(), sandbox.named(asking.id)))
    if status == "queued":
        return 200, _queued(asking, _there(sandbox.queued(), sandbox.named(asking.id)))
    if status:
        raise Rejected(400, f"status must be live or queued, got {status!r}")
    return 200, _finished(asking, _there(sandbox.ended(), sandbox.named(asking.id)).snapshot())


def hang_up(asking: Asking) -> Answer:
    """VOBIZ-64: queued or live; what it is bridged with ends too."""
    leg = asking.sandbox.named(asking.id)
    asking.sandbox.do(HangUp(leg.id if leg is not None else asking.id, "api", bridged=True))
    return 204, None


def _there(book: Any, leg: Leg | None) -> Leg:
    """The leg, if it is in this book."""
    if leg is None or leg.id not in book:
        raise Refused("unknown_leg", leg=leg.id if leg is not None else "")
    return leg


def _queued(asking: Asking, leg: Leg) -> dict[str, Any]:
    return {
        "api_id": asking.api_id(),
        "call_status": status_of(leg),
        "call_uuid": leg.name,
        "request_uuid": leg.name,
        "caller_name": _caller_name(leg),
        "direction": leg.direction,
        "from": without_plus(leg.from_),
        "to": without_plus(leg.to),
    }


def _live(asking: Asking, leg: Leg) -> dict[str, Any]:
    return {
        **_queued(asking, leg),
        "session_start": session_time(leg.ringing_at or leg.created_at),
        "stir_attestation": _NOT_APPLICABLE,
        "stir_verification": _NOT_APPLICABLE,
    }


def _finished(asking: Asking, leg: LegSnapshot) -> dict[str, Any]:
    """VOBIZ-65: the Call object."""
    outcome, seconds = outcome_of(leg), talked(leg)
    parent = asking.sandbox.leg(leg.parent) if leg.parent else None
    return {
        "api_id": asking.api_id(),
        "answer_time": account_time(leg.answered_at) or None,
        "bill_duration": seconds,
        "billed_duration": billed(seconds),
        "call_direction": leg.direction,
        "call_duration": seconds,
        "call_uuid": leg.name,
        "end_time": account_time(leg.ended_at),
        "from_number": without_plus(leg.from_),
        "hangup_cause_code": outcome.code,
        "hangup_cause_name": outcome.name,
        "hangup_source": outcome.source,
        "initiation_time": account_time(leg.created_at),
        "parent_call_uuid": parent.name if parent is not None else None,
        "resource_uri": f"/api/v1/Account/{asking.account}/Call/{leg.name}/",
        "source_ip": None,
        "stir_verification": _NOT_APPLICABLE,
        "stir_attestation": _NOT_APPLICABLE,
        "to_number": without_plus(leg.to),
        "total_amount": f"{cost(seconds):.5f}",
        "total_rate": f"{RATE:.5f}",
    }


def cost(seconds: int) -> float:
    """VOBIZ-66: whole minutes at the plain rate, in rupees."""
    return round(billed(seconds) // 60 * RATE, 5)


def _caller_name(leg: Leg) -> str:
    name: str = leg.memo.get("caller_name", "")
    return name
