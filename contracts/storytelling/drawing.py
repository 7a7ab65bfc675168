"""Stories drawn by Hypothesis, the simplest first: one call, answered, of which every webhook comes once and in order.

What shrinks is what there is to read: fewer calls, fewer things that go wrong, then a plainer far end, then smaller
numbers. Nothing is drawn that is not used, so that a story that fails is short.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, get_args

from hypothesis import strategies as st

from contracts.storytelling.rules import FAILURES, Rules, rules_of
from contracts.storytelling.staying import staying
from contracts.storytelling.story import Begins, Story, StoryCall
from emulator.errors import UsageError
from emulator.runtime.vendors import load_vendors
from emulator.scenarios.far_end import FarEnd, Outcome, Press, Reaction, Say
from emulator.scenarios.faults import Fault, Kind

__all__ = ["KINDS", "stories"]

KINDS: Final[tuple[Kind, ...]] = ("duplicated", "twice", "answer-lost", "lost", "delayed", "reordered")
"""What may go wrong with a webhook, the plainest first."""

_REPEATED: Final = ("duplicated", "twice", "reordered")
_SPANS: Final = (1, 10, 60, 60)
_SECOND: Final = timedelta(seconds=1)
_OUTCOMES: Final[tuple[Outcome, ...]] = ("answer", "busy", "no-answer", "rejected", "unreachable")
_SKIPPED: Final = (0, 0, 0, 0, 0, 0, 0, 1, 2)
_SKIPPED_OFTEN: Final = (0, 1, 2, 3)
_QUIET: Final = 5
"""In one of so many stories nothing goes wrong."""
_SILENT: Final = 4
"""One of so many people does nothing."""
_APART: Final = 60
"""Seconds between calls that have nothing to do with each other."""
_GAPS: Final = (_APART, 5, 1)
_LIKE: Final = ("", "again", "beside", "again", "beside")
"""What a call has of the one before: nothing; its person, who does all that once more; what its person does, done by
somebody else at nearly the same time. Who tells calls apart by too little is found by such a pair."""
_WAITS: Final = (0, 0, 1, 3, 8)
_OFTEN: Final = ("answer-lost", "duplicated")
"""Twice as often as anything else that goes wrong: it is what happens most, and what finds most."""
_ANSWERED: Final = 12
"""How often somebody answers, for each other outcome."""
Strategy = st.SearchStrategy[Story]


def stories(
    vendor: str, *, begins: Begins | None = None, calls: int = 2, faults: int = 3, digits: Sequence[str] = ("1", "2"),
    says: Sequence[str] = (), outcomes: Sequence[Outcome] = _OUTCOMES, kinds: Sequence[Kind] = KINDS,
    callbacks: Sequence[str] = (), urls: Mapping[str, str] | None = None, settings: Mapping[str, Any] | None = None,
    asks: Mapping[str, Any] | None = None, may_lose: bool = False,
) -> Strategy:  # fmt: skip
    """Stories of up to `calls` calls with up to `faults` things that go wrong with the webhooks about them.

    `begins`: see `Begins`; by default the provider's API is asked, with `asks` the application is. `digits`, `says`:
    what the far end may press and say; `outcomes`: what its ringing may end in. `kinds`, `callbacks`: what may go
    wrong, and with which webhooks. `urls`, `settings`, `asks`: as in `Story`. `may_lose`: webhooks may be lost for
    good; without it every webhook arrives in the end, because the provider tries again and people stay on the line.

    Raises: UsageError.
    """
    rules = rules_of(vendor)
    begins = begins or ("asked" if asks else "outbound")
    paths = dict(urls if urls is not None else rules.urls)
    own = dict(settings or {})
    _check(begins, kinds, callbacks, rules, asks)
    if calls < 1:
        raise UsageError(f"calls: expected at least 1, got {calls}")
    drawing = _Drawing(rules, vendor, own, paths, kinds, callbacks, may_lose)
    told = _panel(vendor, paths) | own if begins == "inbound" or rules.is_panel else own
    usual = rules.usual
    people = _callers(digits, says, usual) if begins == "inbound" else _callees(digits, says, outcomes, usual)
    counts = [1, *range(2, calls + 1), *range(2, calls + 1)]

    @st.composite
    def drawn(draw: st.DrawFn) -> Story:
        made = _calls(draw, people, draw(st.sampled_from(counts)))
        known = tuple(dict.fromkeys(call.number for call in made))
        bad = drawing.faults(draw, known if len(known) > 1 else ("",), faults)
        made = made if may_lose else staying(made, bad, rules)
        return Story(vendor, made, bad, begins, paths if begins == "outbound" else {}, told, asks)

    return drawn()


def _calls(draw: st.DrawFn, people: st.SearchStrategy[FarEnd], count: int) -> tuple[StoryCall, ...]:
    """Each at its time: of somebody new, or of somebody who had a call before."""
    made = [StoryCall(_number(0), draw(people))]
    known, person = 1, 0
    for before in range(count - 1):
        far_end, at = made[before].far_end, made[before].at
        like = draw(st.sampled_from(_LIKE))
        if like == "again":
            at += _APART
        elif like == "beside":
            person, at = known, at + 1
        else:
            person, at, far_end = draw(st.integers(0, known)), at + draw(st.sampled_from(_GAPS)), draw(people)
        known = max(known, person + 1)
        made.append(StoryCall(_number(person), far_end, at))
    return tuple(made)


def _number(person: int) -> str:
    return f"+9198765432{10 + person}"


def _check(
    begins: str, kinds: Sequence[str], callbacks: Sequence[str], rules: Rules, asks: Mapping[str, Any] | None
) -> None:
    known = {"begins": get_args(Begins), "kinds": KINDS, "callbacks": (*rules.notifications, *rules.documents)}
    for name, told in (("begins", [begins]), ("kinds", kinds), ("callbacks", callbacks)):
        for each in told:
            if each not in known[name]:
                raise UsageError(f"{name}: expected {' or '.join(known[name])}, got {each!r}")
    if begins == "asked" and asks is None:
        raise UsageError('asks: missing, expected the request that makes your application call: {"path": "/orders"}')


def _panel(vendor: str, urls: Mapping[str, str]) -> dict[str, Any]:
    """The settings by which an application is told of what."""
    inbound = load_vendors()[vendor].inbound_settings
    whole = {name: url if "://" in url else f"{{app}}/{url.lstrip('/')}" for name, url in urls.items()}
    return dict(inbound(whole)) if inbound is not None else {}


class _Drawing:
    """Draws what goes wrong: only what the provider's rules allow."""

    def __init__(
        self, rules: Rules, vendor: str, settings: Mapping[str, Any], urls: Mapping[str, str], kinds: Sequence[Kind],
        callbacks: Sequence[str], may_lose: bool,
    ) -> None:  # fmt: skip
        self._rules, self._settings, self._urls, self._may_lose = rules, settings, urls, may_lose
        meant = callbacks or (*rules.notifications, *rules.documents)
        self._kinds = {name: self._possible(name, kinds) for name in meant}
        self._callbacks = [name for name, possible in self._kinds.items() if possible]

    def _possible(self, callback: str, kinds: Sequence[Kind]) -> list[Kind]:
        """Nobody sends a document's request again while it waits for the answer."""
        is_document = callback in self._rules.documents
        return [
            kind
            for kind in KINDS
            if kind in kinds and not (is_document and kind in _REPEATED) and self._lives(callback, kind) > 0
            for _ in range(2 if kind in _OFTEN else 1)
        ]

    def _lives(self, callback: str, kind: Kind) -> int:
        """How often an attempt may fail so."""
        if kind not in FAILURES or self._may_lose:
            return 1_000
        return self._rules.retries(callback, FAILURES[kind], self._settings, self._urls)

    def faults(self, draw: st.DrawFn, numbers: Sequence[str], most: int) -> tuple[Fault, ...]:
        """At most `most`, none that leaves a webhook untold."""
        if not self._callbacks:
            return ()
        made: list[Fault] = []
        failed: dict[tuple[str, str], int] = {}
        least = min(most, 1) if draw(st.integers(0, _QUIET - 1)) else 0
        for fault in draw(st.lists(self._fault(numbers), min_size=least, max_size=most)) if least else ():
            key = fault.callback, fault.number
            if fault.fault in FAILURES:
                failed[key] = failed.get(key, 0) + 1
            if failed.get(key, 0) <= self._lives(fault.callback, fault.fault):
                made.append(fault)
        return tuple(made)

    def _fault(self, numbers: Sequence[str]) -> st.SearchStrategy[Fault]:
        @st.composite
        def drawn(draw: st.DrawFn) -> Fault:
            callback = draw(st.sampled_from(self._callbacks))
            kind = draw(st.sampled_from(self._kinds[callback]))
            skipped = _SKIPPED_OFTEN if callback in self._rules.repeated else _SKIPPED
            span = draw(st.sampled_from(_SPANS)) * _SECOND
            return Fault(
                kind, number=draw(st.sampled_from(numbers)), callback=callback, count=1,
                skip=draw(st.sampled_from(skipped)), span=span if kind in ("duplicated", "delayed") else None,
            )  # fmt: skip

        return drawn()


# --- people ----------------------------------------------------------------------------------------------------


def _callees(
    digits: Sequence[str], says: Sequence[str], outcomes: Sequence[Outcome], usual: FarEnd
) -> st.SearchStrategy[FarEnd]:
    often = [each for each in outcomes for _ in range(_ANSWERED if each == "answer" else 1)]

    @st.composite
    def drawn(draw: st.DrawFn) -> FarEnd:
        rings = draw(st.none() | st.integers(0, 30))
        rings_for = None if rings is None else rings * _SECOND
        reactions, hangs_up_after = _reactions(draw, digits, says), _end(draw, usual)
        outcome = draw(st.sampled_from(often))  # at last, so that a call that fails is no shorter to draw
        if outcome != "answer":
            return FarEnd(rings_for=rings_for, outcome=outcome)
        return FarEnd(rings_for=rings_for, reactions=reactions, hangs_up_after=hangs_up_after)

    return drawn()


def _callers(digits: Sequence[str], says: Sequence[str], usual: FarEnd) -> st.SearchStrategy[FarEnd]:
    @st.composite
    def drawn(draw: st.DrawFn) -> FarEnd:
        gives_up = draw(st.none() | st.none() | st.integers(0, 30))
        return FarEnd(
            reactions=_reactions(draw, digits, says), hangs_up_after=_end(draw, usual),
            gives_up_after=None if gives_up is None else gives_up * _SECOND,
        )  # fmt: skip

    return drawn()


def _end(draw: st.DrawFn, usual: FarEnd) -> timedelta | None:
    seconds = draw(st.none() | st.none() | st.integers(0, 40))
    return usual.hangs_up_after if seconds is None else seconds * _SECOND


def _reactions(draw: st.DrawFn, digits: Sequence[str], says: Sequence[str]) -> tuple[Reaction, ...]:
    """Keys at prompts, and words at their time: at most two of them."""
    deeds = [Press(keys) for keys in (*digits[:1], *digits[:1], *digits)] + [Say(text) for text in says]
    if not deeds:
        return ()

    @st.composite
    def drawn(draw: st.DrawFn) -> Reaction:
        do, wait = draw(st.sampled_from(deeds)), draw(st.sampled_from(_WAITS)) * _SECOND
        return Reaction(do, on_prompt=True, after=wait, times=1) if isinstance(do, Press) else Reaction(do, at=wait)

    return tuple(draw(st.lists(drawn(), min_size=1, max_size=2))) if draw(st.integers(0, _SILENT - 1)) else ()
