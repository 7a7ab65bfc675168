"""Violations as text: what is wrong, what was sent, what would have been right, and who says so."""

from __future__ import annotations

from typing import Any

from emulator.client.violations import Violation, tell_violations

TOLD: dict[str, Any] = {
    "id": "v1", "at": "2026-01-01T00:00:00Z", "call": "c1", "vendor": "acme", "operation": "place", "method": "POST",
    "path": "/calls", "field": "body.to", "rule": "type", "text": "5 is not a text", "line": 7, "sent": "5",
    "right": '"5"', "standing": "documented",
}  # fmt: skip


def read(**told: Any) -> Violation:
    return Violation.read({**TOLD, **told})


def test_a_violation_reads_as_the_request_and_what_is_wrong_with_it() -> None:
    assert str(read()).splitlines() == [
        "acme POST /calls (place)",
        "    body.to: 5 is not a text",
        "    sent:  5",
        '    right: "5"',
        "    rule:  type, contracts/acme/openapi.yaml:7 (documented)",
    ]


def test_a_violation_of_no_operation_and_of_what_was_not_sent_says_so() -> None:
    lines = str(read(operation="", sent=None)).splitlines()
    assert (lines[0], lines[2]) == ("acme POST /calls", "    sent:  nothing")


def test_violations_that_are_alike_are_told_once_with_their_number() -> None:
    found = [read(), read(path="/calls/1", sent="6"), read(field="body.from"), read(operation="", path="/a"),
             read(operation="", path="/b")]  # fmt: skip
    told = tell_violations(found)
    assert len(told) == 4
    assert told[0] == f"{read()}\n    and 1 more like it"
    assert told[1] == str(read(field="body.from"))
    assert tell_violations([]) == []
