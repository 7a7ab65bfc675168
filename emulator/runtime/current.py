"""The API request being served, so that the journal knows which sandbox and call it was about."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.runtime.sandbox import Sandbox

__all__ = ["CURRENT", "Note"]


class Note:
    """Filled while the request is served. `body` goes into the journal if it made something: a call, a record."""

    __slots__ = ("body", "call", "has_made", "sandbox")

    def __init__(self) -> None:
        self.sandbox: Sandbox | None = None
        self.call: str | None = None
        self.body: list[bytes] = []
        self.has_made = False


CURRENT: ContextVar[Note | None] = ContextVar("ringback_request", default=None)
