"""The forms of what a recording tells and asks, and where its file is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from math import ceil
from typing import Any, Final

from emulator.engine.events import LegSnapshot
from emulator.engine.program import Hook
from emulator.engine.recordings import Recording
from emulator.vendor_api import CallView
from emulator.vendors.vobiz.forms import FREE, Fields, account, common
from emulator.vendors.vobiz.wire import status_of

__all__ = ["done_form", "milliseconds", "record_form", "recording_url", "said", "transcription_form", "whole"]

MEDIA: Final = "https://media.vobiz.ai"

# VOBIZ-98: whatever else ended it, somebody hung up
_REASONS: Final = {"silence": "RecordingTimeout", "max": "maxLength", "key": "FinishedOnKey"}


def recording_url(recording_name: str, format_: str, base: str, view: CallView, family: str = "Recording") -> str:
    """VOBIZ-100: where the file is, as whoever placed the call sees us."""
    return f"{base or MEDIA}/v1/Account/{account(view)['auth_id']}/{family}/{recording_name}.{format_}"


def milliseconds(at: datetime | None) -> str:
    """Since 1970."""
    return str(round(at.timestamp() * 1000)) if at is not None else "-1"


def whole(seconds: float) -> int:
    """VOBIZ-98: whole seconds, rounded up."""
    return ceil(round(seconds, 3))


def record_form(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    """VOBIZ-97: the `action`, when a recording is over, or has begun and runs beside the document."""
    return {**common(leg, "Record", status_of(leg), view), **_facts(leg, view, fields)}


def done_form(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    """VOBIZ-98: the `callbackUrl` of a document; VOBIZ-104: the `callback_url` of the API."""
    facts = _facts(leg, view, fields)
    if "api_id" not in hook.extra:
        return {**common(leg, "RecordStop", status_of(leg), view), **facts}
    return {
        "api_id": hook.extra["api_id"],
        "record_url": facts["RecordUrl"],
        "call_uuid": leg.name,
        "recording_id": facts["RecordingID"],
        "recording_duration": facts["RecordingDuration"],
        "recording_duration_ms": facts["RecordingDurationMs"],
        "recording_start_ms": facts["RecordingStartMs"],
        "recording_end_ms": facts["RecordingEndMs"],
    }


def transcription_form(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    """VOBIZ-99: what the far end said, word for word, for nothing."""
    name = fields["name"]
    recording = view.recording(name)
    text = said(recording) if recording is not None else ""
    if "api_id" in hook.extra:
        return {
            "transcription_charge": FREE, "transcription": text, "duration": str(whole(fields["seconds"])),
            "call_uuid": leg.name, "transcription_rate": FREE, "recording_id": name, "error": "",
        }  # fmt: skip
    url = recording_url(name, "txt", leg.memo.get("base", ""), view, "Transcription")
    return {
        "transcription": text, "transcription_id": view.ids.uuid("vobiz transcription", fields["recording"]),
        "transcription_url": url, "recording_id": name,
    }  # fmt: skip


def said(recording: Recording) -> str:
    """What the far end said while it ran."""
    return " ".join(sound.text for sound in recording.sounds if sound.kind == "speech" and sound.track == "in")


def _facts(leg: LegSnapshot, view: CallView, fields: Mapping[str, Any]) -> Fields:
    url = recording_url(fields["name"], fields["format"], leg.memo.get("base", ""), view)
    form = {"RecordingID": fields["name"], "RecordUrl": url, "RecordFile": url}
    if "seconds" not in fields:  # it has just begun
        unknown = ("RecordingDuration", "RecordingDurationMs", "RecordingStartMs", "RecordingEndMs")
        return {**form, **dict.fromkeys(unknown, "-1")}
    return {
        **form,
        "RecordingDuration": str(whole(fields["seconds"])),
        "RecordingDurationMs": str(round(fields["seconds"] * 1000)),
        "RecordingStartMs": milliseconds(fields["started_at"]),
        "RecordingEndMs": milliseconds(fields["ended_at"]),
        "RecordingEndReason": _REASONS.get(fields["ended_by"], "HungUp"),
    }
