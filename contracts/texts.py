"""Webhooks whose fields travel as texts: behind the URL's own query (`x-by-get`), or in a form (`x-by-form`).

A contract describes the body of a POST. `x-by-get` says what of it a GET must carry: `required` (what the body must,
without it), and whether `nulls` are `omitted`. What is no text in the body is its JSON here. A query may hold more: the
URL's own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from contracts.document import Problem, Schema

__all__ = ["form_problems", "query_problems"]

_FIELD: Final = re.compile(r"\$\.([^.\[]+)")
_MISSING: Final = re.compile(r'"(.+)" is a required property')
_CLOSED: Final = ("additionalProperties", "unevaluatedProperties")


def form_problems(schema: Schema, told: Mapping[str, str]) -> list[Problem]:
    """Of a body that is a form instead of JSON."""
    return schema.problems(_typed(schema, told, has_nulls=True))


def query_problems(schema: Schema, told: Mapping[str, str], rule: Mapping[str, Any]) -> list[Problem]:
    """Of a GET that carries what `rule` (`x-by-get`) says."""
    required = rule.get("required")
    typed = _typed(schema, told, has_nulls=required is not None or rule.get("nulls") != "omitted")
    return [
        problem
        for problem in schema.problems(typed)
        if problem.rule not in _CLOSED
        and (problem.rule != "required" or required is None or _missing(problem) in required)
    ]


def _typed(schema: Schema, told: Mapping[str, str], has_nulls: bool) -> dict[str, Any]:
    """The fields as the body would have them: JSON where a text will not do, null where one is omitted."""
    typed: dict[str, Any] = dict(told)
    for problem in schema.problems(typed):
        name = _FIELD.match(problem.where)
        if name is not None and isinstance(text := typed.get(name[1]), str):
            typed[name[1]] = _json(text)
        if problem.rule == "required" and not has_nulls:
            typed[_missing(problem)] = None
    return typed


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _missing(problem: Problem) -> str:
    found = _MISSING.match(problem.text)
    return found[1] if found is not None else ""
