"""How calls came out, beside how they should have."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.client.outcomes import Difference, Outcome, differences, recorded


def outcome(**told: Any) -> Outcome:
    made: dict[str, Any] = {
        "id": "c1", "vendor": "acme", "direction": "outbound", "from_": "+12025550000", "to": "+919876543210",
        "state": "ended", "cause": "NORMAL_CLEARING", "by": "callee", "at": 0.0, "rang": 2.0, "talked": 5.0,
        "digits": "1", "callbacks": ("ring", "answer", "hangup"), "heard": ("Press 1 to confirm.", "Thank you."),
    }  # fmt: skip
    return Outcome(**{**made, **told})


def found(wanted: list[dict[str, Any]], *got: Outcome, **how: Any) -> list[str]:
    return [each.what for each in differences(wanted, got or (outcome(),), **how)]


def test_what_was_recorded_is_expected_and_comes() -> None:
    assert found([recorded(outcome(), with_heard=True)]) == []


def test_what_is_not_named_may_be_anything() -> None:
    assert found([{}]) == []


@pytest.mark.parametrize("to", ["+919876543210", "09876543210", "+9198*", "+91987654321?", "sip:+919876543210@host"])
def test_a_number_is_meant_in_any_spelling_and_by_pattern(to: str) -> None:
    assert found([{"to": to}]) == []


@pytest.mark.parametrize(
    ("wanted", "what"),
    [
        ({"cause": "USER_BUSY"}, "cause"),
        ({"state": "answered"}, "state"),
        ({"by": "caller"}, "by"),
        ({"digits": ""}, "digits"),
        ({"callbacks": ["ring", "hangup"]}, "callbacks"),
        ({"unanswered": ["hangup"]}, "unanswered"),
        ({"heard": ["thank you", "press 1"]}, "heard"),
        ({"heard": ["goodbye"]}, "heard"),
        ({"to": "+919811111111"}, ""),
        ({"direction": "inbound"}, ""),
        ({"vendor": "other"}, ""),
    ],
)
def test_each_key_is_compared(wanted: dict[str, Any], what: str) -> None:
    assert found([wanted])[0] == what


def test_texts_were_heard_in_their_order_whatever_their_case() -> None:
    assert found([{"heard": ["PRESS  1", "thank"]}]) == []


def test_an_unanswered_webhook_is_a_difference_unless_it_may_be() -> None:
    got = outcome(unanswered=("hangup",))
    assert found([{}], got) == ["unanswered"]
    assert found([{}], got, allow_failed=True) == []
    assert found([{"unanswered": ["hangup"]}], got) == []


def test_calls_are_met_in_their_order_each_once() -> None:
    first, then = outcome(cause="USER_BUSY"), outcome(id="c2")
    assert found([{"cause": "USER_BUSY"}, {"cause": "NORMAL_CLEARING"}], first, then) == []
    assert found([{"cause": "NORMAL_CLEARING"}, {"cause": "USER_BUSY"}], first, then) == ["cause", "cause"]


def test_a_call_that_nobody_expected_is_a_difference_unless_others_may_be() -> None:
    got = [outcome(), outcome(id="c2", direction="inbound", cause="")]
    (extra,) = differences([{}], got)
    assert list(extra.lines()) == [("+", "nobody expected this call: c2, inbound from +12025550000")]
    assert extra.call == 2
    assert differences([{}], got, others=True) == []


def test_a_call_that_did_not_come_is_told() -> None:
    (missing,) = differences([{"direction": "inbound", "from": "+91"}], [])
    assert list(missing.lines()) == [("-", "there is no such call: inbound from +91")]


def test_a_difference_of_lists_says_what_is_missing_and_what_is_too_much() -> None:
    (told,) = differences([{"callbacks": ["ring", "gather", "hangup"]}], [outcome()])
    assert list(told.lines()) == [
        ("-", "callbacks   expected  ring gather hangup"),
        ("+", "            got       ring answer hangup"),
        (" ", "            missing   gather after ring"),
        (" ", "            too much  answer after ring"),
    ]
    assert told.to_json()["expected"] == ["ring", "gather", "hangup"]


def test_nothing_is_told_as_nothing_and_texts_with_a_stroke_between() -> None:
    (told,) = differences([{"digits": ""}], [outcome()])
    assert next(told.lines()) == ("-", "digits      expected  nothing")
    assert next(iter(Difference(1, "x", "heard", ["a b", "c"], []).lines()))[1].endswith("a b / c")
