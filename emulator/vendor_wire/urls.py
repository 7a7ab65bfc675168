"""URLs: which are http, what a query adds to one, where our client sees us. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlsplit

__all__ = ["HTTP", "SOCKET", "is_http_url", "is_url", "origin", "with_query"]

HTTP: Final = ("http", "https")
SOCKET: Final = ("ws", "wss")
_ANY: Final = re.compile(r"([a-z]+)://[^\s/?#]+\S*", re.IGNORECASE)


def is_url(text: str, schemes: Sequence[str] = HTTP) -> bool:
    """Whether somebody can be asked there: one of these schemes, a host and, if one is named, a port of 1 to 65535."""
    found = _ANY.fullmatch(text)
    if found is None or found[1].lower() not in schemes:
        return False
    try:
        parts = urlsplit(text)
        return bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that hold no address; a port that is none
        return False


def is_http_url(text: str) -> bool:
    return is_url(text)


def with_query(url: str, query: str) -> str:
    """A URL with more in its query, already encoded; a fragment is not sent, and goes."""
    url, _, _ = url.partition("#")
    return f"{url}{'&' if '?' in url else '?'}{query}"


def origin(headers: Mapping[str, str], scheme: str) -> str:
    """`scheme://host[:port]` as the client of a request saw it: `X-Forwarded-*` first, of several proxies the first.

    `headers` by name in lower case, `scheme` as it reached us.
    """
    scheme = headers.get("x-forwarded-proto") or scheme
    host = headers.get("x-forwarded-host") or headers.get("host") or ""
    return f"{scheme.partition(',')[0].strip()}://{host.partition(',')[0].strip()}"
