"""The forms of what a Dial tells and asks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.engine.causes import Cause
from emulator.engine.events import LegSnapshot
from emulator.engine.program import Hook
from emulator.vendor_api import CallView
from emulator.vendors.vobiz.forms import Fields, common, name_of
from emulator.vendors.vobiz.outcomes import outcome_of
from emulator.vendors.vobiz.wire import billed, status_of, talked, without_plus

__all__ = ["dial_form", "event_form", "sound_form"]

# VOBIZ-88: a dial's outcome in Vobiz's words; any other is `failed`
_STATUSES: Final = {
    "answered": "completed", "time-limit": "completed", "busy": "busy", "no-answer": "no-answer",
    "cancelled": "cancel",
}  # fmt: skip
_EVENTS: Final = {
    "answer": ("DialAnswer", "answer"), "bridge": ("DialConnected", "connected"),
    "digits": ("DialDigitsMatch", "digits"), "hangup": ("DialHangup", "hangup"),
}  # fmt: skip
_SOUNDS: Final = {"dial-music": "dialMusic", "dial-confirm": "confirmSound"}


def dial_form(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    """VOBIZ-88: the `action`, once."""
    outcome, cause = fields["outcome"], fields["cause"]
    child = view.leg(fields["child"])
    form = common(leg, "DialAction", status_of(leg), view)
    form.update(hook.extra["headers"])
    form.update(
        DialStatus="timeout" if outcome == "failed" and _is_late(cause) else _STATUSES.get(outcome, "failed"),
        DialRingStatus="true" if fields["rang"] else "false",
        DialHangupCause=_cause(outcome, cause, child),
        DialALegUUID=leg.name,
        DialBLegUUID=child.name if child is not None and outcome in ("answered", "time-limit") else "",
    )
    return form


def _is_late(cause: Cause | None) -> bool:
    return cause is not None and cause.kind == "carrier-timeout"


def _cause(outcome: str, cause: Cause | None, child: LegSnapshot | None) -> str:
    """That of the leg it was about; who was transferred away talks on, which is no fault."""
    if outcome == "cancelled":
        return "ORIGINATOR_CANCEL"
    return outcome_of(child).cause if child is not None and cause is not None else "NORMAL_CLEARING"


def event_form(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    """VOBIZ-92: what `callbackUrl` is told of one B leg."""
    event, action = _EVENTS[fields["event"]]
    form = common(leg, event, status_of(leg), view)
    form.update(hook.extra["headers"])
    form.update(DialAction=action, DialALegUUID=leg.name)
    child = view.leg(fields["child"])
    assert child is not None  # no leg is forgotten before its call is over
    form.update(child.memo.get("dial_headers", ()))
    form.update(DialBLegUUID=child.name, DialBLegFrom=without_plus(child.from_), DialBLegTo=without_plus(child.to))
    if action == "digits":
        pressed_by = "aleg" if fields["by"] == "parent" else "bleg"
        form.update(DialDigitsMatch=fields["digits"], DialDigitsPressedBy=pressed_by)
        return form
    form.update(DialBLegStatus=action, DialBLegPosition=str(fields["position"]))
    if action == "hangup":
        outcome, seconds = outcome_of(child), talked(child)
        form.update(
            DialBLegDuration=str(seconds), DialBLegBillDuration=str(billed(seconds)),
            DialBLegHangupCause=outcome.cause, DialBLegHangupCauseName=outcome.name,
            DialBLegHangupCauseCode=str(outcome.code), DialBLegHangupSource=outcome.source,
        )  # fmt: skip
    return form


def sound_form(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    """VOBIZ-85: `dialMusic` is for the A leg, `confirmSound` for one B leg."""
    form = common(leg, "DialRemoteSounds", status_of(leg), view)
    form["DialAction"] = _SOUNDS[hook.purpose]
    form["DialALegUUID"] = name_of(leg.parent, view) if leg.parent is not None else leg.name
    form["DialBLegUUID"] = leg.name if leg.parent is not None else ""
    return form
