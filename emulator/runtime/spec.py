"""What an exchange and a sandbox are made from."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Literal

from emulator.engine.values import field, value
from emulator.errors import RingbackError

__all__ = [
    "MOST_PATIENCE",
    "MOST_SEED",
    "MOST_SPEED",
    "ClockBusy",
    "Drive",
    "Options",
    "SandboxGone",
    "SandboxSpec",
    "WrongClock",
]

MOST_SEED: Final = 2**53 - 1
"""The greatest whole number that every reader of JSON keeps."""
MOST_PATIENCE: Final = 600
MOST_SPEED: Final = 1_000_000


@value
class Options:
    """How one process serves. `port` 0 takes any free one. `token` guards the control API when bound wider."""

    host: str = "127.0.0.1"
    port: int = 5550
    public_url: str = ""
    allow_hosts: tuple[str, ...] = ()
    token: str = ""
    vendor_ports: bool = False
    keep: int = 10_000
    """How many ended calls a sandbox keeps; beyond it the oldest are forgotten, live ones never."""


@value
class SandboxSpec:
    """A sandbox to be. `seed` None takes a fresh one. `settings` by vendor; `scenario` as the control API takes it.

    `quiet`: real seconds for which nothing must have moved on the socket of an application, whose call idles, before a
    virtual clock goes on; a tenth of it while the call does not idle.
    `deliver` `one_at_a_time`: one webhook in flight in the whole sandbox, so that the order between calls is fixed
    even when the application calls the API from its handlers. `patience`: real seconds before a receiver counts as
    hung on a virtual clock. `signature_clock`: the time inside a signature header.
    `strict`: every request is held against its provider's contract. `answers`: `plain`, `varied`, or `{"variations":
    [...]}`.
    """

    name: str = ""
    seed: int | None = None
    mode: Literal["real", "virtual"] = "virtual"
    start: datetime | None = None
    speed: float = 1.0
    patience: float = 5.0
    quiet: float = 0.05
    deliver: Literal["parallel", "one_at_a_time"] = "parallel"
    signature_clock: Literal["wall", "sandbox"] = "wall"
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, hash=False)
    scenario: Mapping[str, Any] = field(default_factory=dict, hash=False)
    strict: bool = False
    answers: str | Mapping[str, Any] = field(default="plain", hash=False)


@value
class Drive:
    """How driving the clock ended. `stopped`: `time` (the span is over), `idle` (nothing is left but endless playing
    or waiting), `limit`, `condition`. `delivered`: ids of the deliveries that ended meanwhile."""

    now: datetime
    stopped: Literal["time", "idle", "limit", "condition"]
    delivered: tuple[str, ...]


class ClockBusy(RingbackError):
    """The clock is being driven by somebody else."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
        super().__init__(f"the clock of sandbox {sandbox} is being driven already; wait for that advance or run to end")


class SandboxGone(RingbackError):
    """The sandbox was deleted or reset while somebody drove its clock."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
        super().__init__(f"sandbox {sandbox} was deleted or reset while its clock was being driven")


class WrongClock(RingbackError):
    """A real clock cannot be driven."""

    def __init__(self, sandbox: str) -> None:
        self.sandbox = sandbox
        super().__init__(
            f"sandbox {sandbox} has a real clock, which nobody can drive; create it with clock mode virtual"
        )
