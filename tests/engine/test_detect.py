"""Detect: a person or a machine, in the program or beside it."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import MACHINE
from emulator.engine.program import Detect, Fetch, Hook, Say
from tests.engine.desk import ASK, TELL, Desk, names, program, span, stays

ANSWER = Fetch(Hook("http://app/answer"))
LEG = "c1.0"


def detecting(*then: Any, beside: bool = False, **more: Any) -> Desk:
    desk = Desk()
    if beside:
        desk.talk(stays(*then), beside=(Detect(**more),))
    else:
        desk.talk(stays(Detect(**more), *then))
    return desk


def greet(desk: Desk, is_machine: bool) -> list[e.Event]:
    return desk.do(c.Greet(LEG, is_machine, "Hello?", span(3)))


def test_a_greeting_is_heard_as_such_before_the_decision() -> None:
    desk = detecting(ANSWER)

    (spoke,) = greet(desk, True)

    assert isinstance(spoke, e.FarEndSpoke)
    assert (spoke.text, spoke.seconds, spoke.is_greeting, spoke.leg.machine) == ("Hello?", 3.0, True, None)


@pytest.mark.parametrize(("is_machine", "seconds"), [(True, 2.0), (False, 1.0)])
def test_the_decision_comes_some_time_into_the_greeting_and_then_the_program_goes_on(
    is_machine: bool, seconds: float
) -> None:
    desk = detecting(ANSWER)
    desk.wait(1)
    greet(desk, is_machine)

    events = desk.wait(5)

    assert names(events) == ["MachineDetected", "Asked"]
    detected = desk.last(e.MachineDetected)
    assert (detected.is_machine, detected.leg.machine, desk.since_start(detected)) == (
        is_machine, is_machine, 1 + seconds,
    )  # fmt: skip


def test_silence_until_the_limit_is_a_person() -> None:
    desk = detecting(ANSWER)

    desk.wait(5)

    assert (desk.last(e.MachineDetected).is_machine, desk.since_start(desk.last(e.MachineDetected))) == (False, 5.0)


def test_the_limit_cuts_the_decision_short() -> None:
    desk = detecting(limit=span(3))
    desk.wait(2)
    greet(desk, True)

    desk.wait(1)

    assert desk.last(e.MachineDetected).is_machine is True


def test_a_leg_that_has_greeted_already_is_decided_from_where_detection_begins() -> None:
    desk = Desk()
    desk.talk(program(ANSWER))
    greet(desk, True)
    desk.wait(10)

    desk.reply(stays(Detect()))
    desk.wait(5)

    assert desk.since_start(desk.last(e.MachineDetected)) == 12.0


def test_a_greeting_after_the_decision_changes_nothing() -> None:
    desk = detecting(hook=ASK)
    desk.wait(6)

    assert names(greet(desk, True)) == ["FarEndSpoke"]
    assert desk.wait(60) == []
    assert desk.leg(LEG).machine is False


def test_the_hook_is_asked_and_its_answer_run() -> None:
    desk = detecting(Say("next"), hook=ASK)
    desk.wait(5)

    assert desk.last(e.Asked).fields == {"machine": False, "heard": False}
    desk.reply(stays(Say("answer")))
    assert desk.last(e.SpeakingStarted).text == "answer"


def test_the_hook_is_told_and_the_next_verb_runs() -> None:
    desk = detecting(Say("next"), hook=TELL)
    greet(desk, True)

    assert names(desk.wait(2)) == ["MachineDetected", "Told", "SpeakingStarted"]
    assert desk.last(e.Told).fields == {"machine": True, "heard": True}


@pytest.mark.parametrize(("hook", "beside"), [(None, False), (ASK, False), (None, True)])
def test_a_machine_ends_the_leg_where_it_says_so_and_nobody_is_asked(hook: Hook | None, beside: bool) -> None:
    desk = detecting(hang_up=True, hook=hook, beside=beside)
    greet(desk, True)

    assert names(desk.wait(2)) == ["MachineDetected", "Ended", "CallEnded"]
    assert desk.fate(LEG) == (MACHINE, "platform")


@pytest.mark.parametrize(("hook", "beside"), [(TELL, False), (TELL, True), (ASK, True)])
def test_a_hook_that_is_told_hears_of_the_machine_before_the_end(hook: Hook, beside: bool) -> None:
    desk = detecting(hang_up=True, hook=hook, beside=beside)
    greet(desk, True)

    assert names(desk.wait(2)) == ["MachineDetected", "Told", "Ended", "CallEnded"]


def test_a_person_does_not_end_the_leg() -> None:
    desk = detecting(Say("hello"), hang_up=True, hook=ASK)
    greet(desk, False)
    desk.wait(1)

    desk.reply(None)

    assert desk.last(e.SpeakingStarted).text == "hello"


# --- beside the program ------------------------------------------------------------


def test_detection_beside_the_program_holds_nothing_up() -> None:
    desk = detecting(ANSWER, beside=True, hook=TELL)
    assert names(desk.events)[-2:] == ["Answered", "Asked"]
    greet(desk, True)
    desk.reply(stays(Say("a long sentence that takes well over two seconds to say")))

    assert names(desk.wait(2)) == ["MachineDetected", "Told"]
    assert names(desk.finish()) == ["Heard", "BecameIdle"]


def test_detection_beside_the_program_takes_nobody_elses_answer() -> None:
    desk = detecting(ANSWER, beside=True, hook=ASK)
    desk.wait(5)

    assert names(desk.events)[-2:] == ["MachineDetected", "Told"]
    assert names(desk.reply(stays(Say("still awaited")))) == ["SpeakingStarted"]


def test_detection_beside_goes_on_after_a_redirect_and_ends_with_the_leg() -> None:
    moved, ended = detecting(ANSWER, beside=True), detecting(ANSWER, beside=True)

    moved.do(c.Redirect(((LEG, stays()),)))
    ended.do(c.HangUp(LEG, "callee"))

    assert names(moved.wait(5)) == ["MachineDetected"]
    assert ended.engine.next_deadline() is None


def test_detection_begins_with_the_answer() -> None:
    desk = Desk()
    leg = desk.place(beside=(Detect(),))
    desk.do(c.Ring(leg))
    desk.wait(20)

    desk.do(c.Answer(leg))
    desk.wait(5)

    assert desk.since_start(desk.last(e.MachineDetected)) == 25.0
