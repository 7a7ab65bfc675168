"""Checks of what a person writes into a vendor's settings, the same for all. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec

from emulator.vendor_wire.urls import HTTP, is_url

__all__ = ["DAY", "YEAR", "Seconds", "Span", "check_url"]

DAY: Final = 86_400
YEAR: Final = 366 * DAY

Seconds = Annotated[int, msgspec.Meta(ge=0, le=YEAR)]
"""How long something is kept."""

Span = Annotated[float, msgspec.Meta(gt=0, le=DAY)]
"""Of a call, in seconds."""


def check_url(settings: Any, *names: str, schemes: Sequence[str] = HTTP, is_optional: bool = True) -> None:
    """For `__post_init__`. Raises `ValueError` naming the key, what is expected and what came."""
    for name in names:
        got = getattr(settings, name)
        if not (is_url(got, schemes) or (is_optional and not got)):
            wanted = f"expected an {_either(schemes)} URL such as {schemes[0]}://127.0.0.1:8000/path"
            raise ValueError(f"{name}: {wanted}{', or an empty text for none' if is_optional else ''}, got {got!r}")


def _either(words: Sequence[str]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1]))
