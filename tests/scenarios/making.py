"""Events and far ends made by hand, and a bench that plays a leg without an engine."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.engine import events
from emulator.engine.causes import HANGUP
from emulator.engine.commands import Command
from emulator.engine.events import LegSnapshot
from emulator.ids import Ids
from emulator.scenarios.far_end import FarEnd
from emulator.scenarios.player import FarEnds

START = datetime(2026, 1, 1, tzinfo=UTC)
NUMBER = "+919876543210"


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def leg(leg_id: str = "c1.0", **fields: Any) -> LegSnapshot:
    made: dict[str, Any] = {
        "id": leg_id, "call": leg_id.split(".")[0], "name": f"name-of-{leg_id}", "parent": None, "vendor": "acme",
        "direction": "outbound", "from_": "+14155550100", "to": NUMBER, "state": "queued", "is_held": False,
        "partner": None, "position": 0, "cause": None, "by": None, "failure": None, "created_at": START,
        "ringing_at": None, "answered_at": None, "ended_at": None, "memo": None,
    }  # fmt: skip
    return LegSnapshot(**(dict.fromkeys(each.name for each in dataclasses.fields(LegSnapshot)) | made | fields))


class Bench:
    """One leg's far end, told by hand what the engine would say; `until` collects (seconds, command)."""

    def __init__(self, far_end: FarEnd | None = None, seed: int = 1, **leg_fields: Any) -> None:
        self.far_ends = FarEnds(Ids(seed))
        self.leg = leg(**leg_fields)
        if far_end is not None:
            outbound = self.leg.direction == "outbound"
            self.far_ends.set(self.leg.to if outbound else self.leg.from_, far_end)

    def tell(self, kind: type, seconds: float, *rest: Any) -> None:
        self.far_ends.observe(kind(at(seconds), self.leg, *rest))

    def dialed(self, seconds: float = 0) -> "Bench":
        self.tell(events.Dialed, seconds)
        return self

    def arrived(self, seconds: float = 0) -> "Bench":
        self.tell(events.Arrived, seconds)
        return self

    def answered(self, seconds: float = 0) -> "Bench":
        """Dialled or arrived, then answered at `seconds`, with nothing of the time before left to see."""
        begin = events.Dialed if self.leg.direction == "outbound" else events.Arrived
        self.tell(begin, seconds)
        self.tell(events.Answered, seconds)
        return self

    def speaks(self, seconds: float, text: str, lasts: float, kind: str = "say") -> None:
        self.tell(events.SpeakingStarted, seconds, kind, text, lasts)

    def heard(self, seconds: float, text: str, lasted: float = 1, whole: bool = True, kind: str = "say") -> None:
        self.tell(events.Heard, seconds, kind, text, lasted, whole)

    def listens(self, seconds: float) -> None:
        self.tell(events.Listening, seconds)

    def ends(self, seconds: float) -> None:
        self.tell(events.Ended, seconds, HANGUP, "api")

    def until(self, seconds: float) -> list[tuple[float, Command]]:
        """Wake at every deadline up to then."""
        out: list[tuple[float, Command]] = []
        while (due := self.far_ends.next_deadline()) is not None and due <= at(seconds):
            out += [((due - START).total_seconds(), command) for command in self.far_ends.wake(due)]
        return out
