"""The clock that stands still until it is moved."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

from emulator.clock.clock import utc
from emulator.errors import EmulatorBug

__all__ = ["START", "VirtualClock"]

START: Final = datetime(2026, 1, 1, tzinfo=UTC)
"""Where a virtual clock starts unless told."""


class VirtualClock:
    """Stands at one instant; only `move_to` changes it, and only forwards.

    Raises: `UsageError` if `start` is naive.
    """

    __slots__ = ("_now",)

    mode: Final[Literal["real", "virtual"]] = "virtual"
    speed: Final[float] = 1.0

    def __init__(self, start: datetime = START) -> None:
        self._now = utc(start)

    def now(self) -> datetime:
        """Where the clock stands."""
        return self._now

    def move_to(self, at: datetime) -> None:
        """Stand at `at`, which may be the present. Raises: `EmulatorBug`, unmoved, if it is in the past."""
        if at < self._now:
            raise EmulatorBug(
                f"the clock stands at {self._now.isoformat()} and was told to go back to {at.isoformat()}"
            )
        self._now = at
