"""The curl line that sends a request once more, byte for byte, and texts that no terminal and no XML stumbles over."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import Final

__all__ = ["curl_line", "printable", "quoted"]

_ESCAPES: Final = {"\n": r"\n", "\r": r"\r", "\t": r"\t", "\\": r"\\", "'": r"\'", "!": r"\x21"}
_GLOBS: Final = frozenset("[]{}")


def curl_line(method: str, url: str, headers: Iterable[tuple[str, str]], data: bytes) -> str:
    """One line for bash or zsh; `data` without NUL, which no argument of a command can hold."""
    parts = ["curl", "-i", "-X", method]
    if _GLOBS & set(url):
        parts.append("-g")
    for name, text in headers:
        parts += ["-H", f"{name}: {text}"]
    return " ".join([*(quoted(each.encode()) for each in parts), "--data-binary", quoted(data), quoted(url.encode())])


def quoted(data: bytes) -> str:
    """One word of bash or zsh that is these bytes, on one line; `$'…'` only where something in it is not printable."""
    text = data.decode(errors="surrogateescape")
    return shlex.quote(text) if text.isprintable() else f"$'{''.join(map(_escaped, text))}'"


def _escaped(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    if char.isprintable():
        return char
    return "".join(f"\\x{byte:02x}" for byte in char.encode(errors="surrogateescape"))


def printable(text: str) -> str:
    """The same; what is not printable, line ends included, as its escape in Python."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
