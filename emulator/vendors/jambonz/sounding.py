"""say and play. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from emulator.engine.program import Fetch, Pause, Play, Say, Verb
from emulator.engine.speech import Nominal
from emulator.errors import NotEmulated
from emulator.vendors.jambonz.reading import Reading, seconds, times
from emulator.vendors.jambonz.spoken import read_ssml

__all__ = ["read_play", "read_say"]

MOST_ROUNDS: Final = 1000
SAMPLES: Final = 8000
"""A second of them."""


def read_say(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-103: an array's texts are spoken in order, all of them in each round; SSML as it sounds (JAMBONZ-112)."""
    if body.get("stream"):
        raise NotEmulated("say stream", f"{where}.stream")
    texts = body["text"] if isinstance(body["text"], list) else [body["text"]]
    speech = reading.speech("synthesizer", body)
    voice, early = speech.get("voice"), bool(body.get("earlyMedia"))
    language = str(speech.get("language") or "")
    said: list[Say | Pause] = []
    for text in texts:
        for piece in read_ssml(str(text)):
            if isinstance(piece, str):
                said.append(Say(piece, 1, voice if isinstance(voice, str) else "", language, early, where))
            else:
                said.append(Pause(piece, media=not early, where=where))
    return _looped(tuple(said), times(body.get("loop")))


def read_play(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-104: one hook after all rounds. JAMBONZ-113: `seekOffset` in samples, `timeoutSecs` for each file."""
    skip, most = _number(body.get("seekOffset")) / SAMPLES, _number(body.get("timeoutSecs"))
    urls = body["url"] if isinstance(body["url"], list) else [body["url"]]
    loop = times(body.get("loop"))
    early, span, limit = bool(body.get("earlyMedia")), seconds(skip), seconds(most) if most else None
    files = tuple(Play(str(url), early=early, where=where, skip=span, most=limit) for url in urls)
    whole = max(Nominal().play.total_seconds() - skip, 0.0)
    length = (min(whole, most) if most else whole) * len(urls) * loop
    hook = reading.scope.hook(
        body.get("actionHook"), "play", f"{where}.actionHook", on_failure="next",
        extra={"seconds": length, "verb_id": body.get("id")},
    )  # fmt: skip
    played = _looped(files, loop)
    return (*played, Fetch(hook, where)) if hook is not None else played


def _number(wire: Any) -> float:
    """Of a number or its text; nothing for what is neither."""
    try:
        return max(0.0, float(wire or 0))
    except (TypeError, ValueError):
        return 0.0


def _looped(verbs: tuple[Any, ...], loop: int) -> tuple[Verb, ...]:
    """Every verb `loop` times, in turns."""
    if len(verbs) == 1 and not isinstance(verbs[0], Pause):
        return (replace(verbs[0], loop=loop),)
    if loop == 0 and verbs:
        raise NotEmulated("loop forever over several texts or files", verbs[0].where)
    return verbs * min(loop, MOST_ROUNDS)
