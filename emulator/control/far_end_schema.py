"""The JSON Schema of a far end, of inbound calls and of a fault, as this API's document has them."""

from __future__ import annotations

from typing import Any, Final

from emulator.scenario_files.schema import parts

__all__ = ["SCHEMAS"]

SCHEMAS: Final[dict[str, dict[str, Any]]] = parts(
    "#/components/schemas/", ("Span", "FixedSpan", "Reaction", "FarEnd", "Option", "IncomingCalls", "Fault")
)
