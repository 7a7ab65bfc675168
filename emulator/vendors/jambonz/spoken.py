"""Texts with markup, as speech engines take them: what is heard of them, and where they pause. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Final

__all__ = ["read_ssml"]

_BREAK: Final = re.compile(r"<break\b([^>]*)>(?:\s*</break\s*>)?", re.IGNORECASE)
_TIME: Final = re.compile(r"\btime\s*=\s*[\"']\s*\+?(\d*\.?\d+)\s*(ms|s)\s*[\"']", re.IGNORECASE)
_STRENGTH: Final = re.compile(r"\bstrength\s*=\s*[\"']([a-z-]+)[\"']", re.IGNORECASE)
_ALIAS: Final = re.compile(
    r"<sub\b[^>]*\balias\s*=\s*(?:\"([^\"]*)\"|'([^']*)')[^>]*>.*?</sub\s*>", re.IGNORECASE | re.DOTALL
)
_TAG: Final = re.compile(r"<!--.*?-->|<[^>]*>", re.DOTALL)
_STRENGTHS: Final = {"none": 0.0, "x-weak": 0.1, "weak": 0.25, "medium": 0.5, "strong": 0.75, "x-strong": 1.0}


def read_ssml(text: str) -> Iterator[str | timedelta]:
    """The words and the pauses between them, in order (JAMBONZ-112). A text that is no SSML is itself."""
    if not text.lstrip()[:6].lower().startswith("<speak"):
        yield text
        return
    end = 0
    for found in _BREAK.finditer(text):
        yield from _words(text[end : found.start()])
        yield _pause(found[1])
        end = found.end()
    yield from _words(text[end:])


def _words(text: str) -> Iterator[str]:
    plain = unescape(_TAG.sub(" ", _ALIAS.sub(lambda found: found[1] or found[2] or "", text)))
    words = " ".join(plain.split())
    if words:
        yield words


def _pause(attributes: str) -> timedelta:
    found = _TIME.search(attributes)
    if found is not None:
        number = min(float(found[1]), 86_400_000.0)
        return timedelta(milliseconds=number) if found[2].lower() == "ms" else timedelta(seconds=min(number, 86_400))
    named = _STRENGTH.search(attributes)
    return timedelta(seconds=_STRENGTHS.get(named[1].lower() if named else "medium", 0.5))
