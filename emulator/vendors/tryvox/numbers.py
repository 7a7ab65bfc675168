"""The account's numbers, and what is attached to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.vendors.tryvox.errors import Rejected, not_found
from emulator.vendors.tryvox.schemas import Fields, Paging
from emulator.vendors.tryvox.serving import Answer, Asking
from emulator.vendors.tryvox.wire import iso, with_plus

__all__ = ["attach", "detach", "list_numbers", "page_of", "retrieve"]

_STATUSES: Final = ("active", "pending", "suspended")


def page_of(found: Sequence[Mapping[str, Any]], query: Mapping[str, str], fields: Fields) -> dict[str, Any]:
    """TRYVOX-61: the list of a resource that is no call, whose pagination has names of its own. Raises `Rejected`."""
    paging = Paging(query, fields)
    fields.check()
    data = list(found[paging.first : paging.first + paging.size])
    pagination = {
        "total": len(found),
        "count": len(data),
        "per_page": paging.size,
        "current_page": paging.page,
        "total_pages": paging.pages(len(found)),
    }
    return {"data": data, "pagination": pagination}


def list_numbers(asking: Asking) -> Answer:
    query, fields = asking.query, Fields({})
    status, country = query.get("status"), query.get("country")
    if status is not None and status not in _STATUSES:
        fields.wrong("status", f"must be one of {', '.join(_STATUSES)}")
    found = [
        record
        for record in asking.sandbox.records.all("number")
        if status in (None, record["status"]) and country in (None, record["country"])
    ]
    return 200, page_of(found, query, fields)


def retrieve(asking: Asking) -> Answer:
    """404: not owned."""
    return 200, _number(asking)


def attach(asking: Asking) -> Answer:
    """TRYVOX-62: attaching again overwrites; a trunk is detached by it."""
    record, fields = _number(asking), asking.fields()
    application_id = fields.text("application_id", required=True)
    fields.check()
    if asking.sandbox.records.get("application", application_id) is None:
        raise Rejected(not_found("Application"))
    changed = _put(asking, record, application_id)
    names = ("e164", "trunk_id", "application_id", "status", "updated_at")
    return 200, {name: changed[name] for name in names}


def detach(asking: Asking) -> Answer:
    """TRYVOX-62: 204, whether one was attached or not."""
    _put(asking, _number(asking), None)
    return 204, None


def _number(asking: Asking) -> Mapping[str, Any]:
    record = asking.sandbox.records.get("number", with_plus(asking.ids[0]))
    if record is None:
        raise Rejected(not_found("Number"))
    return record


def _put(asking: Asking, record: Mapping[str, Any], application_id: str | None) -> Mapping[str, Any]:
    at = iso(asking.sandbox.now())
    changed = {**record, "application_id": application_id, "trunk_id": None, "updated_at": at}
    asking.sandbox.records.put("number", record["e164"], changed)
    return changed
