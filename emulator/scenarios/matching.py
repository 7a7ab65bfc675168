"""What a fault matches: routes and numbers by pattern. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from emulator.errors import UsageError
from emulator.scenarios.directory import Directory
from emulator.scenarios.far_end import FarEnd

__all__ = ["check_number", "check_route", "is_number", "is_route"]

_ROUTE: Final = re.compile(r"(?:([A-Z]{3,10}|\*) +)?(/\S*|\*\*)")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "*"})
_HERE: Final = FarEnd(greeting="the one that is meant")


def check_route(route: str) -> str:
    """What is wrong with it, or nothing."""
    parts = _ROUTE.fullmatch(route)
    if parts is None or (parts[1] or "GET") not in _METHODS:
        return 'expected a path with perhaps a method before it, such as "POST /v1/calls/*"'
    return ""


def check_number(number: str) -> str:
    """What is wrong with it, or nothing."""
    try:
        Directory().set(number, _HERE)
    except UsageError:
        return "expected a number, a SIP user or a pattern such as +9198*"
    return ""


def is_route(pattern: str, method: str, path: str) -> bool:
    """`*` stands for what is between two slashes, `**` for anything; a slash at the end does not matter."""
    wanted, compiled = _route(pattern)
    return wanted in ("", "*", "GET" if method == "HEAD" and wanted == "GET" else method) and bool(
        compiled.fullmatch(path.rstrip("/") or "/")
    )


def is_number(pattern: str, number: str) -> bool:
    """Whether `number`, in whatever spelling, is the one, or one of those, that `pattern` says."""
    return bool(number) and _directory(pattern).find(number) is _HERE


@lru_cache(maxsize=256)
def _route(pattern: str) -> tuple[str, re.Pattern[str]]:
    parts = _ROUTE.fullmatch(pattern)
    assert parts is not None  # as `check_route` found
    words = re.split(r"(\*\*|\*)", parts[2].rstrip("/") or "/")
    regex = "".join({"**": ".*", "*": "[^/]+"}.get(word) or re.escape(word) for word in words)
    return parts[1] or "", re.compile(regex, re.DOTALL)


@lru_cache(maxsize=256)
def _directory(pattern: str) -> Directory:
    made = Directory()
    made.set(pattern, _HERE)
    return made
