"""Instants, spans, bytes and odd floats as JSON: plain where the field's type tells, tagged where it does not."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from emulator.errors import UsageError

__all__ = ["TAGS", "instant_text", "read_bytes", "read_instant", "read_span", "shown", "write_scalar"]

_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z?", re.ASCII)


def instant_text(at: datetime) -> str:
    """ISO 8601 in UTC with `Z`, microseconds only if there are any; a naive one (there should be none) without `Z`."""
    if at.tzinfo is None:
        return at.isoformat()
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def write_scalar(value: Any, is_plain: bool) -> Any:
    """JSON of an instant, a span or bytes. `is_plain`: the reader knows which of them it is."""
    if isinstance(value, datetime):
        text = instant_text(value)
        return text if is_plain else {"is": "datetime", "at": text}
    if isinstance(value, timedelta):
        seconds = _seconds(value)
        return seconds if is_plain and not isinstance(seconds, str) else {"is": "timedelta", "seconds": seconds}
    try:
        written = value.decode()
    except UnicodeDecodeError:
        return {"is": "bytes", "base64": base64.b64encode(value).decode()}
    return written if is_plain else {"is": "bytes", "text": written}


def _seconds(span: timedelta) -> int | float | str:
    """Exact: a text of microseconds where a float would not be."""
    whole = span.days * 86_400 + span.seconds
    if not span.microseconds:
        return whole
    seconds = span.total_seconds()
    return seconds if abs(whole) < 2**31 else f"{whole * 1_000_000 + span.microseconds}us"


def read_instant(data: Any, where: str) -> datetime:
    if isinstance(data, str) and _INSTANT.fullmatch(data):
        try:
            at = datetime.fromisoformat(data.removesuffix("Z"))
        except ValueError:
            pass
        else:
            return at.replace(tzinfo=UTC) if data.endswith("Z") else at
    raise UsageError(f"{where}: expected an instant such as 2026-01-01T00:00:00Z, got {shown(data)}")


def read_span(data: Any, where: str) -> timedelta:
    try:
        if isinstance(data, str) and re.fullmatch(r"-?\d{1,21}us", data, re.ASCII):
            return timedelta(microseconds=int(data[:-2]))
        if isinstance(data, int | float) and not isinstance(data, bool):
            return timedelta(seconds=data)
    except (OverflowError, ValueError):
        pass
    raise UsageError(f"{where}: expected a span in seconds, got {shown(data)}")


def read_bytes(data: Any, where: str) -> bytes:
    if isinstance(data, str):
        try:
            return data.encode()
        except UnicodeEncodeError:
            pass
    raise UsageError(f"{where}: expected text, got {shown(data)}")


def _tagged_bytes(data: Mapping[str, Any], where: str) -> bytes:
    if "base64" not in data:
        return read_bytes(data.get("text"), f"{where}.text")
    try:
        return base64.b64decode(data["base64"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise UsageError(f"{where}.base64: expected base64, got {shown(data['base64'])}") from None


def _tagged_float(data: Mapping[str, Any], where: str) -> float:
    text = data.get("text")
    if not isinstance(text, str) or text not in ("nan", "inf", "-inf"):
        raise UsageError(f"{where}.text: expected nan, inf or -inf, got {shown(text)}")
    return float(text)


def shown(data: Any) -> str:
    """What came, short, for an error."""
    text = repr(data)
    return text if len(text) <= 60 else f"{text[:57]}..."


TAGS: Final[Mapping[str, tuple[type, Callable[[Mapping[str, Any], str], Any]]]] = {
    "datetime": (datetime, lambda data, where: read_instant(data.get("at"), f"{where}.at")),
    "timedelta": (timedelta, lambda data, where: read_span(data.get("seconds"), f"{where}.seconds")),
    "bytes": (bytes, _tagged_bytes),
    "float": (float, _tagged_float),
}
"""What a tag stands for, and how it is read."""
