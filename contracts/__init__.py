"""The judge: the contracts, and whoever is held against them: the emulator, a client, a receiver of webhooks.

`check_receiver(vendor, {"answer": url, ...}, secret=...)` posts every legal callback to an application, and the illegal
ones it must refuse; `.check()` of its report fails a test. What it needs comes with the extra `ringback[contracts]`.
"""

from __future__ import annotations

from typing import Any

__all__ = ["check_receiver"]


def __getattr__(name: str) -> Any:
    if name != "check_receiver":
        raise AttributeError(f"contracts has no {name!r}; it has {', '.join(__all__)}")
    from contracts.receiver_check import check_receiver

    return check_receiver
