"""A client's request, held against the contract: everything in it that its provider does not document.

What the provider tolerates is wrong here too: another spelling of a path, a form where JSON is documented, a name that
is ignored. Values are judged as far as they are documented, and nothing is asked of the account: whether a number or a
call is there is no matter of the contract.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Final
from urllib.parse import parse_qsl

from contracts.checks import FORM, media_type
from contracts.document import Contract, Operation, Parameter, Schema, escaped
from contracts.requesting.fields import NOTHING, Fault, faults_of, flagged, unknown_name
from contracts.requesting.paths import Located, locate
from contracts.schema_words import shown, words
from emulator.engine.values import value

__all__ = ["Violation", "check_request"]

Headers = Sequence[tuple[str, str]]
_EMPTY: Final = (b"", b"{}", b"null", b'""')
_HEADERS: Final = 0.75


@value
class Violation:
    """One thing that is wrong. `field`: which part of the request (`body.answer_url`); `sent`: as JSON, None if nothing
    was; `line` and `standing` are the contract's."""

    operation: str
    field: str
    rule: str
    text: str
    line: int
    sent: str | None
    right: str
    standing: str

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def check_request(
    contract: Contract, method: str, path: str, query: str, headers: Headers, body: bytes, *, is_gap: bool = False
) -> list[Violation]:
    """`path` is decoded and below the provider's base URL, `query` raw; the names of `headers` are in lower case.

    `is_gap`: the provider has it, and the emulator not yet, so that the contract may not know it."""
    if method == "OPTIONS":
        return []
    located = locate(contract, method, path)
    if located is None or (is_gap and located.operation is None):
        return []
    operation = located.operation
    faults = list(_path(contract, located, method, path))
    if operation is not None:
        faults += flagged(contract.at(operation.pointer), "method", method, operation.pointer, operation.id)
        faults += _variables(operation, located)
        faults += _query(operation, query)
        faults += _headers(contract, operation, headers)
        faults += _body(operation, headers, body)
    return [_violation(contract, operation, fault) for fault in faults]


def _violation(contract: Contract, operation: Operation | None, fault: Fault) -> Violation:
    standing = contract.evidence(fault.pointer) or (operation.standing if operation is not None else "documented")
    return Violation(
        operation.id if operation is not None else "", fault.field, fault.rule, fault.text,
        contract.line(fault.pointer), None if fault.sent is NOTHING else shown(fault.sent), fault.right, standing,
    )  # fmt: skip


# --- the path --------------------------------------------------------------------------------------------------


def _path(contract: Contract, located: Located, method: str, path: str) -> Iterator[Fault]:
    if not located.wrong:
        return
    pointer = located.operation.pointer if located.operation is not None else "/paths"
    if located.wrong == "method":
        right = " or ".join(located.methods)
        text = f"{method} is not documented for this path"
        yield Fault("method", "method", text, method, right, pointer)
    elif located.wrong == "path":
        text = "there is no such path" + ("; perhaps another is meant" if located.path else "")
        yield Fault("path", "unknown", text, path, located.path or "a path that the contract has", pointer)
    else:
        what = "a slash at the end" if located.wrong == "slash" else "capitals and small letters"
        text = f"the path is documented in another spelling: look at {what}"
        yield Fault("path", located.wrong, text, path, located.path, pointer)


def _variables(operation: Operation, located: Located) -> Iterator[Fault]:
    for parameter in operation.parameters:
        if parameter.place == "path":
            text = located.variables[parameter.name]
            yield from faults_of(parameter.schema, _read(parameter.schema, text), f"path.{parameter.name}")


# --- the query -------------------------------------------------------------------------------------------------


def _query(operation: Operation, query: str) -> Iterator[Fault]:
    known = {parameter.name: parameter for parameter in operation.parameters if parameter.place == "query"}
    sent: dict[str, list[str]] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        sent.setdefault(name, []).append(text)
    meant = set()
    for name, texts in sent.items():
        if name in known:
            yield from _parameter(known[name], texts)
        else:
            pointer = f"{operation.pointer}/parameters" if known else operation.pointer
            fault = unknown_name("query", name, known, texts[0], pointer, "parameter")
            meant.add(fault.means)
            yield fault
    for name, parameter in known.items():
        if parameter.is_required and name not in sent and f"query.{name}" not in meant:
            yield _missing(parameter, f"query.{name}")


def _parameter(parameter: Parameter, texts: list[str]) -> Iterator[Fault]:
    field = f"query.{parameter.name}"
    raw = parameter.schema.contract.at(parameter.pointer)
    yield from flagged(raw, field, texts[0], parameter.pointer)
    if parameter.schema.kinds == ("array",):
        yield from faults_of(parameter.schema, texts, field)
        return
    if len(texts) > 1:
        yield Fault(field, "repeated", f"it was sent {len(texts)} times", texts, "send it once", parameter.pointer)
    yield from faults_of(parameter.schema, _read(parameter.schema, texts[-1]), field)


def _missing(parameter: Parameter, field: str) -> Fault:
    right = f"send {parameter.name}: {words(parameter.schema.contract, parameter.schema.pointer)}"
    return Fault(field, "required", f"{parameter.name} is missing", NOTHING, right, parameter.pointer)


def _read(schema: Schema, text: str) -> Any:
    """A text of the wire as the schema's type, or as it is if it is none of these."""
    kinds = schema.kinds
    if "string" in kinds:
        return text
    if "integer" in kinds and re.fullmatch(r"-?[0-9]{1,200}", text):
        return int(text)
    if "number" in kinds and re.fullmatch(r"-?[0-9]{1,200}(\.[0-9]{1,200})?([eE][+-]?[0-9]{1,2})?", text):
        return float(text)
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    raw = schema.contract.at(schema.contract.followed(schema.pointer))
    return next((each for each in raw.get("enum", ()) if str(each) == text), text)


# --- the headers -----------------------------------------------------------------------------------------------


def _headers(contract: Contract, operation: Operation, headers: Headers) -> Iterator[Fault]:
    sent = dict(headers)
    for parameter in operation.parameters:
        if parameter.place == "header":
            field, text = f"header.{parameter.name.lower()}", sent.get(parameter.name.lower())
            if text is not None:
                yield from faults_of(parameter.schema, _read(parameter.schema, text), field)
            elif parameter.is_required:
                yield _missing(parameter, field)
    raw = contract.at(operation.pointer)
    is_own = "security" in raw
    demands = raw["security"] if is_own else contract.document.get("security", ())
    lacking = [[fault for name in demand for fault in _scheme(contract, name, sent)] for demand in demands]
    if lacking and all(lacking):
        yield from min(lacking, key=len)


def _scheme(contract: Contract, name: str, sent: Mapping[str, str]) -> Iterator[Fault]:
    """What is missing of one way to say who is asking. No secret is repeated."""
    pointer = f"/components/securitySchemes/{name}"
    raw = contract.at(pointer)
    if raw["type"] == "apiKey":
        header = raw["name"]
        if header.lower() not in sent:
            near = get_close_matches(header.lower(), sent, 1, _HEADERS)
            text = f"{header} is missing" + (f"; {near[0]} was sent" if near else "")
            yield Fault(f"header.{header.lower()}", "required", text, NOTHING, f"send {header}", pointer)
    elif raw["type"] == "http":
        word = sent.get("authorization", "").partition(" ")[0]
        if word.lower() != raw["scheme"].lower():
            right = f"Authorization: {raw['scheme'].capitalize()} ..."
            text = f"{word} is not a documented scheme" if word else "Authorization is missing"
            yield Fault("header.authorization", "required", text, f"{word} ..." if word else NOTHING, right, pointer)


# --- the body --------------------------------------------------------------------------------------------------


def _body(operation: Operation, headers: Headers, body: bytes) -> Iterator[Fault]:
    stripped = body.strip()
    pointer = f"{operation.pointer}/requestBody" if operation.body else operation.pointer
    if not operation.body:
        if stripped not in _EMPTY:
            text = f"{operation.id} takes no body"
            yield Fault("body", "undocumented", text, stripped[:200].decode(errors="replace"), "leave it out", pointer)
        return
    if not stripped:
        if operation.is_body_required:
            yield Fault("body", "required", "the body is missing", NOTHING, " or ".join(operation.body), pointer)
        return
    kind = media_type(headers)
    if kind not in operation.body:
        text = f"{kind} is not a documented content type" if kind else "Content-Type is missing"
        right = " or ".join(operation.body)
        yield Fault("header.content-type", "content-type", text, kind or NOTHING, right, f"{pointer}/content")
    schema = operation.body.get(kind) or next(iter(operation.body.values()))
    yield from _fields(schema, kind, stripped, pointer)


def _fields(schema: Schema, kind: str, body: bytes, pointer: str) -> Iterator[Fault]:
    if kind.startswith("multipart/"):
        return  # said already
    try:
        is_form = kind == FORM and body[:1] not in b"{["
        instance: Any = _form(schema, body.decode()) if is_form else json.loads(body, parse_constant=_no_number)
        yield from faults_of(schema, instance, "body")
    except (ValueError, RecursionError) as problem:
        told = body[:200].decode(errors="replace")
        yield Fault("body", "content", f"the body cannot be read: {problem}", told, "an object in UTF-8", pointer)


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number of JSON")


def _form(schema: Schema, text: str) -> dict[str, Any]:
    """A form's texts as the fields that JSON would have, `to[number]` one in `to`: types are no matter of a form."""
    contract = schema.contract
    made: dict[str, Any] = {}
    for name, told in parse_qsl(text, keep_blank_values=True):
        *outer, last = [part.rstrip("]") for part in name.split("[")]
        place, inner = schema.pointer, made
        for part in outer:
            place = _property(contract, place, part)
            held = inner.setdefault(part, {})
            inner = held if isinstance(held, dict) else {}
        place = _property(contract, place, last)
        inner[last] = _read(Schema(contract, place), told) if contract.has(place) else told
    return made


def _property(contract: Contract, pointer: str, name: str) -> str:
    """Where the property of the object there is, if it has one."""
    place = contract.followed(pointer) if contract.has(pointer) else pointer
    return f"{place}/properties/{escaped(name)}"
