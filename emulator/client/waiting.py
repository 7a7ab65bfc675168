"""Waiting for something to happen, or not to: on a virtual clock by moving it, on a real one by watching.

Nothing here sleeps blindly: a virtual clock stops at the instant a thing happens, a real one is looked at every 20 ms.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from emulator.client.calls import Call, Deliveries, id_of
from emulator.client.records import Drive
from emulator.client.telling import DidNotHappen
from emulator.errors import UsageError

if TYPE_CHECKING:
    from emulator.client.sandbox import Sandbox

__all__ = ["Awaited", "run_until", "run_without"]

DAY: Final = timedelta(days=1)
SOON: Final = timedelta(seconds=10)
GLANCE: Final = 0.02
_ORDER: Final = ("queued", "ringing", "early media", "answered", "ended")


class Awaited:
    """What is waited for: a condition of one's own, a callback delivered `count` times, or a call in a state."""

    def __init__(
        self, sandbox: Sandbox, condition: Callable[[], object] | None, callback: str, state: str,
        call: Call | str | None, count: int,
    ) -> None:  # fmt: skip
        named = [name for name, each in (("condition", condition), ("callback", callback), ("state", state)) if each]
        if len(named) != 1:
            raise UsageError(f"expected one of condition, callback and state, got {' and '.join(named) or 'none'}")
        if state and state not in _ORDER:
            raise UsageError(f"state: expected one of {', '.join(_ORDER)}, got {state!r}")
        self._sandbox = sandbox
        self.condition, self.callback, self.state, self.count = condition, callback, state, count
        self.call = id_of(call) or (sandbox.calls.one().id if state else "")

    @property
    def until(self) -> dict[str, Any]:
        """As the control API takes it."""
        if self.state:
            return {"call": self.call, "state": self.state}
        return {"callback": self.callback, "count": self.count} | ({"call": self.call} if self.call else {})

    def holds(self) -> bool:
        if self.condition is not None:
            return bool(self.condition())
        if self.state:
            return self.state in self._states()
        delivered = [told for told in self._deliveries() if told["state"] == "delivered"]
        return len(delivered) >= self.count

    def seen(self) -> int:
        """How often it happened so far, delivered or not."""
        if self.condition is not None:
            return int(bool(self.condition()))
        return self._states().count(self.state) if self.state else len(self._deliveries())

    def _states(self) -> list[str]:
        """Of the call's first leg, which is what a call waits for."""
        call = self._sandbox.calls.get(self.call)
        first = call.legs[0].id
        return ["queued", *(each.state for each in call.states if each.leg == first)]

    def _deliveries(self) -> list[Any]:
        return Deliveries(self._sandbox).where(callback=self.callback, call=self.call).told()

    def __str__(self) -> str:
        if self.condition is not None:
            return getattr(self.condition, "__name__", "condition").replace("<lambda>", "the condition")
        of_call = f" of call {self.call}" if self.call else ""
        if self.state:
            return f"call {self.call} {self.state}"
        return f"{self.callback} delivered{of_call}{f' {self.count} times' if self.count > 1 else ''}"


def run_until(sandbox: Sandbox, awaited: Awaited, within: timedelta | None) -> Drive:
    """Raises: DidNotHappen."""
    __tracebackhide__ = True
    if not sandbox.is_virtual:
        return _watch(sandbox, awaited, within or SOON)
    if awaited.condition is not None:
        return _step(sandbox, awaited, within or DAY)
    span = within or DAY
    body = {"until": awaited.until, "limit_seconds": span.total_seconds()}
    drive = sandbox.drive("run", body)
    if drive.stopped != "condition":
        raise _missed(sandbox, awaited, drive, span)
    return drive


def _step(sandbox: Sandbox, awaited: Awaited, within: timedelta) -> Drive:
    """From one instant at which something is due to the next, looking at each."""
    __tracebackhide__ = True
    drive = sandbox.drive("advance", {"seconds": 0})
    end = drive.now + within
    while not awaited.holds():
        due = sandbox.next_at
        if due is None or due > end:
            raise _missed(sandbox, awaited, drive, within)
        drive = sandbox.drive("advance", {"seconds": max(0.0, (due - drive.now).total_seconds())})
    return Drive(drive.now, "condition", drive.delivered)


def _watch(sandbox: Sandbox, awaited: Awaited, within: timedelta) -> Drive:
    """On a real clock; `within` is the sandbox's time."""
    __tracebackhide__ = True
    end = time.monotonic() + within.total_seconds() / sandbox.speed
    pause = threading.Event()
    while not awaited.holds():
        if time.monotonic() > end:
            raise _missed(sandbox, awaited, Drive(sandbox.now, "limit"), within)
        pause.wait(GLANCE)
    return Drive(sandbox.now, "condition")


def run_without(sandbox: Sandbox, awaited: Awaited, within: timedelta) -> Drive:
    """Raises: DidNotHappen, when it does happen."""
    __tracebackhide__ = True
    before = awaited.seen()
    if sandbox.is_virtual:
        drive = sandbox.drive("advance", {"seconds": within.total_seconds()})
        happened = awaited.seen() > before
    else:
        end = time.monotonic() + within.total_seconds() / sandbox.speed
        pause = threading.Event()
        while not (happened := awaited.seen() > before) and time.monotonic() < end:
            pause.wait(GLANCE)
        drive = Drive(sandbox.now, "time")
    if happened:
        name = awaited.callback or str(awaited)
        raise DidNotHappen(f"expected no {name} within {_seconds(within)}, and it came", sandbox.calls.told())
    return drive


def _missed(sandbox: Sandbox, awaited: Awaited, drive: Drive, within: timedelta) -> DidNotHappen:
    why = {
        "idle": "nothing is left that could happen",
        "limit": f"{_seconds(within)} went by",
    }.get(drive.stopped, "nothing is due any more")
    at: datetime = drive.now
    return DidNotHappen(f"waited for {awaited}; {why} (it is {at:%H:%M:%S})", sandbox.calls.told())


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():g} s"
