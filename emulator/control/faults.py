"""Bad days: set whole, and shown with how often each has struck."""

from __future__ import annotations

from emulator.control import requests as r
from emulator.control.answers import FaultsAnswer
from emulator.control.operations import Operation, Visit

__all__ = ["OPERATIONS"]


async def get(visit: Visit) -> FaultsAnswer:
    return FaultsAnswer(visit.sandbox.faults.to_json())


async def put(visit: Visit) -> FaultsAnswer:
    body: r.NewFaults = visit.body
    visit.sandbox.put_faults(body.faults)
    return FaultsAnswer(visit.sandbox.faults.to_json())


OPERATIONS = (
    Operation("GET", "/sandboxes/{sandbox}/faults", "getFaults", "Every fault, and how often it has struck.", get,
              FaultsAnswer, tag="faults"),
    Operation("PUT", "/sandboxes/{sandbox}/faults", "putFaults",
              "Replace every fault, for what happens from now on; one that is set again unchanged keeps its count.",
              put, FaultsAnswer, body=r.NewFaults, tag="faults"),
)  # fmt: skip
