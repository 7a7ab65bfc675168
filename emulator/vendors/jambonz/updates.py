"""An update-call request: every rule, and the commands it becomes in the leg's present state. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from emulator.engine import commands as c
from emulator.engine.events import LegSnapshot
from emulator.engine.program import Fetch, Hook, Pause, Play, Program, RecordCall, Say
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendor_api import CallView
from emulator.vendors.jambonz.errors import Rejected, incompatible, message
from emulator.vendors.jambonz.hooks import Scope, is_http, opening, parse_hook, told_hook
from emulator.vendors.jambonz.language import exhausted_of, read_verbs
from emulator.vendors.jambonz.outcomes import has_session
from emulator.vendors.jambonz.payloads import call_info
from emulator.vendors.jambonz.reading import Reading
from emulator.vendors.jambonz.requesting import keys_of
from emulator.vendors.jambonz.wire import is_true

__all__ = ["IGNORED", "NOT_EMULATED", "check_update", "commands_of", "recording_commands"]

_KEYS: Final = (
    "call_hook", "child_call_hook", "call_status", "listen_status", "transcribe_status", "mute_status",
    "conf_mute_status", "conf_hold_status", "conferenceParticipantAction", "whisper", "record", "sip_request", "dtmf",
    "dub", "boostAudioSignal", "media_path", "tag",
)  # fmt: skip
# JAMBONZ-52: the words a key takes, and what is said of any other
_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "call_status": ("completed", "no-answer"),
    "listen_status": ("pause", "silence", "resume"),
    "mute_status": ("mute", "unmute"),
    "conf_hold_status": ("hold", "unhold"),
    "conf_mute_status": ("mute", "unmute"),
    "media_path": ("no-media", "partial-media", "full-media"),
}
_PARTICIPANT: Final = ("tag", "untag", "coach", "uncoach", "mute", "unmute", "hold", "unhold")


def _wrong(text: str) -> Rejected:
    return Rejected(message(400, text))


def check_update(body: Any) -> dict[str, Any]:
    """The keys that are there (JAMBONZ-50, JAMBONZ-51). Raises `Rejected` (400): before anybody looks for the call."""
    given = {key: body[key] for key in _KEYS if is_true(body.get(key))} if isinstance(body, dict) else {}
    if not given:
        raise _wrong("no valid options supplied to updateCall")
    alone = set(given) - {"whisper"}
    if len(alone) > 1 and alone != {"call_hook", "child_call_hook"}:
        raise _wrong("multiple options are not allowed in updateCall")
    for key, words in _WORDS.items():
        if key in given and given[key] not in words:
            raise _wrong(f"invalid {key}")
    for key, check in _CHECKS.items():
        if key in given:
            check(given[key])
    for key in ("call_status_hook", "wait_hook"):
        if is_true(body.get(key)):
            given[key] = body[key]
    return given


def _check_sip_request(inner: Any) -> None:
    if not isinstance(inner, dict) or not all(is_true(inner.get(key)) for key in ("method", "content_type", "content")):
        raise _wrong("sip_request requires method, content_type and content properties")


def _check_record(inner: Any) -> None:
    if not isinstance(inner, dict) or not is_true(inner.get("action")):
        raise _wrong("record requires action property")
    is_start = inner["action"] == "startCallRecording"  # the code asks it of every action
    if is_start and inner.get("type") != "cloud" and not is_true(inner.get("siprecServerURL")):
        raise _wrong("record requires siprecServerURL property when starting recording")


def _check_dtmf(inner: Any) -> None:
    if not isinstance(inner, dict) or not is_true(inner.get("digit")):
        raise _wrong("invalid dtmf")


def _check_tag(inner: Any) -> None:
    if not isinstance(inner, dict):
        raise _wrong("invalid tag data")


def _check_participant(inner: Any) -> None:
    action = inner.get("action") if isinstance(inner, dict) else None
    if action not in _PARTICIPANT:
        raise _wrong(f"conferenceParticipantAction invalid action property {'undefined' if action is None else action}")
    if action in ("tag", "coach") and not is_true(inner.get("tag")):
        raise _wrong(f"conferenceParticipantAction requires tag property when action is '{action}'")


_CHECKS: Final[dict[str, Callable[[Any], None]]] = {
    "sip_request": _check_sip_request,
    "record": _check_record,
    "dtmf": _check_dtmf,
    "tag": _check_tag,
    "conferenceParticipantAction": _check_participant,
}


# --- what it does ------------------------------------------------------------------------------------------------

NOT_EMULATED: Final = ("update call dub",)

IGNORED: Final = {
    "listen_status": "no audio is streamed, so there is none to pause",
    "media_path": "there is no media to anchor",
    "boostAudioSignal": "there is no signal to boost",
}
"""Keys that change nothing here, and why (JAMBONZ-56)."""

WHISPER: Final = "whisper"
RECORDING: Final = "recording"


def commands_of(given: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> list[c.Command]:
    """Raises `Rejected` (400, 422), `NotEmulated`.

    An empty list: accepted, and nothing happens, because it is impossible in the call's state (JAMBONZ-56).
    """
    if "call_status_hook" in given and "call_hook" not in given:  # JAMBONZ-55
        raise _wrong(
            f"call_status_hook can be updated only when call_hook is also being updated for call_sid {leg.name}"
        )
    if "dub" in given:
        raise NotEmulated("update call dub", "dub")
    done: list[c.Command] = []
    for key, inner in given.items():
        if key == "call_status":
            done += _status(inner, leg)
        elif key == "tag":
            done.append(c.Tag(leg.id, {"tag": inner}))  # JAMBONZ-109
        elif key in ("call_hook", "child_call_hook"):
            if key == "call_hook" or "call_hook" not in given:
                done += _redirected(given, leg, view)
        elif leg.state == "answered" and (maker := _MAKERS.get(key)) is not None:
            done += maker(inner, given, leg, view)
    return done


Making = Callable[[Any, Mapping[str, Any], LegSnapshot, CallView], list[c.Command]]


def _mute(word: Any, given: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> list[c.Command]:
    """JAMBONZ-133: in a dial or a conference."""
    if leg.room is not None:
        return _changed(word, leg, view)
    return [c.Mute(leg.id, word == "mute")] if leg.partner is not None else []


def _changed(change: Any, leg: LegSnapshot, view: CallView, **more: Any) -> list[c.Command]:
    """A change of the member that this leg is."""
    room = next((room for room in view.rooms() if room.id == leg.room), None)
    member = room.member_of(leg.id) if room is not None else None
    return [c.ChangeMembers(room.id, change, (member.id,), **more)] if room is not None and member is not None else []


def _mute_all(word: Any, given: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> list[c.Command]:
    """JAMBONZ-134: everybody in the conference but its moderators."""
    return [c.ChangeMembers(leg.room, word, (), spare_moderators=True)] if leg.room is not None else []


def _hold(word: Any, given: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> list[c.Command]:
    scope = _scope(leg)
    wait = scope.hook(given.get("wait_hook"), "wait", "wait_hook", on_failure="next") if word == "hold" else None
    return _changed(word, leg, view, wait=wait)


def _participant(inner: Any, given: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> list[c.Command]:
    return _changed(inner["action"], leg, view, tag=str(inner.get("tag") or ""))


def _whisper(inner: Any, given: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> list[c.Command]:
    """JAMBONZ-135: in a dial, heard by this party alone; inline say and play only."""
    document = inner if isinstance(inner, list) else [inner]
    if leg.partner is None:
        return []
    try:
        verbs = read_verbs(document, Reading(_scope(leg), leg.memo["defaults"], view.settings))
    except InvalidDocument:
        return []  # it fails while it is carried out, and 202 has been sent
    said = tuple(verb for verb in verbs if isinstance(verb, Say | Play | Pause))
    return [c.InCall(leg.id, WHISPER, said)] if said else []


def _record(inner: Any, given: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> list[c.Command]:
    """JAMBONZ-136."""
    return recording_commands(inner, leg)


def recording_commands(inner: Mapping[str, Any], leg: LegSnapshot) -> list[c.Command]:
    action = inner["action"]
    if action == "startCallRecording":
        return [c.InCall(leg.id, RECORDING, (RecordCall(RECORDING, extra={"id": inner.get("recordingID")}),))]
    if action == "stopCallRecording":
        return [c.StopInCall(leg.id, RECORDING)]
    if action in ("pauseCallRecording", "resumeCallRecording"):
        return [c.PauseRecording(leg.id, RECORDING, action == "pauseCallRecording")]
    return []


def _keys(inner: Any, given: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> list[c.Command]:
    """JAMBONZ-137."""
    verbs = keys_of(str(inner["digit"]), inner.get("duration"), "")
    return [c.InCall(leg.id, "dtmf", verbs)]


def _transcribe(word: Any, given: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> list[c.Command]:
    """JAMBONZ-117."""
    listener = leg.memo.get("transcribe")
    if not listener or word not in ("pause", "resume"):
        return []
    return [c.Tag(leg.id, {"transcribe": {**listener, "paused": word == "pause"}})]


_MAKERS: Final[dict[str, Making]] = {
    "mute_status": _mute,
    "conf_mute_status": _mute_all,
    "conf_hold_status": _hold,
    "conferenceParticipantAction": _participant,
    "whisper": _whisper,
    "record": _record,
    "dtmf": _keys,
    "transcribe_status": _transcribe,
}


def _status(word: str, leg: LegSnapshot) -> list[c.Command]:
    """JAMBONZ-59."""
    if word == "completed":
        is_possible = leg.state == "answered"
    elif leg.direction == "outbound":
        is_possible = leg.state in ("ringing", "early media")
    else:
        is_possible = leg.answered_at is None
    if not is_possible:
        raise Rejected(incompatible(leg.name))
    return [c.HangUp(leg.id, "api")]


def _scope(leg: LegSnapshot) -> Scope:
    return Scope(leg.memo.get("base") or "", leg.memo.get("auth"), leg.memo.get("socket"))


def _redirected(given: Mapping[str, Any], leg: LegSnapshot, view: CallView) -> list[c.Command]:
    """JAMBONZ-60: the new application of the leg, and of the child that then leaves it."""
    if not has_session(leg) or (leg.direction == "outbound" and leg.state != "answered"):
        return []
    scope = _scope(leg)
    partner = view.leg(leg.partner) if leg.partner is not None else None
    child = partner if partner is not None and partner.parent == leg.id else None
    programs = []
    if (hook := _hook(given.get("call_hook"), scope, "call_hook")) is not None:
        programs.append((leg.id, Program((Fetch(hook),), exhausted_of(scope))))
    if child is not None and (hook := _adult(given.get("child_call_hook"), scope, leg, child, view)) is not None:
        programs.append((child.id, Program((Fetch(hook),))))
    if not programs:
        return []
    commands: list[c.Command] = []
    told = told_hook(given.get("call_status_hook"), scope, "call_status_hook")
    if told is not None:
        commands.append(c.Tag(leg.id, {"status": told}))
    return [*commands, c.Redirect(tuple(programs), early=True)]


def _hook(wire: Any, scope: Scope, key: str) -> Hook | None:
    try:
        return scope.hook(wire, "redirect", key, on_empty="end" if scope.socket is None else "idle")
    except InvalidDocument:
        return None  # an impossible method fails while it is carried out, and 202 has been sent


def _adult(wire: Any, scope: Scope, leg: LegSnapshot, child: LegSnapshot, view: CallView) -> Hook | None:
    """JAMBONZ-60; JAMBONZ-127: one that leaves an application on a socket has a socket of its own from then on."""
    hook = parse_hook(wire)
    if hook is None or scope.socket is None or is_http(hook["url"]):
        return _hook(wire, scope, "child_call_hook")
    url, mark, fragment = scope.socket["url"].partition("#")
    own = {**hook, "url": f"{url.rstrip('/')}/adulting{mark}{fragment}", "auth": scope.socket["auth"]}
    extra = {"kind": "session:adulting", "parent_call_info": call_info(leg, view)}
    return opening(own, "redirect", extra, on_empty="idle", leg=child.id)
