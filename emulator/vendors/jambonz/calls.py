"""The Calls resource and CallCount. Each handler turns a request into commands and renders."""

from __future__ import annotations

from emulator.engine.commands import HangUp
from emulator.engine.events import LegSnapshot
from emulator.errors import Refused
from emulator.vendors.jambonz.errors import NOT_FOUND, Rejected, is_gone
from emulator.vendors.jambonz.records import call_id, call_record, is_kept, listed, mark
from emulator.vendors.jambonz.schemas import parse_call
from emulator.vendors.jambonz.serving import ACCEPTED, Answer, Asking
from emulator.vendors.jambonz.updates import check_update, commands_of

__all__ = ["count", "create", "delete", "list_calls", "retrieve", "update"]

_FILTERS = (("direction", "direction"), ("from", "from"), ("to", "to"), ("callStatus", "call_status"))


def list_calls(asking: Asking) -> Answer:
    """JAMBONZ-30: a bare array; each filter must match exactly, and nothing about it is checked."""
    wanted = [(key, asking.query[name]) for name, key in _FILTERS if asking.query.get(name)]
    records = [call_record(leg, asking.sandbox, asking.base_url) for leg in listed(asking.sandbox)]
    return 200, [record for record in records if all(record[key] == text for key, text in wanted)]


def create(asking: Asking) -> Answer:
    """JAMBONZ-48."""
    command = parse_call(asking.body, asking.sandbox, asking.base_url)
    leg = asking.sandbox.do(command)[0].leg
    assert leg is not None
    return 201, {"sid": leg.name, "callId": call_id(leg, asking.sandbox.ids)}


def _found(asking: Asking) -> LegSnapshot:
    """The call whose record is kept. Raises `Rejected` (404)."""
    leg = asking.sandbox.named(asking.sid())
    if leg is None or not is_kept(leg.snapshot(), asking.sandbox, asking.sandbox.now()):
        raise Rejected(NOT_FOUND)
    return leg.snapshot()


def retrieve(asking: Asking) -> Answer:
    return 200, call_record(_found(asking), asking.sandbox, asking.base_url)


def update(asking: Asking) -> Answer:
    """JAMBONZ-53: 202 in text, whatever comes of it."""
    asking.sid()
    given = check_update(asking.body)
    leg = _found(asking)
    if leg.state == "ended":
        raise Rejected(is_gone(leg.name))
    for command in commands_of(given, leg, asking.sandbox):
        asking.sandbox.do(command)
    if "sip_request" in given and leg.state == "answered":  # JAMBONZ-121
        return 200, {"status": 200, "reason": "OK"}
    return 202, ACCEPTED


def delete(asking: Asking) -> Answer:
    """JAMBONZ-57: the record goes, the call stays."""
    leg = _found(asking)
    if asking.sandbox.settings.delete_hangs_up:
        try:
            asking.sandbox.do(HangUp(leg.id, "api"))
        except Refused:
            pass  # it is over already
        leg = asking.sandbox.leg(leg.id) or leg
    asking.sandbox.records.put("deleted", leg.name, mark(leg))
    return 204, None


def count(asking: Asking) -> Answer:
    """JAMBONZ-58: calls not yet over, those without a record too."""
    found = {"inbound": 0, "outbound": 0}
    for book in (asking.sandbox.queued(), asking.sandbox.live()):
        for leg in book.values():
            found[leg.direction] += 1
    return 200, found
