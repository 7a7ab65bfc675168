"""What the far ends of a call heard, said and pressed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from emulator.engine import events
from emulator.recorder.journal import Entry
from emulator.recorder.scalars import instant_text

__all__ = ["transcript"]

_PAUSE: Final = timedelta(seconds=1)


def transcript(entries: Iterable[Entry]) -> list[dict[str, str]]:
    """`{at, leg, kind, text}` in the order it began, `at` in ISO 8601.

    Heard by the far end, as far as it was: `say`, `play` (the URL), `beep` (no text), `digits`; `heard`, what another
    far end said on its bridge, in its room, or to it as a supervisor. By the far end:
    `greeting`, `spoken`, `pressed` (keys less than a second apart are one row). `recorded`: a recording that is
    over, by its id, seconds and why it ended, when it began. What is being said at the moment is not there yet.
    """
    rows: list[_Row] = []
    for entry in entries:
        for began, leg, kind, text in _told(entry.data) if entry.kind == "event" else ():
            last = rows[-1] if rows else None
            if last is not None and kind == "pressed" and last.is_followed_by(leg, began):
                last.text += text
                last.until = began
            else:
                rows.append(_Row(began, leg, kind, text))
    rows.sort(key=_began)
    return [{"at": instant_text(row.at), "leg": row.leg, "kind": row.kind, "text": row.text} for row in rows]


class _Row:
    __slots__ = ("at", "kind", "leg", "text", "until")

    def __init__(self, at: datetime, leg: str, kind: str, text: str) -> None:
        self.at, self.until, self.leg, self.kind, self.text = at, at, leg, kind, text

    def is_followed_by(self, leg: str, at: datetime) -> bool:
        """Whether a key pressed now belongs to this row."""
        return self.kind == "pressed" and self.leg == leg and at - self.until < _PAUSE


def _began(row: _Row) -> datetime:
    return row.at


def _told(event: Any) -> list[tuple[datetime, str, str, str]]:
    """When it began, whose leg, its kind and text; nothing for what is neither heard nor said."""
    if isinstance(event, events.Heard):
        text = "" if event.kind == "beep" else event.text
        return [(event.at - timedelta(seconds=event.seconds), event.leg.id, event.kind, text)]
    if isinstance(event, events.DigitsSent):
        return [(event.at, event.leg.id, "digits", event.digits)]
    if isinstance(event, events.FarEndSpoke):
        spoken = (event.at, event.leg.id, "greeting" if event.is_greeting else "spoken", event.text)
        return [spoken, *((event.at, leg, "heard", event.text) for leg in event.heard_by)]
    if isinstance(event, events.DigitPressed):
        return [(event.at, event.leg.id, "pressed", event.digit)]
    if isinstance(event, events.RecordingEnded):
        made = event.recording
        return [(made.started_at, event.leg.id, "recorded", f"{made.id}: {made.seconds:g} s ({made.ended_by})")]
    return []
