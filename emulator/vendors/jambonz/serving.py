"""One API request as a handler sees it, its body, and what it answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from emulator.vendor_api import VendorSandbox
from emulator.vendor_wire.bodies import FORM, NotJson, parse_json
from emulator.vendors.jambonz.errors import Rejected, bad_sid, message
from emulator.vendors.jambonz.wire import is_sid

__all__ = ["ACCEPTED", "Answer", "Asking", "Handler", "Plain", "read_body"]

_BRACKETS: Final = re.compile(r"\[([^\]]*)\]")
_SHOWN: Final = 10


class Plain(str):
    """A body of plain text."""

    __slots__ = ()


ACCEPTED: Final = Plain("Accepted")
Answer = tuple[int, Any]
"""Status, and a body that JSON can hold, a `Plain`, or None for no body at all."""


class Asking:
    """An authenticated request. `id` is the sid at the end of its path, "" without one; `base_url` ours, as its
    client sees it, up to the vendor's prefix."""

    __slots__ = ("base_url", "body", "id", "query", "sandbox")

    def __init__(self, sandbox: VendorSandbox, item: str, query: Mapping[str, str], body: Any, base_url: str) -> None:
        self.sandbox = sandbox
        self.id = item
        self.query = query
        self.body = body
        self.base_url = base_url

    def sid(self) -> str:
        """JAMBONZ-7: checked before anything is looked up. Raises `Rejected` (400)."""
        if not is_sid(self.id):
            raise Rejected(bad_sid())
        return self.id.lower()

    def fields(self) -> Mapping[str, Any]:
        """The body's properties; none of one that is an array."""
        return self.body if isinstance(self.body, dict) else {}


Handler = Callable[[Asking], Answer]


def read_body(raw: bytes, content_type: str) -> Any:
    """A JSON object or array, or a form's fields; anything else is an empty object. Raises `Rejected` (400) for broken
    JSON, before anybody has asked who it is (JAMBONZ-5)."""
    kind = content_type.partition(";")[0].strip().lower()
    if not raw:
        return {}
    if kind == FORM:
        return _form(raw.decode("utf-8", "replace"))
    if kind != "application/json":
        return {}
    try:
        body = parse_json(raw)
    except NotJson as problem:
        raise Rejected(message(400, _parser_words(raw))) from problem
    if not isinstance(body, dict | list):
        raise Rejected(message(400, _unexpected(raw.decode("utf-8", "replace"), 0)))
    return body


def _form(text: str) -> dict[str, Any]:
    """`a[b]=c` is an object inside, `a[]=c` a list."""
    out: dict[str, Any] = {}
    for key, what in parse_qsl(text, keep_blank_values=True):
        head, _, _ = key.partition("[")
        path = [head, *_BRACKETS.findall(key[len(head) :])]
        inner = out
        for name in path[:-1]:
            below = inner.get(name)
            inner = inner.setdefault(name, {}) if isinstance(below, dict | None) else {}
        if path[-1] == "" and len(path) > 1:
            inner[str(len(inner))] = what
        else:
            inner[path[-1]] = what
    return out


def _parser_words(raw: bytes) -> str:
    """JAMBONZ-5: as the parser of its JavaScript engine says it, roughly."""
    text = raw.decode("utf-8", "replace")
    try:
        json.loads(text)
    except json.JSONDecodeError as problem:
        if problem.pos >= len(text.rstrip()) or problem.msg.startswith("Unterminated string"):
            return "Unexpected end of JSON input"
        return _unexpected(text, problem.pos)
    except RecursionError:
        return "Maximum call stack size exceeded"
    return _unexpected(text, 0)


def _unexpected(text: str, at: int) -> str:
    """The place, with a little around it."""
    start, end = max(0, at - _SHOWN), at + _SHOWN
    shown = f'{"..." if start else ""}"{text[start:end]}"{"..." if end < len(text) else ""}'
    return f"Unexpected token '{text[at : at + 1]}', {shown} is not valid JSON"
