"""What every clock of a sandbox can say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, Protocol

from emulator.errors import UsageError

__all__ = ["Clock", "utc"]


class Clock(Protocol):
    """Tells one sandbox's time, and never tells an earlier one than before.

    `mode`: `real` runs by itself, `virtual` stands still until moved. `speed`: sandbox seconds per real second of a
    clock that runs by itself; 1.0, and without meaning, on one that does not.
    """

    @property
    def mode(self) -> Literal["real", "virtual"]: ...
    @property
    def speed(self) -> float: ...
    def now(self) -> datetime:
        """The present instant, aware and in UTC."""


def utc(instant: datetime) -> datetime:
    """The same instant in UTC. Raises: `UsageError` for a naive one, which is no instant at all."""
    if instant.tzinfo is None:
        raise UsageError(f"a clock starts at an instant with a time zone such as {instant.isoformat()}Z, got {instant}")
    return instant.astimezone(UTC)
