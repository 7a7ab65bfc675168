"""URLs: which are http, what a query adds to one, where our client sees us. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

__all__ = ["is_http_url", "origin", "with_query"]

_HTTP: Final = re.compile(r"https?://[^\s/?#]+[^\s]*", re.IGNORECASE)


def is_http_url(text: str) -> bool:
    return _HTTP.fullmatch(text) is not None


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
