"""Deadlines in order: equal instants by the order they were set, never by anything else."""

from __future__ import annotations

from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from emulator.engine.legs import Frame, Leg

__all__ = ["Timer", "Timers"]


class Timer:
    """One deadline of a leg: of the verb at `frame`, or of the leg itself (`key` is `ring`, `time`, …).

    `is_endless`: set again for ever (endless playing), so it is no reason for a clock to go on.
    """

    __slots__ = ("at", "frame", "is_endless", "is_live", "key", "leg")

    def __init__(self, at: datetime, leg: Leg, key: str, frame: Frame | None, is_endless: bool) -> None:
        self.at, self.leg, self.key, self.frame, self.is_endless = at, leg, key, frame, is_endless
        self.is_live = True


class Timers:
    """A heap that forgets cancelled timers once they are more than half of it."""

    __slots__ = ("_heap", "_sequence", "_stale", "finite")

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Timer]] = []
        self._sequence = 0
        self._stale = 0
        self.finite = 0
        """How many live timers are not endless."""

    def __len__(self) -> int:
        return len(self._heap) - self._stale

    def set(self, timer: Timer) -> Timer:
        self._sequence += 1
        heappush(self._heap, (timer.at, self._sequence, timer))
        if not timer.is_endless:
            self.finite += 1
        return timer

    def cancel(self, timer: Timer) -> None:
        """Nothing if it has fired or was cancelled."""
        if not timer.is_live:
            return
        timer.is_live = False
        self._stale += 1
        if not timer.is_endless:
            self.finite -= 1
        if self._stale > 64 and self._stale * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].is_live]
            heapify(self._heap)
            self._stale = 0

    def next_deadline(self) -> datetime | None:
        heap = self._heap
        while heap and not heap[0][2].is_live:
            heappop(heap)
            self._stale -= 1
        return heap[0][0] if heap else None

    def pop(self, now: datetime) -> Timer | None:
        """The earliest live timer due at or before `now`, taken out; None if there is none."""
        at = self.next_deadline()
        if at is None or at > now:
            return None
        timer = heappop(self._heap)[2]
        timer.is_live = False
        if not timer.is_endless:
            self.finite -= 1
        return timer
