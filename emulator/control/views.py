"""From what a sandbox holds to what the control API answers. Nothing here changes anything."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from typing import Any, Final, Literal

import msgspec

from emulator.control import answers as a
from emulator.engine import events as e
from emulator.engine.causes import Cause
from emulator.engine.legs import Call, Leg
from emulator.recorder import Entry
from emulator.recorder.ladder import ladder
from emulator.recorder.mermaid import mermaid
from emulator.recorder.transcript import transcript
from emulator.runtime.exchange import Exchange
from emulator.runtime.sandbox import Sandbox
from emulator.scenarios.casting_json import render_casting
from emulator.webhooks.deliveries import Attempt, Delivery, Injected
from emulator.webhooks.values import Form, Json, Outcome, Request

__all__ = [
    "call_in_full", "call_in_short", "clock_of", "delivery_in_full", "delivery_in_short", "sandbox_of", "scenario_of",
    "state_of", "text_of",
]  # fmt: skip

Encoding = Literal["utf-8", "base64"]


def sandbox_of(exchange: Exchange, sandbox: Sandbox, origin: str) -> a.SandboxAnswer:
    """`origin` is the address the client used: the vendors' base URLs begin with it."""
    vendors = {name: {"base_url": exchange.base_url(name, origin), **sandbox.public[name]} for name in exchange.vendors}
    spec = sandbox.spec
    return a.SandboxAnswer(
        sandbox.id, sandbox.seed, clock_of(sandbox), vendors, spec.patience, spec.deliver, spec.signature_clock,
        spec.strict, sandbox.keep, sandbox.dropped,
    )  # fmt: skip


def clock_of(sandbox: Sandbox) -> a.ClockAnswer:
    clock = sandbox.clock
    return a.ClockAnswer(clock.mode, clock.now(), clock.speed, sandbox.next_deadline())


def scenario_of(sandbox: Sandbox) -> a.ScenarioAnswer:
    far_ends = sandbox.far_ends
    numbers = {number: render_casting(casting) for number, casting in far_ends.items()}
    calls = sandbox.callers.to_json(sandbox.clock.now())
    return a.ScenarioAnswer(render_casting(far_ends.default), numbers, calls, far_ends.seed)


# --- calls -----------------------------------------------------------------------------------------------------


def state_of(call: Call) -> e.State:
    """The first leg's, or while only others live, the furthest of theirs."""
    root = call.legs[0]
    if root.state != "ended" or not call.live:
        return root.state
    return max((leg.state for leg in call.legs if leg.state != "ended"), key=_ORDER.index)


_ORDER: Final[tuple[e.State, ...]] = ("queued", "ringing", "early media", "answered", "ended")


def call_in_short(call: Call) -> a.SummaryAnswer:
    return a.SummaryAnswer(**_summary(call))


def call_in_full(sandbox: Sandbox, call: Call) -> a.CallAnswer:
    entries = list(sandbox.journal.entries(call=call.id))
    return a.CallAnswer(
        **_summary(call),
        states=list(_states(entries)),
        transcript=msgspec.convert(transcript(entries), list[a.HeardAnswer]),
        deliveries=[delivery_in_full(delivery) for delivery in sandbox.outbox.of_call(call.id)],
        ladder=a.LadderAnswer(ladder(entries), mermaid(entries)),
    )


def _summary(call: Call) -> dict[str, Any]:
    root = call.legs[0]
    ends = [leg.ended_at for leg in call.legs if leg.ended_at is not None]
    return {
        "id": call.id, "vendor": root.vendor, "vendor_id": root.name, "direction": root.direction,
        "from_": root.from_, "to": root.to, "state": state_of(call), "cause": _cause(root.cause), "by": root.by,
        "created_at": root.created_at, "ringing_at": root.ringing_at, "answered_at": root.answered_at,
        "ended_at": max(ends) if ends and not call.live else None,
        "legs": [_leg(leg) for leg in call.legs],
    }  # fmt: skip


def _leg(leg: Leg) -> a.LegAnswer:
    partner, failure = leg.partner, leg.failure
    return a.LegAnswer(
        leg.id, leg.name, leg.parent.id if leg.parent else None, leg.direction, leg.from_, leg.to, leg.state,
        leg.is_held, partner.id if partner else None, leg.machine, leg.position, _cause(leg.cause), leg.by,
        a.FailureAnswer(failure.purpose, failure.why, failure.text) if failure else None,
        leg.created_at, leg.ringing_at, leg.answered_at, leg.ended_at,
    )  # fmt: skip


def _cause(cause: Cause | None) -> a.CauseAnswer | None:
    return a.CauseAnswer(cause.kind, cause.name, cause.q850) if cause else None


_STATES: Final[dict[type[Any], e.State]] = {
    e.Dialed: "queued",
    e.Arrived: "ringing",
    e.RingingStarted: "ringing",
    e.EarlyMediaStarted: "early media",
    e.Answered: "answered",
    e.Ended: "ended",
}


def _states(entries: Iterable[Entry]) -> Iterable[a.StateAnswer]:
    for entry in entries:
        state = _STATES.get(type(entry.data))
        if state is not None:
            yield a.StateAnswer(entry.data.at, entry.data.leg.id, state)


# --- deliveries ------------------------------------------------------------------------------------------------


def delivery_in_short(delivery: Delivery) -> a.SentAnswer:
    return a.SentAnswer(delivery.id, delivery.call, delivery.callback, delivery.state)


def delivery_in_full(delivery: Delivery) -> a.DeliveryAnswer:
    return a.DeliveryAnswer(
        delivery.id, delivery.call, delivery.leg, delivery.vendor, delivery.callback, delivery.request.word,
        delivery.state, delivery.problem, delivery.created_at, delivery.next_at, delivery.resend_of,
        delivery.fallback_of, _injected(delivery.copied_by), _request(delivery.request),
        [_attempt(attempt) for attempt in delivery.attempts],
    )  # fmt: skip


def _request(request: Request) -> a.RequestAnswer:
    body = request.body
    fields = None
    if isinstance(body, Form):
        fields = dict(body.fields)
    elif isinstance(body, Json) and isinstance(body.value, dict):
        fields = body.value
    text, encoding = text_of(body.encode())
    return a.RequestAnswer(request.method, request.url, body.content_type, text, encoding, fields)


def _attempt(attempt: Attempt) -> a.AttemptAnswer:
    outcome = attempt.outcome
    return a.AttemptAnswer(
        attempt.number, attempt.at, list(attempt.headers), _response(outcome), outcome.error if outcome else "",
        outcome.text if outcome else "", outcome.seconds if outcome else None, attempt.is_hung,
        _injected(attempt.fault),
    )  # fmt: skip


def _injected(fault: Injected | None) -> a.InjectedAnswer | None:
    return a.InjectedAnswer(fault.name, fault.kind, fault.span.total_seconds()) if fault is not None else None


def _response(outcome: Outcome | None) -> a.ResponseAnswer | None:
    reply = outcome.reply if outcome is not None else None
    if reply is None:
        return None
    text, encoding = text_of(reply.body)
    return a.ResponseAnswer(reply.status, list(reply.headers), text, encoding, reply.is_cut)


def text_of(data: bytes) -> tuple[str, Encoding]:
    """Bytes as JSON can hold them."""
    try:
        return data.decode(), "utf-8"
    except UnicodeDecodeError:
        return b64encode(data).decode(), "base64"
