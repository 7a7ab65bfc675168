"""Clocks: what a sandbox is told when it is told the time."""

from emulator.clock.clock import Clock
from emulator.clock.virtual import VirtualClock
from emulator.clock.wall import WallClock

__all__ = ["Clock", "VirtualClock", "WallClock"]
