"""The application resource, and what calls take from the application of their number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.engine.commands import Arrive
from emulator.engine.program import Fetch, Program
from emulator.errors import Refused
from emulator.vendor_api import CallView
from emulator.vendors.tryvox import accounts
from emulator.vendors.tryvox.errors import Rejected, not_found
from emulator.vendors.tryvox.numbers import page_of
from emulator.vendors.tryvox.outcomes import NO_APPLICATION
from emulator.vendors.tryvox.recordings import home
from emulator.vendors.tryvox.schemas import TIME_LIMIT, URLS, Fields, answer_hook
from emulator.vendors.tryvox.serving import Answer, Asking, shelf_of
from emulator.vendors.tryvox.wire import e164, iso

__all__ = ["arrive", "create", "list_applications", "memo_of", "of_number", "retrieve", "update"]

_FIELDS: Final = {
    "answer": "answer_url", "ring": "ring_url", "hangup": "hangup_url", "fallback": "fallback_url",
    "status": "status_callback_url",
}  # fmt: skip


# --- the resource --------------------------------------------------------------------------------------------------


def update(asking: Asking) -> Answer:
    """TRYVOX-63: the fields given change, the others stay; null and "" take a text away."""
    record = _application(asking)
    changes = _changes(asking.fields())
    changed = {**record, **changes, "updated_at": iso(asking.sandbox.now())}
    asking.sandbox.records.put("application", record["application_id"], changed)
    return 200, _render(changed, asking)


def create(asking: Asking) -> Answer:
    """TRYVOX-64."""
    changes = _changes(asking.fields())
    records, at = asking.sandbox.records, iso(asking.sandbox.now()) or ""
    count = int((records.get("counter", "application") or {"count": 0})["count"]) + 1
    application_id = asking.sandbox.ids.uuid("tryvox application", f"made {count}")
    record = {**accounts.new_application(application_id, "", at), **changes}
    records.put("counter", "application", {"count": count})
    records.put("application", application_id, record)
    return 201, _render(record, asking)


def retrieve(asking: Asking) -> Answer:
    return 200, _render(_application(asking), asking)


def list_applications(asking: Asking) -> Answer:
    found = [_render(record, asking) for record in asking.sandbox.records.all("application")]
    return 200, page_of(found, asking.query, Fields({}))


def _application(asking: Asking) -> Mapping[str, Any]:
    record = asking.sandbox.records.get("application", asking.ids[0])
    if record is None:
        raise Rejected(not_found("Application"))
    return record


def _changes(fields: Fields) -> dict[str, Any]:
    """Every field given, by its name in the record. Raises `Rejected` (400)."""
    changes: dict[str, Any] = {}
    for name in ("name", "webhook_secret"):
        if name in fields:
            changes[name] = fields.text(name)
    for name in _FIELDS.values():
        if name in fields:
            changes[name] = fields.url(name)
    if "answer_method" in fields:
        changes["answer_method"] = fields.method("answer_method")
    fields.check()
    return changes


def _render(record: Mapping[str, Any], asking: Asking) -> dict[str, Any]:
    """TRYVOX-64: without the secret."""
    shown = _effective(record, asking.sandbox)
    return {name: shown[name] or None for name in shown if name != "webhook_secret"}


def _effective(record: Mapping[str, Any], view: CallView) -> dict[str, Any]:
    """The record; what the default application leaves empty is as the settings say."""
    made = dict(record)
    if made["application_id"] == (view.records.get("account", "main") or {}).get("application_id"):
        if not made["answer_url"] and view.settings.answer_url:
            made["answer_method"] = view.settings.answer_method
        for name in _FIELDS.values():
            made[name] = made[name] or getattr(view.settings, name)
    return made


# --- calls ---------------------------------------------------------------------------------------------------------


def of_number(view: CallView, number: str) -> Mapping[str, Any] | None:
    """The application of one of the account's numbers, as it is now."""
    record = view.records.get("number", number)
    found = view.records.get("application", record["application_id"] or "") if record is not None else None
    return _effective(found, view) if found is not None else None


def memo_of(application: Mapping[str, Any] | None, shelf: str, recordings: str) -> dict[str, Any]:
    """What a call takes from it: `application` (its id, for the secret) and `urls` (TRYVOX-43, TRYVOX-44). And in which
    lists it and its conferences stand, and where its recordings are."""
    memo: dict[str, Any] = {"urls": {}, "detects": False, "shelf": shelf, "recordings": recordings}
    if application is not None:
        memo["application"] = application["application_id"]
        for name in URLS:
            if url := application[_FIELDS[name]]:
                memo["urls"][name] = [url, application["answer_method"] if name == "answer" else "POST"]
    return memo


def arrive(view: CallView, from_: str, to: str) -> Arrive:
    """A call to one of the account's numbers asks its application (TRYVOX-59). Raises `Refused("unknown_number")`.

    Without one, or without an answer URL, it fails (TRYVOX-60); the hint says what to do about it.
    """
    from_, to = e164(from_), e164(to)
    if view.records.get("number", to) is None:
        known = ", ".join(record["e164"] for record in view.records.all("number"))
        raise Refused("unknown_number", leg=to, command="Arrive", hint=f"the numbers of this account are {known}")
    shelf = shelf_of(is_test=False, tenant="")
    memo = memo_of(of_number(view, to), shelf, home(view, view.base_url))
    if "answer" not in memo["urls"]:
        hint = (
            f"{to} has no application with an answer_url: attach one, PATCH its application, or set answer_url in the "
            "settings of tryvox"
        )
        return Arrive("tryvox", from_, to, None, cause=NO_APPLICATION, memo=memo, shelf=shelf, hint=hint)
    program = Program((Fetch(answer_hook(memo["urls"])),))
    return Arrive("tryvox", from_, to, program, time_limit=TIME_LIMIT, memo=memo, shelf=shelf)
