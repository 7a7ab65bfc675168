"""How Vobiz spells instants, spans, numbers and values. Pure."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Final

from emulator.engine.events import LegSnapshot
from emulator.engine.program import SendDigits
from emulator.vendor_wire import times

__all__ = [
    "account_time",
    "billed",
    "e164",
    "iso",
    "read_keys",
    "read_sip_headers",
    "session_time",
    "status_of",
    "talked",
    "without_plus",
]  # fmt: skip

_NUMBER: Final = re.compile(r"\+?([1-9]\d{6,14})")
_KEYS: Final = re.compile(r"([0-9*#wW]+)(?:@([0-9]{1,5}))?")
_SIP_HEADER: Final = re.compile(r"([A-Za-z0-9]+)=([A-Za-z0-9]+)")


def e164(text: str) -> str:
    """A number with or without its `+` as E.164; anything else (a SIP URI, a short code) as it is."""
    found = _NUMBER.fullmatch(text)
    return f"+{found[1]}" if found else text


def without_plus(number: str) -> str:
    """VOBIZ-27: `From` and `To` lose a leading `+`."""
    return number.removeprefix("+")


def session_time(at: datetime) -> str:
    """VOBIZ-28: UTC, six digits of a second, no suffix."""
    return at.strftime("%Y-%m-%d %H:%M:%S.%f")


account_time: Final = times.india_time
"""VOBIZ-29: the account's time zone, Asia/Kolkata; "" for what never was."""

iso: Final = times.iso
"""ISO 8601 with `Z`, whole seconds, as in a CDR; None for what never was."""


def read_keys(text: str, early: bool = False) -> SendDigits | None:
    """VOBIZ-24: keys and pauses, and the length of a tone in ms after `@`; None for anything else."""
    found = _KEYS.fullmatch(text)
    if found is None:
        return None
    if found[2] is None:
        return SendDigits(found[1], early=early)
    return SendDigits(found[1], timedelta(milliseconds=int(found[2])), early)


def read_sip_headers(text: str, prefix: str) -> dict[str, str] | None:
    """VOBIZ-26: `k=v,k=v` of letters and digits as `<prefix>k`; None for anything else."""
    pairs = [_SIP_HEADER.fullmatch(part.strip()) for part in text.split(",")] if text else []
    found = {f"{prefix}{pair[1]}": pair[2] for pair in pairs if pair is not None}
    return found if all(pairs) else None


def talked(leg: LegSnapshot) -> int:
    """VOBIZ-32: whole seconds since the answer, rounded up; 0 if there was none."""
    if leg.answered_at is None or leg.ended_at is None:
        return 0
    return ceil((leg.ended_at - leg.answered_at).total_seconds())


def billed(seconds: int) -> int:
    """VOBIZ-32: rounded up to whole minutes."""
    return ceil(seconds / 60) * 60


_STATUS: Final = {"queued": "queued", "ringing": "ringing", "early media": "ringing", "answered": "in-progress"}


def status_of(leg: Any) -> str:
    """VOBIZ-20: the word for a leg's state while it is not ended."""
    return _STATUS.get(leg.state, "completed")
