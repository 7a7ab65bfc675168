"""What Servetel knows besides, when it reads a dialplan's answer."""

from __future__ import annotations

from typing import Any

__all__ = ["MEMO", "SETTINGS", "context"]

MEMO: dict[str, Any] = {}
SETTINGS: dict[str, Any] = {"dialplans": [{"id": "front", "url": "http://127.0.0.1/plan"}]}


def context(url: str) -> dict[str, Any]:
    return {"dialplan": "front", "keys": ""}
