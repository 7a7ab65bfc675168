"""A Vobiz XML document, read into a program. Pure.

Everything is read before anything runs, so a document with a mistake anywhere does nothing at all (VOBIZ-45). Each verb
and each error names `line:column` of its start tag.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from emulator.engine.causes import BUSY, REJECTED
from emulator.engine.program import Conference, Fetch, HangUp, Hook, Pause, Play, Program, Say, Verb
from emulator.errors import NotEmulated
from emulator.vendor_api import CallView
from emulator.vendor_wire.flaws import flawed
from emulator.vendor_wire.urls import is_http_url
from emulator.vendors.vobiz.actions import WHOLE_URL, then
from emulator.vendors.vobiz.conferencing import read_conference
from emulator.vendors.vobiz.dialling import SOUNDS, read_dial
from emulator.vendors.vobiz.documents import Element, read_document
from emulator.vendors.vobiz.gathering import read_gather
from emulator.vendors.vobiz.outcomes import INVALID_REDIRECT_METHOD, INVALID_REDIRECT_URL
from emulator.vendors.vobiz.recording import read_record
from emulator.vendors.vobiz.streams import read_stream
from emulator.vendors.vobiz.wire import read_keys
from emulator.webhooks.values import Reply, Request

__all__ = ["NOT_EMULATED", "parse"]

NOT_EMULATED: Final = ("Stream",)

# VOBIZ-55: SSML inside Speak
_SSML: Final = frozenset(
    ("break", "cont", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w"),
)


def parse(reply: Reply, request: Request, view: CallView) -> Program:
    """The document's verbs; what follows the last is the end of the call (VOBIZ-47). Raises `InvalidDocument`,
    `NotEmulated`; for one with an address that nobody can ask `FlawedDocument` (VOBIZ-48, VOBIZ-161)."""
    document = read_document(reply)
    if request.callback in SOUNDS:
        program = _sounds(document.children, early=request.callback == "dial-music")
    else:
        program = _program(document.children, view)
    if document.flaws:
        raise flawed(document.flaws, program)
    return program


def _program(elements: list[Element], view: CallView) -> Program:
    verbs: list[Verb] = []
    for element in elements:
        verbs += _read(element, view.settings)
    last = verbs[-1] if verbs else None
    if isinstance(last, HangUp) and last.after is not None:
        verbs[-1] = replace(last, after=None)  # VOBIZ-59: nothing to wait for
    if isinstance(last, Conference):  # VOBIZ-127: who is thrown out at the end of its document was hung up on
        return Program(tuple(verbs), exhausted_cause="inherit")
    return Program(tuple(verbs))


def _sounds(elements: list[Element], early: bool) -> Program:
    """VOBIZ-85: what one party of a Dial or a Conference hears: Speak, Play and Wait alone."""
    verbs: list[Verb] = []
    for element in elements:
        reader = _PROMPTS.get(element.tag)
        if reader is None:
            raise element.wrong("only Speak, Play and Wait may stand here")
        verbs += reader(element, None, early)
    return Program(tuple(verbs))


def _read(element: Element, settings: Any) -> tuple[Verb, ...]:
    if element.tag == "Stream":
        read_stream(element)
    if element.tag in NOT_EMULATED:
        raise NotEmulated(element.tag, f"<{element.tag}> at {element.where}")
    reader = _READERS.get(element.tag)
    if reader is None:
        raise element.wrong("no such element")  # VOBIZ-46
    return reader(element, settings)


def _speak(element: Element, settings: Any, early: bool = False) -> tuple[Verb, ...]:
    """VOBIZ-55: white space counts as single blanks."""
    text = " ".join(_spoken(element).split())
    voice, language = element.attribute("voice") or "WOMAN", element.attribute("language") or "en-US"
    return (Say(text, element.integer("loop", 1), voice, language, early, element.where),)


def _spoken(element: Element) -> str:
    """The words of a Speak, those inside its SSML included."""
    parts = [element.text]
    for child in element.children:
        if child.tag not in _SSML:
            raise child.wrong("may not stand inside <Speak>")
        inner = _spoken(child)
        parts += (child.attribute("alias") or inner if child.tag == "sub" else inner, child.tail)
    return "".join(parts)


def _play(element: Element, settings: Any, early: bool = False) -> tuple[Verb, ...]:
    """VOBIZ-56, VOBIZ-161."""
    url = element.words()
    if not url:
        raise element.wrong("the URL of a file is required")
    if not is_http_url(url):
        element.flaw(f"{WHOLE_URL}.mp3, got {url!r}; it is heard here as any file is, and cannot be fetched at Vobiz")
    return (Play(url, element.integer("loop", 1), early, element.where),)


def _wait(element: Element, settings: Any, early: bool = False) -> tuple[Verb, ...]:
    """VOBIZ-57: a pause that answers nothing. VOBIZ-160: what ends it early."""
    element.words()
    length = element.integer("length", 1, least=1)
    silence, beep = element.boolean("silence", False), element.boolean("beep", False)
    least = element.integer("minSilence", 2000, least=1) if silence else 0
    if silence and length * 1000 <= least:
        raise element.wrong("length, in ms, must exceed minSilence")
    quiet = timedelta(milliseconds=least) if silence else None
    return (Pause(timedelta(seconds=length), False, element.where, quiet, beep and not silence),)


def _prompts(element: Element, settings: Any, early: bool = False) -> tuple[Verb, ...]:
    """The Speak, Play and Wait inside an element; nothing else may stand there."""
    verbs: list[Verb] = []
    for child in element.children:
        reader = _PROMPTS.get(child.tag)
        if reader is None:
            raise child.wrong(f"may not stand inside <{element.tag}>")
        verbs += reader(child, settings, early)
    return tuple(verbs)


def _pre_answer(element: Element, settings: Any) -> tuple[Verb, ...]:
    """VOBIZ-60: early media, before an inbound call is answered."""
    return _prompts(element, settings, early=True)


def _gather(element: Element, settings: Any) -> tuple[Verb, ...]:
    return (read_gather(element, _prompts(element, settings), settings.gather_posts_on_timeout),)


def _dial(element: Element, settings: Any) -> tuple[Verb, ...]:
    return (read_dial(element),)


def _conference(element: Element, settings: Any) -> tuple[Verb, ...]:
    return (read_conference(element, settings),)


def _record(element: Element, settings: Any) -> tuple[Verb, ...]:
    return (read_record(element),)


def _dtmf(element: Element, settings: Any) -> tuple[Verb, ...]:
    """VOBIZ-108: unless `async` is false the next element runs after the first digit."""
    digits = element.words()
    found = read_keys(digits)
    if found is None or "@" in digits:
        raise element.wrong(f"must be made of 0-9, *, #, w and W, got {digits!r}")
    return (replace(found, beside=element.boolean("async", True), where=element.where),)


def _redirect(element: Element, settings: Any) -> tuple[Verb, ...]:
    """VOBIZ-58; a URL or method that cannot be asked ends the call when it is reached (VOBIZ-48)."""
    url, method = element.words(), (element.attribute("method") or "POST").upper()
    if not is_http_url(url):
        element.flaw(f"{WHOLE_URL}, got {url!r}; {then(7024)}")
        return (HangUp(INVALID_REDIRECT_URL, where=element.where),)
    if method not in ("GET", "POST"):
        element.flaw(f"method: expected GET or POST, got {method!r}; {then(7034)}")
        return (HangUp(INVALID_REDIRECT_METHOD, where=element.where),)
    return (Fetch(Hook(url, method, "redirect"), element.where),)


def _hang_up(element: Element, settings: Any) -> tuple[Verb, ...]:
    """VOBIZ-59: before the answer of an inbound call it refuses it, with `reason`."""
    element.words()
    reason = element.choice("reason", "rejected", ("rejected", "busy"))
    schedule = element.integer("schedule", 0, least=1) if element.attribute("schedule") else 0
    after = timedelta(seconds=schedule) if schedule else None
    return (HangUp(refuse=BUSY if reason == "busy" else REJECTED, after=after, where=element.where),)


_PROMPTS: Final[dict[str, Callable[[Element, Any, bool], tuple[Verb, ...]]]] = {
    "Speak": _speak,
    "Play": _play,
    "Wait": _wait,
}
_READERS: Final[dict[str, Callable[[Element, Any], tuple[Verb, ...]]]] = {
    "Speak": _speak,
    "Play": _play,
    "Wait": _wait,
    "PreAnswer": _pre_answer,
    "Gather": _gather,
    "GetInput": _gather,
    "GetDigits": _gather,
    "Dial": _dial,
    "Conference": _conference,
    "Record": _record,
    "DTMF": _dtmf,
    "Redirect": _redirect,
    "Hangup": _hang_up,
}
