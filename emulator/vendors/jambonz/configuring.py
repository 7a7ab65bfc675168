"""config: settings of the session from here on. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.engine.program import AnswerVerb, Beside, PauseRecording, RecordCall, StopRecording, Tag, Verb
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendors.jambonz.detecting import read_amd
from emulator.vendors.jambonz.gathering import read_gather
from emulator.vendors.jambonz.reading import Reading, refuse
from emulator.vendors.jambonz.transcribing import transcription

__all__ = ["IGNORED", "read_config"]

BARGE_IN: Final = "barge-in"
_LATER: Final = ("ttsStream", "listen", "stream")

IGNORED: Final = {
    "fillerNoise": "nobody hears the noise under a wait",
    "vad": "a far end speaks exactly when it speaks",
    "notifySttLatency": "recognising takes no time here",
    "onHoldMusic": "nobody's music on hold is heard here",
    "sipRequestWithinDialogHook": "no far end sends SIP requests",
    "boostAudioSignal": "there is no signal to boost",
    "referHook": "no far end sends a REFER",
    "autoStreamTts": "speech is made whole, never streamed",
    "disableTtsCache": "there is no cache",
    "trackTtsPlayout": "speech is made whole, never streamed",
    "noiseIsolation": "there is no noise",
    "turnTaking": "a far end speaks exactly when it speaks",
}
"""Attributes that change nothing here, and why."""

_ANSWERING: Final = ("bargeIn", "record", "amd", "boostAudioSignal", "transcribe")


def read_config(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-110, JAMBONZ-118: new defaults of speech, and what runs beside the call."""
    for name in _LATER:
        inner = body.get(name)
        if isinstance(inner, dict) and inner.get("enable") is not False:
            raise NotEmulated(f"config {name}", f"{where}.{name}")
    refuse("config", body, ("actionHookDelayAction",), where)
    changes: dict[str, Any] = {}
    if (defaults := _speech(body, reading)) is not None:
        changes["defaults"] = defaults
    if "transcribe" in body:
        changes["transcribe"] = transcription(body["transcribe"], reading, f"{where}.transcribe")
    if "notifyEvents" in body:
        changes["events"] = bool(body["notifyEvents"])
    verbs: list[Verb] = [Tag(changes, where)] if changes else []
    if any(body.get(name) is not None for name in _ANSWERING) and not body.get("earlyMedia"):
        verbs.append(AnswerVerb(where))  # JAMBONZ-102
    if isinstance(body.get("record"), dict):
        verbs += _recording(body["record"], where)
    if isinstance(body.get("bargeIn"), dict):
        verbs.append(_barge_in(body["bargeIn"], body, reading, f"{where}.bargeIn"))
    if "amd" in body:
        verbs.append(Beside((read_amd(body["amd"], reading.scope, f"{where}.amd"),), "amd", where=where))
    return tuple(verbs)


def _barge_in(body: Mapping[str, Any], config: Mapping[str, Any], reading: Reading, where: str) -> Verb:
    """JAMBONZ-141: a gather beside the call. It has no prompts, no time-out, and is over with the first input unless
    `sticky`."""
    if not body["enable"]:
        return Beside(name=BARGE_IN, where=where)
    bare = {key: inner for key, inner in body.items() if key not in ("enable", "sticky", "say", "play", "id")}
    early = {"earlyMedia": True} if config.get("earlyMedia") else {}
    (gather,) = read_gather({**bare, **early, "timeout": 0}, reading, where, awaited=False)
    return Beside((gather,), BARGE_IN, loops=bool(body.get("sticky")), where=where)


def _recording(body: Mapping[str, Any], where: str) -> tuple[Verb, ...]:
    """JAMBONZ-136."""
    action = body.get("action")
    if not action:
        raise InvalidDocument("record: missing value for action", f"{where}.record")
    if action == "startCallRecording":
        return (RecordCall("recording", extra={"id": body.get("recordingID")}, where=where),)
    if action == "stopCallRecording":
        return (StopRecording("recording", where=where),)
    return (PauseRecording("recording", action == "pauseCallRecording", where=where),)


def _speech(body: Mapping[str, Any], reading: Reading) -> Mapping[str, Any] | None:
    """The defaults of what follows; None if they stay as they are."""
    reset = body.get("reset") or []
    changed = dict(reading.defaults)
    for part in ("synthesizer", "recognizer"):
        if part in ([reset] if isinstance(reset, str) else reset):
            changed[part] = reading.original.get(part, changed.get(part))
        if part in body:
            changed[part] = {**changed.get(part, {}), **body[part]}
    if changed == reading.defaults:
        return None
    changed.setdefault("original", reading.original)
    reading.defaults = changed
    return changed
