"""The environment of a process that is to use a server: its address, and every provider's address and credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["environ"]


def environ(url: str, accounts: Mapping[str, Mapping[str, Any]], token: str = "") -> dict[str, str]:
    """`accounts` as the control API shows them, by provider, each with its `base_url`."""
    from emulator.runtime.vendors import load_vendors

    made = {"RINGBACK_URL": url}
    if token:
        made["RINGBACK_TOKEN"] = token
    for name, vendor in load_vendors().items():
        if name in accounts:
            made |= vendor.environ(accounts[name], accounts[name]["base_url"])
    return made
