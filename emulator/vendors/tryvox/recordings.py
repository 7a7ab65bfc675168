"""Recordings: where they are, and their audio."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import count

from emulator.audio import CONTENT_TYPES
from emulator.engine.events import LegSnapshot
from emulator.engine.legs import Leg
from emulator.engine.recordings import Recording
from emulator.ids import Ids
from emulator.vendor_api import CallView, VendorContext

__all__ = ["find", "home", "name_recording", "of_leg", "recording_url", "urls_of"]


def name_recording(ids: Ids, recording_id: str) -> str:
    """TRYVOX-73: a UUID."""
    return ids.uuid("tryvox recording", recording_id)


def home(view: CallView, base_url: str) -> str:
    """TRYVOX-73: where this sandbox's recordings are; what a call remembers as `recordings`."""
    return _home(base_url, view.name)


@lru_cache(maxsize=256)
def _home(base_url: str, sandbox: str) -> str:
    """One text for all calls."""
    return f"{base_url}/recordings/{sandbox}"


def recording_url(leg: Leg | LegSnapshot, name: str, kind: str) -> str:
    return f"{leg.memo.get('recordings', '')}/{name}.{kind}"


def of_leg(leg: Leg, view: CallView) -> Iterator[Recording]:
    """Running and over, oldest first; the engine counts them."""
    for number in count(1):
        recording = view.recording(name_recording(view.ids, f"{leg.id}-r{number}"))
        if recording is None:
            return
        yield recording


def urls_of(leg: Leg, view: CallView) -> list[str]:
    """Of those that are over."""
    return [
        recording_url(leg, recording.name, recording.format)
        for recording in of_leg(leg, view)
        if recording.ended_at is not None
    ]


def find(context: VendorContext, sandbox: str, file: str) -> tuple[Recording, str] | None:
    """The recording that a URL ends in, over and still there, and the format it asks for."""
    view = context.sandbox_called(sandbox)
    name, _, kind = file.rpartition(".")
    recording = view.recording(name) if view is not None and kind in CONTENT_TYPES else None
    return (recording, kind) if recording is not None and recording.ended_at is not None else None
