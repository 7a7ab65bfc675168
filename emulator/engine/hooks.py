"""What a program asks or tells the application."""

from __future__ import annotations

from typing import Any, Literal

from emulator.engine.causes import Cause
from emulator.engine.values import field, value

__all__ = ["Hook"]


@value
class Hook:
    """A URL of the application, and what its answer, or the lack of one, does to the leg: vendor behaviour as data.

    `purpose` is the callback's neutral name (`answer`, `gather`, `redirect`, …). `awaited` false: a notification,
    the answer means nothing. `on_failure`: the leg ends with `FAILED_APPLICATION`, or goes on with the next verb, but
    never over what we do not emulate.
    `on_empty`: what a good answer without a program does. `cause`: the cause if `on_empty` is `end`.
    `fallback`: the URL to ask instead when this one failed. `extra` is the vendor's, opaque to the engine.
    """

    url: str
    method: str = "POST"
    purpose: str = "answer"
    awaited: bool = True
    on_failure: Literal["end", "next"] = "end"
    on_empty: Literal["next", "end", "idle"] = "next"
    cause: Cause | None = None
    fallback: Hook | None = None
    extra: Any = field(default=None, hash=False)
