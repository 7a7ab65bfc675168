"""What came from an account, said so that it can be shown to others: the shape of it, and nobody's name or number.

Letters become `x`, digits `#`. Credentials never come through, whatever the caller asks for.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

__all__ = ["Scrubber"]

SHOWN: Final = 60
"""Characters of one value."""
BEGIN: Final = 400
"""Characters of an answer that are looked at."""
STARS: Final = "***"
_SECRET: Final = re.compile(r"secret|token|passw|api_?key|auth", re.IGNORECASE)
_OPAQUE: Final = re.compile(r"[A-Za-z0-9_+/=-]{20,}")
_MAIL: Final = re.compile(r"[^\s@<>\"']+@[^\s@<>\"']+")
_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_. -]{0,39}")


class Scrubber:
    """`secrets` are never shown, nor their spellings in URLs, base64 and JSON. `show` lets everything else pass."""

    def __init__(self, secrets: Iterable[str], *, show: bool = False) -> None:
        plain = {each for each in secrets if len(each) > 3}
        spelled = {
            spelling
            for each in plain
            for spelling in (each, quote(each, safe=""), b64encode(each.encode()).decode(), json.dumps(each)[1:-1])
        }
        self._secrets = sorted(spelled, key=len, reverse=True)
        self._show = show

    def hidden(self, told: str) -> str:
        """With stars for every credential, and nothing that a terminal or XML could not show."""
        return "".join(each if each.isprintable() or each in "\n\t" else "\ufffd" for each in self._starred(told))

    def _starred(self, told: str) -> str:
        for secret in self._secrets:
            told = told.replace(secret, STARS)
        return told

    def begin(self, body: bytes) -> str:
        """The beginning of an answer that cannot be read as one. Credentials go before it is cut, as half of one would
        not be known again; and so do the zeros of UTF-16, which would stand between its letters."""
        return self.prose(self._starred(body.decode(errors="replace").replace("\0", ""))[:BEGIN])

    def prose(self, told: str) -> str:
        """The beginning of a text that is not a value: an error page, a URL."""
        told = self.hidden(told)
        if not self._show:
            told = _MAIL.sub("x@x", _OPAQUE.sub("…", told))
            told = re.sub(r"\d", "#", told)
        return _cut(" ".join(told.split()), 2 * SHOWN)

    def name(self, key: str) -> str:
        """A key, which may be somebody's number."""
        told = self.hidden(key)
        return told if self._show else re.sub(r"\d{4,}", "#", _OPAQUE.sub("…", told) if _has_digit(told) else told)

    def word(self, told: Any) -> str:
        """A member of an enum: a word is shown as it is."""
        if isinstance(told, str) and (hidden := self.hidden(told)) == told and _WORD.fullmatch(told):
            return json.dumps(hidden)
        return self.value(told)

    def value(self, told: Any, key: str = "") -> str:
        """A value of JSON, found under `key`."""
        if told is None or isinstance(told, bool):
            return json.dumps(told)
        if isinstance(told, dict):
            return f"an object of {_cut(', '.join(map(self.name, told)) or 'nothing', SHOWN)}"
        if isinstance(told, list):
            return f"a list of {len(told)}"
        if _SECRET.search(key):
            return STARS
        if not isinstance(told, str):
            return f"the number {json.dumps(told) if self._show else re.sub('[0-9]', '#', json.dumps(told))}"
        shape = self.hidden(told)
        if not self._show:
            shape = STARS.join(_shape(part) for part in shape.split(STARS))
        return json.dumps(_cut(shape, SHOWN), ensure_ascii=False)


def _shape(told: str) -> str:
    return re.sub(r"[^\W_]", lambda found: "#" if found[0].isdigit() else "X" if found[0].isupper() else "x", told)


def _has_digit(told: str) -> bool:
    return any(each.isdigit() for each in told)


def _cut(told: str, length: int) -> str:
    return told if len(told) <= length else f"{told[:length]}…"
