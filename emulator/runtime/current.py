"""The API request being served, so that the journal knows which sandbox and call it was about."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.runtime.answering import Answering
    from emulator.runtime.sandbox import Sandbox
    from emulator.runtime.spoiling import Spoiler

__all__ = ["CURRENT", "Note"]


class Note:
    """Filled while the request is served; `spoiler` is set while there are faults, `answering` while anybody is judged.

    `body` goes into the journal if it made something: a call, a record.
    """

    __slots__ = ("answering", "body", "call", "has_made", "sandbox", "spoiler")

    def __init__(self) -> None:
        self.sandbox: Sandbox | None = None
        self.spoiler: Spoiler | None = None
        self.answering: Answering | None = None
        self.call: str | None = None
        self.body: list[bytes] = []
        self.has_made = False


CURRENT: ContextVar[Note | None] = ContextVar("ringback_request", default=None)
