"""What a failed test's report tells, in colours."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["HEADING", "coloured"]

HEADING: Final = "Ringback: what happened"
_STYLES: Final = (
    (re.compile(r"^(call |seed ).*"), "1"),
    (re.compile(r"^(what was said|webhooks).*"), "4"),
    (re.compile(r"^  \S+-d\d+ .*"), "31"),
    (re.compile(r"^    \| .*"), "2"),
    (re.compile(r".*✗.*"), "31"),
)


def coloured(section: tuple[str, str, str]) -> tuple[str, str, str]:
    """A section of a report: ours with colours, anybody else's as it is."""
    name, content, sign = section
    if name != HEADING:
        return section
    return name, "\n".join(map(_line, content.split("\n"))), sign


def _line(line: str) -> str:
    for pattern, style in _STYLES:
        if pattern.match(line):
            return f"\x1b[{style}m{line}\x1b[0m"
    return line
