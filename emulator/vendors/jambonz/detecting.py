"""Answering-machine detection: its options, and what its hook is told. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from emulator.engine.program import Detect
from emulator.errors import InvalidDocument
from emulator.vendors.jambonz.hooks import Scope

__all__ = ["amd_fields", "read_amd"]

NO_SPEECH: Final = 5000


def read_amd(wire: Any, scope: Scope, where: str) -> Detect:
    """JAMBONZ-116: decides beside the call. Raises `InvalidDocument`."""
    body: Mapping[str, Any] = wire if isinstance(wire, dict) else {}
    timers = body.get("timers")
    silence = timers.get("noSpeechTimeoutMs") if isinstance(timers, dict) else None
    hook = scope.hook(body.get("actionHook"), "amd", f"{where}.actionHook", awaited=False)
    if hook is None:
        raise InvalidDocument("amd: missing value for actionHook", where)
    is_span = isinstance(silence, int | float) and not isinstance(silence, bool) and silence > 0
    limit = timedelta(milliseconds=min(float(silence or 0), 86_400_000.0) if is_span else NO_SPEECH)
    return Detect(limit, hook=hook, where=where)


def amd_fields(extra: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """JAMBONZ-116."""
    if not fields.get("heard", True):
        return {"type": "amd_no_speech_detected"}
    if fields["machine"]:
        return {"type": "amd_machine_detected", "reason": "long greeting"}
    return {"type": "amd_human_detected", "reason": "short greeting"}
