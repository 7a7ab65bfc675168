"""Where in the text of a JSON body something stands, for people who look for their mistake. Pure.

Decoders forget places; so the text is walked once more, and only when there is something to complain about.
"""

from __future__ import annotations

import json
import re
from typing import Final

from emulator.errors import InvalidDocument

__all__ = ["located", "place_of"]

_STEP: Final = re.compile(r"\[(\d+)\]|\.?([^.\[\]]+)")
_BLANK: Final = re.compile(r"[ \t\r\n]*")
_BYTE: Final = re.compile(r"\(byte (\d+)\)")
_skip: Final = json.JSONDecoder().raw_decode


def located(problem: InvalidDocument, body: bytes) -> InvalidDocument:
    """The same problem, its path followed by line and column: `instructions[1].text (line 4, column 12)`.

    What is missing stands where the object does that lacks it. A decoder's own complaint names a byte; that is
    where, or at the end of what was cut short.
    """
    text = body.decode("utf-8", "replace")
    if problem.where:
        place = place_of(text, problem.where)
    else:
        place = _complained(problem.problem, body, text)
    if place is None:
        return problem
    shown = f"line {place[0]}, column {place[1]}"
    return InvalidDocument(problem.problem, f"{problem.where} ({shown})" if problem.where else shown)


def _complained(problem: str, body: bytes, text: str) -> tuple[int, int] | None:
    byte = _BYTE.search(problem)
    if byte is not None:
        return _at(text, len(body[: int(byte[1])].decode("utf-8", "replace")))
    return _at(text, len(text)) if "truncated" in problem else None


def place_of(text: str, path: str) -> tuple[int, int] | None:
    """Line and column, from 1, of the value at a path such as `instructions[0].text`, or of the nearest that holds it.

    None for a text that is no JSON.
    """
    at = _BLANK.match(text, 0).end()  # type: ignore[union-attr]  # it matches nothing, too
    try:
        _skip(text, at)
        for step in _STEP.finditer(path):
            found = _item(text, at, int(step[1])) if step[1] else _member(text, at, step[2])
            if found is None:
                break
            at = found
    except (ValueError, RecursionError):
        return None
    return _at(text, at)


def _at(text: str, at: int) -> tuple[int, int]:
    return text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)


def _member(text: str, at: int, name: str) -> int | None:
    """Where the value of a key begins; of several, the last, as decoders have it."""
    found = None
    if text[at] != "{":
        return None
    at = _after(text, at + 1)
    while text[at] == '"':
        key, end = _skip(text, at)
        at = _after(text, _after(text, end) + 1)
        if key == name:
            found = at
        at = _after(text, _skip(text, at)[1])
        if text[at] != ",":
            break
        at = _after(text, at + 1)
    return found


def _item(text: str, at: int, index: int) -> int | None:
    if text[at] != "[":
        return None
    at = _after(text, at + 1)
    while text[at] != "]":
        if index == 0:
            return at
        index -= 1
        at = _after(text, _skip(text, at)[1])
        at = _after(text, at + 1) if text[at] == "," else at
    return None


def _after(text: str, at: int) -> int:
    return _BLANK.match(text, at).end()  # type: ignore[union-attr]
