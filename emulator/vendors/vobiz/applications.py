"""The Application resource, and what an inbound call finds there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from emulator.engine.commands import Arrive
from emulator.engine.program import Fetch, Hook, Program
from emulator.errors import Refused
from emulator.vendor_api import CallView
from emulator.vendors.vobiz import accounts
from emulator.vendors.vobiz.errors import Rejected
from emulator.vendors.vobiz.outcomes import NO_APPLICATION
from emulator.vendors.vobiz.paging import Page
from emulator.vendors.vobiz.serving import Answer, Asking
from emulator.vendors.vobiz.wire import e164, iso

__all__ = ["arrive", "create", "delete", "list_applications", "retrieve", "update"]

_NAME: Final = re.compile(r"[A-Za-z0-9_-]{1,60}")
_INVALID: Final = "invalid request parameters"
_URLS: Final = ("answer_url", "hangup_url", "fallback_answer_url", "message_url", "sip_transfer_url")
_METHODS: Final = ("answer_method", "hangup_method", "fallback_method", "message_method", "sip_transfer_method")
_FLAGS: Final = ("default_endpoint_app", "enabled", "public_uri", "log_incoming_message")


# --- the resource --------------------------------------------------------------------------------------------------


def create(asking: Asking) -> Answer:
    """VOBIZ-72, VOBIZ-73."""
    changes = _changes(asking, is_new=True)
    records, at = asking.sandbox.records, iso(asking.sandbox.now()) or ""
    count = int((records.get("counter", "application") or {"count": 0})["count"]) + 1
    app_id = asking.sandbox.ids.digits("vobiz application", str(count), 17)
    changes.setdefault("hangup_url", changes["answer_url"])
    changes.setdefault("hangup_method", changes.get("answer_method", "POST"))
    records.put("counter", "application", {"count": count})
    _store(asking, accounts.application(app_id, changes.pop("app_name"), at, **changes))
    return 201, {"api_id": asking.api_id(), "app_id": app_id, "message": "created"}


def update(asking: Asking) -> Answer:
    record = _application(asking)
    changes = _changes(asking, is_new=False)
    _store(asking, {**record, **changes, "updated_at": iso(asking.sandbox.now())})
    return 202, {"api_id": asking.api_id(), "message": "changed"}


def delete(asking: Asking) -> Answer:
    """VOBIZ-74: not while numbers are attached."""
    app_id = _application(asking)["app_id"]
    records = asking.sandbox.records
    attached = [number["e164"] for number in records.all("number") if number["application_id"] == app_id]
    if attached:
        raise Rejected(409, f"application has numbers attached: {', '.join(attached)}")
    records.delete("application", app_id)
    return 204, None


def retrieve(asking: Asking) -> Answer:
    return 200, {"api_id": asking.api_id(), **_render(_application(asking), asking)}


def list_applications(asking: Asking) -> Answer:
    """VOBIZ-75."""
    page = Page(asking)
    found = list(asking.sandbox.records.all("application"))
    objects = [_render(record, asking) for record in page.of(found)]
    return 200, {"api_id": asking.api_id(), "meta": page.meta("Application", len(found)), "objects": objects}


def _application(asking: Asking) -> Mapping[str, Any]:
    record = asking.sandbox.records.get("application", asking.id)
    if record is None:
        raise Rejected(404, "application not found")
    return record


def _store(asking: Asking, record: Mapping[str, Any]) -> None:
    """Write it; a new default takes the place of the old one."""
    records = asking.sandbox.records
    if record["default_app"]:
        for other in list(records.all("application")):
            if other["default_app"] and other["app_id"] != record["app_id"]:
                records.put("application", other["app_id"], {**other, "default_app": False})
    records.put("application", record["app_id"], record)


def _changes(asking: Asking, is_new: bool) -> dict[str, Any]:
    """The fields given, by the names of the record. Raises `Rejected` with every field that is wrong."""
    fields, details = asking.fields(), dict[str, str]()
    changes: dict[str, Any] = {}

    def take(name: str, read: Any, field: str = "") -> None:
        if asking.body.get(name) is None:
            return
        try:
            changes[field or name] = read(name)
        except Rejected as wrong:
            details[name] = wrong.text

    take("name", fields.text, "app_name")  # VOBIZ-73: what vobiz-python sends
    for name in ("app_name", "sub_account"):
        take(name, fields.text)
    for name in _URLS:
        take(name, fields.url)
    for name in _METHODS:
        take(name, fields.method)
    for name in _FLAGS:
        take(name, fields.boolean)
    take("default_number_app", fields.boolean, "default_app")
    take("application_type", fields.text)
    _check(changes, details, is_new)
    if details:
        raise Rejected(400, _INVALID, details)
    return changes


def _check(changes: Mapping[str, Any], details: dict[str, str], is_new: bool) -> None:
    for name in ("app_name", "answer_url"):
        if (is_new or name in changes) and not changes.get(name) and name not in details:
            details[name] = f"{name} is required"
    if changes.get("app_name") and not _NAME.fullmatch(changes["app_name"]):
        details["app_name"] = "app_name must be made of letters, digits, _ and -"
    if changes.get("application_type", "XML") != "XML":
        details["application_type"] = "application_type must be XML"


def _render(record: Mapping[str, Any], asking: Asking) -> dict[str, Any]:
    """VOBIZ-76: the 23 keys. The default application shows what the settings give it."""
    app_id = record["app_id"]
    return {
        **_effective(record, asking.sandbox),
        "resource_uri": f"/api/v1/Account/{asking.account}/Application/{app_id}/",
        "sip_uri": f"sip:{app_id}@app.vobiz.ai",
    }


def _effective(record: Mapping[str, Any], view: CallView) -> dict[str, Any]:
    """The record, where the default application's own URLs are empty filled from the settings."""
    made = dict(record)
    if not made["default_app"]:
        return made
    settings = view.settings
    for ours, theirs in (("answer", "answer"), ("hangup", "hangup"), ("fallback_answer", "fallback")):
        url = getattr(settings, f"{theirs}_url")
        if not made[f"{ours}_url"] and url:
            made[f"{ours}_url"], made[f"{theirs}_method"] = url, getattr(settings, f"{theirs}_method")
    if not made["hangup_url"]:  # VOBIZ-72
        made["hangup_url"], made["hangup_method"] = made["answer_url"], made["answer_method"]
    return made


# --- inbound -------------------------------------------------------------------------------------------------------


def arrive(view: CallView, from_: str, to: str) -> Arrive:
    """A call to one of the account's numbers asks the number's application. Raises `Refused("unknown_number")`.

    VOBIZ-61. Where there is no application, or it has no answer URL, nobody is there (VOBIZ-62); the hint
    says what to do about it.
    """
    from_, to = e164(from_.strip()), e164(to.strip())
    number = view.records.get("number", to)
    if number is None:
        known = ", ".join(record["e164"] for record in view.records.all("number"))
        raise Refused("unknown_number", leg=to, command="Arrive", hint=f"the numbers of this account are {known}")
    record = view.records.get("application", number["application_id"])
    made = _effective(record, view) if record is not None and record["enabled"] else None
    if made is None or not made["answer_url"]:
        hint = (
            f"{to} has no application with an answer_url: attach one, give its application one, or set "
            "answer_url in the settings of vobiz"
        )
        return Arrive("vobiz", from_, to, None, cause=NO_APPLICATION, memo=_memo(made, view), hint=hint)
    fallback = None
    if made["fallback_answer_url"]:
        fallback = Hook(made["fallback_answer_url"], made["fallback_method"], "fallback")
    answer = Hook(made["answer_url"], made["answer_method"], "answer", fallback=fallback)
    return Arrive("vobiz", from_, to, Program((Fetch(answer),)), memo=_memo(made, view))


def _memo(application: Mapping[str, Any] | None, view: CallView) -> dict[str, Any]:
    if application is None or not application["hangup_url"]:
        return {"base": view.base_url}
    return {"base": view.base_url, "hangup": [application["hangup_url"], application["hangup_method"]]}
