"""Deliveries by the instant at which something falls due for them."""

from __future__ import annotations

from datetime import datetime
from heapq import heapify, heappop, heappush

from emulator.webhooks.deliveries import Delivery

__all__ = ["Deadlines"]


class Deadlines:
    """At most one deadline per delivery; equal instants go by the order in which they were set.

    A heap; a cancelled deadline stays in it, told by its number, until it comes up or the stale ones are the majority.
    """

    __slots__ = ("_heap", "_sequence", "_stale")

    def __init__(self) -> None:
        self._heap: list[tuple[datetime, int, Delivery]] = []
        self._sequence = 0
        self._stale = 0

    def __len__(self) -> int:
        return len(self._heap) - self._stale

    def set(self, delivery: Delivery, at: datetime) -> None:
        """Something falls due for `delivery`, which has no deadline, at `at`."""
        self._sequence += 1
        delivery.deadline = self._sequence
        heappush(self._heap, (at, self._sequence, delivery))

    def cancel(self, delivery: Delivery) -> None:
        """Nothing falls due for `delivery`. Nothing to do if it has no deadline."""
        if not delivery.deadline:
            return
        delivery.deadline = 0
        self._stale += 1
        if self._stale > 64 and self._stale * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[2].deadline == entry[1]]
            heapify(self._heap)
            self._stale = 0

    def next(self) -> datetime | None:
        """The earliest deadline; None if there is none."""
        heap = self._heap
        while heap and heap[0][2].deadline != heap[0][1]:
            heappop(heap)
            self._stale -= 1
        return heap[0][0] if heap else None

    def pop(self, now: datetime) -> tuple[datetime, Delivery] | None:
        """The earliest one due at or before `now`, taken out; None if there is none."""
        at = self.next()
        if at is None or at > now:
            return None
        delivery = heappop(self._heap)[2]
        delivery.deadline = 0
        return at, delivery
