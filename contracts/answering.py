"""What plugs into the emulator as `emulator.answers`: requests are judged, and answers varied, by the contract.

A provider without a contract is neither judged nor varied. The contract is read with the first request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.client_check import check_request
from contracts.document import contract_names, load
from emulator.errors import NotEmulated
from emulator.runtime.answering import Answered, Answerer, AnsweringSpec, Asked

__all__ = ["Judge", "answerer"]


def answerer(spec: AnsweringSpec) -> Answerer | None:
    """Of one provider of one sandbox."""
    if spec.answers != "plain":
        raise NotEmulated("answers: varied")
    return Judge(spec.vendor) if spec.is_strict and spec.vendor in contract_names() else None


class Judge:
    """Answers nothing itself; says what is wrong with each request."""

    def __init__(self, vendor: str) -> None:
        self._vendor = vendor

    def before(self, asked: Asked) -> Answered | None:
        return None

    def after(self, asked: Asked, answered: Answered) -> tuple[Answered, Sequence[Mapping[str, Any]]]:
        found = check_request(load(self._vendor), asked.method, asked.path, asked.query, asked.headers, asked.body)
        return answered, [violation.to_json() for violation in found]
