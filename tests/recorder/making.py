"""A journal filled by hand, as the runtime fills it."""

from typing import Any

from emulator.engine import commands, events, program
from emulator.engine.causes import HANGUP, Failure
from emulator.engine.events import LegSnapshot
from emulator.recorder import Journal
from tests.scenarios.making import at, leg


class Told:
    """What happened to one call; `journal` holds it."""

    def __init__(self) -> None:
        self.journal = Journal("default")
        self.deliveries = 0

    def note(self, kind: str, seconds: float, call: str | None = "c1", **data: Any) -> None:
        self.journal.append(at(seconds), kind, call=call, vendor="acme", data=data)

    def event(self, kind: type, seconds: float, of: LegSnapshot, *rest: Any) -> None:
        data = kind(at(seconds), of, *rest)
        self.journal.append(at(seconds), "event", call=of.call, vendor=of.vendor, data=data)

    def sent(self, seconds: float, callback: str, word: str = "", **more: Any) -> str:
        self.deliveries += 1
        name = f"c1-d{self.deliveries}"
        self.note("sent", seconds, **{"delivery": name, "attempt": 1, "callback": callback, "word": word, **more})
        return name

    def outcome(self, seconds: float, delivery: str, attempt: int = 1, **outcome: Any) -> None:
        self.note("outcome", seconds, delivery=delivery, attempt=attempt, outcome=outcome)

    def delivered(self, seconds: float, callback: str, word: str = "", status: int = 200) -> None:
        self.outcome(seconds, self.sent(seconds, callback, word), reply={"status": status})


def reminder() -> Told:
    """A whole call: a menu, a key that cuts in, a receiver that is slow once and fails once."""
    told = Told()
    new, up = leg(created_at=at(0)), leg(state="answered", answered_at=at(2))
    told.note("request", 0, method="POST", path="/api/v1/Account/MA3F9K2/Call/", status=201)
    told.event(events.Dialed, 0, new)
    told.event(events.RingingStarted, 0, new)
    told.delivered(0, "ring", "ringing")
    told.event(events.Answered, 2, up)
    told.event(events.FarEndSpoke, 2, up, "Hello?", 1, True)
    told.delivered(2, "answer", "in-progress")
    menu = program.Program((program.Gather(prompts=(program.Say("Press 1"),)), program.Say("Bye")))
    told.note("command", 2, source="reply", command=commands.Reply("c1.0#1", menu))
    told.event(
        events.SpeakingStarted,
        2,
        up,
        "say",
        "This is Dr Rao's clinic. To confirm press 1, else hold the line.",
        4,
        "3:5",
    )
    told.event(events.DigitPressed, 5.25, up, "1")
    told.event(events.DigitPressed, 5.5, up, "#")
    told.event(events.Heard, 5.5, up, "say", "This is Dr Rao's clinic. To confirm press 1,", 3.5, False, "3:5")
    told.event(events.DigitsCollected, 5.5, up, "1", "", "key")
    slow = told.sent(5.5, "gather", "in-progress")
    told.note("hung", 5.5, delivery=slow, attempt=1)
    told.outcome(15.5, slow, error="timeout", text="no answer within 10 s")
    told.note("command", 15.5, source="reply", command=commands.NoReply("c1.0#2", "unreachable"))
    failure = Failure("gather", "unreachable", "no answer within 10 s")
    down = leg(state="ended", answered_at=at(2), ended_at=at(15.5), cause=HANGUP, by="application", failure=failure)
    told.event(events.Ended, 15.5, down, HANGUP, "application")
    told.delivered(15.5, "hangup", "completed", 500)
    told.event(events.CallEnded, 15.5, down)
    return told
