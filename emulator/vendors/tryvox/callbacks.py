"""From an engine event to TryVox's webhooks: which URL is told, what the body says. Pure.

Only the first leg of a call has URLs of its own; what it dials is told of by its Dial action.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from emulator.engine import events as e
from emulator.engine.events import Event, LegSnapshot
from emulator.engine.program import Hook
from emulator.vendor_api import CallView
from emulator.vendor_wire.urls import with_query
from emulator.vendors.tryvox.outcomes import outcome_of
from emulator.vendors.tryvox.recordings import recording_url
from emulator.vendors.tryvox.wire import iso, seconds, stamp
from emulator.webhooks.values import Json, Policy, Raw, Request

__all__ = ["HEADERS", "NAMES", "render"]

NAMES: Final = (
    "ring", "answer", "fallback", "status", "hangup", "gather", "redirect", "dial", "transfer", "record",
    "record-event", "conference",
)  # fmt: skip

_SECOND: Final = timedelta(seconds=1)
# TRYVOX-45, TRYVOX-46
DOCUMENT: Final = Policy(timeout=10 * _SECOND)
NOTIFICATION: Final = Policy(timeout=10 * _SECOND)
RETRIED: Final = Policy((_SECOND, 2 * _SECOND, 4 * _SECOND), timeout=10 * _SECOND)

HEADERS: Final = (("User-Agent", "TryVox-Webhooks/1.0"),)
"""TRYVOX-39."""

# TRYVOX-56: how a Dial went, as a REST status
_DIALLED: Final = {
    "answered": "completed", "busy": "busy", "no-answer": "no-answer", "rejected": "busy", "failed": "failed",
    "cancelled": "canceled", "time-limit": "completed",
}  # fmt: skip

Fields = dict[str, Any]


# --- bodies --------------------------------------------------------------------------------------------------------


def _event(leg: LegSnapshot, status: str, at: datetime, view: CallView) -> Fields:
    """TRYVOX-35, TRYVOX-36."""
    return {
        "event": f"call.{status}",
        "call_uuid": leg.name,
        "account_id": _account(view)["auth_id"],
        "from": leg.from_,
        "to": leg.to,
        "direction": leg.direction,
        "status": status,
        "timestamp": stamp(at),
    }


def _ending(leg: LegSnapshot, at: datetime, view: CallView) -> Fields:
    """TRYVOX-38."""
    return {
        **_event(leg, "ended", at, view),
        "duration": seconds(leg.answered_at, leg.ended_at),
        "end_reason": outcome_of(leg, view.settings).reason,
        "start_time": iso(leg.created_at),
        "answer_time": iso(leg.answered_at),
        "end_time": iso(leg.ended_at),
    }


def _with_aliases(fields: Fields) -> Fields:
    """TRYVOX-37: a status callback has every one of the known client's keys too; its last word there is `hangup`."""
    return {
        **fields,
        "CallUUID": fields["call_uuid"],
        "AccountID": fields["account_id"],
        "From": fields["from"],
        "To": fields["to"],
        "Direction": fields["direction"],
        "Status": "hangup" if fields["status"] == "ended" else fields["status"],
        "Duration": fields.get("duration", 0),
    }


def _action(leg: LegSnapshot, view: CallView) -> Fields:
    """TRYVOX-52: what a URL of a document is asked with; by GET the first four alone of these six."""
    return {
        "call_uuid": leg.name,
        "account_id": _account(view)["auth_id"],
        "from": leg.from_,
        "to": leg.to,
        "call_status": "in-progress",
        "direction": leg.direction,
    }


def _own(leg: LegSnapshot, hook: Hook, fields: Mapping[str, Any], view: CallView) -> Fields:
    """What the verb itself adds: TRYVOX-53, TRYVOX-56, TRYVOX-69, TRYVOX-71."""
    if hook.purpose == "gather":
        return {
            "digits": fields["digits"],
            "speech_result": fields["speech"],
            "finished_on_key": fields["key"],
        }
    if hook.purpose == "dial":
        child = view.leg(fields["child"])
        return {
            "dial_status": _DIALLED[fields["outcome"]],
            "dial_call_uuid": child.name if child is not None else None,
            "dial_duration": int(fields["seconds"]),
        }
    if hook.purpose in ("record", "record-event"):
        url = recording_url(leg, fields["name"], fields["format"])
        if hook.purpose == "record":
            return {"recording_url": url, "recording_duration": int(fields["seconds"])}
        return {"recording_url": url, "transcription_text": _transcript(fields["name"], view)}
    if hook.purpose == "conference":
        return {
            "conference_name": fields["name"],
            "conference_event": fields["event"],
            "member_id": f"m{fields['member']}",
            "members": fields["members"],
        }
    return {}


def _transcript(name: str, view: CallView) -> str:
    """What the far end said into a recording."""
    recording = view.recording(name)
    sounds = recording.sounds if recording is not None else ()
    return " ".join(sound.text for sound in sounds if sound.kind == "speech" and sound.track == "in")


# --- requests ------------------------------------------------------------------------------------------------------


def _account(view: CallView) -> Mapping[str, Any]:
    return view.records.get("account", "main") or {"auth_id": "", "webhook_secret": ""}


def _secret(leg: LegSnapshot, view: CallView) -> str:
    """TRYVOX-42: the call's, else its application's as it is now, else the account's."""
    if secret := leg.memo.get("secret"):
        return str(secret)
    application = view.records.get("application", leg.memo.get("application", "")) or {}
    if secret := application.get("webhook_secret"):
        return str(secret)
    return str(_account(view)["webhook_secret"]) if view.settings.sign_by_default else ""


def _request(
    leg: LegSnapshot,
    view: CallView,
    callback: str,
    where: Sequence[str],
    fields: Fields,
    policy: Policy,
    word: str,
    ask: str | None = None,
    fallback: Request | None = None,
) -> Request:
    """`where`: URL and method."""
    url, method = where
    body: Json | Raw = Json(fields)
    if method == "GET":  # TRYVOX-40
        url, body = _with_query(url, fields), Raw()
    key = _secret(leg, view)
    return Request(
        "tryvox", leg.call, leg.id, callback, url, method, body, policy, ask, fallback, key, HEADERS, word
    )  # fmt: skip


def _with_query(url: str, fields: Fields) -> str:
    return with_query(url, urlencode({name: text for name, text in fields.items() if text is not None}))


def _told(leg: LegSnapshot, view: CallView, fields: Fields, *names: str) -> list[Request]:
    """Notifications to the URLs of these names that the call has, in this order (TRYVOX-47)."""
    if leg.parent is not None:
        return []
    urls = leg.memo["urls"]
    policy = RETRIED if view.settings.notification_retries else NOTIFICATION
    made = []
    for name in names:
        if name in urls:
            body = _with_aliases(fields) if name == "status" else fields
            made.append(_request(leg, view, name, urls[name], body, policy, fields["status"]))
    return made


# --- events --------------------------------------------------------------------------------------------------------


def _dialed(event: e.Dialed, view: CallView) -> list[Request]:
    return _told(event.leg, view, _event(event.leg, "queued", event.at, view), "status")


def _ringing(event: e.RingingStarted | e.Arrived, view: CallView) -> list[Request]:
    return _told(event.leg, view, _event(event.leg, "ringing", event.at, view), "ring", "status")


def _answered(event: e.Answered, view: CallView) -> list[Request]:
    return _told(event.leg, view, _event(event.leg, "answered", event.at, view), "status")


def _ended(event: e.Ended, view: CallView) -> list[Request]:
    return _told(event.leg, view, _ending(event.leg, event.at, view), "hangup", "status")


def _asked(event: e.Asked, view: CallView) -> list[Request]:
    leg, hook = event.leg, event.hook
    if hook.purpose not in ("answer", "transfer"):
        return [_of_document(leg, hook, event.fields, view, DOCUMENT, event.ask)]
    status = "answered" if leg.state == "answered" else view.settings.inbound_status  # TRYVOX-59
    fields = _event(leg, status, event.at, view)
    fallback = None
    if hook.fallback is not None:
        where = (hook.fallback.url, hook.fallback.method)
        fallback = _request(leg, view, "fallback", where, fields, DOCUMENT, status, event.ask)
    where = (hook.url, hook.method)
    return [_request(leg, view, hook.purpose, where, fields, DOCUMENT, status, event.ask, fallback)]


def _of_document(
    leg: LegSnapshot, hook: Hook, fields: Mapping[str, Any], view: CallView, policy: Policy, ask: str | None = None
) -> Request:
    action = _action(leg, view)
    if hook.method == "GET":
        action = dict(list(action.items())[:4])
    body = {**action, **_own(leg, hook, fields, view)}
    return _request(leg, view, hook.purpose, (hook.url, hook.method), body, policy, "in-progress", ask)


def _told_by_hook(event: e.Told, view: CallView) -> list[Request]:
    """Of a Dial or a Record that is over because its leg is, the action URL is told, and its answer not read
    (TRYVOX-56); of a transcription and of a conference somebody is told anyway."""
    return [_of_document(event.leg, event.hook, event.fields, view, NOTIFICATION)]


_RENDERERS: Final[dict[type, Callable[[Any, CallView], list[Request]]]] = {
    e.Dialed: _dialed,
    e.Arrived: _ringing,
    e.RingingStarted: _ringing,
    e.Answered: _answered,
    e.Asked: _asked,
    e.Told: _told_by_hook,
    e.Ended: _ended,
}


def render(event: Event, view: CallView) -> Sequence[Request]:
    """The requests that one event causes, in the order they leave; most cause none (TRYVOX-34)."""
    renderer = _RENDERERS.get(type(event))
    return renderer(event, view) if renderer is not None else ()
