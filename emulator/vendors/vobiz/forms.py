"""What every form of a callback begins with. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.engine.events import LegSnapshot
from emulator.vendor_api import CallView
from emulator.vendors.vobiz.wire import session_time, without_plus

__all__ = ["FREE", "NOT_APPLICABLE", "Fields", "account", "common", "name_of"]

NOT_APPLICABLE: Final = "Not Applicable"
FREE: Final = "0.00000"

Fields = dict[str, str]


def common(leg: LegSnapshot, event: str, status: str, view: CallView) -> Fields:
    """VOBIZ-25: what every callback of a call carries."""
    form = {
        "BillRate": FREE,
        "CallStatus": status,
        "CallUUID": leg.name,
        "Direction": leg.direction,
        "Event": event,
        "From": without_plus(leg.from_),
        "ParentAuthID": account(view)["auth_id"],
        "SessionStart": session_time(leg.ringing_at or leg.created_at),
        "To": without_plus(leg.to),
    }
    if leg.direction == "outbound":
        form["RequestUUID"] = form["ALegRequestUUID"] = form["ALegUUID"] = leg.name
        if leg.parent is not None:  # VOBIZ-89: of a dialled leg the A leg is who dialled it
            form["ALegRequestUUID"] = form["ALegUUID"] = name_of(leg.parent, view)
    else:
        form["CallerName"] = leg.from_  # VOBIZ-27: it keeps the +
    form.update(leg.memo.get("headers", ()))
    form.update(leg.memo.get("dial_headers", ()))
    return form


def name_of(leg_id: str, view: CallView) -> str:
    """Vobiz's id of a leg; "" if there is none."""
    found = view.leg(leg_id)
    return found.name if found is not None else ""


def account(view: CallView) -> Mapping[str, Any]:
    return view.records.get("account", "main") or {"auth_id": "", "auth_token": ""}
