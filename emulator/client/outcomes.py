"""How calls came out, and how that differs from what was expected. Pure: from what the control API answers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any, Final

from emulator.client.telling import is_dropped, is_unanswered
from emulator.scenarios.numbers import TAIL, spelled

__all__ = ["Difference", "Outcome", "differences", "outcome_of", "recorded", "title"]

_WHO: Final = ("vendor", "direction", "from", "to")
_HOW: Final = ("state", "cause", "by", "callbacks", "unanswered", "digits", "heard")


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one call came out.

    `rang`, `talked`: seconds, None where it did not come to that. `digits`: all keys that were pressed, on any leg;
    `heard`: every text that a far end heard. `unanswered`: callbacks that got no good answer, or never came. `legs`:
    those that it dialled, as outcomes of their own.
    """

    id: str
    vendor: str
    direction: str
    from_: str
    to: str
    state: str
    cause: str
    by: str
    at: float
    rang: float | None
    talked: float | None
    digits: str = ""
    callbacks: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    legs: tuple[Outcome, ...] = ()

    def to_json(self) -> dict[str, Any]:
        told = {name.rstrip("_"): getattr(self, name) for name in self.__slots__ if name != "legs"}
        return {**told, **({"legs": [leg.to_json() for leg in self.legs]} if self.legs else {})}


@dataclass(frozen=True, slots=True)
class Difference:
    """`what` differs; empty: there is no such call, or nobody expected it. `call` is its place, from 1."""

    call: int
    title: str
    what: str
    expected: Any
    got: Any
    notes: tuple[str, ...] = field(default=())

    def lines(self) -> Iterator[tuple[str, str]]:
        """Pairs of a sign (`-` expected, `+` got, ` ` neither) and a text."""
        if not self.what:
            yield ("+" if self.expected is None else "-", str(self.got if self.expected is None else self.expected))
            return
        yield "-", f"{self.what:<11} expected  {_told(self.expected)}"
        yield "+", f"{'':<11} got       {_told(self.got)}"
        for note in self.notes:
            yield " ", f"{'':<11} {note}"

    def to_json(self) -> dict[str, Any]:
        return {"call": self.call, "of": self.title, "what": self.what, "expected": self.expected, "got": self.got}


def outcome_of(call: Mapping[str, Any], began: datetime) -> Outcome:
    """`call` in full, as the control API answers it; `began`: the instant that `at` counts from."""
    root = call["legs"][0]
    said = call["transcript"]
    children = tuple(_of_leg(leg, call, began, str(leg["id"])) for leg in call["legs"][1:])
    deliveries = [each for each in call["deliveries"] if not each["resend_of"]]
    return _of_leg(
        root, call, began, str(call["id"]),
        state=call["state"],
        digits="".join(row["text"] for row in said if row["kind"] == "pressed"),
        callbacks=tuple(each["callback"] for each in deliveries),
        unanswered=tuple(each["callback"] for each in deliveries if is_unanswered(each) or is_dropped(each)),
        heard=tuple(row["text"] for row in said if row["kind"] == "say"),
        legs=children,
    )  # fmt: skip


def _of_leg(leg: Mapping[str, Any], call: Mapping[str, Any], began: datetime, name: str, **more: Any) -> Outcome:
    at = datetime.fromisoformat(leg["created_at"])
    rang = _between(leg["ringing_at"], leg["answered_at"] or leg["ended_at"])
    talked = _between(leg["answered_at"], leg["ended_at"])
    told = {
        "id": name, "vendor": call["vendor"], "direction": leg["direction"], "from_": leg["from"], "to": leg["to"],
        "state": leg["state"], "cause": leg["cause"]["name"] if leg["cause"] else "", "by": leg["by"] or "",
        "at": round((at - began).total_seconds(), 3), "rang": rang, "talked": talked,
    }  # fmt: skip
    return Outcome(**{**told, **more})


def _between(first: str | None, then: str | None) -> float | None:
    if first is None or then is None:
        return None
    return round((datetime.fromisoformat(then) - datetime.fromisoformat(first)).total_seconds(), 3)


def recorded(outcome: Outcome, *, with_heard: bool = False) -> dict[str, Any]:
    """What is expected of this call the next time: a row of `play.expect.calls`."""
    inbound = outcome.direction == "inbound"
    told: dict[str, Any] = {
        "direction": outcome.direction,
        **({"from": outcome.from_} if inbound else {"to": outcome.to}),
        "state": outcome.state,
        "cause": outcome.cause,
        "by": outcome.by,
        "callbacks": list(outcome.callbacks),
        "unanswered": list(outcome.unanswered),
        "digits": outcome.digits,
        "heard": list(outcome.heard) if with_heard else [],
    }
    return {key: item for key, item in told.items() if item or key in ("callbacks", "digits")}


def differences(
    expected: Sequence[Mapping[str, Any]], got: Iterable[Outcome], *, others: bool = False, allow_failed: bool = False
) -> list[Difference]:
    """Every way in which the calls are not as expected. `others`: there may be more calls; `allow_failed`: a webhook
    that nobody answered well is no difference where nothing is said of it."""
    left = list(got)
    found: list[Difference] = []
    for number, wanted in enumerate(expected, 1):
        outcome = next((each for each in left if _is_meant(wanted, each)), None)
        if outcome is None:
            found.append(Difference(number, title(wanted), "", f"there is no such call: {title(wanted)}", ""))
            continue
        left.remove(outcome)
        found += _compared(number, wanted, outcome, allow_failed)
    for number, extra in enumerate([] if others else left, len(expected) + 1):
        told = title(extra.to_json())
        cause = f": {extra.cause} by {extra.by}" if extra.cause else ""
        found.append(Difference(number, told, "", None, f"nobody expected this call: {extra.id}, {told}{cause}"))
    return found


def title(call: Mapping[str, Any]) -> str:
    """`outbound to +919876543210`."""
    direction = call.get("direction", "")
    other = call.get("from") if direction == "inbound" else call.get("to")
    words = [direction, ("from " if direction == "inbound" else "to ") + str(other) if other else ""]
    return " ".join(filter(None, words)) or "any call"


def _is_meant(wanted: Mapping[str, Any], got: Outcome) -> bool:
    told = {"vendor": got.vendor, "direction": got.direction, "from": got.from_, "to": got.to}
    return all(
        _is_number(wanted[key], told[key]) if key in ("from", "to") else wanted[key] == told[key]
        for key in _WHO
        if key in wanted
    )


def _is_number(wanted: str, got: str) -> bool:
    """In any spelling; `*` and `?` as in a pattern."""
    if "*" in wanted or "?" in wanted:
        parts = [{"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in wanted.lstrip("+")]
        return re.fullmatch("".join(parts), spelled(got)) is not None
    one, other = spelled(wanted), spelled(got)
    return one == other or (min(len(one), len(other)) >= TAIL and (one.endswith(other) or other.endswith(one)))


def _compared(number: int, wanted: Mapping[str, Any], got: Outcome, allow_failed: bool) -> Iterator[Difference]:
    told = got.to_json()
    for key in _HOW:
        if key not in wanted and (key != "unanswered" or allow_failed):
            continue
        expected: Any = wanted.get(key, [])
        came = list(told[key]) if isinstance(told[key], tuple) else told[key]
        if key == "heard":
            missing = _unheard(expected, came)
            if missing:
                yield Difference(number, title(told), key, expected, came, (f"missing   {missing[0]!r}",))
        elif came != expected:
            notes = _changes(expected, came) if isinstance(came, list) else ()
            yield Difference(number, title(told), key, expected, came, notes)


def _unheard(wanted: Sequence[str], heard: Sequence[str]) -> list[str]:
    """Those that were not heard, or not in this order."""
    at = 0
    for index, text in enumerate(wanted):
        folded = " ".join(text.casefold().split())
        while at < len(heard) and folded not in " ".join(heard[at].casefold().split()):
            at += 1
        if at == len(heard):
            return list(wanted[index:])
        at += 1
    return []


def _changes(wanted: Sequence[str], got: Sequence[str]) -> tuple[str, ...]:
    notes = []
    for tag, i, j, k, m in SequenceMatcher(None, wanted, got, autojunk=False).get_opcodes():
        if tag in ("delete", "replace"):
            notes.append(f"missing   {_told(list(wanted[i:j]))}{f' after {wanted[i - 1]}' if i else ''}")
        if tag in ("insert", "replace"):
            notes.append(f"too much  {_told(list(got[k:m]))}{f' after {got[k - 1]}' if k else ''}")
    return tuple(notes)


def _told(told: Any) -> str:
    if isinstance(told, list | tuple):
        return " ".join(map(str, told)) if all(" " not in str(each) for each in told) else " / ".join(map(str, told))
    return str(told) if told != "" else "nothing"
