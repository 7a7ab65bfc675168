"""What is imported at first use: found when it is asked for, and not before."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from emulator.vendor_wire.later import Later, LaterTable

MODULE = "a_translator_of_this_test"


@pytest.fixture
def absent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that nobody has imported yet."""
    (tmp_path / f"{MODULE}.py").write_text("NAMES = ('answer', 'hangup')\ndef add(one, two): return one + two\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, MODULE, raising=False)
    return MODULE


def test_a_function_is_imported_at_its_first_call(absent: str) -> None:
    add = Later(f"{absent}:add")
    assert absent not in sys.modules
    assert add(1, 2) == 3
    assert absent in sys.modules
    assert add("a", "b") == "ab"


def test_a_table_is_imported_when_it_is_looked_at_and_is_like_its_tuple(absent: str) -> None:
    table = LaterTable(f"{absent}:NAMES")
    assert absent not in sys.modules
    assert "hangup" in table
    assert absent in sys.modules
    assert table == ("answer", "hangup") == tuple(table)
    assert table == LaterTable(f"{absent}:NAMES")
    assert hash(table) == hash(tuple(table))
    assert (len(table), table[0], table[1:], table.index("hangup")) == (2, "answer", ("hangup",), 1)


@pytest.mark.parametrize("where, error", [("no_such_module:add", ImportError), (f"{MODULE}:no_such", AttributeError)])
def test_what_is_not_there_is_said_at_first_use(absent: str, where: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        Later(where)(1)
    with pytest.raises(error):
        len(LaterTable(where))
