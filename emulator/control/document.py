"""The OpenAPI 3.1 document, made from the operations that the routes are made from, and from their types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from msgspec import inspect

from emulator import __version__
from emulator.control.errors import CODES, SOURCE_CODES
from emulator.control.far_end_schema import SCHEMAS
from emulator.control.operations import Operation
from emulator.control.requests import Settings
from emulator.runtime.exchange import Exchange

__all__ = ["BASE", "openapi"]

BASE: Final = "/_control/v1"
_REF: Final = "#/components/schemas/"

_PARAMETERS: Final = {
    "sandbox": "The sandbox's id.",
    "call": "The call's id, or the vendor's own id of one of its legs.",
    "delivery": "The delivery's id.",
    "vendor": "The vendor's name.",
}

_TAGS: Final = {
    "sandboxes": "Isolated worlds, each with its own accounts, calls, clock and journal.",
    "clock": "A virtual clock stands still until it is told.",
    "calls": "What happened on the line, and to whom.",
    "deliveries": "What the application was told, and what it answered.",
    "scenario": "Who is on the other end.",
    "faults": "Bad days: what goes wrong on purpose, and how often it did.",
    "settings": "What a vendor keeps in its web panel.",
    "journal": "Everything, in order.",
    "answers": "How the providers' answers vary, within their contracts.",
    "violations": "What broke the providers' contracts, in a strict sandbox.",
    "not yet": "Named, and answered with 501.",
    "document": "This document.",
}

_ENTRY: Final[dict[str, Any]] = {
    "title": "JournalEntry",
    "description": "One thing that happened. What else it has depends on its `kind`.",
    "type": "object",
    "properties": {
        "seq": {"type": "integer", "minimum": 1},
        "at": {"type": "string", "format": "date-time"},
        "sandbox": {"type": "string"},
        "vendor": {"type": "string", "description": "Empty for what concerns none."},
        "call": {"type": ["string", "null"]},
        "kind": {"type": "string"},
    },
    "required": ["seq", "at", "sandbox", "vendor", "call", "kind"],
    "additionalProperties": True,
}


def openapi(operations: Sequence[Operation], exchange: Exchange) -> dict[str, Any]:
    """Complete and true for this exchange: its vendors' settings are in it."""
    panels = [vendor.settings for vendor in exchange.vendors.values()]
    bodies = [body for operation in operations for body in (operation.body, operation.answer) if _is_named(body)]
    wanted = list(dict.fromkeys([*bodies, *panels]))
    refs, schemas = msgspec.json.schema_components(wanted, ref_template=_REF + "{name}")
    by_type = dict(zip(wanted, refs, strict=True))
    settings = {"anyOf": [by_type[panel] for panel in panels]} if panels else {"type": "object"}
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        schema = {"body": settings, "answer": settings}
        for place, given in (("body", operation.body), ("answer", operation.answer)):
            if given is not Settings and given is not None:
                schema[place] = by_type.get(given, {})
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, schema, exchange)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Ringback control API",
            "version": __version__,
            "description": "The one way into a running Ringback: sandboxes, their clocks, calls and deliveries.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": BASE}],
        "security": [{}, {"token": []}],
        "tags": [{"name": name, "description": text} for name, text in _TAGS.items()],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "Wanted when the server has a token or is bound wider than loopback.",
                }
            },
            "schemas": {**schemas, **SCHEMAS, "JournalEntry": _ENTRY, "Error": _error()},
        },
    }


def _is_named(body: Any) -> bool:
    return isinstance(body, type)


def _operation(operation: Operation, schema: dict[str, Any], exchange: Exchange) -> dict[str, Any]:
    made: dict[str, Any] = {"operationId": operation.name, "summary": operation.summary, "tags": [operation.tag]}
    parameters = [*_in_path(operation.path, exchange), *_in_query(operation.query)]
    if parameters:
        made["parameters"] = parameters
    if operation.body is not None:
        made["requestBody"] = {
            "required": _has_required(operation.body),
            "content": {"application/json": {"schema": schema["body"]}},
        }
    made["responses"] = {**_success(operation, schema["answer"]), **_refusals(operation)}
    return made


def _in_path(path: str, exchange: Exchange) -> Iterable[dict[str, Any]]:
    for name in re.findall(r"{(\w+)}", path):
        schema: dict[str, Any] = {"type": "string"}
        if name == "vendor" and exchange.vendors:
            schema["enum"] = list(exchange.vendors)
        yield {"name": name, "in": "path", "required": True, "description": _PARAMETERS[name], "schema": schema}


def _in_query(query: type[Any]) -> Iterable[dict[str, Any]]:
    described = msgspec.json.schema(query)
    properties = described["$defs"][query.__name__]["properties"]
    for name, schema in properties.items():
        parameter = {"name": name, "in": "query", "required": False, "schema": _not_null(schema)}
        if "description" in parameter["schema"]:
            parameter["description"] = parameter["schema"].pop("description")
        yield parameter


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """A query has no null: a parameter is there or it is not."""
    rest = {key: given for key, given in schema.items() if key != "anyOf" and (key, given) != ("default", None)}
    for part in schema.get("anyOf", ()):
        if part != {"type": "null"}:
            rest.update(part)
    return {**rest, "enum": [text for text in rest["enum"] if text is not None]} if "enum" in rest else rest


def _has_required(body: Any) -> bool:
    node = inspect.type_info(body)
    return isinstance(node, inspect.StructType) and any(field.required for field in node.fields)


def _success(operation: Operation, schema: dict[str, Any]) -> dict[str, Any]:
    if set(operation.refusals) == {"not_emulated"}:
        return {}
    told: dict[str, Any] = {"description": operation.summary}
    if operation.media != "application/json":
        text = "Each line" if operation.media.endswith("jsonl") else "The `data` of each event"
        described = {"type": "string", "description": f"{text} is a JournalEntry."}
        told["content"] = {operation.media: {"schema": {**described, "x-item": {"$ref": f"{_REF}JournalEntry"}}}}
    elif operation.answer is not None:
        told["content"] = {"application/json": {"schema": schema}}
    return {str(operation.status): told}


def _refusals(operation: Operation) -> dict[str, Any]:
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys([*operation.all_refusals, *sorted(SOURCE_CODES)]):
        by_status.setdefault(CODES[code].status, []).append(code)
    return {
        str(status): {
            "description": " ".join(f"`{code}`: {CODES[code].meaning}" for code in codes),
            "content": {"application/json": {"schema": {"$ref": f"{_REF}Error"}}},
        }
        for status, codes in sorted(by_status.items())
    }


def _error() -> dict[str, Any]:
    meanings = "\n".join(f"- `{code}` ({row.status}): {row.meaning}" for code, row in CODES.items())
    fields = {
        "code": {"enum": list(CODES), "description": f"Stable.\n{meanings}"},
        "message": {"type": "string", "description": "Where, what came, what would have done."},
        "hint": {"type": "string", "description": "What to do about it; may be empty."},
    }
    inner = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    return {
        "title": "Error",
        "description": "Every refusal, whatever its status.",
        "type": "object",
        "properties": {"error": inner},
        "required": ["error"],
        "additionalProperties": False,
    }
