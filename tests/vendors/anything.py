"""What the random calls of several vendors have in common: far ends, a sandbox to live in, and what always holds."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any, TypeVar

from hypothesis import Phase
from hypothesis import strategies as st

from emulator.engine import events as e
from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import Options
from emulator.scenarios.far_end import FarEnd, HangUp, Press, Reaction, Say
from emulator.vendor_api import Vendor
from tests.fakes.receiver import Receiver
from tests.vendors.conftest import Client

QUICK = (Phase.explicit, Phase.reuse, Phase.generate)  # a sandbox with two servers is slow to make smaller

# --- far ends ------------------------------------------------------------------------------------------------------

spans = st.sampled_from([0, 1, 2, 5, 30]).map(lambda seconds: timedelta(seconds=seconds))
DEEDS = (Press("1"), Press("#"), Press("42*"), Say("yes please", timedelta(seconds=1)), HangUp())


def reactions_of(*deeds: Any) -> st.SearchStrategy[Reaction]:
    """At some time, or when there is a prompt."""
    do = st.sampled_from(deeds)
    return st.builds(Reaction, do=do, at=spans) | st.builds(Reaction, do=do, on_prompt=st.just(True))


def far_ends_of(reactions: st.SearchStrategy[Reaction], **more: st.SearchStrategy[Any]) -> st.SearchStrategy[FarEnd]:
    """Whoever it is, more often than not somebody who answers."""
    return st.builds(
        FarEnd,
        connects_after=spans,
        rings_for=spans,
        outcome=st.sampled_from(
            ["answer", "answer", "answer", "busy", "no-answer", "rejected", "unreachable", "congestion"]
        ),
        is_machine=st.booleans(),
        picks_up=st.sampled_from([True, True, True, False]),
        hangs_up_after=st.none() | spans,
        reactions=st.lists(reactions, max_size=3).map(tuple),
        **more,
    )


# --- menus ---------------------------------------------------------------------------------------------------------

KEYS = ("1", "2")
sounds = st.lists(st.tuples(st.sampled_from(["hello", "good day", "one moment please"]), st.integers(1, 2)), max_size=2)
trees: st.SearchStrategy[Any] = st.deferred(
    lambda: st.tuples(sounds, st.none() | st.fixed_dictionaries(dict.fromkeys(KEYS, trees)))
)
"""What is said, how often, and the menu behind it: a tree for each key, or None."""

# --- a sandbox -----------------------------------------------------------------------------------------------------

C = TypeVar("C", bound=Client)


@asynccontextmanager
async def living(
    kind: type[C], vendor: Vendor, limit: float, options: Options | None = None, **spec: Any
) -> AsyncIterator[C]:
    """A client of a new sandbox, and an application on a real port; for `limit` real seconds at most."""
    receiver = await Receiver().start()
    exchange = Exchange(options or Options(), {vendor.name: vendor})
    telco = kind(exchange, receiver, seed=1, **spec)
    try:
        async with asyncio.timeout(limit):
            yield telco
    finally:
        await telco.client.aclose()
        await exchange.close()
        await receiver.stop()


# --- what always holds ---------------------------------------------------------------------------------------------


def events_of(telco: Client) -> list[Any]:
    return [entry.data for entry in telco.sandbox.journal.entries() if entry.kind == "event"]


def check_sent_once(telco: Client) -> None:
    """Nothing is sent twice but as a retry."""
    sent = [entry.data for entry in telco.sandbox.journal.entries() if entry.kind == "sent"]
    assert max(Counter((each["delivery"], each["attempt"]) for each in sent).values()) == 1


def check_bridges(telco: Client, heard: Callable[[Any, dict[str, float]], None] = lambda event, talks: None) -> None:
    """Who is joined is parted once, at one instant for both, and both know it. `heard` gets each event in turn, and the
    seconds that each child has talked by then."""
    joined: dict[frozenset[str], e.Bridged] = {}
    talks: dict[str, float] = {}
    for event in events_of(telco):
        if isinstance(event, e.Bridged):
            pair = frozenset((event.leg.id, event.other.id))
            assert pair not in joined
            assert (event.leg.partner, event.other.partner) == (event.other.id, event.leg.id)
            joined[pair] = event
        elif isinstance(event, e.Unbridged):
            began = joined.pop(frozenset((event.leg.id, event.other.id)))
            talks[began.other.id] = (event.at - began.at).total_seconds()
        heard(event, talks)
    assert not joined


def check_whole(telco: Client) -> None:
    """No recording is longer than its call, and none goes on after it."""
    for recording in telco.sandbox.views[telco.vendor].recordings():
        leg = telco.sandbox.engine.legs[recording.leg]
        assert leg.answered_at is not None and leg.ended_at is not None and recording.ended_at is not None
        assert leg.answered_at <= recording.started_at <= recording.ended_at <= leg.ended_at


def check_members(telco: Client) -> None:
    """Who enters leaves once, and a room that is empty is gone."""
    inside: Counter[str] = Counter()
    for event in events_of(telco):
        if isinstance(event, e.MemberJoined):
            inside[event.leg.id] += 1
        elif isinstance(event, e.MemberLeft):
            inside[event.leg.id] -= 1
        assert all(count in (0, 1) for count in inside.values())
    assert not +inside and telco.sandbox.views[telco.vendor].rooms() == []
