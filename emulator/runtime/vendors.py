"""Finds what plugs in, by entry point."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from typing import Any

from emulator.errors import UsageError
from emulator.vendor_api import Vendor

__all__ = ["load", "load_vendors"]


def load(group: str) -> dict[str, Any]:
    """Every object registered under `group`, by name, in order of name."""
    found = _installed().select(group=group)
    return {entry.name: entry.load() for entry in sorted(found, key=lambda entry: entry.name)}


@cache
def _installed() -> Any:
    """Every entry point of every distribution (what holds them has another class before Python 3.12). Looking takes
    5 ms, so once will do."""
    return entry_points()


def load_vendors() -> Mapping[str, Vendor]:
    """The installed vendors by name. Raises `UsageError` for an entry point that gives something else."""
    found = load("emulator.vendors")
    for name, vendor in found.items():
        if not isinstance(vendor, Vendor) or vendor.name != name:
            raise UsageError(
                f"entry point emulator.vendors:{name}: expected a Vendor named {name!r}, got {vendor!r:.80}"
            )
    return found
