"""What may become of a Vobiz webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from contracts.storytelling.rules import Rules

__all__ = ["RULES"]


def _retries(callback: str, failure: str, settings: Mapping[str, Any], urls: Mapping[str, str]) -> int:
    """VOBIZ-38, VOBIZ-39: documents and notifications alike, whatever went wrong."""
    return 3


RULES: Final = Rules(
    notifications=("hangup", "ring"),
    documents=("gather", "answer"),
    urls={"answer": "/answer", "ring": "/ring", "hangup": "/hangup"},
    retries=_retries,
    last=("hangup",),
)
