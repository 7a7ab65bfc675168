"""What of Vobiz is not emulated, by the names that refusals give."""

from __future__ import annotations

from typing import Final

from emulator.vendors.vobiz import gathering, language, routes

__all__ = ["NOT_EMULATED"]

NOT_EMULATED: Final = (
    *(f"XML {verb}" for verb in language.NOT_EMULATED), f"GetDigits {gathering.INVALID_SOUND}", *routes.NOT_EMULATED,
)  # fmt: skip
