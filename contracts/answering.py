"""What plugs into the emulator as `emulator.answers`: requests are judged, and answers varied, by the contract.

A provider without a contract is neither judged nor varied. The contract is read with the first request.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from contracts.document import contract_names, load
from contracts.requesting.client_check import check_request
from contracts.varying.varier import Varier, checked_plan
from emulator.runtime.answering import NOT_EMULATED, Answered, Answerer, AnsweringSpec, Asked

__all__ = ["Judge", "answerer"]


def answerer(spec: AnsweringSpec) -> Answerer | None:
    """Of one provider of one sandbox. Raises `UsageError` for answers that no contract allows."""
    is_plain = spec.answers == "plain"
    plan = None if is_plain else checked_plan(spec.vendor, spec.answers)
    if spec.vendor not in contract_names() or (is_plain and not spec.is_strict):
        return None
    varier = None if is_plain else Varier(load(spec.vendor), spec.seed, plan)
    return Judge(spec.vendor, is_strict=spec.is_strict, varier=varier)


class Judge:
    """Says what is wrong with each request, if it is strict; has answers varied, if they are."""

    def __init__(self, vendor: str, *, is_strict: bool, varier: Varier | None = None) -> None:
        self._vendor, self._is_strict, self._varier = vendor, is_strict, varier

    def before(self, asked: Asked) -> Answered | Asked | None:
        return self._varier.before(asked) if self._varier is not None else None

    def after(self, asked: Asked, answered: Answered) -> tuple[Answered, Sequence[Mapping[str, Any]]]:
        found: list[Mapping[str, Any]] = []
        if self._is_strict:
            request = (asked.method, asked.path, asked.query, asked.headers, asked.body)
            is_gap = any(name == NOT_EMULATED for name, _ in answered.headers)
            violations = check_request(load(self._vendor), *request, is_gap=is_gap)
            found += [violation.to_json() for violation in violations]
        if self._varier is not None:
            answered, varied = self._varier.after(asked, answered)
            found += varied
        return answered, found
