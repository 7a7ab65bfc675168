"""What may be sent: bodies and queries, each a type that reads, checks and documents itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct, field

from emulator.runtime.spec import MOST_PATIENCE, MOST_SEED, MOST_SPEED

__all__ = [
    "MOST_SECONDS", "Advance", "ByHand", "EventsQuery", "Explain", "ExplainQuery", "InboundCall", "JournalQuery",
    "ListCalls", "ListDeliveries", "NewAnswers", "NewClock", "NewFaults", "NewSandbox", "NoQuery", "Nothing", "Resend",
    "Run", "Scenario", "Settings", "Until",
]  # fmt: skip

MOST_SECONDS: Final = 3_200_000_000
"""About a hundred years: the longest span a clock is asked to move at once."""

State = Literal["queued", "ringing", "early media", "answered", "ended"]
Seconds = Annotated[float, Meta(ge=0, le=MOST_SECONDS)]
Page = Annotated[int, Meta(ge=1, le=10_000, description="How many at most.")]
FarEnd = Annotated[dict[str, Any], Meta(extra_json_schema={"$ref": "#/components/schemas/FarEnd"})]
IncomingCalls = Annotated[list[Any], Meta(extra_json_schema={"items": {"$ref": "#/components/schemas/IncomingCalls"}})]
Faults = Annotated[list[Any], Meta(extra_json_schema={"items": {"$ref": "#/components/schemas/Fault"}})]
CallId = Annotated[str, Meta(min_length=1, description="The call's id, or the vendor's own id of one of its legs.")]
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Seed = Annotated[int, Meta(ge=0, le=MOST_SEED)]
Answers = Literal["plain", "varied"] | dict[str, Any]
Number = Annotated[str, Meta(min_length=1, max_length=256)]


class Nothing(Struct, forbid_unknown_fields=True):
    """An empty object, or no body at all."""


class NoQuery(Struct, forbid_unknown_fields=True):
    """No query parameters."""


class NewClock(Struct, forbid_unknown_fields=True):
    """A virtual clock stands still until it is told; a real one runs, `speed` times as fast as the wall's."""

    mode: Literal["real", "virtual"] = "virtual"
    start: Annotated[
        Annotated[datetime, Meta(tz=True)] | None,
        Meta(description="With its offset. By default 2026-01-01T00:00:00Z, or now for a real clock."),
    ] = None
    speed: Annotated[float, Meta(gt=0, le=MOST_SPEED, description="Only of a real clock.")] = 1.0


class Scenario(Struct, forbid_unknown_fields=True, omit_defaults=True):
    """Who is on the other end: `numbers` by number or pattern (`+9198*`), `default` for every other one; who calls.

    The same as a scenario file says. `seed`: of what is chosen and drawn, by default the sandbox's. `vendor`: where
    `calls` come in that name none. `faults` and `settings` are replaced where they are named. `play` is for `ringback
    scenario play`, and nothing here.
    """

    default: FarEnd = field(default_factory=dict)
    numbers: dict[str, FarEnd] = field(default_factory=dict)
    calls: IncomingCalls = field(default_factory=list)
    seed: Seed | None = None
    vendor: str = ""
    faults: Faults | None = None
    settings: Annotated[dict[str, dict[str, Any]], Meta(description="By vendor.")] = field(default_factory=dict)
    name: str = ""
    description: str = ""
    play: dict[str, Any] = field(default_factory=dict)
    ringback: Annotated[Literal[1], Meta(description="The version of the format.")] = 1


class NewFaults(Struct, forbid_unknown_fields=True):
    """Bad days. The first fault that fits a request or webhook, and whose dice say so, strikes it."""

    faults: Faults


class NewAnswers(Struct, forbid_unknown_fields=True):
    """`plain`; `varied`: within the contracts, by the sandbox's seed; or `{"variations": [...]}`: these, and no others.

    A variation has `operation` and `change`, and as the change wants it `where`, `value` and `nth`: which of the
    operation's answers, 0 for every one.
    """

    answers: Answers


class NewSandbox(Struct, forbid_unknown_fields=True):
    """A sandbox to be. Everything has a default; equal seeds give equal ids, credentials and numbers."""

    name: Annotated[Name | None, Meta(description="Becomes its id; made up if absent.")] = None
    seed: Annotated[Seed | None, Meta(description="Made up if absent.")] = None
    clock: NewClock = field(default_factory=NewClock)
    scenario: Scenario | None = None
    settings: Annotated[dict[str, dict[str, Any]], Meta(description="By vendor.")] = field(default_factory=dict)
    patience: Annotated[
        float,
        Meta(
            gt=0, le=MOST_PATIENCE,
            description="Real seconds after which a silent receiver counts as hung on a virtual clock.",
        ),
    ] = 5.0  # fmt: skip
    deliver: Annotated[
        Literal["parallel", "one_at_a_time"],
        Meta(description="`one_at_a_time`: one webhook in flight in the whole sandbox, so that all order is fixed."),
    ] = "parallel"
    signature_clock: Annotated[
        Literal["wall", "sandbox"], Meta(description="Whose time is inside a signature header.")
    ] = "wall"
    strict: Annotated[
        bool, Meta(description="Hold every request against its provider's contract: `GET .../violations`.")
    ] = False
    answers: Annotated[Answers, Meta(description="`plain`, `varied`, or the variations themselves.")] = "plain"


class Advance(Struct, forbid_unknown_fields=True):
    """How far to move a virtual clock; 0 only settles what is going on at this instant."""

    seconds: Seconds


class Until(Struct, forbid_unknown_fields=True):
    """Either `call` has reached `state`, or `count` deliveries named `callback` (of `call`, if given) were delivered.

    Both count from the beginning of the sandbox, so that nothing that has happened already is waited for in vain.
    """

    call: CallId | None = None
    state: State | None = None
    callback: Annotated[str, Meta(min_length=1)] | None = None
    count: Annotated[int, Meta(ge=1)] = 1

    def __post_init__(self) -> None:
        if (self.state is None) == (self.callback is None) or (self.state is not None and self.call is None):
            raise ValueError(
                '"idle", or an object with call and state, or one with callback and perhaps count and call'
            )


class Run(Struct, forbid_unknown_fields=True):
    """Move a virtual clock until nothing is left but endless playing or waiting, or until something holds."""

    until: (
        Literal["idle"]
        | Annotated[
            Until,
            Meta(extra_json_schema={"oneOf": [{"required": ["call", "state"]}, {"required": ["callback"]}]}),
        ]
    ) = "idle"
    limit_seconds: Seconds = 86_400.0


class InboundCall(Struct, forbid_unknown_fields=True):
    """Somebody calls one of the sandbox's numbers. `scenario` scripts the caller, and stays set for that number."""

    vendor: Annotated[str, Meta(min_length=1)]
    from_: Number = field(name="from")
    to: Number
    scenario: FarEnd | None = None


class ByHand(Struct, forbid_unknown_fields=True):
    """A person acts as the far end of a leg, whose script stops there."""

    do: Literal["answer", "busy", "reject", "press", "say", "hang_up"]
    digits: Annotated[Annotated[str, Meta(pattern="^[0-9*#A-D]{1,64}$")] | None, Meta(description="For `press`.")] = (
        None
    )
    text: Annotated[
        Annotated[str, Meta(max_length=10_000)] | None,
        Meta(description='For `say`; for `answer`, what is said on answering (default "Hello?").'),
    ] = None
    leg: Annotated[
        str | None, Meta(description="By default the first leg of the call that is in a state to do this.")
    ] = None


class Resend(Struct, forbid_unknown_fields=True):
    """`set` replaces or adds fields of the form or JSON object that is sent."""

    set: dict[str, Any] = field(default_factory=dict)


class Explain(Struct, forbid_unknown_fields=True):
    """What the receiver has, as far as it is known; whatever is named is held against what was signed."""

    received: Annotated[str | None, Meta(description="The signature it computed, alone or as the header is.")] = None
    header: Annotated[str | None, Meta(description="The header it compares that with.")] = None
    seen_url: Annotated[str | None, Meta(description="The URL as it saw it, behind its proxy.")] = None
    body: Annotated[str | None, Meta(description="The body it signed.")] = None
    encoding: Annotated[Literal["utf-8", "base64"], Meta(description="How `body` is to be read.")] = "utf-8"
    secret: Annotated[str | None, Meta(description="The secret it uses.")] = None
    at: Annotated[
        Annotated[datetime, Meta(tz=True)] | None, Meta(description="Its clock when it looked, with its offset.")
    ] = None
    attempt: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="Which attempt; the last by default.")] = (
        None
    )
    show_secret: Annotated[bool, Meta(description="Show our secret whole.")] = False


Settings = dict[str, Any]
"""What a vendor keeps in its web panel, by name of the setting: replaced whole."""


class ListCalls(Struct, forbid_unknown_fields=True):
    """Which calls."""

    vendor: Annotated[str | None, Meta(description="Only this vendor's.")] = None
    state: Annotated[State | None, Meta(description="Only calls in this state.")] = None
    after: Annotated[CallId | None, Meta(description="Only calls made after this one: the `next` of a page.")] = None
    limit: Page = 1000


class ListDeliveries(Struct, forbid_unknown_fields=True):
    """Which deliveries."""

    call: CallId | None = None
    callback: Annotated[str | None, Meta(description="Only those of this callback name.")] = None
    after: Annotated[str | None, Meta(description="Only those made after this one: the `next` of a page.")] = None
    limit: Page = 1000


class ExplainQuery(Struct, forbid_unknown_fields=True):
    """Of which attempt, and how openly."""

    attempt: Annotated[Annotated[int, Meta(ge=1)] | None, Meta(description="Which attempt; the last by default.")] = (
        None
    )
    show_secret: Annotated[bool, Meta(description="Show the secret whole.")] = False


class JournalQuery(Struct, forbid_unknown_fields=True):
    """Which entries."""

    after: Annotated[int, Meta(ge=0, description="Only entries with a greater `seq`.")] = 0
    call: Annotated[CallId | None, Meta(description="Only this call's.")] = None


class EventsQuery(Struct, forbid_unknown_fields=True):
    """From where."""

    after: Annotated[
        Annotated[int, Meta(ge=0)] | None,
        Meta(description="First the entries with a greater `seq`; by default only what comes. As `Last-Event-ID`."),
    ] = None
