"""What `serve` prints: the banner, then what happens. Imported only once the server answers."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

from emulator.cli.banner import banner
from emulator.cli.lines import Line, line_of
from emulator.recorder import Entry
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import SandboxSpec
from emulator.vendor_api import Vendor

__all__ = ["Announcer"]

STYLES: Final = {"request": "cyan", "state": "bold", "webhook": "green", "heard": "dim", "trouble": "red"}


class Announcer:
    """Writes to standard output, a line at a time; once nobody reads there any more, falls silent."""

    def __init__(self, *, as_json: bool, quiet: bool) -> None:
        self.as_json, self.quiet = as_json, quiet
        self.is_silent = False
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="backslashreplace")  # whatever an application says can be shown
        self._show = _shower()

    def started(self, ready: Mapping[str, Any], spec: SandboxSpec, vendors: Mapping[str, Vendor]) -> None:
        if self.as_json:
            self._say(lambda: print(json.dumps({"kind": "serving", **ready}, default=list), flush=True))
            return
        if self.quiet:
            self._say(lambda: print(f"Ringback {ready['version']} at {ready['url']}", flush=True))
            return
        clock = spec.mode if spec.speed == 1.0 else f"{spec.mode}, {spec.speed:g} times as fast"
        text = banner(ready, clock, vendors)
        self._say(lambda: print(text, flush=True))

    def watch(self, sandbox: Sandbox) -> None:
        """Show what happens there from now on."""
        before = [each for each in sandbox.observers if isinstance(each, _Watching) and each.announcer is self]
        for each in before:  # it was reset
            sandbox.observers.remove(each)
        sandbox.observers.append(_Watching(self, sandbox))

    def show(self, sandbox: Sandbox, entry: Entry) -> None:
        """One entry, if it is for people."""
        if self.is_silent:
            return
        if self.as_json:
            self._say(lambda: print(entry.line().decode(), end="", flush=True))
            return
        line = line_of(sandbox, entry)
        if line is not None:
            self._say(lambda: self._show(line))

    def _say(self, write: Callable[[], None]) -> None:
        try:
            write()
        except (OSError, ValueError):  # whoever read has left: serving goes on
            self.is_silent = True
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - what is left unwritten has nowhere to go


class _Watching:
    """What an announcer has a sandbox told to."""

    def __init__(self, announcer: Announcer, sandbox: Sandbox) -> None:
        self.announcer, self._sandbox = announcer, sandbox

    def __call__(self, entry: Entry) -> None:
        self.announcer.show(self._sandbox, entry)


def _shower() -> Callable[[Line], None]:
    if not sys.stdout.isatty():
        return lambda line: print(line[0], flush=True)
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, soft_wrap=True)
    return lambda line: console.print(Text(line[0], style=STYLES[line[1]]))
