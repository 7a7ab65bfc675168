"""An update-call request: every rule, and the commands it becomes in the leg's present state. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from emulator.engine import commands as c
from emulator.engine.events import LegSnapshot
from emulator.engine.program import Fetch, Hook, Program
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendors.jambonz.errors import Rejected, incompatible, message
from emulator.vendors.jambonz.hooks import Scope, told_hook
from emulator.vendors.jambonz.outcomes import has_session
from emulator.vendors.jambonz.wire import is_true

__all__ = ["NOT_EMULATED", "check_update", "commands_of"]

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
    if is_true(body.get("call_status_hook")):
        given["call_status_hook"] = body["call_status_hook"]
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

# JAMBONZ-56: outside a listen, transcribe or conference, which are not emulated, these are ignored
_NEVER_POSSIBLE: Final = (
    "listen_status", "transcribe_status", "conf_mute_status", "conf_hold_status", "conferenceParticipantAction",
)  # fmt: skip
_IN_A_DIAL: Final = ("mute_status", "whisper", "media_path")
_LATER: Final = ("record", "sip_request", "dtmf", "dub", "boostAudioSignal")
NOT_EMULATED: Final = tuple(f"update call {key}" for key in (*_IN_A_DIAL, *_LATER))


def commands_of(given: Mapping[str, Any], leg: LegSnapshot, child: LegSnapshot | None) -> list[c.Command]:
    """`child` is the leg it is bridged with, if it dialled that. Raises `Rejected` (400, 422), `NotEmulated`.

    An empty list: accepted, and nothing happens.
    """
    if "call_status_hook" in given and "call_hook" not in given:  # JAMBONZ-55
        raise _wrong(
            f"call_status_hook can be updated only when call_hook is also being updated for call_sid {leg.name}"
        )
    for key in (*_LATER, *(_IN_A_DIAL if leg.partner is not None else ())):
        if key in given:
            raise NotEmulated(f"update call {key}", key)
    if "call_status" in given:
        return _status(given["call_status"], leg)
    if "tag" in given:
        return [c.Tag(leg.id, {"tag": given["tag"]})]  # JAMBONZ-109
    return _redirected(given, leg, child)


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


def _redirected(given: Mapping[str, Any], leg: LegSnapshot, child: LegSnapshot | None) -> list[c.Command]:
    """JAMBONZ-60: the new application of the leg, and of the child that then leaves it."""
    if not has_session(leg) or (leg.direction == "outbound" and leg.state != "answered"):
        return []
    scope = Scope(leg.memo.get("base") or "", leg.memo.get("auth"))
    wanted = [(leg, "call_hook"), *([(child, "child_call_hook")] if child is not None else [])]
    programs = []
    for party, key in wanted:
        hook = _hook(given.get(key), scope, key)
        if hook is not None:
            programs.append((party.id, Program((Fetch(hook),))))
    if not programs:
        return []
    commands: list[c.Command] = []
    told = told_hook(given.get("call_status_hook"), scope, "call_status_hook")
    if told is not None:
        commands.append(c.Tag(leg.id, {"status": told}))
    return [*commands, c.Redirect(tuple(programs), early=True)]


def _hook(wire: Any, scope: Scope, key: str) -> Hook | None:
    try:
        return scope.hook(wire, "redirect", key, on_empty="end")
    except InvalidDocument:
        return None  # an impossible method fails while it is carried out, and 202 has been sent
