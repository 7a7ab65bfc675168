"""The control API: the one way in for dashboard, command line, pytest plugin and every other language."""

from emulator.control.app import app

__all__ = ["app"]
