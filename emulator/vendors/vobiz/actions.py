"""The `action` of an element that asks or tells the application when it is over. Pure."""

from __future__ import annotations

from typing import Any, Final

from emulator.engine.program import HangUp, Hook
from emulator.vendor_wire.urls import is_http_url
from emulator.vendors.vobiz.documents import Element
from emulator.vendors.vobiz.outcomes import INVALID_ACTION_METHOD, INVALID_ACTION_URL

__all__ = ["WHOLE_URL", "read_action", "then"]

WHOLE_URL: Final = "expected a whole URL such as https://app.example/next"
"""Nothing is relative to anything at Vobiz (VOBIZ-48)."""


def then(code: int, ends: bool = True) -> str:
    """What an address nobody can ask does to the call, in a document that runs."""
    return f"the call ends here, with hangup cause code {code}" if ends else "nobody is told, and the call goes on"


def read_action(
    element: Element, purpose: str, *, is_optional: bool, extra: Any = None, redirects: bool = True
) -> tuple[Hook | None, HangUp | None]:
    """The hook, or what an `action` nobody can ask does instead of the element (VOBIZ-48).

    VOBIZ-50, VOBIZ-82: `redirect` true: its answer replaces the document; false: told, and the next element runs.
    `redirects` is what it is unless told.
    """
    url = element.attribute("action")
    redirects = element.boolean("redirect", redirects)
    method = (element.attribute("method") or "POST").upper()
    if not url:
        if is_optional:
            return None, None
        raise element.wrong("action is required")
    if not is_http_url(url):
        element.flaw(f"action: {WHOLE_URL}, got {url!r}; {then(7022, redirects)}")
        return None, HangUp(INVALID_ACTION_URL, where=element.where) if redirects else None
    if method not in ("GET", "POST"):
        element.flaw(f"method: expected GET or POST, got {method!r}; {then(7032, redirects)}")
        return None, HangUp(INVALID_ACTION_METHOD, where=element.where) if redirects else None
    return Hook(url, method, purpose, redirects, "end" if redirects else "next", extra=extra or element.tag), None
