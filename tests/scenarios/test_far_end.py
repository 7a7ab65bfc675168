from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.engine.causes import CAUSES
from emulator.errors import UsageError
from emulator.scenarios.builder import FarEndBuilder
from emulator.scenarios.far_end import OUTCOMES, FarEnd, HangUp, Hold, Press, Reaction, Say
from emulator.scenarios.spans import parse_span, render_span
from tests.scenarios.making import span

spans = st.integers(0, 10**11).map(lambda count: timedelta(microseconds=count))
deeds = st.one_of(
    st.from_regex(r"[0-9*#A-Da-dwW]{0,4}[0-9*#]", fullmatch=True).map(Press),
    st.builds(Say, st.text(), st.none() | spans),
    st.just(HangUp()),
    st.builds(Hold, st.booleans()),
)
times = st.none() | st.integers(1, 9)
reactions = st.one_of(
    st.builds(Reaction, deeds, on=st.text().filter(str.strip), after=spans, barge_in=st.booleans(), times=times),
    st.builds(Reaction, deeds, on_prompt=st.booleans(), after=spans, times=times),
    st.builds(Reaction, deeds, at=st.none() | spans, after=spans, times=times),
)
far_ends = st.builds(
    FarEnd,
    connects_after=spans,
    rings_for=st.none() | spans,
    outcome=st.sampled_from(OUTCOMES),
    early_media=st.booleans(),
    is_machine=st.booleans(),
    greeting=st.text(),
    greeting_for=spans,
    reactions=st.lists(reactions, max_size=3).map(tuple),
    hangs_up_after=st.none() | spans,
    picks_up=st.booleans(),
    rings_up_to=st.none() | st.just(timedelta(days=2)),
    gives_up_after=st.none() | spans,
)


@given(far_ends)
def test_a_far_end_comes_back_from_json_as_it_was(far_end: FarEnd) -> None:
    assert FarEnd.from_json(far_end.to_json()) == far_end


def test_what_equals_its_default_is_left_out_and_spans_are_seconds() -> None:
    assert FarEnd().to_json() == {}
    far_end = FarEnd(
        rings_for=span(3),
        reactions=(Reaction(Press("1"), on="press 1", barge_in=True), Reaction(HangUp(), at=span(0.5))),
    )
    assert far_end.to_json() == {
        "rings_for": 3,
        "reactions": [{"press": "1", "on": "press 1", "barge_in": True}, {"hang_up": True, "at": 0.5}],
    }


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([], "far_end: expected an object, got list '[]'"),
        (None, "far_end: expected an object, got nothing"),
        ({"rings": 3}, "far_end.rings: no such key; expected one of connects_after, rings_for,"),
        ({3: 3}, "far_end.3: no such key"),
        ({"rings_for": "soon"}, 'far_end.rings_for: expected a span such as "3s" or 2.5 (seconds), got "soon"'),
        ({"rings_for": True}, "far_end.rings_for: expected a span"),
        ({"rings_for": "x" * 99}, "xxx..."),
        ({"connects_after": -1}, "far_end.connects_after: expected a span from 0 to ten years, got -1"),
        ({"connects_after": float("nan")}, "far_end.connects_after: expected a span from 0 to ten years, got nan"),
        ({"connects_after": None}, "far_end.connects_after: expected a span"),
        ({"outcome": "sleepy"}, "far_end.outcome: expected one of answer, busy, no-answer,"),
        ({"outcome": ["busy"]}, "far_end.outcome: expected one of"),
        ({"greeting": 3}, "far_end.greeting: expected text, got int '3'"),
        ({"picks_up": "yes"}, "far_end.picks_up: expected true or false, got str 'yes'"),
        ({"rings_for": 3, "rings_up_to": 2}, "far_end.rings_up_to: expected no less than rings_for"),
        ({"reactions": {"press": "1"}}, "far_end.reactions: expected a list of reactions, got dict"),
        ({"reactions": [{}]}, "far_end.reactions[0]: expected one of press, say, hang_up, hold, got none"),
        ({"reactions": [{"press": "1", "hold": True}]}, "hang_up, hold, got press and hold"),
        ({"reactions": [{"hang_up": True}, {"press": "x"}]}, "far_end.reactions[1].press: expected keys of 0-9*#A-D"),
        ({"reactions": [{"press": ""}]}, "far_end.reactions[0].press: expected keys"),
        ({"reactions": [{"press": "www"}]}, "far_end.reactions[0].press: expected keys"),
        ({"reactions": [{"hang_up": False}]}, "far_end.reactions[0].hang_up: expected true"),
        ({"reactions": [{"press": "1", "seconds": 3}]}, "far_end.reactions[0].seconds: only `say` takes it"),
        ({"reactions": [{"press": "1", "on": "a", "at": 1}]}, "reactions[0]: expected one trigger, got on and at"),
        ({"reactions": [{"press": "1", "on": " "}]}, "far_end.reactions[0].on: expected some text"),
        ({"reactions": [{"press": "1", "barge_in": True}]}, "far_end.reactions[0].barge_in: only a reaction with `on`"),
        ({"reactions": [{"press": "1", "times": 0}]}, "far_end.reactions[0].times: expected 1 or more, got 0"),
        ({"reactions": [{"press": "1", "times": True}]}, "far_end.reactions[0].times: expected a whole number"),
        ({"reactions": [{"press": "1", "after": "1 day"}]}, 'far_end.reactions[0].after: expected a span such as "3s"'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_path(data: Any, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        FarEnd.from_json(data)
    assert text in str(caught.value)


json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["press", "on", "reactions", "rings_for", "x"]), inner)
    ),
    max_leaves=8,
)


@given(json_like)
def test_anything_at_all_is_read_or_refused_with_a_path(data: Any) -> None:
    try:
        FarEnd.from_json(data, "file.yaml: numbers")
    except UsageError as error:
        assert str(error).startswith("file.yaml: numbers")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [(3, 3), (0.25, 0.25), ("3s", 3), ("500ms", 0.5), ("1.5m", 90), ("2 h", 7200), (timedelta(seconds=4), 4)],
)
def test_a_span_is_written_as_people_do(written: Any, seconds: float) -> None:
    assert parse_span(written, "x") == span(seconds)
    assert render_span(span(seconds)) == seconds


def test_each_outcome_rings_as_long_as_it_would() -> None:
    assert FarEnd().ring_span == span(2)
    assert FarEnd(outcome="no-answer").ring_span == span(180)
    assert FarEnd(outcome="busy").ring_span == span(0)
    assert FarEnd(outcome="busy", rings_for=span(3)).ring_span == span(3)
    assert set(OUTCOMES) - {"answer"} <= set(CAUSES)


def test_a_far_end_is_said_in_one_sentence() -> None:
    said: list[FarEnd] = []
    builder = FarEndBuilder(said.append)
    builder.rings(3).answers().presses("1", on="press 1").hangs_up(after=20)
    assert (
        said[-1]
        == builder.far_end
        == FarEnd(rings_for=span(3), reactions=(Reaction(Press("1"), on="press 1"),), hangs_up_after=span(20))
    )
    assert len(said) == 4


def test_every_word_of_the_builder_is_a_field_of_the_far_end() -> None:
    made = (
        FarEndBuilder(far_end=FarEnd(greeting="x"))
        .connects("1s")
        .rings(2, up_to=6)
        .sends_early_media()
        .is_machine("Beep", 3)
        .says("yes", 2, at=1, after="2s")
        .says("no", on_prompt=True, times=1)
        .holds(on="hold on")
        .holds(False, at=9)
        .hangs_up(on="bye", after=1)
        .gives_up(after=30)
        .far_end
    )
    assert made == FarEnd(
        connects_after=span(1),
        rings_for=span(2),
        rings_up_to=span(6),
        early_media=True,
        is_machine=True,
        greeting="Beep",
        greeting_for=span(3),
        gives_up_after=span(30),
        reactions=(
            Reaction(Say("yes", span(2)), at=span(1), after=span(2)),
            Reaction(Say("no"), on_prompt=True, times=1),
            Reaction(Hold(), on="hold on"),
            Reaction(Hold(False), at=span(9)),
            Reaction(HangUp(), on="bye", after=span(1)),
        ),
    )
    assert FarEndBuilder().rings_for_ever().far_end == FarEnd(picks_up=False)
    assert FarEndBuilder().greets("Hi", 2).far_end == FarEnd(greeting="Hi", greeting_for=span(2))
    assert FarEndBuilder().rings_for_ever().is_busy().far_end == FarEnd(outcome="busy")
    assert FarEndBuilder().rejects().far_end.outcome == "rejected"
    assert FarEndBuilder().does_not_answer().far_end.outcome == "no-answer"
    assert FarEndBuilder().is_unreachable().far_end.outcome == "unreachable"
    assert FarEndBuilder().ends_in("congestion").far_end.outcome == "congestion"


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (lambda far_end: far_end.rings("soon"), 'rings: expected a span such as "3s"'),
        (lambda far_end: far_end.ends_in("sleep"), "ends_in.outcome: expected one of answer"),
        (lambda far_end: far_end.presses("1", on="a", at=1), "expected one trigger, got on and at"),
        (lambda far_end: far_end.hangs_up(after=-1), "hangs_up.after: expected a span from 0"),
        (lambda far_end: far_end.presses("x"), "expected keys of 0-9"),
    ],
)
def test_a_wrong_word_is_a_usage_error_and_changes_nothing(wrong: Any, text: str) -> None:
    said: list[FarEnd] = []
    builder = FarEndBuilder(said.append)
    with pytest.raises(UsageError, match=text):
        wrong(builder)
    assert builder.far_end == FarEnd()
    assert said == []
