"""Names in braces for what only a sandbox knows: `{numbers[1]}`, `{agents[0].id}`; `{{name}}` stays `{name}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from emulator.errors import UsageError

__all__ = ["fill", "fill_all", "names_in"]

_NAME: Final = re.compile(r"\{(\{)?([a-z_][a-z0-9_]*(?:\[\d+\]|\.[a-z_][a-z0-9_]*)*)\}(\})?", re.ASCII)
_STEP: Final = re.compile(r"\[(\d+)\]|([a-z_][a-z0-9_]*)", re.ASCII)


def fill(text: str, known: Mapping[str, Any], where: str) -> str:
    """`text` with every name replaced. Raises: UsageError, naming `where` and what is known."""

    def put(match: re.Match[str]) -> str:
        if match[1] and match[3]:
            return "{" + match[2] + "}"
        found = _find(match[2], known)
        if not isinstance(found, str | int):
            raise UsageError(
                f"{where}: nothing is called {{{match[2]}}}; there is {', '.join(map(str, known)) or 'nothing'} "
                f"(for braces as they are, {{{{{match[2]}}}}})"
            )
        return f"{match[1] or ''}{found}{match[3] or ''}"

    return _NAME.sub(put, text)


def fill_all(told: Any, known: Mapping[str, Any], where: str) -> Any:
    """The same JSON with the names in every text in it replaced, keys left as they are. Raises: UsageError."""
    if isinstance(told, str):
        return fill(told, known, where)
    if isinstance(told, Mapping):
        return {key: fill_all(item, known, f"{where}.{key}") for key, item in told.items()}
    if isinstance(told, list | tuple):
        return [fill_all(item, known, f"{where}[{index}]") for index, item in enumerate(told)]
    return told


def names_in(told: Any) -> set[str]:
    """The first part of every name: `{numbers[1]}` is `numbers`."""
    if isinstance(told, str):
        return {match[2].split("[")[0].split(".")[0] for match in _NAME.finditer(told) if not (match[1] and match[3])}
    if isinstance(told, Mapping):
        return {name for item in told.values() for name in names_in(item)}
    if isinstance(told, list | tuple):
        return {name for item in told for name in names_in(item)}
    return set()


def _find(name: str, known: Mapping[str, Any]) -> Any:
    found: Any = known
    for match in _STEP.finditer(name):
        if match[1] is not None and isinstance(found, list | tuple) and int(match[1]) < len(found):
            found = found[int(match[1])]
        elif match[2] is not None and isinstance(found, Mapping) and match[2] in found:
            found = found[match[2]]
        else:
            return None
    return found
