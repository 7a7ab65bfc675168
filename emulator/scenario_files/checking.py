"""Plain data against the JSON Schema of a scenario: every problem at its place, with the nearest word that would do.

It understands as much of JSON Schema as `schema` uses, in whole sentences; what no schema can say, the readers of
`emulator.scenarios` say after it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from emulator.engine.values import value
from emulator.errors import UsageError
from emulator.scenario_files.problems import Path, Problem, shown_path
from emulator.scenario_files.reading import Document
from emulator.scenario_files.schema import PARTS, SCHEMA
from emulator.scenarios.scenario import Scenario

__all__ = ["Finding", "checked", "nearest", "placed", "problem_of"]

_SHOWN: Final = 60
_KEYS: Final = "keys of 0-9*#A-D (and w, W to wait)"
_WORDS: Final[Mapping[str, str]] = {
    "Span": 'a span such as "3s" or 2.5 (seconds), or a range such as "3s..12s"',
    "FixedSpan": 'a span such as "3s" or 2.5 (seconds)',
}
_TYPES: Final[Mapping[str, tuple[type, ...]]] = {
    "string": (str,), "number": (int, float), "integer": (int,), "boolean": (bool,), "object": (dict,),
    "array": (list, tuple), "null": (type(None),),
}  # fmt: skip
_TYPE_WORDS: Final[Mapping[str, str]] = {
    "string": "text", "number": "a number", "integer": "a whole number", "boolean": "true or false",
    "object": "keys and values", "array": "a list", "null": "nothing",
}  # fmt: skip


@value
class Finding:
    """What is wrong at a path. `is_key`: it is the key there, not its value."""

    path: Path
    message: str
    is_key: bool = False


def checked(document: Document) -> tuple[Any, list[Finding]]:
    """The scenario as a sandbox takes it, with text where text was meant, and everything that is wrong with it."""
    walk = _Walk(document.sources)
    data = walk.visit(document.data, SCHEMA, ())
    if not walk.found:
        walk.found += _read(data, document)
    return data, walk.found


def problem_of(finding: Finding, document: Document) -> Problem:
    return document.problem(finding.message, finding.path, shown_path(finding.path), is_key=finding.is_key)


def nearest(word: object, known: Iterable[str]) -> str:
    """`; perhaps 'busy'` for what was perhaps meant, or nothing."""
    close = get_close_matches(str(word), list(known), 1, 0.5)
    return f"; perhaps {close[0]!r}" if close else ""


class _Walk:
    def __init__(self, sources: Mapping[Path, str]) -> None:
        self._sources = sources
        self.found: list[Finding] = []

    def visit(self, data: Any, schema: Mapping[str, Any], path: Path) -> Any:
        """`data` with text where text is wanted; what is wrong is in `found`."""
        if "$ref" in schema:
            name = schema["$ref"].removeprefix("#/$defs/")
            return self._part(data, name, path)
        if "anyOf" in schema:
            return self._any(data, schema["anyOf"], path)
        if data is not None and "string" in schema.get("type", ()) and path in self._sources:
            data = self._sources[path]
        if not self._is_plain_right(data, schema, path):
            return data
        if isinstance(data, dict):
            return self._object(data, schema, path)
        if isinstance(data, list) and "items" in schema:
            if len(data) < schema.get("minItems", 0):
                self._say(path, "expected a list of one or more, got an empty one")
            return [self.visit(item, schema["items"], (*path, index)) for index, item in enumerate(data)]
        return data

    def _say(self, path: Path, message: str, is_key: bool = False) -> None:
        self.found.append(Finding(path, message, is_key))

    def _part(self, data: Any, name: str, path: Path) -> Any:
        if name not in _WORDS:
            return self.visit(data, PARTS[name], path)
        if not _fits(data, PARTS[name]):
            self._say(path, f"expected {_WORDS[name]}, got {_shown(data)}")
        return data

    def _any(self, data: Any, alternatives: list[Mapping[str, Any]], path: Path) -> Any:
        """One of a part and null."""
        if data is None and {"type": "null"} in alternatives:
            return data
        return self.visit(data, alternatives[0], path)

    def _is_plain_right(self, data: Any, schema: Mapping[str, Any], path: Path) -> bool:
        before = len(self.found)
        kinds = schema.get("type", ())
        kinds = [kinds] if isinstance(kinds, str) else kinds
        if kinds and not any(_is(data, kind) for kind in kinds):
            words = " or ".join(_TYPE_WORDS[kind] for kind in kinds if kind != "null" or len(kinds) == 1)
            self._say(path, f"expected {words}, got {_shown(data)}")
        elif "const" in schema and (data != schema["const"] or type(data) is not type(schema["const"])):
            self._say(path, f"expected {_shown(schema['const'])}, got {_shown(data)}")
        elif "enum" in schema and data not in schema["enum"]:
            known = ", ".join(map(str, schema["enum"]))
            self._say(path, f"expected one of {known}, got {_shown(data)}{nearest(data, schema['enum'])}")
        elif isinstance(data, str):
            self._text(data, schema, path)
        elif isinstance(data, int | float) and not isinstance(data, bool):
            self._number(data, schema, path)
        return len(self.found) == before

    def _text(self, data: str, schema: Mapping[str, Any], path: Path) -> None:
        if len(data) < schema.get("minLength", 0):
            self._say(path, "expected some text, got none")
        elif "pattern" in schema and not re.search(schema["pattern"], data, re.ASCII):
            words = _KEYS if path[-1:] == ("press",) else f"text like {schema['pattern']}"
            self._say(path, f"expected {words}, got {_shown(data)}")

    def _number(self, data: float, schema: Mapping[str, Any], path: Path) -> None:
        low, most = schema.get("minimum"), schema.get("maximum")
        above = schema.get("exclusiveMinimum")
        if (low is not None and data < low) or (most is not None and data > most):
            bounds = f"from {low} to {most}" if None not in (low, most) else f"{low} or more" if most is None else ""
            self._say(path, f"expected {bounds or f'at most {most}'}, got {_shown(data)}")
        elif above is not None and not data > above:
            self._say(path, f"expected more than {above}, got {_shown(data)}")

    def _object(self, data: dict[str, Any], schema: Mapping[str, Any], path: Path) -> dict[str, Any]:
        known = schema.get("properties", {})
        rest = schema.get("additionalProperties", True)
        made = {}
        for key, item in data.items():
            if key in known:
                made[key] = self.visit(item, known[key], (*path, key))
            elif rest is False:
                listed = "" if nearest(key, known) else f"; known here: {', '.join(known)}"
                self._say((*path, key), f"no such key{nearest(key, known)}{listed}", is_key=True)
            else:
                made[key] = self.visit(item, rest, (*path, key)) if isinstance(rest, Mapping) else item
        for key in schema.get("required", ()):
            if key not in data:
                wanted = known[key].get("const", None)
                expected = f"expected `{key}: {wanted}`" if wanted is not None else f"expected `{key}`"
                self._say(path, f"{key} is missing; {expected}")
        self._check_company(data, schema, path)
        return made

    def _check_company(self, data: dict[str, Any], schema: Mapping[str, Any], path: Path) -> None:
        """Which keys stand beside which."""
        if "oneOf" in schema:
            words = [each["required"][0] for each in schema["oneOf"]]
            got = [word for word in words if word in data]
            if len(got) != 1:
                self._say(path, f"expected one of {', '.join(words)}, got {' and '.join(got) or 'none of them'}")
        for word, rule in schema.get("dependentSchemas", {}).items():
            for key in data if word in data else ():
                if key not in rule["propertyNames"]["enum"]:
                    self._say(
                        (*path, key), f"{word} stands alone: take this away, or put it into each of the list", True
                    )


def _is(data: Any, kind: str) -> bool:
    return isinstance(data, _TYPES[kind]) and (kind == "boolean" or not isinstance(data, bool))


def _fits(data: Any, part: Mapping[str, Any]) -> bool:
    """Whether it is one of the plain alternatives of a part."""
    for rule in part["anyOf"]:
        if _is(data, rule["type"]):
            if isinstance(data, str):
                return re.search(rule["pattern"], data, re.ASCII) is not None
            return bool(rule["minimum"] <= data <= rule["maximum"])
    return False


def _shown(data: Any) -> str:
    if data is None:
        return "nothing"
    if isinstance(data, dict | list):
        return "keys and values" if isinstance(data, dict) else "a list"
    text = json.dumps(data, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def _read(data: Any, document: Document) -> list[Finding]:
    """What the readers say that no schema can."""
    try:
        Scenario.from_json(data, "scenario")
    except UsageError as error:
        return [placed(str(error), document)]
    return []


def placed(message: str, document: Document) -> Finding:
    """A reader's message at the deepest path that it begins with."""
    best: Path = ()
    length = len("scenario")
    for path in document.marks:
        for text in _spellings(path):
            if (
                message.startswith(text)
                and message[len(text) : len(text) + 1] in (":", ".", "[")
                and len(text) > length
            ):
                best, length = path, len(text)
    said = message[length:].lstrip(".: ")
    return Finding(best, said, is_key=said.startswith("no such "))


def _spellings(path: Path) -> Iterable[str]:
    """As the readers of `emulator.scenarios` write it: keys of `numbers` in brackets and quotes."""
    text = "scenario"
    for index, step in enumerate(path):
        if isinstance(step, int) or (index == 1 and path[0] == "numbers"):
            text += f"[{step!r}]"
        else:
            text += f".{step}"
    yield text
