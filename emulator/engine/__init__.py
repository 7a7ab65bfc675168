"""The telephone exchange itself: commands in, events out, sans-IO."""

from emulator.engine.engine import Engine
from emulator.engine.speech import Nominal

__all__ = ["Engine", "Nominal"]
