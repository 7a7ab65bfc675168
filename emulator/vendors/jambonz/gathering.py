"""gather. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Literal

from emulator.engine.program import Gather, Verb
from emulator.vendors.jambonz.reading import Reading, refuse, seconds
from emulator.vendors.jambonz.sounding import read_play, read_say

__all__ = ["IGNORED", "read_gather"]

MOST_DIGITS: Final = 1000
TIMEOUT: Final = 15
_LATER: Final = ("actionHookDelayAction",)

IGNORED: Final = {
    "fillerNoise": "nobody hears the noise under a wait",
    "bargein": "speech in the prompts counts unless `listenDuringPrompt` is off",
    "minBargeinWordCount": "an utterance arrives whole",
}
"""Attributes that change nothing here, and why."""


def read_gather(body: Mapping[str, Any], reading: Reading, where: str, *, awaited: bool = True) -> tuple[Verb, ...]:
    """JAMBONZ-105: one timer over all, which no key restarts; `numDigits` are both the least and the most.

    `awaited`: the call waits for the answer of its hook.
    """
    refuse("gather", body, _LATER, where)
    exact = max(0, int(body.get("numDigits") or 0))
    least = exact or int(body.get("minDigits") or 1)
    timeout = body.get("timeout", TIMEOUT)
    pause = body.get("interDigitTimeout") if body.get("minDigits") else None
    speech = reading.speech("recognizer", body)
    prompts: tuple[Verb, ...] = ()
    if "say" in body:
        prompts += read_say(_prompt(body["say"], body), reading, f"{where}.say")
    if "play" in body:
        prompts += read_play(_prompt(body["play"], body), reading, f"{where}.play")
    kinds = body.get("input", ["digits"])
    hook = reading.scope.hook(
        body.get("actionHook"), "gather", f"{where}.actionHook", on_failure="next", awaited=awaited,
        extra={"verb_id": body.get("id"), "language": speech.get("language"), "vendor": speech.get("vendor")},
    )  # fmt: skip
    partial = reading.scope.hook(
        body.get("partialResultHook"), "partial", f"{where}.partialResultHook", awaited=False,
        extra={"language": speech.get("language"), "vendor": speech.get("vendor")},
    )  # fmt: skip
    return (
        Gather(
            hook, prompts, "digits" in kinds, "speech" in kinds,
            max_digits=exact or max(1, int(body.get("maxDigits") or MOST_DIGITS)),
            finish_on=body.get("finishOnKey", ""),
            first_timeout=None, digit_timeout=seconds(pause) if pause else None,
            speech_timeout=seconds(body["speechTimeout"]) if body.get("speechTimeout") else timedelta(),
            barge_in=_barge_in(body), ask_when_empty=True, early=bool(body.get("earlyMedia")), where=where,
            min_digits=least, overall_timeout=seconds(timeout) if timeout else None, partial=partial,
        ),
    )  # fmt: skip


def _prompt(prompt: Mapping[str, Any], body: Mapping[str, Any]) -> Mapping[str, Any]:
    """A prompt takes the gather's early media, and has no hook of its own."""
    bare = {key: inner for key, inner in prompt.items() if key != "actionHook"}
    return {"earlyMedia": True, **bare} if body.get("earlyMedia") else bare


def _barge_in(body: Mapping[str, Any]) -> bool | Literal["digits", "speech"]:
    """What counts while the prompts sound."""
    digits, speech = body.get("dtmfBargein") is not False, body.get("listenDuringPrompt") is not False
    if digits and speech:
        return True
    return "digits" if digits else "speech" if speech else False
