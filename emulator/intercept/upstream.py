"""The proxy that a command would have used without us, and still must to get out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from emulator.errors import UsageError

__all__ = ["Upstream", "upstreams"]


class Upstream(NamedTuple):
    """`field` is the header field that it wants, with its line's end, or nothing."""

    host: str
    port: int
    field: bytes


def upstreams(environment: Mapping[str, str]) -> tuple[Upstream | None, Upstream | None]:
    """Those for tunnels and for plain HTTP, as `HTTPS_PROXY` and `HTTP_PROXY` name them, lower case first. Raises
    `UsageError` for what is no HTTP proxy."""
    return _upstream(environment, "HTTPS_PROXY"), _upstream(environment, "HTTP_PROXY")


def _upstream(environment: Mapping[str, str], name: str) -> Upstream | None:
    url = environment.get(name.lower()) or environment.get(name)
    if not url:
        return None
    parts = urlsplit(url if "://" in url else f"http://{url}")
    try:
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        host, port = None, 0
    if parts.scheme != "http" or not host:
        raise UsageError(f"--passthrough: {name}: expected a proxy such as http://proxy.example.com:3128, got {url!r}")
    if parts.username is None:
        return Upstream(host, port, b"")
    word = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return Upstream(host, port, b"Proxy-Authorization: Basic " + base64.b64encode(word) + b"\r\n")
