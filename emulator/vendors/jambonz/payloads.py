"""What hooks say: the call info that nearly all carry, and what each kind adds. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from emulator.engine.events import Asked, LegSnapshot, Told
from emulator.vendor_api import CallView
from emulator.vendors.jambonz.accounts import account
from emulator.vendors.jambonz.detecting import amd_fields
from emulator.vendors.jambonz.gatherings import dequeued, enqueued, queue_wait, room_event
from emulator.vendors.jambonz.outcomes import duration, ended_by, standing
from emulator.vendors.jambonz.records import call_id, sbc_callid, trace_id
from emulator.vendors.jambonz.transcribing import speech_of
from emulator.vendors.jambonz.wire import iso

__all__ = ["GET_ARGUMENTS", "action_payload", "call_hook_payload", "call_info"]

_SIP_ADDRESS: Final = "127.0.0.1:5060"
_IP: Final = "127.0.0.1"
_SDP: Final = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0 101\r\n"
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
)
GET_ARGUMENTS: Final = (
    "call_sid", "application_sid", "account_sid", "direction", "from", "to", "caller_name", "call_status",
    "sip_status",
)  # fmt: skip
"""JAMBONZ-81: the documented query of a hook asked by GET."""


def call_info(leg: LegSnapshot, view: CallView) -> dict[str, Any]:
    """JAMBONZ-88: the base payload, and all of a status hook."""
    now, memo, ids = standing(leg), leg.memo, view.ids
    is_inbound = leg.direction == "inbound"
    parent = view.leg(leg.parent) if leg.parent else None
    found: tuple[tuple[str, Any], ...] = (
        ("call_sid", leg.name),
        ("direction", leg.direction),
        ("from", leg.from_),
        ("to", leg.to),
        ("call_id", call_id(leg, ids)),
        ("sbc_callid", sbc_callid(leg, ids) or None),
        ("sip_status", now.code),
        ("sip_reason", now.reason),
        ("call_status", now.status),
        ("caller_id", leg.from_ if parent is not None else None),
        ("account_sid", account(view)["account_sid"]),
        ("trace_id", trace_id(leg, ids)),
        ("application_sid", memo.get("app")),
        ("fs_sip_address", _SIP_ADDRESS),
        ("parent_call_sid", parent.name if parent is not None else None),  # JAMBONZ-95
        ("originating_sip_ip", _IP if is_inbound else None),
        ("originating_sip_trunk_name", memo.get("trunk") if is_inbound else None),
        ("call_termination_by", ended_by(leg) or None),
        ("duration", duration(leg)),
        ("customerData", memo.get("tag")),
    )
    return {key: what for key, what in found if what is not None}


def call_hook_payload(leg: LegSnapshot, view: CallView) -> dict[str, Any]:
    """JAMBONZ-89: what the call hook gets; much more on an inbound call."""
    info, memo = call_info(leg, view), leg.memo
    defaults: Mapping[str, Any] = memo["defaults"]
    if leg.direction == "inbound":
        for key in ("fs_sip_address", "customerData"):
            info.pop(key, None)
        info |= {
            "caller_name": memo.get("caller_name", ""),
            "has_recording": False,
            "local_sip_address": _SIP_ADDRESS,
            "public_ip": _IP,
            "service_provider_sid": account(view)["service_provider_sid"],
            "sip": _invite(leg, info["call_id"]),
        }
        defaults = {
            name: {key: text for key, text in part.items() if text is not None} for name, part in defaults.items()
        }
    info["defaults"] = defaults
    if memo.get("env"):
        info["env_vars"] = memo["env"]
    return info


def _invite(leg: LegSnapshot, sip_id: str) -> dict[str, Any]:
    uri = f"sip:{leg.to}@{_IP}"
    headers = {
        "via": f"SIP/2.0/UDP {_IP}:5060;rport;branch=z9hG4bK{sip_id[:13]}",
        "max-forwards": "70",
        "from": f"<sip:{leg.from_}@{_IP}>;tag={sip_id[:8]}",
        "to": f"<{uri}>",
        "call-id": sip_id,
        "cseq": "1 INVITE",
        "contact": f"<sip:{leg.from_}@{_IP}:5060>",
        "content-type": "application/sdp",
        "content-length": str(len(_SDP)),
    }
    lines = "".join(f"{name}: {text}\r\n" for name, text in headers.items())
    return {
        "headers": headers,
        "raw": f"INVITE {uri} SIP/2.0\r\n{lines}\r\n{_SDP}",
        "body": _SDP,
        "method": "INVITE",
        "version": "2.0",
        "uri": uri,
        "payload": [{"type": "application/sdp", "content": _SDP}],
    }


# --- action hooks ------------------------------------------------------------------------------------------------


def action_payload(purpose: str, extra: Mapping[str, Any], event: Asked | Told, view: CallView) -> dict[str, Any]:
    """JAMBONZ-96: the call info with what a verb's own hook carries on top; some carry less."""
    info, fields = call_info(event.leg, view), event.fields
    account_sid = account(view)["account_sid"]
    if purpose == "sip-refer-event":
        return {"event": "transfer-status", "call_status": 200}  # JAMBONZ-122: nothing of the call
    if purpose == "queue-wait":
        return queue_wait(fields, info, account_sid)
    if purpose in ("wait", "enter") and "customerData" in info:  # JAMBONZ-130: as the session object spells it
        info["customer_data"] = info.pop("customerData")
    if purpose == "dial":
        info |= _dialled(fields, view)
    elif purpose == "conference-status":
        info |= room_event(fields, account_sid, iso(event.at) or "")
    elif purpose == "enqueue":
        info |= enqueued(fields, account_sid)
    elif (maker := _FIELDS.get(purpose)) is not None:
        info |= maker(extra, fields)
    if extra.get("parent_call_info"):
        info["parent_call_info"] = extra["parent_call_info"]
    if extra.get("verb_id"):
        info["verb_id"] = extra["verb_id"]
    return info


def _gathered(extra: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """JAMBONZ-105: a time-out carries no digits."""
    if fields["ended_by"] == "nothing":
        return {"reason": "timeout"}
    if fields["input"] == "digits":
        return {"reason": "dtmfDetected", "digits": fields["digits"]}
    return {"reason": "speechDetected", "speech": speech_of(fields["speech"], extra)}


def _partly(extra: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """JAMBONZ-138."""
    return {"speech": speech_of(fields["speech"], extra, is_final=False)}


def _dialled(fields: Mapping[str, Any], view: CallView) -> dict[str, Any]:
    child = view.leg(fields["child"])
    assert child is not None  # a dial has at least one target
    now = standing(child)
    found = {"dial_call_status": now.status, "dial_sip_status": now.code, "dial_call_sid": child.name}
    other = sbc_callid(child, view.ids)
    return {**found, "dial_sbc_callid": other} if other else found


def _played(extra: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    seconds = extra["seconds"]
    milliseconds = round(seconds * 1000)
    return {
        "reason": "playCompleted",
        "playback_seconds": int(seconds),
        "playback_milliseconds": milliseconds,
        "playback_last_offset_pos": str(milliseconds * 8),  # the code sums the others, and passes this one on as text
    }


_FIELDS: Final[dict[str, Callable[[Mapping[str, Any], Mapping[str, Any]], dict[str, Any]]]] = {
    "gather": _gathered,
    "partial": _partly,
    "play": _played,
    "amd": amd_fields,
    "dequeue": lambda extra, fields: dequeued(fields),
    "dial-event": lambda extra, fields: {"dtmf": fields["digits"]},  # JAMBONZ-115
    "sip-request": lambda extra, fields: {"result": "success", "sip_status": 200},  # JAMBONZ-121
    "sip-refer": lambda extra, fields: {"refer_status": 202, "final_referred_call_status": 200},  # JAMBONZ-122
}
