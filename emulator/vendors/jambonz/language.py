"""A jambonz application, a JSON array of verbs, read into a program. Pure.

The whole array is checked before anything runs, so one bad verb rejects all (JAMBONZ-100). Each verb and each error
names its JSON path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from emulator.engine.causes import BUSY, CONGESTION, NO_ANSWER, REJECTED, UNALLOCATED, Cause
from emulator.engine.events import LegSnapshot
from emulator.engine.program import AnswerVerb, Dial, Fetch, HangUp, Hook, Pause, Program, Tag, Target, Verb
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendor_api import CallView
from emulator.vendors.jambonz.gathering import read_gather
from emulator.vendors.jambonz.hooks import Scope, told_hook
from emulator.vendors.jambonz.reading import Reading, refuse, seconds
from emulator.vendors.jambonz.sounding import read_play, read_say
from emulator.vendors.jambonz.verbs import ALIASES, VERBS, check_verb, split_verb
from emulator.webhooks.values import Reply, Request

__all__ = ["NOT_EMULATED", "SESSION", "parse", "read_verbs"]

# JAMBONZ-91: from here on an inbound call is a session, and says so
SESSION: Final[tuple[Verb, ...]] = (
    Tag({"session": True}),
    Fetch(Hook("", purpose="status", awaited=False)),
)


def parse(reply: Reply, request: Request, view: CallView) -> Program | None:
    """The program an answer asks for; None for an answer that asks for nothing (JAMBONZ-97). Raises `InvalidDocument`,
    `NotEmulated`."""
    leg = view.leg(request.leg)
    assert leg is not None
    context: Mapping[str, Any] = request.context
    document = _document(reply)
    is_call_hook = request.callback == "answer"
    if is_call_hook and leg.direction == "inbound":
        if not isinstance(document, list) or not document:  # JAMBONZ-91: the call is refused with 480
            raise InvalidDocument("the call hook of an inbound call must answer with a non-empty array of verbs")
        prelude: tuple[Verb, ...] = SESSION
    elif not isinstance(document, list) or not (document or is_call_hook):
        return None
    else:
        prelude = _new_base(context, leg)
    scope = Scope(context["base"], context["auth"])
    return Program((*prelude, *read_verbs(document, Reading(scope, leg.memo["defaults"], view.settings))))


def _document(reply: Reply) -> Any:
    """JAMBONZ-83: only what says it is JSON is looked at, and an empty body is nothing."""
    if "application/json" not in reply.header("content-type").lower():
        return None
    if reply.is_cut:
        raise InvalidDocument("the body goes on beyond 1 MiB")
    if not reply.body.strip():
        return None
    try:
        return msgspec.json.decode(reply.body)
    except (msgspec.DecodeError, RecursionError) as problem:
        raise InvalidDocument(f"not JSON: {problem}") from problem


def _new_base(context: Mapping[str, Any], leg: LegSnapshot) -> tuple[Verb, ...]:
    """JAMBONZ-108: an absolute redirect has moved the application."""
    if context["base"] == leg.memo.get("base"):
        return ()
    return (Tag({"base": context["base"], "auth": context["auth"]}),)


def read_verbs(document: list[Any], reading: Reading) -> tuple[Verb, ...]:
    """Every verb of an array, checked first and then read in order. Raises `InvalidDocument`, `NotEmulated`."""
    split = []
    for index, element in enumerate(document):
        where = f"[{index}]"
        name, body = split_verb(element, where)
        check_verb(name, body, where, reading.settings.strict_properties)
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


_DIAL_LATER: Final = (
    "confirmHook", "dialMusic", "dtmfCapture", "dtmfHook", "onHoldHook", "boostAudioSignal", "listen", "stream",
    "transcribe", "amd", "dub",
)  # fmt: skip


def _dial(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-106."""
    refuse("dial", body, _DIAL_LATER, where)
    targets = tuple(
        _target(target, body, f"{where}.target[{index}]") for index, target in enumerate(body["target"])
    )  # fmt: skip
    limit = body.get("timeLimit")
    hook = reading.scope.hook(
        body.get("actionHook"), "dial", f"{where}.actionHook", on_failure="next", extra={"verb_id": body.get("id")}
    )  # fmt: skip
    dial = Dial(
        targets, seconds(body.get("timeout") or 60), seconds(limit) if limit else None, hook, where=where
    )  # fmt: skip
    return (dial,) if body.get("answerOnBridge") else (AnswerVerb(where), dial)  # JAMBONZ-102


def _target(target: Mapping[str, Any], body: Mapping[str, Any], where: str) -> Target:
    if target["type"] == "teams":
        raise NotEmulated("dial target teams", where)
    refuse("dial target", target, ("confirmHook",), where)
    to = target.get("number") or target.get("sipUri") or target.get("name") or ""
    memo = {"tag": body.get("tag"), "caller_name": body.get("callerName")}
    return Target(to, body.get("callerId") or "", memo)


_CONFIG_LATER: Final = (
    "ttsStream", "record", "listen", "stream", "transcribe", "amd", "fillerNoise", "bargeIn",
)  # fmt: skip


def _config(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-110: new defaults of speech; what would run beside the call is refused by name unless switched off."""
    for name in _CONFIG_LATER:
        inner = body.get(name)
        if isinstance(inner, dict) and inner.get("enable") is not False:
            raise NotEmulated(f"config {name}", f"{where}.{name}")
    refuse("config", body, ("actionHookDelayAction", "boostAudioSignal", "onHoldMusic"), where)
    reset = body.get("reset") or []
    changed = dict(reading.defaults)
    for part in ("synthesizer", "recognizer"):
        if part in ([reset] if isinstance(reset, str) else reset):
            changed[part] = reading.original.get(part, changed.get(part))
        if part in body:
            changed[part] = {**changed.get(part, {}), **body[part]}
    if changed == reading.defaults:
        return ()
    changed.setdefault("original", reading.original)
    reading.defaults = changed
    return (Tag({"defaults": changed}, where),)


_READERS: Final[dict[str, Callable[[Mapping[str, Any], Reading, str], tuple[Verb, ...]]]] = {
    "say": read_say,
    "play": read_play,
    "pause": _pause,
    "gather": read_gather,
    "dial": _dial,
    "hangup": _hangup,
    "redirect": _redirect,
    "tag": _tag,
    "config": _config,
    "answer": _answer,
    "sip:decline": _decline,
}

NOT_EMULATED: Final = tuple(sorted((set(VERBS) | set(ALIASES)) - set(_READERS)))
