"""What a failed test's report tells of answers that varied, so that they can be had again."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from emulator.client.sandbox import Sandbox

__all__ = ["varied"]

MOST: Final = 30
"""How many changes are told, the newest."""


def varied(sandbox: Sandbox) -> Iterator[str]:
    """One paragraph, or none: each change in words, and all of them as a plan to be pasted."""
    lines = sandbox.journal_lines()
    entries = [json.loads(line) for line in lines.splitlines()] if b'"varied"' in lines else []
    told = [(entry, change) for entry in entries if entry["kind"] == "varied" for change in entry["changes"]]
    if not told:
        return
    words = [f"  {entry['vendor']} {entry['operation']}, answer {entry['nth']}: {change['text']}"
             for entry, change in told[-MOST:]]  # fmt: skip
    more = f", the last {MOST} of {len(told)}" if len(told) > MOST else ""
    plan = {"variations": [_plain(entry, change) for entry, change in told]}
    again = f"  the same again: ringback.answers = {json.dumps(plan, ensure_ascii=False)}"
    yield "\n".join([f"answers that varied{more}", *words, again])


def _plain(entry: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    told = {"operation": entry["operation"], "change": change["change"]}
    return told | {name: change[name] for name in ("where", "value") if change[name]} | {"nth": entry["nth"]}
