"""What may become of a provider's webhooks: which there are in a plain call, and how often each is tried again.

Each provider's `stories` module (`contracts.<provider>.stories`) says it in a `RULES`, from the provider's facts and
not from our code: a story must hold nothing that the provider would not do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any, Final

from contracts.shelf import contract_names
from emulator.engine.values import field, value
from emulator.errors import UsageError
from emulator.scenarios.far_end import FarEnd

__all__ = ["FAILURES", "Rules", "rules_of"]

FAILURES: Final[Mapping[str, str]] = {"lost": "timeout", "answer-lost": "connection"}
"""What the provider takes a fault for."""

Settings = Mapping[str, Any]
Urls = Mapping[str, str]


@value
class Rules:
    """Of one provider. `notifications`: the callbacks whose answer it does not read, those that matter most first;
    `documents`: those whose answer it waits for, which come once unless they are tried again. `urls`: where an
    application is told of what, if nobody says. `retries(callback, failure, settings, urls)`: how often an attempt that
    ended in `timeout` or `connection` is repeated. `repeated`: those that come several times in a call; `last`: those
    that no document comes after. `usual`: somebody who does nothing out of the ordinary. `is_panel`: URLs stand in
    settings alone, never in a request.
    """

    notifications: tuple[str, ...]
    documents: tuple[str, ...]
    urls: Urls = field(hash=False)
    retries: Callable[[str, str, Settings, Urls], int]
    repeated: tuple[str, ...] = ()
    last: tuple[str, ...] = ()
    usual: FarEnd = field(default_factory=FarEnd)
    is_panel: bool = False


def rules_of(vendor: str) -> Rules:
    """Raises: UsageError for a provider that there is no contract with."""
    if vendor not in contract_names():
        raise UsageError(f"vendor: expected one of {', '.join(contract_names())}, got {vendor!r}")
    rules: Rules = import_module(f"contracts.{vendor}.stories").RULES
    return rules
