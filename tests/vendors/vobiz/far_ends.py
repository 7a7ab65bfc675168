"""Callees of the tests."""

from __future__ import annotations

from emulator.scenarios.builder import FarEndBuilder
from emulator.scenarios.far_end import FarEnd

__all__ = ["ONE", "scripted"]


def scripted() -> FarEndBuilder:
    return FarEndBuilder()


ONE: FarEnd = scripted().presses("1", on_prompt=True).far_end
"""Presses 1 at every prompt."""
