"""What reading a document needs to know and keeps while it goes on. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import Any

from emulator.errors import NotEmulated
from emulator.vendors.jambonz.hooks import Scope

__all__ = ["Reading", "refuse", "seconds", "times"]


class Reading:
    """`defaults`: synthesizer and recognizer as the verbs read so far leave them; `original`: the application's.
    `callback`: whose answer it is, which decides what may stand in it. `waiters`: who stands in a queue, call_sid to
    the engine's id."""

    __slots__ = ("callback", "defaults", "original", "scope", "settings", "waiters")

    def __init__(
        self,
        scope: Scope,
        defaults: Mapping[str, Any],
        settings: Any,
        callback: str = "",
        waiters: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.scope = scope
        self.defaults: Mapping[str, Any] = defaults
        self.original: Mapping[str, Any] = defaults.get("original", defaults)
        self.settings = settings
        self.callback = callback
        self.waiters = waiters

    def confirming(self) -> Scope:
        """The scope of what runs on a dialled leg before its bridge."""
        return replace(self.scope, is_confirming=True)

    def speech(self, part: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The synthesizer or recognizer of one verb."""
        merged: dict[str, Any] = {**self.defaults.get(part, {}), **body.get(part, {})}
        return merged


def refuse(what: str, body: Mapping[str, Any], names: Iterable[str], where: str) -> None:
    """Raises `NotEmulated` by name for the first property that is there."""
    for name in names:
        if body.get(name) is not None:
            raise NotEmulated(f"{what} {name}", f"{where}.{name}")


def seconds(number: float) -> timedelta:
    """A span from the wire; never a negative one, and at most a day."""
    return timedelta(seconds=min(max(float(number), 0.0), 86_400.0))


def times(loop: Any) -> int:
    """JAMBONZ-103: how often it sounds; 0 for `forever`. Zero and nonsense are once."""
    if loop == "forever":
        return 0
    try:
        return max(1, int(float(loop)))
    except (TypeError, ValueError, OverflowError):
        return 1
