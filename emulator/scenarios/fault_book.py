"""The faults of one sandbox, and how often each has struck: asked before anything is answered or sent. Pure.

Theory of operation. `for_request` and `for_delivery` name the fault that strikes, or none: the first in the list that
fits, is not used up, and whose dice say so. At most one strikes each request and each attempt. Dice are keyed by the
fault's name and by what is struck: an attempt by its delivery and number, so that nothing else that happens can change
them; a request, which has no name of its own, by how many requests were asked about since the faults were set.

What can never happen: a fault that strikes more often than its `count`; a strike that is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from emulator.ids import Ids
from emulator.scenarios.faults import Fault
from emulator.scenarios.matching import is_number, is_route

__all__ = ["FaultBook"]

Numbers = Callable[[], Iterable[str]]
"""The telephone numbers of what may be struck, worked out only when a fault asks for one."""


class FaultBook:
    """See the module. `strikes_requests` and `strikes_deliveries`: whether there is any fault of that side at all.

    `requests`: how many requests were asked about.
    """

    __slots__ = ("_deliveries", "_ids", "_passed", "_requests", "faults", "requests", "struck")

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.faults: tuple[Fault, ...] = ()
        self.struck: dict[str, int] = {}
        self._passed: dict[str, int] = {}
        self.requests = 0
        self._requests: tuple[Fault, ...] = ()
        self._deliveries: tuple[Fault, ...] = ()

    @property
    def strikes_requests(self) -> bool:
        return bool(self._requests)

    @property
    def strikes_deliveries(self) -> bool:
        return bool(self._deliveries)

    def put(self, faults: Iterable[Fault]) -> None:
        """Replace them all; one that is there already, word for word, keeps its count."""
        before = {fault.name: fault for fault in self.faults}
        kept, passed = self.struck, self._passed
        self.faults = tuple(faults)
        self.struck = {
            fault.name: kept.get(fault.name, 0) if before.get(fault.name) == fault else 0 for fault in self.faults
        }
        self._passed = {name: passed[name] for name in self.struck if name in passed and before[name] in self.faults}
        self._requests = tuple(fault for fault in self.faults if fault.traits.side == "request")
        self._deliveries = tuple(fault for fault in self.faults if fault.traits.side == "delivery")
        self.requests = 0

    def for_request(self, vendor: str, method: str, path: str, numbers: Numbers) -> Fault | None:
        """The fault that strikes this request, counted as having struck. `path` is below the vendor's base URL."""
        self.requests += 1
        for fault in self._requests:
            if fault.route and not is_route(fault.route, method, path):
                continue
            if self._strikes(fault, vendor, f"request {self.requests}", numbers):
                return fault
        return None

    def for_delivery(
        self, vendor: str, callback: str, key: str, numbers: Numbers, is_signed: Callable[[], bool],
        *, has_answer: bool = True,
    ) -> Fault | None:  # fmt: skip
        """The fault that strikes this attempt, counted as having struck. `key` names the attempt.

        A fault of signatures does not strike what is not signed, nor one of answers what has none of its own.
        """
        for fault in self._deliveries:
            if fault.callback not in ("", callback) or (fault.traits.is_signing and not is_signed()):
                continue
            if fault.traits.needs_answer and not has_answer:
                continue
            if self._strikes(fault, vendor, key, numbers):
                return fault
        return None

    def count(self, name: str, request: int) -> None:
        """A fault struck the `request`-th request, as a journal tells."""
        self.requests = max(self.requests, request)
        if name in self.struck:
            self.struck[name] += 1

    def to_json(self) -> list[dict[str, Any]]:
        """Each as it was set, with `struck`."""
        return [{**fault.to_json(), "struck": self.struck[fault.name]} for fault in self.faults]

    def _strikes(self, fault: Fault, vendor: str, key: str, numbers: Numbers) -> bool:
        if fault.vendor not in ("", vendor) or (fault.count is not None and self.struck[fault.name] >= fault.count):
            return False
        if fault.number and not any(is_number(fault.number, number) for number in numbers()):
            return False
        if self._passed.get(fault.name, 0) < fault.skip:
            self._passed[fault.name] = self._passed.get(fault.name, 0) + 1
            return False
        if fault.probability < 1:
            ids = self._ids if fault.seed is None else Ids(fault.seed)
            if ids.fraction("fault", f"{fault.name} {key}") >= fault.probability:
                return False
        self.struck[fault.name] += 1
        return True
