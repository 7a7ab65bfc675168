"""What was recorded of a leg, and what sounded while it was: facts, from which audio can be made at any time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from emulator.engine.values import field, value

__all__ = ["Format", "Kind", "Recording", "Sound"]

Format = Literal["mp3", "wav"]
Kind = Literal["say", "play", "beep", "digits", "speech", "key"]


@value
class Sound:
    """Something that sounded `at` seconds from the start of a recording, for `seconds`, as far as it is on it.

    `track`: `in` is what the leg's far end says and presses, `out` what it hears. `kind`: text spoken (`say`), a file
    (`play`, its URL), a `beep`, keys sent to the far end (`digits`), what a person says (`speech`) and presses (`key`).
    """

    at: float
    seconds: float
    track: Literal["in", "out"]
    kind: Kind
    text: str = ""


@value
class Recording:
    """One recording. `id` is the leg's and its number there (`c1.0-r1`), `name` the vendor's own id for it.

    `activity`: what it is called on its leg; "" for that of a `Record`. `channels` 2: the far end left, what it hears
    right. While it runs `ended_at` is None, `seconds` 0, and there are no `sounds`. `seconds` has no pauses in it.
    `ended_by`: `max` (its length), `silence`, `key`, `hangup` (the leg ended), `stop`, `redirect` (its verb was left),
    `unbridge`. `extra` is the verb's, opaque.
    """

    id: str
    name: str
    leg: str
    call: str
    vendor: str
    activity: str
    format: Format
    channels: int
    started_at: datetime
    ended_at: datetime | None = None
    seconds: float = 0.0
    ended_by: str = ""
    key: str = ""
    is_paused: bool = False
    extra: Any = field(default=None, hash=False)
    sounds: tuple[Sound, ...] = ()
