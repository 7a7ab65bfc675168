"""The head of a request to a proxy: which host it wants, and how it goes on to that host. Pure."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["MOST", "BadHead", "Head", "parse_head"]

MOST: Final = 1 << 16
"""Bytes of a head, its blank line included."""

END: Final = b"\r\n\r\n"
LINE: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,32}) ([!-~\x80-\xff]+) HTTP/1\.[01]")
FIELD: Final = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\x00\r\n]*)")
AUTHORITY: Final = re.compile(r"(?:[^@/?#]*@)?(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::([0-9]{1,5}))?")
ABSOLUTE: Final = re.compile(r"(https?|wss?)://([^/?#]*)([/?][^#]*)?(?:#.*)?", re.IGNORECASE)
HOP_BY_HOP: Final = frozenset((b"connection", b"proxy-connection", b"proxy-authorization", b"keep-alive"))


class BadHead(Exception):
    """What cannot be done: a status, and why for who reads the answer."""

    def __init__(self, status: int, problem: str) -> None:
        self.status, self.problem = status, problem
        super().__init__(f"{status}: {problem}")


class Head(NamedTuple):
    """`forwarded` is the head as the host itself gets it: origin form, one request on the connection; nothing for a
    tunnel. `relayed` is the same as another proxy gets it. `host` is in lower case, an IPv6 address without its
    brackets."""

    is_tunnel: bool
    host: str
    port: int
    forwarded: bytes
    relayed: bytes


def parse_head(raw: bytes) -> Head:
    """`raw` ends with the blank line. Raises `BadHead`."""
    line, *lines = raw.removesuffix(END).split(b"\r\n")
    words = LINE.fullmatch(line)
    if words is None:
        raise BadHead(400, f"expected a request line such as CONNECT host:443 HTTP/1.1, got {_shown(line)}")
    fields = [FIELD.fullmatch(each) for each in lines]
    for text, field in zip(lines, fields, strict=True):
        if field is None:
            raise BadHead(400, f"expected a header field such as Host: example.com, got {_shown(text)}")
    method, target = words[1].decode(), words[2].decode("latin-1")
    if method == "CONNECT":
        host, port = _authority(target, 0)
        if not port:
            raise BadHead(400, f"CONNECT: expected a host and its port such as example.com:443, got {target[:80]!r}")
        return Head(True, host, port, b"", f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode("latin-1"))
    absolute = ABSOLUTE.fullmatch(target)
    if absolute is None:
        raise BadHead(400, f"this is a proxy: expected a whole URL such as http://example.com/, got {target[:80]!r}")
    scheme, authority, rest = absolute[1].lower(), absolute[2], absolute[3] or "/"
    if scheme in ("https", "wss"):
        raise BadHead(400, f"{scheme} goes through a tunnel: expected CONNECT, got {method}")
    host, port = _authority(authority, 80)
    kept = [each[1] + b": " + each[2] for each in fields if each and each[1].lower() not in HOP_BY_HOP | {b"host"}]
    path = rest if rest.startswith("/") else f"/{rest}"
    named = authority.rpartition("@")[2]
    rest_of = b"\r\n".join([f"Host: {named}".encode("latin-1"), *kept, b"Connection: close", b"", b""])
    forwarded, relayed = (f"{method} {each} HTTP/1.1\r\n".encode("latin-1") for each in (path, f"http://{named}{path}"))
    return Head(False, host, port, forwarded + rest_of, relayed + rest_of)


def _authority(text: str, default: int) -> tuple[str, int]:
    found = AUTHORITY.fullmatch(text)
    port = int(found[2] or default) if found else 0
    if found is None or port > 65535:
        raise BadHead(400, f"expected a host and perhaps a port, got {text[:80]!r}")
    return found[1].strip("[]").lower(), port


def _shown(line: bytes) -> str:
    return repr(line[:80].decode("latin-1"))
