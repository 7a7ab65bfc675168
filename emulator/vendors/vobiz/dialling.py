"""`Dial` with its `Number` and `User`, attribute by attribute. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from emulator.engine.causes import CONFIRM_FAILED
from emulator.engine.program import Dial, Fetch, Gather, Hook, Program, SendDigits, Target, Verb
from emulator.vendor_wire.urls import is_http_url
from emulator.vendors.vobiz.actions import read_action
from emulator.vendors.vobiz.documents import Element
from emulator.vendors.vobiz.wire import e164, read_keys, read_sip_headers

__all__ = ["SOUNDS", "read_dial", "read_patterns", "read_seconds", "read_url"]

SOUNDS: Final = ("dial-music", "dial-confirm", "conference-wait")
"""The callbacks whose answer is heard by one party, and is made of Speak, Play and Wait alone."""

MOST_NAME: Final = 50
MOST_SECONDS: Final = 86_400
_KEYS: Final = frozenset("0123456789*#")


def read_dial(element: Element) -> Verb:
    """The verb, or the hangup that an `action` nobody can ask causes (VOBIZ-48). VOBIZ-81 names the defaults."""
    headers = _headers(element)
    hook, wrong = read_action(element, "dial", is_optional=True, extra={"headers": headers})
    made = Dial(
        _targets(element, headers),
        ring_timeout=read_seconds(element, "timeout", 120),
        time_limit=read_seconds(element, "timeLimit", 14_400),
        hook=hook,
        events=_events(element, headers),
        end_on_star=element.boolean("hangupOnStar", False),
        where=element.where,
        digits_match=read_patterns(element, "digitsMatch"),
        digits_match_child=read_patterns(element, "digitsMatchBLeg"),
        confirm=_confirm(element),
        music=_music(element),
    )
    return made if wrong is None else wrong


def read_seconds(element: Element, name: str, default: int) -> timedelta:
    return timedelta(seconds=min(element.integer(name, default, least=1), MOST_SECONDS))


def read_url(element: Element, name: str) -> str:
    """VOBIZ-83: a URL of these that cannot be asked makes the document bad."""
    got = element.attribute(name)
    if got and not is_http_url(got):
        raise element.wrong(f"{name} must be an http or https URL, got {got!r}")
    return got


def _headers(element: Element) -> dict[str, str]:
    """VOBIZ-90: `k=v,...` comes back as `X-VH-k`."""
    got = element.attribute("sipHeaders")
    found = read_sip_headers(got, "X-VH-")
    if found is None:
        raise element.wrong(f"sipHeaders must be key=value pairs of letters and digits, got {got!r}")
    return found


def _events(element: Element, headers: dict[str, str]) -> Hook | None:
    url = read_url(element, "callbackUrl")
    method = (element.attribute("callbackMethod") or "POST").upper()
    if method not in ("GET", "POST"):
        raise element.wrong(f"callbackMethod must be GET or POST, got {method!r}")
    return Hook(url, method, "dial-event", awaited=False, extra={"headers": headers}) if url else None


def read_patterns(element: Element, name: str) -> tuple[str, ...]:
    """VOBIZ-84: a comma list of keys."""
    got = element.attribute(name)
    patterns = tuple(part.strip() for part in got.split(",")) if got else ()
    if not all(part and set(part) <= _KEYS for part in patterns):
        raise element.wrong(f"{name} must be keys of 0-9, * and #, joined with commas, got {got!r}")
    return patterns


# --- what the parties hear ---------------------------------------------------------------------------------------


def _sound(element: Element, name: str, purpose: str, *, repeats: bool = False) -> tuple[Verb, ...]:
    """VOBIZ-85: asked by POST; a failure is passed over in silence."""
    url = read_url(element, name)
    hook = Hook(url, "POST", purpose, on_failure="next")
    return (Fetch(hook, element.where, nested=True, repeats=repeats),) if url else ()


def _music(element: Element) -> Program | None:
    """VOBIZ-86: `real` is the ringing of the other side, of which an emulator hears nothing."""
    if element.attribute("dialMusic").lower() in ("", "real"):
        return None
    return Program(_sound(element, "dialMusic", "dial-music", repeats=True))


def _confirm(element: Element) -> Program | None:
    """VOBIZ-87: with a key, whoever answered must press it in time; a sound alone is heard before the bridge."""
    sound = _sound(element, "confirmSound", "dial-confirm")
    limit = read_seconds(element, "confirmTimeout", 120)
    key = element.attribute("confirmKey")
    if key and key not in _KEYS:
        raise element.wrong(f"confirmKey must be one of 0-9, * and #, got {key!r}")
    if not key:
        return Program(sound) if sound else None
    gate = Gather(
        prompts=sound, max_digits=1, finish_on="", valid=key, first_timeout=None, overall_timeout=limit,
        end_when_empty=CONFIRM_FAILED, where=element.where,
    )  # fmt: skip
    return Program((gate,))


# --- who is dialled ----------------------------------------------------------------------------------------------


def _targets(element: Element, headers: dict[str, str]) -> tuple[Target, ...]:
    """VOBIZ-81: a bare number, or Number and User elements in any order, which all ring at once."""
    memo: dict[str, Any] = {"dial_headers": headers} if headers else {}
    name = element.attribute("callerName")
    if len(name) > MOST_NAME:
        raise element.wrong(f"callerName must have at most {MOST_NAME} characters")
    if name:
        memo["caller_name"] = name
    caller = e164(element.attribute("callerId"))
    bare = "".join((element.text, *(child.tail for child in element.children))).strip()
    if bare and element.children:
        raise element.wrong("takes a bare number or elements, not both")
    if not bare and not element.children:
        raise element.wrong("nobody to dial: a Number or User is required")
    if bare:
        return (Target(e164(bare), caller, memo),)
    return tuple(_target(child, element, caller, memo) for child in element.children)


def _target(child: Element, dial: Element, caller: str, memo: dict[str, Any]) -> Target:
    if child.tag not in ("Number", "User"):
        raise child.wrong(f"may not stand inside <{dial.tag}>")
    to = child.words()
    if not to:
        raise child.wrong("a number or address is required")
    if child.tag == "User" and not to.lower().startswith(("sip:", "sips:")):
        raise child.wrong(f"must be a SIP URI, got {to!r}")
    own = _headers(child) if child.tag == "User" else {}
    if own:
        memo = {**memo, "dial_headers": {**memo.get("dial_headers", {}), **own}}
    return Target(e164(to), caller, memo, _send_digits(child))


def _send_digits(child: Element) -> SendDigits | None:
    early = child.boolean("sendOnPreanswer", False)
    got = child.attribute("sendDigits")
    found = read_keys(got, early) if got else None
    if got and found is None:
        raise child.wrong(f"sendDigits must be made of 0-9, *, #, w and W, got {got!r}")
    return found
