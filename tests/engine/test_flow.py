"""Fetch and its hook, HangUp, AnswerVerb, Tag, the end of a program, and loops that would take no time."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import (
    BUSY,
    FAILED_APPLICATION,
    HANGUP,
    PROGRAM_END,
    REJECTED,
    UNREACHABLE,
    Cause,
    Failure,
)
from emulator.engine.program import (
    AnswerVerb,
    Dial,
    Fetch,
    Gather,
    HangUp,
    Hook,
    Pause,
    Program,
    Say,
    Tag,
    Target,
)
from tests.engine.desk import ASK, TELL, Desk, names, program, span, stays

LEG = "c1.0"


# --- fetch ------------------------------------------------------------


def test_a_fetch_asks_and_waits() -> None:
    desk = Desk()
    desk.talk(program(Fetch(ASK), Say("never")))

    asked = desk.last(e.Asked)
    assert (asked.ask, asked.hook, asked.fields, asked.leg.state) == ("c1.0#1", ASK, {}, "answered")
    assert desk.engine.next_deadline() is None


def test_the_answer_replaces_everything_that_stands() -> None:
    desk = Desk()
    desk.talk(program(Fetch(ASK), Say("never")))

    desk.reply(program(Say("answer")))
    desk.finish()

    assert [event.text for event in desk.all(e.SpeakingStarted)] == ["answer"]
    assert desk.fate(LEG) == (PROGRAM_END, "platform")


def test_a_hook_that_is_told_holds_nothing_up() -> None:
    desk = Desk()
    desk.talk(stays(Fetch(TELL), Say("next")))

    assert names(desk.events)[-2:] == ["Told", "SpeakingStarted"]
    assert (desk.last(e.Told).hook, desk.last(e.Told).fields) == (TELL, {})


def empty(how: Literal["next", "end", "idle"], **more: Any) -> Desk:
    desk = Desk()
    desk.talk(stays(Fetch(Hook("u", on_empty=how, **more)), Say("next")))
    desk.reply(None)
    return desk


def test_an_empty_answer_goes_on_unless_told() -> None:
    assert empty("next").last(e.SpeakingStarted).text == "next"
    assert Hook("u").on_empty == "next"


@pytest.mark.parametrize(("cause", "expected"), [(None, PROGRAM_END), (REJECTED, REJECTED)])
def test_an_empty_answer_may_end_the_leg_with_a_cause(cause: Cause | None, expected: Cause) -> None:
    desk = empty("end", cause=cause)

    assert desk.fate(LEG) == (expected, "platform")
    assert desk.all(e.SpeakingStarted) == []


def test_an_empty_answer_may_leave_the_leg_idle() -> None:
    desk = empty("idle")

    assert names(desk.events)[-1] == "BecameIdle"
    assert desk.wait(3600) == []
    assert desk.state(LEG) == "answered"


WHYS: list[Any] = ["unreachable", "status", "invalid", "not-emulated"]


@pytest.mark.parametrize("why", WHYS)
def test_no_answer_ends_the_leg_as_a_failure_of_the_application(why: Any) -> None:
    desk = Desk()
    desk.talk(program(Fetch(Hook("u", purpose="redirect")), Say("never")))

    events = desk.do(c.NoReply("c1.0#1", why, "what went wrong"))

    assert names(events) == ["Ended", "CallEnded"]
    assert desk.fate(LEG) == (FAILED_APPLICATION, "application")
    assert desk.leg(LEG).failure == Failure("redirect", why, "what went wrong")


def test_no_answer_may_go_on_with_the_next_verb() -> None:
    desk = Desk()
    desk.talk(stays(Fetch(Hook("u", on_failure="next")), Say("next")))

    assert names(desk.do(c.NoReply("c1.0#1", "status", "503"))) == ["AskFailed", "SpeakingStarted"]
    failed = desk.last(e.AskFailed)
    assert (failed.hook.url, failed.why, failed.text) == ("u", "status", "503")
    assert desk.leg(LEG).failure is None


def test_what_is_not_emulated_never_goes_on_because_that_would_hide_our_gap() -> None:
    desk = Desk()
    desk.talk(stays(Fetch(Hook("u", on_failure="next")), Say("next")))

    desk.do(c.NoReply("c1.0#1", "not-emulated", "flying"))

    assert (desk.state(LEG), desk.leg(LEG).failure) == ("ended", Failure("answer", "not-emulated", "flying"))


@pytest.mark.parametrize("on_failure", ["end", "next"])
def test_an_inbound_leg_whose_document_fails_was_never_answered(on_failure: Any) -> None:
    desk = Desk()
    desk.arrive(program(Fetch(Hook("u", on_failure=on_failure))))

    desk.do(c.NoReply("c1.0#1", "unreachable"))

    assert desk.state(LEG) == "ended"
    assert desk.leg(LEG).answered_at is None


def test_an_answer_to_a_leg_that_hung_up_at_the_same_instant_is_dropped() -> None:
    desk = Desk()
    desk.talk(program(Fetch(ASK)))

    assert names(desk.do(c.HangUp(LEG, "callee"))) == ["AskAbandoned", "Ended", "CallEnded"]
    (dropped,) = desk.do(c.Reply("c1.0#1", stays(Say("too late"))))

    assert isinstance(dropped, e.AnswerDropped)
    assert dropped.leg == desk.leg(LEG)


def test_an_answer_that_comes_first_is_run_before_the_hang_up_of_the_same_instant() -> None:
    desk = Desk()
    desk.talk(program(Fetch(ASK)))

    assert names(desk.reply(stays(Say("hello")))) == ["SpeakingStarted"]
    assert names(desk.do(c.HangUp(LEG, "callee"))) == ["Heard", "Ended", "CallEnded"]


def test_an_ask_is_given_up_when_a_limit_ends_the_leg() -> None:
    desk = Desk()
    desk.talk(program(Fetch(ASK)), time_limit=span(5))

    assert names(desk.wait(5)) == ["AskAbandoned", "Ended", "CallEnded"]


# --- loops that take no time ------------------------------------------------------------


def test_the_101st_document_at_one_instant_ends_the_call_as_a_failure_of_the_application() -> None:
    desk = Desk()
    desk.talk(program(Fetch(Hook("u", purpose="redirect"))))

    for _ in range(99):
        desk.reply(program(Fetch(Hook("u", purpose="redirect"))))
    assert len(desk.all(e.Asked)) == 100
    assert desk.state(LEG) == "answered"
    desk.reply(program(Fetch(Hook("u", purpose="redirect"))))

    assert desk.fate(LEG) == (FAILED_APPLICATION, "application")
    failure = desk.leg(LEG).failure
    assert failure is not None
    assert (failure.purpose, failure.why) == ("redirect", "too-many")


def test_documents_are_counted_anew_at_every_instant() -> None:
    desk = Desk()
    desk.talk(program(Fetch(ASK)))

    for _ in range(3):
        for _ in range(99):
            desk.reply(program(Fetch(ASK)))
        desk.wait(0.001)
        desk.reply(program(Fetch(ASK)))

    assert desk.state(LEG) == "answered"


def test_documents_are_counted_by_call_and_not_by_leg_nor_by_sandbox() -> None:
    desk = Desk()
    for _ in range(3):
        desk.talk(program(Fetch(ASK)))
    for leg in ("c1.0", "c2.0", "c3.0"):
        for _ in range(60):
            desk.reply(program(Fetch(ASK)), leg)
    assert {desk.state(leg) for leg in ("c1.0", "c2.0", "c3.0")} == {"answered"}

    desk.do(c.Redirect((("c1.0", stays(Dial((Target("+911111111111"),)))),)))
    desk.do(c.Answer("c1.1"))
    desk.do(c.Redirect((("c1.0", stays(Fetch(ASK))), ("c1.1", stays(Fetch(ASK))))))
    for _ in range(40):
        if desk.state("c1.1") == "answered":
            desk.reply(stays(Fetch(ASK)), "c1.1")

    assert desk.fate("c1.1") == (FAILED_APPLICATION, "application")
    assert desk.state("c1.0") == "answered"


def test_a_dial_to_nowhere_that_is_asked_about_for_ever_ends_too() -> None:
    desk = Desk()
    desk.talk(stays(Dial((), hook=ASK)))

    while desk.state(LEG) == "answered":
        desk.reply(stays(Dial((), hook=ASK)))

    assert len(desk.all(e.Asked)) == 100
    assert desk.all(e.Told) == []


def test_a_gather_that_is_answered_by_itself_for_ever_ends_too() -> None:
    again = stays(Gather(hook=ASK, first_timeout=span(0), ask_when_empty=True))
    desk = Desk()
    desk.talk(again)

    while desk.state(LEG) == "answered":
        desk.settle()
        if desk.state(LEG) == "answered":
            desk.reply(again)

    assert desk.now == desk.last(e.Asked).at
    assert desk.leg(LEG).failure is not None


# --- hang up ------------------------------------------------------------


@pytest.mark.parametrize("cause", [HANGUP, REJECTED])
def test_the_programs_own_hang_up_ends_the_leg(cause: Cause) -> None:
    desk = Desk()
    desk.talk(stays(HangUp(cause, refuse=BUSY), Say("never")))

    assert desk.fate(LEG) == (cause, "program")
    assert desk.all(e.SpeakingStarted) == []


@pytest.mark.parametrize("refuse", [BUSY, REJECTED])
def test_a_document_may_refuse_an_inbound_call_which_is_then_never_answered(refuse: Cause) -> None:
    desk = Desk()
    desk.arrive()

    events = desk.reply(program(HangUp(refuse=refuse)))

    assert names(events) == ["Ended", "CallEnded"]
    assert desk.fate(LEG) == (refuse, "program")
    assert desk.leg(LEG).answered_at is None


def test_a_document_may_answer_an_inbound_call() -> None:
    desk = Desk()
    desk.arrive()
    desk.wait(2)

    events = desk.reply(program(Say("hello"), HangUp(refuse=BUSY)))

    assert names(events) == ["Answered", "SpeakingStarted"]
    assert desk.leg(LEG).answered_at == desk.now
    desk.finish()
    assert desk.fate(LEG) == (HANGUP, "program")


def test_a_hang_up_without_a_refusal_ends_an_unanswered_inbound_leg_with_its_cause() -> None:
    desk = Desk()
    desk.arrive(program(HangUp()))

    assert desk.fate(LEG) == (HANGUP, "program")


def test_a_scheduled_hang_up_lets_the_verbs_that_follow_run() -> None:
    desk = Desk()
    desk.talk(stays(HangUp(REJECTED, after=span(10)), Say("meanwhile")))

    assert names(desk.wait(9.999)) == ["Heard", "BecameIdle"]
    desk.wait(0.001)

    assert desk.fate(LEG) == (REJECTED, "program")


def test_of_two_scheduled_hang_ups_the_earlier_one_ends_the_leg() -> None:
    desk = Desk()
    desk.talk(stays(HangUp(REJECTED, after=span(10)), HangUp(BUSY, after=span(4))))

    desk.wait(60)

    assert desk.fate(LEG) == (BUSY, "program")
    assert desk.engine.next_deadline() is None


def test_a_scheduled_hang_up_refuses_a_leg_that_is_not_answered_by_then() -> None:
    desk = Desk()
    desk.arrive(stays(HangUp(refuse=BUSY, after=span(5)), Pause(span(60))))

    desk.wait(5)

    assert desk.fate(LEG) == (BUSY, "program")


def test_a_scheduled_hang_up_may_stand_beside_the_program_from_the_start() -> None:
    desk = Desk()
    leg = desk.place(beside=(HangUp(after=span(5)),))
    desk.wait(20)
    desk.do(c.Answer(leg))

    desk.wait(5)

    assert desk.since_start(desk.last(e.Ended)) == 25.0


def test_a_scheduled_hang_up_ends_with_its_leg() -> None:
    desk = Desk()
    leg = desk.talk(stays(HangUp(after=span(5))))

    desk.do(c.HangUp(leg, "callee"))

    assert desk.engine.next_deadline() is None


def test_a_hang_up_may_be_skipped_on_an_unanswered_leg() -> None:
    skipped, done = Desk(), Desk()

    skipped.arrive(stays(HangUp(skip_unanswered=True), Say("hello")))
    done.arrive(stays(AnswerVerb(), HangUp(skip_unanswered=True)))

    assert skipped.last(e.SpeakingStarted).text == "hello"
    assert done.fate(LEG) == (HANGUP, "program")


def test_a_key_and_a_voice_mean_nothing_to_a_scheduled_hang_up() -> None:
    desk = Desk()
    desk.talk(stays(HangUp(after=span(5)), Fetch(ASK)))

    assert names(desk.do(c.Press(LEG, "1"))) == ["DigitPressed"]
    assert names(desk.do(c.Speak(LEG, "hi", span(1)))) == ["FarEndSpoke"]


# --- answer, tag ------------------------------------------------------------


def test_the_answer_verb_answers_an_inbound_leg_once() -> None:
    desk = Desk()

    desk.arrive(stays(AnswerVerb(), AnswerVerb()))

    assert names(desk.events) == ["Arrived", "Answered", "BecameIdle"]


def test_the_answer_verb_is_nothing_on_an_outbound_leg() -> None:
    desk = Desk()
    desk.talk(stays(AnswerVerb()))

    assert names(desk.events).count("Answered") == 1


def test_a_tag_merges_into_the_memo_and_earlier_snapshots_keep_theirs() -> None:
    desk = Desk()
    desk.talk(stays(Tag({"b": 2}), Tag({"b": 3, "c": 4}), Fetch(ASK)), memo={"a": 1})

    assert desk.last(e.Answered).leg.memo == {"a": 1}
    assert desk.last(e.Asked).leg.memo == {"a": 1, "b": 3, "c": 4}


def test_a_tag_makes_a_memo_where_there_is_none() -> None:
    desk = Desk()
    desk.talk(stays(Tag({"b": 2})))

    assert desk.leg(LEG).memo == {"b": 2}


def test_verbs_of_no_time_hear_nothing() -> None:
    """Beside a program they are over before anything could reach them."""
    desk = Desk()
    leg = desk.talk(stays(), beside=(Tag({"x": 1}), AnswerVerb(), Fetch(ASK)))

    assert desk.engine.legs[leg].background == []
    assert names(desk.events)[-2:] == ["Told", "BecameIdle"]


# --- the end of a program ------------------------------------------------------------


def test_a_program_that_is_over_hangs_up_or_idles() -> None:
    hung, idle = Desk(), Desk()
    hung.talk(program())
    idle.talk(stays())

    assert hung.fate(LEG) == (PROGRAM_END, "platform")
    assert names(idle.events)[-1] == "BecameIdle"
    assert not idle.engine.has_finite_deadline


def test_an_inbound_program_without_media_ends_the_leg_unanswered() -> None:
    desk = Desk()
    desk.arrive(program(Tag({})))

    assert names(desk.events) == ["Arrived", "Ended", "CallEnded"]


def test_an_idle_leg_hears_and_is_moved_by_a_redirect() -> None:
    desk = Desk()
    leg = desk.talk(stays())

    assert names(desk.do(c.Press(leg, "1"))) == ["DigitPressed"]
    assert names(desk.do(c.Redirect(((leg, program(Say("hi"))),)))) == ["SpeakingStarted"]


def test_a_program_is_one_legs_own() -> None:
    """The same program on two legs: each has its own position."""
    shared = Program((Say("one"), Say("two")), exhausted="idle")
    desk = Desk()
    first = desk.talk(shared)
    desk.wait(0.3)
    second = desk.talk(shared)

    desk.wait(0.3)

    assert [event.text for event in desk.all(e.SpeakingStarted, first)] == ["one", "two"]
    assert [event.text for event in desk.all(e.SpeakingStarted, second)] == ["one"]


def test_a_child_with_no_program_of_its_own_ends_for_the_network_too() -> None:
    desk = Desk()
    desk.talk(stays(Dial((Target("+911111111111"),), hook=TELL)))

    desk.do(c.Fail("c1.1", UNREACHABLE))

    assert desk.last(e.Told).fields["cause"] == UNREACHABLE


def test_a_hang_up_for_unanswered_legs_does_nothing_on_an_answered_one() -> None:
    desk = Desk()
    desk.talk(stays(HangUp(skip_answered=True), Say("hello")))
    assert desk.state(LEG) == "answered"

    unanswered = Desk()
    unanswered.arrive(stays(HangUp(refuse=BUSY, skip_answered=True)))
    assert unanswered.fate(LEG) == (BUSY, "program")


def test_a_tag_from_outside_shows_in_what_follows() -> None:
    desk = Desk()
    leg = desk.talk(memo={"a": 1, "b": 1})

    assert desk.do(c.Tag(leg, {"b": 2})) == []
    assert desk.leg(leg).memo == {"a": 1, "b": 2}
