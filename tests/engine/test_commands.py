"""Every command's every parameter, and every way a leg may end: cause, who, failure."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import (
    BUSY,
    CANCELLED,
    CAUSES,
    HANGUP,
    INVALID_NUMBER,
    NO_ANSWER,
    NO_CREDIT,
    REJECTED,
    RING_LIMIT,
    RING_TIMEOUT,
    TIME_LIMIT,
    Cause,
)
from emulator.engine.program import Fetch, Play, Say
from tests.engine.desk import ASK, START, Desk, names, program, span, stays

# --- place ------------------------------------------------------------


def test_a_placed_call_is_a_queued_outbound_leg() -> None:
    desk = Desk()

    (dialed,) = desk.do(c.PlaceCall("acme", "+14155550100", "+919876543210", stays(), memo={"app": 7}))

    assert dialed == e.Dialed(START, desk.leg("c1.0"))
    leg = dialed.leg
    assert (leg.id, leg.call, leg.name, leg.parent, leg.vendor) == ("c1.0", "c1", "acme:c1.0", None, "acme")
    assert (leg.direction, leg.from_, leg.to, leg.state) == ("outbound", "+14155550100", "+919876543210", "queued")
    assert (leg.created_at, leg.ringing_at, leg.answered_at, leg.ended_at) == (START, None, None, None)
    assert (leg.memo, leg.position, leg.machine, leg.is_held, leg.partner) == ({"app": 7}, 0, None, False, None)
    assert (leg.cause, leg.by, leg.failure) == (None, None, None)


def test_the_instants_of_a_leg_are_those_of_its_events() -> None:
    desk = Desk()
    leg = desk.place()
    desk.wait(1)
    desk.do(c.Ring(leg))
    desk.wait(2)
    desk.do(c.Answer(leg))
    desk.wait(3)
    desk.do(c.HangUp(leg, "callee"))

    ended = desk.leg(leg)
    instants = (ended.created_at, ended.ringing_at, ended.answered_at, ended.ended_at)
    assert instants == (START, START + span(1), START + span(3), START + span(6))


def test_an_event_keeps_the_leg_as_it_was_then() -> None:
    desk = Desk()
    leg = desk.talk(stays(Say("hello")))
    desk.do(c.HangUp(leg, "callee"))

    states = [event.leg.state for event in desk.events if event.leg is not None]
    assert states == ["queued", "ringing", "answered", "answered", "answered", "ended", "ended"]


def test_nothing_of_the_program_runs_before_the_answer() -> None:
    desk = Desk()
    leg = desk.place(program(Fetch(ASK)), beside=(Say("beside"),))
    desk.do(c.Ring(leg))
    desk.do(c.EarlyMedia(leg))

    assert names(desk.events) == ["Dialed", "RingingStarted", "EarlyMediaStarted"]
    assert names(desk.do(c.Answer(leg))) == ["Answered", "SpeakingStarted", "Asked"]


@pytest.mark.parametrize("to", ["", "12", "no where", "1" * 16, "sip:", "a@b@c"])
def test_a_call_to_nowhere_is_accepted_and_ends_at_once(to: str) -> None:
    desk = Desk()

    events = desk.do(c.PlaceCall("acme", "+14155550100", to, stays(), ring_timeout=span(5)))

    assert names(events) == ["Dialed", "Ended", "CallEnded"]
    assert desk.fate("c1.0") == (INVALID_NUMBER, "platform")
    assert desk.engine.next_deadline() is None


@pytest.mark.parametrize(
    "to", ["112", "+1 (415) 555-0100", "1" * 15, "sip:bob@example.com", "SIPS:bob", "bob", "alice.b@example.com:5060"]
)
def test_numbers_sip_uris_and_user_names_are_places(to: str) -> None:
    desk = Desk()

    assert desk.state(desk.place(to=to)) == "queued"


def test_calls_and_asks_are_numbered_in_order() -> None:
    desk = Desk()

    assert [desk.place() for _ in range(3)] == ["c1.0", "c2.0", "c3.0"]


# --- limits ------------------------------------------------------------


@pytest.mark.parametrize("rings", [True, False])
def test_the_ring_timeout_counts_from_dialling(rings: bool) -> None:
    desk = Desk()
    leg = desk.place(ring_timeout=span(30))
    desk.wait(10)
    if rings:
        desk.do(c.Ring(leg))

    assert desk.wait(19.999) == []
    assert names(desk.wait(0.001)) == ["Ended", "CallEnded"]
    assert desk.fate(leg) == (RING_TIMEOUT, "platform")


def test_the_ring_limit_counts_from_the_first_ring() -> None:
    desk = Desk()
    leg = desk.place(ring_limit=span(5))
    desk.wait(100)
    desk.do(c.Ring(leg))
    desk.wait(4)
    desk.do(c.EarlyMedia(leg))

    desk.wait(1)

    assert desk.fate(leg) == (RING_LIMIT, "platform")
    assert desk.since_start(desk.last(e.Ended)) == 105.0


def test_the_ring_limit_counts_from_early_media_where_nothing_rang() -> None:
    desk = Desk()
    leg = desk.place(ring_limit=span(5))
    desk.do(c.EarlyMedia(leg))

    desk.wait(5)

    assert desk.fate(leg) == (RING_LIMIT, "platform")


def test_limits_of_ringing_do_not_outlive_the_answer() -> None:
    desk = Desk()
    leg = desk.place(ring_timeout=span(5), ring_limit=span(5))
    desk.do(c.Ring(leg))
    desk.do(c.Answer(leg))

    assert desk.engine.next_deadline() is None


def test_what_is_due_at_an_instant_comes_before_a_command_at_it() -> None:
    desk = Desk()
    leg = desk.place(ring_timeout=span(5))
    desk.now += span(5)
    desk.settle()

    assert desk.fate(leg) == (RING_TIMEOUT, "platform")


@pytest.mark.parametrize("inbound", [True, False])
def test_the_time_limit_counts_from_the_answer(inbound: bool) -> None:
    desk = Desk()
    if inbound:
        leg = desk.arrive(time_limit=span(60))
        desk.wait(7)
        desk.reply(stays(Play("u", loop=0)))
    else:
        leg = desk.place(time_limit=span(60))
        desk.wait(7)
        desk.do(c.Answer(leg))

    desk.wait(60)

    assert desk.fate(leg) == (TIME_LIMIT, "platform")
    assert desk.since_start(desk.last(e.Ended)) == 67.0


def test_a_leg_without_limits_waits_for_ever() -> None:
    desk = Desk()
    desk.place()
    desk.arrive()

    assert desk.engine.next_deadline() is None
    assert not desk.engine.has_finite_deadline


# --- arrive ------------------------------------------------------------


def test_an_inbound_call_rings_and_its_program_runs_at_once() -> None:
    desk = Desk()
    leg = desk.arrive(memo={"app": 7})

    assert names(desk.events) == ["Arrived", "Asked"]
    arrived = desk.leg(leg)
    assert (arrived.direction, arrived.state, arrived.ringing_at) == ("inbound", "ringing", START)
    assert (arrived.from_, arrived.to, arrived.memo) == ("+919876543210", "+14155550100", {"app": 7})


@pytest.mark.parametrize(("cause", "expected"), [(None, NO_ANSWER), (NO_CREDIT, NO_CREDIT)])
def test_an_inbound_call_that_nobody_takes_ends_at_once(cause: Cause | None, expected: Cause) -> None:
    desk = Desk()

    events = desk.do(c.Arrive("acme", "+919876543210", "+14155550100", None, cause=cause))

    assert names(events) == ["Arrived", "Ended", "CallEnded"]
    assert desk.fate("c1.0") == (expected, "platform")


def test_a_caller_who_gives_up_cancels() -> None:
    desk = Desk()
    leg = desk.arrive()

    assert names(desk.do(c.HangUp(leg, "caller"))) == ["AskAbandoned", "Ended", "CallEnded"]
    assert desk.fate(leg) == (CANCELLED, "caller")


def test_an_inbound_leg_may_be_answered_by_command_and_its_program_goes_on() -> None:
    desk = Desk()
    leg = desk.arrive()

    assert names(desk.do(c.Answer(leg))) == ["Answered"]
    assert names(desk.reply(stays(Say("hello")))) == ["SpeakingStarted"]


# --- ends ------------------------------------------------------------


@pytest.mark.parametrize("cause", CAUSES.values(), ids=lambda cause: cause.kind)
@pytest.mark.parametrize("by", ["carrier", "callee"])
def test_a_failed_attempt_ends_with_its_cause_and_by_whom(cause: Cause, by: Any) -> None:
    desk = Desk()
    leg = desk.place()

    events = desk.do(c.Fail(leg, cause, by))

    assert events == [e.Ended(START, desk.leg(leg), cause, by), e.CallEnded(START, desk.leg(leg))]
    assert desk.fate(leg) == (cause, by)


def test_a_failure_is_the_carriers_unless_told() -> None:
    assert c.Fail("c1.0", BUSY).by == "carrier"


@pytest.mark.parametrize("by", ["caller", "callee", "api", "platform", "partner"])
@pytest.mark.parametrize("state", ["queued", "ringing", "early media", "answered"])
def test_a_hang_up_before_the_answer_counts_as_cancelled(state: str, by: Any) -> None:
    desk = Desk()
    leg = desk.place()
    for command in {"ringing": [c.Ring], "early media": [c.EarlyMedia], "answered": [c.Answer]}.get(state, []):
        desk.do(command(leg))

    desk.do(c.HangUp(leg, by))

    assert desk.fate(leg) == (HANGUP if state == "answered" else CANCELLED, by)


def test_a_hang_up_with_another_cause_keeps_it() -> None:
    desk = Desk()
    early, late = desk.place(), desk.talk()

    desk.do(c.HangUp(early, "api", REJECTED))
    desk.do(c.HangUp(late, "api", REJECTED))

    assert desk.fate(early) == desk.fate(late) == (REJECTED, "api")


def test_causes_are_found_by_their_kind_which_is_unique() -> None:
    assert all(cause.kind == kind for kind, cause in CAUSES.items())
    assert len({cause.kind for cause in CAUSES.values()}) == len(CAUSES)


# --- what the far end does ------------------------------------------------------------


def test_keys_are_pressed_one_after_another_at_one_instant() -> None:
    desk = Desk()
    leg = desk.talk()

    events = desk.do(c.Press(leg, "1#A"))

    assert [(event.digit, event.at) for event in events if isinstance(event, e.DigitPressed)] == [
        ("1", START), ("#", START), ("A", START),
    ]  # fmt: skip
    assert desk.do(c.Press(leg, "")) == []


def test_keys_after_the_one_that_ended_the_leg_are_not_pressed() -> None:
    from emulator.engine.program import Gather, HangUp

    desk = Desk()
    leg = desk.talk(stays(Gather(max_digits=1), HangUp()))

    assert names(desk.do(c.Press(leg, "123"))) == ["DigitPressed", "DigitsCollected", "Ended", "CallEnded"]


def test_hold_changes_once_and_back() -> None:
    desk = Desk()
    leg = desk.talk()

    assert [event.is_held for event in desk.do(c.Hold(leg)) if isinstance(event, e.HeldChanged)] == [True]
    assert desk.do(c.Hold(leg)) == []
    assert desk.leg(leg).is_held is True
    assert names(desk.do(c.Hold(leg, held=False))) == ["HeldChanged"]
    assert desk.leg(leg).is_held is False


def test_an_ended_leg_is_held_no_more() -> None:
    desk = Desk()
    leg = desk.talk()
    desk.do(c.Hold(leg))

    desk.do(c.HangUp(leg, "callee"))

    assert desk.last(e.Ended).leg.is_held is False


def test_two_calls_at_one_instant_do_not_touch_each_other() -> None:
    desk = Desk()
    first, second = desk.talk(program(Fetch(ASK))), desk.talk(program(Fetch(ASK)))

    desk.reply(stays(Say("to the second")), second)
    desk.reply(stays(Say("to the first!!")), first)

    assert [(event.leg.id, event.text) for event in desk.all(e.SpeakingStarted)] == [
        (second, "to the second"), (first, "to the first!!"),
    ]  # fmt: skip
    assert [event.leg.id for event in desk.finish() if isinstance(event, e.Heard)] == [second, first]


def test_two_timers_at_one_instant_go_by_the_order_they_were_set() -> None:
    desk = Desk()
    legs = [desk.place(ring_timeout=span(30)), desk.place(ring_timeout=span(20)), desk.place(ring_timeout=span(30))]
    desk.wait(10)
    legs.append(desk.place(ring_timeout=span(20)))

    desk.wait(20)

    assert [event.leg.id for event in desk.all(e.Ended)] == [legs[1], legs[0], legs[2], legs[3]]
