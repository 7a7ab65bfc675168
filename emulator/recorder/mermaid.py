"""The same story as a Mermaid `sequenceDiagram`, for Markdown that draws it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from emulator.recorder.drawing import clean
from emulator.recorder.journal import Entry
from emulator.recorder.story import Lane, Step, Story, steps_of

__all__ = ["mermaid"]

_PLAIN: Final = frozenset(" .,:+-_/()[]=&@!?'*…“”·→✗✂")


def mermaid(entries: Iterable[Entry]) -> str:
    """One participant for each party that has something to do, and one for each leg's far end."""
    story = steps_of(entries)
    lines = ["sequenceDiagram", *(f"    participant {name}" for name in _participants(story))]
    start = story.steps[0].at if story.steps else None
    for step in story.steps:
        assert start is not None
        lines.append(f"    {_line(step)} ({(step.at - start).total_seconds():g} s)")
    return "\n".join(lines) + "\n"


def _participants(story: Story) -> list[str]:
    used = {lane for step in story.steps for lane in (step.source, step.target)}
    out = ["C as client"] if Lane.CLIENT in used else []
    vendors = dict.fromkeys(leg.vendor for leg in story.legs.values())
    out.append(f"P as {_escaped(', '.join(vendors) or 'provider')}")
    for leg in story.legs.values():
        number = leg.to if leg.direction == "outbound" else leg.from_
        out.append(f"{_far(leg.id)} as {_escaped(f'far end {number}')}")
    return [*out, "A as application"] if Lane.APPLICATION in used else out


def _line(step: Step) -> str:
    text = " ".join(filter(None, (step.label, step.word and f"· {step.word}", step.text)))
    text = _escaped(f"{text}{f' → {step.status}' if step.status else ''}")
    if step.target is None:
        return f"Note over {_name(step, step.source)}: {text}"
    arrow = "-x" if step.tone == "bad" else "-->>" if step.source == Lane.APPLICATION else "->>"
    return f"{_name(step, step.source)}{arrow}{_name(step, step.target)}: {text}"


def _name(step: Step, lane: Lane) -> str:
    return _far(step.leg) if lane == Lane.FAR_END else "CPFA"[lane]


def _far(leg: str) -> str:
    return "F" + "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in leg)


def _escaped(text: str) -> str:
    """No letter that Mermaid reads as its own."""
    return "".join(
        letter if letter.isalnum() or letter in _PLAIN or ord(letter) > 0x2FF else f"#{ord(letter)};"
        for letter in clean(text)
    )
