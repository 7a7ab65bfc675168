"""What is wrong with a scenario: each problem at its place, with the word that was perhaps meant."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from emulator.client.outcomes import Outcome
from emulator.errors import UsageError
from emulator.scenario_files.loading import app_names, find, load, presets, read, with_apps
from emulator.scenario_files.problems import BadScenario
from emulator.scenario_files.schema import EXPECTED, PARTS, SCHEMA
from emulator.scenarios.callers import _KEYS as CALL_KEYS
from emulator.scenarios.far_end import OUTCOMES, FarEnd, Reaction
from emulator.scenarios.faults import KINDS, Fault
from emulator.scenarios.scenario import KEYS, Scenario

ROOT = Path(__file__).parents[2]
HEAD = "ringback: 1\n"


def problems(text: str) -> list[str]:
    with pytest.raises(BadScenario) as bad:
        read((HEAD + text).encode(), "x.yaml")
    return str(bad.value).split("\n")


PLANTED = [
    ("default: {outcom: busy}", "x.yaml:2:11: default.outcom: no such key; perhaps 'outcome'"),
    ("default: {xyzzy: 1}", "x.yaml:2:11: default.xyzzy: no such key; known here: connects_after,"),
    ("default:\n  outcome: bussy", "x.yaml:3:12: default.outcome: expected one of answer, busy,"),
    ("numbers:\n  +91: {rings_for: soon}", 'x.yaml:3:20: numbers."+91".rings_for: expected a span such as "3s"'),
    ("default: {rings_for: -1}", "got -1"),
    ("default: {picks_up: yes}", 'x.yaml:2:21: default.picks_up: expected true or false, got "yes"'),
    ("default: {reactions: {}}", "default.reactions: expected a list, got keys and values"),
    ("default: {reactions: [{}]}", "expected one of press, say, hang_up, hold, got none of them"),
    ("default: {reactions: [{press: 1, say: a}]}", "got press and say"),
    ("default: {reactions: [{press: x}]}", "default.reactions[0].press: expected keys of 0-9*#A-D"),
    ("default: {reactions: [{hang_up: false}]}", "expected true, got false"),
    ("default: {reactions: [{say: a, times: 0}]}", "expected 1 or more, got 0"),
    ("default: {reactions: [{say: a, on: ''}]}", "expected some text, got none"),
    ("default: {reactions: [{say: a, on: b, at: 1}]}", "default.reactions[0]: expected one trigger, got on and at"),
    ("default: {reactions: [{say: a, barge_in: true}]}", "barge_in: only a reaction with `on` can cut in"),
    ("default: {rings_for: 9, rings_up_to: 3}", "default.rings_up_to: expected no less than rings_for"),
    ("default: {rings_for: 12s..3s}", "x.yaml:2:22: default.rings_for: expected the shorter span first"),
    ("default: {choose: []}", "expected a list of one or more, got an empty one"),
    ("default: {choose: [{weight: 0}]}", "x.yaml:2:29: default.choose[0].weight: expected more than 0, got 0"),
    ("default: {choose: [{}], outcome: busy}", "x.yaml:2:25: default.outcome: choose stands alone"),
    ("default: {in_turn: [{}], weight: 3}", "default.weight: no such key"),
    ("calls: [{form: x}]", "x.yaml:2:10: calls[0].form: no such key; perhaps 'from'"),
    ("calls: [{count: 99999}]", "calls[0].count: expected from 1 to 10000, got 99999"),
    ("calls: [{at: null}]", "calls[0].at: expected a span"),
    ("faults: [{}]", "x.yaml:2:10: faults[0]: fault is missing; expected `fault`"),
    ("faults: [{fault: lots}]", "faults[0].fault: expected one of"),
    ("faults: [{fault: status}]", "faults[0]"),
    ("faults: [{fault: lost, route: POST /x}]", "x.yaml:2:31: faults[0].route: `lost` strikes webhooks"),
    ("faults: [{fault: lost, probability: 2}]", "expected at most 1, got 2"),
    ("seed: x", 'x.yaml:2:7: seed: expected a whole number, got "x"'),
    ("seed: -1", "expected from 0 to"),
    ("settings: {acme: 3}", "settings.acme: expected keys and values, got 3"),
    ("numbers: {'': {}}", "expected a number, a SIP user or a pattern"),
    ("play: {requests: [{}]}", "play.requests[0]: expected one of call, api, app, got none of them"),
    ("play: {requests: [{call: {}}]}", "play.requests[0].call: to is missing"),
    ("play: {requests: [{api: {path: x}}]}", "play.requests[0].api.path: expected text like ^/"),
    ("play: {within: 1s..2s}", 'play.within: expected a span such as "3s" or 2.5 (seconds), got'),
    ("play: {expect: {calls: [{staet: ended}]}}", "perhaps 'state'"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), PLANTED)
def test_a_planted_mistake_is_found_at_its_place(text: str, said: str) -> None:
    assert said in problems(text)[0]


def test_every_mistake_is_told_in_order() -> None:
    told = problems("default: {outcom: busy}\ncalls: [{form: x}]\nnumbers: {'+91': {rings_for: soon}}\n")
    assert [line.split(":")[1] for line in told] == ["2", "3", "4"]


@pytest.mark.parametrize(("text", "said"), [("- 1", "expected keys and values, got a list"), ("a: 1", "no such key")])
def test_what_is_no_scenario_at_all_is_refused(text: str, said: str) -> None:
    with pytest.raises(BadScenario, match=said):
        read(text.encode(), "x.yaml")


def test_the_version_must_be_told() -> None:
    with pytest.raises(BadScenario, match=r"x.yaml:1:1: ringback is missing; expected `ringback: 1`"):
        read(b"name: x", "x.yaml")


def test_where_text_is_wanted_a_number_is_the_text_that_stands_there() -> None:
    told = read((HEAD + "default: {reactions: [{press: 007, on: 1}]}\ncalls: [{from: +919876543210}]\n").encode(), "x")
    assert told["default"]["reactions"] == [{"press": "007", "on": "1"}]
    assert told["calls"] == [{"from": "+919876543210"}]


def test_long_values_are_cut_in_messages() -> None:
    assert "…" in problems(f"default: {{outcome: {'b' * 200}}}")[0]


# --- the schema ------------------------------------------------------------------------------------------------


def test_the_published_schema_is_the_one_we_check_by() -> None:
    for path in (ROOT / "fixtures" / "scenario.schema.json", ROOT / "emulator/scenario_files/scenario.schema.json"):
        assert json.loads(path.read_text("utf-8")) == SCHEMA, "run `ringback scenario schema` into both"


def test_the_schema_is_a_valid_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_every_key_has_a_description_to_complete_by() -> None:
    for name, part in {**PARTS, "top": SCHEMA}.items():
        for key, schema in part.get("properties", {}).items():
            told = schema.get("description") or "const" in schema or "$ref" in schema or "enum" in schema
            assert told, f"{name}.{key}"


def test_the_schema_has_every_field_of_the_types() -> None:
    keys = {name: set(part.get("properties", ())) for name, part in PARTS.items()}
    assert set(SCHEMA["properties"]) == set(KEYS)
    assert keys["FarEnd"] == {one.name for one in fields(FarEnd)} | {"choose", "in_turn"}
    assert keys["Option"] == keys["FarEnd"] | {"weight"}
    assert keys["Reaction"] == {one.name for one in fields(Reaction)} - {"do"} | {
        "press",
        "say",
        "seconds",
        "hang_up",
        "hold",
    }
    assert keys["Fault"] == {one.name for one in fields(Fault)} | {"struck"}
    assert keys["IncomingCalls"] == set(CALL_KEYS)
    assert set(EXPECTED) <= {one.name.rstrip("_") for one in fields(Outcome)}
    assert PARTS["FarEnd"]["properties"]["outcome"]["enum"] == list(OUTCOMES)
    assert PARTS["Fault"]["properties"]["fault"]["enum"] == list(KINDS)


spans = st.sampled_from([0, 2, 1.5, "3s", "500ms", "3s..12s", "1..2m", "soon", -1, None, True, "", "3 s", " 3s "])
reactions = st.dictionaries(
    st.sampled_from(["press", "say", "hang_up", "hold", "on", "on_prompt", "at", "after", "times", "seconds", "x"]),
    st.one_of(spans, st.sampled_from(["1", "12#", "hello", False, 1, 0])), max_size=3,
)  # fmt: skip
plain = st.fixed_dictionaries(
    {},
    optional={
        "rings_for": spans, "hangs_up_after": spans, "connects_after": spans, "gives_up_after": spans,
        "outcome": st.sampled_from([*OUTCOMES, "vanish", None, 1]), "picks_up": st.sampled_from([True, False, 1, "no"]),
        "greeting": st.sampled_from(["", "Hello", 3]), "reactions": st.lists(reactions, max_size=2) | st.just({}),
    },
)  # fmt: skip
options = st.builds(lambda told, weight: {**told, "weight": weight}, plain, st.sampled_from([1, 0, 2.5, "x"]))
castings = st.recursive(
    plain,
    lambda each: (
        st.fixed_dictionaries({"choose": st.lists(each | options, max_size=2)})
        | st.fixed_dictionaries({"in_turn": st.lists(each, max_size=2)})
    ),
    max_leaves=4,
)
callers = st.fixed_dictionaries(
    {},
    optional={
        "at": spans, "count": st.sampled_from([1, 0, 3, True]), "every": spans,
        "from": st.sampled_from(["+91", "", 3]), "far_end": castings,
    },
)  # fmt: skip
scenarios = st.fixed_dictionaries(
    {"ringback": st.just(1)},
    optional={
        "default": castings,
        "numbers": st.dictionaries(st.sampled_from(["+919876543210", "+9198*", "101"]), castings, max_size=2),
        "seed": st.sampled_from([None, 0, 7, -1, 2**60, "x", True]),
        "calls": st.lists(callers, max_size=2),
    },
)


@settings(max_examples=400, deadline=None)
@given(scenarios)
def test_what_the_schema_allows_is_read_and_what_it_does_not_is_refused(told: dict[str, Any]) -> None:
    """But for what no schema can say: triggers that exclude each other, spans in order."""
    is_valid = Draft202012Validator(SCHEMA).is_valid(told)
    try:
        Scenario.from_json(told)
        is_read, why = True, ""
    except UsageError as error:
        is_read, why = False, str(error)
    if is_read:
        assert is_valid
    elif is_valid:
        beyond = (
            "one trigger", "only a reaction with", "only `say` takes it", "shorter span", "no less than", "some text",
        )  # fmt: skip
        assert any(text in why for text in beyond), why


# --- presets and places ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("preset", presets(), ids=lambda preset: preset.name)
def test_a_preset_is_a_scenario_that_says_what_it_is_for(preset: Any) -> None:
    told = preset.load()
    Scenario.from_json(told)
    assert told["name"]
    assert len(told["description"]) < 140
    assert Draft202012Validator(SCHEMA).is_valid(told)


def test_a_preset_is_found_by_its_name_however_it_is_written(tmp_path: Path) -> None:
    assert load("Monday Morning") == load("monday-morning")
    (tmp_path / "monday-morning").write_text("ringback: 1\nname: mine\n")
    assert load("monday-morning", (tmp_path,))["name"] == "mine"
    assert load({"a": 1}) == {"a": 1}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("monday-mornin", "perhaps 'monday-morning'; the presets are answering-machines,"),
        ("a/b.yaml", "there is no file 'a/b.yaml'"),
        ("b.yaml", "there is no file 'b.yaml'"),
    ],
)
def test_what_is_not_there_is_refused_with_what_is(name: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        find(name)
    assert said in str(refused.value)


def test_settings_learn_where_the_applications_are() -> None:
    told = {"settings": {"acme": {"url": "{app}/x", "other": "{app2}/y"}}}
    made = with_apps(told, ["http://a/", "http://b"])
    assert made["settings"]["acme"] == {"url": "http://a/x", "other": "http://b/y"}
    assert with_apps({}) == {}
    assert app_names(["http://a/", "http://b"]) == {"app": "http://a", "app2": "http://b"}
    with pytest.raises(UsageError, match=r"\{app2\}: say --app URL"):
        with_apps(told, ["http://a"])
