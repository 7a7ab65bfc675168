"""How jambonz says no: statuses, texts and their odd content types, in one place."""

from __future__ import annotations

import json
from html import escape
from typing import Any, Final

from emulator.errors import NotEmulated, Refused, RingbackError
from emulator.vendor_api import WireError

__all__ = [
    "BAD_REQUEST", "EMPTY_404", "ENGINE_REFUSED", "JSON", "NOT_FOUND", "Rejected", "bad_sid", "incompatible",
    "is_gone", "message", "no_route", "privileges", "render", "too_many", "unauthorized", "wrong_account",
]  # fmt: skip

JSON: Final = "application/json; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"
_HTML: Final = "text/html; charset=utf-8"


def _json(status: int, body: Any) -> WireError:
    return WireError(status, json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode(), content_type=JSON)


def message(status: int, text: str) -> WireError:
    """JAMBONZ-9: the common envelope."""
    return _json(status, {"msg": text})


NOT_FOUND: Final = WireError(404, b"Not Found", content_type=_TEXT)
"""JAMBONZ-10: an unknown call."""

EMPTY_404: Final = WireError(404, b"", content_type="")
"""JAMBONZ-10: an unknown application, number or account."""

ENGINE_REFUSED: Final = WireError(500, b"Internal Server Error", content_type=_TEXT)
"""JAMBONZ-44: the call engine's own 400, as the API relays it."""

BAD_REQUEST: Final = WireError(400, b"Bad Request", content_type="")
"""JAMBONZ-4: a broken `Authorization` header, or a token in two places. Bare text, no content type."""


def unauthorized(is_known_scheme: bool) -> WireError:
    """JAMBONZ-3: bare text without a content type; a token that came and is unknown is named in the header."""
    error = ', error="invalid_token"' if is_known_scheme else ""
    return WireError(401, b"Unauthorized", (("WWW-Authenticate", f'Bearer realm="Users"{error}'),), "")


def no_route(method: str, path: str) -> WireError:
    """JAMBONZ-6: Express's own page."""
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>Error</title>\n</head>\n<body>\n'
        f"<pre>Cannot {method} {escape(path)}</pre>\n</body>\n</html>\n"
    )
    return WireError(404, page.encode(), content_type=_HTML)


def too_many(headers: tuple[tuple[str, str], ...]) -> WireError:
    """JAMBONZ-16."""
    return WireError(429, b"Too many requests, please try again later.", headers, _HTML)


def wrong_account() -> WireError:
    """JAMBONZ-8."""
    return message(403, "insufficient permissions")


def privileges(status: int, text: str) -> WireError:
    """JAMBONZ-8: what RecentCalls and Alerts say instead."""
    return _json(status, {"status": "fail", "message": text})


def bad_sid() -> WireError:
    """JAMBONZ-7."""
    return message(400, "Bad request")


def is_gone(call_sid: str) -> WireError:
    """JAMBONZ-54: a plain string, sent as HTML."""
    return WireError(422, f"call session is gone for call_sid {call_sid}".encode(), content_type=_HTML)


def incompatible(call_sid: str) -> WireError:
    """JAMBONZ-54."""
    text = f"current call state is incompatible with requested action for call_sid {call_sid}"
    return WireError(422, text.encode(), content_type=_HTML)


class Rejected(RingbackError):
    """jambonz refuses the request, and this is its answer."""

    def __init__(self, error: WireError) -> None:
        self.error = error
        super().__init__(f"{error.status} {error.body!r}")


def render(error: Refused | NotEmulated) -> WireError:
    """Total over the engine's reasons."""
    if isinstance(error, NotEmulated):
        return message(501, str(error))
    if error.reason in ("unknown_leg", "unknown_number"):
        return NOT_FOUND
    return is_gone(error.leg) if error.reason == "call_ended" else incompatible(error.leg)
