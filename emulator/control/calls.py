"""Calls: listed and shown, come in, and played by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from emulator.control import requests as r
from emulator.control.answers import CallAnswer, CallsAnswer
from emulator.control.errors import ControlError
from emulator.control.finding import call_named, check_vendor, leg_named, page
from emulator.control.operations import Operation, Visit
from emulator.control.views import call_in_full, call_in_short, state_of
from emulator.engine import Nominal
from emulator.engine import commands as c
from emulator.engine.causes import BUSY, REJECTED
from emulator.engine.legs import Call, Leg
from emulator.runtime.sandbox import Sandbox
from emulator.scenarios.casting_json import parse_casting
from emulator.scenarios.far_end import FarEnd

__all__ = ["OPERATIONS"]


async def list_some(visit: Visit) -> CallsAnswer:
    query: r.ListCalls = visit.query
    sandbox = visit.sandbox
    if query.vendor is not None:
        check_vendor(visit.exchange, query.vendor)
    after = call_named(sandbox, query.after) if query.after is not None else None
    found, is_more = page(_matching(sandbox, query, after), after, query.limit)
    return CallsAnswer([call_in_short(call) for call in found], found[-1].id if is_more else None)


def _matching(sandbox: Sandbox, query: r.ListCalls, after: Call | None) -> Iterator[Call]:
    """Those asked for, and `after` itself, from which the page counts."""
    for call in sandbox.engine.calls.values():
        is_wanted = query.vendor in (None, call.legs[0].vendor) and query.state in (None, state_of(call))
        if is_wanted or call is after:
            yield call


async def get(visit: Visit) -> CallAnswer:
    return call_in_full(visit.sandbox, call_named(visit.sandbox, visit.named("call")))


async def arrive(visit: Visit) -> CallAnswer:
    body: r.InboundCall = visit.body
    sandbox = visit.sandbox
    check_vendor(visit.exchange, body.vendor)
    if body.scenario is not None:
        far_end = parse_casting(body.scenario, "scenario")
        visit.exchange.vendors[body.vendor].arrive(sandbox.views[body.vendor], body.from_, body.to)  # or Refused
        sandbox.put_far_end(body.from_, far_end)
    leg = sandbox.arrive(body.vendor, body.from_, body.to)
    return call_in_full(sandbox, sandbox.engine.calls[leg.call])


# --- by hand ---------------------------------------------------------------------------------------------------

_BEFORE_ANSWER: Final = frozenset({"answer", "busy", "reject"})
_GREETING: Final = FarEnd().greeting


async def act(visit: Visit) -> CallAnswer:
    body: r.ByHand = visit.body
    sandbox = visit.sandbox
    call = call_named(sandbox, visit.named("call"))
    _check_extras(body)
    leg = leg_named(call, body.leg) if body.leg is not None else _meant(call, body.do)
    if body.do in _BEFORE_ANSWER and leg.direction == "inbound" and leg.state != "ended":
        hint = "The caller can press, say and hang_up; the number they called is answered by its program."
        raise ControlError("wrong_side", f"leg {leg.id} is inbound: its far end called, and cannot {body.do}", hint)
    sandbox.by_hand([_command(leg, body)])
    if body.do == "answer" and leg.state == "answered":
        greeting = _GREETING if body.text is None else body.text
        if greeting:
            sandbox.by_hand([c.Greet(leg.id, False, greeting, Nominal().speech(greeting))])
    return call_in_full(sandbox, call)


def _check_extras(body: r.ByHand) -> None:
    """What a deed needs and what it has no use for."""
    needed = {"press": "digits", "say": "text"}.get(body.do)
    for name, came in (("digits", body.digits), ("text", body.text)):
        if needed == name and not came:
            message = f"{name}: missing, {body.do} needs it"
            raise ControlError("invalid_field", message, "Nothing was changed.")
        if came is not None and needed != name and (name, body.do) != ("text", "answer"):
            message = f"{name}: {body.do} has no use for it, got {came!r}"
            raise ControlError("invalid_field", message, "Nothing was changed.")


def _meant(call: Call, do: str) -> Leg:
    """The first leg that is in a state to do it; if none is, the first, whose refusal says why."""
    wanted = {"answered", "early media"} if do in ("press", "say") else {"queued", "ringing", "early media"}
    if do == "hang_up":
        wanted |= {"answered"}
    fit = (
        leg for leg in call.legs if leg.state in wanted and (do not in _BEFORE_ANSWER or leg.direction == "outbound")
    )
    return next(fit, call.legs[0])


def _command(leg: Leg, body: r.ByHand) -> c.Command:
    who: Final = "caller" if leg.direction == "inbound" else "callee"
    match body.do:
        case "answer":
            return c.Answer(leg.id)
        case "busy":
            return c.Fail(leg.id, BUSY, "callee")
        case "reject":
            return c.Fail(leg.id, REJECTED, "callee")
        case "press":
            return c.Press(leg.id, body.digits or "")
        case "say":
            text = body.text or ""
            return c.Speak(leg.id, text, Nominal().speech(text))
    return c.HangUp(leg.id, who)


OPERATIONS = (
    Operation("GET", "/sandboxes/{sandbox}/calls", "listCalls", "Calls in short, in order of their beginning.",
              list_some, CallsAnswer, query=r.ListCalls, refusals=("unknown_vendor", "unknown_call"), tag="calls"),
    Operation("POST", "/sandboxes/{sandbox}/calls", "callIn", "Somebody calls one of the sandbox's numbers.", arrive,
              CallAnswer, 201, r.InboundCall, refusals=("unknown_vendor", "unknown_number", "not_emulated"),
              tag="calls"),
    Operation("GET", "/sandboxes/{sandbox}/calls/{call}", "getCall", "All there is to know of a call.", get,
              CallAnswer, refusals=("unknown_call",), tag="calls"),
    Operation("POST", "/sandboxes/{sandbox}/calls/{call}/far-end", "actAsFarEnd",
              "Answer, refuse, press keys, speak or hang up as the person on the other end.", act, CallAnswer,
              body=r.ByHand, tag="calls",
              refusals=("unknown_call", "unknown_leg", "wrong_side", "call_ended", "not_answered", "already_answered")),
)  # fmt: skip
