"""What the far ends are going to do, in order of its instants, equal ones as they were scheduled.

Every entry belongs to a `Part`. An entry is stale when its part is over or when it was dropped by itself: it is never
given out, never shows in `next_deadline`, and stale entries leave the heap when they are more than half of it.
"""

from __future__ import annotations

from datetime import datetime
from heapq import heapify, heappop, heappush

from emulator.engine.causes import Who
from emulator.engine.commands import Command
from emulator.scenarios.far_end import FarEnd

__all__ = ["Agenda", "Part", "What"]

What = Command | int | str
"""A command as it is, the index of a reaction that cuts in, or a step of the first act."""

Entry = tuple[datetime, int, "Part", What]


class Part:
    """One act of one leg.

    `left`: how often each reaction may still come. `cutting`: the sequence numbers of the barge-ins into the text that
    is being spoken. Both are the second act's, empty in the first.
    """

    __slots__ = ("cutting", "far_end", "is_over", "left", "leg", "pending", "who")

    def __init__(self, far_end: FarEnd, leg: str, who: Who) -> None:
        self.far_end, self.leg, self.who = far_end, leg, who
        self.is_over = False
        self.pending = 0
        self.left: tuple[int | None, ...] = ()
        self.cutting: tuple[int, ...] = ()


class Agenda:
    """A heap of entries: O(log n) to put and to take, O(1) to end a part."""

    __slots__ = ("_dropped", "_heap", "_sequence", "_stale")

    def __init__(self) -> None:
        self._heap: list[Entry] = []
        self._sequence = 0
        self._stale = 0
        self._dropped: set[int] = set()

    def __len__(self) -> int:
        """How many entries are still to come."""
        return len(self._heap) - self._stale

    def put(self, at: datetime, part: Part, what: What) -> int:
        """Schedule it; the result is its sequence number."""
        self._sequence += 1
        part.pending += 1
        heappush(self._heap, (at, self._sequence, part, what))
        return self._sequence

    def take(self, now: datetime) -> Entry | None:
        """The next entry due at or before `now`, taken out; None without one."""
        at = self.next_deadline()
        if at is None or at > now:
            return None
        entry = heappop(self._heap)
        entry[2].pending -= 1
        return entry

    def next_deadline(self) -> datetime | None:
        heap = self._heap
        while heap and self._is_stale(heap[0]):
            self._dropped.discard(heappop(heap)[1])
            self._stale -= 1
        return heap[0][0] if heap else None

    def drop(self, part: Part, sequences: tuple[int, ...]) -> None:
        """These entries of `part`, still to come, are not going to happen."""
        self._dropped.update(sequences)
        part.pending -= len(sequences)
        self._stale += len(sequences)
        self._sweep()

    def end(self, part: Part) -> None:
        """Nothing of `part` is going to happen."""
        part.is_over = True
        self._stale += part.pending
        part.pending = 0
        self._sweep()

    def _is_stale(self, entry: Entry) -> bool:
        return entry[2].is_over or entry[1] in self._dropped

    def _sweep(self) -> None:
        if self._stale > 64 and self._stale * 2 > len(self._heap):
            dropped = self._dropped
            self._heap = [entry for entry in self._heap if not entry[2].is_over and entry[1] not in dropped]
            heapify(self._heap)
            self._dropped.clear()
            self._stale = 0
