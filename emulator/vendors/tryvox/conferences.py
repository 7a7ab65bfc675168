"""Conferences: there are none, because nothing that is emulated opens one (TRYVOX-65)."""

from __future__ import annotations

from typing import NoReturn

from emulator.vendors.tryvox.errors import Rejected, not_found
from emulator.vendors.tryvox.serving import Answer, Asking

__all__ = ["list_conferences", "unknown"]


def list_conferences(asking: Asking) -> Answer:
    return 200, {"conferences": []}


def unknown(asking: Asking) -> NoReturn:
    raise Rejected(not_found("Conference"))
