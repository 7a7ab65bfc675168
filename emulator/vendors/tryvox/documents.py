"""A VoxML body, checked and taken apart: instructions that know where they stand, and read their own parameters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import msgspec

from emulator.errors import InvalidDocument
from emulator.vendor_wire.answers import not_json
from emulator.vendor_wire.urls import is_http_url
from emulator.webhooks.values import Reply

__all__ = ["Node", "read_document"]

VERSION: Final = "1.0"
WANTED: Final = 'a VoxML document, which is JSON such as {"voxml_version": "1.0", "instructions": []}'
MOST_SECONDS: Final = 86_400
_decode: Final = msgspec.json.Decoder().decode


class Node:
    """One JSON object of a document. Every method raises `InvalidDocument` with the path of what is wrong; a
    parameter that is null counts as not given. Unknown parameters are ignored (TRYVOX-50)."""

    __slots__ = ("path", "value")

    def __init__(self, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            raise InvalidDocument(f"expected an object, got {_kind(value)}", path)
        self.value = value
        self.path = path

    def wrong(self, name: str, problem: str) -> InvalidDocument:
        return InvalidDocument(problem, f"{self.path}.{name}")

    def text(self, name: str, default: str = "") -> str:
        got = self.value.get(name)
        if got is None:
            return default
        if not isinstance(got, str):
            raise self.wrong(name, f"expected a string, got {_kind(got)}")
        return got

    def required(self, name: str) -> str:
        got = self.text(name)
        if not got:
            raise self.wrong(name, "required parameter missing")
        return got

    def url(self, name: str, is_required: bool = True) -> str:
        got = self.required(name) if is_required else self.text(name)
        if got and not is_http_url(got):
            raise self.wrong(name, f"expected an http or https URL, got {got!r}")
        return got

    def choice(self, name: str, default: str, allowed: tuple[str, ...]) -> str:
        got = self.text(name, default)
        if got not in allowed:
            raise self.wrong(name, f"expected one of {', '.join(allowed)}, got {got!r}")
        return got

    def boolean(self, name: str, default: bool = False) -> bool:
        got = self.value.get(name)
        if got is None:
            return default
        if not isinstance(got, bool):
            raise self.wrong(name, f"expected true or false, got {_kind(got)}")
        return got

    def integer(self, name: str, default: int, least: int) -> int:
        got = self.value.get(name)
        if got is None:
            return default
        if isinstance(got, float) and got.is_integer():
            got = int(got)
        if not isinstance(got, int) or isinstance(got, bool) or got < least:
            raise self.wrong(name, f"expected an integer of at least {least}, got {_kind(got)}")
        return got

    def span(self, name: str, default: float) -> timedelta:
        """Seconds, with a fraction perhaps."""
        got = self.value.get(name)
        if got is None:
            got = default
        if not isinstance(got, int | float) or isinstance(got, bool) or not 0 <= got <= MOST_SECONDS:
            raise self.wrong(name, f"expected seconds from 0 to {MOST_SECONDS}, got {_kind(got)}")
        return timedelta(seconds=got)

    def nodes(self, name: str) -> list[Node]:
        """The objects of a list; none if it is not given."""
        got = self.value.get(name)
        if got is None:
            return []
        if not isinstance(got, list):
            raise self.wrong(name, f"expected a list, got {_kind(got)}")
        return [Node(item, f"{self.path}.{name}[{index}]") for index, item in enumerate(got)]

    def node(self, name: str) -> Node:
        return Node(self.value[name], f"{self.path}.{name}")


def _kind(got: Any) -> str:
    """What came, for people: short, and without what it holds."""
    names = {dict: "an object", list: "a list", type(None): "null"}
    return names.get(type(got)) or repr(got)[:40]


def read_document(reply: Reply) -> list[Node]:
    """The instructions (TRYVOX-48). Raises `InvalidDocument`."""
    if reply.is_cut:
        raise InvalidDocument("the body is too long")
    try:
        body = _decode(reply.body)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise InvalidDocument(not_json(problem, reply, WANTED)) from problem
    if not isinstance(body, Mapping):
        raise InvalidDocument(f"expected an object with instructions, got {_kind(body)}")
    if body.get("voxml_version", VERSION) != VERSION:
        raise InvalidDocument(f'expected "{VERSION}", got {_kind(body["voxml_version"])}', "voxml_version")
    instructions = body.get("instructions")
    if not isinstance(instructions, list):
        raise InvalidDocument(f"expected a list, got {_kind(instructions)}", "instructions")
    return [Node(item, f"instructions[{index}]") for index, item in enumerate(instructions)]
