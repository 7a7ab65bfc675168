"""The record of a call: what it says, and how long it is there. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from emulator.engine.events import LegSnapshot
from emulator.engine.legs import Leg
from emulator.ids import Ids
from emulator.vendor_api import CallView, VendorSandbox
from emulator.vendors.jambonz.accounts import account
from emulator.vendors.jambonz.outcomes import changed_at, duration, ended_by, has_session, standing

__all__ = ["call_id", "call_record", "is_kept", "is_listed", "listed", "mark", "name_leg", "sbc_callid", "trace_id"]


def name_leg(ids: Ids, leg_id: str, at: datetime) -> str:
    """JAMBONZ-11: each leg has a call_sid of its own."""
    return ids.uuid("jambonz call", leg_id)


def call_id(leg: LegSnapshot, ids: Ids) -> str:
    """JAMBONZ-14: the SIP Call-ID, opaque."""
    return ids.uuid("jambonz sip", leg.id)


def sbc_callid(leg: LegSnapshot, ids: Ids) -> str:
    """JAMBONZ-14: the carrier's side; "" on an outbound leg before anything came back from there."""
    if leg.direction == "outbound" and leg.state == "queued":
        return ""
    return f"{ids.hex('jambonz sbc', leg.id, 16)}@127.0.0.1"


def trace_id(leg: LegSnapshot, ids: Ids) -> str:
    return ids.hex("jambonz trace", leg.call, 32)


# --- how long it is there ----------------------------------------------------------------------------------------


def mark(leg: LegSnapshot) -> dict[str, Any]:
    """The state a deleted record was in; the next status change writes it again (JAMBONZ-57)."""
    return {"status": standing(leg).status, "at": changed_at(leg)}


def _expires_at(leg: LegSnapshot, settings: Any) -> float:
    """JAMBONZ-31."""
    if standing(leg).code < 200:
        return changed_at(leg) + float(settings.unanswered_record_seconds)
    seconds = float(settings.record_seconds)
    return changed_at(leg) + (seconds if seconds or leg.state == "ended" else float("inf"))


def is_kept(leg: LegSnapshot, view: CallView, now: datetime) -> bool:
    """Whether the record can be retrieved."""
    if not has_session(leg) or now.timestamp() >= _expires_at(leg, view.settings):
        return False
    deleted = view.records.get("deleted", leg.name)
    return deleted is None or dict(deleted) != mark(leg)


def is_listed(leg: LegSnapshot, view: CallView, now: datetime) -> bool:
    """JAMBONZ-57: a deleted record never comes back into the list."""
    return view.records.get("deleted", leg.name) is None and is_kept(leg, view, now)


def listed(sandbox: VendorSandbox) -> list[LegSnapshot]:
    """JAMBONZ-32: oldest first. Ended calls are looked at no further back than the longest life of a record."""
    now, settings = sandbox.now(), sandbox.settings
    longest = max(settings.record_seconds, settings.unanswered_record_seconds)
    legs: list[Leg] = [*sandbox.queued().values(), *sandbox.live().values()]
    for leg in reversed(list(sandbox.ended().values())):
        if leg.ended_at is not None and (now - leg.ended_at).total_seconds() >= longest:
            break
        legs.append(leg)
    found = [snapshot for leg in legs if is_listed(snapshot := leg.snapshot(), sandbox, now)]
    found.sort(key=_age)
    return found


def _age(leg: LegSnapshot) -> tuple[int, int]:
    call, _, child = leg.id[1:].partition(".")
    return int(call), int(child)


# --- what it says ------------------------------------------------------------------------------------------------


def call_record(leg: LegSnapshot, view: CallView, base_url: str) -> dict[str, Any]:
    """JAMBONZ-30, JAMBONZ-33, JAMBONZ-34. `base_url`: where jambonz is for whoever asks."""
    now, memo = standing(leg), leg.memo
    record: dict[str, Any] = {
        "account_sid": account(view)["account_sid"],
        "call_id": call_id(leg, view.ids),
        "call_sid": leg.name,
        "call_status": now.status,
        "direction": leg.direction,
        "from": leg.from_,
        "service_url": f"{memo.get('service') or base_url}/v1/calls/{leg.name}",
        "sip_status": now.code,
        "to": leg.to,
    }
    parent = view.leg(leg.parent) if leg.parent else None
    optional = (
        ("application_sid", memo.get("app")),
        ("caller_name", memo.get("caller_name")),
        ("duration", duration(leg)),
        ("originating_sip_trunk_name", memo.get("trunk") if leg.direction == "inbound" else None),
        ("parent_call_sid", parent.name if parent is not None else None),
    )
    record |= {name: found for name, found in optional if found is not None}
    if not view.settings.documented_fields_only:
        record |= {"sip_reason": now.reason, "trace_id": trace_id(leg, view.ids)}
        extras = (("sbc_callid", sbc_callid(leg, view.ids)), ("call_termination_by", ended_by(leg)))
        record |= {name: text for name, text in extras if text}
    return record
