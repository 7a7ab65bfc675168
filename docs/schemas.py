"""JSON Schema as Markdown: what a thing may be in a few words, and its fields in a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from docs.generate import rows

__all__ = ["cell", "fields", "phrase", "sections"]

Schema = Mapping[str, Any]
MOST: Final = (1 << 53) - 1
"""What every JSON reader can count to: no limit worth naming."""


def cell(text: str) -> str:
    """Text of one cell: no line breaks, no bars, nothing that reads as HTML outside of code."""
    parts = " ".join(text.split()).replace("|", "\\|").split("`")
    return "`".join(part if at % 2 else part.replace("<", "&lt;") for at, part in enumerate(parts))


def phrase(schema: Schema) -> str:
    """`string`, `integer from 0`, `list of Reaction` with links to the sections of named schemas."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(each)}`" for each in schema["enum"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(phrase(each) for each in schema[key]))
    kinds = schema.get("type", "anything")
    return " or ".join(_kind(kind, schema) for kind in (kinds if isinstance(kinds, list) else [kinds]))


def _kind(kind: str, schema: Schema) -> str:
    if kind == "array":
        return f"list of {phrase(schema['items'])}" if schema.get("items") else "list"
    if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {phrase(schema['additionalProperties'])}"
    if kind in ("integer", "number"):
        low, high = schema.get("minimum"), schema.get("maximum")
        high = None if high == MOST else high
        return kind + (f" from {low}" if low is not None else "") + (f" to {high}" if high is not None else "")
    return kind


def fields(schema: Schema) -> str:
    """A table of the properties, or what it is if it has none."""
    properties: Mapping[str, Schema] = schema.get("properties", {})
    if not properties:
        return phrase(schema)
    required = schema.get("required", ())
    table = [("field", "is", "default", "means")]
    for name, given in properties.items():
        default = "required" if name in required else f"`{json.dumps(given['default'])}`" if "default" in given else ""
        table.append((f"`{name}`", phrase(given), default, cell(given.get("description", ""))))
    return rows(*table)


def sections(schemas: Mapping[str, Schema], level: str = "###") -> Iterator[str]:
    """One per named schema."""
    for name, schema in sorted(schemas.items()):
        yield f"{level} {name}"
        if schema.get("description"):
            yield schema["description"]
        yield fields(schema)
