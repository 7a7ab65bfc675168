"""What is over: RecentCalls, and Alerts about what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from emulator.engine.events import LegSnapshot
from emulator.vendor_api import CallView
from emulator.vendors.jambonz.accounts import account
from emulator.vendors.jambonz.errors import Rejected, message
from emulator.vendors.jambonz.outcomes import duration, sip_answer, termination_reason
from emulator.vendors.jambonz.records import call_id, trace_id
from emulator.vendors.jambonz.serving import Answer, Asking
from emulator.vendors.jambonz.wire import iso
from emulator.webhooks.deliveries import Delivery

__all__ = ["alerts", "recent"]

MOST: Final = 500


# --- pages ---------------------------------------------------------------------------------------------------------


def _page(asking: Asking, rows: list[dict[str, Any]]) -> Answer:
    """JAMBONZ-70, JAMBONZ-71: both arguments are required, and come back as text."""
    page, size = asking.query.get("page", ""), asking.query.get("count", "")
    if not _is_count(page):
        raise Rejected(message(400, 'missing or invalid "page" query arg'))
    if not _is_count(size) or int(size) > MOST:
        raise Rejected(message(400, 'missing or invalid "count" query arg'))
    first = (int(page) - 1) * int(size)
    return 200, {"total": len(rows), "page_size": size, "page": page, "data": rows[first : first + int(size)]}


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0


def _window(asking: Asking) -> tuple[datetime | None, datetime | None]:
    """From when and until when: `days` back from now, or `start` and `end`."""
    days = asking.query.get("days", "")
    if _is_count(days):
        return asking.sandbox.now() - timedelta(days=min(int(days), 36_500)), None
    return _instant(asking.query.get("start", "")), _instant(asking.query.get("end", ""))


def _instant(text: str) -> datetime | None:
    """None for what is no instant: nothing is checked."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


# --- RecentCalls ---------------------------------------------------------------------------------------------------


def recent(asking: Asking) -> Answer:
    """JAMBONZ-70, JAMBONZ-72: newest first, refused and failed calls too."""
    sandbox, query = asking.sandbox, asking.query
    since, until = _window(asking)
    rows = []
    for leg in reversed(list(sandbox.ended().values())):
        if (since is None or leg.created_at >= since) and (until is None or leg.created_at <= until):
            row = _row(leg.snapshot(), sandbox)
            if _matches(row, query):
                rows.append(row)
    return _page(asking, rows)


def _matches(row: Mapping[str, Any], query: Mapping[str, str]) -> bool:
    answered, wanted = query.get("answered", ""), query.get("filter", "")
    return (
        (answered not in ("true", "false") or row["answered"] is (answered == "true"))
        and query.get("direction", "") in ("", row["direction"])
        and query.get("trunk", "") in ("", row["trunk"])
        and (not wanted or any(wanted in str(row[key]) for key in ("from", "to", "call_sid", "sip_callid")))
    )


def _row(leg: LegSnapshot, view: CallView) -> dict[str, Any]:
    """JAMBONZ-72."""
    owner, ids = account(view), view.ids
    parent = view.leg(leg.parent) if leg.parent else None
    return {
        "attempted_at": iso(leg.created_at),
        "terminated_at": iso(leg.ended_at),
        "answered_at": iso(leg.answered_at),
        "account_sid": owner["account_sid"],
        "call_sid": leg.name,
        "application_sid": leg.memo.get("app"),
        "from": leg.from_,
        "to": leg.to,
        "answered": leg.answered_at is not None,
        "sip_callid": call_id(leg, ids),
        "sip_parent_callid": call_id(parent, ids) if parent is not None else None,
        "sip_status": sip_answer(leg),
        "duration": duration(leg) or 0,
        "termination_reason": termination_reason(leg),
        "host": "127.0.0.1",
        "remote_host": "127.0.0.1",
        "direction": leg.direction,
        "trunk": next(view.records.all("carrier"))["name"],
        "trace_id": trace_id(leg, ids),
        "recording_url": None,
        "service_provider_sid": owner["service_provider_sid"],
    }


# --- Alerts --------------------------------------------------------------------------------------------------------


def alerts(asking: Asking) -> Answer:
    """JAMBONZ-77: hooks that failed for good, newest first."""
    since, until = _window(asking)
    wanted = asking.query.get("alert_type", "")
    rows = []
    for delivery in asking.sandbox.deliveries():
        at = delivery.attempts[-1].at if delivery.attempts else delivery.created_at
        row = _alert(delivery, at, asking)
        if row is None or wanted not in ("", row["alert_type"]):
            continue
        if (since is None or at >= since) and (until is None or at <= until):
            rows.append(row)
    rows.reverse()
    return _page(asking, rows)


def _alert(delivery: Delivery, at: datetime, asking: Asking) -> dict[str, Any] | None:
    if delivery.state not in ("failed", "blocked"):
        return None
    outcome = delivery.attempts[-1].outcome if delivery.attempts else None
    url = delivery.request.url
    kind = "webhook-connection-failure"
    if delivery.problem:
        kind, text = "invalid-app-payload", delivery.problem
    elif outcome is not None and outcome.reply is not None:
        text = f"{url} returned {outcome.reply.status}"
    else:
        text = f"failed to connect to {url}"
    leg = asking.sandbox.leg(delivery.leg)
    return {
        "time": iso(at),
        "account_sid": account(asking.sandbox)["account_sid"],
        "alert_type": kind,
        "message": text,
        "detail": None,
        "target_sid": leg.name if leg is not None else None,
        "vendor": None,
    }
