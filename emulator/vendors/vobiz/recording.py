"""`Record`, attribute by attribute. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final, Literal

from emulator.engine.program import Hook, Record, RecordCall, Verb
from emulator.vendor_wire.urls import is_http_url
from emulator.vendors.vobiz.actions import read_action
from emulator.vendors.vobiz.documents import Element

__all__ = ["done_hook", "read_record"]

_KEYS: Final = frozenset("0123456789*#")
_ALL_KEYS: Final = "1234567890*#"
_CHANNELS: Final = {"mono": 1, "stereo": 2}


def read_record(element: Element) -> Verb:
    """The verb, or the hangup that an `action` nobody can ask causes (VOBIZ-48).

    VOBIZ-95 names the defaults; VOBIZ-97: with `recordSession` or `startOnDialAnswer` it runs beside the document.
    """
    element.words()
    hook, wrong = read_action(element, "record", is_optional=True, redirects=False)
    done = _done(element)
    silence = timedelta(seconds=element.integer("timeout", 60, least=1))
    longest = timedelta(seconds=element.integer("maxLength", 60, least=1))
    finish_on = _finish_on(element)
    beep = element.boolean("playBeep", True)
    format_: Literal["mp3", "wav"] = "wav" if element.choice("fileFormat", "mp3", ("mp3", "wav")) == "wav" else "mp3"
    channels = _CHANNELS[element.choice("recordChannelType", "mono", tuple(_CHANNELS))]
    session, on_dial = element.boolean("recordSession", False), element.boolean("startOnDialAnswer", False)
    if wrong is not None:
        return wrong
    if not (session or on_dial):
        return Record(
            hook, done, None, beep, longest, silence, finish_on, format_, channels, where=element.where
        )  # fmt: skip
    begun = Hook(hook.url, hook.method, "record", awaited=False, extra="begun") if hook is not None else None
    return RecordCall(
        "session" if session else "dial", "answer" if session else "bridge", "end" if session else "unbridge", begun,
        done, max_length=longest if element.attribute("maxLength") else None, format=format_, channels=channels,
        where=element.where,
    )  # fmt: skip


def _finish_on(element: Element) -> str:
    got = element.attributes.get("finishOnKey", _ALL_KEYS).strip()
    if got.lower() in ("", "none"):
        return ""
    if not set(got) <= _KEYS:
        raise element.wrong(f"finishOnKey must be made of 0-9, * and #, or none, got {got!r}")
    return got


def _done(element: Element) -> Hook | None:
    """VOBIZ-98, VOBIZ-99: `callbackUrl` and `transcriptionUrl` are told when it is over."""
    element.choice("transcriptionType", "auto", ("auto", "hybrid"))
    url, method = _where_told(element, "callbackUrl", "callbackMethod")
    transcription = _where_told(element, "transcriptionUrl", "transcriptionMethod")
    return done_hook(url, method, transcription)


def done_hook(url: str, method: str, transcription: tuple[str, str], **more: Any) -> Hook | None:
    """What is told of a recording that is over: a callback, a transcription, either or both. None for neither."""
    if not (url or transcription[0]):
        return None
    return Hook(url, method, "record-event", False, extra={"transcription": list(transcription), **more})


def _where_told(element: Element, url_name: str, method_name: str) -> tuple[str, str]:
    """VOBIZ-96: one of these that cannot be asked makes the document bad."""
    url, method = element.attribute(url_name), (element.attribute(method_name) or "POST").upper()
    if url and not is_http_url(url):
        raise element.wrong(f"{url_name} must be an http or https URL, got {url!r}")
    if method not in ("GET", "POST"):
        raise element.wrong(f"{method_name} must be GET or POST, got {method!r}")
    return url, method
