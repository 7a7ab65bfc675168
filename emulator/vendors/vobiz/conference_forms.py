"""The forms of what a Conference tells and asks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from emulator.engine.events import LegSnapshot
from emulator.engine.program import Hook
from emulator.vendor_api import CallView
from emulator.vendors.vobiz.forms import Fields, common
from emulator.vendors.vobiz.wire import status_of

__all__ = ["conference_form", "conference_uuid", "room_form", "wait_form"]

_EVENTS: Final = {
    "enter": ("ConferenceEnter", "enter"), "leave": ("ConferenceExit", "exit"),
    "digits": ("ConferenceDigitsMatch", "digits"),
}  # fmt: skip


def conference_uuid(room: str, view: CallView) -> str:
    """Vobiz's id of a room, which is another when the name is used again."""
    return view.ids.uuid("vobiz conference", room) if room else ""


def _identity(view: CallView, fields: Mapping[str, Any]) -> Fields:
    return {
        "ConferenceUUID": conference_uuid(fields["room"], view),
        "ConferenceName": fields["name"],
        "ConferenceMemberID": fields["member"],
    }


def room_form(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    """VOBIZ-125: what `callbackUrl` is told of one member. An exit has no From, To, Direction and CallStatus."""
    event, action = _EVENTS[fields["event"]]
    identity = {"Event": event, "ConferenceAction": action, **_identity(view, fields)}
    if action == "exit":
        return {**identity, "ConferenceLastMember": _boolean(fields["is_last"]), "CallUUID": leg.name}
    form = {**common(leg, event, status_of(leg), view), **identity}
    if action == "enter":
        form["ConferenceFirstMember"] = _boolean(fields["is_first"])
    else:
        form["ConferenceDigitsMatch"] = fields["digits"]
    return form


def wait_form(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    """VOBIZ-122: it says the name of the room, and not yet which one it is."""
    form = common(leg, "ConferenceRemoteSounds", status_of(leg), view)
    form.update(
        ConferenceAction="waitSound", ConferenceName=hook.extra["name"], ConferenceUUID="", ConferenceMemberID=""
    )  # fmt: skip
    return form


def conference_form(leg: LegSnapshot, view: CallView, hook: Hook, fields: Mapping[str, Any]) -> Fields:
    """VOBIZ-126: the `action`, when the stay is over."""
    event = "Redirect" if hook.awaited else "ConferenceExit"
    return {**common(leg, event, status_of(leg), view), **_identity(view, fields)}


def _boolean(is_it: bool) -> str:
    return "true" if is_it else "false"
