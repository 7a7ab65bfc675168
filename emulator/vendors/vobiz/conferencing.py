"""`Conference`, attribute by attribute. Pure.

What it is with `action`, `callbackUrl` and `waitSound` is shared with other elements; the rest is its own.
"""

from __future__ import annotations

from typing import Any, Final

from emulator.engine.program import Beep, Conference, Fetch, Hook, Play, Program, Verb
from emulator.vendor_wire.urls import is_http_url
from emulator.vendors.vobiz.actions import read_action
from emulator.vendors.vobiz.dialling import read_patterns, read_seconds, read_url
from emulator.vendors.vobiz.documents import Element

__all__ = ["read_conference"]

MOST_MEMBERS: Final = 20
"""VOBIZ-123: what an account may have in one room, whatever the document says."""


def read_conference(element: Element, settings: Any) -> Verb:
    """The verb, or the hangup that an `action` nobody can ask causes (VOBIZ-48). VOBIZ-120 names the defaults."""
    name = element.words()
    if not name:
        raise element.wrong("the name of a room is required")
    hook, wrong = read_action(element, "conference", is_optional=True, extra={"name": name})
    _check_inert(element)
    beep = Beep(where=element.where) if element.boolean("beep", True) else None
    stays = element.boolean("stayAlone", False)
    made = Conference(
        name,
        muted=element.boolean("muted", False),
        starts=element.boolean("startConferenceOnEnter", True),
        ends=element.boolean("endConferenceOnExit", False),
        stays_alone=stays or not settings.strict_stay_alone,
        waits_alone=True,
        wait=_wait(element, name),
        enter_sound=_sound(element, "enterSound") or beep,
        exit_sound=_sound(element, "exitSound") or beep,
        max_members=MOST_MEMBERS,
        time_limit=read_seconds(element, "timeLimit", 14_400),
        leave_on="*" if element.boolean("hangupOnStar", False) else "",
        digits_match=read_patterns(element, "digitsMatch"),
        relay_digits=element.boolean("relayDTMF", False),
        hook=hook,
        events=_events(element),
        tells=("enter", "leave", "digits"),
        where=element.where,
    )
    return made if wrong is None else wrong


def _check_inert(element: Element) -> None:
    """What is read and does nothing: VOBIZ-123, VOBIZ-128."""
    for name in ("maxParticipants", "maxMembers"):
        element.integer(name, MOST_MEMBERS, least=1)
    element.boolean("record", False)
    element.choice("recordFileFormat", "mp3", ("mp3", "wav"))


def _sound(element: Element, name: str) -> Beep | Play | None:
    """VOBIZ-124: `beep:1`, `beep:2`, or the URL of what all who are in hear."""
    got = element.attribute(name)
    if got in ("beep:1", "beep:2"):
        return Beep(where=element.where)
    if got and not is_http_url(got):
        raise element.wrong(f"{name} must be beep:1, beep:2 or an http or https URL, got {got!r}")
    return Play(got, where=element.where) if got else None


def _wait(element: Element, name: str) -> Program | None:
    """VOBIZ-122: asked once, by POST whatever `waitMethod` says, and played again and again."""
    url = read_url(element, "waitSound")
    if not url:
        return None
    hook = Hook(url, "POST", "conference-wait", on_failure="next", extra={"name": name})
    return Program((Fetch(hook, element.where, nested=True, repeats=True),))


def _events(element: Element) -> Hook | None:
    url = read_url(element, "callbackUrl")
    method = (element.attribute("callbackMethod") or "POST").upper()
    if method not in ("GET", "POST"):
        raise element.wrong(f"callbackMethod must be GET or POST, got {method!r}")
    return Hook(url, method, "conference-event", awaited=False) if url else None
