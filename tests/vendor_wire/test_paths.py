"""One table of paths."""

from __future__ import annotations

import pytest

from emulator.vendor_wire.paths import Table, names_of

ROWS = ("calls", "calls/*", "calls/*/play", "calls/*/streams/*", "calls/live", "*/*", "calls/*/*", "*/mine/play")
TABLE = Table({path: path for path in ROWS})


@pytest.mark.parametrize(
    ("path", "row", "ids"),
    [
        ("calls", "calls", []),
        ("calls/7", "calls/*", ["7"]),
        ("calls/", "calls/*", [""]),
        ("calls/*", "calls/*", ["*"]),
        ("calls/7/streams/8", "calls/*/streams/*", ["7", "8"]),
    ],
)
def test_a_star_stands_for_any_one_word(path: str, row: str, ids: list[str]) -> None:
    assert TABLE.find(path.split("/")) == (row, ids)


@pytest.mark.parametrize(
    ("path", "row", "ids"),
    [
        ("calls/live", "calls/live", []),
        ("numbers/live", "*/*", ["numbers", "live"]),
        ("calls/7/play", "calls/*/play", ["7"]),
        ("calls/7/stop", "calls/*/*", ["7", "stop"]),
        ("calls/mine/play", "calls/*/play", ["mine"]),
        ("numbers/mine/play", "*/mine/play", ["numbers"]),
    ],
)
def test_a_word_that_is_named_goes_before_a_star(path: str, row: str, ids: list[str]) -> None:
    assert TABLE.find(path.split("/")) == (row, ids)


@pytest.mark.parametrize("path", ["", "call", "Calls", "*", "a/b/c", "calls/7/streams/8/9"])
def test_what_is_in_no_row_is_not_found(path: str) -> None:
    assert TABLE.find(path.split("/")) is None


def test_a_table_without_rows_finds_nothing() -> None:
    assert Table[str]({}).find([""]) is None


def test_what_is_not_emulated_is_named_by_the_texts_in_the_table() -> None:
    rows = [{"GET": print, "POST": "streams"}, {"DELETE": "streams", "PUT": "notes"}, {}]
    assert names_of(rows) == {"streams", "notes"}
