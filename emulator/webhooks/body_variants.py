"""A body as a receiver's framework may give it back: parsed and encoded anew, empty, with a line break. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote_plus, urlencode

from emulator.webhooks.url_variants import Difference, Variant

__all__ = ["body_difference", "body_variants", "form_texts"]

_DUMPS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("with blanks after commas and colons", {}),
    ("with blanks, other characters as they are", {"ensure_ascii": False}),
    ("compact, other characters escaped", {"separators": (",", ":")}),
    ("compact", {"separators": (",", ":"), "ensure_ascii": False}),
    ("keys sorted, compact", {"separators": (",", ":"), "ensure_ascii": False, "sort_keys": True}),
    ("keys sorted, compact, escaped", {"separators": (",", ":"), "sort_keys": True}),
    ("keys sorted, with blanks", {"sort_keys": True}),
    ("indented by 2", {"indent": 2, "ensure_ascii": False}),
    ("indented by 4", {"indent": 4, "ensure_ascii": False}),
)


def _json(data: bytes) -> Any:
    """What it says, or None if it is no JSON object or list."""
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return said if isinstance(said, dict | list) else None


def _form(data: bytes) -> list[tuple[str, str]]:
    text = data.decode("utf-8", "replace")
    return parse_qsl(text, True) if "=" in text and not text.lstrip().startswith(("{", "[", "<")) else []


def form_texts(data: bytes, query: str = "") -> Iterator[str]:
    """The fields of a form, sorted and strung together as some other vendors sign them."""
    fields, more = _form(data), parse_qsl(query, True)
    for pairs in (sorted(fields), sorted([*fields, *more]) if more else []):
        if not pairs:
            continue
        yield "".join(f"{key}{text}" for key, text in pairs)
        yield "&".join(f"{key}={text}" for key, text in pairs)


def body_variants(data: bytes) -> Iterator[Variant]:
    """Other bytes that say the same, or nothing."""
    for text, made in _forms_of(data):
        if made != data:
            yield Variant(made, (Difference("body", text),))


def _forms_of(data: bytes) -> Iterator[tuple[str, bytes]]:
    if data:
        yield "an empty body: it was read before, or not kept", b""
    yield "the body with a line break after it", data + b"\n"
    yield "the body without blanks around it", data.strip()
    yield "the body with other line breaks", data.replace(b"\r\n", b"\n")
    said = _json(data)
    if said is not None:
        for text, how in _DUMPS:
            yield f"the JSON parsed and encoded anew ({text})", json.dumps(said, **how).encode("utf-8", "replace")
        slashes = json.dumps(said, separators=(",", ":")).replace("/", "\\/")
        yield "the JSON parsed and encoded anew (slashes and other characters escaped)", slashes.encode()
    pairs = _form(data)
    if pairs:
        yield "the form parsed and encoded anew (blanks as %20)", urlencode(pairs, quote_via=quote).encode()
        yield "the form parsed and encoded anew", urlencode(pairs).encode()
        yield "the form parsed and encoded anew, its fields sorted", urlencode(sorted(pairs)).encode()
        yield "the form decoded", unquote_plus(data.decode("utf-8", "replace")).encode()
        for text, how in _DUMPS[:4]:
            yield f"the form's fields as JSON ({text})", json.dumps(dict(pairs), **how).encode("utf-8", "replace")


def body_difference(sent: bytes, got: bytes) -> Difference | None:
    """How the body that the receiver has differs from the one that was sent; None if not at all."""
    if sent == got:
        return None
    for text, made in _forms_of(sent):
        if made == got:
            return Difference("body", f"the receiver has {text}")
    said = _json(sent)
    if said is not None and _json(got) == said:
        return Difference("body", f"the same JSON in other bytes; {_first(sent, got)}")
    if _form(sent) and sorted(_form(got)) == sorted(_form(sent)):
        return Difference("body", f"the same form in other bytes; {_first(sent, got)}")
    return Difference("body", f"other bytes ({len(got)} instead of {len(sent)}); {_first(sent, got)}")


def _first(sent: bytes, got: bytes) -> str:
    at = next((index for index, (ours, theirs) in enumerate(zip(sent, got, strict=False)) if ours != theirs),
              min(len(sent), len(got)))  # fmt: skip
    return f"from byte {at} on {_shown(got[at:])} instead of {_shown(sent[at:])}"


def _shown(data: bytes) -> str:
    return repr(data[:24].decode("utf-8", "replace")) if data else "nothing"
