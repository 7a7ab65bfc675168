"""Bad days as data: which fault strikes what, how often, and how surely. Pure.

A fault strikes requests to the API or deliveries to the application, never both: its kind says which. The dice are
keyed by what is struck, so equal seeds and inputs give equal days, and a fault's own `seed` makes it independent of the
sandbox's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal, get_args

from emulator.engine.values import value

__all__ = ["KINDS", "Fault", "Kind", "Side", "Traits"]

Side = Literal["request", "delivery"]
Kind = Literal[
    "status", "rate-limit", "latency", "slow-body", "reset", "reply-lost",
    "lost", "answer-lost", "delayed", "duplicated", "twice", "reordered", "wrong-signature", "stale-signature",
    "no-signature",
]  # fmt: skip

HOUR: Final = timedelta(hours=1)


@value
class Traits:
    """What a kind of fault is. `span`: its default where it takes one; `fields`: which of its own fields it takes, and
    `needs` which of them it cannot do without. `most`: the longest span. `does` is a phrase for people. `needs_answer`:
    it strikes nothing that goes over a socket, where a message has no answer of its own."""

    side: Side
    does: str
    fields: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    span: timedelta = timedelta()
    most: timedelta = timedelta(days=1)
    is_signing: bool = False
    needs_answer: bool = False


KINDS: Final[Mapping[Kind, Traits]] = {
    "status": Traits(
        "request", "nothing is done; the answer is `status`, in the vendor's own words", ("status", "retry_after"),
        ("status",),
    ),
    "rate-limit": Traits(
        "request", "nothing is done; the answer is 429 with `Retry-After` (`retry_after`, by default 1 s)",
        ("retry_after",),
    ),
    "latency": Traits(
        "request", "it is done at once and answered after `span` of real time", ("span",), ("span",), most=HOUR
    ),
    "slow-body": Traits(
        "request", "it is done; the answer's body comes in pieces over `span` of real time", ("span",), ("span",),
        most=HOUR,
    ),
    "reset": Traits("request", "nothing is done, and the connection is reset"),
    "reply-lost": Traits("request", "it is done, and the connection is reset before the answer"),
    "lost": Traits("delivery", "the attempt never arrives and times out; retries and fallbacks follow"),
    "answer-lost": Traits(
        "delivery", "it arrives, and the connection breaks before the answer; retries and fallbacks follow",
        needs_answer=True,
    ),
    "delayed": Traits(
        "delivery", "it leaves `span` later on the sandbox's clock, and what stands behind it waits too", ("span",),
        ("span",),
    ),
    "duplicated": Traits(
        "delivery", "it is sent once more, `span` later (by default 1 s)", ("span",), span=timedelta(seconds=1)
    ),
    "twice": Traits("delivery", "it is sent twice at the same instant"),
    "reordered": Traits(
        "delivery", "the next webhook of its call overtakes it; it leaves after `span` at the latest (by default 30 s)",
        ("span",), span=timedelta(seconds=30),
    ),
    "wrong-signature": Traits("delivery", "it is signed with another secret", is_signing=True),
    "stale-signature": Traits(
        "delivery", "it is signed as if `span` ago (by default 1 h), with a nonce that was used before", ("span",),
        span=HOUR, is_signing=True,
    ),
    "no-signature": Traits("delivery", "it comes without its signature", is_signing=True),
}  # fmt: skip
assert tuple(KINDS) == get_args(Kind)


@value
class Fault:
    """One fault. `name` is unique in its list. Empty `vendor`, `route`, `number`, `callback` match everything.

    `route`: `METHOD path` or a path, below the vendor's base URL, `*` for what stands between two slashes and `**` for
    anything. `number`: a number or pattern, as in a scenario; any leg's. `count`: it strikes no more often. `skip`: of
    the attempts that it fits and that no fault before it strikes, it lets the first so many pass.
    `seed`: of its own dice. `status` and `retry_after` as in HTTP; `span` as its kind says.
    """

    fault: Kind
    name: str = ""
    vendor: str = ""
    route: str = ""
    number: str = ""
    callback: str = ""
    count: int | None = None
    skip: int = 0
    probability: float = 1.0
    seed: int | None = None
    status: int | None = None
    retry_after: timedelta | None = None
    span: timedelta | None = None

    @staticmethod
    def from_json(data: Any, where: str = "fault", default_name: str = "") -> Fault:
        """Raises: UsageError, naming the path."""
        from emulator.scenarios.faults_json import parse_fault

        return parse_fault(data, where, default_name)

    @staticmethod
    def list_from_json(data: Any, where: str = "faults") -> tuple[Fault, ...]:
        """A list of them, those without a name called `f1`, `f2`, ... by their place. Raises: UsageError."""
        from emulator.scenarios.faults_json import parse_faults

        return parse_faults(data, where)

    def to_json(self) -> dict[str, Any]:
        """What differs from the defaults, spans as seconds: as `from_json` takes it."""
        from emulator.scenarios.faults_json import render_fault

        return render_fault(self)

    @property
    def traits(self) -> Traits:
        return KINDS[self.fault]

    @property
    def seconds(self) -> float:
        """Its span, or its kind's default."""
        return self.lasts.total_seconds()

    @property
    def lasts(self) -> timedelta:
        return self.traits.span if self.span is None else self.span
