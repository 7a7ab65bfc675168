"""The fields of a request, out of its body and its query. Pure."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

__all__ = ["FORM", "NotJson", "parse_body", "parse_json", "parse_query"]

FORM: Final = "application/x-www-form-urlencoded"
_decode: Final = msgspec.json.Decoder().decode


class NotJson(ValueError):
    """A body that no JSON parser takes; its text says where it breaks."""


def parse_json(raw: bytes) -> Any:
    """What the JSON says. Raises `NotJson`, also for bytes that are no UTF-8 and for nesting beyond all measure."""
    try:
        return _decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise NotJson(str(problem)) from problem


def parse_body(raw: bytes, content_type: str) -> Any:
    """The fields of a form, else what the JSON says, whatever `content_type` (in lower case) calls it; None for a body
    that is empty or blank. Raises `NotJson`."""
    if not raw or raw.isspace():
        return None
    if content_type.startswith(FORM):
        return dict(parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True))
    return parse_json(raw)


def parse_query(query_string: bytes) -> dict[str, str]:
    """The last value of each parameter, empty ones too."""
    return dict(parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)) if query_string else {}
