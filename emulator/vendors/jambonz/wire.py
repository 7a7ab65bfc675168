"""Small readings and spellings of jambonz's wire: ids, instants, truth as JavaScript has it. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from emulator.vendor_wire.times import iso_milliseconds

__all__ = ["is_integer", "is_sid", "is_true", "iso", "script_json", "trimmed"]

# JAMBONZ-12: versions 1 to 5, or the nil UUID
_SID: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|0{8}-0{4}-0{4}-0{4}-0{12}", re.IGNORECASE
)


def is_sid(text: str) -> bool:
    return _SID.fullmatch(text) is not None


def is_true(value: Any) -> bool:
    """JavaScript's truth: an empty object or list counts."""
    return isinstance(value, dict | list) or bool(value)


def is_integer(value: Any) -> bool:
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))


def iso(at: datetime | None) -> str | None:
    """As `Date.toISOString` spells an instant."""
    return iso_milliseconds(at) if at is not None else None


def script_json(value: Any) -> str:
    """As `JSON.stringify` spells it, `undefined` for nothing."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def trimmed(value: Any) -> Any:
    """JAMBONZ-47: the same with every string inside trimmed."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, Mapping):
        return {key: trimmed(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [trimmed(inner) for inner in value]
    return value
