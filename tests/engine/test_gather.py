"""Gather: digits or one utterance, while prompts play."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import FAILED_APPLICATION, PROGRAM_END
from emulator.engine.program import Fetch, Gather, Pause, Play, Say
from tests.engine.desk import ASK, TELL, Desk, names, program, span, stays

PLAY = Play("http://app/a.mp3")  # three seconds
LEG = "c1.0"


def gathering(*then: Any, **more: Any) -> Desk:
    desk = Desk()
    desk.talk(stays(Gather(**{"hook": ASK, **more}), *then))
    return desk


def press(desk: Desk, digits: str) -> list[e.Event]:
    return desk.do(c.Press(LEG, digits))


def speak(desk: Desk, text: str, seconds: float = 1) -> list[e.Event]:
    return desk.do(c.Speak(LEG, text, span(seconds)))


def result(desk: Desk) -> dict[str, Any]:
    fields: dict[str, Any] = desk.last(e.Asked).fields
    return fields


def got(digits: str = "", speech: str = "", input: str = "digits", ended_by: str = "", key: str = "") -> dict[str, Any]:
    return {"digits": digits, "speech": speech, "input": input, "ended_by": ended_by, "key": key}


# --- how it ends ------------------------------------------------------------


def test_it_ends_at_the_most_digits() -> None:
    desk = gathering(max_digits=3)

    assert names(press(desk, "12")) == ["DigitPressed", "DigitPressed"]
    assert names(press(desk, "3")) == ["DigitPressed", "DigitsCollected", "Asked"]
    assert result(desk) == got("123", ended_by="max")


def test_it_ends_at_a_key_which_is_no_part_of_the_result() -> None:
    desk = gathering(finish_on="*#")

    press(desk, "12*")

    assert result(desk) == got("12", ended_by="key", key="*")


def test_the_ending_key_alone_collects_nothing_but_itself() -> None:
    desk = gathering()

    press(desk, "#")

    assert result(desk) == got(ended_by="key", key="#")
    assert desk.last(e.DigitsCollected).digits == ""


def test_without_an_ending_key_hash_is_a_digit() -> None:
    desk = gathering(finish_on="", max_digits=2)

    press(desk, "1#")

    assert result(desk) == got("1#", ended_by="max")


def test_it_ends_the_digit_timeout_after_the_last_key() -> None:
    desk = gathering(digit_timeout=span(2))
    press(desk, "1")
    desk.wait(1.5)
    press(desk, "2")

    assert desk.wait(1.999) == []
    assert names(desk.wait(0.001)) == ["DigitsCollected", "Asked"]
    assert result(desk) == got("12", ended_by="timeout")


def test_it_ends_the_speech_timeout_after_the_utterance() -> None:
    desk = gathering(speech=True, speech_timeout=span(1))
    speak(desk, "book a", 2)
    desk.wait(2.5)
    speak(desk, "table", 1)

    assert desk.wait(1.999) == []
    desk.wait(0.001)
    assert result(desk) == got(speech="book a table", input="speech", ended_by="silence")
    assert desk.last(e.DigitsCollected).speech == "book a table"


def test_a_wordless_utterance_is_speech_too() -> None:
    desk = gathering(speech=True)
    speak(desk, "", 0)
    desk.wait(1)

    assert result(desk) == got(input="speech", ended_by="silence")


def test_with_nothing_the_next_verb_runs_after_the_first_timeout() -> None:
    desk = gathering(Say("nobody there"), first_timeout=span(5))

    assert names(desk.wait(4.999)) == []
    assert names(desk.wait(0.001)) == ["SpeakingStarted"]
    assert desk.all(e.Asked) == []


def test_with_nothing_the_hook_is_asked_where_it_wants_to_know() -> None:
    desk = gathering(Say("never"), ask_when_empty=True)

    assert names(desk.wait(5)) == ["Asked"]
    assert result(desk) == got(input="", ended_by="nothing")


def test_defaults_are_five_seconds_for_the_first_key_two_for_the_next_and_hash() -> None:
    desk = gathering()

    desk.wait(4.999)
    press(desk, "1" * 31)
    desk.wait(1.999)
    assert desk.all(e.Asked) == []
    press(desk, "#")
    assert result(desk) == got("1" * 31, ended_by="key", key="#")


def test_the_default_most_is_32_digits() -> None:
    desk = gathering()

    press(desk, "7" * 32)

    assert result(desk) == got("7" * 32, ended_by="max")


# --- prompts ------------------------------------------------------------


def test_the_first_timeout_counts_from_the_end_of_the_prompts() -> None:
    desk = gathering(prompts=(PLAY, Pause(span(2))), first_timeout=span(5), ask_when_empty=True, where="3:7")

    events = desk.wait(5)
    assert names(events) == ["Heard", "Listening"]
    assert (desk.last(e.Listening).where, desk.since_start(desk.last(e.Listening))) == ("3:7", 5.0)
    desk.wait(5)
    assert desk.since_start(desk.last(e.Asked)) == 10.0


def test_a_key_barges_in_and_the_prompts_are_heard_as_far_as_they_got() -> None:
    desk = gathering(prompts=(Say("Press 1 to confirm"), Say("never")), max_digits=1)
    desk.wait(0.6)

    events = press(desk, "1")

    assert names(events) == ["DigitPressed", "Heard", "DigitsCollected", "Asked"]
    heard = desk.last(e.Heard)
    assert (heard.text, heard.whole, heard.seconds) == ("Press 1 t", False, 0.6)


def test_a_barge_in_that_does_not_finish_waits_for_the_next_key() -> None:
    desk = gathering(prompts=(PLAY,), max_digits=2)
    press(desk, "1")

    desk.wait(2)

    assert result(desk) == got("1", ended_by="timeout")
    assert desk.all(e.Listening) == []


def test_a_pause_among_the_prompts_is_barged_into() -> None:
    desk = gathering(prompts=(Pause(span(10)),), max_digits=1)
    desk.wait(1)

    assert names(press(desk, "1")) == ["DigitPressed", "DigitsCollected", "Asked"]
    assert desk.engine.next_deadline() is None


def test_speech_barges_in_too() -> None:
    desk = gathering(prompts=(PLAY,), speech=True)
    desk.wait(1)

    assert names(speak(desk, "yes")) == ["FarEndSpoke", "Heard"]


def test_without_barge_in_input_during_the_prompts_is_lost() -> None:
    desk = gathering(prompts=(PLAY,), barge_in=False, speech=True, max_digits=1)

    assert names(press(desk, "1")) == ["DigitPressed"]
    assert names(speak(desk, "yes")) == ["FarEndSpoke"]
    desk.wait(3)
    press(desk, "2")

    assert result(desk) == got("2", ended_by="max")


def test_endless_prompts_end_at_a_key() -> None:
    desk = gathering(prompts=(Say("", loop=0),), max_digits=1)
    desk.wait(60)
    assert not desk.engine.has_finite_deadline

    press(desk, "1")

    assert result(desk) == got("1", ended_by="max")
    assert desk.engine.next_deadline() is None


def test_what_is_asked_among_the_prompts_is_abandoned_by_a_key() -> None:
    desk = gathering(prompts=(Fetch(ASK),), max_digits=1)

    events = press(desk, "1")

    assert names(events) == ["DigitPressed", "AskAbandoned", "DigitsCollected", "Asked"]
    assert names(desk.do(c.Reply(f"{LEG}#1", stays()))) == ["AnswerDropped"]


def test_prompts_play_again_for_each_attempt() -> None:
    desk = gathering(Say("bye"), prompts=(PLAY,), attempts=3, first_timeout=span(1))

    desk.wait(12)

    assert [event.text for event in desk.all(e.SpeakingStarted)] == ["http://app/a.mp3"] * 3 + ["bye"]
    assert len(desk.all(e.Listening)) == 3


@pytest.mark.parametrize("attempts", [1, 0, -1])
def test_there_is_at_least_one_attempt(attempts: int) -> None:
    desk = gathering(Say("bye"), attempts=attempts)

    desk.wait(5)

    assert len(desk.all(e.Listening)) == 1
    assert desk.last(e.SpeakingStarted).text == "bye"


def test_attempts_without_prompts_listen_again() -> None:
    desk = gathering(attempts=2, first_timeout=span(1), ask_when_empty=True)

    assert names(desk.wait(2)) == ["Listening", "Asked"]


def test_a_gather_among_the_prompts_hears_first_and_the_outer_one_listens_after_it() -> None:
    desk = gathering(prompts=(Gather(prompts=(PLAY,), max_digits=1, where="inner"),), max_digits=1, where="outer")

    press(desk, "1")
    assert (desk.last(e.DigitsCollected).digits, desk.last(e.Listening).where) == ("1", "outer")
    press(desk, "2")

    assert result(desk) == got("2", ended_by="max")


def test_an_outer_gather_hears_past_an_inner_one_that_does_not_listen_for_keys() -> None:
    inner = Gather(prompts=(PLAY,), digits=False, speech=True)
    desk = gathering(prompts=(inner,), max_digits=1)
    desk.wait(1)

    assert names(press(desk, "2")) == ["DigitPressed", "Heard", "DigitsCollected", "Asked"]


# --- what counts ------------------------------------------------------------


def test_keys_outside_the_valid_ones_are_ignored() -> None:
    desk = gathering(valid="12", max_digits=2)

    press(desk, "91829")

    assert result(desk) == got("12", ended_by="max")


def test_the_ending_key_need_not_be_valid() -> None:
    desk = gathering(valid="12")

    press(desk, "1#")

    assert result(desk) == got("1", ended_by="key", key="#")


def test_an_ignored_key_neither_stops_the_prompts_nor_puts_off_a_timeout() -> None:
    desk = gathering(prompts=(PLAY,), valid="12", first_timeout=span(5), ask_when_empty=True)

    assert names(press(desk, "9")) == ["DigitPressed"]
    desk.wait(7)
    press(desk, "9")
    desk.wait(1)

    assert result(desk) == got(input="", ended_by="nothing")


def test_an_ignored_key_does_not_put_off_the_digit_timeout() -> None:
    desk = gathering(valid="12", digit_timeout=span(2))
    press(desk, "1")
    desk.wait(1)
    press(desk, "9")

    desk.wait(1)

    assert result(desk) == got("1", ended_by="timeout")


def test_keys_do_not_count_once_speech_has_begun_nor_the_other_way_about() -> None:
    spoken, typed = gathering(speech=True, max_digits=1), gathering(speech=True)

    speak(spoken, "yes")
    press(spoken, "1")
    press(typed, "1")
    speak(typed, "yes")
    spoken.wait(2)
    typed.wait(2)

    assert result(spoken) == got(speech="yes", input="speech", ended_by="silence")
    assert result(typed) == got("1", ended_by="timeout")


def test_keys_mean_nothing_to_a_gather_of_speech_and_speech_nothing_to_one_of_keys() -> None:
    for_speech, for_keys = gathering(digits=False, speech=True, max_digits=1), gathering()

    assert names(press(for_speech, "1")) == ["DigitPressed"]
    assert names(speak(for_keys, "yes")) == ["FarEndSpoke"]


def test_input_while_the_application_decides_is_not_collected() -> None:
    desk = gathering(max_digits=1, speech=True)

    press(desk, "12")
    speak(desk, "yes")

    assert [event.digits for event in desk.all(e.DigitsCollected)] == ["1"]


# --- the hook ------------------------------------------------------------


def test_a_hook_that_is_told_lets_the_next_verb_run() -> None:
    desk = gathering(Say("thanks"), hook=TELL, max_digits=1)

    events = press(desk, "1")

    assert names(events) == ["DigitPressed", "DigitsCollected", "Told", "SpeakingStarted"]
    assert desk.last(e.Told).fields == got("1", ended_by="max")


def test_without_a_hook_the_next_verb_runs() -> None:
    desk = gathering(Say("thanks"), hook=None, max_digits=1)

    assert names(press(desk, "1")) == ["DigitPressed", "DigitsCollected", "SpeakingStarted"]


def test_without_a_hook_nobody_is_asked_about_nothing() -> None:
    desk = gathering(Say("thanks"), hook=None, ask_when_empty=True)

    assert names(desk.wait(5)) == ["SpeakingStarted"]


def test_the_answer_is_run_and_without_one_the_next_verb() -> None:
    answered, empty = gathering(Say("next"), max_digits=1), gathering(Say("next"), max_digits=1)
    press(answered, "1")
    press(empty, "1")

    answered.reply(stays(Say("answer")))
    empty.reply(None)

    assert answered.last(e.SpeakingStarted).text == "answer"
    assert empty.last(e.SpeakingStarted).text == "next"


def test_an_application_that_fails_ends_the_leg() -> None:
    desk = gathering(max_digits=1)
    press(desk, "1")

    desk.do(c.NoReply(f"{LEG}#1", "status", "500"))

    assert desk.fate(LEG) == (FAILED_APPLICATION, "application")


def test_a_gather_answers_an_inbound_leg_and_an_early_one_does_not() -> None:
    late, early = Desk(), Desk()

    late.arrive(stays(Gather(hook=ASK)))
    early.arrive(stays(Gather(hook=ASK, early=True, max_digits=1)))

    assert names(late.events) == ["Arrived", "Answered", "Listening"]
    assert names(early.events) == ["Arrived", "EarlyMediaStarted", "Listening"]
    assert names(press(early, "1")) == ["DigitPressed", "DigitsCollected", "Asked"]


def test_a_hang_up_in_the_prompts_ends_without_a_result() -> None:
    desk = Desk()
    desk.talk(program(Gather(hook=ASK, prompts=(PLAY,))))

    assert names(desk.do(c.HangUp(LEG, "callee"))) == ["Heard", "Ended", "CallEnded"]


def test_nothing_gathered_at_the_end_of_a_program_ends_the_leg() -> None:
    desk = Desk()
    desk.talk(program(Gather(hook=ASK)))

    desk.wait(5)

    assert desk.fate(LEG) == (PROGRAM_END, "platform")


# --- one timeout over all ------------------------------------------------------------


def overall(**more: Any) -> Desk:
    more = {"overall_timeout": span(5), "first_timeout": None, "digit_timeout": None, "ask_when_empty": True, **more}
    return gathering(**more)


def test_the_overall_timeout_ends_it_with_the_keys_that_stand_there_and_no_key_restarts_it() -> None:
    desk = overall()
    desk.wait(4)
    press(desk, "12")

    assert desk.wait(0.999) == []
    desk.wait(0.001)
    assert result(desk) == got("12", ended_by="timeout")


def test_at_the_overall_timeout_too_few_keys_are_nothing() -> None:
    desk = overall(min_digits=3)
    press(desk, "12")

    desk.wait(5)

    assert result(desk) == got(input="", ended_by="nothing")


def test_the_overall_timeout_begins_at_the_first_key_if_that_comes_in_the_prompts() -> None:
    desk = overall(prompts=(PLAY,))
    desk.wait(1)
    press(desk, "1")

    desk.wait(5)

    assert result(desk) == got("1", ended_by="timeout")


def test_the_overall_timeout_begins_after_the_prompts_without_a_key() -> None:
    desk = overall(prompts=(PLAY,))

    desk.wait(7.999)
    assert not [event for event in desk.events if isinstance(event, e.Asked)]
    desk.wait(0.001)
    assert result(desk) == got(input="", ended_by="nothing")


def test_the_digit_timeout_waits_for_enough_digits() -> None:
    desk = overall(digit_timeout=span(1), min_digits=2)
    press(desk, "1")
    desk.wait(2)
    press(desk, "2")

    desk.wait(1)

    assert result(desk) == got("12", ended_by="timeout")


def test_each_attempt_has_its_own_overall_timeout() -> None:
    desk = overall(attempts=2, min_digits=2)
    press(desk, "1")
    desk.wait(5)
    press(desk, "2")
    desk.wait(5)

    assert result(desk) == got(input="", ended_by="nothing")


def test_without_any_timeout_it_waits_for_ever() -> None:
    desk = overall(overall_timeout=None)
    press(desk, "1")

    assert desk.engine.next_deadline() is None


@pytest.mark.parametrize(("kind", "other"), [("digits", "speech"), ("speech", "digits")])
def test_one_kind_of_input_alone_may_stop_the_prompts(kind: Any, other: str) -> None:
    desk = gathering(prompts=(PLAY,), barge_in=kind, speech=True, max_digits=1)
    give = {"digits": lambda: press(desk, "1"), "speech": lambda: speak(desk, "yes")}

    assert "Heard" not in names(give[other]())
    assert "Heard" in names(give[kind]())
