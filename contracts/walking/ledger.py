"""What a run has seen of a contract, and what was wrong with it; at the end, what it has not seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from contracts.checks import Finding
from contracts.document import Contract

__all__ = ["Ledger"]


class Ledger:
    """Answers and webhooks that came, each finding once, with how often it came; and what the emulator said, by name,
    that it does not emulate. No such word excuses an operation of the contract, whose every answer has to come."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.answers: Counter[tuple[str, int]] = Counter()
        self.webhooks: Counter[str] = Counter()
        self.not_emulated: Counter[str] = Counter()
        self.links: Counter[str] = Counter()
        """How often a random sequence went along each link, by Schemathesis's name of it."""
        self.lists: Counter[tuple[str, str]] = Counter()
        """How often a list was asked for its pages, or by a filter, by operation and parameter."""
        self._findings: dict[tuple[str, str, str, str], Finding] = {}
        self.times: Counter[tuple[str, str, str, str]] = Counter()

    @property
    def findings(self) -> list[Finding]:
        return list(self._findings.values())

    def find(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            key = (finding.subject, finding.where, finding.rule, finding.text[:200])
            self._findings.setdefault(key, finding)
            self.times[key] += 1

    def missing(self) -> list[Finding]:
        """Every documented answer and webhook that did not come, and every page and filter that nobody asked for."""
        contract = self.contract
        found = [*self._unasked()]
        for operation in contract.operations.values():
            for status, answer in operation.answers.items():
                if not self.answers[operation.id, status]:
                    subject = f"{operation.method} {operation.path} {status}"
                    line = contract.line(answer.pointer)
                    found.append(Finding(contract.name, subject, "answer", "responses", "never came", line))
        for name, webhook in contract.webhooks.items():
            if not self.webhooks[webhook.callback]:
                line = contract.line(webhook.pointer)
                found.append(Finding(contract.name, f"webhook {name}", "webhook", "webhooks", "never came", line))
        return found

    def _unasked(self) -> Iterator[Finding]:
        contract = self.contract
        for operation in contract.operations.values():
            for parameter in operation.parameters:
                raw = contract.at(parameter.pointer)
                rule = next((name for name in ("x-filters", "x-page-size", "x-page-cursor") if name in raw), "")
                if rule and not self.lists[operation.id, parameter.name]:
                    subject, where = f"{operation.method} {operation.path} 200", f"query.{parameter.name}"
                    line = contract.line(parameter.pointer)
                    yield Finding(contract.name, subject, where, rule, "never asked for", line)
