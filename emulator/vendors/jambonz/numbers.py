"""The PhoneNumbers resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.vendors.jambonz import accounts
from emulator.vendors.jambonz.applications import listing
from emulator.vendors.jambonz.errors import EMPTY_404, Rejected, message
from emulator.vendors.jambonz.serving import Answer, Asking
from emulator.vendors.jambonz.wire import is_true

__all__ = ["create", "delete", "list_numbers", "retrieve", "update"]


def _wrong(text: str) -> Rejected:
    return Rejected(message(400, text))


def _checked_application(asking: Asking) -> Any:
    sid = asking.fields().get("application_sid")
    if sid is not None and (not isinstance(sid, str) or asking.sandbox.records.get("application", sid) is None):
        raise _wrong(f"application_sid not found {sid}")
    return sid


def create(asking: Asking) -> Answer:
    """JAMBONZ-66, JAMBONZ-67."""
    body, records = asking.fields(), asking.sandbox.records
    text = body.get("number")
    if not is_true(text) or not isinstance(text, str):
        raise _wrong("number is required")
    if any(letter.isspace() for letter in text):
        raise _wrong("number cannot contain whitespace")
    digits = text.removeprefix("+")
    carrier_sid = body.get("voip_carrier_sid")
    if carrier_sid is not None and (not isinstance(carrier_sid, str) or records.get("carrier", carrier_sid) is None):
        raise _wrong(f"voip_carrier not found for sid {carrier_sid}")
    application_sid = _checked_application(asking)
    if any(other["number"] == digits for other in records.all("number")):
        raise Rejected(message(422, f"phone number {digits} is already in use"))
    sid = asking.sandbox.ids.uuid("jambonz phone number", digits)
    owner = accounts.account(asking.sandbox)
    records.put("number", sid, accounts.number(sid, digits, owner, carrier_sid, application_sid))
    return 201, {"sid": sid}


def _number(asking: Asking) -> Mapping[str, Any]:
    found = asking.sandbox.records.get("number", asking.sid())
    if found is None:
        raise Rejected(EMPTY_404)
    return found


def retrieve(asking: Asking) -> Answer:
    return 200, _number(asking)


def list_numbers(asking: Asking) -> Answer:
    """JAMBONZ-65, JAMBONZ-66: `filter` matches part of a number."""
    query = asking.query
    wanted = query.get("filter", "").removeprefix("+")
    account_sid = query.get("account_sid")
    found = [
        record
        for record in asking.sandbox.records.all("number")
        if wanted in record["number"] and account_sid in (None, "", record["account_sid"])
    ]
    return 200, listing(asking, found)


def update(asking: Asking) -> Answer:
    """JAMBONZ-68."""
    record, body = _number(asking), asking.fields()
    for name in ("number", "voip_carrier_sid"):
        if name in body:
            raise _wrong(f"{name} may not be modified")
    if "application_sid" in body:
        sid = _checked_application(asking)
        asking.sandbox.records.put("number", record["phone_number_sid"], {**record, "application_sid": sid})
    return 204, None


def delete(asking: Asking) -> Answer:
    asking.sandbox.records.delete("number", _number(asking)["phone_number_sid"])
    return 204, None
