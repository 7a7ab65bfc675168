"""The websocket application: the messages we send it, and the socket they go over. Pure.

One socket per session, which is a call's first leg and all it dials, so its key is the call and the URL. The messages
are requests as any other; `Channel` says where, and `message` which acknowledgement is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from emulator.engine.events import LegSnapshot
from emulator.vendor_api import CallView
from emulator.vendors.jambonz.hooks import authorization, split_retries
from emulator.vendors.jambonz.records import trace_id
from emulator.webhooks.values import Channel, Json, Policy, Request

__all__ = ["PROTOCOL", "REPLACING", "channel_of", "has_statuses", "message_of"]

PROTOCOL: Final = "ws.jambonz.org"
REPLACING: Final = frozenset({"amd", "transcription", "gather"})
"""JAMBONZ-116, JAMBONZ-117, JAMBONZ-141: where nobody waits for the answer, its verbs yet replace what runs."""
MOST: Final = 24 * 1024
RECONNECTS: Final = 5
_ACK: Final = timedelta(seconds=5)
_HANDSHAKE: Final = timedelta(seconds=1.5)
_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_UNACKNOWLEDGED: Final = frozenset({"call:status", "jambonz:error", "verb:status"})


def has_statuses(leg: LegSnapshot) -> bool:
    """JAMBONZ-128: an inbound call's always go over its socket, a REST call's unless it has a status hook elsewhere."""
    socket = leg.memo.get("socket")
    if not socket:
        return False
    hook = leg.memo.get("status")
    return leg.direction == "inbound" or not hook or hook["url"] in ("", socket["url"])


def channel_of(leg: LegSnapshot, socket: Mapping[str, Any], view: CallView) -> Channel:
    """JAMBONZ-120: where the session's messages go."""
    url, _ = split_retries(socket["url"], RECONNECTS)
    if url.lower().startswith("http"):
        url = "ws" + url[4:]  # JAMBONZ-120: a socket by its method alone
    owner = socket.get("leg") or f"{leg.call}.0"
    return Channel(
        f"{owner} {url}", url, PROTOCOL, (("User-Agent", "jambonz"), *authorization(socket["auth"])),
        owner, _HANDSHAKE, MOST, redirects=2,
    )  # fmt: skip


def message_of(
    kind: str,
    leg: LegSnapshot,
    view: CallView,
    key: str,
    callback: str,
    payload: Mapping[str, Any],
    hook: Any = None,
    ask: str | None = None,
    context: Mapping[str, Any] | None = None,
) -> Request:
    """One message (JAMBONZ-125). What is asked, and what begins a session, waits 5 s for its acknowledgement. `key`
    tells messages of one kind apart."""
    more = dict(context or {})
    socket = more.get("socket") or leg.memo["socket"]
    channel = channel_of(leg, socket, view)
    opens = kind in ("session:new", "session:adulting")
    takes = ask is None and callback in REPLACING
    waits = opens or ask is not None or callback == "gather"
    message = _msgid(view, f"{leg.id} {kind} {callback} {ask or key} {payload.get('call_status', '')}")
    body = _envelope(kind, message, leg, view, channel, payload, hook)
    policy, reopens = Policy(timeout=_ACK), None
    if opens:
        _, asked = split_retries(socket["url"], RECONNECTS)
        policy = Policy(asked.waits, timeout=_ACK, retry_on=asked.retry_on)
        # JAMBONZ-129: said first on a socket that was lost and is open again
        again = _msgid(view, f"{leg.id} reconnect")
        anew = _envelope("session:reconnect", again, leg, view, channel, payload, None)
        reopens = Request(
            "jambonz", leg.call, leg.id, "reconnect", channel.url, "WS", Json(anew),
            Policy(policy.waits, timeout=_ACK, retry_on=frozenset({"connection"})),
            word="session:reconnect", channel=channel, message=again,
        )  # fmt: skip
    more["on_socket"] = True
    return Request(
        "jambonz", leg.call, leg.id, callback, channel.url, "WS", Json(body), policy, ask, word=kind,
        context=more, channel=channel, message=message if waits else "", reopens=reopens,
        takes_program=takes,
    )  # fmt: skip


def _msgid(view: CallView, key: str) -> str:
    return view.ids.text("jambonz message", key, 22, _ALPHABET)


def _envelope(
    kind: str,
    message: str,
    leg: LegSnapshot,
    view: CallView,
    channel: Channel,
    payload: Mapping[str, Any],
    hook: Any,
) -> dict[str, Any]:
    """JAMBONZ-125: the session's call_sid outside, the leg's own inside."""
    owner = view.leg(channel.leg)
    trace = trace_id(leg, view.ids)
    body: dict[str, Any] = {
        "type": kind, "msgid": message, "call_sid": owner.name if owner is not None else leg.name,
    }  # fmt: skip
    if hook is not None:
        body["hook"] = hook
    return body | {"data": dict(payload), "b3": f"{trace}-{view.ids.hex('jambonz span', message, 16)}-1"}
