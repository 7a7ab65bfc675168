"""Dial: every target rings, one wins, and the application hears how it went."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import (
    BUSY,
    CANCELLED,
    CONGESTION,
    HANGUP,
    INVALID_NUMBER,
    LOST_RACE,
    NO_ANSWER,
    PROGRAM_END,
    REJECTED,
    RING_TIMEOUT,
    TIME_LIMIT,
    UNREACHABLE,
    Cause,
)  # fmt: skip
from emulator.engine.program import Dial, Fetch, Gather, Hook, Pause, Program, Say, SendDigits, Target
from emulator.errors import Refused
from tests.engine.desk import ASK, TELL, Desk, names, program, span, stays

EVENTS = Hook("http://app/progress", awaited=False, purpose="dial-event")
ONE = (Target("+911111111111"),)
TWO = (*ONE, Target("+912222222222"))
ROOT, FIRST, SECOND = "c1.0", "c1.1", "c1.2"


def dialling(targets: tuple[Target, ...] = ONE, *then: Any, **more: Any) -> Desk:
    """An answered agent whose program dials, and then does `then`; it idles at the end."""
    desk = Desk()
    desk.talk(stays(Dial(targets, **more), *then), memo={"a": 1, "b": 1})
    return desk


def bridged(targets: tuple[Target, ...] = ONE, *then: Any, **more: Any) -> Desk:
    desk = dialling(targets, *then, **more)
    desk.do(c.Answer(FIRST))
    return desk


def told(desk: Desk, hook: Hook) -> list[dict[str, Any]]:
    return [event.fields for event in desk.all(e.Told) if event.hook == hook]


def test_every_target_is_dialled_at_once_in_order() -> None:
    desk = dialling(TWO)

    children = [event.leg for event in desk.all(e.Dialed)][1:]
    assert [(leg.id, leg.to, leg.position, leg.parent, leg.state) for leg in children] == [
        (FIRST, "+911111111111", 1, ROOT, "queued"),
        (SECOND, "+912222222222", 2, ROOT, "queued"),
    ]
    assert {leg.created_at for leg in children} == {desk.now}


def test_a_child_has_its_parents_caller_and_memo_unless_its_target_says_otherwise() -> None:
    desk = dialling((Target("+911111111111"), Target("+912222222222", from_="+913333333333", memo={"b": 2, "c": 2})))

    assert (desk.leg(FIRST).from_, desk.leg(FIRST).memo) == ("+14155550100", {"a": 1, "b": 1})
    assert (desk.leg(SECOND).from_, desk.leg(SECOND).memo) == ("+913333333333", {"a": 1, "b": 2, "c": 2})
    assert desk.leg(ROOT).memo == {"a": 1, "b": 1}


def test_the_first_to_answer_is_bridged_and_the_others_have_lost_the_race() -> None:
    desk = dialling(TWO, events=EVENTS)
    desk.do(c.Ring(FIRST))
    desk.do(c.Ring(SECOND))

    events = desk.do(c.Answer(SECOND))

    assert names(events) == ["Answered", "Told", "Ended", "Bridged", "Told", "Told"]
    assert desk.fate(FIRST) == (LOST_RACE, "platform")
    assert (desk.leg(ROOT).partner, desk.leg(SECOND).partner) == (SECOND, ROOT)
    assert [(fields["event"], fields["child"], fields["position"]) for fields in told(desk, EVENTS)] == [
        ("answer", SECOND, 2), ("bridge", SECOND, 2), ("hangup", FIRST, 1),
    ]  # fmt: skip


def test_two_targets_that_answer_at_one_instant_have_one_winner_the_first_command() -> None:
    desk = dialling(TWO)

    desk.do(c.Answer(SECOND))
    with pytest.raises(Refused, match="call_ended"):
        desk.do(c.Answer(FIRST))

    assert desk.leg(ROOT).partner == SECOND


def test_a_busy_first_target_leaves_the_second_ringing() -> None:
    desk = dialling(TWO, hook=ASK)

    assert names(desk.do(c.Fail(FIRST, BUSY))) == ["Ended"]
    assert desk.state(SECOND) == "queued"
    assert "Bridged" in names(desk.do(c.Answer(SECOND)))
    desk.do(c.HangUp(SECOND, "callee"))

    fields = desk.last(e.Asked).fields
    assert (fields["outcome"], fields["child"]) == ("answered", SECOND)


OUTCOMES = [
    (BUSY, "busy"), (NO_ANSWER, "no-answer"), (REJECTED, "rejected"), (UNREACHABLE, "failed"), (CONGESTION, "failed"),
    (CANCELLED, "cancelled"),
]  # fmt: skip


@pytest.mark.parametrize(("cause", "outcome"), OUTCOMES)
def test_when_nobody_answers_the_outcome_is_that_of_the_last_target(cause: Cause, outcome: str) -> None:
    desk = dialling(TWO, hook=ASK)
    desk.do(c.Fail(SECOND, UNREACHABLE))
    desk.wait(3)

    desk.do(c.Fail(FIRST, cause))

    asked = desk.last(e.Asked)
    assert asked.hook == ASK
    assert asked.fields == {"outcome": outcome, "child": FIRST, "rang": False, "cause": cause, "seconds": 0.0}


def test_rang_says_whether_any_target_rang() -> None:
    desk = dialling(TWO, hook=ASK)
    desk.do(c.EarlyMedia(SECOND))
    desk.do(c.Fail(SECOND, BUSY))
    desk.do(c.Fail(FIRST, BUSY))

    assert desk.last(e.Asked).fields["rang"] is True


def test_targets_ring_for_the_ring_timeout_counted_from_dialling() -> None:
    desk = dialling(TWO, hook=ASK, ring_timeout=span(20))
    desk.wait(12)
    desk.do(c.Ring(FIRST))

    assert desk.wait(7.999) == []
    events = desk.wait(0.001)

    assert names(events) == ["Ended", "Ended", "Asked"]
    assert desk.fate(FIRST) == desk.fate(SECOND) == (RING_TIMEOUT, "platform")
    assert desk.last(e.Asked).fields["outcome"] == "no-answer"


def test_the_default_ring_timeout_is_a_minute() -> None:
    desk = dialling()

    desk.wait(60)

    assert desk.since_start(desk.last(e.Ended)) == 60.0


def test_the_ring_timeout_does_not_outlive_the_answer() -> None:
    desk = bridged(ring_timeout=span(20))

    assert desk.wait(3600) == []


def test_the_time_limit_counts_from_the_bridge() -> None:
    desk = dialling(hook=ASK, time_limit=span(30))
    desk.wait(10)
    desk.do(c.Answer(FIRST))

    assert desk.wait(29.999) == []
    desk.wait(0.001)

    assert desk.fate(FIRST) == (TIME_LIMIT, "platform")
    fields = desk.last(e.Asked).fields
    assert (fields["outcome"], fields["seconds"], fields["cause"]) == ("time-limit", 30.0, TIME_LIMIT)


def test_a_hook_that_is_told_lets_the_next_verb_run() -> None:
    desk = bridged(ONE, Say("back"), hook=TELL)
    desk.wait(4)

    events = desk.do(c.HangUp(FIRST, "callee"))

    assert names(events) == ["Unbridged", "Ended", "Told", "SpeakingStarted"]
    assert told(desk, TELL) == [
        {"outcome": "answered", "child": FIRST, "rang": False, "cause": HANGUP, "seconds": 4.0}
    ]  # fmt: skip


def test_without_a_hook_the_next_verb_runs() -> None:
    desk = bridged(ONE, Say("back"))

    assert names(desk.do(c.HangUp(FIRST, "callee"))) == ["Unbridged", "Ended", "SpeakingStarted"]


def test_the_answer_to_the_hook_is_run() -> None:
    desk = bridged(ONE, Say("never"), hook=ASK)
    desk.do(c.HangUp(FIRST, "callee"))

    desk.reply(stays(Say("instead")))

    assert [event.text for event in desk.all(e.SpeakingStarted)] == ["instead"]


@pytest.mark.parametrize("targets", [(), (Target("no where"),), (Target("no where"), Target("12"))])
def test_a_dial_to_nowhere_fails_at_once(targets: tuple[Target, ...]) -> None:
    desk = dialling(targets, hook=ASK)

    fields = desk.last(e.Asked).fields
    assert (fields["outcome"], fields["rang"]) == ("failed", False)
    assert fields["child"] == (f"c1.{len(targets)}" if targets else "")
    assert [event.cause for event in desk.all(e.Ended)] == [INVALID_NUMBER] * len(targets)
    assert desk.engine.next_deadline() is None


def test_one_impossible_target_does_not_spoil_the_other() -> None:
    desk = dialling((Target("no where"), Target("+912222222222")))

    assert "Bridged" in names(desk.do(c.Answer(SECOND)))


def test_the_bridge_answers_an_inbound_leg() -> None:
    desk = Desk()
    desk.arrive(stays(Dial(ONE)))
    assert desk.state(ROOT) == "ringing"

    events = desk.do(c.Answer(FIRST))

    assert names(events) == ["Answered", "Answered", "Bridged"]
    assert [event.leg.id for event in desk.all(e.Answered)] == [FIRST, ROOT]


def test_an_inbound_leg_whose_targets_are_busy_is_never_answered() -> None:
    desk = Desk()
    desk.arrive(program(Dial(ONE), exhausted_cause="inherit"))

    desk.do(c.Fail(FIRST, BUSY))

    assert desk.fate(ROOT) == (BUSY, "partner")
    assert desk.leg(ROOT).answered_at is None


def test_a_star_ends_the_bridge_where_the_dial_says_so() -> None:
    desk = bridged(ONE, Say("back"), end_on_star=True)

    desk.do(c.Press(ROOT, "1#"))
    assert desk.state(FIRST) == "answered"
    desk.do(c.Press(ROOT, "*"))

    assert desk.fate(FIRST) == (HANGUP, "partner")
    assert desk.last(e.SpeakingStarted, ROOT).text == "back"


def test_a_star_means_nothing_without_end_on_star_nor_before_the_bridge_nor_from_the_child() -> None:
    plain, ringing, child = bridged(), dialling(end_on_star=True), bridged(end_on_star=True)

    assert names(plain.do(c.Press(ROOT, "*"))) == ["DigitPressed"]
    assert names(ringing.do(c.Press(ROOT, "*"))) == ["DigitPressed"]
    assert names(child.do(c.Press(FIRST, "*"))) == ["DigitPressed"]


def test_a_leg_may_end_as_its_answered_partner_did() -> None:
    desk = bridged(ONE, Say("never"), hook=ASK, end_with_child=True)

    events = desk.do(c.HangUp(FIRST, "callee"))

    assert names(events) == ["Unbridged", "Ended", "Told", "Ended", "CallEnded"]
    assert desk.fate(ROOT) == (HANGUP, "partner")
    assert desk.last(e.Told).fields["outcome"] == "answered"


def test_end_with_child_needs_no_hook_and_takes_the_cause_of_the_limit() -> None:
    desk = bridged(end_with_child=True, time_limit=span(5))

    desk.wait(5)

    assert desk.fate(ROOT) == (TIME_LIMIT, "partner")


def test_end_with_child_means_nothing_if_nobody_answered() -> None:
    desk = dialling(ONE, Say("nobody"), end_with_child=True)

    assert names(desk.do(c.Fail(FIRST, BUSY))) == ["Ended", "SpeakingStarted"]


def test_progress_is_told_with_child_position_and_cause() -> None:
    desk = bridged(events=EVENTS)
    desk.do(c.HangUp(FIRST, "callee"))

    assert told(desk, EVENTS) == [
        {"event": "answer", "child": FIRST, "position": 1, "cause": None},
        {"event": "bridge", "child": FIRST, "position": 1, "cause": None},
        {"event": "hangup", "child": FIRST, "position": 1, "cause": HANGUP},
    ]


def test_keys_for_a_target_are_sent_once_it_answers() -> None:
    desk = dialling((Target("+911111111111", send_digits=SendDigits("w12")),))
    desk.do(c.Ring(FIRST))
    assert desk.wait(5) == []

    desk.do(c.Answer(FIRST))
    desk.wait(1)

    (sent,) = desk.all(e.DigitsSent)
    assert (sent.leg.id, sent.digits, desk.since_start(sent)) == (FIRST, "12", 5.9)


def test_early_keys_for_a_target_are_sent_while_it_rings() -> None:
    desk = dialling((Target("+911111111111", send_digits=SendDigits("12", early=True)),))
    desk.do(c.Ring(FIRST))
    desk.wait(1)
    desk.do(c.EarlyMedia(FIRST))
    desk.do(c.Answer(FIRST))
    desk.wait(1)

    assert [(event.leg.state, event.digits) for event in desk.all(e.DigitsSent)] == [("ringing", "12")]


# --- one of the two goes ------------------------------------------------------------


def test_who_dialled_and_hangs_up_takes_the_bridge_along_and_tells_its_hooks_before_it_ends() -> None:
    desk = bridged(hook=ASK, events=EVENTS)
    desk.wait(7)

    events = desk.do(c.HangUp(ROOT, "callee"))

    assert names(events) == ["Unbridged", "Ended", "Told", "Told", "Ended", "CallEnded"]
    assert desk.fate(FIRST) == (HANGUP, "partner")
    assert [event.hook for event in desk.all(e.Told)][-2:] == [EVENTS, ASK]
    assert desk.last(e.Told).fields == {
        "outcome": "answered", "child": FIRST, "rang": False, "cause": HANGUP, "seconds": 7.0,
    }  # fmt: skip


def test_who_hangs_up_while_it_rings_cancels_every_target() -> None:
    desk = dialling(TWO, hook=ASK)
    desk.do(c.Ring(FIRST))

    desk.do(c.HangUp(ROOT, "callee"))

    assert desk.fate(FIRST) == desk.fate(SECOND) == (CANCELLED, "partner")
    fields = desk.last(e.Told).fields
    assert (fields["outcome"], fields["child"], fields["rang"]) == ("cancelled", SECOND, True)


def test_a_leg_that_ends_while_the_application_decides_tells_the_dial_no_more() -> None:
    desk = bridged(hook=ASK, events=EVENTS)
    desk.do(c.HangUp(FIRST, "callee"))

    assert names(desk.do(c.HangUp(ROOT, "callee"))) == ["AskAbandoned", "Ended", "CallEnded"]


def test_keys_pressed_while_the_application_decides_go_nowhere() -> None:
    desk = bridged(hook=ASK, end_on_star=True)
    desk.do(c.HangUp(FIRST, "callee"))

    assert names(desk.do(c.Press(ROOT, "*"))) == ["DigitPressed"]


@pytest.mark.parametrize("order", [(ROOT, FIRST), (FIRST, ROOT)])
def test_both_hang_up_at_one_instant_and_the_first_ends_the_call(order: tuple[str, str]) -> None:
    desk = Desk()
    desk.talk(program(Dial(ONE), exhausted_cause="inherit"))
    desk.do(c.Answer(FIRST))

    desk.do(c.HangUp(order[0], "caller"))
    with pytest.raises(Refused, match="call_ended"):
        desk.do(c.HangUp(order[1], "callee"))

    assert desk.fate(order[0]) == (HANGUP, "caller")
    assert desk.fate(order[1]) == (HANGUP, "partner")
    assert names(desk.events).count("CallEnded") == 1


@pytest.mark.parametrize("leg", [ROOT, FIRST])
def test_a_bridged_hang_up_ends_the_partner_with_it(leg: str) -> None:
    desk = bridged(ONE, Say("never"), hook=ASK)

    desk.do(c.HangUp(leg, "api", bridged=True))

    assert {desk.state(ROOT), desk.state(FIRST)} == {"ended"}
    assert desk.fate(leg) == (HANGUP, "api")
    assert names(desk.events[-3:]) == ["Told", "Ended", "CallEnded"]


def test_a_bridged_hang_up_of_a_lone_leg_ends_that_leg() -> None:
    desk = Desk()
    leg = desk.talk()

    assert names(desk.do(c.HangUp(leg, "api", bridged=True))) == ["Ended", "CallEnded"]


def test_hold_of_a_bridged_leg_changes_that_leg_alone() -> None:
    desk = bridged()

    (changed,) = desk.do(c.Hold(FIRST))

    assert isinstance(changed, e.HeldChanged)
    assert (changed.is_held, changed.leg.partner) == (True, ROOT)
    assert (desk.leg(FIRST).is_held, desk.leg(ROOT).is_held) == (True, False)
    desk.do(c.HangUp(ROOT, "caller"))
    assert desk.leg(FIRST).is_held is False


def test_what_a_leg_dialled_falls_with_it_however_deep() -> None:
    desk = bridged()
    desk.do(c.Redirect(((ROOT, stays()), (FIRST, stays(Dial(ONE, hook=TELL))))))
    desk.do(c.Answer("c1.2"))
    desk.do(c.Redirect((("c1.2", stays(Dial(ONE, hook=TELL))), (FIRST, stays()))))
    desk.do(c.Answer("c1.3"))

    desk.do(c.HangUp("c1.2", "callee"))

    assert desk.fate("c1.3") == (HANGUP, "partner")
    assert desk.state(ROOT) == desk.state(FIRST) == "answered"
    assert desk.engine.legs["c1.2"].parent is desk.engine.legs[FIRST]


# --- agent first ------------------------------------------------------------


@pytest.mark.parametrize(("cause", "by"), [(BUSY, "callee"), (NO_ANSWER, "carrier")])
def test_agent_first_ends_the_agent_for_the_reason_the_customer_was_not_reached(cause: Cause, by: Any) -> None:
    desk = Desk()
    desk.talk(program(Dial(ONE), exhausted_cause="inherit"))

    events = desk.do(c.Fail(FIRST, cause, by))

    assert names(events) == ["Ended", "Ended", "CallEnded"]
    assert desk.fate(FIRST) == (cause, by)
    assert desk.fate(ROOT) == (cause, "partner")


def test_agent_first_dials_nobody_until_the_agent_answers() -> None:
    desk = Desk()
    agent = desk.place(program(Dial(ONE), exhausted_cause="inherit"))
    desk.do(c.Ring(agent))
    desk.do(c.Fail(agent, BUSY))

    assert [event.leg.id for event in desk.all(e.Dialed)] == [agent]


def test_inherit_without_any_partner_is_the_end_of_the_program() -> None:
    desk = Desk()
    leg = desk.talk(program(Say("hello"), exhausted_cause="inherit"))

    desk.finish()

    assert desk.fate(leg) == (PROGRAM_END, "platform")


def test_a_named_cause_ends_the_exhausted_leg() -> None:
    desk = Desk()
    leg = desk.talk(program(exhausted_cause=BUSY))

    assert desk.fate(leg) == (BUSY, "platform")


# --- what came first ------------------------------------------------------------


@pytest.mark.parametrize("plan", [Program(()), stays(Gather()), stays(Dial(ONE)), stays(Fetch(ASK)), stays(Pause())])
def test_what_a_redirected_leg_had_dialled_says_nothing_to_its_new_program(plan: Program) -> None:
    desk = bridged(ONE, Say("never"), hook=ASK, events=EVENTS)

    desk.do(c.Redirect(((ROOT, plan),)))

    assert desk.fate(FIRST) == (HANGUP, "partner")
    assert [event for event in desk.all(e.Asked) if event.fields] == []
    assert (desk.state(ROOT) == "ended") == (plan == Program(()))
