"""A VoxML document, read into a program. Pure.

Everything is read before anything runs, so a document with a mistake anywhere does nothing at all (TRYVOX-50). Each
verb and each error names its JSON path.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from emulator.engine import program as p
from emulator.engine.causes import BUSY, REJECTED
from emulator.engine.program import Fetch, HangUp, Hook, Pause, Play, Program, Say, Verb
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendor_api import CallView
from emulator.vendors.tryvox.documents import Node, read_document
from emulator.vendors.tryvox.wire import is_e164
from emulator.webhooks.values import Reply, Request

__all__ = ["CHILD_MEMO", "NOT_EMULATED", "parse"]

NOT_EMULATED: Final = ("Conference", "Record", "Stream")

CHILD_MEMO: Final[dict[str, Any]] = {"urls": {}, "detects": False, "transferred_at": None}
"""What a dialled leg has of its own: no URLs, so nobody is told of it but by the leg that dialled it."""

_KEYS: Final = frozenset("0123456789*#")
_SENT: Final = re.compile(r"[0-9*#A-DwW]+")
_WITHOUT_END: Final = 1 << 30


def parse(reply: Reply, request: Request, view: CallView) -> Program:
    """The document's verbs; what follows the last is the end of the call (TRYVOX-51). Raises `InvalidDocument`,
    `NotEmulated`.

    An inbound call is answered by any document that does not begin by rejecting it (TRYVOX-59).
    """
    nodes = read_document(reply)
    leg = view.leg(request.leg)
    is_inbound = leg is not None and leg.direction == "inbound"
    verbs: list[Verb] = [_read(node, is_inbound) for node in nodes]
    if leg is not None and leg.state == "ringing" and not _rejects(nodes):
        verbs.insert(0, p.AnswerVerb())
    return Program(tuple(verbs))


def _rejects(nodes: list[Node]) -> bool:
    """Whether it comes to a Reject before anything but pauses."""
    first = next((node for node in nodes if node.text("verb") != "Pause"), None)
    return first is not None and first.text("verb") == "Reject"


def _read(node: Node, is_inbound: bool) -> Verb:
    verb = node.required("verb")
    if verb in NOT_EMULATED:
        raise NotEmulated(verb, f"at {node.path}")
    if verb == "Reject":
        return _reject(node, is_inbound)
    reader = _READERS.get(verb)
    if reader is None:
        raise node.wrong("verb", f"no such verb: {verb!r}")
    return reader(node)


# --- verbs (TRYVOX-49) ---------------------------------------------------------------------------------------------


def _say(node: Node) -> Say:
    node.choice("engine", "google", ("google", "polly"))
    voice, language = node.text("voice", "en-IN-Wavenet-A"), node.text("language", "en-IN")
    return Say(node.required("text"), node.integer("loop", 1, least=0), voice, language, where=node.path)


def _play(node: Node) -> Play:
    return Play(node.url("url"), node.integer("loop", 1, least=0), where=node.path)


def _pause(node: Node) -> Pause:
    return Pause(node.span("length", 1), where=node.path)


def _hang_up(node: Node) -> HangUp:
    return HangUp(where=node.path)


def _redirect(node: Node) -> Fetch:
    """What follows it never runs: its answer, or its failure, takes the place of the document."""
    return Fetch(Hook(node.url("url"), node.choice("method", "POST", ("POST", "GET")), "redirect"), node.path)


def _reject(node: Node, is_inbound: bool) -> HangUp:
    """TRYVOX-57, TRYVOX-58: an inbound call that is answered already is hung up."""
    if not is_inbound:
        raise InvalidDocument("Reject is for inbound calls only", node.path)
    reason = node.choice("reason", "rejected", ("rejected", "busy"))
    return HangUp(refuse=BUSY if reason == "busy" else REJECTED, where=node.path)


def _gather(node: Node) -> p.Gather:
    """TRYVOX-49, TRYVOX-54. `timeout` runs after the prompts and again after each key."""
    kinds = node.choice("input", "dtmf", ("dtmf", "speech", "dtmf speech", "speech dtmf")).split()
    finish_on = node.text("finish_on_key", "#")
    if not set(finish_on) <= _KEYS:
        raise node.wrong("finish_on_key", f"expected keys of 0-9, * and #, got {finish_on!r}")
    timeout = node.span("timeout", 5)
    return p.Gather(
        Hook(node.url("action_url"), node.choice("method", "POST", ("POST", "GET")), "gather"),
        tuple(
            _PROMPTS[name](node.node(name)) for name in node.value if name in _PROMPTS and node.value[name] is not None
        ),
        digits="dtmf" in kinds,
        speech="speech" in kinds,
        max_digits=node.integer("num_digits", _WITHOUT_END, least=1),
        finish_on=finish_on,
        first_timeout=timeout,
        digit_timeout=timeout,
        where=node.path,
    )


def _dial(node: Node) -> p.Dial:
    """TRYVOX-55."""
    for name in ("client", "record", "ring_tone"):
        if node.value.get(name):
            raise NotEmulated(f"Dial {name}", f"at {node.path}.{name}")
    caller_id, url = node.text("caller_id"), node.url("action_url", is_required=False)
    targets = [_number(each, caller_id) for each in node.nodes("numbers")]
    targets += [p.Target(each.required("uri"), caller_id, CHILD_MEMO) for each in node.nodes("sip")]
    if not targets:
        raise InvalidDocument("expected numbers, sip or client to dial", node.path)
    return p.Dial(
        tuple(targets),
        ring_timeout=node.span("timeout", 30),
        time_limit=node.span("time_limit", 14_400),
        hook=Hook(url, purpose="dial") if url else None,
        where=node.path,
    )


def _number(node: Node, caller_id: str) -> p.Target:
    number, digits = node.required("number"), node.text("send_digits")
    if not is_e164(number):
        raise node.wrong("number", f"expected E.164, got {number!r}")
    if digits and not _SENT.fullmatch(digits):
        raise node.wrong("send_digits", f"expected 0-9, *, #, A-D, w and W, got {digits!r}")
    return p.Target(number, caller_id, CHILD_MEMO, p.SendDigits(digits) if digits else None)


_PROMPTS: Final[dict[str, Callable[[Node], Verb]]] = {"say": _say, "play": _play}
_READERS: Final[dict[str, Callable[[Node], Verb]]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Hangup": _hang_up,
    "Redirect": _redirect,
    "Gather": _gather,
    "Dial": _dial,
}
