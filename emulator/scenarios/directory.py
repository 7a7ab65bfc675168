"""Which far end has which number: the exact one, then the same in another spelling, patterns, magic, the default.

Two spellings are one number when one ends with the other and at least seven digits agree: `+919876543210`,
`09876543210` and `9876543210` are the same. The longest agreement wins, then the last one set. A pattern holds `*` (any
digits) and `?` (one digit), is compared with the whole number without `+`, and the one with the most digits wins, then
the last one set. Lookups without scripts cost two dictionary look-ups and no scan.
"""

from __future__ import annotations

import re

from emulator.errors import UsageError
from emulator.scenarios.casting import Casting
from emulator.scenarios.far_end import FarEnd
from emulator.scenarios.numbers import TAIL, magic, spelled

__all__ = ["Directory"]


class Directory:
    """Numbers and patterns to castings: far ends, or what becomes one when a leg is known."""

    __slots__ = ("_by_number", "_by_tail", "_patterns", "default")

    def __init__(self) -> None:
        self.default: Casting = FarEnd()
        self._by_number: dict[str, Casting] = {}
        self._by_tail: dict[str, list[str]] = {}
        self._patterns: dict[str, tuple[re.Pattern[str], Casting]] = {}

    def set(self, number_or_pattern: str, far_end: Casting) -> None:
        """Raises: UsageError when there is no number in it."""
        if "*" in number_or_pattern or "?" in number_or_pattern:
            bare = re.sub(r"[\s+().\-]|^<?sips?:|^<?tel:|>$", "", number_or_pattern.lower())
            parts = [{"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in bare]
            self._patterns.pop(bare, None)
            self._patterns[bare] = (re.compile("".join(parts), re.DOTALL), far_end)
            return
        bare = spelled(number_or_pattern)
        if not bare:
            raise UsageError(
                f"far end {number_or_pattern!r}: expected a number, a SIP user or a pattern such as +9198*"
            )
        if self._by_number.pop(bare, None) is not None:
            self._by_tail[bare[-TAIL:]].remove(bare)
        self._by_number[bare] = far_end
        self._by_tail.setdefault(bare[-TAIL:], []).append(bare)

    def find(self, number: str) -> Casting:
        """The far end at `number`, in whatever spelling."""
        bare = spelled(number)
        if self._by_number and (found := self._numbered(bare)) is not None:
            return found
        if self._patterns and (found := self._patterned(bare)) is not None:
            return found
        return magic(bare) or self.default

    def items(self) -> list[tuple[str, Casting]]:
        """What was set, oldest first, numbers before patterns, as `set` takes it again."""
        return [*self._by_number.items(), *((text, far_end) for text, (_, far_end) in self._patterns.items())]

    def _numbered(self, bare: str) -> Casting | None:
        exact = self._by_number.get(bare)
        if exact is not None:
            return exact
        if not bare.isdigit():
            return self._by_number.get(bare.partition("@")[0])
        best = ""
        for other in self._by_tail.get(bare[-TAIL:], ()):
            is_same = len(other) >= TAIL <= len(bare) and (other.endswith(bare) or bare.endswith(other))
            if is_same and min(len(other), len(bare)) >= min(len(best), len(bare)):
                best = other
        return self._by_number.get(best)

    def _patterned(self, bare: str) -> Casting | None:
        best: Casting | None = None
        most = -1
        for text, (pattern, far_end) in self._patterns.items():
            digits = len(text) - text.count("*")
            if digits >= most and pattern.fullmatch(bare):
                best, most = far_end, digits
        return best
