"""A VoxML document, read into a program. Pure.

Everything is read before anything runs, so a document with a mistake anywhere does nothing at all (TRYVOX-50). Each
verb names its JSON path, each error that and its line and column.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final
from urllib.parse import urlsplit

from emulator.engine import program as p
from emulator.engine.causes import BUSY, REJECTED
from emulator.engine.program import Fetch, HangUp, Hook, Pause, Play, Program, Say, Verb
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendor_api import CallView
from emulator.vendor_wire.places import located
from emulator.vendors.tryvox.dialling import read_dial
from emulator.vendors.tryvox.documents import Node, read_document
from emulator.vendors.tryvox.rooms import DIAL_RECORDING, read_conference, read_record
from emulator.webhooks.values import Reply, Request

__all__ = ["LANGUAGE", "NOT_EMULATED", "VOICE", "parse"]

VOICE: Final = "en-IN-Wavenet-A"
LANGUAGE: Final = "en-IN"

NOT_EMULATED: Final = ("Stream",)

_KEYS: Final = frozenset("0123456789*#")
_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")
_WITHOUT_END: Final = 1 << 30


def parse(reply: Reply, request: Request, view: CallView) -> Program:
    """The document's verbs; what follows the last is the end of the call (TRYVOX-51). Raises `InvalidDocument`,
    `NotEmulated`.

    An inbound call is answered by any document that does not begin by rejecting it (TRYVOX-59).
    """
    leg = view.leg(request.leg)
    is_inbound = leg is not None and leg.direction == "inbound"
    try:
        nodes = read_document(reply)
        verbs: list[Verb] = [verb for node in nodes for verb in _read(node, is_inbound)]
    except InvalidDocument as problem:
        raise located(problem, reply.body) from problem
    if leg is not None and leg.state == "ringing" and not _rejects(nodes):
        verbs.insert(0, p.AnswerVerb())
    verbs = [
        _in_scope(verb, leg.memo) if isinstance(verb, p.Conference) and leg is not None else verb for verb in verbs
    ]
    if request.callback == "dial":
        verbs.insert(0, p.StopRecording(DIAL_RECORDING))  # the document that would have done so is replaced
    return Program(tuple(verbs))


def _in_scope(room: p.Conference, memo: Mapping[str, Any]) -> p.Conference:
    """TRYVOX-72: conferences are kept apart as calls are."""
    return replace(room, scope=memo.get("shelf", ""))


def _rejects(nodes: list[Node]) -> bool:
    """Whether it comes to a Reject before anything but pauses."""
    first = next((node for node in nodes if node.text("verb") != "Pause"), None)
    return first is not None and first.text("verb") == "Reject"


def _read(node: Node, is_inbound: bool) -> tuple[Verb, ...]:
    verb = node.required("verb")
    if verb == "Stream":
        _check_stream(node)
    if verb in NOT_EMULATED:
        raise NotEmulated(verb, f"at {node.path}")
    if verb == "Reject":
        return (_reject(node, is_inbound),)
    if (several := _SEVERAL.get(verb)) is not None:
        return several(node)
    reader = _READERS.get(verb)
    if reader is None:
        raise node.wrong("verb", f"no such verb: {verb!r}")
    return (reader(node),)


# --- verbs (TRYVOX-49) ---------------------------------------------------------------------------------------------


def _say(node: Node) -> Say:
    node.choice("engine", "google", ("google", "polly"))
    voice, language = node.text("voice", VOICE), node.text("language", LANGUAGE)
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


def _check_stream(node: Node) -> None:
    """TRYVOX-66: a stream that is spelled well is still none that we emulate."""
    url = node.required("url")
    parts = urlsplit(url)
    is_loopback = parts.hostname in _LOOPBACK
    if not parts.hostname or parts.scheme not in (("wss", "ws") if is_loopback else ("wss",)):
        raise node.wrong("url", f"expected a wss URL, got {url!r}")
    node.text("name")
    node.choice("track", "both_tracks", ("both_tracks", "inbound_track", "outbound_track"))
    node.url("status_callback_url", is_required=False)
    if node.value.get("parameters") is not None:
        node.node("parameters")


_PROMPTS: Final[dict[str, Callable[[Node], Verb]]] = {"say": _say, "play": _play}
_READERS: Final[dict[str, Callable[[Node], Verb]]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Hangup": _hang_up,
    "Redirect": _redirect,
    "Gather": _gather,
    "Record": read_record,
}
_SEVERAL: Final[dict[str, Callable[[Node], tuple[Verb, ...]]]] = {"Dial": read_dial, "Conference": read_conference}
