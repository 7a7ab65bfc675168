"""The emulator, judged: a walk and a fuzz of each provider, in sandboxes of a running server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module

from contracts.document import contract_names, load
from contracts.walking.ledger import Ledger
from contracts.walking.walker import walk
from emulator.client.server import Server
from emulator.errors import UsageError

__all__ = ["check_emulator"]


def check_emulator(
    server: Server, vendors: Sequence[str] = (), *, seed: int = 1, examples: int = 40,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[str, Ledger]:  # fmt: skip
    """Hold `server` against the contracts of these providers, or all that there are. `examples` 0: no fuzzing.

    `tell` is told what begins. Raises: `UsageError` for a provider without a contract, or one the server lacks.
    """
    told = {}
    for name in vendors or contract_names():
        ledger = told[name] = Ledger(load(name))
        with server.sandbox(seed=seed) as ringback, server.sandbox(seed=seed + 1) as foreign:
            if name not in ringback.accounts:
                raise UsageError(f"the server at {server.url} has no {name}; it has {', '.join(ringback.accounts)}")
            tell(f"{name}: walking")
            walk(ledger.contract, ringback, foreign.accounts[name], ledger)
        if examples:
            from contracts.walking.fuzzing import fuzz

            with server.sandbox(seed=seed + 2) as ringback:
                account = ringback.accounts[name]
                guide = import_module(f"contracts.{name}.walk")
                headers, real = guide.headers(account), guide.real(account)
                tell(f"{name}: fuzzing")
                fuzz(ledger.contract, account.base_url, headers, ledger, real=real, seed=seed, examples=examples)
    return told
