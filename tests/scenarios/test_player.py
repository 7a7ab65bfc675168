from datetime import timedelta

import pytest

from emulator.engine import commands as c
from emulator.engine import events
from emulator.engine.causes import BUSY, NO_ANSWER, REJECTED, UNREACHABLE
from emulator.engine.speech import Nominal
from emulator.errors import UsageError
from emulator.ids import Ids
from emulator.scenarios.far_end import FarEnd, HangUp, Hold, Press, Reaction, Say
from emulator.scenarios.player import FarEnds
from tests.scenarios.making import Bench, at, leg, span

LEG = "c1.0"


def reacts(*reactions: Reaction, **fields: object) -> FarEnd:
    return FarEnd(reactions=reactions, **fields)  # type: ignore[arg-type]


# -- before the answer


def test_any_number_rings_at_once_and_answers_after_two_seconds_saying_hello() -> None:
    assert Bench().dialed().until(3600) == [
        (0, c.Ring(LEG)),
        (2, c.Answer(LEG)),
        (2, c.Greet(LEG, False, "Hello?", span(1))),
    ]


@pytest.mark.parametrize(
    ("number", "acts"),
    [
        ("5550101", [(0, c.Fail(LEG, BUSY, "callee"))]),
        ("5550102", [(0, c.Ring(LEG)), (180, c.Fail(LEG, NO_ANSWER, "carrier"))]),
        ("5550103", [(0, c.Ring(LEG)), (2, c.Fail(LEG, REJECTED, "callee"))]),
        ("5550104", [(0, c.Fail(LEG, UNREACHABLE, "carrier"))]),
        ("5550106", [(0, c.Ring(LEG)), (2, c.Answer(LEG))]),
    ],
)
def test_magic_numbers_do_what_they_say(number: str, acts: list[tuple[float, c.Command]]) -> None:
    assert Bench(to=f"+1 202 {number}").dialed().until(3600) == acts


def test_the_answering_machine_greets_as_a_machine() -> None:
    *_, (when, greet) = Bench(to="+12025550105").dialed().until(60)
    assert when == 2
    assert isinstance(greet, c.Greet)
    assert greet.is_machine
    assert greet.seconds == span(4)


def test_the_one_that_hangs_up_at_once_does_so_at_the_instant_of_the_answer() -> None:
    assert Bench(to="+12025550106").answered(2).until(2) == [(2, c.HangUp(LEG, "callee"))]


def test_the_slow_one_answers_after_twenty_seconds() -> None:
    assert (20, c.Answer(LEG)) in Bench(to="+12025550107").dialed().until(60)


def test_the_obliging_one_presses_1_at_every_prompt() -> None:
    bench = Bench(to="+12025550108").answered()
    for seconds in (3, 8):
        bench.listens(seconds)
    assert bench.until(60) == [(3.5, c.Press(LEG, "1")), (8.5, c.Press(LEG, "1"))]


def test_connecting_and_ringing_take_their_time_and_early_media_comes_with_the_ring() -> None:
    far_end = FarEnd(connects_after=span(1), rings_for=span(3), early_media=True, greeting="")
    assert Bench(far_end).dialed().until(60) == [(1, c.Ring(LEG)), (1, c.EarlyMedia(LEG)), (4, c.Answer(LEG))]


def test_a_failure_that_was_told_to_ring_first_rings_first() -> None:
    acts = Bench(FarEnd(outcome="busy", rings_for=span(3))).dialed().until(60)
    assert acts == [(0, c.Ring(LEG)), (3, c.Fail(LEG, BUSY, "callee"))]


def test_a_phone_nobody_picks_up_rings_for_ever_and_waits_for_nothing() -> None:
    bench = Bench(FarEnd(picks_up=False, outcome="busy")).dialed()
    assert bench.until(10**6) == [(0, c.Ring(LEG))]
    assert not bench.far_ends.has_finite_deadline


def test_it_rings_between_two_spans_as_the_seed_and_the_leg_decide() -> None:
    far_end = FarEnd(rings_for=span(2), rings_up_to=span(6))

    def rang(seed: int, leg_id: str) -> float:
        return Bench(far_end, seed=seed, leg_id=leg_id).dialed().until(60)[1][0]

    everyone = [rang(1, f"c{n}.0") for n in range(1, 60)]
    assert everyone == [rang(1, f"c{n}.0") for n in range(1, 60)]
    assert all(2 <= seconds <= 6 for seconds in everyone)
    assert min(everyone) < 3 < 5 < max(everyone)
    assert rang(1, "c1.0") != rang(2, "c1.0")


def test_a_caller_waits_unless_it_gives_up() -> None:
    assert Bench(FarEnd(), direction="inbound", from_="+14155550100").arrived().until(3600) == []
    bench = Bench(FarEnd(gives_up_after=span(10)), direction="inbound").arrived()
    assert bench.until(60) == [(10, c.HangUp(LEG, "caller"))]


def test_a_caller_who_was_answered_does_not_give_up() -> None:
    bench = Bench(FarEnd(gives_up_after=span(10), hangs_up_after=span(30)), direction="inbound").arrived()
    bench.tell(events.Answered, 4)
    assert bench.until(60) == [(34, c.HangUp(LEG, "caller"))]


def test_a_caller_reacts_to_what_it_hears_once_answered() -> None:
    bench = Bench(reacts(Reaction(HangUp(), on="bye")), direction="inbound").arrived()
    bench.tell(events.Answered, 4)
    bench.heard(6, "Bye")
    assert bench.until(60) == [(6, c.HangUp(LEG, "caller"))]


def test_the_far_end_is_the_callee_of_an_outbound_and_the_caller_of_an_inbound_leg() -> None:
    far_ends = FarEnds(Ids(1))
    far_ends.set("+919876543210", FarEnd(greeting="callee"))
    far_ends.set("+14155550100", FarEnd(greeting="caller"))
    assert far_ends.script_of(leg()).greeting == "callee"
    assert far_ends.script_of(leg(direction="inbound")).greeting == "caller"


def test_a_leg_keeps_the_far_end_it_was_dialled_with() -> None:
    bench = Bench(FarEnd(outcome="busy")).dialed()
    bench.far_ends.set(bench.leg.to, FarEnd())
    assert bench.until(60) == [(0, c.Fail(LEG, BUSY, "callee"))]


def test_the_default_far_end_can_be_changed() -> None:
    bench = Bench()
    bench.far_ends.set_default(FarEnd(outcome="rejected", rings_for=span(0)))
    assert bench.far_ends.default.outcome == "rejected"
    assert bench.far_ends.items() == []
    assert bench.dialed().until(60) == [(0, c.Fail(LEG, REJECTED, "callee"))]


def test_replacing_the_scenario_forgets_all_that_was_set() -> None:
    bench = Bench(FarEnd(outcome="busy"))
    bench.far_ends.set_default(FarEnd(outcome="rejected"))
    bench.far_ends.replace(FarEnd(), {"+44 20 7946 0018": FarEnd(outcome="busy")})
    assert bench.far_ends.items() == [("442079460018", FarEnd(outcome="busy"))]
    assert bench.far_ends.script_of(bench.leg) == FarEnd()


def test_a_scenario_with_a_number_that_is_none_changes_nothing() -> None:
    bench = Bench(FarEnd(outcome="busy"))
    with pytest.raises(UsageError):
        bench.far_ends.replace(FarEnd(), {"+1": FarEnd(), "": FarEnd()})
    assert bench.far_ends.script_of(bench.leg) == FarEnd(outcome="busy")


# -- reactions


def test_it_reacts_to_part_of_a_text_whatever_its_case_when_the_text_has_ended() -> None:
    bench = Bench(reacts(Reaction(Press("1"), on="PRESS  one"))).answered()
    bench.speaks(1, "Please press\n One now", 4)
    assert bench.until(4.9) == []
    bench.heard(5, "Please press\n One now", 4)
    assert bench.until(60) == [(5, c.Press(LEG, "1"))]


def test_it_does_not_react_to_another_text_or_to_one_that_was_cut() -> None:
    bench = Bench(reacts(Reaction(Press("1"), on="press 1"))).answered()
    bench.heard(1, "press 2")
    bench.heard(2, "press 1 to", whole=False)
    assert bench.until(60) == []


def test_a_played_file_is_heard_by_its_name() -> None:
    bench = Bench(reacts(Reaction(Press("1"), on="menu.mp3"))).answered()
    bench.heard(2, "http://app.test/menu.mp3", kind="play")
    assert bench.until(60) == [(2, c.Press(LEG, "1"))]


def test_barging_in_reacts_where_the_match_ends() -> None:
    bench = Bench(reacts(Reaction(Press("1"), on="press 1", barge_in=True))).answered()
    bench.speaks(10, "Press 1 or wait", 15)  # the match is 7 of 15 characters
    assert bench.until(60) == [(17, c.Press(LEG, "1"))]
    bench.heard(25, "Press 1 or wait", 15)
    assert bench.until(60) == []


def test_barging_in_never_comes_before_the_last_letter_of_the_match() -> None:
    bench = Bench(reacts(Reaction(Press("1"), on="press 1", barge_in=True))).answered()
    bench.speaks(0, "Press 1 to confirm your appointment with Dr Rao", 3.133)  # 7 of 47 characters: 0.46661… s
    assert bench.until(60) == [(0.467, c.Press(LEG, "1"))]
    bench.speaks(1, "press 1", 0.4666)
    assert [when for when, _ in bench.until(60)] == [1.4666]


def test_a_match_at_the_very_end_still_comes_when_the_text_ends_at_that_instant() -> None:
    bench = Bench(reacts(Reaction(Press("1"), on="press 1", barge_in=True))).answered()
    bench.speaks(10, "To go on press 1", 4)
    bench.heard(14, "To go on press 1", 4)
    assert bench.until(14) == [(14, c.Press(LEG, "1"))]


def test_a_text_cut_before_the_match_is_not_reacted_to_and_leaves_no_deadline() -> None:
    bench = Bench(reacts(Reaction(Press("1"), on="or wait", barge_in=True))).answered()
    bench.speaks(10, "Press 1 or wait", 15)
    bench.heard(12, "Press 1", 2, whole=False)
    assert bench.far_ends.next_deadline() is None
    assert bench.until(60) == []


def test_a_cut_in_that_came_in_time_stands() -> None:
    first, second = Reaction(Press("1"), on="press", barge_in=True), Reaction(Press("2"), on="wait", barge_in=True)
    bench = Bench(reacts(first, second)).answered()
    bench.speaks(0, "Press 1 or wait", 15)
    assert bench.until(6) == [(5, c.Press(LEG, "1"))]
    bench.heard(6, "Press", 6, whole=False)
    assert bench.until(60) == []


def test_it_reacts_to_what_another_far_end_says_to_it() -> None:
    bench = Bench(
        reacts(Reaction(Say("and you?", span(1)), on="how are you"), Reaction(Press("1"), on="one"))
    ).answered()
    other = leg("c2.0")
    bench.far_ends.observe(events.FarEndSpoke(at(3), other, "Hi, how are  you today?", 2.0, False, ("c1.0", "c9.0")))
    bench.far_ends.observe(events.FarEndSpoke(at(9), other, "how are you", 2.0, False, ("c9.0",)))
    bench.far_ends.observe(events.FarEndSpoke(at(10), other, "how are you", 0.0, False, ("c1.0",)))
    assert bench.until(60) == [(5, c.Speak("c1.0", "and you?", span(1)))]


def test_it_cuts_in_on_another_far_end_where_the_match_ends() -> None:
    bench = Bench(reacts(Reaction(Press("1"), on="one", barge_in=True))).answered()
    bench.far_ends.observe(events.FarEndSpoke(at(3), leg("c2.0"), "one two", 7.0, False, ("c1.0",)))
    assert bench.until(60) == [(6, c.Press("c1.0", "1"))]


def test_keys_come_one_by_one_and_waits_are_waited() -> None:
    bench = Bench(reacts(Reaction(Press("1a#w2W3"), on_prompt=True))).answered()
    bench.listens(10)
    assert bench.until(60) == [
        (10, c.Press(LEG, "1")),
        (10.25, c.Press(LEG, "A")),
        (10.5, c.Press(LEG, "#")),
        (11.25, c.Press(LEG, "2")),
        (12.5, c.Press(LEG, "3")),
    ]


def test_each_deed_is_its_command() -> None:
    bench = Bench(
        reacts(
            Reaction(Say("Yes please"), at=span(1)),
            Reaction(Say("No", span(3)), at=span(2)),
            Reaction(Hold(), at=span(3)),
            Reaction(Hold(False), at=span(4), after=span(1)),
            Reaction(HangUp(), on="bye"),
            Reaction(Press("5")),
        )
    ).answered()
    bench.heard(9, "Goodbye")
    assert bench.until(60) == [
        (0, c.Press(LEG, "5")),
        (1, c.Speak(LEG, "Yes please", Nominal().speech("Yes please"))),
        (2, c.Speak(LEG, "No", span(3))),
        (3, c.Hold(LEG)),
        (5, c.Hold(LEG, False)),
        (9, c.HangUp(LEG, "callee")),
    ]


def test_a_reaction_comes_as_often_as_it_may() -> None:
    bench = Bench(
        reacts(
            Reaction(Press("1"), on="again", times=2),
            Reaction(Press("2"), on_prompt=True, times=1),
            Reaction(Press("3"), on="again", barge_in=True, times=1),
        )
    ).answered()
    for seconds in (1, 2, 3):
        bench.speaks(seconds - 0.5, "again", 0.5)
        bench.heard(seconds, "again", 0.5)
        bench.listens(seconds)
    assert bench.until(60) == [
        (1, c.Press(LEG, "1")),
        (1, c.Press(LEG, "2")),
        (1, c.Press(LEG, "3")),
        (2, c.Press(LEG, "1")),
    ]


def test_equal_reactions_are_counted_apart() -> None:
    twice = Reaction(Press("1"), on="press", barge_in=True, times=1)
    bench = Bench(reacts(twice, twice)).answered()
    bench.speaks(0, "press", 1)
    assert bench.until(60) == [(1, c.Press(LEG, "1"))] * 2


def test_equal_instants_go_by_the_order_they_were_scheduled() -> None:
    bench = Bench(reacts(*(Reaction(Press(key), at=span(5)) for key in "312"), hangs_up_after=span(5))).answered()
    assert bench.until(60) == [
        (5, c.Press(LEG, "3")),
        (5, c.Press(LEG, "1")),
        (5, c.Press(LEG, "2")),
        (5, c.HangUp(LEG, "callee")),
    ]


def test_nothing_is_reacted_to_before_the_answer() -> None:
    bench = Bench(reacts(Reaction(Press("1"), on="a", barge_in=True), Reaction(Press("2"), on_prompt=True))).dialed()
    bench.speaks(0, "aaa", 1)
    bench.heard(1, "aaa")
    bench.listens(1)
    assert [type(command) for _, command in bench.until(60)] == [c.Ring, c.Answer, c.Greet]


# -- the end, and people


def test_a_leg_that_ended_does_nothing_more() -> None:
    bench = Bench(reacts(Reaction(Press("1"), at=span(5)), hangs_up_after=span(9))).answered()
    bench.ends(3)
    assert bench.far_ends.next_deadline() is None
    assert bench.until(60) == []


def test_an_answer_by_hand_ends_the_ringing_and_the_script_goes_on() -> None:
    bench = Bench(FarEnd(hangs_up_after=span(9))).dialed()
    assert bench.until(0) == [(0, c.Ring(LEG))]
    bench.tell(events.Answered, 1)
    assert bench.until(60) == [(10, c.HangUp(LEG, "callee"))]


def test_a_leg_taken_over_is_left_to_the_person() -> None:
    bench = Bench(reacts(Reaction(Press("1"), on="press 1"), hangs_up_after=span(9))).dialed()
    bench.far_ends.take_over(LEG)
    bench.far_ends.take_over("c9.0")
    bench.tell(events.Answered, 1)
    bench.heard(2, "press 1")
    bench.listens(2)
    bench.ends(3)
    assert bench.until(60) == []


def test_events_of_legs_and_kinds_that_concern_nobody_change_nothing() -> None:
    bench = Bench().dialed()
    bench.until(2)
    other = leg("c2.0")
    for event in (
        events.Answered(at(2), bench.leg),
        events.Heard(at(3), other, "say", "x", 1, True),
        events.SpeakingStarted(at(3), other, "say", "x", 1),
        events.Listening(at(3), other),
        events.Answered(at(3), other),
        events.Ended(at(3), other, BUSY, "callee"),
        events.CallEnded(at(3), other),
        events.DigitPressed(at(3), other, "1"),
    ):
        bench.far_ends.observe(event)
    assert bench.far_ends.next_deadline() is None


def test_a_thousand_ended_legs_leave_nothing_behind() -> None:
    far_ends = FarEnds(Ids(1))
    far_ends.set("*", reacts(Reaction(Press("1"), on="x", barge_in=True), hangs_up_after=timedelta(hours=1)))
    for n in range(1, 1001):
        one = leg(f"c{n}.0")
        far_ends.observe(events.Dialed(at(0), one))
        far_ends.observe(events.Answered(at(0), one))
        far_ends.observe(events.SpeakingStarted(at(0), one, "say", "x", 60))
        far_ends.observe(events.Heard(at(0), one, "say", "", 0, False))
        if n > 1:
            far_ends.observe(events.Ended(at(0), one, BUSY, "api"))
    assert len(far_ends._agenda) == 1
    assert len(far_ends._agenda._heap) < 200
    assert far_ends.next_deadline() == at(3600)
