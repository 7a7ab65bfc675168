"""What of Servetel is not emulated, by the names that refusals give."""

from __future__ import annotations

from typing import Final

from emulator.vendors.servetel import destinations, routes

__all__ = ["NOT_EMULATED"]

NOT_EMULATED: Final = tuple(sorted({
    *routes.NOT_EMULATED,
    *(name for name in destinations.KINDS.values() if name), "voice bot streams", "softphone calls",
    "click_to_call_support to anything but an agent",
    "answered on IVR trigger", "received on auto attendant trigger",
}))  # fmt: skip
