"""What was wrong with the requests of a strict sandbox, as records that read as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

__all__ = ["Violation", "tell_violations"]


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing in a request that is not as its provider's contract says.

    `field`: which part of the request, such as `body.answer_url`; `rule`: the one it breaks; `line`: the contract's.
    `sent` is JSON, None if nothing was sent; `right` is what would have been. `standing`: how sure the contract is.
    """

    id: str
    at: datetime
    call: str | None
    vendor: str
    operation: str
    method: str
    path: str
    field: str
    rule: str
    text: str
    line: int
    sent: str | None
    right: str
    standing: str

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Violation:
        return cls(**{**told, "at": datetime.fromisoformat(told["at"])})

    @property
    def contract(self) -> str:
        """Where in the contract the rule stands."""
        return f"contracts/{self.vendor}/openapi.yaml:{self.line}"

    def __str__(self) -> str:
        """The request, and below it what is wrong, what was sent, what would have been right, and who says so."""
        who = f" ({self.operation})" if self.operation else ""
        return "\n".join([
            f"{self.vendor} {self.method} {self.path}{who}",
            f"    {self.field}: {self.text}",
            f"    sent:  {'nothing' if self.sent is None else self.sent}",
            f"    right: {self.right}",
            f"    rule:  {self.rule}, {self.contract} ({self.standing})",
        ])  # fmt: skip


def tell_violations(found: Iterable[Violation]) -> list[str]:
    """Each once, whatever the ids in its path, with how often it came."""
    times: dict[tuple[str, ...], list[Violation]] = {}
    for each in found:
        key = (each.vendor, each.operation or each.path, each.method, each.field, each.rule, each.right)
        times.setdefault(key, []).append(each)
    return [
        f"{alike[0]}\n    and {len(alike) - 1} more like it" if len(alike) > 1 else str(alike[0])
        for alike in times.values()
    ]
