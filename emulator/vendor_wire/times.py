"""Instants as more than one vendor spells them. Pure: of aware UTC, cut and never rounded."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

__all__ = ["india_time", "iso", "iso_milliseconds", "whole_seconds"]

_INDIA: Final = timedelta(hours=5, minutes=30)
_SECOND: Final = timedelta(seconds=1)


def iso(at: datetime | None) -> str | None:
    """`2026-01-01T00:00:00Z`; None for what never was."""
    return f"{at.isoformat()[:19]}Z" if at is not None else None


def iso_milliseconds(at: datetime) -> str:
    """`2026-01-01T00:00:00.000Z`."""
    return f"{at.isoformat(timespec='milliseconds')[:23]}Z"


def india_time(at: datetime | None) -> str:
    """`2026-01-01 05:30:00`, as clocks in Asia/Kolkata show it; "" for what never was."""
    return (at + _INDIA).isoformat(" ", "seconds")[:19] if at is not None else ""


def whole_seconds(since: datetime | None, until: datetime | None) -> int:
    """The difference of two instants as they are shown, without their fractions; 0 if either never was."""
    if since is None or until is None:
        return 0
    return (until.replace(microsecond=0) - since.replace(microsecond=0)) // _SECOND
