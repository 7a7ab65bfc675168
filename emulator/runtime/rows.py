"""What the journal's most frequent entries say: each reads as a mapping, and weighs a third of a dict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from emulator.engine.commands import Command
from emulator.engine.values import value
from emulator.webhooks.values import Body, Outcome

__all__ = ["AttemptEnded", "AttemptSent", "CommandTaken", "RequestAnswered", "RequestCarriedOut", "Row"]


class Row(Mapping[str, Any]):
    """A record as a mapping of its fields, in their order."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def __getitem__(self, key: str) -> Any:
        if key not in self.__dataclass_fields__:
            raise KeyError(key)
        return getattr(self, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.__dataclass_fields__)

    def __len__(self) -> int:
        return len(self.__dataclass_fields__)


@value
class CommandTaken(Row):
    source: str
    command: Command


@value
class RequestAnswered(Row):
    method: str
    path: str
    status: int


@value
class RequestCarriedOut(Row):
    """One that made something: with the body that says what."""

    method: str
    path: str
    status: int
    body: bytes


@value
class AttemptSent(Row):
    delivery: str
    attempt: int
    callback: str
    leg: str
    method: str
    url: str
    word: str
    body: Body


@value
class AttemptEnded(Row):
    delivery: str
    attempt: int
    outcome: Outcome
