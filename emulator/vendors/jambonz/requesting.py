"""Verbs that ask something of the far end's SIP side: sip:refer, sip:request; and dtmf. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from emulator.engine.program import Fetch, HangUp, Pause, SendDigits, Tag, Verb
from emulator.vendors.jambonz.reading import Reading

__all__ = ["keys_of", "read_dtmf", "read_refer", "read_request"]

_GAP: Final = timedelta(milliseconds=250)
_TAIL: Final = timedelta(milliseconds=750)
MOST_KEYS: Final = 256


def read_dtmf(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-119: each key `duration` ms and a gap of 250, and 750 at the end."""
    return (*keys_of(body["dtmf"], body.get("duration"), where), Pause(_TAIL, media=True, where=where))


def keys_of(text: str, duration: Any, where: str) -> tuple[Verb, ...]:
    """`duration` in milliseconds a key; what is no key is left out."""
    is_span = isinstance(duration, int | float) and not isinstance(duration, bool) and duration > 0
    tone = timedelta(milliseconds=min(float(duration), 60_000.0) if is_span else 500.0)
    keys = "".join(key for key in text[:MOST_KEYS] if key in "0123456789*#ABCDabcd").upper()
    return (SendDigits(keys, tone + _GAP, where=where),)


def read_request(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-121: every far end says 200 to it; skipped on an unanswered call."""
    hook = reading.scope.hook(
        body.get("actionHook"), "sip-request", f"{where}.actionHook", extra={"verb_id": body.get("id")}
    )  # fmt: skip
    return (Fetch(hook, where, skip_unanswered=True),) if hook is not None else ()


def read_refer(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-122: every far end takes the transfer and then hangs up."""
    told = reading.scope.hook(body.get("eventHook"), "sip-refer-event", f"{where}.eventHook", awaited=False)
    hook = reading.scope.hook(
        body.get("actionHook"), "sip-refer", f"{where}.actionHook", on_failure="next",
        extra={"verb_id": body.get("id")},
    )  # fmt: skip
    verbs = [Fetch(each, where, skip_unanswered=True) for each in (told, hook) if each is not None]
    return (*verbs, Tag({"referred": True}, where), HangUp(skip_unanswered=True, where=where))
