"""What a schema allows, in words, and what a value that it does not allow was perhaps meant to be."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, Final

from contracts.document import Contract, Schema

__all__ = ["meant", "plain", "repaired", "shown", "words"]

MOST: Final = 200
"""Characters of a value that are shown."""
CLOSE: Final = 0.7


def shown(sent: Any) -> str:
    """As JSON, shortened."""
    text = json.dumps(sent, ensure_ascii=False).encode(errors="replace").decode()
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"


def plain(name: str) -> str:
    """The same for every way to write a name: `answer_url`, `answerUrl`, `Answer-URL`."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def meant(name: str, known: Iterable[str]) -> tuple[str, bool]:
    """The known name that `name` was perhaps meant to be, and whether it is only written in another way."""
    known = list(known)
    for each in known:
        if plain(each) == plain(name):
            return each, True
    close = get_close_matches(name, known, 1, CLOSE)
    return (close[0], False) if close else ("", False)


def words(contract: Contract, pointer: str) -> str:
    """What the schema there allows."""
    raw = contract.at(pointer)
    told = ""
    while isinstance(raw, Mapping) and "$ref" in raw:
        told = told or _first(raw)
        pointer = str(raw["$ref"]).removeprefix("#")
        raw = contract.at(pointer)
    if not isinstance(raw, Mapping):
        return "anything"
    told = told or _first(raw)
    kind = _kind(contract, pointer, raw)
    if not told or raw.get("type") == "object":
        return kind
    return f"{kind} ({told})" if "pattern" not in raw else told


def _first(raw: Mapping[str, Any]) -> str:
    """Its description's first line, to stand in a sentence."""
    told = str(raw.get("description", "")).partition("\n")[0].rstrip(".")
    return told[0].lower() + told[1:] if told[1:2].islower() or told[1:2] == " " else told


def _kind(contract: Contract, pointer: str, raw: Mapping[str, Any]) -> str:
    if "const" in raw:
        return shown(raw["const"])
    if "enum" in raw:
        return _listed([shown(each) for each in raw["enum"]])
    for key in ("oneOf", "anyOf"):
        if key in raw:
            parts = [words(contract, f"{pointer}/{key}/{index}") for index in range(len(raw[key]))]
            return ", or ".join(dict.fromkeys(parts))
    kinds = raw.get("type", "object" if "properties" in raw else "")
    named = kinds if isinstance(kinds, list) else [kinds]
    if named == ["integer", "string"] and raw.get("pattern"):
        return f"{_KINDS['integer']}{_limits('integer', raw)}, or one as text"
    return " or ".join(_KINDS.get(kind, "anything") + _limits(kind, raw) for kind in named)


def _listed(parts: list[str]) -> str:
    return f"{', '.join(parts[:-1])} or {parts[-1]}" if len(parts) > 1 else parts[0]


_KINDS: Final = {
    "integer": "a whole number", "number": "a number", "string": "a text", "boolean": "true or false", "null": "null",
    "array": "a list", "object": "an object",
}  # fmt: skip


def _limits(kind: str, raw: Mapping[str, Any]) -> str:
    limits: list[str] = []
    if kind in ("integer", "number") and raw.keys() >= {"minimum", "maximum"}:
        return f" from {raw['minimum']} to {raw['maximum']}"
    for keyword, told in _LIMITS.get(kind, {}).items():
        if keyword in raw:
            limits.append(told.format(raw[keyword]))
    if kind == "object" and raw.get("required"):
        limits.append(f" with {', '.join(raw['required'])}")
    return "".join(limits)


_NUMBER: Final = {"minimum": " of at least {}", "maximum": " of at most {}"}
_LIMITS: Final[Mapping[str, Mapping[str, str]]] = {
    "integer": _NUMBER,
    "number": _NUMBER,
    "string": {
        "pattern": " like {}", "format": " that is a {}", "minLength": " of at least {} character(s)",
        "maxLength": " of at most {} characters",
    },
    "array": {"minItems": " of at least {}"},
}  # fmt: skip


def repaired(schema: Schema, sent: Any) -> Any:
    """`sent` as the schema allows it, if only its type or spelling is wrong; None if nobody can say."""
    for made in _repairs(sent):
        if (made != sent or type(made) is not type(sent)) and not schema.problems(made):
            return made
    return None


def _repairs(sent: Any) -> Iterator[Any]:
    if isinstance(sent, bool):
        yield from (str(sent).lower(), int(sent))
    elif isinstance(sent, int | float):
        yield from (str(sent), int(sent), f"+{sent}", bool(sent))
    elif isinstance(sent, str):
        bare = re.sub(r"[\s().-]", "", sent)
        yield from (sent.strip(), sent.lower(), sent.upper(), sent.capitalize(), bare, f"+{bare}", bare.lstrip("+"))
        yield from (sent.strip("/"), [sent])
        if re.fullmatch(r"-?[0-9]{1,200}", sent.strip()):
            yield int(sent)
        if sent.lower() in _SWITCH:
            yield _SWITCH[sent.lower()]
    elif isinstance(sent, list) and len(sent) == 1:
        yield sent[0]
    elif isinstance(sent, list):
        yield ",".join(map(str, sent))


_SWITCH: Final = {"true": True, "false": False, "1": True, "0": False}
