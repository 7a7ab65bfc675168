"""The clock that runs by itself, as fast as it is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import isfinite
from typing import Final, Literal

from emulator.clock.clock import utc
from emulator.errors import UsageError

__all__ = ["WallClock"]

MOMENT: Final = timedelta(milliseconds=1)
"""Of real time: what falls due within it is done at one go."""


class WallClock:
    """Runs `speed` times as fast as the machine's monotonic clock, from `start` (by default: the real now) on.

    A machine whose wall clock is set back or forward does not move it: only the start is read from there.
    `tick` is the monotonic clock, in seconds. Raises: `UsageError` for a naive start, or a speed that is not above 0.

    Whoever has much to do at one time falls behind. `deadline` tells this clock when something was to happen that has
    not yet; it then stands a moment after that, and goes on when that is done: what happens meanwhile happens there,
    and nobody has to catch up at one go.
    """

    __slots__ = ("_begun", "_start", "_tick", "_told", "deadline", "speed")

    mode: Final[Literal["real", "virtual"]] = "real"

    def __init__(
        self, speed: float = 1.0, start: datetime | None = None, *, tick: Callable[[], float] = time.monotonic
    ) -> None:
        if not (isfinite(speed) and speed > 0):
            raise UsageError(f"speed: expected a number above 0 such as 20, got {speed}")
        self.speed = speed
        self._start = datetime.fromtimestamp(time.time(), UTC) if start is None else utc(start)
        self._tick = tick
        self._begun = tick()
        self._told = self._start
        self.deadline: Callable[[], datetime | None] = _nothing

    def now(self) -> datetime:
        """The start, plus `speed` times what has passed since then; at most a moment after the deadline."""
        now = self._running()
        first = self.deadline()
        if first is not None and first < now:
            now = min(now, max(self._told, first + MOMENT * self.speed))
        self._told = now
        return now

    def seconds_until(self, at: datetime) -> float:
        """Real seconds from now until `at` on this clock, were it never to stand; 0.0 if it is past."""
        return max(0.0, (at - self._running()).total_seconds() / self.speed)

    def _running(self) -> datetime:
        return self._start + timedelta(seconds=(self._tick() - self._begun) * self.speed)


def _nothing() -> None:
    """Nothing is to happen."""
