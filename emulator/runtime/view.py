"""One sandbox as one vendor sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from emulator.engine.commands import Command, PlaceCall
from emulator.engine.events import Event, LegSnapshot
from emulator.engine.legs import Leg
from emulator.engine.recordings import Recording
from emulator.engine.snapshots import QueueSnapshot, RoomSnapshot
from emulator.ids import Ids
from emulator.runtime.current import CURRENT
from emulator.vendor_api import Records
from emulator.webhooks.deliveries import Delivery

if TYPE_CHECKING:
    from emulator.runtime.sandbox import Sandbox

__all__ = ["View"]

Until = Callable[[Callable[[Event], bool], timedelta | None], Any]


class View:
    """The `VendorSandbox` of `vendor_api`."""

    __slots__ = ("_records", "_sandbox", "_vendor", "name", "until_by")

    def __init__(self, sandbox: Sandbox, vendor: str) -> None:
        self._sandbox = sandbox
        self._vendor = vendor
        self._records: Records = sandbox.store.facade(vendor)
        self.name = sandbox.id
        self.until_by: Until | None = None  # the pump's

    @property
    def sandbox(self) -> Sandbox:
        """For the runtime; a vendor has no business with it."""
        return self._sandbox

    @property
    def base_url(self) -> str:
        return self._sandbox.base_url(self._vendor)

    @property
    def settings(self) -> Any:
        return self._sandbox.settings[self._vendor]

    @property
    def ids(self) -> Ids:
        return self._sandbox.ids

    @property
    def records(self) -> Records:
        return self._records

    def leg(self, leg_id: str) -> LegSnapshot | None:
        leg = self._sandbox.engine.legs.get(leg_id)
        return leg.snapshot() if leg is not None else None

    def recording(self, name: str) -> Recording | None:
        return self._sandbox.engine.recordings(self._vendor).get(name)

    def recordings(self) -> list[Recording]:
        return list(self._sandbox.engine.recordings(self._vendor).values())

    def rooms(self) -> list[RoomSnapshot]:
        return self._sandbox.engine.rooms.of(self._vendor)

    def queues(self) -> list[QueueSnapshot]:
        return self._sandbox.engine.queues.of(self._vendor)

    def now(self) -> datetime:
        return self._sandbox.clock.now()

    def do(self, command: Command) -> list[Event]:
        events = self._sandbox.do(command, "api")
        note = CURRENT.get()
        if note is not None:
            leg = events[0].leg if events else None
            note.call = leg.call if leg is not None else None
            note.has_made = note.has_made or type(command) is PlaceCall
        return events

    def named(self, name: str) -> Leg | None:
        leg = self._sandbox.engine.named(self._vendor, name)
        note = CURRENT.get()
        if note is not None and leg is not None:
            note.call = leg.call_id
        return leg

    def queued(self) -> Mapping[str, Leg]:
        return self._sandbox.engine.book(self._vendor).queued

    def live(self) -> Mapping[str, Leg]:
        return self._sandbox.engine.book(self._vendor).live

    def ended(self) -> Mapping[str, Leg]:
        return self._sandbox.engine.book(self._vendor).ended

    def shelf(self, name: str) -> dict[str, Leg]:
        return self._sandbox.engine.book(self._vendor).shelves.get(name, {})

    def deliveries(self) -> Iterator[Delivery]:
        deliveries = self._sandbox.outbox.deliveries.values()
        return (delivery for delivery in deliveries if delivery.vendor == self._vendor)

    async def until(self, is_it: Callable[[Event], bool], limit: timedelta | None = None) -> Event | None:
        if self.until_by is None:
            raise RuntimeError("this sandbox has no pump: nothing can be waited for")
        made: Event | None = await self.until_by(is_it, limit)
        return made
