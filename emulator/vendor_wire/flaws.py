"""What is wrong in a document that is taken all the same, in one complaint. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emulator.errors import FlawedDocument

__all__ = ["Flaw", "flawed"]

Flaw = tuple[str, str]
"""Where it stands (`line:column` or a JSON path), and what is wrong."""


def flawed(flaws: Sequence[Flaw], program: Any) -> FlawedDocument:
    """Of all the flaws, in order, at least one; `program` runs nevertheless."""
    (where, first), *others = flaws
    return FlawedDocument("; ".join((first, *(f"{at}: {told}" for at, told in others))), where, program)
