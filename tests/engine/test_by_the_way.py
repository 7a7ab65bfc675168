"""What verbs do besides their main work: one target's own confirmation, speech told as it comes, a part of a file."""

from __future__ import annotations

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.program import Detect, Dial, Fetch, Gather, Play, Program, Say, Target
from tests.engine.desk import ASK, TELL, Desk, program, span, stays

ROOT, FIRST, SECOND = "c1.0", "c1.1", "c1.2"


def test_a_target_with_a_confirmation_of_its_own_wins_only_when_it_is_through() -> None:
    desk = Desk()
    careful = Target("+911111111111", confirm=Program((Say("accept"),)))
    desk.talk(stays(Dial((careful, Target("+912222222222")))))
    desk.do(c.Answer(FIRST))
    assert desk.all(e.Bridged) == []

    desk.wait(0.6)

    assert [event.other.id for event in desk.all(e.Bridged)] == [FIRST]


def test_a_target_without_one_is_bridged_at_once_though_another_confirms() -> None:
    desk = Desk()
    careful = Target("+911111111111", confirm=Program((Say("accept"),)))
    desk.talk(stays(Dial((careful, Target("+912222222222")))))
    desk.do(c.Answer(FIRST))
    desk.do(c.Answer(SECOND))

    assert [event.other.id for event in desk.all(e.Bridged)] == [SECOND]


def test_what_stands_beside_a_target_runs_from_its_answer_on() -> None:
    desk = Desk()
    desk.talk(stays(Dial((Target("+911111111111", beside=(Detect(hook=TELL),)),))))
    desk.do(c.Answer(FIRST))
    desk.do(c.Greet(FIRST, True, "leave a message", span(3)))
    desk.wait(5)

    (told,) = desk.all(e.Told)
    assert (told.leg.id, told.fields) == (FIRST, {"machine": True, "heard": True})


def test_detection_says_whether_anybody_greeted() -> None:
    desk = Desk()
    desk.talk(program(Detect(span(2), hook=ASK), Say("hi")))
    desk.wait(2)

    assert desk.all(e.Asked)[-1].fields == {"machine": False, "heard": False}


def test_speech_is_told_as_it_comes() -> None:
    desk = Desk()
    desk.talk(stays(Gather(ASK, speech=True, partial=TELL)))
    desk.do(c.Speak(ROOT, "book a", span(1)))
    desk.do(c.Speak(ROOT, "table", span(1)))
    desk.wait(3)

    assert [event.fields for event in desk.all(e.Told)] == [
        {"speech": "book a", "number": 1}, {"speech": "book a table", "number": 2},
    ]  # fmt: skip
    assert desk.all(e.Asked)[-1].fields["speech"] == "book a table"


def test_an_inbound_leg_skips_a_question_that_needs_an_answered_call() -> None:
    desk = Desk()
    desk.arrive(stays(Fetch(ASK, skip_unanswered=True)))

    assert desk.all(e.Asked) == []


@pytest.mark.parametrize(
    ("skip", "most", "lasts"), [(0.0, None, 3.0), (1.0, None, 2.0), (0.0, 0.5, 0.5), (2.0, 2.0, 1.0), (9.0, None, 0.0)]
)
def test_a_part_of_a_file_lasts_as_long_as_that_part(skip: float, most: float | None, lasts: float) -> None:
    desk = Desk()
    desk.talk(stays(Play("http://h/a", skip=span(skip), most=None if most is None else span(most))))
    desk.wait(4)

    assert [event.seconds for event in desk.all(e.Heard)] == [lasts]
