"""A scenario as JSON, and the names in braces."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.errors import UsageError
from emulator.scenarios.far_end import FarEnd
from emulator.scenarios.places import fill, fill_all, names_in
from emulator.scenarios.scenario import Scenario

KNOWN = {"auth_id": "MA1", "numbers": ["+1", "+2"], "agents": [{"id": 7}]}


def test_nothing_said_is_a_scenario() -> None:
    assert Scenario.from_json({}) == Scenario()


def test_all_of_it_is_read() -> None:
    told = Scenario.from_json(
        {
            "ringback": 1, "name": "x", "description": "y", "seed": 7, "vendor": "acme", "default": {"outcome": "busy"},
            "numbers": {"+9198*": {}}, "calls": [{"at": 1}], "faults": [{"fault": "lost"}],
            "settings": {"acme": {"tone": "cold"}}, "play": {"anything": 1},
        }
    )  # fmt: skip
    assert (told.default, told.seed, told.vendor) == (FarEnd(outcome="busy"), 7, "acme")
    assert told.numbers == {"+9198*": FarEnd()}
    assert len(told.calls) == 1
    assert told.faults is not None
    assert told.faults[0].fault == "lost"
    assert told.settings == {"acme": {"tone": "cold"}}


def test_faults_that_are_not_named_are_not_touched() -> None:
    assert Scenario.from_json({"faults": None}).faults is None
    assert Scenario.from_json({"faults": []}).faults == ()


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (3, "scenario: expected an object"),
        ({3: 4}, "scenario: expected keys of text"),
        ({"number": {}}, "scenario.number: no such key"),
        ({"ringback": 2}, "scenario.ringback: expected 1"),
        ({"ringback": True}, "scenario.ringback: expected 1"),
        ({"name": 3}, "scenario.name: expected text"),
        ({"seed": -1}, "scenario.seed: expected a whole number"),
        ({"seed": True}, "scenario.seed"),
        ({"seed": 1.5}, "scenario.seed"),
        ({"seed": 2**53}, "scenario.seed"),
        ({"default": {"outcome": "x"}}, "scenario.default.outcome: expected one of"),
        ({"numbers": []}, "scenario.numbers: expected an object"),
        ({"numbers": {"": {}}}, "scenario.numbers['']: expected a number"),
        ({"numbers": {"+1": {"rings_for": "soon"}}}, "scenario.numbers['+1'].rings_for: expected a span"),
        ({"calls": 3}, "scenario.calls: expected a list"),
        ({"faults": {}}, "scenario.faults: expected a list"),
        ({"faults": [{"fault": "x"}]}, "scenario.faults[0].fault"),
        ({"settings": {"acme": 3}}, "scenario.settings.acme: expected an object"),
        ({"play": 3}, "scenario.play: expected an object"),
    ],
)
def test_what_is_no_scenario_is_refused_by_its_path(told: Any, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        Scenario.from_json(told)
    assert str(refused.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("/Account/{auth_id}/Call", "/Account/MA1/Call"),
        ("{numbers[1]}", "+2"),
        ("{agents[0].id}", "7"),
        ("{{auth_id}}", "{auth_id}"),
        ("{{auth_id}", "{MA1"),
        ("{not a name} {}", "{not a name} {}"),
        ("plain", "plain"),
    ],
)
def test_a_name_in_braces_stands_for_what_is_known(text: str, made: str) -> None:
    assert fill(text, KNOWN, "x") == made


@pytest.mark.parametrize(
    "text", ["{nobody}", "{numbers}", "{numbers[2]}", "{auth_id[0]}", "{agents[0].name}", "{agents.id}"]
)
def test_a_name_that_nothing_has_is_refused_with_what_there_is(text: str) -> None:
    with pytest.raises(UsageError, match="there is auth_id, numbers, agents"):
        fill(text, KNOWN, "x")
    with pytest.raises(UsageError, match="there is nothing"):
        fill(text, {}, "x")


def test_names_are_filled_in_wherever_there_is_text() -> None:
    told = {"a": ["{auth_id}", 3, None, ("{numbers[0]}",)], "{auth_id}": {"b": True}}
    assert fill_all(told, KNOWN, "x") == {"a": ["MA1", 3, None, ["+1"]], "{auth_id}": {"b": True}}
    with pytest.raises(UsageError, match=r"^x\.a\[0\]: nothing is called \{b\}"):
        fill_all({"a": ["{b}"]}, KNOWN, "x")


def test_names_are_found_by_their_first_part() -> None:
    assert names_in({"a": ["{app}/x", "{numbers[0]} {{no}}"], "b": ({"c": "{agents[0].id}"},), "d": 3}) == {
        "app", "numbers", "agents",
    }  # fmt: skip
