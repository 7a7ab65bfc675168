"""What is answered: one type for each thing, from which the OpenAPI document is made too.

Instants are aware UTC; a body that is not UTF-8 is base64, and `encoding` says so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from emulator.control.requests import FarEnd, Faults, IncomingCalls, State

__all__ = [
    "AnswersAnswer", "AttemptAnswer", "CallAnswer", "CallsAnswer", "CauseAnswer", "ClockAnswer", "DeliveriesAnswer",
    "DeliveryAnswer",
    "DriveAnswer", "ExplanationAnswer", "FailureAnswer", "FaultsAnswer", "FindingAnswer", "HeardAnswer",
    "InjectedAnswer", "LadderAnswer", "LegAnswer", "ResponseAnswer", "SandboxAnswer", "SandboxesAnswer",
    "ScenarioAnswer", "SentAnswer", "SignatureAnswer", "SignedPartAnswer", "StateAnswer", "SummaryAnswer",
    "ViolationAnswer", "ViolationsAnswer",
]  # fmt: skip

Who = Literal["caller", "callee", "api", "program", "platform", "carrier", "application", "partner"]
Direction = Literal["inbound", "outbound"]
DeliveryState = Literal["waiting", "in flight", "retrying", "delivered", "failed", "blocked", "abandoned"]
Encoding = Annotated[Literal["utf-8", "base64"], Meta(description="How `body` is to be read.")]
Headers = Annotated[list[tuple[str, str]], Meta(description="Pairs of name and value, in order.")]
Account = Annotated[
    dict[str, Any],
    Meta(
        description="The sandbox's account at this vendor: credentials, and what else a client needs.",
        extra_json_schema={
            "additionalProperties": True,
            "required": ["base_url", "numbers"],
            "properties": {
                "base_url": {"type": "string", "format": "uri", "description": "Ends at the vendor's prefix."},
                "numbers": {"type": "array", "items": {"type": "string"}, "description": "E.164."},
            },
        },
    ),
]


class ClockAnswer(Struct):
    """A sandbox's clock. `next_at`: when something falls due next."""

    mode: Literal["real", "virtual"]
    now: datetime
    speed: float
    next_at: datetime | None


class SandboxAnswer(Struct):
    """One isolated world. `forgotten_calls`: how many ended calls were dropped, oldest first, beyond `kept_calls`."""

    id: str
    seed: int
    clock: ClockAnswer
    vendors: dict[str, Account]
    patience: float
    deliver: Literal["parallel", "one_at_a_time"]
    signature_clock: Literal["wall", "sandbox"]
    strict: Annotated[bool, Meta(description="Requests are held against the providers' contracts.")]
    kept_calls: int
    forgotten_calls: int


class SandboxesAnswer(Struct):
    """Every sandbox, oldest first."""

    sandboxes: list[SandboxAnswer]


class SentAnswer(Struct):
    """A delivery in short."""

    id: str
    call: str
    callback: str
    state: DeliveryState


class DriveAnswer(Struct):
    """How driving the clock ended. `delivered`: the deliveries that were over meanwhile, in order.

    `stopped`: `time`, the span is over; `idle`, nothing is left but endless playing or waiting; `limit`, the limit is
    over; `condition`, what was waited for holds.
    """

    now: datetime
    stopped: Literal["time", "idle", "limit", "condition"]
    delivered: list[SentAnswer]


class CauseAnswer(Struct):
    """Why a leg ended: `kind` is ours and unique, `name` and `q850` are what the network would report."""

    kind: str
    name: str
    q850: int


class FailureAnswer(Struct):
    """The webhook that failed and ended the leg. `purpose` is its callback name."""

    purpose: str
    why: str
    text: str


class LegAnswer(Struct):
    """One party's side of a call. `machine`: what detection found; `position`: its place in the dial that made it."""

    id: str
    vendor_id: Annotated[str, Meta(description="The vendor's own id of it.")]
    parent: str | None
    direction: Direction
    from_: str = field(name="from")
    to: str
    state: State
    is_held: bool
    partner: Annotated[str | None, Meta(description="The leg it is bridged with.")]
    machine: bool | None
    position: int
    cause: CauseAnswer | None
    by: Annotated[Who | None, Meta(description="Who ended it.")]
    failure: FailureAnswer | None
    created_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: datetime | None


class SummaryAnswer(Struct):
    """A call in short: its first leg's data, the state of the whole, and every leg."""

    id: str
    vendor: str
    vendor_id: str
    direction: Direction
    from_: str = field(name="from")
    to: str
    state: Annotated[State, Meta(description="`ended` only when every leg has.")]
    cause: CauseAnswer | None
    by: Who | None
    created_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    ended_at: Annotated[datetime | None, Meta(description="When its last leg ended.")]
    legs: list[LegAnswer]


class CallsAnswer(Struct):
    """Calls in order of their beginning; `next`, if not null, is the `after` of the next page."""

    calls: list[SummaryAnswer]
    next: str | None


class StateAnswer(Struct):
    """A leg came into a state."""

    at: datetime
    leg: str
    state: State


class HeardAnswer(Struct):
    """One thing on the line: heard by the far end (`say play beep digits`) or from it (`pressed spoken greeting`)."""

    at: datetime
    leg: str
    kind: Literal["say", "play", "beep", "digits", "pressed", "spoken", "greeting", "recorded", "heard"]
    text: str


class LadderAnswer(Struct):
    """Who said what to whom, as a picture of text and as a Mermaid sequence diagram."""

    text: str
    mermaid: str


class RequestAnswer(Struct):
    """What is sent. `fields`: the form, or the JSON object, that `body` encodes."""

    method: str
    url: str
    content_type: str
    body: str
    encoding: Encoding
    fields: dict[str, Any] | None


class ResponseAnswer(Struct):
    """What the application answered. `is_cut`: it went on beyond what is read."""

    status: int
    headers: Headers
    body: str
    encoding: Encoding
    is_cut: bool


class InjectedAnswer(Struct):
    """What a fault did to it: the fault's name and kind, and its span in seconds."""

    name: str
    fault: str
    seconds: float


class AttemptAnswer(Struct):
    """One try at sending it. `at` is the sandbox's instant, `seconds` real time; `headers` as sent, signature included.

    `response` is null while it is out, and when `error` says what went wrong instead.
    """

    number: int
    at: datetime
    headers: Headers
    response: ResponseAnswer | None
    error: Literal["", "connection", "timeout", "blocked"]
    text: Annotated[str, Meta(description="What went wrong, in words.")]
    seconds: float | None
    is_hung: Annotated[bool, Meta(description="The receiver was silent for the sandbox's patience.")]
    fault: Annotated[InjectedAnswer | None, Meta(description="What a fault did to it.")]


class DeliveryAnswer(Struct):
    """One message to the application: what, when, how often tried, and what came back."""

    id: str
    call: str
    leg: str
    vendor: str
    callback: str
    word: Annotated[str, Meta(description="The vendor's own status word in it, if any.")]
    state: DeliveryState
    problem: Annotated[str, Meta(description="Why the answer could not be read, or what is wrong with it.")]
    created_at: datetime
    next_at: Annotated[datetime | None, Meta(description="When the next attempt leaves.")]
    resend_of: str | None
    fallback_of: str | None
    copied_by: Annotated[InjectedAnswer | None, Meta(description="The fault that sent `resend_of` once more.")]
    request: RequestAnswer
    attempts: list[AttemptAnswer]


class DeliveriesAnswer(Struct):
    """Deliveries in order of their making; `next`, if not null, is the `after` of the next page."""

    deliveries: list[DeliveryAnswer]
    next: str | None


class CallAnswer(SummaryAnswer):
    """All there is to know of a call."""

    states: list[StateAnswer]
    transcript: list[HeardAnswer]
    deliveries: list[DeliveryAnswer]
    ladder: LadderAnswer


class SignedPartAnswer(Struct):
    """One part of what is signed, in its place. `told`: what it is, in words."""

    what: Literal["url", "body", "seconds", "nonce", "separator"]
    text: str
    encoding: Encoding
    told: str
    header: Annotated[str | None, Meta(description="The header the receiver reads it from, if it is one of its own.")]


class SignatureAnswer(Struct):
    """One signature header. `digest` is what is computed, `sent` the header's value as sent, null if it was left out.

    `signed` is exactly what the digest is over: `parts` one after another. `leaves_out`: what one may think is signed
    and is not. `tolerance`: how old, in seconds, the vendor's own verifiers let it be.
    """

    header: str
    label: Annotated[str, Meta(description="Tells it from the request's other ones.")]
    sent: str | None
    digest: str
    algorithm: str
    digest_encoding: Literal["hex", "base64"]
    secret: Annotated[str, Meta(description="Masked, unless it was asked for.")]
    secret_told: Annotated[str, Meta(description="Whose secret it is.")]
    length: Annotated[int, Meta(description="Of what is signed, in bytes.")]
    signed: str
    encoding: Encoding
    parts: list[SignedPartAnswer]
    leaves_out: list[str]
    tolerance: int | None


class FindingAnswer(Struct):
    """Something that does not fit. `is_cause`: it explains the difference between the signatures."""

    kind: Annotated[
        str,
        Meta(
            description="One word: scheme, host, port, path, query, body, secret, clock, header, encoding, form (how "
            "it is put together), fault (spoiled on purpose), match (it is right), unknown."
        ),
    ]
    is_cause: bool
    text: str


class ExplanationAnswer(Struct):
    """How an attempt was signed, and what does not fit with what the receiver has."""

    delivery: str
    call: str
    vendor: str
    callback: str
    method: str
    url: str
    attempt: Annotated[int, Meta(description="0 if it was never sent.")]
    signed_at: datetime | None
    why: Annotated[str, Meta(description="Why there is no signature.")]
    fault: Annotated[str, Meta(description="The fault that spoiled it on purpose.")]
    signatures: list[SignatureAnswer]
    findings: list[FindingAnswer]


class FaultsAnswer(Struct):
    """Every fault in order, as `PUT` takes it, with `struck`: how often it has."""

    faults: Faults


class AnswersAnswer(Struct):
    """`plain`, `varied`, or the variations as `PUT` took them."""

    answers: Annotated[Any, Meta(extra_json_schema={"anyOf": [{"enum": ["plain", "varied"]}, {"type": "object"}]})]


class ScenarioAnswer(Struct, omit_defaults=True):
    """Who is on the other end, as `PUT` takes it. `calls`: those still to come, `at` counted from now.

    `seed`: of what is chosen and drawn, if it is not the sandbox's.
    """

    default: FarEnd
    numbers: dict[str, FarEnd]
    calls: IncomingCalls = field(default_factory=list)
    seed: int | None = None


class ViolationAnswer(Struct):
    """Something in a request that is not as its provider's contract says.

    `rule`: one word of the contract's (`required`, `enum`, `type`, `maximum`), or one of ours (`unknown`, `deprecated`,
    `undocumented`). `line` is the contract's. `standing` says how sure the contract is of it.
    """

    id: str
    at: datetime
    call: Annotated[str | None, Meta(description="The call that the request was about, if it is known.")]
    vendor: str
    operation: Annotated[str, Meta(description="The contract's name of it; empty for what is not in the contract.")]
    method: str
    path: str
    field: Annotated[str, Meta(description="Which part: `body.answer_url`, `query.limit`, `header.content-type`, ...")]
    rule: str
    text: Annotated[str, Meta(description="What is wrong, in words.")]
    line: int
    sent: Annotated[str | None, Meta(description="What was sent, as JSON, shortened; null if nothing was.")]
    right: Annotated[str, Meta(description="What would have been right.")]
    standing: Annotated[str, Meta(description="`documented`, `recorded` or `inferred`.")]


class ViolationsAnswer(Struct):
    """Oldest first. Of very many, the newest."""

    violations: list[ViolationAnswer]
