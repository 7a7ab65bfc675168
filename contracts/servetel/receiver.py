"""What Servetel knows besides, when it reads a dialplan's answer, and what an id looks like."""

from __future__ import annotations

import re
from typing import Any, Final

__all__ = ["ID", "MEMO", "SETTINGS", "context", "fresh_id"]

MEMO: dict[str, Any] = {}
SETTINGS: dict[str, Any] = {"dialplans": [{"id": "front", "url": "http://127.0.0.1/plan"}]}


ID: Final = re.compile(rb'(?<="uuid":")[0-9a-f]{13}(?=")|(?<="call_id":")[0-9.h-]+(?=")')


def context(url: str) -> dict[str, Any]:
    return {"dialplan": "front", "keys": ""}


def fresh_id(old: str, random: bytes) -> str:
    """Another one of the same kind: a `uuid`, or a `call_id`, whose counter differs."""
    seconds, dot, _ = old.rpartition(".")
    return f"{seconds}.{int.from_bytes(random[:3], 'big')}" if dot else random.hex()[:13]
