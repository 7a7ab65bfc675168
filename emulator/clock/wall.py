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


class WallClock:
    """Runs `speed` times as fast as the machine's monotonic clock, from `start` (by default: the real now) on.

    A machine whose wall clock is set back or forward does not move it: only the start is read from there.
    `tick` is the monotonic clock, in seconds. Raises: `UsageError` for a naive start, or a speed that is not above 0.
    """

    __slots__ = ("_begun", "_start", "_tick", "speed")

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

    def now(self) -> datetime:
        """The start, plus `speed` times what has passed since then."""
        return self._start + timedelta(seconds=(self._tick() - self._begun) * self.speed)

    def seconds_until(self, at: datetime) -> float:
        """Real seconds from now until `at` on this clock; 0.0 if it is past."""
        return max(0.0, (at - self.now()).total_seconds() / self.speed)
