"""How TryVox spells instants, spans, numbers, URLs and states. Pure."""

from __future__ import annotations

import re
from datetime import datetime
from math import ceil
from typing import Final

from emulator.ids import Ids
from emulator.vendor_wire import times

__all__ = [
    "DIRECTIONS", "STATUSES", "billed", "e164", "is_e164", "iso", "name_leg", "price", "request_uuid",
    "seconds", "stamp", "with_plus",
]  # fmt: skip

STATUSES: Final = ("ringing", "in-progress", "completed", "failed", "busy", "no-answer", "canceled")
"""TRYVOX-32: the seven words of the REST API."""

DIRECTIONS: Final = ("outbound", "inbound")

_E164: Final = re.compile(r"\+[1-9][0-9]{2,14}")
_BARE: Final = re.compile(r"[1-9][0-9]{6,14}")
_STEP: Final = 6
_RATE: Final = 0.0062


iso: Final = times.iso
"""TRYVOX-16: UTC, whole seconds, cut; None for what never was."""

stamp: Final = times.iso_milliseconds
"""TRYVOX-35: UTC with milliseconds, as webhooks carry it."""

seconds: Final = times.whole_seconds
"""TRYVOX-17: the difference of two stamps as they are shown; 0 if either never was."""


def billed(duration: int) -> int:
    """TRYVOX-25: rounded up to steps of six seconds."""
    return ceil(duration / _STEP) * _STEP


def price(duration: int) -> str:
    """TRYVOX-25: of the billed time, in US dollars with four places."""
    return f"{_RATE * billed(duration) / 60:.4f}"


def is_e164(text: str) -> bool:
    return _E164.fullmatch(text) is not None


def e164(text: str) -> str:
    """A number typed by a person, without its `+` perhaps, as E.164; anything else as it is."""
    text = text.strip()
    return f"+{text}" if _BARE.fullmatch(text) else text


def with_plus(text: str) -> str:
    """TRYVOX-13: a `+` that came unencoded, and so as a blank, is a `+` again."""
    return f"+{text[1:]}" if text.startswith(" ") else text


def name_leg(ids: Ids, leg_id: str, at: datetime) -> str:
    """TRYVOX-16: `call_uuid` is a UUID; each leg has its own."""
    return ids.uuid("tryvox call", leg_id)


def request_uuid(ids: Ids, leg_id: str) -> str:
    """TRYVOX-21: the id of the API request that made a leg."""
    return ids.uuid("tryvox request", leg_id)
