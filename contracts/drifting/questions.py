"""What a contract lets one ask without knowing an account: ids by its links, pages by its parameters, ids of nobody."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from contracts.document import Contract, Operation, Parameter, unescaped
from emulator.engine.values import field, value

__all__ = ["Linked", "Pages", "links_of", "nobody", "paged", "readable", "required", "resolved"]

BODY: Final = "$response.body#"
QUERY: Final = "$request.query."
NOBODY: Final = (
    "00000000-0000-4000-8000-000000000000",
    "2147483000",
    "nobody-of-this-name",
    "+19990000000",
    "X0000000",
)
SIZE: Final = 20
"""Of a page that has to have a size."""


@value
class Linked:
    """What an answer says of another operation: expressions by the names of its parameters."""

    target: str
    parameters: Mapping[str, str] = field(hash=False)


@value
class Pages:
    """How a list is asked for one item, and for the next. `key` of the list in the answer; "" if it is all of it."""

    turns: tuple[Mapping[str, Any], ...] = field(hash=False)
    key: str
    pointer: str

    def items(self, parsed: Any) -> list[Any] | None:
        found = parsed.get(self.key) if self.key and isinstance(parsed, dict) else parsed
        return found if isinstance(found, list) else None


def readable(contract: Contract) -> dict[str, Operation]:
    """Every GET, by its id, but those that change something: `x-changes` says so, of it or of what it cannot be
    without."""
    return {
        id: each for id, each in contract.operations.items()
        if each.method == "GET" and not contract.at(each.pointer).get("x-changes")
        and not any(contract.at(told.pointer).get("x-changes") for told in each.parameters if told.is_required)
    }  # fmt: skip


def links_of(contract: Contract) -> dict[str, tuple[Linked, ...]]:
    """From each operation, by its id, to others that only read."""
    found = {}
    for operation in contract.operations.values():
        links = []
        for status, answer in operation.answers.items():
            for raw in contract.at(answer.pointer).get("links", {}).values() if status < 300 else ():
                target = contract.operations.get(raw.get("operationId", ""))
                if target is not None and target.method == "GET":
                    from_here = {
                        name.removeprefix("path."): told for name, told in raw.get("parameters", {}).items()
                        if not str(told).startswith("$request.path.")
                    }  # fmt: skip
                    links.append(Linked(target.id, from_here))
        found[operation.id] = tuple(links)
    return found


def resolved(expression: Any, query: Mapping[str, Any], body: Any) -> Any:
    """What a link's expression stands for, of what was asked and answered; None if there is nothing there."""
    if isinstance(expression, str) and expression.startswith(QUERY):
        return query.get(expression.removeprefix(QUERY))
    if not isinstance(expression, str) or not expression.startswith(BODY):
        return expression
    found = body
    for part in expression.removeprefix(BODY).split("/")[1:]:
        key = unescaped(part)
        if isinstance(found, list) and key.isdigit() and int(key) < len(found):
            found = found[int(key)]
        elif isinstance(found, dict):
            found = found.get(key)
        else:
            return None
    return found


def required(operation: Operation) -> dict[str, Any]:
    """The query that it cannot be without: defaults, first pages, pages of a modest size."""
    return {each.name: _least(each) for each in operation.parameters if each.place == "query" and each.is_required}


def _least(parameter: Parameter) -> Any:
    raw = parameter.schema.contract.at(parameter.schema.contract.followed(parameter.schema.pointer))
    if "default" in raw:
        return raw["default"]
    if "enum" in raw:
        return raw["enum"][0]
    if "maximum" in raw:
        return min(raw["maximum"], SIZE)
    return raw.get("minimum", 1)


def nobody(parameter: Parameter) -> Any:
    """A value of a path's variable that it may have, and that is nobody's; None if we know none."""
    for text in NOBODY:
        for told in (text, int(text) if re.fullmatch(r"\d+", text) else None):
            if told is not None and not parameter.schema.problems(told):
                return told
    return None


def paged(contract: Contract, operation: Operation, whole: Any) -> Pages | None:
    """How to turn the pages of a list that has two items or more; None if it has fewer, or no pages."""
    size = next((each for each in operation.parameters if "x-page-size" in contract.at(each.pointer)), None)
    key = (
        next((name for name, told in whole.items() if isinstance(told, list)), None) if isinstance(whole, dict) else ""
    )
    if size is None or key is None:
        return None
    items = whole[key] if key else whole
    if not isinstance(items, list) or len(items) < 2:
        return None
    names = {each.name for each in operation.parameters}
    one = {size.name: 1}
    if "page" in names:
        return Pages(({**one, "page": 1}, {**one, "page": 2}), key, size.pointer)
    if "offset" in names:
        return Pages(({**one, "offset": 0}, {**one, "offset": 1}), key, size.pointer)
    return Pages((one,), key, size.pointer)
