"""A story: whole calls, and what becomes of the webhooks about them, as one value that a scenario file can say.

Nothing in it is left to chance: `scenario()` is all of it, and playing that is telling the story again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, Final, Literal

from contracts.storytelling.rules import FAILURES, Rules, rules_of
from emulator.engine.values import field, value
from emulator.scenarios.far_end import FarEnd, Hold, Press, Reaction, Say
from emulator.scenarios.faults import Fault

__all__ = ["Begins", "Story", "StoryCall", "is_about", "leaves"]

Begins = Literal["outbound", "inbound", "asked", "placed"]
"""Whoever begins a call: a plain client of the provider's API; somebody who calls; the application, asked over HTTP; a
function of the user's own."""

_FIRST: Final = ("first", "second", "third", "fourth", "fifth")
_SECOND: Final = timedelta(seconds=1)


@value
class StoryCall:
    """One call: with whom, how they act, and how many seconds after the story's beginning."""

    number: str
    far_end: FarEnd = field(default_factory=FarEnd)
    at: int = 0


@value
class Story:
    """See the module. `urls`: where the application is told of what, paths by neutral callback name; `settings`: of the
    provider's panel, where `{app}` is the application. `asks`: the request that makes the application call, in which
    `{to}` is the number. `requests`: what a function of the user's own asked the provider, once that is known.
    """

    vendor: str
    calls: tuple[StoryCall, ...]
    faults: tuple[Fault, ...] = ()
    begins: Begins = "outbound"
    urls: Mapping[str, str] = field(default_factory=dict, hash=False)
    settings: Mapping[str, Any] = field(default_factory=dict, hash=False)
    asks: Mapping[str, Any] | None = field(default=None, hash=False)
    seed: int = 1
    requests: tuple[Mapping[str, Any], ...] = field(default=(), hash=False)

    @property
    def size(self) -> int:
        """How much there is to read: one for each call, each thing that goes wrong, and each thing somebody does."""
        deeds = [len(call.far_end.reactions) + len(_plain(call.far_end)) for call in self.calls]
        return len(self.calls) + len(self.faults) + sum(deeds)

    def scenario(self, name: str = "") -> dict[str, Any]:
        """As `ringback scenario check` takes it."""
        told: dict[str, Any] = {"ringback": 1, "name": name or self._title(), "seed": self.seed, "vendor": self.vendor}
        if self.begins == "inbound":
            told["calls"] = [self._caller(call) for call in self.calls]
        elif numbers := self._numbers():
            told["numbers"] = numbers
        if self.faults:
            told["faults"] = [fault.to_json() for fault in self.faults]
        if self.settings:
            told["settings"] = {self.vendor: dict(self.settings)}
        play: dict[str, Any] = {}
        if self.begins == "outbound" and self.urls:
            play["urls"] = dict(self.urls)
        if requests := list(self._requests()):
            play["requests"] = requests
        return {**told, **({"play": play} if play else {})}

    def text(self) -> str:
        """In words, a line for each call and each thing that goes wrong."""
        return "\n".join([*(self._told(call) for call in self.calls), *self._struck()])

    def _title(self) -> str:
        calls = "One call" if len(self.calls) == 1 else f"{len(self.calls)} calls"
        kinds = " and ".join(dict.fromkeys(f"{each.callback or 'a webhook'} {each.fault}" for each in self.faults))
        return f"{calls}: {kinds or 'nothing goes wrong'}"

    def _caller(self, call: StoryCall) -> dict[str, Any]:
        acts = call.far_end.to_json()
        return {"at": call.at + 1, "from": call.number, **({"far_end": acts} if acts else {})}

    def _numbers(self) -> dict[str, Any]:
        """Everybody who is called, in turn where somebody is called again."""
        by_number: dict[str, list[dict[str, Any]]] = {}
        for call in self.calls:
            by_number.setdefault(call.number, []).append(call.far_end.to_json())
        made = {}
        for number, acts in by_number.items():
            if any(each != acts[0] for each in acts):
                made[number] = {"in_turn": acts}
            elif acts[0]:
                made[number] = acts[0]
        return made

    def _requests(self) -> Iterator[dict[str, Any]]:
        if self.requests:
            yield from map(dict, self.requests)
            return
        for call in self.calls if self.begins != "inbound" else ():
            when = {"at": call.at} if call.at else {}
            if self.begins == "outbound":
                yield {**when, "call": {"to": call.number}}
            elif self.begins == "asked":
                yield {**when, "app": _filled(dict(self.asks or {}), call.number)}
            else:
                yield {**when, "place": call.number}

    def _told(self, call: StoryCall) -> str:
        acts = list(_deeds(call.far_end, is_caller=self.begins == "inbound"))
        who = f"{call.number} calls" if self.begins == "inbound" else f"{call.number} is called"
        when = f"{call.at} s later " if call.at else ""
        return f"{when}{', '.join([who, *acts[:-1]])} and {acts[-1]}."

    def _struck(self) -> Iterator[str]:
        rules = rules_of(self.vendor)
        for fault, attempt in zip(self.faults, _struck_attempts(self.faults), strict=True):
            which = _FIRST[attempt] if attempt < len(_FIRST) else f"{attempt + 1}th"
            times = f"{which} {fault.callback}".strip() if fault.count == 1 else f"each {fault.callback}".strip()
            whose = f" of the calls with {fault.number}" if fault.number else ""
            again = self._again(fault, rules)
            what = _WHAT[fault.fault].format(span=_span(fault.lasts), again=again)
            is_awaited = fault.callback in rules.documents and bool(again or fault.fault == "delayed")
            may_end = is_awaited and any(leaves(call.far_end) for call in self.calls if is_about(fault, call))
            yield f"The {times} webhook{whose} {what}{', unless the call is over by then' if may_end else ''}."

    def _again(self, fault: Fault, rules: Rules) -> str:
        """What the provider does about it if it fails, or nothing."""
        failure = FAILURES.get(fault.fault)
        if failure is None or not rules.retries(fault.callback, failure, self.settings, self.urls):
            return ""
        return ", and is tried again when it times out" if failure == "timeout" else ", and it is tried again"


def leaves(far_end: FarEnd) -> bool:
    """Whether they hang up, whatever they hear."""
    return far_end.hangs_up_after is not None or far_end.gives_up_after is not None


def is_about(fault: Fault, call: StoryCall) -> bool:
    """Whether it may strike webhooks of that call."""
    return fault.number in ("", call.number)


def _struck_attempts(faults: tuple[Fault, ...]) -> list[int]:
    """Which attempt, from 0, each of them strikes, as far as they are about the same webhooks."""
    left = {index: fault.skip for index, fault in enumerate(faults)}
    found: dict[int, int] = {}
    seen: dict[tuple[str, str], int] = {}
    while left:
        for key in dict.fromkeys((faults[index].callback, faults[index].number) for index in left):
            attempt = seen[key] = seen.get(key, -1) + 1
            for index in [each for each in left if (faults[each].callback, faults[each].number) == key]:
                if left[index] == 0:
                    found[index] = attempt
                    del left[index]
                    break
                left[index] -= 1
    return [found[index] for index in range(len(faults))]


_WHAT: Final[Mapping[str, str]] = {
    "lost": "is lost{again}",
    "answer-lost": "arrives, but its answer is lost{again}",
    "delayed": "comes {span} late",
    "duplicated": "comes again {span} later",
    "twice": "comes twice at once",
    "reordered": "is overtaken by the next one",
    "wrong-signature": "is signed with another secret",
    "stale-signature": "is signed as if {span} ago",
    "no-signature": "comes without its signature",
}
_FAILS: Final[Mapping[str, str]] = {
    "busy": "is busy", "no-answer": "does not answer", "rejected": "rejects the call",
    "unreachable": "cannot be reached", "unallocated": "does not exist", "invalid-number": "is no number",
    "carrier-timeout": "is not put through in time", "congestion": "is not put through",
}  # fmt: skip


def _deeds(far_end: FarEnd, is_caller: bool) -> Iterator[str]:
    """What somebody does, a phrase each; at least one."""
    if is_caller:
        if far_end.gives_up_after is not None:
            yield f"gives up after {_span(far_end.gives_up_after)} without an answer"
    else:
        rings = f" after {_span(far_end.rings_for)}" if far_end.rings_for is not None else ""
        yield f"answers{rings}" if far_end.outcome == "answer" else f"{_FAILS[far_end.outcome]}{rings}"
    for reaction in far_end.reactions:
        yield _deed(reaction)
    if far_end.hangs_up_after is not None:
        yield f"hangs up {_span(far_end.hangs_up_after)} after the answer"
    elif is_caller and not far_end.reactions and far_end.gives_up_after is None:
        yield "waits, and listens to the end"


def _deed(reaction: Reaction) -> str:
    do = reaction.do
    if isinstance(do, Press):
        did = f"presses {do.digits}"
    elif isinstance(do, Say):
        did = f"says {do.text!r}"
    elif isinstance(do, Hold):
        did = "puts the call on hold" if do.held else "comes back to the call"
    else:
        did = "hangs up"
    if reaction.on_prompt:
        when = " at the prompt" if reaction.times == 1 else " at every prompt"
    elif reaction.on is not None:
        when = f" on {reaction.on!r}"
    else:
        when = f" {_span(reaction.at or timedelta())} after the answer"
    return f"{did}{when}{f', after {_span(reaction.after)}' if reaction.after else ''}"


def _plain(far_end: FarEnd) -> dict[str, Any]:
    return {key: item for key, item in far_end.to_json().items() if key != "reactions"}


def _span(span: timedelta) -> str:
    return f"{span / _SECOND:g} s"


def _filled(told: Any, to: str) -> Any:
    """With the number in the place of `{to}`."""
    if isinstance(told, str):
        return told.replace("{to}", to)
    if isinstance(told, Mapping):
        return {key: _filled(item, to) for key, item in told.items()}
    return [_filled(item, to) for item in told] if isinstance(told, list | tuple) else told
