"""dial. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.engine.program import AnswerVerb, Detect, Dial, Fetch, Hook, Play, Program, Tag, Target, Verb
from emulator.errors import NotEmulated
from emulator.vendors.jambonz.detecting import read_amd
from emulator.vendors.jambonz.reading import Reading, refuse, seconds
from emulator.vendors.jambonz.transcribing import transcription

__all__ = ["IGNORED", "read_dial"]

_LATER: Final = ("listen", "stream", "dub")

IGNORED: Final = {
    "referHook": "no far end sends a REFER",
    "headers": "SIP headers reach nobody who could read them",
    "anchorMedia": "there is no media to anchor",
    "exitMediaPath": "there is no media path to leave",
    "boostAudioSignal": "there is no signal to boost",
    "proxy": "there is no SIP to route",
    "forwardPAI": "there is no SIP header to forward",
    "srtpEncryption": "there is no RTP to encrypt",
    "codecs": "there is no codec to choose",
}
"""Attributes that change nothing here, and why."""


def read_dial(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-106, JAMBONZ-114."""
    refuse("dial", body, _LATER, where)
    scope, early = reading.scope, bool(body.get("answerOnBridge"))
    targets = tuple(
        _target(target, body, reading, f"{where}.target[{index}]") for index, target in enumerate(body["target"])
    )  # fmt: skip
    limit, music = body.get("timeLimit"), body.get("dialMusic")
    patterns = _patterns(body.get("dtmfCapture"))
    dial = Dial(
        targets, seconds(body.get("timeout") or 60), seconds(limit) if limit else None,
        scope.hook(body.get("actionHook"), "dial", f"{where}.actionHook", on_failure="next",
                   extra={"verb_id": body.get("id")}),
        _key_hook(body, reading, where) if any(patterns) else None,
        where=where, digits_match=patterns[0], digits_match_child=patterns[1],
        confirm=_confirm(body.get("confirmHook"), reading, f"{where}.confirmHook"),
        music=Program((Play(music, 0, early=early, where=f"{where}.dialMusic"),)) if music else None,
    )  # fmt: skip
    verbs: list[Verb] = [] if early else [AnswerVerb(where)]  # JAMBONZ-102
    held = scope.hook(body.get("onHoldHook"), "hold", f"{where}.onHoldHook", awaited=False)
    verbs.append(Tag({"on_hold": _plain(held)}, where))
    if "transcribe" in body:
        verbs.append(Tag({"transcribe": transcription(body["transcribe"], reading, f"{where}.transcribe")}, where))
        return (*verbs, dial, Tag({"transcribe": None, "on_hold": None}, where))
    return (*verbs, dial, Tag({"on_hold": None}, where)) if held is not None else (*verbs[:-1], dial)


def _plain(hook: Hook | None) -> dict[str, Any] | None:
    """A hook as a leg's memo keeps it."""
    return None if hook is None else {"url": hook.url, "method": hook.method, "extra": hook.extra}


def _target(target: Mapping[str, Any], body: Mapping[str, Any], reading: Reading, where: str) -> Target:
    if target["type"] == "teams":
        raise NotEmulated("dial target teams", where)
    to = target.get("number") or target.get("sipUri") or target.get("name") or ""
    memo = {"tag": body.get("tag"), "caller_name": body.get("callerName"), "on_hold": None}
    beside: tuple[Detect, ...] = ()
    if "amd" in body:
        beside = (read_amd(body["amd"], reading.scope, f"{where}.amd"),)
    return Target(
        to, body.get("callerId") or "", memo, beside=beside,
        confirm=_confirm(target.get("confirmHook"), reading, f"{where}.confirmHook"),
    )  # fmt: skip


def _confirm(wire: Any, reading: Reading, where: str) -> Program | None:
    """JAMBONZ-114: whoever answered is asked about; an error, or the end of the leg, declines."""
    hook = reading.confirming().hook(wire, "confirm", where)
    return Program((Fetch(hook, where),)) if hook is not None else None


def _patterns(wire: Any) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """JAMBONZ-115: the caller's and the callee's; one list is for both."""
    if isinstance(wire, list):
        both = _texts(wire)
        return both, both
    inner = wire if isinstance(wire, dict) else {}
    return _texts(inner.get("parentCall")), _texts(inner.get("childCall"))


def _texts(wire: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(str(each) for each in wire if str(each))) if isinstance(wire, list) else ()


def _key_hook(body: Mapping[str, Any], reading: Reading, where: str) -> Hook | None:
    """JAMBONZ-115: told, and its answer means nothing."""
    return reading.scope.hook(body.get("dtmfHook"), "dial-event", f"{where}.dtmfHook", awaited=False)
