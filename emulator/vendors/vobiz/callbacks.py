"""From an engine event to Vobiz's callbacks: which URL is told, what the form says. Pure.

Only the first leg of a call has URLs of its own. Every form is in ASCII order of its keys (VOBIZ-23).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlencode

from emulator.engine import events as e
from emulator.engine.events import Event, LegSnapshot
from emulator.engine.program import Hook
from emulator.vendor_api import CallView
from emulator.vendor_wire.urls import with_query
from emulator.vendors.vobiz.conference_forms import conference_form, room_form, wait_form
from emulator.vendors.vobiz.dial_forms import dial_form, event_form, sound_form
from emulator.vendors.vobiz.forms import FREE, NOT_APPLICABLE, Fields, account, common
from emulator.vendors.vobiz.outcomes import outcome_of
from emulator.vendors.vobiz.record_forms import done_form, record_form, transcription_form
from emulator.vendors.vobiz.wire import account_time, billed, status_of, talked, without_plus
from emulator.webhooks.values import Form, Policy, Raw, Request

__all__ = ["DOCUMENT", "FALLBACK", "NAMES", "NOTIFICATION", "render"]

NAMES: Final = (
    "ring", "answer", "fallback", "hangup", "gather", "gather-partial", "redirect", "machine-detection", "dial",
    "dial-event",
    "dial-music", "dial-confirm", "transfer", "conference", "conference-event", "conference-wait",
    "record", "record-event", "transcription",
)  # fmt: skip

_SECOND: Final = timedelta(seconds=1)
# VOBIZ-38: one try and three retries, all within a minute; the pauses are ours
DOCUMENT: Final = Policy((_SECOND, 2 * _SECOND, 4 * _SECOND), total=60 * _SECOND, timeout=10 * _SECOND)
FALLBACK: Final = Policy(timeout=10 * _SECOND)
# VOBIZ-39: 3 s, 200 alone is good, up to three retries with growing pauses
NOTIFICATION: Final = Policy(
    (_SECOND, 2 * _SECOND, 4 * _SECOND), timeout=3 * _SECOND, ok=frozenset({200})
)  # fmt: skip

HEADERS: Final = (("User-Agent", "Vobiz"), ("Accept", "*/*"), ("Accept-Encoding", "gzip"))
FormOf = Callable[[LegSnapshot, CallView], Fields]


def _ring_form(leg: LegSnapshot, view: CallView) -> Fields:
    form = common(leg, "Ring", "ringing", view)
    form.pop("ALegUUID", None)
    form["STIRAttestation"] = NOT_APPLICABLE
    return form


def _start_form(leg: LegSnapshot, view: CallView) -> Fields:
    """VOBIZ-30: `ringing` on an inbound call, which its document has yet to answer."""
    form = common(leg, "StartApp", status_of(leg), view)
    form.update(
        CountryCode="", RouteType="", STIRAttestation=NOT_APPLICABLE, STIRVerification=NOT_APPLICABLE
    )  # fmt: skip
    if leg.memo.get("detects") and leg.machine is not None:
        form["Machine"] = _boolean(leg.machine)  # VOBIZ-21
    return form


def _hangup_form(leg: LegSnapshot, view: CallView) -> Fields:
    """VOBIZ-31: the outcome is in the `Hangup…` fields; `CallStatus` as the setting says (VOBIZ-40)."""
    outcome = outcome_of(leg)
    status = outcome.status if view.settings.hangup_call_status == "detailed" else "completed"
    form = common(leg, "Hangup", status, view)
    seconds = talked(leg)
    form.update(
        STIRAttestation=NOT_APPLICABLE, STIRVerification=NOT_APPLICABLE, stir_verification=NOT_APPLICABLE,
        StartTime=account_time(leg.created_at), AnswerTime=account_time(leg.answered_at),
        EndTime=account_time(leg.ended_at), Duration=str(seconds), BillDuration=str(billed(seconds)), TotalCost=FREE,
        HangupCause=outcome.cause, HangupCauseCode=str(outcome.code), HangupCauseName=outcome.name,
        HangupSource=outcome.source,
    )  # fmt: skip
    return form


def _gather_form(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    """VOBIZ-51: what is not used is there and empty; GetDigits has `Digits` alone. VOBIZ-52: the event's name."""
    form = common(leg, "Redirect" if hook.awaited else "Gather", status_of(leg), view)
    form["Digits"] = fields["digits"]
    if hook.extra == "GetDigits":
        return form
    kind = fields["input"]
    form["InputType"] = "dtmf" if kind == "digits" else kind
    form["Speech"] = fields["speech"]
    form["SpeechConfidenceScore"] = "0.95" if kind == "speech" else ""
    form["BilledAmount"] = ""
    return form


def _partial_form(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    """VOBIZ-109: whatever was said is understood at once."""
    form = common(leg, "Gather", status_of(leg), view)
    form.update(
        StableSpeech=fields["speech"], UnstableSpeech="", Stability="1.0", SequenceNumber=str(fields["number"])
    )  # fmt: skip
    return form


def _machine_form(leg: LegSnapshot, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    """VOBIZ-33."""
    form = {
        "From": without_plus(leg.from_), "To": without_plus(leg.to), "RequestUUID": leg.name,
        "ALegRequestUUID": leg.name, "CallUUID": leg.name, "ALegUUID": leg.name, "Direction": leg.direction,
        "Event": "MachineDetection", "CallStatus": "in-progress", "Machine": _boolean(fields["machine"]),
        "IfMachine": "hangup" if hook.extra == "hangup" else "continue",
    }  # fmt: skip
    form.update(leg.memo.get("headers", ()))
    return form


def _boolean(is_it: bool) -> str:
    return "true" if is_it else "false"


def _request(
    leg: LegSnapshot,
    view: CallView,
    callback: str,
    url: str,
    method: str,
    form: Fields,
    policy: Policy,
    ask: str | None = None,
    fallback: Request | None = None,
) -> Request:
    fields = tuple(sorted(form.items()))
    body: Form | Raw = Form(fields)
    if method == "GET":  # VOBIZ-23: the same parameters, behind the URL's own query
        url, body = with_query(url, urlencode(fields)), Raw()
    return Request(
        "vobiz", leg.call, leg.id, callback, url, method, body, policy, ask, fallback,
        account(view)["auth_token"] if view.settings.sign else "", HEADERS, form.get("CallStatus", ""),
    )  # fmt: skip


def _told(
    leg: LegSnapshot, view: CallView, name: str, form: Callable[[LegSnapshot, CallView], Fields]
) -> list[Request]:
    """A notification to the call's own `ring` or `hangup` URL, if it has one."""
    where = leg.memo.get(name) if leg.parent is None else None
    return [_request(leg, view, name, where[0], where[1], form(leg, view), NOTIFICATION)] if where else []


def _ringing(event: e.RingingStarted, view: CallView) -> list[Request]:
    return _told(event.leg, view, "ring", _ring_form)


def _ended(event: e.Ended, view: CallView) -> list[Request]:
    return _told(event.leg, view, "hangup", _hangup_form)


_VERB_FORMS: Final = {
    "dial": dial_form, "dial-event": event_form, "dial-music": sound_form, "dial-confirm": sound_form,
    "conference": conference_form, "conference-event": room_form, "conference-wait": wait_form,
    "record": record_form, "gather-partial": _partial_form,
}  # fmt: skip


def _hook_form(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    if hook.purpose == "gather":
        return _gather_form(leg, view, hook, fields)
    if hook.purpose == "machine-detection":
        return _machine_form(leg, hook, fields)
    if hook.purpose in _VERB_FORMS:
        return _VERB_FORMS[hook.purpose](leg, view, hook, fields)
    if hook.purpose in ("redirect", "transfer"):
        return common(leg, hook.purpose.capitalize(), status_of(leg), view)
    return _start_form(leg, view)


def _asked(event: e.Asked, view: CallView) -> list[Request]:
    leg, hook = event.leg, event.hook
    form = _hook_form(leg, view, hook, event.fields)
    fallback = None
    if hook.fallback is not None:  # VOBIZ-38: once, with the same parameters
        other = hook.fallback
        fallback = _request(leg, view, other.purpose, other.url, other.method, form, FALLBACK, event.ask)
    return [_request(leg, view, hook.purpose, hook.url, hook.method, form, DOCUMENT, event.ask, fallback)]


def _recorded(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> list[Request]:
    """VOBIZ-98, VOBIZ-99: that it is over, and then what was said."""
    url, method = hook.extra["transcription"]
    told = []
    if hook.url:
        form = done_form(leg, view, hook, fields)
        told.append(_request(leg, view, hook.purpose, hook.url, hook.method, form, NOTIFICATION))
    if url:
        form = transcription_form(leg, view, hook, fields)
        told.append(_request(leg, view, "transcription", url, method, form, NOTIFICATION))
    return told


def _told_by_hook(event: e.Told, view: CallView) -> list[Request]:
    leg, hook = event.leg, event.hook
    if hook.purpose == "record-event":
        return _recorded(leg, view, hook, event.fields)
    form = _hook_form(leg, view, hook, event.fields)
    return [_request(leg, view, hook.purpose, hook.url, hook.method, form, NOTIFICATION)]


_RENDERERS: Final[dict[type, Callable[[Any, CallView], list[Request]]]] = {
    e.RingingStarted: _ringing,
    e.Ended: _ended,
    e.Asked: _asked,
    e.Told: _told_by_hook,
}


def render(event: Event, view: CallView) -> Sequence[Request]:
    """The requests that one event causes, in the order they leave; most cause none."""
    renderer = _RENDERERS.get(type(event))
    return renderer(event, view) if renderer is not None else ()
