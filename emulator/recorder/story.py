"""Journal entries told as steps between four parties: what the ladder and the Mermaid diagram draw.

One step is one arrow or one remark. A delivery's attempt and its outcome are one step; keys pressed in a row are one;
a text that was cut is shown as far as it was heard. What only repeats another step (an engine's `Asked` beside the
delivery that carries it) is left out.

Of mappings these keys are read, all optional: `request` {method, path, status, error}; `sent` {delivery, attempt,
callback, word, resend_of}; `outcome` {delivery, attempt, outcome}, the outcome an object or a mapping with `reply`
(`status`), `error`, `text`; `hung` {delivery, attempt}; `refused` {command, why, source}; `command` {source, command};
`note` {text}; `violation` {text}; `struck` {name, fault, span, delivery, attempt, callback}; `varied` {operation,
changes: [{text}]}. An `event`'s data is the engine's event.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any, Final, Literal

from emulator.engine import commands, events
from emulator.engine.causes import Cause
from emulator.recorder.journal import Entry

__all__ = ["Lane", "Step", "Story", "cause_text", "steps_of", "where_text"]

Tone = Literal["plain", "bad", "end"]


class Lane(IntEnum):
    """The parties, from left to right."""

    CLIENT = 0
    PROVIDER = 1
    FAR_END = 2
    APPLICATION = 3


@dataclass(slots=True)
class Step:
    """`source` does `label` to `target`, or remarks it (no target).

    `word` is the vendor's for it, `status` what came back, `text` what was said or why.
    """

    at: datetime
    source: Lane
    target: Lane | None
    label: str
    word: str = ""
    status: str = ""
    text: str = ""
    tone: Tone = "plain"
    leg: str = ""
    call: str | None = None


class Story:
    """The steps so far, and what is known of the legs."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.legs: dict[str, events.LegSnapshot] = {}
        self._speaking: dict[str, list[tuple[Step, events.SpeakingStarted]]] = {}
        self._sent: dict[tuple[Any, Any], Step] = {}

    def tell(self, entry: Entry) -> None:
        data = entry.data
        if entry.kind == "event":
            self._event(data)
        elif isinstance(data, Mapping) and entry.kind in _TOLD:
            _TOLD[entry.kind](self, entry, data)

    def add(self, at: datetime, source: Lane, target: Lane | None, label: str, **more: Any) -> Step:
        step = Step(at, source, target, label, **more)
        self.steps.append(step)
        return step

    # -- what clients and applications exchange with the provider

    def _request(self, entry: Entry, data: Mapping[str, Any]) -> None:
        status = data.get("status", "")
        is_bad = isinstance(status, int) and (status >= 400 or status == 0)
        status = "no answer" if status == 0 else status
        self.add(
            entry.at,
            Lane.CLIENT,
            Lane.PROVIDER,
            f"{data.get('method', '')} {data.get('path', '')}".strip(),
            status=f"✗ {status}" if is_bad else str(status),
            text=str(data.get("error", "")),
            tone="bad" if is_bad else "plain",
            call=entry.call,
        )

    def _delivered(self, entry: Entry, data: Mapping[str, Any]) -> None:
        attempt = data.get("attempt", 1)
        label = str(data.get("callback", "callback"))
        if data.get("resend_of"):
            label += " again"
        if attempt not in (1, "1"):
            label += f" #{attempt}"
        word = str(data.get("word") or "")
        step = self.add(entry.at, Lane.PROVIDER, Lane.APPLICATION, label, word=word, status="…", call=entry.call)
        self._sent[data.get("delivery"), attempt] = step

    def _outcome(self, entry: Entry, data: Mapping[str, Any]) -> None:
        step = self._sent.pop((data.get("delivery"), data.get("attempt", 1)), None)
        if step is None:
            return
        outcome = data.get("outcome", data)
        reply, error = _field(outcome, "reply"), _field(outcome, "error")
        status = _field(reply, "status") or _field(outcome, "status")
        waited = (entry.at - step.at).total_seconds()
        late = f" after {waited:g} s" if waited >= 1 else ""
        if error or not status:
            step.status, step.tone = f"✗ {error or 'no answer'}{late}", "bad"
            if why := str(_field(outcome, "text")):
                self.add(entry.at, Lane.PROVIDER, None, f"{step.label}: {why}", tone="bad", call=entry.call)
        elif why := str(_field(outcome, "text")):
            step.status = "not sent"
            self.add(entry.at, Lane.PROVIDER, None, f"{step.label}: {why}", call=entry.call)
        else:
            is_good = str(status).startswith("2")
            step.status = f"{status}{late}" if is_good else f"✗ {status}{late}"
            step.tone = "plain" if is_good else "bad"

    def _hung(self, entry: Entry, data: Mapping[str, Any]) -> None:
        step = self._sent.get((data.get("delivery"), data.get("attempt", 1)))
        if step is not None:
            step.status, step.tone = "silent …", "bad"

    def _commanded(self, entry: Entry, data: Mapping[str, Any]) -> None:
        command = data.get("command")
        if isinstance(command, commands.Reply):
            program = command.program
            verbs = "nothing to run" if program is None else ", ".join(type(verb).__name__ for verb in program.verbs)
            self.add(
                entry.at, Lane.APPLICATION, Lane.PROVIDER, "document", text=verbs or "an empty program", call=entry.call
            )
        elif isinstance(command, commands.NoReply):
            why = f"no document: {command.why}{f', {command.text}' if command.text else ''}"
            self.add(entry.at, Lane.PROVIDER, None, why, tone="bad", call=entry.call)

    def _refused(self, entry: Entry, data: Mapping[str, Any]) -> None:
        if data.get("source") != "far-end":  # a person who presses as the line drops is no news
            command = data.get("command")
            name = command if isinstance(command, str) else type(command).__name__
            self.add(
                entry.at,
                Lane.PROVIDER,
                None,
                f"refused {name}: {data.get('why', '')}",
                tone="bad",
                leg=str(getattr(command, "leg", "")),
                call=entry.call,
            )

    def _struck(self, entry: Entry, data: Mapping[str, Any]) -> None:
        what = f"fault {data.get('name', '')}: {data.get('fault', '')}"
        if data.get("span"):
            what += f" {data['span']:g} s"
        step = self._sent.get((data.get("delivery"), data.get("attempt", 1)))
        if step is None and "delivery" in data:
            what += f", {data.get('callback', '')}"
        if step is not None and data.get("fault") == "lost":
            step.status, step.tone = "✗ lost", "bad"
        self.add(entry.at, Lane.PROVIDER, None, what, tone="bad", call=entry.call)

    def _note(self, entry: Entry, data: Mapping[str, Any]) -> None:
        tone: Tone = "bad" if "delivery" in data else "plain"  # a document that is wrong; else a hint
        self.add(entry.at, Lane.PROVIDER, None, str(data.get("text", "")), tone=tone, call=entry.call)

    def _varied(self, entry: Entry, data: Mapping[str, Any]) -> None:
        for change in data.get("changes", ()):
            what = f"{data.get('operation', '')} varied: {change.get('text', '')}"
            self.add(entry.at, Lane.PROVIDER, None, what, call=entry.call)

    def _violated(self, entry: Entry, data: Mapping[str, Any]) -> None:
        what = f"violation: {data.get('text', '')}"
        self.add(entry.at, Lane.PROVIDER, None, what, tone="bad", call=entry.call)

    def _said(self, entry: Entry, data: Mapping[str, Any]) -> None:
        self.add(entry.at, Lane.APPLICATION, Lane.PROVIDER, "message", text=str(data.get("text", "")), call=entry.call)

    def _lost_socket(self, entry: Entry, data: Mapping[str, Any]) -> None:
        text = " ".join(filter(None, (str(data.get("code", "")), str(data.get("text", "")))))
        more = {"text": text, "tone": "bad", "call": entry.call}
        self.add(entry.at, Lane.APPLICATION, Lane.PROVIDER, "closes its socket", **more)

    def _closed_socket(self, entry: Entry, data: Mapping[str, Any]) -> None:
        more = {"text": str(data.get("code", "")), "call": entry.call}
        self.add(entry.at, Lane.PROVIDER, Lane.APPLICATION, "closes the socket", **more)

    # -- what happens on the telephone

    def _event(self, event: Any) -> None:
        leg = getattr(event, "leg", None)
        if isinstance(leg, events.LegSnapshot):
            self.legs[leg.id] = leg
        teller = _EVENTS.get(type(event))
        if teller is not None:
            teller(self, event)

    def _far(self, event: Any, label: str, text: str = "", tone: Tone = "plain") -> Step:
        """The far end does it."""
        more = {"text": text, "tone": tone, "leg": event.leg.id, "call": event.leg.call}
        return self.add(event.at, Lane.FAR_END, Lane.PROVIDER, label, **more)

    def _ours(self, event: Any, label: str, text: str = "", tone: Tone = "plain") -> Step:
        """The provider does it to the far end."""
        more = {"text": text, "tone": tone, "leg": event.leg.id, "call": event.leg.call}
        return self.add(event.at, Lane.PROVIDER, Lane.FAR_END, label, **more)

    def _remark(self, event: Any, label: str, tone: Tone = "plain") -> Step:
        more = {"tone": tone, "leg": event.leg.id, "call": event.leg.call}
        return self.add(event.at, Lane.PROVIDER, None, label, **more)

    def _answered(self, event: events.Answered) -> None:
        (self._far if event.leg.direction == "outbound" else self._ours)(event, "answers")

    def _spoke(self, event: events.FarEndSpoke) -> None:
        heard_by = f" heard by {', '.join(event.heard_by)}" if event.heard_by else ""
        self._far(event, "greets" if event.is_greeting else "says", f"“{event.text}”{heard_by}")

    def _speaking_started(self, event: events.SpeakingStarted) -> None:
        text = {"say": f"“{event.text}”", "play": event.text, "beep": ""}[event.kind]
        step = self._ours(event, f"{event.kind}s", " ".join(filter(None, (text, where_text(event.where)))))
        self._speaking.setdefault(event.leg.id, []).append((step, event))

    def _heard(self, event: events.Heard) -> None:
        speaking = self._speaking.get(event.leg.id, [])
        found = next((each for each in speaking if each[1].kind == event.kind and _begins(each[1], event)), None)
        if found is None:
            return
        speaking.remove(found)
        step, begun = found
        if not event.whole:
            text = f"“{event.text}…”" if event.kind == "say" else event.text
            cut = f"✂ {round(event.seconds, 3):g} of {round(begun.seconds, 3):g} s"
            step.text = " ".join(filter(None, (text, where_text(event.where or begun.where), cut)))

    def _pressed(self, event: events.DigitPressed) -> None:
        last = self.steps[-1] if self.steps else None
        if last is not None and last.leg == event.leg.id and last.label.startswith("presses "):
            last.label += event.digit
        else:
            self._far(event, f"presses {event.digit}")

    def _collected(self, event: events.DigitsCollected) -> None:
        got = f"digits {event.digits}" if event.digits else f"speech “{event.speech}”" if event.speech else "nothing"
        self._remark(event, f"collected {got} ({event.ended_by})")

    def _ended(self, event: events.Ended) -> None:
        text = f"{cause_text(event.cause)}, by {event.by}"
        if event.by in ("caller", "callee", "carrier"):
            is_early = event.leg.answered_at is None and event.by != "caller"
            self._far(event, event.cause.kind.replace("-", " ") if is_early else "hangs up", text, "end")
        else:
            self._ours(event, "hangs up", text, "end")
        failure = event.leg.failure
        if failure is not None:
            why = f"{failure.purpose} failed: {failure.why}{f', {failure.text}' if failure.text else ''}"
            self._remark(event, why, "bad")
        elif event.by == "program" and event.cause.kind.startswith("invalid-"):
            self._remark(event, event.cause.kind.replace("-", " "), "bad")


def steps_of(entries: Iterable[Entry]) -> Story:
    """The story of these entries, in their order."""
    story = Story()
    for entry in entries:
        story.tell(entry)
    return story


def _begins(started: events.SpeakingStarted, heard: events.Heard) -> bool:
    """Whether the one is the beginning of the other: several may sound at a time."""
    return started.text.startswith(heard.text)


def cause_text(cause: Cause) -> str:
    return f"{cause.name} ({cause.q850})"


def where_text(where: str) -> str:
    """`3:5` is a place in an XML document; anything else is a path already."""
    line, _, column = where.partition(":")
    return f"(line {line})" if line.isdigit() and column.isdigit() else f"({where})" if where else ""


def _field(thing: Any, name: str) -> Any:
    found = thing.get(name) if isinstance(thing, Mapping) else getattr(thing, name, None)
    return "" if found is None else found


_TOLD: Final[Mapping[str, Callable[[Story, Entry, Mapping[str, Any]], None]]] = {
    "request": Story._request,
    "sent": Story._delivered,
    "outcome": Story._outcome,
    "hung": Story._hung,
    "command": Story._commanded,
    "refused": Story._refused,
    "struck": Story._struck,
    "varied": Story._varied,
    "violation": Story._violated,
    "note": Story._note,
    "message": Story._said,
    "socket": Story._lost_socket,
    "socket closed": Story._closed_socket,
}

_SUPERVISES: Final = {"listen": "listens to", "whisper": "whispers to", "talk": "talks with"}

_EVENTS: Final[Mapping[type, Callable[[Story, Any], Any]]] = {
    events.Dialed: lambda story, event: story._ours(event, "dials", event.leg.to),
    events.Arrived: lambda story, event: story._far(event, "calls", event.leg.to),
    events.RingingStarted: lambda story, event: story._far(event, "rings"),
    events.EarlyMediaStarted: lambda story, event: story._far(event, "early media"),
    events.Answered: Story._answered,
    events.SpeakingStarted: Story._speaking_started,
    events.Heard: Story._heard,
    events.DigitsSent: lambda story, event: story._ours(event, f"keys {event.digits}"),
    events.FarEndSpoke: Story._spoke,
    events.DigitPressed: Story._pressed,
    events.DigitsCollected: Story._collected,
    events.MachineDetected: lambda story, event: story._remark(
        event, f"detected a {'machine' if event.is_machine else 'person'}"
    ),
    events.Bridged: lambda story, event: story._remark(event, f"bridged with {event.other.id}"),
    events.Unbridged: lambda story, event: story._remark(event, f"parted from {event.other.id}"),
    events.MemberJoined: lambda story, event: story._remark(
        event, f"in room {event.room.name} as {event.member.id}, {len(event.room.members)} there"
    ),
    events.RoomStarted: lambda story, event: story._remark(event, f"room {event.room.name} starts"),
    events.MemberChanged: lambda story, event: story._remark(event, f"{event.what} in room {event.room.name}"),
    events.MemberLeft: lambda story, event: story._remark(
        event, f"out of room {event.room.name} ({event.outcome}), {len(event.room.members)} there"
    ),
    events.RoomEnded: lambda story, event: story._remark(event, f"room {event.room.name} is over"),
    events.QueueJoined: lambda story, event: story._remark(
        event, f"in queue {event.queue.name}, place {event.waiter.position} of {len(event.queue.waiters)}"
    ),
    events.QueueLeft: lambda story, event: story._remark(event, f"out of queue {event.queue.name} ({event.outcome})"),
    events.SupervisionStarted: lambda story, event: story._remark(event, f"{_SUPERVISES[event.mode]} {event.other.id}"),
    events.SupervisionChanged: lambda story, event: story._remark(event, f"{_SUPERVISES[event.mode]} {event.other.id}"),
    events.SupervisionEnded: lambda story, event: story._remark(event, f"leaves {event.other.id} alone"),
    events.MuteChanged: lambda story, event: story._remark(event, "muted" if event.is_muted else "unmuted"),
    events.RecordingStarted: lambda story, event: story._remark(event, f"records {event.recording.id}"),
    events.RecordingPaused: lambda story, event: story._remark(
        event, f"{'pauses' if event.is_paused else 'resumes'} {event.recording.id}"
    ),
    events.RecordingEnded: lambda story, event: story._remark(
        event, f"recorded {event.recording.id}: {event.recording.seconds:g} s ({event.recording.ended_by})"
    ),
    events.HeldChanged: lambda story, event: story._far(event, "holds" if event.is_held else "takes back"),
    events.AskAbandoned: lambda story, event: story._remark(event, "answer no longer waited for"),
    events.BecameIdle: lambda story, event: story._remark(event, "program over, stays on the line"),
    events.Ended: Story._ended,
}
