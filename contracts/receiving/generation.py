"""Bodies that a contract allows, as Hypothesis strategies: every optional key, every enum, unicode, extremes.

Written for the schemas that stand in our contracts, and no others: a keyword it does not know is an error. What comes
out is held against the schema itself, so that a mistake here is a mistake at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Final

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contracts.document import Schema, Webhook
from emulator.engine.values import value
from emulator.errors import UsageError

__all__ = ["Body", "bodies", "drawn", "instances", "merged", "resolved", "strategy_of", "texts_of", "understood"]

POOL: Final = 40
ODD: Final = (
    "]]> <3 & \"co\" 'n'", "a=b&c=d", "é ü ß", "", "<b>&amp;\"'</b>", "😀👩‍👩‍👧", "\u202edlrow", "x" * 1000, "नमस्ते",
    "漢字かな", "%2B+%20", "0", "null", "<", "&",
)  # fmt: skip
"""What people are called, and say, that a program may stumble over; what most do first."""
_ANNOTATIONS: Final = frozenset({"description", "summary", "default", "title"})
_UNDERSTOOD: Final = frozenset({
    "type", "enum", "const", "pattern", "format", "minLength", "maxLength", "minimum", "maximum", "items", "minItems",
    "maxItems", "properties", "required", "additionalProperties", "unevaluatedProperties", "patternProperties", "oneOf",
    "anyOf", "allOf", "$ref", "minProperties", "if", "then",
})  # fmt: skip
_TEXT: Final = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40) | st.sampled_from(
    ODD
)
_ANY: Final = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3), max_leaves=4,
)  # fmt: skip

Strategy = st.SearchStrategy[Any]


@value
class Body:
    """One legal callback: `value` is the object, `kind` its media type."""

    kind: str
    value: Any


def bodies(webhook: Webhook) -> Strategy:
    """Every legal body of a webhook, in every media type it comes in."""
    kinds = [st.builds(Body, st.just(kind), instances(schema)) for kind, schema in webhook.content.items()]
    return st.one_of(kinds)


def instances(schema: Schema) -> Strategy:
    """Everything that `schema` allows. Raises `UsageError` for a keyword that is not understood here."""
    return strategy_of(schema, schema.raw).filter(lambda made: not schema.problems(made))


def strategy_of(schema: Schema, raw: Any) -> Strategy:
    """Of a part of `schema`, as it is written."""
    if raw is True:
        return _ANY
    raw = understood(schema, resolved(schema, raw))
    if "const" in raw:
        return st.just(raw["const"])
    if "enum" in raw:
        return st.sampled_from(raw["enum"])
    for key in ("oneOf", "anyOf"):
        if key in raw:
            rest = {name: told for name, told in raw.items() if name != key}
            return st.one_of(*(strategy_of(schema, merged(schema, rest, each)) for each in raw[key]))
    kinds = raw.get("type", "object" if "properties" in raw else None)
    if kinds is None:
        return _ANY
    named = kinds if isinstance(kinds, list) else [kinds]
    return st.one_of(*(_KINDS[kind](schema, raw) for kind in named))


def understood(schema: Schema, raw: dict[str, Any]) -> dict[str, Any]:
    """The same. Raises `UsageError` for a keyword that it has and we do not know."""
    unknown = {key for key in raw if not key.startswith("x-")} - _UNDERSTOOD - _ANNOTATIONS
    if unknown:
        raise UsageError(f"{schema.pointer}: cannot generate for {', '.join(sorted(unknown))}")
    return raw


def resolved(schema: Schema, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Without `$ref` and `allOf`."""
    made = dict(raw)
    if "$ref" in made:
        target = schema.contract.at(made.pop("$ref").removeprefix("#"))
        made = merged(schema, made, target)
    for each in made.pop("allOf", ()):
        made = merged(schema, made, each)
    return made


def merged(schema: Schema, one: Mapping[str, Any], other: Any) -> dict[str, Any]:
    """What both say; of two values of one keyword, the later, narrower one."""
    if other is True:
        return dict(one)
    two = resolved(schema, other)
    made = {**two, **one}
    if "properties" in one and "properties" in two:
        made["properties"] = {**two["properties"], **one["properties"]}
    if "required" in one and "required" in two:
        made["required"] = [*two["required"], *one["required"]]
    return made


def _text(schema: Schema, raw: Mapping[str, Any]) -> Strategy:
    if raw.get("format") == "uuid":
        return st.uuids(version=4).map(str)
    if (pool := texts_of(raw)) is not None:
        return st.sampled_from(pool)
    least, most = raw.get("minLength", 0), raw.get("maxLength", 10_000)
    return _TEXT.filter(lambda text: least <= len(text) <= most)


def texts_of(raw: Mapping[str, Any]) -> list[str] | None:
    """A few texts of a pattern, the simplest first: one choice where building a text takes twenty. None if any will
    do."""
    if "x-strftime" in raw:
        return _instants(raw["x-strftime"], may_be_empty=re.search(raw.get("pattern", ""), "") is not None)
    return _matching(raw["pattern"]) if "pattern" in raw else None


@cache
def _instants(form: str, *, may_be_empty: bool) -> list[str]:
    """A pattern would allow a thirteenth month."""
    made = st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31)).map(
        lambda at: at.strftime(form.replace("%L", f"{at.microsecond // 1000:03d}"))
    )
    return _simplest_first(made | st.just("") if may_be_empty else made)


@cache
def _matching(pattern: str) -> list[str]:
    return _simplest_first(st.from_regex(re.compile(pattern, re.ASCII), fullmatch=pattern.endswith("$")))


def _simplest_first(strategy: st.SearchStrategy[str]) -> list[str]:
    return sorted(drawn(strategy, POOL), key=lambda text: (len(text), text))


def drawn(strategy: Strategy, count: int) -> list[Any]:
    """So many values of a strategy at most, each once, always the same."""
    found: dict[str, Any] = {}

    @settings(
        max_examples=count, database=None, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def draw(told: Any) -> None:
        found.setdefault(repr(told), told)

    draw()
    return list(found.values())


def _number(schema: Schema, raw: Mapping[str, Any]) -> Strategy:
    return st.integers(raw.get("minimum"), raw.get("maximum", 2**31))


def _list(schema: Schema, raw: Mapping[str, Any]) -> Strategy:
    return st.lists(
        strategy_of(schema, raw.get("items", True)), min_size=raw.get("minItems", 0), max_size=raw.get("maxItems", 3)
    )  # fmt: skip


def _object(schema: Schema, raw: Mapping[str, Any]) -> Strategy:
    required = set(raw.get("required", ()))
    parts = {name: strategy_of(schema, inner) for name, inner in raw.get("properties", {}).items()}
    if not parts and not required:
        return st.dictionaries(_TEXT, strategy_of(schema, raw.get("additionalProperties", True)), max_size=3)
    parts = {**parts, **dict.fromkeys(required - set(parts), _ANY)}
    return st.fixed_dictionaries(
        {name: parts[name] for name in parts if name in required},
        optional={name: parts[name] for name in parts if name not in required},
    )


_KINDS: Final[dict[str, Any]] = {
    "string": _text,
    "integer": _number,
    "number": _number,
    "boolean": lambda schema, raw: st.booleans(),
    "null": lambda schema, raw: st.none(),
    "array": _list,
    "object": _object,
}
