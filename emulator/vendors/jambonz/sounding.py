"""say and play. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from emulator.engine.program import Fetch, Play, Say, Verb
from emulator.engine.speech import Nominal
from emulator.errors import NotEmulated
from emulator.vendors.jambonz.reading import Reading, refuse, times

__all__ = ["read_play", "read_say"]

MOST_ROUNDS: Final = 1000


def read_say(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-103: an array's texts are spoken in order, all of them in each round."""
    if body.get("stream"):
        raise NotEmulated("say stream", f"{where}.stream")
    texts = body["text"] if isinstance(body["text"], list) else [body["text"]]
    speech = reading.speech("synthesizer", body)
    voice, early = speech.get("voice"), bool(body.get("earlyMedia"))
    said = tuple(
        Say(str(text), voice=voice if isinstance(voice, str) else "", language=str(speech.get("language") or ""),
            early=early, where=where)
        for text in texts
    )  # fmt: skip
    return _looped(said, times(body.get("loop")))


def read_play(body: Mapping[str, Any], reading: Reading, where: str) -> tuple[Verb, ...]:
    """JAMBONZ-104: one hook after all rounds."""
    refuse("play", body, ("seekOffset", "timeoutSecs"), where)
    urls = body["url"] if isinstance(body["url"], list) else [body["url"]]
    loop = times(body.get("loop"))
    played = _looped(tuple(Play(str(url), early=bool(body.get("earlyMedia")), where=where) for url in urls), loop)
    length = Nominal().play.total_seconds() * len(urls) * loop
    hook = reading.scope.hook(
        body.get("actionHook"), "play", f"{where}.actionHook", on_failure="next",
        extra={"seconds": length, "verb_id": body.get("id")},
    )  # fmt: skip
    return (*played, Fetch(hook, where)) if hook is not None else played


def _looped(verbs: tuple[Say | Play, ...], loop: int) -> tuple[Verb, ...]:
    """Every verb `loop` times, in turns."""
    if len(verbs) == 1:
        return (replace(verbs[0], loop=loop),)
    if loop == 0 and verbs:
        raise NotEmulated("loop forever over an array", verbs[0].where)
    return tuple(verbs) * min(loop, MOST_ROUNDS)
