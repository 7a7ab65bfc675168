"""A client's request, held against the contract: everything in it that its provider does not document."""

from __future__ import annotations

from typing import Any

from contracts.document import Contract
from emulator.engine.values import value

__all__ = ["Violation", "check_request"]


@value
class Violation:
    """One thing that is wrong. `field`: which part of the request (`body.answer_url`); `sent`: as JSON, None if nothing
    was; `line` and `standing` are the contract's."""

    operation: str
    field: str
    rule: str
    text: str
    line: int
    sent: str | None
    right: str
    standing: str

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def check_request(
    contract: Contract, method: str, path: str, query: str, headers: tuple[tuple[str, str], ...], body: bytes
) -> list[Violation]:
    """`path` is decoded and below the provider's base URL, `query` raw; the names of `headers` are in lower case."""
    return []
