"""What was wrong with a strict sandbox's requests."""

from __future__ import annotations

import msgspec

from emulator.control.answers import ViolationAnswer, ViolationsAnswer
from emulator.control.operations import Operation, Visit

__all__ = ["OPERATIONS"]


async def list_all(visit: Visit) -> ViolationsAnswer:
    return ViolationsAnswer([msgspec.convert(told, ViolationAnswer) for told in visit.sandbox.violations])


OPERATIONS = (
    Operation("GET", "/sandboxes/{sandbox}/violations", "listViolations",
              "What was wrong with the requests of a strict sandbox; of any other, nothing.", list_all,
              ViolationsAnswer, tag="violations"),
)  # fmt: skip
