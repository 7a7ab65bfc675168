"""A provider's contract, read: its operations, answers and webhooks, and what is wrong with what claims to be one.

The documents are OpenAPI 3.1, so every schema in them is JSON Schema 2020-12. Each problem names the line of the
document that says so, because a person has to be able to go and read it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from typing import Any, Final
from urllib.parse import quote, unquote

import jsonschema_rs
import yaml

from contracts.shelf import LOADER, contract_names, text_of
from emulator.engine.values import field, value
from emulator.errors import UsageError

__all__ = [
    "Answer",
    "Contract",
    "Operation",
    "Parameter",
    "Problem",
    "Schema",
    "Webhook",
    "contract_names",
    "escaped",
    "load",
    "unescaped",
]

METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_URN: Final = "urn:contract"
_PLAIN: Final = "/~$@!*+,;:=.-"
_VARIABLE: Final = re.compile(r"\{([^}]+)\}")


@value
class Problem:
    """What is wrong, where in the thing (`$.a[0].b`), by which rule, and on which line of the document it stands."""

    where: str
    rule: str
    text: str
    line: int


class Schema:
    """One place of the document that is a schema. Compiled when first used."""

    def __init__(self, contract: Contract, pointer: str) -> None:
        self.contract, self.pointer = contract, pointer

    @cached_property
    def raw(self) -> Any:
        """As it is written, references in it unresolved."""
        return self.contract.at(self.pointer)

    @cached_property
    def _validator(self) -> Any:
        return jsonschema_rs.Draft202012Validator(
            {"$ref": f"{_URN}#{quote(self.pointer, _PLAIN)}"}, registry=self.contract.registry, validate_formats=True
        )  # fmt: skip

    @cached_property
    def kinds(self) -> tuple[str, ...]:
        """The JSON types that it names, references followed; none where it says it in another way."""
        raw = self.contract.at(self.contract.followed(self.pointer))
        named = raw.get("type", ()) if isinstance(raw, dict) else ()
        return (named,) if isinstance(named, str) else tuple(named)

    def errors(self, instance: Any) -> Iterator[Any]:
        """Every rule that `instance`, JSON-able, breaks, as a `jsonschema_rs.ValidationError`."""
        return iter(self._validator.iter_errors(instance))

    def problems(self, instance: Any) -> list[Problem]:
        """Every rule that `instance`, JSON-able, breaks."""
        found = []
        for error in self.errors(instance):
            pointer = "".join(f"/{escaped(part)}" for part in error.schema_path)
            rule = str(error.schema_path[-1]) if error.schema_path else "schema"
            found.append(Problem(_shown(error.instance_path), rule, error.message, self.contract.line(pointer)))
        return found


@value
class Parameter:
    """`place`: path, query or header."""

    name: str
    place: str
    is_required: bool
    schema: Schema = field(hash=False)
    pointer: str


@value
class Answer:
    """One documented answer. `content`: schema by media type, empty for an empty body, or for the bare `text`, which
    has no media type. `is_injected`: only a fault makes it; `is_wrong_method`: it is what another method gets."""

    status: int
    content: Mapping[str, Schema] = field(hash=False)
    standing: str
    pointer: str
    is_injected: bool = False
    is_wrong_method: bool = False
    text: str = ""


@value
class Operation:
    """`pattern` matches whole decoded paths. `body`: schema by media type, empty if it takes none."""

    id: str
    method: str
    path: str
    pattern: re.Pattern[str]
    parameters: tuple[Parameter, ...]
    body: Mapping[str, Schema] = field(hash=False)
    is_body_required: bool
    answers: Mapping[int, Answer] = field(hash=False)
    needs_credentials: bool
    standing: str
    pointer: str


@value
class Webhook:
    """What the provider sends. `name` is the callback's, with `:variant` if one callback has several bodies."""

    name: str
    callback: str
    method: str
    content: Mapping[str, Schema] = field(hash=False)
    """By media type; `application/x-www-form-urlencoded` bodies are objects of texts."""
    standing: str
    pointer: str


class Contract:
    """One provider's document. Raises `UsageError` for a text that is no OpenAPI document."""

    def __init__(self, name: str, text: str) -> None:
        self.name, self._text = name, text
        document = yaml.load(text, Loader=LOADER)
        if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3.1"):
            raise UsageError(f"contract of {name}: expected an OpenAPI 3.1 document")
        self.document: dict[str, Any] = document
        self.registry = jsonschema_rs.Registry([(_URN, document)], draft=jsonschema_rs.Draft202012)

    def at(self, pointer: str) -> Any:
        """What stands at a JSON pointer."""
        found: Any = self.document
        for part in pointer.split("/")[1:]:
            key = unescaped(part)
            found = found[int(key)] if isinstance(found, list) else found[key]
        return found

    def has(self, pointer: str) -> bool:
        """Whether anything stands at a JSON pointer."""
        return pointer in self._lines

    def evidence(self, pointer: str) -> str:
        """The standing of the smallest part around `pointer` that says how it is known; "" if none does."""
        while pointer:
            found = self.at(pointer) if self.has(pointer) else None
            if isinstance(found, dict) and "x-evidence" in found:
                return _standing(found)
            pointer = pointer.rpartition("/")[0]
        return ""

    def line(self, pointer: str) -> int:
        """Where in the file it stands; the nearest known part of it, at worst."""
        lines = self._lines
        while pointer not in lines:
            pointer = pointer.rpartition("/")[0]
        return lines[pointer]

    @cached_property
    def _lines(self) -> dict[str, int]:
        lines: dict[str, int] = {"": 1}
        _number(yaml.compose(self._text, Loader=LOADER), "", lines)
        return lines

    def followed(self, pointer: str) -> str:
        """The pointer to what stands there, references followed."""
        found = self.at(pointer)
        while isinstance(found, dict) and isinstance(found.get("$ref"), str):
            pointer = unquote(found["$ref"].removeprefix("#"))
            found = self.at(pointer)
        return pointer

    @cached_property
    def operations(self) -> Mapping[str, Operation]:
        """By `operationId`, in the document's order."""
        made = (self._operation(path, method) for path, item in self._paths() for method in METHODS if method in item)
        return {operation.id: operation for operation in made}

    @cached_property
    def anywhere(self) -> Mapping[int, Answer]:
        """What any operation may answer, documented there or not: `x-anywhere`."""
        return {
            int(status): self._answer(f"/x-anywhere/{status}", status) for status in self.document.get("x-anywhere", {})
        }

    @cached_property
    def webhooks(self) -> Mapping[str, Webhook]:
        made = {}
        for name, item in self.document.get("webhooks", {}).items():
            for method in (each for each in METHODS if each in item):
                webhook = self._webhook(name, method)
                made[f"{name} {method}" if name in made else name] = webhook
        return made

    def find(self, method: str, path: str) -> Operation | None:
        """The operation that answers this decoded path, however the contract lets it be spelled (`x-also-spelled`,
        `x-trailing-slash`); of several, the one with the fewest variables."""
        path = self.spelled(path)
        is_either = self.document.get("x-trailing-slash") == "either"
        paths = {path, path.rstrip("/"), path.rstrip("/") + "/"} if is_either else {path}
        found = [
            each
            for each in self.operations.values()
            if each.method == method and any(map(each.pattern.fullmatch, paths))
        ]
        return min(found, key=lambda operation: operation.path.count("{"), default=None)

    def spelled(self, path: str) -> str:
        """The path that another one stands for, by `x-also-spelled`."""
        for also in self.document.get("x-also-spelled", ()):
            path = re.sub(also["from"], also["to"], path)
        return path

    def webhooks_of(self, callback: str) -> list[Webhook]:
        return [webhook for webhook in self.webhooks.values() if webhook.callback == callback]

    # --- reading -----------------------------------------------------------------------------------------------

    def _paths(self) -> Iterator[tuple[str, dict[str, Any]]]:
        yield from self.document.get("paths", {}).items()

    def _operation(self, path: str, method: str) -> Operation:
        pointer = f"/paths/{escaped(path)}/{method}"
        raw = self.at(pointer)
        shared = [
            f"/paths/{escaped(path)}/parameters/{i}"
            for i in range(len(self.at(f"/paths/{escaped(path)}").get("parameters", ())))
        ]
        own = [f"{pointer}/parameters/{index}" for index in range(len(raw.get("parameters", ())))]
        body = self.followed(f"{pointer}/requestBody") if "requestBody" in raw else ""
        return Operation(
            raw["operationId"], method.upper(), path, _pattern(path),
            tuple(self._parameter(each) for each in (*shared, *own)),
            self._content(body) if body else {}, bool(body) and self.at(body).get("required", False) is True,
            {int(status): self._answer(f"{pointer}/responses/{status}", status) for status in raw["responses"]},
            self._needs_credentials(raw), _standing(raw), pointer,
        )  # fmt: skip

    def _needs_credentials(self, raw: Mapping[str, Any]) -> bool:
        demands = raw.get("security", self.document.get("security", ()))
        return bool(demands) and {} not in demands

    def _parameter(self, pointer: str) -> Parameter:
        pointer = self.followed(pointer)
        raw = self.at(pointer)
        return Parameter(
            raw["name"], raw["in"], raw.get("required", False) is True, Schema(self, f"{pointer}/schema"), pointer
        )  # fmt: skip

    def _answer(self, pointer: str, status: str) -> Answer:
        pointer = self.followed(pointer)
        raw = self.at(pointer)
        return Answer(
            int(status), self._content(pointer), _standing(raw), pointer,
            raw.get("x-injected") is True, raw.get("x-wrong-method") is True, raw.get("x-text", ""),
        )  # fmt: skip

    def _content(self, pointer: str) -> dict[str, Schema]:
        return {
            kind: Schema(self, f"{pointer}/content/{escaped(kind)}/schema")
            for kind in self.at(pointer).get("content", {})
        }

    def _webhook(self, name: str, method: str) -> Webhook:
        pointer = f"/webhooks/{escaped(name)}/{method}"
        raw = self.at(pointer)
        body = self.followed(f"{pointer}/requestBody") if "requestBody" in raw else ""
        return Webhook(
            name, name.partition(":")[0], method.upper(), self._content(body) if body else {},
            _standing(raw), pointer,
        )  # fmt: skip


@cache
def load(name: str) -> Contract:
    """The contract with the provider of this name. Raises `UsageError` naming those that there are."""
    return Contract(name, text_of(name))


def _number(node: Any, pointer: str, lines: dict[str, int]) -> None:
    """The line of every key and item."""
    if isinstance(node, yaml.MappingNode):
        for key, inner in node.value:
            place = f"{pointer}/{escaped(key.value)}"
            lines[place] = key.start_mark.line + 1
            _number(inner, place, lines)
    elif isinstance(node, yaml.SequenceNode):
        for index, inner in enumerate(node.value):
            lines[f"{pointer}/{index}"] = inner.start_mark.line + 1
            _number(inner, f"{pointer}/{index}", lines)


def _pattern(path: str) -> re.Pattern[str]:
    parts = _VARIABLE.split(path)
    return re.compile("".join(re.escape(part) if index % 2 == 0 else "[^/]+" for index, part in enumerate(parts)))


def _standing(raw: Mapping[str, Any]) -> str:
    return str(raw.get("x-evidence", {}).get("standing", ""))


def escaped(part: object) -> str:
    """One key or index as a part of a JSON pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def unescaped(part: str) -> str:
    """The key that a part of a JSON pointer stands for."""
    return part.replace("~1", "/").replace("~0", "~")


def _shown(path: list[Any]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
