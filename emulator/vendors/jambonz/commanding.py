"""What an application says on its socket of its own accord: commands. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from emulator.engine import commands as c
from emulator.engine.events import LegSnapshot
from emulator.engine.program import AnswerVerb, Program, Tag
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendor_api import CallView
from emulator.vendors.jambonz.errors import Rejected
from emulator.vendors.jambonz.hooks import Scope
from emulator.vendors.jambonz.language import exhausted_of, read_verbs
from emulator.vendors.jambonz.reading import Reading
from emulator.vendors.jambonz.schemas import parse_call
from emulator.vendors.jambonz.sockets import message_of
from emulator.vendors.jambonz.updates import check_update, commands_of
from emulator.vendors.jambonz.verbs import check_verb
from emulator.webhooks.values import Request

__all__ = ["COMMANDS", "IGNORED", "acknowledges", "read"]

Done = Sequence[c.Command | Request]

# JAMBONZ-126: a command, the key of an update-call request that it is, and the property of its data that is its value
_UPDATES: Final[dict[str, tuple[str, str]]] = {
    "call:status": ("call_status", "call_status"),
    "mute:status": ("mute_status", "mute_status"),
    "conf:mute-status": ("conf_mute_status", "conf_mute_status"),
    "conf:hold-status": ("conf_hold_status", "conf_hold_status"),
    "conf:participant-action": ("conferenceParticipantAction", ""),
    "listen:status": ("listen_status", "listen_status"),
    "stream:status": ("listen_status", "stream_status"),
    "transcribe:status": ("transcribe_status", "transcribe_status"),
    "whisper": ("whisper", "whisper"),
    "record": ("record", ""),
    "sip:request": ("sip_request", ""),
    "dtmf": ("dtmf", ""),
    "dub": ("dub", ""),
    "boostAudioSignal": ("boostAudioSignal", "boostAudioSignal"),
    "media:path": ("media_path", "media_path"),
    "tag": ("tag", ""),
}
_LATER: Final = ("llm:tool-output", "llm:update", "tts:tokens", "tts:flush", "tts:clear")
IGNORED: Final = ("agent:update", "noiseIsolation:status", "room:say", "room:play", "stt:reconfigure")
"""Of the newer release: 0.9 logs an unknown command and goes on, and so do we."""
_WITHOUT_DATA: Final = frozenset({"llm:tool-output", "tts:flush", "tts:clear"})


def acknowledges(text: str) -> str:
    """JAMBONZ-124: the id of our message that this acknowledges, or ""."""
    try:
        said = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return ""
    if not isinstance(said, dict) or said.get("type") != "ack":
        return ""
    message = said.get("msgid")
    return message if isinstance(message, str) else ""


def read(text: str, is_binary: bool, leg: LegSnapshot, view: CallView) -> Done:
    """JAMBONZ-126: what an application's message asks for. What cannot be understood is answered by an error. Raises
    `NotEmulated`."""
    if is_binary:
        return ()
    try:
        said = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        return (_error(leg, view, "not JSON", text),)
    if not isinstance(said, dict) or said.get("type") not in ("ack", "command"):
        return (_error(leg, view, "the type is neither ack nor command", text),)
    if said["type"] == "ack":
        return ()  # late, or of no message of ours
    command, data = said.get("command"), said.get("data")
    if not isinstance(command, str) or not command:
        return (_error(leg, view, "missing command", text),)
    if data is None and command not in _WITHOUT_DATA:
        return (_error(leg, view, "missing data", text),)
    try:
        return _done(command, data, said, _meant(said, leg, view), view)
    except InvalidDocument as problem:
        return (_error(leg, view, str(problem), text),)
    except Rejected as refused:
        return (_error(leg, view, refused.error.body.decode(), text),)


def _error(leg: LegSnapshot, view: CallView, details: str, content: str) -> Request:
    payload = {"msg": "InvalidMessage", "details": details, "content": content[:1000]}
    return message_of("jambonz:error", leg, view, f"{details} {content}", "error", payload)


def _meant(said: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> LegSnapshot:
    """The leg that a command is about: another one of the session if it says so."""
    wanted = said.get("callSid")
    partner = view.leg(leg.partner) if leg.partner is not None else None
    return partner if partner is not None and partner.name == wanted else leg


def _done(command: str, data: Any, said: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> Done:
    if command in _LATER:
        raise NotEmulated(f"command {command}", "command")
    maker = COMMANDS.get(command)
    if maker is not None:
        return maker(data, said, leg, view)
    if command in _UPDATES:
        key, inner = _UPDATES[command]
        wanted = data.get(inner) if inner and isinstance(data, dict) else data
        return commands_of(check_update({key: wanted}), leg, view)
    return ()


def _redirect(data: Any, said: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> Done:
    """JAMBONZ-126: verbs in place of those that stand, or behind them; or a hook to ask for them."""
    if isinstance(data, dict):
        return commands_of(check_update(data), leg, view)
    if not isinstance(data, list):
        raise InvalidDocument("malformed jambonz payload: must be array")
    scope = Scope(leg.memo.get("base") or "", leg.memo.get("auth"), leg.memo.get("socket"))
    verbs = read_verbs(data, Reading(scope, leg.memo["defaults"], view.settings))
    if said.get("queueCommand"):
        return (c.Append(leg.id, verbs),)
    return (c.Redirect(((leg.id, Program(verbs, exhausted_of(scope))),), early=True),)


def _config(data: Any, said: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> Done:
    if not isinstance(data, dict):
        raise InvalidDocument("config: the data is not an object")
    check_verb("config", data, "data", view.settings.strict_properties)
    scope = Scope(leg.memo.get("base") or "", leg.memo.get("auth"), leg.memo.get("socket"))
    verbs = read_verbs([{**data, "verb": "config"}], Reading(scope, leg.memo["defaults"], view.settings))
    done: list[c.Command | Request] = [c.Tag(leg.id, verb.values) for verb in verbs if isinstance(verb, Tag)]
    beside = tuple(verb for verb in verbs if not isinstance(verb, Tag | AnswerVerb))
    return [*done, *(c.InCall(leg.id, getattr(verb, "name", ""), (verb,)) for verb in beside)]


def _dial(data: Any, said: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> Done:
    """A new call, as a create-call request makes one."""
    return (parse_call(data, view, leg.memo.get("service") or ""),)


COMMANDS: Final[dict[str, Callable[[Any, Mapping[str, Any], LegSnapshot, CallView], Done]]] = {
    "redirect": _redirect,
    "config": _config,
    "dial": _dial,
}
