"""What was varied, in words: for the journal, for a failing test, for whoever wants to see it again."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from contracts.varying.changing import Changed

__all__ = ["told_answers", "told_change"]

SHOWN: Final = 80
"""Characters of a value that are told."""
_BECAUSE: Final = {
    "absent": "it is optional there",
    "null": "null is allowed there",
    "empty": "a list there may have nothing in it",
    "many-pages": "the provider says how long its pages are",
    "as-text": "text and number are both allowed there",
    "as-number": "text and number are both allowed there",
    "clock-skew": "an instant there is by the provider's clock",
    "extra-key": "these are the keys that are known, a provider adds some",
    "new-member": "these are the words that are known, a provider adds some",
}
_KNOWN: Final = {
    "documented": "it is documented there",
    "recorded": "it has been seen, and is recorded there",
    "inferred": "nobody documents it, and any provider answers so one day",
}


def told_change(changed: Changed) -> dict[str, Any]:
    """As the journal has it: the variation's own keys, what it did, `text` and `why`; `from`, `to` are JSON."""
    variation = changed.variation
    return {
        "change": variation.change, "where": variation.where, "value": variation.value, "place": changed.at,
        "from": _shown(changed.was), "to": _shown(changed.became), "count": changed.count, "line": changed.line,
        "text": _text(changed), "why": _BECAUSE.get(variation.change) or _KNOWN[changed.standing],
    }  # fmt: skip


def told_answers(vendor: str, entries: Iterable[Mapping[str, Any]]) -> list[str]:
    """Every journal entry of kind `varied`, two lines for each change."""
    return [
        line
        for entry in entries
        for change in entry["changes"]
        for line in (
            f"{entry['operation']}, answer {entry['nth']}: {change['text']}",
            f"    {change['why']} ({vendor} contract, line {change['line']})",
        )
    ]


def _text(changed: Changed) -> str:
    change, at = changed.variation.change, changed.at
    was, became = _shown(changed.was), _shown(changed.became)
    more = f", and so are {changed.count - 1} more" if changed.count > 1 else ""
    if change == "error":
        return f"{became}, and nothing was done; the body was {_shown(changed.body)}"
    if change == "many-pages":
        asked = f"{changed.was} were asked for" if changed.was else "nobody said how many"
        return f"a page of at most {became}, where {asked} ({at.removeprefix('query.')})"
    if change == "clock-skew":
        seconds = int(changed.variation.value or 0)
        return f"a clock {abs(seconds)} s {'ahead' if seconds > 0 else 'behind'}: {at} is {became}; it was {was}{more}"
    said = {"absent": "is left out", "empty": "is empty", "extra-key": f"is there, {became}, which nobody announced"}
    if change == "extra-key":
        return f"{at} {said[change]}{more}"
    return f"{at} {said.get(change, f'is {became}')}; it was {was}{more}"


def _shown(held: Any) -> str:
    text = json.dumps(held, ensure_ascii=False)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
