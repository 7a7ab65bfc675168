"""The account's numbers, what is attached to them, and the account itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.ids import Ids
from emulator.vendors.vobiz.errors import Rejected
from emulator.vendors.vobiz.serving import Answer, Asking
from emulator.vendors.vobiz.wire import e164, iso

__all__ = ["attach", "concurrency", "detach", "list_numbers", "me"]

PER_PAGE: Final = 20
MOST_CONCURRENT: Final = 1000


def list_numbers(asking: Asking) -> Answer:
    """VOBIZ-77."""
    fields = asking.filters()
    page = fields.integer("page", 1) or 1
    size = min(fields.integer("per_page", 1) or PER_PAGE, 100)
    wanted = asking.query.get("search", "").strip().lstrip("+")
    found = [record for record in asking.sandbox.records.all("number") if wanted in record["e164"]]
    items = [_render(record, asking) for record in found[(page - 1) * size : page * size]]
    return 200, {"items": items, "page": page, "per_page": size, "total": len(found)}


def attach(asking: Asking) -> Answer:
    """VOBIZ-78: attaching again overwrites."""
    record = _number(asking)
    app_id = asking.fields().text("application_id")
    if not app_id:
        reason = {"application_id": "application_id is required"}
        raise Rejected(400, "invalid request parameters", reason)
    if asking.sandbox.records.get("application", app_id) is None:
        raise Rejected(404, "application not found")
    _put(asking, record, app_id)
    return 200, {"message": "application attached"}


def detach(asking: Asking) -> Answer:
    _put(asking, _number(asking), "")
    return 200, {"message": "application detached"}


def _number(asking: Asking) -> Mapping[str, Any]:
    record = asking.sandbox.records.get("number", e164(asking.id.strip()))
    if record is None:
        raise Rejected(404, "number not found")
    return record


def _put(asking: Asking, record: Mapping[str, Any], app_id: str) -> None:
    changed = {**record, "application_id": app_id, "updated_at": iso(asking.sandbox.now())}
    asking.sandbox.records.put("number", record["e164"], changed)


def _render(record: Mapping[str, Any], asking: Asking) -> dict[str, Any]:
    """The 27 keys of an item (VOBIZ-77)."""
    ids: Ids = asking.sandbox.ids
    return {
        "id": ids.uuid("vobiz number", record["e164"]),
        "account_id": asking.account,
        "e164": record["e164"],
        "country": "IN",
        "region": "Mumbai",
        "capabilities": {"voice": True, "sms": False, "mms": False, "fax": False},
        "status": "active",
        "provider": "vobiz",
        "setup_fee": 0,
        "monthly_fee": 0,
        "currency": "INR",
        "application_id": record["application_id"] or None,
        "voice_enabled": True,
        "tags": [],
        "purchased_at": record["purchased_at"],
        "is_blocked": False,
        "created_at": record["purchased_at"],
        "updated_at": record["updated_at"],
        "is_trial_number": False,
        "last_billing_date": None,
        "next_billing_date": None,
        "minimum_commitment_months": 0,
        "aadhaar_verification_required": False,
        "aadhaar_verified": False,
        "source": "inventory",
        "released_at": None,
        "trunk_group_id": None,
    }


def me(asking: Asking) -> Answer:
    """VOBIZ-79: `GET auth/me`, the one path without an account in it."""
    record = asking.sandbox.records.get("account", "main") or {}
    return 200, {
        "id": asking.account,
        "auth_id": asking.account,
        "name": "Ringback",
        "email": f"{asking.account.lower()}@example.com",
        "account_type": "standard",
        "currency": "INR",
        "timezone": "Asia/Kolkata",
        "is_active": True,
        "created_at": record.get("created_at"),
    }


def concurrency(asking: Asking) -> Answer:
    """VOBIZ-80. The limit is named and not enforced."""
    live = len(asking.sandbox.live())
    return 200, {
        "account_id": asking.account,
        "concurrent_calls": live,
        "max_concurrent": MOST_CONCURRENT,
        "utilization_pct": round(100 * live / MOST_CONCURRENT, 2),
        "request_id": asking.api_id(),
    }
