"""The addresses in an application: hooks that nobody can ask, files that nobody can fetch. Pure.

Neither keeps an application from running (JAMBONZ-151): a hook fails once it is asked, a file is heard as any other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.vendor_wire.flaws import Flaw
from emulator.vendor_wire.urls import HTTP, is_http_url
from emulator.vendors.jambonz.hooks import Scope, is_absolute, is_http, parse_hook
from emulator.vendors.jambonz.verbs import split_verb

__all__ = ["bad_addresses"]

_FILES: Final = frozenset({"dialMusic"})
_CLOSED: Final = frozenset({"data", "headers", "metadata", "tag"})
"""What the application keeps for itself: nothing in there is an address."""


def bad_addresses(document: list[Any], scope: Scope) -> list[Flaw]:
    """Of an application whose every verb is well formed, in order."""
    found: list[Flaw] = []
    for index, element in enumerate(document):
        name, body = split_verb(element, f"[{index}]")
        found += _in_verb(name, body, f"[{index}]", scope)
    return found


def _in_verb(name: str, body: Mapping[str, Any], where: str, scope: Scope) -> Iterator[Flaw]:
    if name == "play":
        yield from _files(body.get("url"), f"{where}.url")
    for key, inner in body.items():
        yield from _inside(key, inner, f"{where}.{key}", scope)


def _inside(key: str, inner: Any, where: str, scope: Scope) -> Iterator[Flaw]:
    if key.endswith("Hook"):
        yield from _hook(inner, where, scope)
    elif key in _FILES:
        yield from _files(inner, where)
    elif key in _CLOSED:
        return
    elif isinstance(inner, Mapping):
        yield from _in_verb(key, inner, where, scope)
    elif isinstance(inner, list):
        for index, each in enumerate(inner):
            if isinstance(each, Mapping):
                yield from _in_verb("", each, f"{where}[{index}]", scope)


def _hook(wire: Any, where: str, scope: Scope) -> Iterator[Flaw]:
    """JAMBONZ-87: a path leads to the call hook's host; on a socket any name is a hook (JAMBONZ-120)."""
    hook = parse_hook(wire)
    if hook is None:
        return
    url: str = hook["url"]
    if scope.socket is not None and not is_http(url):
        return
    if not url.startswith("/") and not is_absolute(url):
        wanted = "expected a whole URL such as https://app.example/next, or a path such as /next"
        yield where, f"{wanted}, got {url!r}; it fails when it is asked"


def _is_playable(url: str) -> bool:
    """An http URL, or something of another scheme, which the media server may know (`silence_stream://1000`)."""
    scheme, mark, _ = url.partition("://")
    return is_http_url(url) or (bool(mark) and scheme.lower() not in HTTP)


def _files(wire: Any, where: str) -> Iterator[Flaw]:
    listed = wire if isinstance(wire, list) else [wire]
    for index, url in enumerate(listed):
        if isinstance(url, str) and url and not _is_playable(url):
            at = f"{where}[{index}]" if isinstance(wire, list) else where
            wanted = "expected the whole URL of a file such as https://app.example/hello.mp3"
            yield at, f"{wanted}, got {url!r}; it is heard here as any file is, and cannot be fetched at jambonz"
