"""JSON Lines back to journal entries: what `Entry.line` writes, whoever kept it meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from emulator.errors import UsageError
from emulator.recorder.codec import Codec
from emulator.recorder.journal import OWN_KEYS, Entry, Home
from emulator.recorder.scalars import read_instant, shown

__all__ = ["read_entries"]

_SHAPE: Final[Mapping[str, type | tuple[type, ...]]] = {
    "seq": int, "at": str, "sandbox": str, "vendor": str, "call": (str, type(None)), "kind": str,
}  # fmt: skip


def read_entries(lines: Iterable[bytes | str], codec: Codec) -> list[Entry]:
    """The entries of one journal, in order; empty lines are passed over.

    Raises `UsageError`, naming the line, for what is no entry, of another sandbox, or not in order.
    """
    made: list[Entry] = []
    home: Home | None = None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"journal line {number}"
        try:
            data = json.loads(line)
        except ValueError as problem:
            raise UsageError(f"{where}: not JSON: {problem}") from None
        if not isinstance(data, dict):
            raise UsageError(f"{where}: expected an object, got {shown(data)}")
        for key, kind in _SHAPE.items():
            if not isinstance(data.get(key), kind) or (key == "call" and key not in data):
                raise UsageError(f"{where}.{key}: got {shown(data.get(key))}, which no entry has there")
        home = home or Home(data["sandbox"], codec)
        if data["sandbox"] != home.sandbox:
            raise UsageError(f"{where}: expected an entry of sandbox {home.sandbox}, got one of {data['sandbox']}")
        if made and data["seq"] <= made[-1].seq:
            raise UsageError(f"{where}: expected a seq over {made[-1].seq}, got {data['seq']}")
        made.append(_entry(data, home, where))
    return made


def _entry(data: dict[str, Any], home: Home, where: str) -> Entry:
    kind = data["kind"]
    held: dict[str, Any] = {}
    for key, written in data.items():
        if key not in OWN_KEYS:
            own = key.removeprefix(f"{kind}_")
            held[own if own in OWN_KEYS else key] = home.codec.decode(written, where=f"{where}.{key}")
    value: Any = held
    if list(held) == [kind] and not isinstance(held[kind], Mapping):
        value = held[kind]  # a value stands under its kind; a mapping's only key of that name holds a mapping
    at = read_instant(data["at"], f"{where}.at")
    return Entry(data["seq"], at, kind, data["call"], data["vendor"], value, None, home)
