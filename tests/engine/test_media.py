"""Say, Play, Pause and SendDigits: what the far end hears, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emulator.engine import Nominal
from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.program import Beside, Gather, HangUp, Pause, Play, Say, SendDigits
from emulator.engine.speech import spoken_keys
from tests.engine.desk import TELL, Desk, names, program, span, stays

LEG = "c1.0"
TEXT = "Press 1 to confirm"  # 18 characters: 1.2 s


def talking(*verbs: Any, nominal: Nominal | None = None) -> Desk:
    desk = Desk(nominal)
    desk.talk(stays(*verbs))
    return desk


def test_what_is_said_starts_is_heard_whole_and_goes_on() -> None:
    desk = talking(Say(TEXT, where="2:3"), Say("next"))

    started = desk.last(e.SpeakingStarted)
    assert (started.kind, started.text, started.seconds, started.where) == ("say", TEXT, 1.2, "2:3")
    assert names(desk.wait(1.199)) == []
    heard, nxt = desk.wait(0.001)
    assert isinstance(heard, e.Heard)
    assert (heard.kind, heard.text, heard.seconds, heard.whole, heard.where) == ("say", TEXT, 1.2, True, "2:3")
    assert isinstance(nxt, e.SpeakingStarted)


def test_a_file_plays_for_its_nominal_length() -> None:
    desk = talking(Play("http://app/a.mp3", where="[0]"), nominal=Nominal(play=span(7)))

    desk.wait(7)

    heard = desk.last(e.Heard)
    assert (heard.kind, heard.text, heard.seconds, heard.whole, heard.where) == (
        "play", "http://app/a.mp3", 7.0, True, "[0]",
    )  # fmt: skip


@pytest.mark.parametrize("verb", [Say(TEXT, loop=3), Play("http://app/a.mp3", loop=3)])
def test_a_loop_is_heard_so_many_times(verb: Say | Play) -> None:
    desk = talking(verb)

    desk.finish()

    assert len(desk.all(e.Heard)) == len(desk.all(e.SpeakingStarted)) == 3
    assert names(desk.events)[-1] == "BecameIdle"


@pytest.mark.parametrize(
    ("verb", "nominal"),
    [
        (Say("", loop=0), Nominal()),
        (Say("", loop=0), Nominal(characters_per_second=1e9)),
        (Play("http://app/a.mp3", loop=0), Nominal(play=timedelta())),
    ],
)
def test_an_endless_loop_takes_its_time_and_is_no_reason_to_wait(verb: Say | Play, nominal: Nominal) -> None:
    desk = talking(verb, nominal=nominal)

    assert not desk.engine.has_finite_deadline
    desk.wait(60)

    assert 0 < len(desk.all(e.Heard)) <= 120
    assert not desk.engine.has_finite_deadline
    assert desk.state(LEG) == "answered"


def test_an_endless_loop_is_no_obstacle_to_a_deadline_beside_it() -> None:
    desk = talking(HangUp(after=span(10)), Play("http://app/a.mp3", loop=0))

    assert desk.engine.has_finite_deadline
    desk.finish()

    assert desk.since_start(desk.last(e.Ended)) == 10.0
    assert desk.engine.next_deadline() is None


def test_what_is_cut_was_heard_so_far() -> None:
    desk = talking(Say(TEXT))
    desk.wait(0.6)

    desk.do(c.HangUp(LEG, "callee"))

    heard = desk.last(e.Heard)
    assert (heard.text, heard.seconds, heard.whole) == ("Press 1 t", 0.6, False)


def test_the_second_round_of_a_loop_is_cut_where_it_was() -> None:
    desk = talking(Say(TEXT, loop=0))
    desk.wait(1.2 + 0.4)

    desk.do(c.HangUp(LEG, "callee"))

    assert [(event.text, event.seconds) for event in desk.all(e.Heard)] == [(TEXT, 1.2), ("Press ", 0.4)]


def test_what_is_due_at_the_instant_of_the_hang_up_was_heard_whole() -> None:
    desk = talking(Say(TEXT))
    desk.now += span(1.2)

    desk.do(c.HangUp(LEG, "callee"))

    assert [event.whole for event in desk.all(e.Heard)] == [True]


def test_what_ends_at_the_instant_the_leg_does_was_heard_whole() -> None:
    desk = Desk()
    desk.talk(stays(Say(TEXT)), time_limit=span(1.2))

    events = desk.wait(1.2)

    assert names(events) == ["Heard", "Ended", "CallEnded"]
    assert [(event.text, event.whole) for event in desk.all(e.Heard)] == [(TEXT, True)]


@pytest.mark.parametrize(("seconds", "later"), [(1, 0), (0, 0), (2.5, 1)])
def test_a_pause_waits(seconds: float, later: float) -> None:
    desk = talking(Pause(span(seconds)), Say("after"))

    desk.wait(seconds + later)

    assert desk.since_start(desk.last(e.SpeakingStarted)) == seconds


def test_a_pause_is_a_second_long_unless_told() -> None:
    assert Pause().length == span(1)


def speak(desk: Desk, text: str, seconds: float) -> None:
    desk.do(c.Speak(LEG, text, span(seconds)))


def test_a_pause_may_end_with_silence_which_counts_from_its_beginning() -> None:
    desk = talking(Pause(span(10), until_silence=span(3)), Say("next"))

    assert names(desk.wait(2.999)) == []
    assert names(desk.wait(0.001)) == ["SpeakingStarted"]


def test_a_word_and_a_key_put_off_the_end_of_a_pause_that_waits_for_silence() -> None:
    desk = talking(Pause(span(10), until_silence=span(3)), Say("next"))
    desk.wait(2)
    speak(desk, "one moment", 2)
    desk.wait(4)  # silent for two seconds
    desk.do(c.Press(LEG, "1"))

    assert names(desk.wait(2.999)) == []
    assert names(desk.wait(0.001)) == ["SpeakingStarted"]


def test_what_was_being_said_when_it_began_is_no_silence() -> None:
    desk = talking(Pause(span(1)), Pause(span(10), until_silence=span(3)), Say("next"))
    speak(desk, "hello", 4)

    assert names(desk.wait(6.999)) == []
    assert names(desk.wait(0.001)) == ["SpeakingStarted"]


def test_a_pause_that_waits_for_silence_has_its_length_all_the_same() -> None:
    desk = talking(Pause(span(4), until_silence=span(3)), Say("next"))
    desk.wait(2)
    speak(desk, "and on and on", 60)

    assert names(desk.wait(1.999)) == []
    assert names(desk.wait(0.001)) == ["SpeakingStarted"]


@pytest.mark.parametrize("is_early", [True, False])
def test_a_pause_may_end_with_the_beep_of_a_machine(is_early: bool) -> None:
    before = () if is_early else (Pause(span(1)),)
    desk = talking(*before, Pause(span(20), until_beep=True), Say("next"))
    desk.do(c.Greet(LEG, True, "Leave a message", span(4)))
    beep = Nominal().beep.total_seconds()

    assert names(desk.wait(4 + beep - 0.001)) == []
    assert names(desk.wait(0.001)) == ["SpeakingStarted"]


@pytest.mark.parametrize("is_machine", [False, True])
def test_nobodys_beep_and_one_that_is_over_end_no_pause(is_machine: bool) -> None:
    desk = talking(Pause(span(6)), Pause(span(20), until_beep=True), Say("next"))
    desk.do(c.Greet(LEG, is_machine, "Hello", span(2)))

    assert names(desk.wait(25.999)) == []
    assert names(desk.wait(0.001)) == ["SpeakingStarted"]


def test_a_pause_among_prompts_lets_words_and_keys_through() -> None:
    desk = talking(Gather(TELL, (Pause(span(10), until_silence=span(5)),), max_digits=1))
    desk.do(c.Press(LEG, "1"))

    assert desk.last(e.DigitsCollected).digits == "1"


def test_keys_are_sent_when_their_tones_are_over() -> None:
    desk = talking(SendDigits("1w2W#"), Say("after"))

    assert desk.wait(2.099) == []
    assert names(desk.wait(0.001)) == ["DigitsSent", "SpeakingStarted"]
    assert desk.last(e.DigitsSent).digits == "12#"


def test_a_key_from_the_far_end_does_not_disturb_the_keys_sent() -> None:
    desk = talking(SendDigits("12"))

    assert names(desk.do(c.Press(LEG, "9"))) == ["DigitPressed"]
    desk.finish()
    assert [event.digits for event in desk.all(e.DigitsSent)] == ["12"]


def test_a_tone_may_be_longer() -> None:
    desk = talking(SendDigits("12", tone=span(1)))

    desk.finish()

    assert desk.since_start(desk.last(e.DigitsSent)) == 2.0


@pytest.mark.parametrize("digits", ["", "wW", "?"])
def test_where_there_are_no_keys_none_are_sent(digits: str) -> None:
    desk = talking(SendDigits(digits), Say("after"))

    assert names(desk.wait(1.5))[0] == "SpeakingStarted"


@pytest.mark.parametrize(("after", "digits"), [(0.1, []), (0.2, ["1"]), (0.75, ["1"]), (0.95, ["12"])])
def test_keys_cut_short_were_heard_as_far_as_they_were_sent(after: float, digits: list[str]) -> None:
    desk = talking(SendDigits("1w23"))
    desk.wait(after)

    desk.do(c.HangUp(LEG, "callee"))

    assert [event.digits for event in desk.all(e.DigitsSent)] == digits


def test_keys_and_silences_have_their_lengths() -> None:
    assert spoken_keys("12wW-x A", span(0.2)) == ("12A", span(0.2 * 3 + 1.5))
    assert spoken_keys("", span(0.2)) == ("", timedelta())


@pytest.mark.parametrize(("text", "seconds"), [("", 0.5), ("abc", 0.5), ("x" * 15, 1.0), ("x" * 16, 1.067)])
def test_speech_takes_whole_milliseconds_by_its_length_and_half_a_second_at_least(text: str, seconds: float) -> None:
    assert Nominal().speech(text) == span(seconds)


# --- inbound: media answers ------------------------------------------------------------

MEDIA = [Say("hello"), Play("http://app/a.mp3"), SendDigits("1"), Pause(media=True)]


@pytest.mark.parametrize("verb", MEDIA)
def test_the_first_media_verb_answers_an_inbound_leg(verb: Any) -> None:
    desk = Desk()

    desk.arrive(stays(verb, Say("next")))

    assert names(desk.events)[:2] == ["Arrived", "Answered"]
    desk.finish()
    assert names(desk.events).count("Answered") == 1


@pytest.mark.parametrize("verb", [Say("a", early=True), Play("u", early=True), SendDigits("1", early=True)])
def test_early_media_is_heard_before_the_answer(verb: Any) -> None:
    desk = Desk()

    desk.arrive(stays(verb, verb, Say("hello")))

    assert desk.state(LEG) == "early media"
    desk.finish()
    assert names(desk.events).count("EarlyMediaStarted") == names(desk.events).count("Answered") == 1


def test_early_media_on_an_answered_leg_is_media() -> None:
    desk = talking(Say("hello", early=True))

    assert names(desk.events)[-2:] == ["Answered", "SpeakingStarted"]


def test_a_leading_pause_delays_the_answer() -> None:
    desk = Desk()
    desk.arrive(program(Pause(span(4)), Say("hello")))

    desk.wait(4)

    assert desk.since_start(desk.last(e.Answered)) == 4.0


# --- beside ------------------------------------------------------------


def test_what_sounds_beside_is_heard_and_then_gone() -> None:
    desk = Desk()
    leg = desk.talk(stays(), beside=(Say(TEXT), Pause(), SendDigits("1")))

    assert names(desk.finish()) == ["DigitsSent", "Heard"]
    assert desk.engine.legs[leg].background == []


def test_what_sounds_beside_is_cut_by_the_end() -> None:
    desk = Desk()
    leg = desk.talk(stays(Say(TEXT)), beside=(Say("beside"), Pause()))
    desk.wait(0.1)

    events = desk.do(c.HangUp(leg, "callee"))

    assert names(events) == ["Heard", "Heard", "Ended", "CallEnded"]
    assert desk.engine.next_deadline() is None


def test_early_verbs_beside_begin_with_the_ringing_and_the_others_with_the_answer() -> None:
    desk = Desk()
    leg = desk.place(beside=(SendDigits("1", early=True), SendDigits("2")))

    desk.do(c.Ring(leg))
    desk.wait(1)
    desk.do(c.EarlyMedia(leg))
    desk.wait(1)
    assert [event.digits for event in desk.all(e.DigitsSent)] == ["1"]
    desk.do(c.Answer(leg))
    desk.wait(1)

    assert [event.digits for event in desk.all(e.DigitsSent)] == ["1", "2"]


def test_early_verbs_beside_begin_with_the_answer_where_nothing_rang() -> None:
    desk = Desk()
    leg = desk.place(beside=(SendDigits("1", early=True),))

    desk.do(c.Answer(leg))
    desk.wait(1)

    assert [event.digits for event in desk.all(e.DigitsSent)] == ["1"]


def test_a_gather_beside_the_program_hears_the_keys_too() -> None:
    both = Gather(max_digits=1)
    desk = Desk()
    leg = desk.talk(stays(both), beside=(Gather(max_digits=1, hook=TELL),))

    assert names(desk.do(c.Press(leg, "12"))) == [
        "DigitPressed", "DigitsCollected", "Told", "DigitsCollected", "BecameIdle", "DigitPressed",
    ]  # fmt: skip


def test_nothing_begins_beside_a_verb_that_ended_the_leg() -> None:
    desk = Desk()
    leg = desk.place(beside=(HangUp(), Say("never"), Pause()))

    events = desk.do(c.Answer(leg))

    assert names(events) == ["Answered", "Ended", "CallEnded"]
    assert desk.engine.next_deadline() is None


def test_verbs_begin_beside_and_the_next_one_at_once() -> None:
    desk = talking(Beside((Pause(span(2)), Say("beside")), "aside"), Say(TEXT))

    assert desk.last(e.SpeakingStarted).text == TEXT
    desk.wait(2)
    assert desk.last(e.SpeakingStarted).text == "beside"


def test_what_runs_beside_outlives_the_program_and_gives_way_to_what_has_its_name() -> None:
    desk = talking(Beside((Pause(span(5)), Say("first")), "aside"), Pause(span(9)))
    desk.do(c.Redirect(((LEG, program(Beside((Pause(span(5)), Say("second")), "aside"), Pause(span(9)))),)))
    desk.wait(8)

    assert [event.text for event in desk.events if isinstance(event, e.SpeakingStarted)] == ["second"]


def test_what_runs_beside_is_stopped_by_its_name() -> None:
    desk = talking(
        Beside((Pause(span(2)), Say("one")), "a"), Beside((Pause(span(2)), Say("two")), "b"), Beside(name="a"),
        Pause(span(9)),
    )  # fmt: skip
    desk.wait(5)

    assert [event.text for event in desk.events if isinstance(event, e.SpeakingStarted)] == ["two"]


def test_a_gather_that_loops_beside_tells_each_input_and_asks_for_none() -> None:
    desk = talking(Beside((Gather(TELL, max_digits=1, first_timeout=None),), "barge-in", loops=True), Pause(span(9)))
    for key in "12":
        desk.wait(1)
        desk.do(c.Press(LEG, key))

    assert [event.digits for event in desk.events if isinstance(event, e.DigitsCollected)] == ["1", "2"]
    assert [event for event in desk.events if isinstance(event, e.Listening)] == []
