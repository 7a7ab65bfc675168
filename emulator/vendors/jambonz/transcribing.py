"""transcribe: what a far end says, told to the application as it is heard. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.engine.program import Gather, Tag, Verb
from emulator.vendors.jambonz.reading import Reading

__all__ = ["read_transcribe", "speech_of", "transcription"]


def read_transcribe(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-117: it listens until something else takes its place, so no verb behind it ever runs."""
    listener = transcription(body, reading, where)
    wait = Gather(
        digits=False, speech=False, first_timeout=None, early=bool(body.get("earlyMedia")), where=where
    )  # fmt: skip
    return (Tag({"transcribe": listener}, where), wait)


def transcription(body: Mapping[str, Any], reading: Reading, where: str) -> dict[str, Any] | None:
    """What a leg's memo keeps of it: who is told, in which language. None: nobody."""
    hook = reading.scope.hook(
        body.get("transcriptionHook"), "transcription", f"{where}.transcriptionHook", awaited=False
    )
    if hook is None or body.get("enable") is False:
        return None
    speech = reading.speech("recognizer", body)
    return {
        "url": hook.url, "method": hook.method,
        "extra": {**hook.extra, "language": speech.get("language"), "vendor": speech.get("vendor")},
    }  # fmt: skip


def speech_of(text: str, extra: Mapping[str, Any], *, is_final: bool = True) -> dict[str, Any]:
    """JAMBONZ-96: an utterance as a recognizer reports it."""
    return {
        "language_code": extra["language"],
        "channel_tag": 1,
        "is_final": is_final,
        "alternatives": [{"transcript": text, "confidence": 0.95}],
        "vendor": {"name": extra["vendor"], "evt": {}},
    }
