"""Where something stands in a JSON text."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.errors import InvalidDocument
from emulator.vendor_wire.places import located, place_of

TEXT = """{
  "a": [1, {"b": "x", "c": null}],
    "d": {}
}"""
values = st.recursive(
    st.none() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("", (1, 1)),
        ("a", (2, 8)),
        ("a[0]", (2, 9)),
        ("a[1].b", (2, 18)),
        ("a[1].c", (2, 28)),
        ("d", (3, 10)),
        ("a[7]", (2, 8)),
        ("a[1].gone", (2, 12)),
        ("d.gone.further", (3, 10)),
        ("a.b", (2, 8)),
        ("d[0]", (3, 10)),
    ],
)
def test_a_value_stands_where_it_begins_and_a_missing_one_where_it_is_missed(path: str, place: tuple[int, int]) -> None:
    assert place_of(TEXT, path) == place


def test_of_a_key_that_comes_twice_the_last_counts() -> None:
    assert place_of('{"a": 1, "a": 2}', "a") == (1, 15)


@pytest.mark.parametrize("text", ["", "nonsense", "[" * 100_000])
def test_what_is_no_json_has_no_places(text: str) -> None:
    assert place_of(text, "a") is None


@given(values, st.sampled_from([None, 1, "\t"]))
def test_every_value_is_found(value: Any, indent: Any) -> None:
    text = json.dumps(value, indent=indent)
    lines = text.split("\n")

    def look(inner: Any, path: str) -> None:
        place = place_of(text, path)
        assert place is not None
        rest = "\n".join(lines[place[0] - 1 :])[place[1] - 1 :]
        assert json.JSONDecoder().raw_decode(rest)[0] == inner
        if isinstance(inner, list):
            for index, each in enumerate(inner):
                look(each, f"{path}[{index}]")
        elif isinstance(inner, dict):
            for key, each in inner.items():
                look(each, f"{path}.{key}" if path else key)

    look(value, "")


def test_a_problem_is_told_with_its_place() -> None:
    assert str(located(InvalidDocument("bad", "a[1].b"), TEXT.encode())) == "a[1].b (line 2, column 18): bad"
    assert str(located(InvalidDocument("too long"), TEXT.encode())) == "too long"


def test_a_decoders_byte_is_a_line_and_a_column() -> None:
    body = '{"ü": 1,\n  oops}'.encode()
    with pytest.raises(msgspec.DecodeError) as raised:
        msgspec.json.decode(body)
    assert str(located(InvalidDocument(f"not JSON: {raised.value}"), body)).startswith("line 2, column 3: not JSON")


def test_what_is_cut_short_ends_where_it_was_cut() -> None:
    body = b'{"a":\n 1'
    with pytest.raises(msgspec.DecodeError) as raised:
        msgspec.json.decode(body)
    assert located(InvalidDocument(f"not JSON: {raised.value}"), body).where == "line 2, column 3"
