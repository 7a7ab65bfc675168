"""The body of an answer: the array of verbs in it, or why it counts as nothing. Pure."""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec

from emulator.engine.values import field, value
from emulator.errors import InvalidDocument
from emulator.vendor_wire.answers import came_as, not_json
from emulator.webhooks.values import Reply

__all__ = ["Answer", "read_answer"]

_COURTESY: Final = re.compile(r"[\w .!-]{0,40}")
_SHOWN: Final = 60


@value
class Answer:
    """`verbs`: the array, None for anything else. `ignored`: what was said there instead, "" for nothing; if it
    `is_courtesy`, the application just says how it went: `OK` in any words, an object of plain values, a null."""

    verbs: list[Any] | None = field(default=None, hash=False)
    ignored: str = ""
    is_courtesy: bool = False


_NOTHING: Final = Answer()


def read_answer(reply: Reply, on_socket: bool) -> Answer:
    """JAMBONZ-83: only what says it is JSON is looked at, and an empty body is nothing. Of an acknowledgement on a
    socket, its data (JAMBONZ-124). Raises `InvalidDocument` for what says it is JSON and is none."""
    if "application/json" not in reply.header("content-type").lower():
        return _of_text(reply)
    if reply.is_cut:
        raise InvalidDocument("the body goes on beyond 1 MiB")
    if not reply.body.strip():
        return _NOTHING
    try:
        document = msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise InvalidDocument(not_json(problem, reply, "an array of verbs")) from problem
    if on_socket:
        document = document.get("data") if isinstance(document, dict) else None
        if document is None:
            return _NOTHING
    if isinstance(document, list):
        return Answer(document)
    return Answer(None, f"expected an array of verbs, got {_kind(document)}", _says_how_it_went(document))


def _says_how_it_went(document: Any) -> bool:
    if isinstance(document, dict):
        return "verb" not in document and not any(isinstance(each, dict | list) for each in document.values())
    return not document or (isinstance(document, str) and _is_courtesy(document))


def _of_text(reply: Reply) -> Answer:
    text = reply.body.decode("utf-8", "replace").strip()
    if not text:
        return _NOTHING
    return Answer(None, f"expected application/json with an array of verbs, got {came_as(reply)}", _is_courtesy(text))


def _is_courtesy(text: str) -> bool:
    return _COURTESY.fullmatch(text) is not None


def _kind(document: Any) -> str:
    if isinstance(document, dict):
        if "verb" in document:
            return f"one verb, {str(document['verb'])[:_SHOWN]!r}, that is in no array"
        return "an object" if document else "an empty object"
    return "null" if document is None else repr(document)[:_SHOWN]
