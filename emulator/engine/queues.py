"""Queues and who stands in them, and who waits for somebody to come. What moves them are `Enqueue` and `Dequeue`.

A queue is there while somebody stands in it. Those who dequeue wait by name, in the order they came.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from emulator.engine.snapshots import QueueSnapshot, WaiterSnapshot

if TYPE_CHECKING:
    from emulator.engine.legs import Frame, Leg
    from emulator.engine.program import Dequeue, Enqueue

__all__ = ["Key", "Queue", "Queues", "Taker", "Waiter"]

Key = tuple[str, str, str]
"""Vendor, scope, name."""


class Waiter:
    """One leg in a queue, and the frame whose `Enqueue` holds it there."""

    __slots__ = ("frame", "joined_at", "leg", "priority", "queue", "verb")

    def __init__(self, leg: Leg, frame: Frame, verb: Enqueue, queue: Queue, at: datetime) -> None:
        self.leg = leg
        self.frame = frame
        self.verb = verb
        self.queue = queue
        self.priority = verb.priority
        self.joined_at = at

    @property
    def position(self) -> int:
        """1 is next."""
        return self.queue.waiters.index(self) + 1

    def snapshot(self) -> WaiterSnapshot:
        leg = self.leg
        return WaiterSnapshot(
            leg.id, leg.name, leg.call_id, leg.from_, leg.to, self.priority, self.position, self.joined_at
        )


class Queue:
    """Who is next stands first."""

    __slots__ = ("id", "key", "opened_at", "waiters")

    def __init__(self, queue_id: str, key: Key, at: datetime) -> None:
        self.id = queue_id
        self.key = key
        self.opened_at = at
        self.waiters: list[Waiter] = []

    def snapshot(self) -> QueueSnapshot:
        vendor, scope, name = self.key
        waiters = tuple(waiter.snapshot() for waiter in self.waiters)
        return QueueSnapshot(self.id, name, vendor, scope, self.opened_at, waiters)


class Taker:
    """A leg whose `Dequeue` waits for somebody to come."""

    __slots__ = ("frame", "leg", "verb")

    def __init__(self, leg: Leg, frame: Frame, verb: Dequeue) -> None:
        self.leg, self.frame, self.verb = leg, frame, verb

    def takes(self, leg: Leg) -> bool:
        return self.verb.leg in ("", leg.id) and leg is not self.leg


class Queues:
    """Every queue that somebody stands in, and every leg that waits for one."""

    __slots__ = ("by_key", "count", "takers")

    def __init__(self) -> None:
        self.by_key: dict[Key, Queue] = {}
        self.takers: dict[Key, list[Taker]] = {}
        self.count = 0

    def size(self, key: Key) -> int:
        queue = self.by_key.get(key)
        return len(queue.waiters) if queue is not None else 0

    def add(self, key: Key, leg: Leg, frame: Frame, verb: Enqueue, at: datetime) -> Waiter:
        queue = self.by_key.get(key)
        if queue is None:
            self.count += 1
            queue = self.by_key[key] = Queue(f"q{self.count}", key, at)
        waiter = Waiter(leg, frame, verb, queue, at)
        place = sum(1 for other in queue.waiters if other.priority >= waiter.priority)
        queue.waiters.insert(place, waiter)
        leg.place = waiter
        leg.changed()
        return waiter

    def remove(self, waiter: Waiter) -> None:
        queue = waiter.queue
        queue.waiters.remove(waiter)
        if not queue.waiters:
            del self.by_key[queue.key]
        waiter.leg.place = None
        waiter.leg.changed()

    def first_for(self, key: Key, taker: Taker) -> Waiter | None:
        queue = self.by_key.get(key)
        return next((waiter for waiter in queue.waiters if taker.takes(waiter.leg)), None) if queue else None

    def taker_for(self, key: Key, waiter: Waiter) -> Taker | None:
        return next((taker for taker in self.takers.get(key, ()) if taker.takes(waiter.leg)), None)

    def await_(self, key: Key, taker: Taker) -> None:
        self.takers.setdefault(key, []).append(taker)

    def forget(self, key: Key, frame: Frame) -> None:
        """This frame waits no more; nothing if it did not."""
        left = [taker for taker in self.takers.get(key, ()) if taker.frame is not frame]
        if left:
            self.takers[key] = left
        else:
            self.takers.pop(key, None)

    def of(self, vendor: str) -> list[QueueSnapshot]:
        """Snapshots of a vendor's queues, oldest first."""
        return [queue.snapshot() for key, queue in self.by_key.items() if key[0] == vendor]
