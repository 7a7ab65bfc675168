"""What may become of a Servetel webhook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from contracts.storytelling.rules import Rules
from emulator.scenarios.far_end import FarEnd

__all__ = ["RULES"]


def _retries(callback: str, failure: str, settings: Mapping[str, Any], urls: Mapping[str, str]) -> int:
    """SERVETEL-43: none, unless the setting says so."""
    return int(settings.get("webhook_retries", 0))


RULES: Final = Rules(
    notifications=("hangup", "missed", "answered-by-customer", "answered-by-agent"),
    documents=(),
    urls={"hangup": "/webhook"},
    retries=_retries,
    usual=FarEnd(hangs_up_after=timedelta(seconds=20)),  # two people talk until one of them hangs up
    is_panel=True,
)
