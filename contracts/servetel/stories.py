"""What may become of a Servetel webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from contracts.story_rules import Rules

__all__ = ["RULES"]


def _retries(callback: str, failure: str, settings: Mapping[str, Any], urls: Mapping[str, str]) -> int:
    """SERVETEL-43: none, unless the setting says so."""
    return int(settings.get("webhook_retries", 0))


RULES: Final = Rules(
    notifications=("hangup", "missed", "answered-by-customer", "answered-by-agent"),
    documents=(),
    urls={"hangup": "/webhook"},
    retries=_retries,
    is_panel=True,
)
