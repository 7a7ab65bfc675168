"""The one body of a documented error that is answered when nobody asked the provider: what its contract says it is."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, Final

from contracts.document import Answer, Contract
from emulator.ids import Ids

__all__ = ["exemplary"]

JSON: Final = "application/json"
BEGINNING: Final = datetime(2026, 1, 1)
"""When a sandbox begins."""


def exemplary(contract: Contract, answer: Answer, shape: int, ids: Ids, key: str) -> tuple[str, bytes]:
    """Media type (none for a bare text or no body) and body. `shape` of those that the contract knows; ids in it come
    from `ids`, by `key`."""
    if answer.text or not answer.content:
        return "", answer.text.encode()
    kind, schema = next(iter(answer.content.items()))
    told = str(contract.at(answer.pointer).get("description", "")).partition("\n")[0]
    made = _Example(contract, told, ids, key).of(schema.pointer, shape)
    return kind, json.dumps(made).encode() if kind == JSON else str(made).encode()


class _Example:
    def __init__(self, contract: Contract, told: str, ids: Ids, key: str) -> None:
        self._contract, self._told, self._ids, self._key = contract, told, ids, key

    def of(self, pointer: str, shape: int = 0) -> Any:
        pointer = self._contract.followed(pointer)
        raw = self._contract.at(pointer)
        if "examples" in raw:
            return raw["examples"][0]
        if "const" in raw:
            return raw["const"]
        if "enum" in raw:
            return raw["enum"][0]
        if "oneOf" in raw:
            return self.of(f"{pointer}/oneOf/{shape}")
        kind = raw.get("type", "object")
        return getattr(self, f"_{kind if isinstance(kind, str) else kind[0]}")(pointer, raw)

    def _object(self, pointer: str, raw: dict[str, Any]) -> dict[str, Any]:
        """Whole: what is optional is there, too, but for lists and objects of what nobody knows beforehand."""
        known = raw.get("properties", {})
        return {
            name: self.of(f"{pointer}/properties/{name}")
            for name in known
            if name in raw.get("required", ()) or self._is_plain(f"{pointer}/properties/{name}")
        }

    def _is_plain(self, pointer: str) -> bool:
        raw = self._contract.at(self._contract.followed(pointer))
        return raw.get("type") in ("string", "integer", "boolean") or "const" in raw or "enum" in raw

    def _string(self, pointer: str, raw: dict[str, Any]) -> str:
        if raw.get("format") == "uuid":
            return self._ids.uuid("varied", self._key)
        return BEGINNING.strftime(raw["x-strftime"]) if "x-strftime" in raw else self._told

    def _integer(self, pointer: str, raw: dict[str, Any]) -> int:
        return int(raw.get("minimum", 1))
