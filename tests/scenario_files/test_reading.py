"""YAML to plain data: what is text stays text, every place is known, and no file makes us work for long."""

from __future__ import annotations

import json
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.scenario_files.problems import BadScenario, shown_path
from emulator.scenario_files.reading import DEEPEST, MOST_NODES, MOST_TEXT, Document, read_yaml


def read(text: str) -> Document:
    return read_yaml(text.encode(), "x.yaml")


def refused(text: str | bytes) -> str:
    with pytest.raises(BadScenario) as bad:
        read_yaml(text if isinstance(text, bytes) else text.encode(), "x.yaml")
    return str(bad.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-1", -1), ("0", 0), ("1.5", 1.5), ("1e3", 1000.0), ("true", True), ("false", False), ("null", None),
        ("~", None), ("3s", "3s"), ("yes", "yes"), ("no", "no"), ("on", "on"), ("007", "007"), ("0x10", "0x10"),
        ("1_000", "1_000"), ("12:30", "12:30"), ("2026-01-01", "2026-01-01"), ("+919876543210", "+919876543210"),
        (".inf", ".inf"), ("'1'", "1"), ('"true"', "true"), ("!!str 1", "1"), ("9" * 400, "9" * 400),
        ("|\n  a\n  b\n", "a\nb\n"),
    ],
)  # fmt: skip
def test_a_value_is_what_json_knows_and_else_text(text: str, value: Any) -> None:
    assert read(f"a: {text}").data == {"a": value}


def test_a_key_is_always_the_text_that_stands_there() -> None:
    told = read("on: 1\n+919876543210: 2\n007: 3\nnull: 4\n'quoted': 5\n").data
    assert list(told) == ["on", "+919876543210", "007", "null", "quoted"]


def test_every_value_and_key_knows_its_place() -> None:
    document = read("a:\n  - b: x\n    c: [1, two]\n")
    assert document.key_marks[("a", 0, "b")] == (2, 5, 1)
    assert document.marks[("a", 0, "b")] == (2, 8, 1)
    assert document.marks[("a", 0, "c", 1)] == (3, 12, 3)
    assert document.sources[("a", 0, "c", 0)] == "1"


def test_an_alias_is_what_it_stands_for_and_is_wrong_where_that_is() -> None:
    document = read("a: &busy\n  outcome: bussy\n  of: [1]\nb: *busy\n")
    assert document.data["b"] == document.data["a"]
    assert document.marks[("b", "outcome")] == document.marks[("a", "outcome")]
    assert document.marks[("b",)] == (4, 4, 5)
    assert document.sources[("b", "of", 0)] == "1"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "x.yaml:1:1: nothing is in it"),
        ("a: [1", "x.yaml:1:6: no YAML"),
        ("a: 1\n b: 2", "x.yaml:2:3: no YAML"),
        ("a: 1\na: 2", "x.yaml:2:1: the key 'a' stands here for the second time, first in line 1"),
        ("a: 1\n---\nb: 2", "x.yaml:2:1: expected one document"),
        ("a: !!python/object:os.system {}", "expected no tags"),
        ("a: !!timestamp 2026-01-01", "expected no tags"),
        ("? [1]\n: 2", "expected a key of text"),
        ("a: *b", "x.yaml:1:4: nothing before this is called &b"),
        ("a: &a [*a]", "nothing before this is called &a"),
        ("a: \x01", "no YAML: there is no such character in it as U+0001"),
        (b"a: 1\nb: \xff", "x.yaml:2:4: expected text in UTF-8"),
        ("[" * (DEEPEST + 9) + "]" * (DEEPEST + 9), "levels within each other"),
        (b"#" * (MOST_TEXT + 1), "expected no more than 256 KiB of scenario"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_at_its_place(text: str | bytes, said: str) -> None:
    assert said in refused(text)


def test_aliases_within_aliases_do_not_explode() -> None:
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
    )
    began = perf_counter()
    assert f"expected no more than {MOST_NODES} values" in refused(bomb)
    assert perf_counter() - began < 5


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert isinstance(read_yaml(text.encode("utf-8", "surrogatepass"), "x"), Document)
    except BadScenario as bad:
        assert all(problem.message for problem in bad.problems)


values = st.none() | st.booleans() | st.integers() | st.text()


@settings(deadline=None)
@given(st.recursive(values, lambda each: st.lists(each) | st.dictionaries(st.text(), each), max_leaves=20))
def test_json_is_read_as_json(told: Any) -> None:
    assert read(json.dumps({"a": told})).data == {"a": told}


def test_a_path_is_shown_as_it_would_be_written() -> None:
    assert shown_path(("numbers", "+91*", "reactions", 0, "on")) == 'numbers."+91*".reactions[0].on'
    assert shown_path(("+91",)) == '"+91"'
    assert shown_path(()) == ""
