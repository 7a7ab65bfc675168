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
from emulator.vendors.jambonz.payloads import GET_ARGUMENTS, action_fields, call_hook_payload, call_info
from emulator.vendors.jambonz.records import trace_id
from emulator.webhooks.values import Json, Raw, Request

__all__ = ["NAMES", "render"]

NAMES: Final = ("answer", "status", "gather", "play", "dial", "redirect")
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
    span = view.ids.hex("jambonz span", f"{leg.id} {callback} {ask or payload['call_status']}", 16)
    headers = (("User-Agent", "jambonz"), ("b3", f"{trace}-{span}-1"), *authorization(auth))
    return Request(
        "jambonz", leg.call, leg.id, callback, url, method, body, policy, ask, key=account(view)["webhook_secret"],
        headers=headers, word=payload["call_status"], context=more,
    )  # fmt: skip


def _queried(url: str, payload: Mapping[str, Any], view: CallView) -> str:
    """JAMBONZ-81."""
    if view.settings.bare_get:
        return url
    query = "&".join(f"{key}={quote(str(payload[key]), safe='')}" for key in GET_ARGUMENTS if key in payload)
    return with_query(url, query)


# --- status hooks ------------------------------------------------------------------------------------------------


def _status(leg: LegSnapshot, view: CallView, more: Mapping[str, Any] | None = None) -> Sequence[Request]:
    """JAMBONZ-90: exactly the call info; its own hook's credentials (JAMBONZ-86)."""
    hook = leg.memo.get("status")
    if not hook or not hook["url"]:
        return ()
    payload = {**call_info(leg, view), **(more or {})}
    return (_request(leg, view, "status", (hook["url"], hook["method"], hook["auth"]), payload),)


def _progressed(event: e.Dialed | e.RingingStarted | e.EarlyMediaStarted, view: CallView) -> Sequence[Request]:
    """JAMBONZ-91: nothing of the kind on an inbound call."""
    return _status(event.leg, view) if event.leg.direction == "outbound" else ()


def _answered(event: e.Answered, view: CallView) -> Sequence[Request]:
    return _status(event.leg, view) if has_session(event.leg) else ()


def _ended(event: e.Ended, view: CallView) -> Sequence[Request]:
    return _status(event.leg, view) if is_told(event.leg) else ()


def _failed(event: e.AskFailed, view: CallView) -> Sequence[Request]:
    """JAMBONZ-98: a gather's hook that failed is told of in one more status hook."""
    if event.hook.purpose != "gather":
        return ()
    reason = f"{_WHY.get(event.why, event.why)}: {event.text}" if event.text else _WHY.get(event.why, event.why)
    return _status(event.leg, view, {"error": "invalid actionHook response", "reason": reason})


# --- hooks that are asked ----------------------------------------------------------------------------------------


def _told(event: e.Told, view: CallView) -> Sequence[Request]:
    if event.hook.purpose == "status":  # JAMBONZ-91: an inbound session has begun
        return _status(event.leg, view)
    return _hooked(event, view, None)


def _asked(event: e.Asked, view: CallView) -> Sequence[Request]:
    return _hooked(event, view, event.ask)


def _hooked(event: e.Asked | e.Told, view: CallView, ask: str | None) -> Sequence[Request]:
    leg, hook = event.leg, event.hook
    extra: Mapping[str, Any] = hook.extra
    if hook.purpose == "answer":
        payload = call_hook_payload(leg, view)
    else:
        payload = {**call_info(leg, view), **action_fields(hook.purpose, extra, event.fields, view)}
    context = {"base": extra["base"], "auth": extra["auth"], "status": standing(leg).status}
    return (_request(leg, view, hook.purpose, (hook.url, hook.method, extra["auth"]), payload, ask, context),)


_RENDERERS: Final[dict[type, Callable[[Any, CallView], Sequence[Request]]]] = {
    e.Dialed: _progressed,
    e.RingingStarted: _progressed,
    e.EarlyMediaStarted: _progressed,
    e.Answered: _answered,
    e.Ended: _ended,
    e.AskFailed: _failed,
    e.Told: _told,
    e.Asked: _asked,
}
