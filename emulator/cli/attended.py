"""`serve` for a process that started it: it ends when its standard input does, so that no server outlives its owner."""

from __future__ import annotations

import os
import signal
import sys
import threading

from emulator.cli import main

__all__: list[str] = []


def _watch() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    threading.Thread(target=_watch, daemon=True).start()
    sys.exit(main(["serve", *sys.argv[1:]]))
