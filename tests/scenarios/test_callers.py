"""Who calls, and when."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from emulator.errors import UsageError
from emulator.ids import Ids
from emulator.scenarios.callers import MOST, Callers, parse_calls
from emulator.scenarios.far_end import FarEnd
from tests.scenarios.making import START, at


def callers(*rows: dict[str, Any], seed: int = 1) -> Callers:
    made = Callers()
    made.replace(parse_calls(rows, "calls"), START, Ids(seed))
    return made


def instants(made: Callers) -> list[float]:
    out = []
    while (due := made.next_deadline()) is not None:
        out += [(due - START).total_seconds() for _ in made.wake(due)]
    return out


def test_a_call_comes_at_its_instant_and_not_before() -> None:
    made = callers({"at": "10s", "from": "+919876543210"})
    assert list(made.wake(at(9.999))) == []
    (call,) = made.wake(at(10))
    assert call.from_ == "+919876543210"
    assert made.next_deadline() is None


def test_calls_come_in_the_order_of_their_instants_equal_ones_as_they_are_told() -> None:
    made = callers({"at": 5, "from": "b"}, {"at": 1, "from": "a"}, {"at": 5, "from": "c"})
    assert [call.from_ for call in made.wake(at(9))] == ["a", "b", "c"]


def test_every_says_how_long_after_each_other_they_come() -> None:
    assert instants(callers({"at": 2, "count": 3, "every": "1.5s"})) == [2, 3.5, 5]


def test_a_range_with_a_count_spreads_them_over_it() -> None:
    found = instants(callers({"at": "10s..70s", "count": 50}))
    assert len(found) == len(set(found)) == 50
    assert found == sorted(found)
    assert found[0] >= 10
    assert found[-1] <= 70


def test_a_range_between_calls_is_drawn_for_each() -> None:
    found = instants(callers({"count": 20, "every": "1s..3s"}))
    gaps = [round(then - first, 3) for first, then in itertools.pairwise(found)]
    assert all(1 <= gap <= 3 for gap in gaps)
    assert len(set(gaps)) > 15


def test_a_star_stands_for_digits_that_differ() -> None:
    found = [call.from_ for call in callers({"from": "+9198*", "count": 30}).wake(START)]
    assert len(set(found)) == 30
    assert all(len(number) == 13 and number.startswith("+9198") for number in found)
    assert next(call.from_ for call in callers({"from": "+91987654321098*"}).wake(START)).startswith("+91987654321098")


def test_the_seed_alone_decides() -> None:
    row = {"at": "1s..60s", "count": 9, "from": "+9198*"}
    one, again, other = (list(callers(row, seed=seed).wake(at(99))) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_who_is_still_to_call_is_told_from_now_on_and_reads_back() -> None:
    made = callers(
        {"at": 2, "from": "a", "to": "{numbers[1]}", "vendor": "acme"}, {"at": 7, "far_end": {"outcome": "busy"}}
    )
    list(made.wake(at(2)))
    told = made.to_json(at(3))
    assert told == [{"at": 4, "from": "+919876543210", "far_end": {"outcome": "busy"}}]
    (row,) = parse_calls(told, "calls")
    assert row.far_end == FarEnd(outcome="busy")
    assert row.at == timedelta(seconds=4)


def test_a_row_is_rendered_as_it_was_read() -> None:
    told = {"at": "1s..2s", "vendor": "acme", "from": "+9198*", "to": "x", "count": 3, "every": 2, "far_end": {}}
    for each in (told, {"at": 1}):
        (row,) = parse_calls([each], "calls")
        assert parse_calls([row.to_json()], "calls") == (row,)


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({}, "calls: expected a list of calls"),
        ([3], "calls[0]: expected an object"),
        ([{"form": "x"}], "calls[0].form: no such key"),
        ([{"from": 3}], "calls[0].from: expected text"),
        ([{"to": " "}], "calls[0].to: expected text"),
        ([{"at": "soon"}], "calls[0].at: expected a span"),
        ([{"count": 0}], "calls[0].count: expected a whole number"),
        ([{"count": True}], "calls[0].count"),
        ([{"count": 1.5}], "calls[0].count"),
        ([{"far_end": 3}], "calls[0].far_end: expected an object"),
        ([{"every": "9s..1s"}], "calls[0].every: expected the shorter"),
        ([{"count": MOST}, {}], f"calls: expected no more than {MOST} calls in all"),
    ],
)
def test_what_is_no_call_is_refused_by_its_path(told: Any, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_calls(told, "calls")
    assert said in str(refused.value)
