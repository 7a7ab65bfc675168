"""A call placed without HTTP: as a vendor's route places it, once it has read the request."""

from __future__ import annotations

from emulator.runtime.sandbox import Sandbox
from emulator.vendors.vobiz.schemas import parse_call

__all__ = ["place"]


def place(sandbox: Sandbox, number: int, **more: object) -> None:
    body = {"from": "+912271264300", "to": f"+9198765{number:05d}", **more}
    for command in parse_call(body):
        sandbox.do(command)
