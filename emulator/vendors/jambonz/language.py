"""A jambonz application, a JSON array of verbs, read into a program. Pure.

The whole array is checked before anything runs, so one bad verb rejects all (JAMBONZ-100). Each verb and each error
names its JSON path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from emulator.engine.causes import BUSY, CONGESTION, NO_ANSWER, REJECTED, UNALLOCATED, Cause
from emulator.engine.events import LegSnapshot
from emulator.engine.program import AnswerVerb, Fetch, HangUp, Hook, Pause, Program, Tag, Verb
from emulator.errors import FlawedDocument, InvalidDocument, NotEmulated
from emulator.vendor_api import CallView
from emulator.vendor_wire.flaws import flawed
from emulator.vendors.jambonz.addresses import bad_addresses
from emulator.vendors.jambonz.bodies import read_answer
from emulator.vendors.jambonz.configuring import read_config
from emulator.vendors.jambonz.dialling import read_dial
from emulator.vendors.jambonz.gathering import read_gather
from emulator.vendors.jambonz.gatherings import (
    check_place,
    read_conference,
    read_dequeue,
    read_enqueue,
    read_leave,
)  # fmt: skip
from emulator.vendors.jambonz.hooks import Scope, told_hook
from emulator.vendors.jambonz.reading import Reading, seconds
from emulator.vendors.jambonz.requesting import read_dtmf, read_refer, read_request
from emulator.vendors.jambonz.sounding import read_play, read_say
from emulator.vendors.jambonz.transcribing import read_transcribe
from emulator.vendors.jambonz.verbs import ALIASES, VERBS, check_verb, split_verb
from emulator.webhooks.values import Reply, Request

__all__ = ["NOT_EMULATED", "SESSION", "exhausted_of", "parse", "read_verbs"]

# JAMBONZ-91: from here on an inbound call is a session, and says so
SESSION: Final[tuple[Verb, ...]] = (
    Tag({"session": True}),
    Fetch(Hook("", purpose="status", awaited=False)),
)


def parse(reply: Reply, request: Request, view: CallView) -> Program | None:
    """The program an answer asks for; None for an answer that asks for nothing (JAMBONZ-97). Raises `InvalidDocument`,
    `NotEmulated`; `FlawedDocument` for one that says something and is ignored, or has an address that nobody can ask
    (JAMBONZ-151)."""
    leg = view.leg(request.leg)
    assert leg is not None
    context: Mapping[str, Any] = request.context
    is_call_hook = request.callback == "answer"
    answer = read_answer(reply, bool(context.get("on_socket")))
    document, ignored = answer.verbs, answer.ignored
    prelude: tuple[Verb, ...] = ()
    if is_call_hook and leg.direction == "inbound":
        if not document:  # JAMBONZ-91: the call is refused with 480
            wanted = "the call hook of an inbound call must answer with a non-empty array of verbs"
            raise InvalidDocument(f"{wanted}: {ignored}" if ignored else wanted)
        prelude = SESSION
    elif document is None or not (document or is_call_hook):
        if ignored and (is_call_hook or not answer.is_courtesy):
            then = "the call stays up with nothing to do" if is_call_hook else "the call goes on without it"
            raise FlawedDocument(f"{ignored}; jambonz takes it for an empty answer, so {then}", "", None)
        return None
    scope = Scope(context["base"], context["auth"], context.get("socket"), bool(context.get("confirming")))
    document = _allowed(document, request.callback, scope)
    waiters = {waiter.name: waiter.leg for queue in view.queues() for waiter in queue.waiters}
    verbs = read_verbs(document, Reading(scope, leg.memo["defaults"], view.settings, request.callback, waiters))
    program = Program((*prelude, *_new_base(context, leg), *verbs), exhausted_of(scope))
    if flaws := bad_addresses(document, scope):
        raise flawed(flaws, program)
    return program


def exhausted_of(scope: Scope) -> Literal["hang_up", "idle", "join"]:
    """What follows the last verb: a webhook's call ends, one on a socket waits, one being confirmed is bridged."""
    if scope.is_confirming:
        return "join"
    return "idle" if scope.socket is not None else "hang_up"  # JAMBONZ-97, JAMBONZ-124


# JAMBONZ-114: what a leg that confirms may run after its first answer
_IN_CONFIRM: Final = frozenset({"config", "gather", "say", "tag"})


def _allowed(document: list[Any], callback: str, scope: Scope) -> list[Any]:
    """What of a document may stand in this place; the rest is removed without a word."""
    if not scope.is_confirming or callback == "confirm":
        return document
    return [element for index, element in enumerate(document) if split_verb(element, f"[{index}]")[0] in _IN_CONFIRM]


def _new_base(context: Mapping[str, Any], leg: LegSnapshot) -> tuple[Verb, ...]:
    """JAMBONZ-108: an absolute redirect has moved the application."""
    if context["base"] == leg.memo.get("base") and context.get("socket") == leg.memo.get("socket"):
        return ()
    return (Tag({"base": context["base"], "auth": context["auth"], "socket": context.get("socket")}),)


def read_verbs(document: list[Any], reading: Reading) -> tuple[Verb, ...]:
    """Every verb of an array, checked first and then read in order. Raises `InvalidDocument`, `NotEmulated`."""
    split = []
    for index, element in enumerate(document):
        where = f"[{index}]"
        name, body = split_verb(element, where)
        check_verb(name, body, where, reading.settings.strict_properties)
        check_place(name, reading.callback, where)
        split.append((name, body, where))
    verbs: list[Verb] = []
    for name, body, where in split:
        reader = _READERS.get(name)
        if reader is None:
            raise NotEmulated(name, f"{where}.verb")
        verbs += reader(body, reading, where)
    return tuple(verbs)


def _pause(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    return (Pause(seconds(body["length"]), where=where),)


def _answer(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    return (AnswerVerb(where),)


def _hangup(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-107."""
    return (HangUp(skip_unanswered=True, where=where),)


def _redirect(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-108."""
    hook = reading.scope.hook(body["actionHook"], "redirect", f"{where}.actionHook")
    if hook is None:
        raise InvalidDocument("redirect: missing value for actionHook", where)
    fetch = Fetch(hook, where)
    told = told_hook(body.get("statusHook"), reading.scope, f"{where}.statusHook")
    return (Tag({"status": told}, where), fetch) if told is not None else (fetch,)


def _tag(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-109: the data replaces what was there."""
    return (Tag({"tag": body["data"]}, where),)


# JAMBONZ-111: the network's word for a SIP status; any other is a rejection
_DECLINES: Final[dict[int, Cause]] = {
    404: UNALLOCATED, 480: NO_ANSWER, 486: BUSY, 503: CONGESTION, 600: BUSY,
}  # fmt: skip
_REASONS: Final = {
    403: "Forbidden", 404: "Not Found", 480: "Temporarily Unavailable", 486: "Busy Here", 488: "Not Acceptable Here",
    500: "Server Internal Error", 503: "Service Unavailable", 600: "Busy Everywhere", 603: "Decline",
}  # fmt: skip


def _decline(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-111."""
    status = int(body["status"])
    reason = body.get("reason") or _REASONS.get(status, "")
    refusal = _DECLINES.get(status, REJECTED)
    return (
        Tag({"declined": [status, reason]}, where),
        HangUp(refusal, refuse=refusal, skip_answered=True, where=where),
    )


_READERS: Final[dict[str, Callable[[Mapping[str, Any], Reading, str], tuple[Verb, ...]]]] = {
    "say": read_say,
    "play": read_play,
    "pause": _pause,
    "gather": read_gather,
    "dial": read_dial,
    "hangup": _hangup,
    "redirect": _redirect,
    "tag": _tag,
    "config": read_config,
    "answer": _answer,
    "sip:decline": _decline,
    "conference": read_conference,
    "room": read_conference,
    "enqueue": read_enqueue,
    "dequeue": read_dequeue,
    "leave": read_leave,
    "transcribe": read_transcribe,
    "dtmf": read_dtmf,
    "sip:refer": read_refer,
    "sip:request": read_request,
}

NOT_EMULATED: Final = tuple(sorted((set(VERBS) | set(ALIASES)) - set(_READERS)))
