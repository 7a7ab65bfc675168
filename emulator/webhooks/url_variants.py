"""A URL as a receiver may see it: behind a proxy, decoded, with or without its port, slash or query. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Final
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from emulator.engine.values import value

__all__ = ["Difference", "Variant", "differences", "url_variants"]

_PORTS: Final = {"http": "80", "https": "443"}
_MOST_CUT: Final = 4
_TWINS: Final = {"localhost": "127.0.0.1", "127.0.0.1": "localhost"}


@value
class Difference:
    """One thing that is not as it was: `kind` is one word for it, `text` says what came and what was meant."""

    kind: str
    text: str


@value
class Variant:
    """Other bytes in the place of one part of what is signed, and what sets them apart."""

    data: bytes
    differences: tuple[Difference, ...]


class _Url:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.scheme = parts.scheme.lower()
        self.host, colon, port = parts.netloc.rpartition("@")[2].rpartition(":")
        if not colon or not (port.isdigit() or not port):
            self.host, port = parts.netloc.rpartition("@")[2], ""
        self.port = port
        self.path, self.query = parts.path, parts.query


def differences(sent: str, seen: str) -> tuple[Difference, ...]:
    """How the URL that the receiver saw differs from the one that was called, one by one."""
    ours, theirs = _Url(sent), _Url(seen)
    found = []
    if ours.scheme != theirs.scheme:
        found.append(Difference("scheme", f"{theirs.scheme or 'no scheme'} instead of {ours.scheme}"))
    if ours.host.lower() != theirs.host.lower():
        found.append(Difference("host", f"{theirs.host or 'no host'} instead of {ours.host}"))
    if ours.port != theirs.port:
        found.append(Difference("port", f"{_port(theirs)} instead of {_port(ours)}"))
    if ours.path != theirs.path:
        found.append(Difference("path", _path(ours.path, theirs.path)))
    if ours.query != theirs.query:
        found.append(Difference("query", _query(ours.query, theirs.query)))
    return tuple(found)


def _port(url: _Url) -> str:
    return f"port {url.port}" if url.port else "no port"


def _path(ours: str, theirs: str) -> str:
    told = f"{theirs or 'no path'} instead of {ours or 'no path'}"
    if ours.rstrip("/") == theirs.rstrip("/"):
        return f"{told} (the slash at the end)"
    if unquote(ours) == unquote(theirs):
        return f"{told} (percent-encoding)"
    if ours.endswith(theirs) and theirs:
        return f"{told} (the prefix {ours[: -len(theirs)]} is missing)"
    if theirs.endswith(ours) and ours:
        return f"{told} (a prefix {theirs[: -len(ours)]} was added)"
    return f"{told} (upper and lower case)" if ours.lower() == theirs.lower() else told


def _query(ours: str, theirs: str) -> str:
    if not theirs:
        return f"no query instead of ?{ours}"
    if not ours:
        return f"?{theirs}, where there was no query"
    told = f"?{theirs} instead of ?{ours}"
    left, right = parse_qsl(ours, True), parse_qsl(theirs, True)
    if left == right:
        return f"{told} (the same fields, encoded in another way)"
    if sorted(left) == sorted(right):
        return f"{told} (the same fields in another order)"
    missing = [name for name, _ in left if name not in dict(right)]
    added = [name for name, _ in right if name not in dict(left)]
    words = [f"{', '.join(names)} {word}" for names, word in ((missing, "missing"), (added, "added")) if names]
    return f"{told} ({'; '.join(words) or 'other values'})"


def url_variants(url: str, signed: bytes) -> Iterator[Variant]:
    """What a receiver may have signed in the place of `signed`, which is all or the beginning of `url`."""
    ours = _Url(url)
    has_query = bool(ours.query) and signed.decode("utf-8", "replace").endswith(f"?{ours.query}")
    for scheme, host, port, path in product(_schemes(ours), _hosts(ours), _ports(ours), _paths(ours.path)):
        real_port = _PORTS.get(scheme, "") if port == "default" else port
        base = f"{scheme}://{host}{f':{real_port}' if real_port else ''}{path}"
        for query in _queries(ours.query, has_query):
            made = f"{base}?{query}" if query else base
            if made.encode() != signed:
                found = list(differences(url, made if has_query or query else f"{made}?{ours.query}".rstrip("?")))
                if query and not has_query:
                    found = [each for each in found if each.kind != "query"]
                    found.append(Difference("query", f"the query ?{query} is in it; the URL is signed without"))
                yield Variant(made.encode(), tuple(found))


def _schemes(url: _Url) -> list[str]:
    return [url.scheme, "http" if url.scheme == "https" else "https"]


def _hosts(url: _Url) -> list[str]:
    return list(dict.fromkeys([url.host, url.host.lower(), _TWINS.get(url.host, url.host)]))


def _ports(url: _Url) -> list[str]:
    return list(dict.fromkeys([url.port, "", "default"]))


def _paths(path: str) -> list[str]:
    other = path.rstrip("/") if path.endswith("/") else f"{path}/"
    cut = [path[at:] for at in range(1, len(path)) if path[at] == "/"][:_MOST_CUT]  # a prefix that a proxy took off
    return list(dict.fromkeys([path, other, unquote(path), quote(unquote(path)), path.lower(), *cut]))


def _queries(query: str, is_signed: bool) -> list[str]:
    if not query:
        return [""]
    pairs = parse_qsl(query, True)
    forms = [query, urlencode(sorted(pairs)), urlencode(pairs), urlencode(pairs, quote_via=quote), unquote(query)]
    return list(dict.fromkeys([*forms, ""] if is_signed else ["", *forms]))
