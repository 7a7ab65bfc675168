"""An XML body, checked and taken apart: elements that know where they stand, and read their own attributes.

Nothing in a body can make us fetch, expand or descend without end: a DOCTYPE is refused before parsing, entities are
not resolved, and size and depth are limited.
"""

from __future__ import annotations

import re
import zlib
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from emulator.errors import InvalidDocument
from emulator.vendor_wire.flaws import Flaw
from emulator.webhooks.values import Reply

__all__ = ["Element", "read_document"]

MOST_BYTES: Final = 100 * 1024
MOST_DEPTH: Final = 32
_TYPES: Final = frozenset({"application/xml", "text/xml"})
_DOCTYPE: Final = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
# In a well-formed body `<` begins one of these; group 1 is a start tag, in document order.
_TAGS: Final = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<([^/!?\s>][^\s/>]*)", re.DOTALL)
_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,9}")


class Element:
    """One element: `tag`, `attributes`, `children`, `where` (`line:column` of its start tag).

    `flaws` is shared by all of a document: what is wrong in it, and does not keep it from running, each with its place.
    """

    __slots__ = ("attributes", "children", "flaws", "tag", "tail", "text", "where")

    def __init__(
        self, tag: str, attributes: dict[str, str], text: str, tail: str, where: str, flaws: list[Flaw]
    ) -> None:
        self.tag = tag
        self.attributes = attributes
        self.text = text
        self.tail = tail
        self.where = where
        self.flaws = flaws
        self.children: list[Element] = []

    def wrong(self, problem: str) -> InvalidDocument:
        return InvalidDocument(f"<{self.tag}>: {problem}", self.where)

    def flaw(self, problem: str) -> None:
        """Something is wrong, and the document runs."""
        self.flaws.append((self.where, f"<{self.tag}>: {problem}"))

    def words(self) -> str:
        """Its own text, trimmed (VOBIZ-44); an element inside is a mistake."""
        for child in self.children:
            raise child.wrong(f"may not stand inside <{self.tag}>")
        return self.text.strip()

    def attribute(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default).strip()

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        got = self.attribute(name) or default
        if got not in allowed:
            raise self.wrong(f"{name} must be one of {', '.join(allowed)}, got {got!r}")
        return got

    def boolean(self, name: str, default: bool) -> bool:
        got = self.attribute(name).lower()
        if got not in ("", "true", "false"):
            raise self.wrong(f"{name} must be true or false, got {got!r}")
        return got == "true" if got else default

    def integer(self, name: str, default: int, least: int = 0) -> int:
        got = self.attribute(name)
        if not got:
            return default
        if not _INTEGER.fullmatch(got) or int(got) < least:
            raise self.wrong(f"{name} must be an integer of at least {least}, got {got!r}")
        return int(got)


def read_document(reply: Reply) -> Element:
    """The one `<Response>`, which holds the verbs. Raises `InvalidDocument` for anything else (VOBIZ-45, VOBIZ-46)."""
    from lxml import etree  # with the first document: a server starts without it

    body = _body(reply)
    try:
        root = etree.fromstring(body, _parser())
    except etree.XMLSyntaxError as error:
        line, column = error.position
        problem = (error.msg or "").partition(", line ")[0].partition(", use XML_PARSE_HUGE")[0]
        raise InvalidDocument(f"not well-formed XML: {problem}", f"{line}:{column}") from error
    about = root.getroottree().docinfo
    if about.internalDTD is not None:  # in an encoding in which we did not see it before
        raise InvalidDocument("a DOCTYPE is not taken", "1:1")
    encoding = about.encoding or "utf-8"
    found = _element(root, iter(_places(body.decode(encoding, "replace"))), 1, [])
    if found.tag != "Response":
        raise found.wrong("the root must be <Response>")
    return found


@cache
def _parser() -> Any:
    from lxml import etree

    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False, huge_tree=False,
        remove_comments=True, remove_pis=True,
    )  # fmt: skip


def _body(reply: Reply) -> bytes:
    kind = reply.header("content-type").partition(";")[0].strip().lower()
    if kind not in _TYPES:
        raise InvalidDocument(f"expected Content-Type application/xml or text/xml, got {kind or 'none'}")
    body = reply.body
    if body[:2] == b"\x1f\x8b" and "gzip" in reply.header("content-encoding").lower():
        try:
            body = zlib.decompressobj(31).decompress(body, MOST_BYTES + 1)
        except zlib.error as error:
            raise InvalidDocument(f"Content-Encoding gzip, but the body is not: {error}") from error
    if reply.is_cut or len(body) > MOST_BYTES:
        raise InvalidDocument(f"more than {MOST_BYTES // 1024} KB")
    if not body.strip():
        raise InvalidDocument("the body is empty")
    if doctype := _DOCTYPE.search(body):
        line = body.count(b"\n", 0, doctype.start()) + 1
        column = doctype.start() - body.rfind(b"\n", 0, doctype.start())
        raise InvalidDocument("a DOCTYPE is not taken", f"{line}:{column}")
    return body


def _places(text: str) -> list[str]:
    """`line:column` of every start tag, in order."""
    breaks = [-1, *(index for index, sign in enumerate(text) if sign == "\n")]
    start = 1 if text.startswith("\ufeff") else 0
    places = []
    for tag in _TAGS.finditer(text):
        if tag[1] is not None:
            line = bisect_right(breaks, tag.start())
            column = tag.start() - breaks[line - 1] - (start if line == 1 else 0)
            places.append(f"{line}:{column}")
    return places


def _element(node: Any, places: Iterator[str], depth: int, flaws: list[Flaw]) -> Element:
    made = Element(
        str(node.tag), {str(key): str(text) for key, text in node.attrib.items()}, node.text or "", node.tail or "",
        next(places, ""), flaws,
    )  # fmt: skip
    if depth > MOST_DEPTH:
        raise made.wrong(f"more than {MOST_DEPTH} elements deep")
    made.children = [_element(child, places, depth + 1, flaws) for child in node]
    return made
