"""What may become of a jambonz webhook."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from contracts.storytelling.rules import Rules

__all__ = ["RULES"]

_WORDS: Final = {"connection": {"ct", "all"}, "timeout": {"rt", "all"}}
_MOST: Final = 5


def _retries(callback: str, failure: str, settings: Mapping[str, Any], urls: Mapping[str, str]) -> int:
    """JAMBONZ-80, JAMBONZ-82: none, unless the URL asks for them: `/status#rc=3&rp=ct,rt`."""
    told = dict(parse_qsl(urls.get(callback, "").partition("#")[2]))
    words = {word.strip() for word in told.get("rp", "ct").split(",")}
    count = told.get("rc", "")
    return min(int(count), _MOST) if count.isdigit() and words & _WORDS[failure] else 0


RULES: Final = Rules(
    notifications=("status",),
    documents=("gather", "answer"),
    urls={"answer": "/answer", "status": "/status"},
    retries=_retries,
    repeated=("status",),
)
