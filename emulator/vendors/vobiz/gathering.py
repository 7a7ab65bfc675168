"""`Gather` and its aliases `GetInput` and `GetDigits`, attribute by attribute. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final

from emulator.engine.program import Beep, Gather, Hook, Verb
from emulator.errors import NotEmulated
from emulator.vendor_wire.urls import is_http_url
from emulator.vendors.vobiz.actions import read_action
from emulator.vendors.vobiz.documents import Element

__all__ = ["INVALID_SOUND", "read_gather"]

INVALID_SOUND: Final = "invalidDigitsSound"
"""Not emulated: an invalid key is ignored, and nobody hears of it."""

_KEYS: Final = frozenset("0123456789*#")
_MODELS: Final = ("default", "command_and_search", "phone_call", "telephony")
_AUTO_DIGITS: Final = 2
_AUTO_SPEECH: Final = 1


def read_gather(element: Element, prompts: tuple[Verb, ...], posts_on_timeout: bool) -> Verb:
    """The verb, or the hangup that an `action` nobody can ask causes (VOBIZ-48)."""
    is_digits = element.tag == "GetDigits"
    hook, wrong = read_action(element, "gather", is_optional=is_digits)
    if wrong is not None:
        return wrong
    made = _get_digits(element, hook) if is_digits else _gather(element, hook)
    if is_digits and element.boolean("playBeep", False):
        prompts = (*prompts, Beep(where=element.where))
    return replace(made, prompts=prompts, where=element.where, ask_when_empty=posts_on_timeout)


def _gather(element: Element, hook: Hook | None) -> Gather:
    """VOBIZ-49: defaults and limits; a number out of its limits is taken at the nearer one."""
    kinds = (element.attribute("inputType") or "dtmf").split()
    if not set(kinds) <= {"dtmf", "speech"}:
        raise element.wrong(f"inputType must be dtmf, speech or both, got {element.attribute('inputType')!r}")
    element.choice("speechModel", "default", _MODELS)
    element.boolean("profanityFilter", False)
    element.boolean("log", True)
    return Gather(
        hook,
        digits="dtmf" in kinds,
        speech="speech" in kinds,
        max_digits=_within(element.integer("numDigits", 32), 1, 32),
        finish_on=_finish_on(element),
        first_timeout=timedelta(seconds=_within(element.integer("executionTimeout", 15), 5, 60)),
        digit_timeout=_auto(element, "digitEndTimeout", _AUTO_DIGITS),
        speech_timeout=_auto(element, "speechEndTimeout", _AUTO_SPEECH),
        partial=_interim(element),
    )


def _interim(element: Element) -> Hook | None:
    """VOBIZ-109: one that cannot be asked makes the document bad."""
    url = element.attribute("interimSpeechResultsCallback")
    method = (element.attribute("interimSpeechResultsCallbackMethod") or "POST").upper()
    if url and not is_http_url(url):
        raise element.wrong(f"interimSpeechResultsCallback must be an http or https URL, got {url!r}")
    if method not in ("GET", "POST"):
        raise element.wrong(f"interimSpeechResultsCallbackMethod must be GET or POST, got {method!r}")
    return Hook(url, method, "gather-partial", awaited=False) if url else None


def _get_digits(element: Element, hook: Hook | None) -> Gather:
    """VOBIZ-53: the older verb's names and defaults, without the limits of Gather."""
    if element.attribute(INVALID_SOUND):
        raise NotEmulated(f"GetDigits {INVALID_SOUND}", f"at {element.where}")
    valid = element.attribute("validDigits")
    if not set(valid) <= _KEYS:
        raise element.wrong(f"validDigits must be made of 0-9, * and #, got {valid!r}")
    return Gather(
        hook,
        max_digits=element.integer("numDigits", 99, least=1),
        finish_on=_finish_on(element),
        valid=valid,
        first_timeout=timedelta(seconds=element.integer("timeout", 5, least=1)),
        digit_timeout=timedelta(seconds=element.integer("digitTimeout", 2, least=1)),
        attempts=element.integer("retries", 1, least=1),
    )


def _within(count: int, least: int, most: int) -> int:
    return min(max(count, least), most)


def _auto(element: Element, name: str, auto: int) -> timedelta:
    if element.attribute(name) in ("", "auto"):
        return timedelta(seconds=auto)
    return timedelta(seconds=_within(element.integer(name, auto), 2, 10))


def _finish_on(element: Element) -> str:
    got = element.attributes.get("finishOnKey", "#").strip()
    if got.lower() in ("", "none"):
        return ""
    if not set(got) <= _KEYS:
        raise element.wrong(f"finishOnKey must be one of 0-9, *, #, empty or none, got {got!r}")
    return got
