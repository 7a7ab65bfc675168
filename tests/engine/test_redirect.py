"""Redirect: several legs, all or none; what stood is left, and its answers are dropped."""

from __future__ import annotations

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import CANCELLED, HANGUP, PROGRAM_END
from emulator.engine.program import Dial, Fetch, Gather, HangUp, Hook, Pause, Play, Program, Say, Target
from tests.engine.desk import ASK, Desk, names, program, span, stays

ONE = (Target("+911111111111"),)
ROOT, CHILD = "c1.0", "c1.1"


def bridged(**more: object) -> Desk:
    desk = Desk()
    desk.talk(stays(Dial(ONE, **more), Say("back")))  # type: ignore[arg-type]
    desk.do(c.Answer(CHILD))
    return desk


def test_a_redirect_while_an_answer_is_in_flight_abandons_the_ask_and_drops_the_answer() -> None:
    desk = Desk()
    leg = desk.talk(program(Fetch(ASK)))

    events = desk.do(c.Redirect(((leg, stays(Say("transferred"))),)))
    late = desk.do(c.Reply(f"{leg}#1", stays(Say("too late"))))

    assert names(events) == ["AskAbandoned", "SpeakingStarted"]
    assert names(late) == ["AnswerDropped"]
    assert [event.text for event in desk.all(e.SpeakingStarted)] == ["transferred"]


def test_the_next_ask_after_a_redirect_has_a_name_of_its_own() -> None:
    desk = Desk()
    leg = desk.talk(program(Fetch(ASK)))

    desk.do(c.Redirect(((leg, program(Fetch(ASK))),)))

    assert [event.ask for event in desk.all(e.Asked)] == [f"{leg}#1", f"{leg}#2"]
    assert names(desk.do(c.Reply(f"{leg}#1", stays()))) == ["AnswerDropped"]
    assert names(desk.do(c.Reply(f"{leg}#2", stays()))) == ["BecameIdle"]


def test_a_redirect_cuts_what_sounds() -> None:
    desk = Desk()
    leg = desk.talk(stays(Play("http://app/a.mp3")))
    desk.wait(1)

    heard, *_ = desk.do(c.Redirect(((leg, stays()),)))

    assert isinstance(heard, e.Heard)
    assert (heard.whole, heard.seconds) == (False, 1.0)
    assert desk.engine.next_deadline() is None


def test_a_redirect_leaves_every_frame_of_a_deep_stack() -> None:
    inner = Gather(prompts=(Say("inner"),), where="inner")
    desk = Desk()
    leg = desk.talk(stays(Gather(prompts=(inner,), where="outer")))

    events = desk.do(c.Redirect(((leg, stays()),)))

    assert names(events) == ["Heard", "BecameIdle"]
    assert desk.engine.next_deadline() is None


def test_a_transfer_of_both_legs_keeps_both_up() -> None:
    desk = bridged(hook=ASK)

    events = desk.do(c.Redirect(((ROOT, stays(Say("to the first"))), (CHILD, stays(Say("to the second"))))))

    assert names(events) == ["Unbridged", "SpeakingStarted", "SpeakingStarted"]
    assert [event.leg.id for event in desk.all(e.SpeakingStarted)] == [ROOT, CHILD]
    desk.do(c.HangUp(ROOT, "caller"))
    assert desk.state(CHILD) == "answered"
    assert names(desk.do(c.HangUp(CHILD, "callee")))[-1] == "CallEnded"


def test_the_order_of_the_legs_named_does_not_matter_to_who_stays_up() -> None:
    desk = bridged(hook=ASK)

    desk.do(c.Redirect(((CHILD, stays()), (ROOT, stays()))))

    assert desk.state(ROOT) == desk.state(CHILD) == "answered"
    assert desk.all(e.Asked) == []


def test_a_child_that_is_not_named_falls_with_its_parents_dial() -> None:
    desk = bridged()

    events = desk.do(c.Redirect(((ROOT, stays(Say("on my own"))),)))

    assert names(events) == ["Unbridged", "Ended", "SpeakingStarted"]
    assert desk.fate(CHILD) == (HANGUP, "partner")


def test_a_child_taken_away_ends_its_parents_dial_as_answered() -> None:
    desk = bridged(hook=ASK)
    desk.wait(5)

    events = desk.do(c.Redirect(((CHILD, stays(Say("taken"))),)))

    assert names(events) == ["Unbridged", "Asked", "SpeakingStarted"]
    assert desk.last(e.Asked).fields == {
        "outcome": "answered", "child": CHILD, "rang": False, "cause": None, "seconds": 5.0,
    }  # fmt: skip
    assert desk.state(CHILD) == "answered"


def test_a_child_taken_away_does_not_take_its_parent_along() -> None:
    desk = bridged(end_with_child=True)

    desk.do(c.Redirect(((CHILD, stays()),)))

    assert desk.state(ROOT) == "answered"
    assert desk.last(e.SpeakingStarted).text == "back"


def test_a_leg_that_was_taken_away_means_nothing_to_its_former_dial() -> None:
    desk = bridged(hook=ASK)
    desk.do(c.Redirect(((CHILD, stays()),)))
    desk.reply(stays(Dial(ONE, hook=ASK)))

    desk.do(c.HangUp(CHILD, "callee"))

    assert desk.state("c1.2") == "queued"
    assert len(desk.all(e.Asked)) == 1


def test_a_leg_named_twice_runs_the_last_program_once() -> None:
    desk = Desk()
    leg = desk.talk()

    desk.do(c.Redirect(((leg, stays(Say("first"))), (leg, stays(Say("second"))))))

    assert [event.text for event in desk.all(e.SpeakingStarted)] == ["second"]


def test_a_redirect_of_nobody_is_nothing() -> None:
    assert Desk().do(c.Redirect(())) == []


def test_a_redirect_to_an_empty_program_ends_the_leg() -> None:
    desk = Desk()
    leg = desk.talk()

    desk.do(c.Redirect(((leg, Program(())),)))

    assert desk.fate(leg) == (PROGRAM_END, "platform")


def test_what_runs_beside_goes_on_after_a_redirect() -> None:
    desk = Desk()
    leg = desk.talk(stays(HangUp(after=span(10)), Say("x")))

    desk.do(c.Redirect(((leg, stays()),)))
    desk.wait(10)

    assert desk.fate(leg) == (HANGUP, "program")


# --- before the answer ------------------------------------------------------------


@pytest.mark.parametrize("before", [(), (c.Ring,), (c.EarlyMedia,)])
def test_an_early_redirect_of_an_outbound_leg_is_what_it_will_run_when_answered(before: tuple[type, ...]) -> None:
    desk = Desk()
    leg = desk.place(stays(Say("old")))
    for command in before:
        desk.do(command(leg))

    assert desk.do(c.Redirect(((leg, stays(Say("new"))),), early=True)) == []
    desk.do(c.Answer(leg))

    assert [event.text for event in desk.all(e.SpeakingStarted)] == ["new"]


def test_an_early_redirect_of_an_inbound_leg_runs_at_once() -> None:
    desk = Desk()
    leg = desk.arrive()

    events = desk.do(c.Redirect(((leg, stays(Say("hello"))),), early=True))

    assert names(events) == ["AskAbandoned", "Answered", "SpeakingStarted"]


def test_an_early_redirect_of_an_inbound_leg_cancels_what_it_was_dialling() -> None:
    desk = Desk()
    desk.arrive(stays(Dial(ONE)))
    desk.do(c.Ring(CHILD))

    desk.do(c.Redirect(((ROOT, stays(Gather())),), early=True))

    assert desk.fate(CHILD) == (CANCELLED, "partner")
    assert names(desk.events)[-1] == "Listening"


def test_a_ringing_child_taken_away_rings_on_and_its_dial_goes_on_with_the_others() -> None:
    desk = Desk()
    desk.talk(stays(Dial((*ONE, *ONE), hook=ASK)))
    desk.do(c.Ring(CHILD))

    assert desk.do(c.Redirect(((CHILD, stays(Say("mine"))),), early=True)) == []
    desk.do(c.Answer(CHILD))

    assert desk.last(e.SpeakingStarted).leg.id == CHILD
    assert desk.all(e.Bridged) == []
    desk.do(c.Answer("c1.2"))
    assert desk.leg(ROOT).partner == "c1.2"


def test_the_last_ringing_child_taken_away_ends_the_dial_as_failed() -> None:
    desk = Desk()
    desk.talk(stays(Dial(ONE, hook=ASK)))

    desk.do(c.Redirect(((CHILD, stays()),), early=True))

    assert desk.last(e.Asked).fields["outcome"] == "failed"
    assert desk.wait(3600) == []
    assert desk.state(CHILD) == "queued"


def test_both_may_be_taken_while_one_still_rings() -> None:
    desk = Desk()
    desk.talk(stays(Dial(ONE, hook=ASK)))

    desk.do(c.Redirect(((ROOT, stays(Pause())), (CHILD, stays(Say("mine")))), early=True))
    desk.do(c.Answer(CHILD))

    assert desk.all(e.Asked) == desk.all(e.Bridged) == []
    assert desk.last(e.SpeakingStarted).leg.id == CHILD


def test_a_grandchild_taken_while_its_parent_falls_stays_up() -> None:
    desk = bridged()
    desk.do(c.Redirect(((ROOT, stays()), (CHILD, stays(Dial(ONE))))))
    desk.do(c.Redirect(((ROOT, stays(Dial(ONE))),)))
    desk.do(c.Answer("c1.2"))

    desk.do(c.Redirect((("c1.2", stays(Say("saved"))), (ROOT, stays()))))
    desk.do(c.HangUp(CHILD, "callee"))

    assert desk.state("c1.2") == desk.state(ROOT) == "answered"
    assert desk.last(e.SpeakingStarted).leg.id == "c1.2"


def test_a_program_left_before_it_began_leaves_no_trace() -> None:
    desk = bridged(hook=Hook("http://app/dial"))

    desk.do(c.Redirect(((ROOT, stays(Fetch(ASK))), (ROOT, stays()))))

    assert desk.all(e.Asked) == []
