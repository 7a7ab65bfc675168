"""What starts and lists calls."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from emulator.engine.events import Answered, Ended, Event, LegSnapshot
from emulator.engine.legs import Leg
from emulator.vendor_api import VendorSandbox
from emulator.vendors.servetel.accounts import by_key
from emulator.vendors.servetel.errors import Rejected, invalid, said
from emulator.vendors.servetel.fields import Fields
from emulator.vendors.servetel.schemas import parse_click_to_call, parse_support_call
from emulator.vendors.servetel.serving import Answer, Asking
from emulator.vendors.servetel.story import ref_id_of
from emulator.vendors.servetel.wire import (
    call_number,
    clock_text,
    same_number,
    seconds,
    stamp,
    unprefixed,
    without_plus,
)  # fmt: skip

__all__ = ["KEYS", "click_to_call", "current", "list_live", "retrieve_live", "row", "support_call"]

KEYS: Final = (
    "id", "user_id", "client_id", "call_id", "direction", "source", "type", "did", "multiple_destination_type",
    "multiple_destination_name", "destination", "state", "channel_id", "created_at", "sip_domain", "broadcast_id",
    "broadcast_no", "call_time", "agent_name",
)  # fmt: skip
"""SERVETEL-13, in order."""

_DOMAIN: Final = "192.0.2.10"
_FIRST_ROW: Final = 300_000

# --- click to call -------------------------------------------------------------------------------------------------


async def click_to_call(asking: Asking) -> Answer:
    """SERVETEL-25: without `async` the answer waits until the agent has picked up, or will not."""
    sandbox = asking.sandbox
    command, is_async = parse_click_to_call(asking.body, sandbox, asking.base_url)
    leg = sandbox.do(command)[0].leg
    assert leg is not None  # the first event is its own `Dialed`
    if is_async:
        return 200, _queued(sandbox, leg, "Originate successfully queued", None)
    if await _is_answered(sandbox, leg.id):
        return 200, _queued(sandbox, leg, "Originate successfully queued", leg.name)
    return 200, said("The agent did not answer the call.")


async def _is_answered(sandbox: VendorSandbox, leg_id: str) -> bool:
    def is_decided(event: Event) -> bool:
        return isinstance(event, Answered | Ended) and event.leg.id == leg_id

    now = sandbox.leg(leg_id)
    if now is None or now.state == "ended":
        return False
    return isinstance(await sandbox.until(is_decided), Answered)


def support_call(asking: Asking) -> Answer:
    """SERVETEL-29: the key in the body says whose it is; a token beside it means nothing."""
    key = Fields(asking.body)
    found = key.required("api_key")
    key.check()
    sandbox = asking.context.sandbox(by_key(found))
    if sandbox is None:
        raise invalid("api_key", "Please provide a valid api_key.")
    leg = sandbox.do(parse_support_call(asking.body, sandbox, asking.base_url))[0].leg
    assert leg is not None
    return 200, _queued(sandbox, leg, "Call originated successfully", None)


def _queued(sandbox: VendorSandbox, leg: LegSnapshot, message: str, call_id: str | None) -> dict[str, Any]:
    """SERVETEL-26."""
    return {"success": True, "message": message, "ref_id": ref_id_of(sandbox, leg), "call_id": call_id}


# --- live calls ----------------------------------------------------------------------------------------------------


def row(leg: Leg, now: datetime, user_id: int) -> dict[str, Any]:
    """SERVETEL-13, SERVETEL-15, SERVETEL-16: one current call, by its first leg, which may be over if it was
    transferred."""
    memo = leg.memo
    is_inbound = leg.direction == "inbound"
    agent = _agent(leg) or {"number": "", "name": ""}
    sequence = int(leg.name.partition(".")[2])
    return {
        "id": _FIRST_ROW + sequence,
        "user_id": user_id,
        "client_id": None,
        "call_id": leg.name,
        "direction": 1 if is_inbound else 2,
        "source": memo["customer"] if is_inbound else agent["number"],
        "type": "inbound" if is_inbound else "click-to-call",
        "did": memo["did"],
        "multiple_destination_type": None if is_inbound else "c2c",
        "multiple_destination_name": None if is_inbound else f"PJSIP/{memo['customer']}",
        "destination": without_plus(agent["number"] if is_inbound else memo["customer"]),
        "state": "Answered" if leg.answered_at is not None else "Ringing",
        "channel_id": f"PJSIP/{without_plus(memo['did'])}-{sequence:08x}",
        "created_at": stamp(leg.created_at),
        "sip_domain": _DOMAIN,
        "broadcast_id": None,
        "broadcast_no": None,
        "call_time": clock_text(seconds(leg.created_at, now)),
        "agent_name": agent["name"],
    }


def _agent(root: Leg) -> Mapping[str, str] | None:
    """Who is on the line, or is being called, the last of several; else whom the call is meant for."""
    legs = [leg for leg in root.call.legs if leg.memo["role"] == "agent" and leg.state != "ended"]
    leg = next((leg for leg in reversed(legs) if leg.state == "answered"), legs[-1] if legs else root)
    found: Mapping[str, str] | None = leg.memo.get("agent")
    return found


def _rows(sandbox: VendorSandbox, legs: Iterable[Leg]) -> list[dict[str, Any]]:
    """As the account's brand shows them."""
    now, account = sandbox.now(), sandbox.records.get("account", "main")
    assert account is not None  # seeded, and nothing deletes it
    user_id: int = account["user_id"]
    if sandbox.settings.profile == "servetel":
        return [row(leg, now, user_id) for leg in legs]
    return [_as_smartflo(row(leg, now, user_id), leg.memo["customer"]) for leg in legs]


def _as_smartflo(made: dict[str, Any], customer: str) -> dict[str, Any]:
    """SERVETEL-19: two more keys, one after `state`, one last."""
    wider: dict[str, Any] = {}
    for key, given in made.items():
        wider[key] = given
        if key == "state":
            wider["queue_state"] = None
    wider["customer_number"] = customer
    return wider


def _current(sandbox: VendorSandbox) -> Iterable[Leg]:
    """The first legs of all current calls, in order of their beginning; a supervisor's own is none (SERVETEL-70)."""
    calls = {leg.call_id: leg.call for legs in (sandbox.queued(), sandbox.live()) for leg in legs.values()}
    legs = [call.legs[0] for call in calls.values() if call.legs[0].memo["kind"] != "supervision"]
    legs.sort(key=lambda leg: call_number(leg.call_id))
    return legs


def current(sandbox: VendorSandbox, call_id: str) -> Leg | None:
    """The first leg of this call, as long as anybody is in it."""
    leg = sandbox.named(unprefixed(call_id))
    return leg if leg is not None and leg.call.live and leg.memo["kind"] != "supervision" else None


def list_live(asking: Asking) -> Answer:
    """SERVETEL-12, SERVETEL-14: a bare list, oldest first; every filter given must hold."""
    sandbox = asking.sandbox
    call_id, did = asking.query("call_id"), asking.query("did_number")
    number, extension = asking.query("agent_number"), asking.query("extension")
    legs: Iterable[Leg]
    if call_id:
        one = current(sandbox, call_id)
        legs = [one] if one is not None else []
    else:
        legs = _current(sandbox)
    if did:
        legs = [leg for leg in legs if same_number(leg.memo["did"], did)]
    if number:
        legs = [leg for leg in legs if same_number((_agent(leg) or {}).get("number", ""), number)]
    if extension:
        legs = [leg for leg in legs if (_agent(leg) or {}).get("extension") == extension]
    return 200, _rows(sandbox, legs)


def retrieve_live(asking: Asking) -> Answer:
    """SERVETEL-20."""
    leg = current(asking.sandbox, asking.item)
    if leg is None:
        raise Rejected(404, "Call not found")
    return 200, _rows(asking.sandbox, (leg,))[0]
