"""One line per request, state change and webhook: the journal as a person watches it go by."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from emulator.engine import events as e
from emulator.recorder import Entry
from emulator.runtime.sandbox import Sandbox
from emulator.webhooks.values import Outcome

__all__ = ["Line", "line_of"]

Line = tuple[str, str]
"""The text, and what it is: `request`, `state`, `webhook`, `heard` or `trouble`."""


def line_of(sandbox: Sandbox, entry: Entry) -> Line | None:
    """The line of a journal entry; None for one that only a machine wants."""
    told = _KINDS.get(entry.kind)
    line = told(sandbox, entry.data, entry) if told is not None else None
    if line is None:
        return None
    where = "" if sandbox.id == "default" else f"{sandbox.id} "
    return f"{entry.at:%H:%M:%S}.{entry.at.microsecond // 1000:03d} {where}{line[0]}", line[1]


def _request(sandbox: Sandbox, data: Any, entry: Entry) -> Line:
    seconds = entry.beside or 0.0
    kind = "request" if 0 < data["status"] < 400 else "trouble"
    status = data["status"] or "no answer"
    return f"{data['method']} /{entry.vendor}{data['path']} {status} ({seconds * 1000:.1f} ms)", kind


def _event(sandbox: Sandbox, event: Any, entry: Entry) -> Line | None:
    told = _EVENTS.get(type(event))
    if told is None or event.leg is None:
        return None
    kind = "heard" if isinstance(event, e.Heard | e.FarEndSpoke | e.DigitPressed | e.DigitsSent) else "state"
    if isinstance(event, e.Ended) and event.leg.failure is not None:
        kind = "trouble"
    return f"{event.leg.id:<5} {told(event)}", kind


def _outcome(sandbox: Sandbox, data: Any, entry: Entry) -> Line:
    outcome: Outcome = data["outcome"]
    reply = outcome.reply
    if reply is None:
        result = f"{outcome.error}: {outcome.text}"
    else:
        result = f"{reply.status} ({outcome.seconds * 1000:.1f} ms)"
    is_good = reply is not None and reply.status < 400
    return f"{_delivery(sandbox, data)} -> {result}", "webhook" if is_good else "trouble"


def _hung(sandbox: Sandbox, data: Any, entry: Entry) -> Line:
    return f"{_delivery(sandbox, data)} -> silent: it counts as hung, and times out on the sandbox's clock", "trouble"


def _delivery(sandbox: Sandbox, data: Any) -> str:
    delivery = sandbox.outbox.deliveries.get(data["delivery"])
    if delivery is None:
        return f"webhook {data['delivery']}"
    request = delivery.request
    word = f" ({request.word})" if request.word else ""
    again = f", attempt {data['attempt']}" if data["attempt"] > 1 else ""
    return f"{request.leg:<5} webhook {delivery.callback}{word} {request.method} {request.url}{again}"


def _refused(sandbox: Sandbox, data: Any, entry: Entry) -> Line:
    return f"{entry.call or '':<5} refused: {data['why']}", "trouble"


def _struck(sandbox: Sandbox, data: Any, entry: Entry) -> Line:
    if "delivery" in data:
        what = _delivery(sandbox, data)
    else:
        what = f"{entry.call or '':<5} {data['method']} /{entry.vendor}{data['path']}"
    span = f" {data['span']:g} s" if data.get("span") else ""
    return f"{what} -> fault {data['name']}: {data['fault']}{span}", "trouble"


def _varied(sandbox: Sandbox, data: Any, entry: Entry) -> Line:
    what = "; ".join(change["text"] for change in data["changes"])
    return f"{entry.call or '':<5} {data['method']} /{entry.vendor}{data['path']} -> varied: {what}", "trouble"


def _violation(sandbox: Sandbox, data: Any, entry: Entry) -> Line:
    what = f"{entry.call or '':<5} {data['method']} /{entry.vendor}{data['path']}"
    sent = f", sent {data['sent']}" if data["sent"] is not None else ""
    where = f"{data['rule']}, {entry.vendor} contract, line {data['line']}"
    return f"{what} -> violation: {data['field']}: {data['text']}{sent}; right: {data['right']} ({where})", "trouble"


def _note(sandbox: Sandbox, data: Any, entry: Entry) -> Line:
    return f"{entry.call or '':<5} {data['text']}", "trouble"


_KINDS: dict[str, Callable[[Sandbox, Any, Entry], Line | None]] = {
    "request": _request,
    "event": _event,
    "outcome": _outcome,
    "hung": _hung,
    "refused": _refused,
    "struck": _struck,
    "varied": _varied,
    "violation": _violation,
    "note": _note,
}


def _ended(event: e.Ended) -> str:
    failure = event.leg.failure
    why = f": {failure.purpose} {failure.why}{', ' + failure.text if failure.text else ''}" if failure else ""
    return f"ended, {event.cause.name} ({event.cause.q850}) by {event.by}{why}"


_EVENTS: dict[type[Any], Callable[[Any], str]] = {
    e.Dialed: lambda event: f"queued, {event.leg.from_} calls {event.leg.to} ({event.leg.vendor} {event.leg.name})",
    e.Arrived: lambda event: f"ringing, {event.leg.from_} calls {event.leg.to} ({event.leg.vendor} {event.leg.name})",
    e.RingingStarted: lambda event: "ringing",
    e.EarlyMediaStarted: lambda event: "early media",
    e.Answered: lambda event: "answered",
    e.Heard: lambda event: f"hears {event.kind} {event.text!r}{'' if event.whole else ', cut'}",
    e.FarEndSpoke: lambda event: f"says {event.text!r}",
    e.DigitPressed: lambda event: f"presses {event.digit}",
    e.DigitsSent: lambda event: f"hears keys {event.digits}",
    e.MachineDetected: lambda event: f"taken for a {'machine' if event.is_machine else 'person'}",
    e.Bridged: lambda event: f"bridged with {event.other.id}",
    e.Unbridged: lambda event: f"no longer bridged with {event.other.id}",
    e.HeldChanged: lambda event: "held" if event.is_held else "no longer held",
    e.BecameIdle: lambda event: "idle: its program is over",
    e.AnswerDropped: lambda event: "an answer came that nobody waits for",
    e.Ended: _ended,
}
