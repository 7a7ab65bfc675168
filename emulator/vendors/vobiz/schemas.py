"""A make-call request: every field, its default and its range. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from datetime import timedelta
from functools import lru_cache
from typing import Any, Final

from emulator.engine.commands import PlaceCall
from emulator.engine.program import Detect, Fetch, Hook, Program, SendDigits, Verb
from emulator.vendor_wire.urls import is_http_url
from emulator.vendors.vobiz.errors import Rejected
from emulator.vendors.vobiz.wire import e164, read_keys, read_sip_headers

__all__ = ["Fields", "parse_call"]

MOST_DESTINATIONS: Final = 1000
MOST_SECONDS: Final = 86_400
MOST_NAME: Final = 50
RING_TIMEOUT: Final = timedelta(seconds=120)
TIME_LIMIT: Final = timedelta(seconds=14_400)
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,9}")

# VOBIZ-14: range of each tuning field in ms or words. All inert but `machine_detection_time`, whose default is 5000.
_TUNING: Final = {
    "machine_detection_maximum_speech_length": (1000, 6000),
    "machine_detection_initial_silence": (2000, 10_000),
    "machine_detection_maximum_words": (2, 10),
    "machine_detection_initial_greeting": (1000, 5000),
}
_DETECTION: Final = frozenset(
    (*_TUNING, "machine_detection", "machine_detection_time", "machine_detection_url", "machine_detection_method")
)


class Fields:
    """Reads the fields of a body, wherever a client sends numbers and booleans as text (VOBIZ-1).

    Every method raises `Rejected` (400) that names the field and what came. An empty text counts as absent.
    """

    __slots__ = ("_body",)

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body

    def has_none_of(self, names: Set[str]) -> bool:
        return self._body.keys().isdisjoint(names)

    def text(self, name: str, default: str = "") -> str:
        got = self._body.get(name)
        if got is None:
            return default
        if isinstance(got, str):
            return got.strip() or default
        if isinstance(got, int | float) and not isinstance(got, bool):
            return str(got)
        raise Rejected(400, f"{name} must be a string")

    def required(self, name: str) -> str:
        got = self.text(name)
        if not got:
            raise Rejected(400, f"{name} is required")
        return got

    def url(self, name: str) -> str:
        got = self.text(name) if name in self._body else ""
        if got and not is_http_url(got):
            raise Rejected(400, f"{name} must be an http or https URL")
        return got

    def method(self, name: str) -> str:
        if name not in self._body:
            return "POST"
        got = self.text(name, "POST").upper()
        if got not in ("GET", "POST"):
            raise Rejected(400, f"{name} must be GET or POST")
        return got

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        got = self.text(name, default)
        if got not in allowed:
            raise Rejected(400, f"{name} must be one of {', '.join(allowed)}")
        return got

    def text_or_boolean(self, name: str) -> str:
        got = self._body.get(name)
        return str(got).lower() if isinstance(got, bool) else self.text(name).lower()

    def boolean(self, name: str, default: bool = False) -> bool:
        got = self._body.get(name)
        if got is None or got == "":
            return default
        if isinstance(got, bool):
            return got
        word = got.strip().lower() if isinstance(got, str) else ""
        if word not in ("true", "false"):
            raise Rejected(400, f"{name} must be true or false")
        return word == "true"

    def integer(self, name: str, least: int, most: int | None = None) -> int | None:
        got = self._body.get(name)
        if got is None or got == "":
            return None
        if isinstance(got, str) and _INTEGER.fullmatch(got.strip()):
            got = int(got)
        if isinstance(got, float) and got.is_integer():
            got = int(got)
        if not isinstance(got, int) or isinstance(got, bool):
            raise Rejected(400, f"{name} must be an integer")
        if got < least or (most is not None and got > most):
            wanted = f"at least {least}" if most is None else f"between {least} and {most}"
            raise Rejected(400, f"{name} must be {wanted}")
        return got

    def seconds(self, name: str, least: int) -> timedelta | None:
        got = self.integer(name, least)
        return None if got is None else timedelta(seconds=min(got, MOST_SECONDS))


def _destinations(text: str) -> list[str]:
    """VOBIZ-16: joined with `<`; a comma is part of one destination, which is then a bad one."""
    found = [e164(part.strip()) for part in text.split("<")]
    if not all(found):
        raise Rejected(400, "to has an empty destination")
    if len(found) > MOST_DESTINATIONS:
        raise Rejected(400, f"to has {len(found)} destinations, at most {MOST_DESTINATIONS} are allowed")
    return found


def _sip_headers(text: str) -> dict[str, str]:
    """VOBIZ-26: `k=v,k=v` of letters and digits, echoed as `X-PH-k`."""
    found = read_sip_headers(text, "X-PH-")
    if found is None:
        raise Rejected(400, "sip_headers must be key=value pairs of letters and digits, joined with commas")
    return found


def _send_digits(fields: Fields) -> SendDigits | None:
    """VOBIZ-24."""
    early = fields.boolean("send_on_preanswer")
    text = fields.text("send_digits")
    if not text:
        return None
    found = read_keys(text, early)
    if found is None:
        raise Rejected(400, "send_digits must be made of 0-9, *, #, w and W, perhaps with @milliseconds at the end")
    return found


def _mode(fields: Fields) -> str:
    """`machine_detection`: "" for off, `true` or `hangup`; a real boolean is taken too."""
    mode = fields.text_or_boolean("machine_detection")
    if mode in ("", "false"):
        return ""
    if mode not in ("true", "hangup"):
        raise Rejected(400, "machine_detection must be true, false or hangup")
    return mode


def _detection(fields: Fields) -> Detect | None:
    """VOBIZ-21, VOBIZ-22: with a hook it runs beside the document and tells, without one it comes before."""
    if fields.has_none_of(_DETECTION):
        return None
    for name, (least, most) in _TUNING.items():
        fields.integer(name, least, most)
    limit = fields.integer("machine_detection_time", 2000, 10_000) or 5000
    url, method, mode = fields.url("machine_detection_url"), fields.method("machine_detection_method"), _mode(fields)
    if not mode:
        return None
    hook = Hook(url, method, "machine-detection", awaited=False, extra=mode) if url else None
    return Detect(timedelta(milliseconds=limit), hang_up=mode == "hangup", hook=hook)


def _memo(fields: Fields, base: str) -> dict[str, Any]:
    """What the callbacks of the call will need; absent what was not given."""
    ring = fields.url("ring_url"), fields.method("ring_method")
    hangup = fields.url("hangup_url"), fields.method("hangup_method")
    caller_name = fields.text("caller_name")
    if len(caller_name) > MOST_NAME:
        raise Rejected(400, f"caller_name must have at most {MOST_NAME} characters")
    return _shared_memo(ring, hangup, caller_name, fields.text("sip_headers"), base)


@lru_cache(maxsize=1024)
def _shared_memo(
    ring: tuple[str, str], hangup: tuple[str, str], caller_name: str, sip_headers: str, base: str
) -> dict[str, Any]:
    """Nearly all the calls of one application have the same, and so keep one. Nobody changes a memo."""
    memo: dict[str, Any] = {name: list(told) for name, told in (("ring", ring), ("hangup", hangup)) if told[0]}
    if base:
        memo["base"] = base
    if caller_name:
        memo["caller_name"] = caller_name
    if headers := _sip_headers(sip_headers):
        memo["headers"] = headers
    return memo


@lru_cache(maxsize=1024)
def _shared_program(answer: tuple[str, str], fallback: tuple[str, str]) -> Program:
    """Fetch the answer document; shared as a memo is."""
    other = Hook(*fallback, "fallback") if fallback[0] else None
    return Program((Fetch(Hook(*answer, "answer", fallback=other)),))


_shared_number: Final = lru_cache(maxsize=1024)(e164)


def parse_call(body: Mapping[str, Any], base: str = "") -> list[PlaceCall]:
    """One command for each destination, every field checked before any is made; `base`: where we are for whoever asks.

    Raises `Rejected` (400): VOBIZ-13."""
    fields = Fields(body)
    from_ = _shared_number(fields.required("from"))
    destinations = _destinations(fields.required("to"))
    fields.required("answer_url")
    fallback = fields.url("fallback_url"), fields.method("fallback_method")
    program = _shared_program((fields.url("answer_url"), fields.method("answer_method")), fallback)
    memo = _memo(fields, base)
    digits = _send_digits(fields)
    detect = _detection(fields)
    ring_timeout = fields.seconds("ring_timeout", 1)
    ring_limit = fields.seconds("hangup_on_ring", 0)
    time_limit = fields.seconds("time_limit", 1)
    beside: tuple[Verb, ...] = () if digits is None else (digits,)
    if detect is not None and detect.hook is None:
        program, memo = Program((detect, *program.verbs)), {**memo, "detects": True}
    elif detect is not None:
        beside = (*beside, detect)
    rings, talks = ring_timeout or RING_TIMEOUT, time_limit or TIME_LIMIT
    return [PlaceCall("vobiz", from_, to, program, beside, rings, ring_limit, talks, memo) for to in destinations]
