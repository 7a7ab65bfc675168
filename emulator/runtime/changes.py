"""What a person may change from outside: the fields of a webhook to be sent again, and a vendor's settings."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import msgspec

from emulator.errors import UsageError
from emulator.webhooks.values import Form, Json, Request

__all__ = ["changed", "read_settings"]

MOST_SHOWN: Final = 80
_RULE: Final = re.compile(r"\w+: ")
_STEP: Final = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")


def changed(request: Request, changes: Mapping[str, Any]) -> Request:
    """The request with some fields of its form or JSON body replaced or added. Raises `UsageError` for another body,
    and for what a form cannot hold."""
    if not changes:
        return request
    body = request.body
    if isinstance(body, Form):
        for key, text in changes.items():
            if isinstance(text, bool) or not isinstance(text, str | int | float):
                raise UsageError(f"set.{key}: a form holds texts and numbers, got {json.dumps(text)}")
        fields = {**dict(body.fields), **{key: str(text) for key, text in changes.items()}}
        return replace(request, body=Form(tuple(fields.items()), body.content_type))
    if isinstance(body, Json) and isinstance(body.value, dict):
        return replace(request, body=Json({**body.value, **changes}, body.content_type))
    raise UsageError("set: this delivery has neither a form nor a JSON object for a body, so no field can be set")


def read_settings(settings: type[Any], values: Mapping[str, Any]) -> Any:
    """An instance of a vendor's settings. Raises `UsageError` naming the field, what came and what is allowed."""
    known = settings.__dataclass_fields__
    for key in values:
        if key not in known:
            raise UsageError(f"settings.{key}: no such setting; there are {', '.join(known)}")
    try:
        return msgspec.convert(dict(values), settings)
    except msgspec.ValidationError as problem:
        raise UsageError(f"settings{_told(str(problem), values)}") from problem


def _told(problem: str, values: Any) -> str:
    """`.path: what is wrong, what came`; a rule of a vendor's begins with its key and says what came itself."""
    text, _, where = problem.removesuffix("`").partition(" - at `$")
    if _RULE.match(text):
        return f"{where}.{text}"
    came = values
    try:
        for key, index in _STEP.findall(where):
            came = came[int(index)] if index else came[key]
    except (LookupError, TypeError, ValueError):
        return f"{where}: {text}"
    wanted = text.partition(", got ")[0]
    return f"{where}: {wanted[:1].lower()}{wanted[1:]}, got {repr(came)[:MOST_SHOWN]}"
