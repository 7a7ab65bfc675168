"""Far ends that are chosen, drawn or taken in turn: by the seed and the leg alone."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.errors import UsageError
from emulator.ids import Ids
from emulator.scenarios.casting import Choice, InTurn, Varied, cast
from emulator.scenarios.casting_json import DEEPEST, parse_casting, render_casting
from emulator.scenarios.far_end import FarEnd
from emulator.scenarios.player import FarEnds
from emulator.scenarios.spans import find_range, parse_span
from tests.scenarios.making import NUMBER, leg

BUSY: dict[str, Any] = {"outcome": "busy"}
MIXED: dict[str, Any] = {
    "choose": [{"weight": 20, "outcome": "busy"}, {"weight": 80, "rings_for": "3s..12s", "hangs_up_after": 20}]
}


def never() -> int:
    raise AssertionError("it is nobody's turn")


def far_end(told: Any, leg_id: str = "c1.0", seed: int = 1) -> FarEnd:
    return cast(parse_casting(told, "far_end"), Ids(seed), leg_id, never)


def test_a_far_end_that_does_not_vary_is_a_plain_one() -> None:
    assert parse_casting(BUSY, "far_end") == FarEnd(outcome="busy")


def test_of_many_legs_about_as_many_meet_each_option_as_its_weight_says() -> None:
    met = Counter(far_end(MIXED, f"c{number}.0").outcome for number in range(2000))
    assert 340 < met["busy"] < 460


def test_a_range_is_drawn_anew_for_every_leg_and_stays_within_its_ends() -> None:
    drawn = {far_end({"rings_for": "3s..12s"}, f"c{number}.0").ring_span for number in range(300)}
    assert len(drawn) > 250
    assert min(drawn) >= timedelta(seconds=3)
    assert max(drawn) <= timedelta(seconds=12)


@settings(deadline=None)
@given(st.integers(0, 2**53 - 1), st.integers(0, 10_000))
def test_the_same_seed_and_leg_meet_the_same_far_end(seed: int, number: int) -> None:
    assert far_end(MIXED, f"c{number}.0", seed) == far_end(MIXED, f"c{number}.0", seed)


def test_another_seed_is_another_day() -> None:
    one, other = ([far_end(MIXED, f"c{number}.0", seed) for number in range(20)] for seed in (1, 2))
    assert one != other


def test_ranges_in_reactions_are_drawn_too_each_by_itself() -> None:
    told = {
        "reactions": [
            {"press": "1", "after": "1s..9s"},
            {"say": "x", "seconds": "1..9s", "at": "0s..1h"},
            {"hold": True},
        ]
    }
    press, say, hold = far_end(told).reactions
    assert timedelta(seconds=1) <= press.after <= timedelta(seconds=9)
    assert say.at is not None
    assert say.at <= timedelta(hours=1)
    assert hold.after == timedelta()


def test_a_choice_may_be_among_choices_and_the_last_option_takes_what_is_left() -> None:
    told = {
        "choose": [{"choose": [BUSY, {"outcome": "rejected"}]}, {"weight": 3, "choose": [{"outcome": "unreachable"}]}]
    }
    met = {far_end(told, f"c{number}.0").outcome for number in range(60)}
    assert met == {"busy", "rejected", "unreachable"}


def test_legs_to_one_number_take_turns_in_every_spelling_and_the_last_stays() -> None:
    far_ends = FarEnds(Ids(1))
    far_ends.replace(FarEnd(), {"+91*": parse_casting({"in_turn": [BUSY, {"outcome": "rejected"}]}, "x")})
    spellings = [NUMBER, "09876543210"[1:], NUMBER]
    far_ends.set(NUMBER, parse_casting({"in_turn": [BUSY, {"outcome": "rejected"}, {}]}, "x"))
    outcomes = [far_ends.script_of(leg(f"c{number}.0", to=NUMBER)).outcome for number, _ in enumerate(spellings)]
    assert outcomes == ["busy", "rejected", "answer"]
    assert far_ends.script_of(leg("c9.0", to=NUMBER)).outcome == "answer"
    assert far_ends.script_of(leg("c10.0", to="+919811111111")).outcome == "busy"


def test_turns_begin_anew_with_a_new_scenario_and_its_seed_is_its_own() -> None:
    far_ends = FarEnds(Ids(1))
    turns = parse_casting({"in_turn": [BUSY, {}]}, "x")
    for _ in range(2):
        far_ends.replace(turns, {}, seed=7)
        assert [far_ends.script_of(leg()).outcome for _ in range(2)] == ["busy", "answer"]
    far_ends.replace(parse_casting(MIXED, "x"), {}, seed=7)
    other = FarEnds(Ids(99))
    other.replace(parse_casting(MIXED, "x"), {}, seed=7)
    legs = [leg(f"c{number}.0") for number in range(20)]
    assert [far_ends.script_of(each) for each in legs] == [other.script_of(each) for each in legs]


@pytest.mark.parametrize("told", [BUSY, MIXED, {"in_turn": [BUSY, MIXED]}, {"rings_for": "3s..12s"}, {}])
def test_what_is_rendered_is_read_back(told: dict[str, Any]) -> None:
    read = parse_casting(told, "far_end")
    assert parse_casting(render_casting(read), "far_end") == read


def test_kinds_are_told_apart() -> None:
    kinds = [type(parse_casting(told, "x")) for told in (MIXED, {"in_turn": [{}]}, {"rings_for": "1s..2s"})]
    assert kinds == [Choice, InTurn, Varied]


def nested(depth: int) -> dict[str, Any]:
    return {"choose": [nested(depth - 1)]} if depth else {}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"choose": []}, "far_end.choose: expected a list of one far end or more"),
        ({"choose": {}}, "far_end.choose: expected a list"),
        ({"choose": [3]}, "far_end.choose[0]: expected an object"),
        ({"choose": [{"weight": 0}]}, "far_end.choose[0].weight: expected a number above 0"),
        ({"choose": [{"weight": True}]}, "far_end.choose[0].weight"),
        ({"choose": [{"weight": "a lot"}]}, "far_end.choose[0].weight"),
        ({"choose": [{}], "outcome": "busy"}, "far_end: choose stands alone, got outcome"),
        ({"in_turn": [{"outcom": "busy"}]}, "far_end.in_turn[0].outcom: no such key"),
        ({"rings_for": "12s..3s"}, "far_end.rings_for: expected the shorter span first"),
        ({"rings_for": "3s..12s", "rings_up_to": "9s"}, "far_end.rings_for: say a range in rings_for alone"),
        ({"rings_up_to": "3s..12s"}, "far_end.rings_up_to: say a range"),
        ({"rings_for": "3s..12s", "outcom": "busy"}, "far_end.outcom: no such key"),
        ({"greeting": "1s..2s", "rings_for": "1s..soon"}, "far_end.rings_for: expected a span"),
        ({"reactions": [3, {"press": "1", "after": "2s..1s"}]}, "far_end.reactions[1].after: expected the shorter"),
        (nested(DEEPEST + 1), "expected no more than 8 choices within each other"),
        (3, "far_end: expected an object"),
    ],
)
def test_what_cannot_be_cast_is_refused_by_its_path(told: Any, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_casting(told, "far_end")
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("text", "ends"),
    [("3s..12s", (3, 12)), ("3..12s", (3, 12)), ("500ms .. 1.5m", (0.5, 90)), ("1s..1s", (1, 1))],
)
def test_a_range_has_two_spans_or_one_unit_for_both(text: str, ends: tuple[float, float]) -> None:
    found = find_range(text, "x")
    assert found is not None
    assert (found.least.total_seconds(), found.most.total_seconds()) == ends


@pytest.mark.parametrize("told", ["3s", 3, None, "a..b", "3s...4s"])
def test_what_is_no_range_is_none(told: Any) -> None:
    assert find_range(told, "x") is None


def test_a_range_shows_itself_as_it_is_written() -> None:
    found = find_range("1.5m..2h", "x")
    assert str(found) == "90s..7200s"
    assert parse_span(found.least, "x") == timedelta(seconds=90) if found else False
