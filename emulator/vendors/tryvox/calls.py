"""The call resource: list, create, retrieve, hang up. Nothing here looks at a call's state: the engine refuses."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any, Final

from emulator.engine.commands import HangUp
from emulator.engine.legs import Leg
from emulator.errors import Refused
from emulator.vendors.tryvox.applications import memo_of, of_number
from emulator.vendors.tryvox.errors import CALL_NOT_FOUND, FORBIDDEN_NUMBER, Rejected
from emulator.vendors.tryvox.outcomes import status_of
from emulator.vendors.tryvox.recordings import home, urls_of
from emulator.vendors.tryvox.schemas import Fields, Paging, parse_call, render_call, render_details
from emulator.vendors.tryvox.serving import Answer, Asking
from emulator.vendors.tryvox.wire import DIRECTIONS, STATUSES, iso, request_uuid, with_plus

__all__ = ["create", "hang_up", "list_calls", "retrieve"]

Test = Callable[[Leg], bool]


# --- list ----------------------------------------------------------------------------------------------------------


def list_calls(asking: Asking) -> Answer:
    """TRYVOX-11, TRYVOX-14, TRYVOX-15, TRYVOX-18: newest first, filtered, a page of them."""
    query, fields = asking.query, Fields({})
    paging = Paging(query, fields)
    tests = _tests(query, fields, asking)
    fields.check()
    shelf = asking.sandbox.shelf(asking.shelf)
    newest: Any = reversed(shelf.values())
    total = len(shelf)
    if tests:
        newest = [leg for leg in newest if all(test(leg) for test in tests)]
        total = len(newest)
    legs = islice(newest, paging.first, paging.first + paging.size) if paging.first < total else ()
    now, settings = asking.sandbox.now(), asking.sandbox.settings
    return 200, {
        "calls": [render_call(leg, now, settings) for leg in legs],
        "pagination": {
            "page": paging.page,
            "per_page": paging.size,
            "total_pages": paging.pages(total),
            "total_count": total,
        },
    }


_WORDS: Final = {"status": STATUSES, "direction": DIRECTIONS}


def _tests(query: dict[str, str], fields: Fields, asking: Asking) -> list[Test]:
    """TRYVOX-11 to TRYVOX-13: every filter given must hold."""
    for name, words in _WORDS.items():
        if name in query and query[name] not in words:
            fields.wrong(name, f"must be one of {', '.join(words)}")
    tests: list[Test] = []
    settings = asking.sandbox.settings
    if (status := query.get("status")) is not None:
        tests.append(lambda leg: status_of(leg, settings) == status)
    if (direction := query.get("direction")) is not None:
        tests.append(lambda leg: leg.direction == direction)
    if (from_ := query.get("from")) is not None:
        caller = with_plus(from_)
        tests.append(lambda leg: leg.from_ == caller)
    if (to := query.get("to")) is not None:
        callee = with_plus(to)
        tests.append(lambda leg: leg.to == callee)
    return tests


# --- one call ------------------------------------------------------------------------------------------------------


def create(asking: Asking) -> Answer:
    """TRYVOX-19 to TRYVOX-23. What is refused places no call."""
    sandbox = asking.sandbox
    recordings = home(sandbox, asking.base_url)

    def shared(number: str) -> dict[str, Any]:
        return memo_of(of_number(sandbox, number), asking.shelf, recordings)

    command = parse_call(asking.fields(), shared, asking.shelf)
    if sandbox.records.get("number", command.from_) is None:
        raise Rejected(FORBIDDEN_NUMBER)
    leg = sandbox.do(command)[0].leg
    assert leg is not None  # the first event of PlaceCall
    return 201, {
        "request_uuid": request_uuid(sandbox.ids, leg.id),
        "call_uuid": leg.name,
        "from": leg.from_,
        "to": leg.to,
        "direction": "outbound",
        "status": "ringing",
        "created_at": iso(leg.created_at),
    }


def retrieve(asking: Asking) -> Answer:
    leg = asking.leg()
    if leg is None:
        raise Refused("unknown_leg", leg=asking.ids[0])
    sandbox = asking.sandbox
    return 200, render_details(leg, sandbox.now(), sandbox.settings, sandbox.ids, urls_of(leg, sandbox))


def hang_up(asking: Asking) -> Answer:
    """TRYVOX-27, TRYVOX-9: everybody in the call is dropped."""
    leg = asking.leg()
    if leg is None:
        raise Rejected(CALL_NOT_FOUND)
    asking.sandbox.do(HangUp(leg.id, "api", bridged=True))
    return 204, None
