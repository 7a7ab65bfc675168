"""What can be looked up, what is dropped, and the deadlines."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emulator.engine import Engine
from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import CAUSES, Cause
from emulator.engine.destinations import is_destination
from emulator.engine.legs import Bridge, Call, Leg
from emulator.engine.program import Dial, Pause, Play, Target
from emulator.engine.timers import Timer, Timers
from emulator.engine.verbs import STEPS, _check
from tests.engine.desk import START, Desk, names, program, span, stays


def test_a_leg_is_found_by_its_vendors_name_live_and_ended_but_not_by_another_vendors() -> None:
    desk = Desk()
    leg = desk.place()

    found = desk.engine.named("acme", "acme:c1.0")
    assert found is desk.engine.legs[leg]
    desk.do(c.HangUp(leg, "api"))
    assert desk.engine.named("acme", "acme:c1.0") is found
    assert desk.engine.named("other", "acme:c1.0") is None
    assert desk.engine.named("acme", "c1.0") is None


def test_of_several_legs_of_one_name_the_first_is_found() -> None:
    engine = Engine(lambda vendor, leg, at: leg.partition(".")[0])
    plan = program(Dial((Target("+911111111111"),)))
    engine.handle(c.Arrive("acme", "+919876543210", "+14155550100", plan), START)

    assert engine.named("acme", "c1") is engine.legs["c1.0"]
    engine.handle(c.HangUp("c1.0", "caller"), START)
    engine.drop("c1")
    assert engine.named("acme", "c1") is None


def test_a_book_keeps_each_vendors_legs_by_where_they_are() -> None:
    desk = Desk()
    first, second, third = desk.place(), desk.place(), desk.place()
    desk.do(c.PlaceCall("other", "+1", "+919876543210", stays()))
    inbound = desk.arrive()
    desk.do(c.Ring(second))
    desk.do(c.Answer(first))
    desk.do(c.HangUp(second, "callee"))

    book = desk.engine.book("acme")

    assert [list(legs) for legs in (book.queued, book.live, book.ended)] == [[third], [inbound, first], [second]]
    assert list(desk.engine.book("other").queued) == ["c4.0"]
    assert not desk.engine.book("nobody").queued


def test_a_shelf_keeps_legs_of_every_state_by_age_with_what_they_dialled_until_their_call_is_forgotten() -> None:
    desk = Desk()
    plan = program(Dial((Target("+911111111111"),)))
    desk.do(c.PlaceCall("acme", "+1", "+919876543210", plan, shelf="tests"))
    desk.do(c.Arrive("acme", "+919876543210", "+14155550100", stays(Pause()), shelf="tests"))
    desk.place()
    desk.do(c.Answer("c1.0"))
    shelves = desk.engine.book("acme").shelves
    assert {name: list(legs) for name, legs in shelves.items()} == {"tests": ["c1.0", "c2.0", "c1.1"]}

    desk.do(c.HangUp("c1.0", "api"))
    assert list(shelves["tests"]) == ["c1.0", "c2.0", "c1.1"]
    desk.engine.drop("c1")
    assert list(shelves["tests"]) == ["c2.0"]


def test_an_ended_call_can_be_forgotten() -> None:
    desk = Desk()
    plan = stays(Dial((Target("+911111111111"), Target("+912222222222"))))
    leg = desk.talk(plan)
    desk.do(c.HangUp(leg, "callee"))
    other = desk.place()

    desk.engine.drop("c1")

    assert list(desk.engine.calls) == ["c2"]
    assert list(desk.engine.legs) == [other]
    assert not desk.engine.book("acme").ended
    assert desk.engine.named("acme", "acme:c1.0") is None
    assert names(desk.do(c.Reply("c1.0#1", None))) == ["AnswerDropped"]
    assert desk.last(e.AnswerDropped).leg is None


def test_a_live_call_cannot_be_forgotten() -> None:
    desk = Desk()
    desk.place()

    with pytest.raises(ValueError, match="c1 is not over"):
        desk.engine.drop("c1")
    assert list(desk.engine.calls) == ["c1"]


def test_a_call_is_over_with_its_last_leg() -> None:
    desk = Desk()
    desk.talk(stays(Dial((Target("+911111111111"),))))
    desk.do(c.Answer("c1.1"))
    desk.do(c.Redirect((("c1.0", stays()), ("c1.1", stays()))))

    assert names(desk.do(c.HangUp("c1.0", "callee"))) == ["Ended"]
    ended, over = desk.do(c.HangUp("c1.1", "callee"))

    assert isinstance(ended, e.Ended)
    assert over == e.CallEnded(desk.now, desk.leg("c1.0"))


# --- deadlines ------------------------------------------------------------


def test_what_is_woken_late_bears_the_instant_it_was_due() -> None:
    desk = Desk()
    desk.place(ring_timeout=span(5))
    desk.talk(stays(Pause(span(1)), Pause(span(2)), Play("u")))

    events = desk.engine.wake(START + span(3600))

    assert [(type(event).__name__, desk.since_start(event)) for event in events] == [
        ("SpeakingStarted", 3.0), ("Ended", 5.0), ("CallEnded", 5.0), ("Heard", 6.0), ("BecameIdle", 6.0),
    ]  # fmt: skip


@pytest.mark.parametrize(("most", "woken"), [(0, 0), (1, 1), (2, 2), (9, 3), (None, 3)])
def test_no_more_timers_are_woken_than_asked_for(most: int | None, woken: int) -> None:
    desk = Desk()
    for _ in range(3):
        desk.place(ring_timeout=span(5))

    events = desk.engine.wake(START + span(5), most)

    assert names(events).count("Ended") == woken
    assert (desk.engine.next_deadline() is None) == (woken == 3)


def test_a_deadline_is_due_at_its_instant_and_not_before() -> None:
    desk = Desk()
    desk.place(ring_timeout=span(5))

    assert desk.engine.wake(START + span(4.999999)) == []
    assert desk.engine.next_deadline() == START + span(5)
    assert names(desk.engine.wake(START + span(5))) == ["Ended", "CallEnded"]


def a_timer(seconds: float, is_endless: bool = False) -> Timer:
    leg = Leg("c1.0", "", Call("c1"), None, "acme", "outbound", "", "", START, None)
    return Timer(START + span(seconds), leg, "ring", None, is_endless)


def test_cancelled_timers_are_forgotten_once_they_are_more_than_half() -> None:
    timers = Timers()
    made = [timers.set(a_timer(n)) for n in range(200)]

    for timer in made[:130]:
        timers.cancel(timer)

    assert len(timers) == timers.finite == 70
    assert len(timers._heap) < 100
    assert timers.next_deadline() == START + span(130)
    assert [timers.pop(START + span(1000)) for _ in range(71)] == [*made[130:], None]


def test_a_timer_that_fired_or_was_cancelled_cannot_be_cancelled_again() -> None:
    timers = Timers()
    fired, kept, cancelled = timers.set(a_timer(1)), timers.set(a_timer(2)), timers.set(a_timer(3))
    assert timers.pop(START + span(1)) is fired

    timers.cancel(fired)
    timers.cancel(cancelled)
    timers.cancel(cancelled)

    assert len(timers) == timers.finite == 1
    assert timers.next_deadline() == kept.at


def test_an_endless_timer_is_a_deadline_but_no_finite_one() -> None:
    timers = Timers()
    endless = timers.set(a_timer(1, is_endless=True))

    assert (len(timers), timers.finite) == (1, 0)
    assert timers.pop(START) is None
    assert timers.pop(endless.at) is endless
    timers.set(endless)
    timers.cancel(timers.set(a_timer(2, is_endless=True)))
    assert timers.finite == 0


# --- small parts ------------------------------------------------------------


def test_a_leg_alone_has_no_partner() -> None:
    leg = a_timer(0).leg
    leg.bridge = Bridge([leg])

    assert leg.partner is None
    assert leg.snapshot().partner is None


def test_a_snapshot_is_made_once_between_two_changes() -> None:
    leg = a_timer(0).leg
    first = leg.snapshot()

    assert leg.snapshot() is first
    leg.changed()
    assert leg.snapshot() is not first
    assert leg.snapshot() == first


def test_a_verb_without_a_step_is_found_at_import() -> None:
    with pytest.raises(TypeError, match="Dial"):
        _check({kind: step for kind, step in STEPS.items() if kind is not Dial})


@pytest.mark.parametrize("to", ["+91 98765-43210", "(415) 555.0100", "911", "sip:a@b", "sips:a", "a_1", "bob@host.tld"])
def test_a_destination(to: str) -> None:
    assert is_destination(to)


@pytest.mark.parametrize("to", ["", "+", "12", "1" * 16, "sip:", "sip:a b@c", "12@example.com", "bob smith", "+-()"])
def test_no_destination(to: str) -> None:
    assert not is_destination(to)


def test_values_are_equal_by_what_they_hold() -> None:
    assert Cause("busy", "USER_BUSY", 17) == CAUSES["busy"]
    assert hash(Cause("busy", "USER_BUSY", 17)) == hash(CAUSES["busy"])
    assert Pause(timedelta(seconds=1)) == Pause()
