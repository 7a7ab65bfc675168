"""Every sandbox of one process, and whose credential is whose."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

from emulator.clock import VirtualClock, WallClock
from emulator.errors import UsageError
from emulator.ids import Ids
from emulator.runtime.answering import Answerer, Answers, Plug, answerers
from emulator.runtime.observing import Observer, load_observers
from emulator.runtime.pump import Pump
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import Options, SandboxSpec
from emulator.runtime.vendors import load_vendors
from emulator.runtime.view import View
from emulator.vendor_api import Vendor
from emulator.webhooks.sender import Sender

__all__ = ["DEFAULT", "Exchange"]

DEFAULT = "default"
START = datetime(2026, 1, 1, tzinfo=UTC)


class Exchange:
    """Creates, finds and ends sandboxes. Nothing is shared between two of them but the sender's connections."""

    def __init__(
        self,
        options: Options | None = None,
        vendors: Mapping[str, Vendor] | None = None,
        observers: Sequence[Observer] | None = None,
        plugs: Sequence[Plug] | None = None,
    ) -> None:
        """`vendors`, `observers`, and `plugs` that judge and vary answers: None takes those that are installed."""
        self.options = options or Options()
        self.vendors: Mapping[str, Vendor] = load_vendors() if vendors is None else dict(vendors)
        self.observers = load_observers() if observers is None else tuple(observers)
        self._plugs = plugs
        self.sandboxes: dict[str, Sandbox] = {}
        self.pumps: dict[str, Pump] = {}
        self.faulty: set[str] = set()
        """The sandboxes with faults that strike API requests."""
        self.answerers: dict[str, Mapping[str, Answerer]] = {}
        """Of the sandboxes that are strict or whose answers vary, by provider."""
        self.url = self.options.public_url.rstrip("/")
        self.on_create: list[Callable[[Sandbox], None]] = []
        self.on_stop: list[Callable[[], None]] = []
        """Told when the server begins to stop: whoever holds a connection open for ever lets go."""
        self._sender = Sender()
        self._owners: dict[tuple[str, str], View] = {}

    # --- sandboxes ---------------------------------------------------------------------------------------------

    def create(self, spec: SandboxSpec) -> Sandbox:
        """A new sandbox with its own accounts. Raises `UsageError` for a taken name or a bad spec, changing nothing.

        Must be called in the running event loop that will serve it.
        """
        if spec.name in self.sandboxes:
            raise UsageError(f"name: there is a sandbox {spec.name!r} already")
        for vendor in spec.settings:
            if vendor not in self.vendors:
                raise UsageError(f"settings.{vendor}: no such vendor; there are {', '.join(self.vendors)}")
        seed = spec.seed if spec.seed is not None else secrets.randbelow(1 << 48)
        is_default = spec.name == DEFAULT
        for salt in range(1000):
            accounts = Ids(seed if salt == 0 else Ids(seed).integer("accounts", str(salt), 1 << 62))
            sandbox_id = spec.name or f"sb-{accounts.hex('sandbox', '', 10)}"
            if sandbox_id in self.sandboxes:
                continue
            sandbox = self._make(sandbox_id, spec, seed, accounts, is_default)
            if not any(owner in self._owners for owner in sandbox.credentials):
                break
        else:
            raise UsageError(f"seed: every account that seed {seed} can make is in use; delete some sandboxes")
        self.adopt(sandbox)
        return sandbox

    def _make(self, sandbox_id: str, spec: SandboxSpec, seed: int, accounts: Ids, is_default: bool) -> Sandbox:
        clock: Any
        if spec.mode == "virtual":
            clock = VirtualClock(spec.start or START)
        else:
            clock = WallClock(spec.speed, spec.start)
        return Sandbox(sandbox_id, spec, seed, accounts, clock, self.vendors, self.options.keep, is_default)

    def adopt(self, sandbox: Sandbox) -> None:
        """Serve a sandbox that exists: a new one, or one rebuilt from its journal. Raises `UsageError`, changing
        nothing, if it wants a judge or answers that are not installed."""
        sandbox.on_answers = partial(self._answer, sandbox)
        sandbox.on_answers(sandbox.answers)
        for vendor, credential in sandbox.credentials:
            self._owners[vendor, credential] = sandbox.views[vendor]
        self.sandboxes[sandbox.id] = sandbox
        sandbox.base_url = self.base_url
        self.pumps[sandbox.id] = Pump(sandbox, self._sender, self.is_allowed)
        sandbox.on_faults = partial(self._mark_faulty, sandbox)
        sandbox.on_faults()
        sandbox.reach(sandbox.clock.now())  # who calls at once calls now
        for observer in self.observers:
            observer.watch(sandbox)
        for seen in self.on_create:
            seen(sandbox)

    def _mark_faulty(self, sandbox: Sandbox) -> None:
        if sandbox.faults.strikes_requests and self.sandboxes.get(sandbox.id) is sandbox:
            self.faulty.add(sandbox.id)
        else:
            self.faulty.discard(sandbox.id)

    def _answer(self, sandbox: Sandbox, answers: Answers) -> None:
        """Let whoever is installed judge and vary what this sandbox is asked, from now on. Raises `UsageError`."""
        made = answerers(list(self.vendors), sandbox.seed, sandbox.spec.strict, answers, self._plugs)
        if made:
            self.answerers[sandbox.id] = made
        else:
            self.answerers.pop(sandbox.id, None)

    async def delete(self, sandbox_id: str) -> None:
        """End it at once: its credentials, timers and deliveries die with it. Raises `KeyError`."""
        sandbox = self.sandboxes.pop(sandbox_id)
        self.faulty.discard(sandbox_id)
        self.answerers.pop(sandbox_id, None)
        sandbox.on_answers = _nobody  # a request may hold it still, whose body is on its way
        for owner in sandbox.credentials:
            self._owners.pop(owner, None)
        await self.pumps.pop(sandbox_id).close()

    async def reset(self, sandbox_id: str) -> Sandbox:
        """The same sandbox as on its first instant: same id, seed, accounts, spec. Raises `KeyError`."""
        old = self.sandboxes[sandbox_id]
        await self.delete(sandbox_id)
        sandbox = self._make(sandbox_id, old.spec, old.seed, old.accounts, sandbox_id == DEFAULT)
        sandbox.observers = old.observers
        self.adopt(sandbox)
        return sandbox

    async def close(self, drain: float = 0.0) -> None:
        """End everything, giving what is in flight up to `drain` seconds."""
        if drain > 0:
            await asyncio.gather(*(pump.drain(drain) for pump in self.pumps.values()))
        for sandbox_id in list(self.sandboxes):
            await self.delete(sandbox_id)
        await self._sender.close()

    # --- who is who --------------------------------------------------------------------------------------------

    def view(self, vendor: str, credential: str) -> View | None:
        return self._owners.get((vendor, credential))

    def base_url(self, vendor: str, origin: str = "") -> str:
        """`http://host:port/<vendor>` as seen from `origin`, else as bound or told."""
        return f"{(origin or self.url).rstrip('/')}/{vendor}"

    def is_allowed(self, host: str) -> bool:
        """Whether webhooks may go to this host although it is not loopback or private."""
        return host.lower() in {allowed.lower() for allowed in self.options.allow_hosts}


def _nobody(answers: object) -> None:
    """The sandbox is gone: nobody judges it."""
