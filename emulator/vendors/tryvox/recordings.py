"""Recordings: where they are, and their audio."""

from __future__ import annotations

from emulator.audio import CONTENT_TYPES
from emulator.engine.events import LegSnapshot
from emulator.engine.legs import Leg
from emulator.engine.recordings import Recording
from emulator.ids import Ids
from emulator.vendor_api import CallView, VendorContext

__all__ = ["find", "home", "name_recording", "recording_url", "urls_of"]


def name_recording(ids: Ids, recording_id: str) -> str:
    """TRYVOX-73: a UUID."""
    return ids.uuid("tryvox recording", recording_id)


def home(view: CallView, base_url: str) -> str:
    """TRYVOX-73: where this sandbox's recordings are; what a call remembers as `recordings`."""
    return f"{base_url}/recordings/{view.name}"


def recording_url(leg: Leg | LegSnapshot, name: str, kind: str) -> str:
    return f"{leg.memo.get('recordings', '')}/{name}.{kind}"


def urls_of(leg: Leg, view: CallView) -> list[str]:
    """Of every recording of this leg that is over, oldest first."""
    return [
        recording_url(leg, recording.name, recording.format)
        for recording in view.recordings()
        if recording.leg == leg.id and recording.ended_at is not None
    ]


def find(context: VendorContext, sandbox: str, file: str) -> tuple[Recording, str] | None:
    """The recording that a URL ends in, over and still there, and the format it asks for."""
    view = context.sandbox_called(sandbox)
    name, _, kind = file.rpartition(".")
    recording = view.recording(name) if view is not None and kind in CONTENT_TYPES else None
    return (recording, kind) if recording is not None and recording.ended_at is not None else None
