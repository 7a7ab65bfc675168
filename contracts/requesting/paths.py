"""Which operation a client meant, and how its path is spelled otherwise in the contract.

`servers` says below which paths a provider's operations are. Extensions of the document help: `x-trailing-slash:
either` where both spellings are documented; `x-also-spelled`, other beginnings of a path that are as good (`from`, a
pattern, and `to`); and `x-beside`, patterns of methods and paths that are the provider's and of which the contract says
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

from contracts.document import Contract, Operation
from emulator.engine.values import field, value

__all__ = ["Located", "locate"]

_VARIABLE: Final = re.compile(r"\{([^}]+)\}")
CLOSE: Final = 0.8
ALIKE: Final = 0.6
SHORT: Final = 3
"""Two parts of no more characters, such as versions, are not compared."""


@value
class Located:
    """`operation` None: there is none. `path` is the one that the contract would have, "" if it has none like that;
    `wrong`: nothing, `slash`, `case`, `method` or `path`. `methods` are those that the path has."""

    operation: Operation | None
    path: str
    wrong: str = ""
    methods: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, hash=False)


def locate(contract: Contract, method: str, path: str) -> Located | None:
    """None for a path of which the contract says nothing on purpose."""
    method = "GET" if method == "HEAD" else method
    path = contract.spelled(path)
    below = [path[len(base) :] for base in _bases(contract) if path.startswith(f"{base}/")]
    beside = contract.document.get("x-beside", ())
    if any(re.fullmatch(pattern, f"{method} {rest}") for pattern in beside for rest in below):
        return None
    for rest in below:
        for loose in ("", "slash", "case"):
            found = _found(contract, method, rest, loose)
            if found is not None:
                either = contract.document.get("x-trailing-slash") == "either"
                return found if found.wrong != "slash" or not either else _right(found)
    for rest in below:
        others = tuple(each for each in _METHODS if _found(contract, each, rest, "case") is not None)
        if others:
            return Located(None, path, "method", others)
    return Located(None, _nearest(contract, method, path), "path")


_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")


def _right(found: Located) -> Located:
    return Located(found.operation, found.path, "", (), found.variables)


@cache
def _bases(contract: Contract) -> tuple[str, ...]:
    """The longest first."""
    paths = {urlsplit(each["url"]).path.rstrip("/") for each in contract.document.get("servers", ())} | {""}
    return tuple(sorted(paths, key=len, reverse=True))


def _found(contract: Contract, method: str, path: str, loose: str) -> Located | None:
    """The operation with the fewest variables; `loose` says what need not be as it is written."""
    best: Located | None = None
    for operation, exact, lax in _patterns(contract):
        if operation.method != method:
            continue
        matched = (lax if loose == "case" else exact).fullmatch(path if not loose else path.rstrip("/"))
        if matched is None or (best is not None and best.operation is not None and _less(best.operation, operation)):
            continue
        variables = {name: matched[index + 1] for index, name in enumerate(_VARIABLE.findall(operation.path))}
        spelled = _VARIABLE.sub(lambda name, told=variables: told[name[1]], operation.path)  # type: ignore[misc]
        if not loose and spelled != path:
            continue
        best = Located(operation, spelled, _wrong(spelled, path), (), variables)
    return best


def _wrong(spelled: str, path: str) -> str:
    if spelled == path:
        return ""
    return "slash" if spelled.rstrip("/") == path.rstrip("/") else "case"


def _less(one: Operation, other: Operation) -> bool:
    return one.path.count("{") <= other.path.count("{")


@cache
def _patterns(contract: Contract) -> tuple[tuple[Operation, re.Pattern[str], re.Pattern[str]], ...]:
    """Each operation's path without its last slash, as it is and in any case; `fullmatch` decides."""
    return tuple((operation, *_compiled(operation.path)) for operation in contract.operations.values())


def _compiled(path: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    parts = re.split(r"\{[^}]+\}", path.rstrip("/"))
    pattern = "([^/]+)".join(map(re.escape, parts)) + "/?"
    return re.compile(pattern), re.compile(pattern, re.IGNORECASE)


def _nearest(contract: Contract, method: str, path: str) -> str:
    """The path that was perhaps meant, with the ids that were sent."""
    close = max(_guesses(contract, method, re.sub("/+", "/", path)), default=(0.0, ""))
    return close[1] if close[0] >= CLOSE else ""


def _guesses(contract: Contract, method: str, path: str) -> Iterator[tuple[float, str]]:
    sent = path.split("/")
    for operation in contract.operations.values():
        if operation.method == method:
            words: list[Any] = operation.path.split("/")
            filled = "/".join(
                sent[index] if "{" in word and index < len(sent) else word for index, word in enumerate(words)
            )
            if _are_alike(filled.split("/"), sent):
                yield _likeness(filled, path), filled


def _are_alike(words: list[str], sent: list[str]) -> bool:
    """Whether each part might be the other's misspelled, and not only the long beginning that all paths share."""
    return all(
        max(len(one), len(other)) <= SHORT or _likeness(one, other) >= ALIKE
        for one, other in zip(words, sent, strict=False)
    )


def _likeness(one: str, other: str) -> float:
    return SequenceMatcher(None, one.lower(), other.lower()).ratio()
