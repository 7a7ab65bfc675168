"""What may become of a TryVox webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from contracts.storytelling.rules import Rules

__all__ = ["RULES"]

_NOTIFICATIONS: Final = ("hangup", "status", "ring")


def _retries(callback: str, failure: str, settings: Mapping[str, Any], urls: Mapping[str, str]) -> int:
    """TRYVOX-45, TRYVOX-46: a document once; a notification three times more, if the setting says so."""
    return 3 if callback in _NOTIFICATIONS and settings.get("notification_retries") else 0


RULES: Final = Rules(
    notifications=_NOTIFICATIONS,
    documents=("gather", "answer"),
    urls={"answer": "/answer", "ring": "/ring", "hangup": "/hangup", "status": "/status"},
    retries=_retries,
    repeated=("status",),
    last=("hangup",),
)
