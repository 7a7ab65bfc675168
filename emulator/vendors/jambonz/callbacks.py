"""From an engine event to jambonz's hooks: which URL, and what the JSON says. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

from emulator.engine import events as e
from emulator.engine.events import Event, LegSnapshot
from emulator.vendor_api import CallView
from emulator.vendor_wire.urls import with_query
from emulator.vendors.jambonz.accounts import account
from emulator.vendors.jambonz.hooks import Auth, authorization, split_retries
from emulator.vendors.jambonz.outcomes import has_session, is_told, standing
from emulator.vendors.jambonz.payloads import GET_ARGUMENTS, action_payload, call_hook_payload, call_info
from emulator.vendors.jambonz.records import trace_id
from emulator.vendors.jambonz.sockets import REPLACING, has_statuses, message_of
from emulator.vendors.jambonz.transcribing import speech_of
from emulator.webhooks.values import Json, Raw, Request

__all__ = ["NAMES", "render"]

NAMES: Final = (
    "answer", "status", "gather", "partial", "play", "dial", "dial-event", "confirm", "hold", "amd", "transcription",
    "sip-refer", "sip-refer-event", "sip-request", "conference", "conference-status", "wait", "enter", "enqueue",
    "queue-wait", "dequeue", "redirect", "reconnect", "error", "verb-status",
)  # fmt: skip
_WHY: Final = {
    "unreachable": "failed to connect",
    "status": "unexpected status",
    "invalid": "invalid payload",
    "not-emulated": "not emulated",
}


def render(event: Event, view: CallView) -> Sequence[Request]:
    """What an event makes jambonz send."""
    render_one = _RENDERERS.get(type(event))
    return render_one(event, view) if render_one is not None else ()


def _request(
    leg: LegSnapshot,
    view: CallView,
    callback: str,
    hook: tuple[str, str, Auth],
    payload: Mapping[str, Any],
    ask: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> Request:
    """JAMBONZ-80: method, headers, success codes, time-out, retries."""
    url, policy = split_retries(hook[0])
    method, auth = hook[1], hook[2]
    body: Json | Raw = Json(payload)
    more = dict(context or {})
    if method == "GET":
        url, body, more["payload"] = _queried(url, payload, view), Raw(), payload
    trace = trace_id(leg, view.ids)
    span = view.ids.hex("jambonz span", f"{leg.id} {callback} {ask or payload.get('call_status', '')}", 16)
    headers = (("User-Agent", "jambonz"), ("b3", f"{trace}-{span}-1"), *authorization(auth))
    return Request(
        "jambonz", leg.call, leg.id, callback, url, method, body, policy, ask, key=account(view)["webhook_secret"],
        headers=headers, word=payload.get("call_status", ""), context=more,
        takes_program=ask is None and callback in REPLACING,
    )  # fmt: skip


def _queried(url: str, payload: Mapping[str, Any], view: CallView) -> str:
    """JAMBONZ-81."""
    if view.settings.bare_get:
        return url
    query = "&".join(f"{key}={quote(str(payload[key]), safe='')}" for key in GET_ARGUMENTS if key in payload)
    return with_query(url, query)


# --- status hooks ------------------------------------------------------------------------------------------------


def _status(event: Any, view: CallView, more: Mapping[str, Any] | None = None) -> Sequence[Request]:
    """JAMBONZ-90: exactly the call info; its own hook's credentials (JAMBONZ-86), or the application's socket."""
    leg: LegSnapshot = event.leg
    payload = {**call_info(leg, view), **(more or {})}
    if has_statuses(leg):
        return (message_of("call:status", leg, view, event.at.isoformat(), "status", payload),)
    hook = leg.memo.get("status")
    if not hook or not hook["url"]:
        return ()
    return (_request(leg, view, "status", (hook["url"], hook["method"], hook["auth"]), payload),)


def _progressed(event: e.Dialed | e.RingingStarted | e.EarlyMediaStarted, view: CallView) -> Sequence[Request]:
    """JAMBONZ-91: nothing of the kind on an inbound call."""
    return _status(event, view) if event.leg.direction == "outbound" else ()


def _answered(event: e.Answered, view: CallView) -> Sequence[Request]:
    return _status(event, view) if has_session(event.leg) else ()


def _ended(event: e.Ended, view: CallView) -> Sequence[Request]:
    return _status(event, view) if is_told(event.leg) else ()


def _failed(event: e.AskFailed, view: CallView) -> Sequence[Request]:
    """JAMBONZ-98: a gather's hook that failed is told of in one more status hook."""
    if event.hook.purpose != "gather":
        return ()
    reason = f"{_WHY.get(event.why, event.why)}: {event.text}" if event.text else _WHY.get(event.why, event.why)
    return _status(event, view, {"error": "invalid actionHook response", "reason": reason})


# --- hooks that are asked ----------------------------------------------------------------------------------------


def _told(event: e.Told, view: CallView) -> Sequence[Request]:
    if event.hook.purpose == "status":  # JAMBONZ-91: an inbound session has begun
        return _status(event, view)
    return _hooked(event, view, None)


def _asked(event: e.Asked, view: CallView) -> Sequence[Request]:
    return _hooked(event, view, event.ask)


def _hooked(event: e.Asked | e.Told, view: CallView, ask: str | None) -> Sequence[Request]:
    leg, hook = event.leg, event.hook
    extra: Mapping[str, Any] = hook.extra
    if hook.purpose == "dial-event" and event.fields["event"] != "digits":
        return ()  # JAMBONZ-115: the legs' own status hooks tell the rest
    if hook.purpose == "answer":
        payload = call_hook_payload(leg, view)
    else:
        payload = action_payload(hook.purpose, extra, event, view)
    return (_to(event, leg, view, hook.purpose, (hook.url, hook.method, extra), payload, ask),)


def _to(
    event: Any,
    leg: LegSnapshot,
    view: CallView,
    purpose: str,
    hook: tuple[str, str, Mapping[str, Any]],
    payload: Mapping[str, Any],
    ask: str | None = None,
) -> Request:
    """To the hook's URL, or over the socket that it is asked on."""
    url, method, extra = hook
    kept = ("base", "auth", "socket", "confirming")
    context = {key: extra[key] for key in kept if key in extra} | {"status": standing(leg).status}
    if method == "WS":
        opened = extra.get("kind", "session:new") if extra.get("opens") else ""
        kind = opened or _KINDS.get(purpose, "verb:hook")
        return message_of(kind, leg, view, event.at.isoformat(), purpose, payload, extra.get("hook"), ask, context)
    return _request(leg, view, purpose, (url, method, extra["auth"]), payload, ask, context)


_KINDS: Final = {"answer": "session:new", "redirect": "session:redirect", "confirm": "dial:confirm"}
"""JAMBONZ-125: what a message on a socket is called; anything else is a `verb:hook`."""


# --- what no verb waits for ----------------------------------------------------------------------------------------


def _spoke(event: e.FarEndSpoke, view: CallView) -> Sequence[Request]:
    """JAMBONZ-117: each utterance, as it begins, to who listens."""
    listener = event.leg.memo.get("transcribe")
    if not listener or listener.get("paused") or event.is_greeting:
        return ()
    extra = listener["extra"]
    payload = {**call_info(event.leg, view), "speech": speech_of(event.text, extra)}
    hook = (listener["url"], listener["method"], extra)
    return (_to(event, event.leg, view, "transcription", hook, payload),)


def _sounded(event: e.SpeakingStarted | e.Heard, view: CallView) -> Sequence[Request]:
    """JAMBONZ-139."""
    leg = event.leg
    if not leg.memo.get("events") or not leg.memo.get("socket") or event.kind == "beep":
        return ()
    what = "start-playback"
    if isinstance(event, e.Heard):
        what = "stop-playback" if event.whole else "kill-playback"
    payload = {"event": what, "verb": event.kind, "call_sid": leg.name}
    key = f"{event.at.isoformat()} {what}"
    return (message_of("verb:status", leg, view, key, "verb-status", payload),)


def _held(event: e.HeldChanged, view: CallView) -> Sequence[Request]:
    """JAMBONZ-115: one party of a dial puts the other on hold."""
    parent = view.leg(event.leg.parent) if event.leg.parent else None
    owner = parent or event.leg
    hook = owner.memo.get("on_hold")
    if not hook or not event.is_held or event.leg.partner is None:
        return ()
    payload = {**call_info(owner, view), "hold_detail": {"from": event.leg.from_, "to": event.leg.to}}
    return (_to(event, owner, view, "hold", (hook["url"], hook["method"], hook["extra"]), payload),)


_RENDERERS: Final[dict[type, Callable[[Any, CallView], Sequence[Request]]]] = {
    e.Dialed: _progressed,
    e.RingingStarted: _progressed,
    e.EarlyMediaStarted: _progressed,
    e.Answered: _answered,
    e.Ended: _ended,
    e.AskFailed: _failed,
    e.Told: _told,
    e.Asked: _asked,
    e.FarEndSpoke: _spoke,
    e.HeldChanged: _held,
    e.SpeakingStarted: _sounded,
    e.Heard: _sounded,
}
