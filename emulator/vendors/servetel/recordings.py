"""Whole calls as audio: who is recorded, and where it can be heard."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from emulator.engine.events import LegSnapshot
from emulator.engine.program import RecordCall, Verb
from emulator.engine.recordings import Recording
from emulator.vendor_api import CallView, VendorContext

__all__ = ["find", "home", "prelude", "recording_of", "recording_url"]


def home(view: CallView, base_url: str) -> dict[str, str]:
    """SERVETEL-55: what a call that is recorded remembers; nothing where the account does not record."""
    return {"recordings": _home(base_url, view.name)} if view.settings.record_calls else {}


@lru_cache(maxsize=256)
def _home(base_url: str, sandbox: str) -> str:
    """One text for all calls."""
    return f"{base_url}/{sandbox}/file/recording"


def prelude(memo: dict[str, Any]) -> tuple[Verb, ...]:
    """What its first leg runs before anything else."""
    return (RecordCall(),) if "recordings" in memo else ()


def recording_of(view: CallView, root: LegSnapshot) -> Recording | None:
    """SERVETEL-72: of the first leg, from its answer to its end."""
    if "recordings" not in root.memo:
        return None
    found = view.recording(f"{root.id}-r1")
    return found if found is not None and found.ended_at is not None else None


def recording_url(view: CallView, root: LegSnapshot) -> str:
    """ "" without a recording that is over."""
    if recording_of(view, root) is None:
        return ""
    query = {"callId": root.name, "type": "rec", "token": _token(view, root.call)}
    return f"{root.memo['recordings']}?{urlencode(query)}"


def find(context: VendorContext, sandbox: str, call_id: str, token: str) -> Recording | None:
    """What a URL of a recording leads to: with the right token alone."""
    view = context.sandbox_called(sandbox)
    leg = view.named(call_id) if view is not None else None
    if view is None or leg is None or token != _token(view, leg.call_id):
        return None
    return recording_of(view, leg.snapshot())


def _token(view: CallView, call: str) -> str:
    return view.ids.hex("servetel recording token", call, 32)
