"""One message, its attempts, and what the outbox says of an attempt that ended."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from emulator.engine.values import value
from emulator.webhooks.values import Outcome, Reply, Request

__all__ = [
    "Attempt", "Delivery", "Done", "FellBack", "Good", "Injected", "Lost", "Retrying", "State", "Verdict", "Why",
]  # fmt: skip

State = Literal["waiting", "in flight", "retrying", "delivered", "failed", "blocked", "abandoned"]
Why = Literal["unreachable", "status", "invalid", "not-emulated"]


@value
class Injected:
    """What was done to an attempt on purpose: the fault's name and kind, and how long where the kind has a span."""

    name: str
    kind: str
    span: timedelta


class Attempt:
    """One try at sending a delivery. Read it; only the outbox changes it, but for what whoever sends it fills in.

    `number` counts from 1. `at` is the sandbox's instant at which it left, `timeout` how long it may take from there
    on the sandbox's clock. `headers` are the vendor's and the signature, filled in by whoever sends, `signed_at` the
    instant that was signed. `is_hung`: the receiver was silent for the sandbox's patience. `outcome` is None until it
    ended. `fault` is what was done to it on purpose.
    """

    __slots__ = ("at", "fault", "headers", "is_hung", "number", "outcome", "signed_at", "timeout")

    def __init__(self, number: int, at: datetime, timeout: timedelta) -> None:
        self.number = number
        self.at = at
        self.timeout = timeout
        self.headers: tuple[tuple[str, str], ...] = ()
        self.signed_at: datetime | None = None
        self.fault: Injected | None = None
        self.outcome: Outcome | None = None
        self.is_hung = False


class Delivery:
    """One message to the application. Read it; only the outbox changes it.

    `id` is its call's, a dash, and its place among the call's deliveries: `c7-d1`. `state` is `waiting` (in its call's
    line), `in flight`, `retrying` (waits for its next attempt), or final: `delivered`, `failed`, `blocked` (a host
    that is not allowed), `abandoned` (nobody waits for the answer any more, though its last attempt may still be out).
    `next_at` is when the next attempt leaves, if that is known. `problem` says why the answer could not be
    read, or what is wrong with one that was taken.
    `resend_of` and `fallback_of` are ids. `copied_by` is the fault that made it of another one, `held` the number of
    the attempt that a fault held back, and that fault.
    """

    __slots__ = (
        "attempts",
        "copied_by",
        "created_at",
        "deadline",
        "fallback_of",
        "held",
        "holds_line",
        "id",
        "next_at",
        "problem",
        "request",
        "resend_of",
        "state",
    )

    def __init__(
        self,
        id_: str,
        request: Request,
        created_at: datetime,
        holds_line: bool,
        resend_of: str | None,
        fallback_of: str | None,
    ) -> None:
        self.id = id_
        self.request = request
        self.created_at = created_at
        self.resend_of = resend_of
        self.fallback_of = fallback_of
        self.copied_by: Injected | None = None
        self.held: tuple[int, Injected] | None = None
        self.attempts: tuple[Attempt, ...] = ()
        self.state: State = "waiting"
        self.problem = ""
        self.next_at: datetime | None = None
        self.holds_line = holds_line
        """The outbox's own: it is in its call's line, and its first attempt has not ended."""
        self.deadline = 0
        """The outbox's own: the number of its deadline; 0 without one."""

    def __repr__(self) -> str:
        return f"<Delivery {self.id} {self.callback} {self.state}>"

    @property
    def call(self) -> str:
        return self.request.call

    @property
    def leg(self) -> str:
        return self.request.leg

    @property
    def vendor(self) -> str:
        return self.request.vendor

    @property
    def callback(self) -> str:
        return self.request.callback

    def body(self) -> bytes:
        """The body as sent: encoded now, and not kept."""
        return self.request.body.encode()


@value
class Good:
    """The application answered an ask with a success: read the reply, and `reject` it if it cannot be read."""

    delivery: Delivery
    reply: Reply


@value
class Retrying:
    """The attempt failed; the next leaves at `at`."""

    delivery: Delivery
    at: datetime


@value
class Lost:
    """Failed for good, and there is no fallback. `text` says in words what `why` says as one of four."""

    delivery: Delivery
    why: Why
    text: str


@value
class FellBack:
    """Failed for good; `fallback`, which carries the same ask, is ready to leave."""

    delivery: Delivery
    fallback: Delivery


@value
class Done:
    """Nothing follows: a notification was delivered, or nobody waits for this answer any more."""

    delivery: Delivery


Verdict = Good | Retrying | Lost | FellBack | Done
