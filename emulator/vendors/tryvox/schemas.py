"""Requests to commands, legs to call objects. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from emulator.engine.commands import PlaceCall
from emulator.engine.legs import Leg
from emulator.engine.program import Detect, Fetch, Hook, Program
from emulator.ids import Ids
from emulator.vendor_wire.urls import is_http_url
from emulator.vendors.tryvox.errors import Rejected, invalid
from emulator.vendors.tryvox.outcomes import outcome_of, status_of
from emulator.vendors.tryvox.settings import TryvoxSettings
from emulator.vendors.tryvox.wire import billed, is_e164, iso, price, request_uuid, seconds

__all__ = ["TIME_LIMIT", "URLS", "Fields", "Paging", "answer_hook", "parse_call", "render_call", "render_details"]

TIME_LIMIT: Final = timedelta(seconds=14_400)
URLS: Final = ("answer", "ring", "hangup", "fallback", "status")
"""The neutral names of a call's own URLs, as its memo has them: `[url, method]` each."""

MOST_SECONDS: Final = 86_400
MOST_PER_PAGE: Final = 100
PER_PAGE: Final = 20
_INTEGER: Final = re.compile(r"-?[0-9]{1,15}")


class Fields:
    """The fields of one request. A method that finds fault notes it and gives a harmless value; `check` then raises.

    null and an empty text count as not given (TRYVOX-22).
    """

    __slots__ = ("_body", "_wrong")

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body
        self._wrong: list[tuple[str, str]] = []

    def __contains__(self, name: str) -> bool:
        return name in self._body

    def wrong(self, name: str, reason: str) -> None:
        self._wrong.append((name, reason))

    def check(self) -> None:
        """Raises `Rejected` (400) with every fault that was noted, in the order the fields were read."""
        if self._wrong:
            raise Rejected(invalid(self._wrong))

    def text(self, name: str, required: bool = False) -> str:
        got = self._body.get(name)
        if got is None or got == "":
            if required:
                self.wrong(name, "required field missing")
            return ""
        if not isinstance(got, str):
            self.wrong(name, "must be a string")
            return ""
        return got

    def number(self, name: str, required: bool = False) -> str:
        got = self.text(name, required)
        if got and not is_e164(got):
            self.wrong(name, "must be E.164 format, such as +14155550100")
        return got

    def url(self, name: str, required: bool = False) -> str:
        got = self.text(name, required)
        if got and not is_http_url(got):
            self.wrong(name, "must be an http or https URL")
        return got

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        got = self.text(name) or default
        if got not in allowed:
            self.wrong(name, f"must be one of {', '.join(allowed)}")
        return got

    def method(self, name: str) -> str:
        return self.choice(name, "POST", ("POST", "GET"))

    def integer(self, name: str, default: int, least: int = 1) -> int:
        got = self._body.get(name)
        if got is None:
            return default
        if isinstance(got, float) and got.is_integer():
            got = int(got)
        if not isinstance(got, int) or isinstance(got, bool):
            self.wrong(name, "must be an integer")
            return default
        if got < least:
            self.wrong(name, f"must be at least {least}")
        return got

    def span(self, name: str, default: int) -> timedelta:
        return timedelta(seconds=max(1, min(self.integer(name, default), MOST_SECONDS)))

    def boolean(self, name: str) -> bool:
        got = self._body.get(name)
        if got is not None and not isinstance(got, bool):
            self.wrong(name, "must be true or false")
        return got is True


# --- queries -------------------------------------------------------------------------------------------------------


class Paging:
    """TRYVOX-12: `page` from 1, `per_page` from 1 and cut at 100. Both are texts of a query."""

    __slots__ = ("page", "size")

    def __init__(self, query: Mapping[str, str], fields: Fields) -> None:
        self.page = _positive(query, "page", 1, fields)
        self.size = min(_positive(query, "per_page", PER_PAGE, fields), MOST_PER_PAGE)

    @property
    def first(self) -> int:
        """How many come before the page."""
        return (self.page - 1) * self.size

    def pages(self, total: int) -> int:
        return ceil(total / self.size)


def _positive(query: Mapping[str, str], name: str, default: int, fields: Fields) -> int:
    text = query.get(name)
    if text is None:
        return default
    if not _INTEGER.fullmatch(text):
        fields.wrong(name, "must be an integer")
    elif int(text) < 1:
        fields.wrong(name, "must be at least 1")
    else:
        return int(text)
    return default


# --- create --------------------------------------------------------------------------------------------------------


def answer_hook(urls: Mapping[str, Any]) -> Hook:
    """The answer URL, and the one to ask when it fails (TRYVOX-45)."""
    url, method = urls["answer"]
    fallback = Hook(urls["fallback"][0], purpose="fallback") if "fallback" in urls else None
    return Hook(url, method, "answer", fallback=fallback)


def parse_call(fields: Fields, shared_of: Callable[[str], Mapping[str, Any]], shelf: str) -> PlaceCall:
    """A create request (TRYVOX-19, TRYVOX-20). `shared_of` a number: a memo of what its application gives (TRYVOX-44).

    Raises `Rejected` (400)."""
    from_, to = fields.number("from", required=True), fields.number("to", required=True)
    shared = shared_of(from_)
    urls = dict(shared["urls"])
    answer, method = fields.url("answer_url", required=True), fields.method("answer_method")
    urls["answer"] = [answer, method]
    for name, field, how in (
        ("ring", "ring_url", "POST"),
        ("hangup", "hangup_url", "POST"),
        ("fallback", "fallback_url", "POST"),
        ("status", "status_callback_url", fields.method("status_callback_method")),
    ):
        if url := fields.url(field):
            urls[name] = [url, how]
    rings, limit = fields.span("ring_timeout", 60), fields.span("time_limit", int(TIME_LIMIT.total_seconds()))
    detects = fields.choice("machine_detection", "Disable", ("Enable", "Disable")) == "Enable"
    memo = {**shared, "urls": urls, "detects": detects}
    if secret := fields.text("webhook_secret"):
        memo["secret"] = secret
    fields.check()
    return PlaceCall(
        "tryvox", from_, to, Program((Fetch(answer_hook(urls)),)), (Detect(),) if detects else (),
        ring_timeout=rings, time_limit=limit, memo=memo, shelf=shelf,
    )  # fmt: skip


# --- call objects --------------------------------------------------------------------------------------------------


def render_call(leg: Leg, now: datetime, settings: TryvoxSettings) -> dict[str, Any]:
    """TRYVOX-16: the ten keys of the list, in their order."""
    return {
        "call_uuid": leg.name,
        "from": leg.from_,
        "to": leg.to,
        "direction": leg.direction,
        "status": status_of(leg, settings),
        "duration": seconds(leg.answered_at, leg.ended_at or now),
        "start_time": iso(leg.created_at),
        "answer_time": iso(leg.answered_at),
        "end_time": iso(leg.ended_at),
        "end_reason": outcome_of(leg, settings).reason if leg.ended_at is not None else None,
    }


def render_details(
    leg: Leg, now: datetime, settings: TryvoxSettings, ids: Ids, recordings: list[str]
) -> dict[str, Any]:
    """TRYVOX-24: the 23 keys of one call, in their order; `recordings` are URLs."""
    call = render_call(leg, now, settings)
    urls, detects = leg.memo["urls"], leg.memo["detects"]
    machine = None if not detects or leg.machine is None else ("machine" if leg.machine else "human")
    return {
        "call_uuid": call["call_uuid"],
        "request_uuid": request_uuid(ids, leg.id),
        "from": call["from"],
        "to": call["to"],
        "direction": call["direction"],
        "status": call["status"],
        "duration": call["duration"],
        "billed_duration": billed(call["duration"]),
        "start_time": call["start_time"],
        "ring_time": iso(leg.ringing_at),
        "answer_time": call["answer_time"],
        "end_time": call["end_time"],
        "end_reason": call["end_reason"],
        "price": price(call["duration"]),
        "price_unit": "USD",
        "answer_url": urls["answer"][0] if "answer" in urls else None,
        "hangup_url": urls["hangup"][0] if "hangup" in urls else None,
        "ring_url": urls["ring"][0] if "ring" in urls else None,
        "machine_detection": "Enable" if detects else "Disable",
        "machine_detection_result": machine,  # TRYVOX-26
        "recording_urls": recordings,
        "parent_call_uuid": leg.parent.name if leg.parent is not None else None,
        "transfer_time": leg.memo.get("transferred_at"),
    }
