"""The journal of one sandbox: every entry in order, forgotten only with the call it belongs to.

Theory of operation. `append` numbers an entry and keeps it as it came: engine values and mappings, frozen by agreement,
turned into JSON only when somebody reads. An entry stands in two places, its call's list and a block of all entries
with neighbouring numbers, so that a call's slice and the tail of everything are both read without a scan.

`drop` forgets one ended call: its list goes, and with it every entry without a call that is older than the oldest call
still kept. A block is rebuilt once less than half of it is left, and goes when nothing is, so memory follows what is
kept and no drop ever walks over more than the blocks it touches. Whether an entry is kept is never stored, only
derived: its call has a list that begins no later than it, or it has no call and is not older than the floor. Numbers
are never given twice; entries appended for a call that was dropped begin it afresh.

What varies from run to run (real durations, ports) goes `beside` an entry and never into its line.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from emulator.recorder.codec import Codec
from emulator.recorder.scalars import instant_text

__all__ = ["Entry", "Journal"]

PASSING: Final = 10_000
"""How many requests about no call, and what was wrong with them or varied, are kept; the oldest go first, whatever else
is kept."""

_PASSING: Final = frozenset({"request", "violation", "varied"})

_BLOCK: Final = 10
"""A block holds the entries whose numbers agree but for this many low bits."""

OWN_KEYS: Final = frozenset({"seq", "at", "sandbox", "vendor", "call", "kind"})


class Home:
    """What every entry of one journal shares."""

    __slots__ = ("codec", "sandbox")

    def __init__(self, sandbox: str, codec: Codec) -> None:
        self.sandbox, self.codec = sandbox, codec


class Entry:
    """One thing that happened. Never changed once appended.

    `data` is an engine value, a mapping or None. `call` is None for what belongs to no call. `beside` is not journal.
    """

    __slots__ = ("at", "beside", "call", "data", "home", "kind", "seq", "vendor")

    def __init__(
        self, seq: int, at: datetime, kind: str, call: str | None, vendor: str, data: Any, beside: Any, home: Home
    ) -> None:
        self.seq = seq
        self.at = at
        self.kind = kind
        self.call = call
        self.vendor = vendor
        self.data = data
        self.beside = beside
        self.home = home

    @property
    def sandbox(self) -> str:
        return self.home.sandbox

    def to_json(self) -> dict[str, Any]:
        """`{seq, at, sandbox, vendor, call, kind}` and a mapping's own keys, or a value under its kind.

        A mapping's key that is one of these gets the kind before it: a `record`'s `kind` is its `record_kind`.
        """
        out: dict[str, Any] = {
            "seq": self.seq,
            "at": instant_text(self.at),
            "sandbox": self.home.sandbox,
            "vendor": self.vendor,
            "call": self.call,
            "kind": self.kind,
        }
        where = f"journal entry {self.seq} ({self.kind})"
        if isinstance(self.data, Mapping):
            for key, held in self.data.items():
                out[f"{self.kind}_{key}" if key in OWN_KEYS else key] = self.home.codec.encode(held, f"{where}.{key}")
        elif self.data is not None:
            out[self.kind] = self.home.codec.encode(self.data, where)
        return out

    def line(self) -> bytes:
        """The entry as one line of JSON Lines, in UTF-8."""
        data = self.to_json()
        try:
            return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        except UnicodeEncodeError:  # half a surrogate pair, as JSON may hold one
            return json.dumps(data, separators=(",", ":")).encode() + b"\n"


class Journal:
    """Every entry of one sandbox, in the order of `seq`, which counts from 1."""

    __slots__ = ("_blocks", "_by_call", "_floor", "_home", "_left", "_loose", "_passing", "last")

    def __init__(self, sandbox_id: str, codec: Codec | None = None) -> None:
        self._home = Home(sandbox_id, Codec() if codec is None else codec)
        self._by_call: OrderedDict[str, list[Entry]] = OrderedDict()
        self._loose: deque[Entry] = deque()
        self._passing: deque[Entry] = deque()  # requests about no call: they change nothing, and a poller makes many
        self._blocks: dict[int, list[Entry]] = {}
        self._left: dict[int, int] = {}  # how many of a block from which something was dropped are kept
        self._floor = 0
        self.last: Entry | None = None
        """The newest entry, kept or not."""

    def append(
        self,
        at: datetime,
        kind: str,
        *,
        call: str | None = None,
        vendor: str = "",
        data: Any = None,
        beside: Any = None,
    ) -> int:
        """Keep it; the result is its number. `data` must not change from now on."""
        last = self.last
        seq = 1 if last is None else last.seq + 1
        self.last = entry = Entry(seq, at, kind, call, vendor, data, beside, self._home)
        if call is None and kind in _PASSING:
            self._passing.append(entry)
        elif call is None:
            self._loose.append(entry)
        elif (own := self._by_call.get(call)) is not None:
            own.append(entry)
        else:
            self._by_call[call] = [entry]
        number = seq >> _BLOCK
        if (block := self._blocks.get(number)) is not None:
            block.append(entry)
            if number in self._left:
                self._left[number] += 1
        else:
            self._blocks[number] = [entry]
        if len(self._passing) > PASSING:
            self._forget([self._passing.popleft()])
        return seq

    def __len__(self) -> int:
        """How many entries are kept."""
        return sum(self._left.get(number, len(block)) for number, block in self._blocks.items())

    def entries(self, after: int = 0, call: str | None = None) -> Iterator[Entry]:
        """Those with a higher number than `after`, in order; with `call` that call's alone.

        Read it at one go, and the next time with the last number as `after`: what is appended or dropped between two
        steps of the iterator may be seen or not.
        """
        if call is not None:
            own = self._by_call.get(call, [])
            index = bisect_right(own, after, key=_seq)
            while index < len(own):
                yield own[index]
                index += 1
            return
        number = max(after >> _BLOCK, next(iter(self._blocks), 0))
        while self.last is not None and number <= self.last.seq >> _BLOCK:
            for entry in self._blocks.get(number, ()):
                if entry.seq > after and self._is_kept(entry):
                    yield entry
            number += 1

    def lines(self, after: int = 0) -> Iterator[bytes]:
        """JSON Lines: equal inputs give equal bytes."""
        for entry in self.entries(after):
            yield entry.line()

    def calls(self) -> list[str]:
        """The calls that have entries, by the first of them."""
        return list(self._by_call)

    def drop(self, call_id: str) -> None:
        """Forget the entries of a call that has ended; nothing if it has none."""
        gone = self._by_call.pop(call_id, None)
        if gone is None:
            return
        oldest = next(iter(self._by_call.values()), None)
        self._floor = max(self._floor, oldest[0].seq if oldest is not None else gone[-1].seq)
        while self._loose and self._loose[0].seq < self._floor:
            gone.append(self._loose.popleft())
        self._forget(gone)

    def _forget(self, gone: list[Entry]) -> None:
        touched = set()
        for entry in gone:
            number = entry.seq >> _BLOCK
            self._left[number] = self._left.get(number, len(self._blocks[number])) - 1
            touched.add(number)
        for number in sorted(touched):
            self._shrink(number)

    def _shrink(self, number: int) -> None:
        block, left = self._blocks[number], self._left[number]
        if left == 0:
            del self._blocks[number], self._left[number]
        elif left * 2 < len(block):
            self._blocks[number] = [entry for entry in block if self._is_kept(entry)]
            del self._left[number]

    def _is_kept(self, entry: Entry) -> bool:
        if entry.call is None and entry.kind in _PASSING:
            return bool(self._passing) and entry.seq >= self._passing[0].seq
        if entry.call is None:
            return entry.seq >= self._floor
        own = self._by_call.get(entry.call)
        return own is not None and own[0].seq <= entry.seq


def _seq(entry: Entry) -> int:
    return entry.seq
