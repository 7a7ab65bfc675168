"""Who watches every journal from outside: what is installed under the entry-point group `emulator.observers`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from emulator.recorder import Entry
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.vendors import load

__all__ = ["Observer", "load_observers"]


class Observer:
    """One that is called `name`. Once it has raised it is told nothing more: calls go on without it."""

    def __init__(self, name: str, told: Callable[[Entry], None]) -> None:
        self.name = name
        self._told: Callable[[Entry], None] | None = told

    def __call__(self, entry: Entry) -> None:
        if self._told is None:
            return
        try:
            self._told(entry)
        except Exception as problem:
            self._told = None
            text = f"emulator.observers:{self.name} raised {problem!r} and is told nothing more"
            asyncio.get_running_loop().call_exception_handler({"message": text, "exception": problem})

    def watch(self, sandbox: Sandbox) -> None:
        """See every entry of `sandbox`, from the first on."""
        if self not in sandbox.observers:  # of a sandbox that was reset it is one already
            sandbox.observers.append(self)
        for entry in sandbox.journal.entries():
            self(entry)


def load_observers() -> tuple[Observer, ...]:
    """The installed ones, in order of name."""
    return tuple(Observer(name, told) for name, told in load("emulator.observers").items())
