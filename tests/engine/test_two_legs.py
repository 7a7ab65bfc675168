"""Dial, step by step: in turn, confirmed, with music, and with keys matched on either leg."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import BUSY, CONFIRM_FAILED, HANGUP, LOST_RACE, PROGRAM_END, RING_TIMEOUT
from emulator.engine.program import Dial, Fetch, Gather, Hook, Pause, Play, Program, Say, Target
from tests.engine.desk import ASK, TELL, Desk, names, program, span, stays
from tests.engine.test_dial import EVENTS, FIRST, ONE, ROOT, SECOND, TWO, bridged, dialling, told

SOUND = Hook("http://app/sound", purpose="sound", on_failure="next")
THREE = (*TWO, Target("+913333333333"))


def key_or(*prompts: Any, seconds: float = 30) -> Program:
    """Press 1 to take the call."""
    gather = Gather(
        prompts=prompts, valid="1", max_digits=1, finish_on="", first_timeout=None,
        overall_timeout=span(seconds), end_when_empty=CONFIRM_FAILED,
    )  # fmt: skip
    return program(gather)


def dialled(desk: Desk) -> list[str]:
    return [event.leg.id for event in desk.all(e.Dialed)][1:]


# --- in turn ---------------------------------------------------------------------------------------------------


def test_in_turn_the_next_is_dialled_when_the_one_before_is_gone() -> None:
    desk = dialling(THREE, in_turn=True)
    assert dialled(desk) == [FIRST]

    desk.do(c.Fail(FIRST, BUSY))
    assert dialled(desk) == [FIRST, SECOND]
    assert [event.leg.position for event in desk.all(e.Dialed)][1:] == [1, 2]
    desk.do(c.Answer(SECOND))
    desk.do(c.HangUp(SECOND, "callee"))

    assert dialled(desk) == [FIRST, SECOND]


def test_in_turn_each_rings_for_the_ring_timeout() -> None:
    desk = dialling(TWO, in_turn=True, ring_timeout=span(20), hook=ASK)

    desk.wait(20)
    assert desk.fate(FIRST) == (RING_TIMEOUT, "platform")
    desk.wait(19.999)
    assert desk.state(SECOND) == "queued"
    desk.wait(0.001)

    assert desk.last(e.Asked).fields["child"] == SECOND


def test_in_turn_places_that_are_none_are_passed_over() -> None:
    desk = dialling((Target("no where"), Target("12"), *ONE), in_turn=True)

    assert [desk.state(leg) for leg in (FIRST, SECOND, "c1.3")] == ["ended", "ended", "queued"]
    assert desk.leg("c1.3").position == 3


def test_in_turn_a_leg_taken_away_while_it_rings_ends_the_dial() -> None:
    desk = dialling(TWO, in_turn=True, hook=TELL)

    desk.do(c.Redirect(((FIRST, stays()),), early=True))

    assert dialled(desk) == [FIRST]
    assert told(desk, TELL)[0]["outcome"] == "failed"


# --- confirmation ----------------------------------------------------------------------------------------------


def test_a_target_that_answered_is_bridged_when_it_is_through_with_its_confirmation() -> None:
    desk = dialling(ONE, confirm=program(Say("a call for you")), events=EVENTS)

    events = desk.do(c.Answer(FIRST))
    assert names(events) == ["Answered", "Told", "SpeakingStarted"]
    events = desk.wait(1)

    assert names(events) == ["Heard", "Bridged", "Told"]
    assert [fields["event"] for fields in told(desk, EVENTS)] == ["answer", "bridge"]


def test_a_key_confirms_and_cuts_what_is_said() -> None:
    desk = dialling(ONE, confirm=key_or(Say("press one to take this call, please")))
    desk.do(c.Answer(FIRST))

    assert names(desk.do(c.Press(FIRST, "2"))) == ["DigitPressed"]
    events = desk.do(c.Press(FIRST, "1"))

    assert names(events) == ["DigitPressed", "Heard", "DigitsCollected", "Bridged"]


def test_who_does_not_confirm_in_time_is_ended() -> None:
    desk = dialling(ONE, confirm=key_or(seconds=30), hook=ASK)
    desk.do(c.Answer(FIRST))

    desk.wait(29.999)
    assert desk.state(FIRST) == "answered"
    desk.wait(0.001)

    assert desk.fate(FIRST) == (CONFIRM_FAILED, "platform")
    fields = desk.last(e.Asked).fields
    assert (fields["outcome"], fields["cause"], fields["seconds"]) == ("failed", CONFIRM_FAILED, 0.0)


def test_the_first_to_confirm_wins_over_the_first_to_answer() -> None:
    desk = dialling(TWO, confirm=key_or())
    desk.do(c.Answer(FIRST))
    desk.do(c.Answer(SECOND))

    desk.do(c.Press(SECOND, "1"))

    assert desk.leg(ROOT).partner == SECOND
    assert desk.fate(FIRST) == (LOST_RACE, "platform")


def test_the_ring_timeout_spares_those_who_are_confirming() -> None:
    desk = dialling(TWO, confirm=key_or(seconds=100), ring_timeout=span(20))
    desk.do(c.Answer(FIRST))

    desk.wait(20)

    assert (desk.state(FIRST), desk.state(SECOND)) == ("answered", "ended")
    desk.do(c.Press(FIRST, "1"))
    assert desk.leg(ROOT).partner == FIRST


def test_in_turn_who_fails_to_confirm_is_followed_by_the_next() -> None:
    desk = dialling(TWO, confirm=key_or(seconds=5), in_turn=True, ring_timeout=span(20))
    desk.do(c.Answer(FIRST))

    desk.wait(5)

    assert dialled(desk) == [FIRST, SECOND]


def test_an_empty_confirmation_bridges_at_once() -> None:
    desk = dialling(ONE, confirm=Program(()))

    assert names(desk.do(c.Answer(FIRST))) == ["Answered", "Bridged"]


def test_who_dialled_and_hangs_up_ends_a_confirming_target() -> None:
    desk = dialling(ONE, confirm=key_or(Fetch(SOUND, nested=True)))
    desk.do(c.Answer(FIRST))

    assert names(desk.do(c.HangUp(ROOT, "caller"))) == ["AskAbandoned", "Ended", "Ended", "CallEnded"]
    assert desk.fate(FIRST) == (HANGUP, "partner")


def test_ready_without_a_dial_is_the_end_of_the_program() -> None:
    desk = Desk()
    leg = desk.talk(program(exhausted="join"))

    assert desk.fate(leg) == (PROGRAM_END, "platform")


# --- a document in place of one verb ---------------------------------------------------------------------------


def test_a_nested_answer_runs_in_place_of_its_verb_and_what_follows_goes_on() -> None:
    desk = Desk()
    desk.talk(stays(Fetch(SOUND, nested=True), Say("after")))

    desk.reply(program(Say("inside")))
    desk.finish()

    assert [event.text for event in desk.all(e.Heard)] == ["inside", "after"]
    assert desk.state(ROOT) == "answered"


@pytest.mark.parametrize("plan", [None, Program(())])
def test_a_nested_answer_without_verbs_is_passed_over(plan: Program | None) -> None:
    desk = Desk()
    desk.talk(stays(Fetch(SOUND, nested=True, repeats=True), Say("after")))

    assert names(desk.reply(plan)) == ["SpeakingStarted"]


def test_a_nested_answer_that_fails_is_passed_over_as_its_hook_says() -> None:
    desk = Desk()
    desk.talk(stays(Fetch(SOUND, nested=True), Say("after")))

    assert names(desk.do(c.NoReply("c1.0#1", "status"))) == ["AskFailed", "SpeakingStarted"]


def test_a_key_in_a_nested_prompt_barges_in_even_before_the_answer_came() -> None:
    desk = dialling(ONE, confirm=key_or(Fetch(SOUND, nested=True)))
    desk.do(c.Answer(FIRST))

    assert names(desk.do(c.Press(FIRST, "1"))) == ["DigitPressed", "AskAbandoned", "DigitsCollected", "Bridged"]


# --- music -----------------------------------------------------------------------------------------------------


def test_music_is_heard_while_it_rings_and_cut_at_the_bridge() -> None:
    desk = dialling(ONE, music=program(Play("http://a/music.mp3", loop=0)))
    desk.wait(4)

    events = desk.do(c.Answer(FIRST))

    assert names(events) == ["Answered", "Heard", "Bridged"]
    assert [(event.leg.id, event.seconds, event.whole) for event in desk.all(e.Heard)] == [
        (ROOT, 3.0, True), (ROOT, 1.0, False),
    ]  # fmt: skip


def test_music_that_was_fetched_is_played_again_without_asking_again() -> None:
    desk = dialling(ONE, music=program(Fetch(SOUND, nested=True, repeats=True)))
    desk.reply(program(Play("http://a/music.mp3"), Pause()))

    desk.wait(9)

    assert len(desk.all(e.Heard)) == 2 and len(desk.all(e.Asked)) == 1


def test_music_not_yet_fetched_is_no_longer_waited_for_at_the_bridge() -> None:
    desk = dialling(ONE, music=program(Fetch(SOUND, nested=True, repeats=True)))

    assert names(desk.do(c.Answer(FIRST))) == ["Answered", "AskAbandoned", "Bridged"]


def test_music_ends_when_nobody_is_left_and_the_next_verb_runs() -> None:
    desk = dialling(ONE, Say("nobody"), music=program(Play("http://a/music.mp3", loop=0)))

    assert names(desk.do(c.Fail(FIRST, BUSY))) == ["Ended", "Heard", "SpeakingStarted"]


def test_music_that_is_over_leaves_the_ringing_alone() -> None:
    desk = dialling(ONE, music=program(Say("one moment")))

    desk.wait(10)

    assert "Bridged" in names(desk.do(c.Answer(FIRST)))


@pytest.mark.parametrize("targets", [(), (Target("no where"),)])
def test_nobody_to_ring_is_no_reason_for_music(targets: tuple[Target, ...]) -> None:
    desk = dialling(targets, Say("nobody"), music=program(Play("http://a/music.mp3")))

    assert [event.text for event in desk.all(e.SpeakingStarted)] == ["nobody"]


def test_early_music_does_not_answer_an_inbound_leg() -> None:
    desk = Desk()
    desk.arrive(stays(Dial(ONE, music=program(Play("http://a/music.mp3", loop=0, early=True)))))

    assert desk.state(ROOT) == "early media"
    desk.do(c.Answer(FIRST))
    assert desk.state(ROOT) == "answered"


# --- keys on the bridge ----------------------------------------------------------------------------------------


def matches(desk: Desk) -> list[tuple[str, str]]:
    return [(fields["digits"], fields["by"]) for fields in told(desk, EVENTS) if fields["event"] == "digits"]


def test_keys_are_matched_on_either_leg_and_told() -> None:
    desk = bridged(events=EVENTS, digits_match=("12", "9"), digits_match_child=("*1",))

    desk.do(c.Press(ROOT, "3129"))
    desk.do(c.Press(FIRST, "12*1"))

    assert matches(desk) == [("12", "parent"), ("9", "parent"), ("*1", "child")]
    assert told(desk, EVENTS)[-1] == {
        "event": "digits", "child": FIRST, "position": 1, "cause": None, "digits": "*1", "by": "child",
    }  # fmt: skip


def test_keys_that_matched_are_used_up_and_the_longest_match_counts() -> None:
    desk = bridged(events=EVENTS, digits_match=("11", "011"))

    desk.do(c.Press(ROOT, "111011"))

    assert matches(desk) == [("11", "parent"), ("011", "parent")]


def test_keys_of_one_leg_are_not_matched_with_those_of_the_other() -> None:
    desk = bridged(events=EVENTS, digits_match=("12",), digits_match_child=("12",))

    desk.do(c.Press(ROOT, "1"))
    desk.do(c.Press(FIRST, "2"))

    assert matches(desk) == []


def test_a_match_that_nobody_hears_of_does_nothing() -> None:
    desk = bridged(digits_match=("1",))

    assert names(desk.do(c.Press(ROOT, "1"))) == ["DigitPressed"]


def test_a_star_may_match_and_end_the_bridge() -> None:
    desk = bridged(events=EVENTS, digits_match=("*",), end_on_star=True)

    assert names(desk.do(c.Press(ROOT, "*"))) == ["DigitPressed", "Told", "Unbridged", "Ended", "Told", "BecameIdle"]
    assert matches(desk) == [("*", "parent")]


def test_keys_pressed_before_the_bridge_do_not_count() -> None:
    desk = dialling(events=EVENTS, digits_match=("1",))
    desk.do(c.Press(ROOT, "1"))
    desk.do(c.Answer(FIRST))

    assert matches(desk) == []


def test_a_redirect_of_both_ends_the_matching() -> None:
    desk = bridged(events=EVENTS, digits_match=("1",))
    desk.do(c.Redirect(((ROOT, stays()), (FIRST, stays()))))

    assert names(desk.do(c.Press(ROOT, "1"))) == ["DigitPressed"]
