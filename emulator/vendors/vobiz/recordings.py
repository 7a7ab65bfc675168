"""The Recording resource, and the files it names."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from emulator.engine.commands import DeleteRecording
from emulator.engine.recordings import Recording
from emulator.vendor_api import VendorSandbox
from emulator.vendor_wire.asgi import respond
from emulator.vendor_wire.recordings import serve_recording
from emulator.vendors.vobiz.errors import Rejected
from emulator.vendors.vobiz.paging import Page
from emulator.vendors.vobiz.record_forms import milliseconds, recording_url, said, whole
from emulator.vendors.vobiz.serving import Answer, Asking
from emulator.vendors.vobiz.wire import account_time, billed, without_plus

__all__ = ["delete", "list_recordings", "retrieve", "serve_file"]

_FILTERS: Final = (
    "call_uuid", "from_number", "to_number", "conference_name", "recording_format", "recording_type",
)  # fmt: skip
_TIMES: Final[dict[str, Callable[[str, str], bool]]] = {
    "add_time": lambda added, bound: added.startswith(bound),
    "add_time__gt": lambda added, bound: added > bound,
    "add_time__gte": lambda added, bound: added >= bound,
    "add_time__lt": lambda added, bound: added < bound,
    "add_time__lte": lambda added, bound: added <= bound,
}


def list_recordings(asking: Asking) -> Answer:
    """VOBIZ-106: those that are over, the newest first."""
    page = Page(asking)
    over = [each for each in asking.sandbox.recordings() if each.ended_at is not None]
    over.sort(key=_ended, reverse=True)
    found = [shown for each in over if _fits(shown := _render(each, asking), asking.query)]
    return 200, {"api_id": asking.api_id(), "meta": page.meta("Recording", len(found)), "objects": page.of(found)}


def retrieve(asking: Asking) -> Answer:
    return 200, {"api_id": asking.api_id(), **_render(_over(asking.sandbox, asking.id), asking)}


def delete(asking: Asking) -> Answer:
    """VOBIZ-106: it is not found from then on, nor is its file."""
    recording = _over(asking.sandbox, asking.id)
    asking.sandbox.do(DeleteRecording("vobiz", recording.name))
    return 204, None


async def serve_file(
    sandbox: VendorSandbox, family: str, file: str, scope: Scope, receive: Receive, send: Send
) -> None:
    """VOBIZ-100: the file of a recording, or the text of its transcription. Raises `Rejected` (404)."""
    name, _, ending = file.rpartition(".")
    recording = _over(sandbox, name)
    if family == "Recording" and ending == recording.format:
        await serve_recording(scope, recording)(scope, receive, send)
    elif family == "Transcription" and ending == "txt":
        headers = [(b"content-type", b"text/plain; charset=utf-8")]
        await respond(send, 200, headers, said(recording).encode(), is_head=scope["method"] == "HEAD")
    else:
        raise Rejected(404, "recording not found")


def _over(sandbox: VendorSandbox, name: str) -> Recording:
    recording = sandbox.recording(name)
    if recording is None or recording.ended_at is None:
        raise Rejected(404, "recording not found")
    return recording


def _ended(recording: Recording) -> Any:
    return recording.ended_at


def _fits(shown: dict[str, Any], query: dict[str, str]) -> bool:
    return all(shown[name] == query[name].removeprefix("+") for name in _FILTERS if query.get(name)) and all(
        fits(shown["add_time"], query[name]) for name, fits in _TIMES.items() if query.get(name)
    )


def _render(recording: Recording, asking: Asking) -> dict[str, Any]:
    """VOBIZ-106: nothing is charged for storage."""
    leg = asking.sandbox.leg(recording.leg)
    assert leg is not None and recording.ended_at is not None, "a recording goes with its call"
    conference = (recording.extra or {}).get("conference", "")
    return {
        "add_time": account_time(recording.ended_at),
        "call_uuid": leg.name,
        "conference_name": conference,
        "from_number": without_plus(leg.from_),
        "monthly_recording_storage_amount": 0,
        "recording_duration_ms": str(round(recording.seconds * 1000)),
        "recording_end_ms": milliseconds(recording.ended_at),
        "recording_format": recording.format,
        "recording_id": recording.name,
        "recording_start_ms": milliseconds(recording.started_at),
        "recording_storage_duration": (asking.sandbox.now() - recording.ended_at) // timedelta(days=1),
        "recording_storage_rate": 0,
        "recording_type": "conference" if conference else "call",
        "recording_url": recording_url(recording.name, recording.format, leg.memo.get("base", ""), asking.sandbox),
        "resource_uri": f"/api/v1/Account/{asking.account}/Recording/{recording.name}/",
        "rounded_recording_duration": billed(whole(recording.seconds)),
        "to_number": without_plus(leg.to),
    }
