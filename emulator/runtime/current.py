"""The API request being served, so that the journal knows which sandbox and call it was about."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.runtime.sandbox import Sandbox

__all__ = ["CURRENT", "Note"]


class Note:
    """Filled while the request is served."""

    __slots__ = ("call", "sandbox")

    def __init__(self) -> None:
        self.sandbox: Sandbox | None = None
        self.call: str | None = None


CURRENT: ContextVar[Note | None] = ContextVar("ringback_request", default=None)
