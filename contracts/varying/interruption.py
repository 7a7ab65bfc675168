"""An end for a function that does not end: an exception that is raised in its thread from another one."""

from __future__ import annotations

import ctypes
import threading
from typing import Final

__all__ = ["Interrupted", "Interruption"]

_TURNS: Final = 100
"""How often a thread yields for an exception that is on its way to it; it comes with the first or second."""


class Interrupted(BaseException):
    """The function went on and on. No `Exception`, so that a client that tries everything again does not catch it."""


class Interruption:
    """Of the thread that makes it, once at most, and never after `over()`.

    A thread that waits in the system for something else than time is interrupted when that is over, not before.
    """

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._lock = threading.Lock()
        self._is_over = threading.Event()
        self._is_sent = False

    def send(self, after: float) -> None:
        """Called in another thread: raise `Interrupted` there, unless it is over in `after` seconds."""
        if self._is_over.wait(after):
            return
        with self._lock:
            if not self._is_over.is_set():
                self._is_sent = True
                raised = ctypes.py_object(Interrupted)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), raised)

    def over(self) -> None:
        """Called in the thread itself. Raises: Interrupted, if that was on its way."""
        with self._lock:
            self._is_over.set()
        for _ in range(_TURNS if self._is_sent else 0):
            self._is_over.wait()
