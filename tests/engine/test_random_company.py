"""Rooms, queues and supervision drawn at random, every leg answered and somewhere: nobody is left behind."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import BUSY
from emulator.engine.program import Dial, Program, Target, Verb
from tests.engine.desk import Desk
from tests.engine.test_random_programs import attempt, company, flags, heard, leg, programs, waits, waits_for

bridges: st.SearchStrategy[Verb] = st.just(Dial((Target("+911111111111"),)))
meetings = st.builds(
    Program,
    verbs=st.lists(st.one_of(company, company, company, heard, bridges), min_size=1, max_size=3).map(tuple),
    exhausted=st.sampled_from(["idle", "hang_up"]),
    exhausted_cause=st.sampled_from([None, "inherit"]),
)
changes = st.sampled_from(
    ["mute", "unmute", "deafen", "undeafen", "hold", "unhold", "kick", "tag", "coach", "uncoach"]
)  # fmt: skip
deeds = st.one_of(
    st.tuples(st.just("wait"), st.sampled_from([0, 0.3, 1, 5])),
    st.tuples(st.just("join"), meetings, flags),
    st.tuples(st.just("reply"), leg, st.none() | programs | meetings),
    st.tuples(st.just("change"), leg, changes, waits),
    st.tuples(st.just("redirect"), leg, leg, meetings, flags),
    st.tuples(st.just("mode"), leg, st.sampled_from(["listen", "talk"])),
    st.tuples(st.just("press"), leg, st.text("12*", max_size=2)),
    *(
        st.tuples(st.just(kind), leg)
        for kind in ("speak", "sound", "end room", "hang up", "hold", "answer", "no reply")
    ),
)
lives = st.tuples(st.lists(meetings, min_size=2, max_size=4), st.lists(deeds, max_size=25))


def live(life: tuple[list[Program], list[Any]]) -> Desk:
    """Everybody is answered at once; what the engine refuses changes nothing."""
    desk = Desk()
    plans, things = life
    for plan in plans:
        desk.talk(plan)
    for what, *about in things:
        if what == "wait":
            desk.wait(*about)
            continue
        if what == "join":
            plan, inbound = about
            if inbound:
                desk.arrive(plan)
            else:
                desk.talk(plan)
            continue
        attempt(desk, what, about)
    return desk


@given(lives)
@settings(max_examples=200, deadline=None)
def test_everybody_ends_or_waits_for_others(life: Any) -> None:
    desk = live(life)

    desk.finish()

    for each in desk.engine.legs.values():
        assert each.state == "ended" or waits_for(each), each.run[-1].verb


@given(lives)
@settings(max_examples=200, deadline=None)
def test_members_leave_when_their_legs_end(life: Any) -> None:
    desk = live(life)

    desk.settle()
    for each in list(desk.engine.legs.values()):
        if each.state != "ended":
            desk.do(c.HangUp(each.id, "api", BUSY))

    rooms, queues = desk.engine.rooms, desk.engine.queues
    assert (rooms.by_id, rooms.open, queues.by_key, queues.takers) == ({}, {}, {}, {})
    assert len(desk.engine.timers) == 0
    for each in desk.engine.legs.values():
        assert (each.seat, each.place, each.watch, each.bridge) == (None, None, None, None)
    assert len(desk.all(e.MemberJoined)) == len(desk.all(e.MemberLeft))
    assert len(desk.all(e.RoomOpened)) == len(desk.all(e.RoomEnded))
    assert len(desk.all(e.QueueJoined)) == len(desk.all(e.QueueLeft))
    assert len(desk.all(e.SupervisionStarted)) == len(desk.all(e.SupervisionEnded))
    assert len(desk.all(e.Bridged)) == len(desk.all(e.Unbridged))


@given(lives)
@settings(max_examples=100, deadline=None)
def test_both_legs_agree_on_the_seconds_of_their_bridge(life: Any) -> None:
    desk = live(life)

    since: dict[str, datetime] = {}
    for event in desk.events:
        fields = getattr(event, "fields", {})
        if isinstance(event, e.Bridged):
            since |= {event.leg.id: event.at, event.other.id: event.at}
        elif isinstance(event, e.Asked | e.Told) and fields.get("outcome") == "bridged" and "event" not in fields:
            assert since[event.leg.id] == since[fields["partner"]]
            assert fields["seconds"] == (event.at - since[event.leg.id]).total_seconds()


@given(lives)
@settings(max_examples=100, deadline=None)
def test_equal_inputs_give_equal_events(life: Any) -> None:
    assert live(life).events == live(life).events
