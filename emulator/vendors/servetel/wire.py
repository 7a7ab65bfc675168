"""How Servetel spells instants, spans, numbers and ids. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from emulator.ids import Ids
from emulator.vendor_wire import times

__all__ = [
    "call_number", "clock_text", "date_of", "e164", "epoch", "name_leg", "national", "same_number", "seconds", "stamp",
    "time_of", "unprefixed", "uuid_of", "without_plus",
]  # fmt: skip

_FILLER: Final = re.compile(r"[\s().-]+")
_NUMBER: Final = re.compile(r"\+?[0-9]{10,15}", re.ASCII)
_PREFIXED: Final = re.compile(r"h\d+\.\d+-(\d+\.\d+)", re.ASCII | re.IGNORECASE)
_TAIL: Final = 10
_COUNTRY: Final = "91"


stamp: Final = times.india_time
"""SERVETEL-17: India's time, `YYYY-MM-DD HH:MM:SS`, no zone; "" for what never was."""


def date_of(at: datetime) -> str:
    return stamp(at)[:10]


def time_of(at: datetime) -> str:
    return stamp(at)[11:]


def epoch(at: datetime) -> int:
    """Whole seconds since 1970, cut, as the stamps are."""
    return int(at.timestamp())


seconds: Final = times.whole_seconds
"""Whole seconds between two stamps as they are shown (SERVETEL-52); 0 if either never was."""


def clock_text(span: int) -> str:
    """`HH:MM:SS` of a span in seconds; the hours grow beyond two digits if they must."""
    minutes, second = divmod(max(0, span), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02}:{minute:02}:{second:02}"


def e164(text: str) -> str:
    """SERVETEL-22: 10 to 15 digits, perhaps with `+`, `+91`, `91`, `0` or `00` before them; "" if it is none."""
    bare = _FILLER.sub("", text)
    if not _NUMBER.fullmatch(bare):
        return ""
    if bare.startswith("00"):
        bare = f"+{bare[2:]}"
    elif bare.startswith("0") and len(bare) == _TAIL + 1:
        bare = f"+{_COUNTRY}{bare[1:]}"
    elif not bare.startswith("+"):
        bare = f"+{_COUNTRY}{bare}" if len(bare) == _TAIL else f"+{bare}"
    return "" if bare[1] == "0" else bare


def same_number(one: str, other: str) -> bool:
    """SERVETEL-14: equal in their last ten digits, whatever stands before and between them."""
    first, second = _digits(one), _digits(other)
    return bool(first) and first[-_TAIL:] == second[-_TAIL:]


def _digits(text: str) -> str:
    return "".join(digit for digit in text if "0" <= digit <= "9")


def without_plus(number: str) -> str:
    return number.removeprefix("+")


def national(number: str) -> str:
    """Without India's country code; another country's number loses its `+` alone (SERVETEL-46)."""
    return number.removeprefix(f"+{_COUNTRY}") if len(number) == _TAIL + 3 else without_plus(number)


def unprefixed(call_id: str) -> str:
    """SERVETEL-18: `h12.34-1767225600.1234` means `1767225600.1234`."""
    found = _PREFIXED.fullmatch(call_id)
    return found[1] if found else call_id


# --- ids -----------------------------------------------------------------------------------------------------------


def call_number(call: str) -> int:
    """The engine's `c7`, or a leg of it, as 7."""
    return int(call.partition(".")[0][1:])


def name_leg(ids: Ids, leg_id: str, began: datetime) -> str:
    """SERVETEL-18: `<epoch>.<sequence>` belongs to the call, so every leg of it has the same."""
    return f"{epoch(began)}.{_first_sequence(ids) + call_number(leg_id)}"


def _first_sequence(ids: Ids) -> int:
    return 10_000 + ids.integer("servetel sequence", "", 90_000)


def uuid_of(ids: Ids, call: str, began: datetime) -> str:
    """SERVETEL-53: 13 lower-case hexadecimal digits, the first eight of them the epoch."""
    return f"{epoch(began):08x}{ids.hex('servetel uuid', call, 5)}"
