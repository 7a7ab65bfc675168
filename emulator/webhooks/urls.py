"""Where a request goes: a URL taken apart once, and kept, because the same few are asked for again and again."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Final
from urllib.parse import quote, unquote, urljoin

from emulator.webhooks.addresses import is_address, is_local

__all__ = ["BadURL", "Target", "join", "parse_url"]

_URL: Final = re.compile(r"(https?)://([^/?#]*)(/[^?#]*)?(\?[^#]*)?(?:#.*)?", re.IGNORECASE)
_AUTHORITY: Final = re.compile(r"(\[[^\]]*\]|[^\s\[\]:\\]+)(?::([0-9]*))?")
_CONTROL: Final = re.compile(r"[\0-\x1f\x7f]")
_STANDS: Final = "".join(map(chr, range(0x21, 0x7F)))
"""What is sent as it is written; everything else is quoted."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}


class BadURL(ValueError):
    """Its text is what the user is told."""


class Target:
    """A parsed URL. Read it only: it is shared.

    `origin` is scheme, host and port. `host` is lower case, without brackets; `path` is what stands in the request
    line; `authorization` the Basic credentials of a user in the URL, or "". `is_address`: `host` is no name;
    `is_local`: it is an address of this machine or a private network.
    """

    __slots__ = ("authorization", "host", "host_header", "is_address", "is_local", "origin", "path", "port", "text")

    def __init__(self, text: str, scheme: str, host: str, port: int, path: str, authorization: str) -> None:
        self.text, self.host, self.port, self.path = text, host, port, path
        self.origin = (scheme, host, port)
        self.authorization = authorization
        self.is_address = is_address(host)
        self.is_local = is_local(host)
        shown = f"[{host}]" if ":" in host else host.rstrip(".")
        self.host_header = shown if port == _DEFAULT_PORTS[scheme] else f"{shown}:{port}"

    @property
    def is_secure(self) -> bool:
        return self.origin[0] == "https"


@lru_cache(maxsize=4096)
def parse_url(text: str) -> Target:
    """Characters a URL may hold are sent as they stand, because signatures are made over them. Raises: `BadURL`."""
    parts = None if _CONTROL.search(text) else _URL.fullmatch(text)
    if parts is None:
        raise _bad(text)
    scheme, path, query = parts[1].lower(), parts[3] or "/", parts[4] or ""
    user, at, authority = parts[2].rpartition("@")
    place = _AUTHORITY.fullmatch(authority)
    if place is None:
        raise _bad(text)
    port = int(place[2]) if place[2] else _DEFAULT_PORTS[scheme]
    try:
        host = _host(place[1])
    except ValueError:
        raise _bad(text) from None
    if port > 65535:
        raise _bad(text)
    if host.replace(".", "").isdigit() and not is_address(host):
        raise BadURL(f"bad URL: {host} is neither a name nor an address")
    path = quote(path, _STANDS) + quote(query.replace(" ", "+"), _STANDS)
    return Target(text, scheme, host, port, path, _basic(user) if at else "")


def join(target: Target, location: str) -> Target:
    """Where a redirect leads. Raises: `BadURL`."""
    try:
        return parse_url(urljoin(target.text, location))
    except BadURL:
        raise
    except ValueError:
        raise BadURL(f"bad URL: redirected to {location!r}") from None


def _host(text: str) -> str:
    """Raises: `ValueError`."""
    if text.startswith("["):
        IPv6Address(text[1:-1].partition("%")[0])
        return text[1:-1].lower()
    return (text if text.isascii() else text.encode("idna").decode()).lower()


def _basic(user: str) -> str:
    name, _, password = user.partition(":")
    if not name and not password:
        return ""
    plain = f"{unquote(name)}:{unquote(password)}"
    try:
        raw = plain.encode("latin-1")
    except UnicodeEncodeError:
        raw = plain.encode()
    return f"Basic {b64encode(raw).decode()}"


def _bad(text: str) -> BadURL:
    return BadURL(f"bad URL: expected one such as http://localhost:8000/answer, got {text!r}")
