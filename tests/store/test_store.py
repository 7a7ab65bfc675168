from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from emulator.store.store import Store

Write = tuple[str, str, str, Mapping[str, Any] | None]


def store() -> tuple[Store, list[Write]]:
    told: list[Write] = []
    return Store(lambda *write: told.append(write)), told


def test_records_are_read_as_they_were_put() -> None:
    records = store()[0].facade("acme")
    records.put("number", "+1", {"e164": "+1"})
    assert records.get("number", "+1") == {"e164": "+1"}
    assert records.get("number", "+2") is None
    assert records.get("application", "+1") is None
    assert list(records.all("application")) == []


def test_vendors_do_not_see_each_other_and_facades_of_one_are_the_same() -> None:
    made, _ = store()
    made.facade("acme").put("number", "+1", {})
    assert made.facade("acme").get("number", "+1") == {}
    assert made.facade("other").get("number", "+1") is None


def test_records_keep_the_order_of_their_first_write() -> None:
    records = store()[0].facade("acme")
    for key in "bac":
        records.put("number", key, {"key": key})
    records.put("number", "a", {"key": "new"})
    assert [record["key"] for record in records.all("number")] == ["b", "new", "c"]


def test_writing_while_reading_changes_nothing_that_is_read() -> None:
    records = store()[0].facade("acme")
    records.put("number", "a", {"key": "a"})
    for record in records.all("number"):
        records.put("number", record["key"] * 2, {"key": "x"})
        records.delete("number", "a")
    assert [record["key"] for record in records.all("number")] == ["x"]


def test_a_record_put_is_a_copy() -> None:
    records = store()[0].facade("acme")
    given = {"name": "one"}
    records.put("number", "a", given)
    given["name"] = "two"
    assert records.get("number", "a") == {"name": "one"}


def test_every_change_is_told_once_and_nothing_else_is() -> None:
    made, told = store()
    records = made.facade("acme")
    records.put("number", "a", {"n": 1})
    records.get("number", "a")
    records.delete("number", "a")
    records.delete("number", "a")
    made.apply("acme", "number", "b", {"n": 2})
    assert told == [("acme", "number", "a", {"n": 1}), ("acme", "number", "a", None)]


def test_what_the_journal_refuses_does_not_happen() -> None:
    def refuse(vendor: str, kind: str, key: str, record: Mapping[str, Any] | None) -> None:
        raise OSError("disk full")

    made = Store(refuse)
    made.apply("acme", "number", "a", {"n": 1})
    for change in (
        lambda: made.facade("acme").put("number", "a", {"n": 2}),
        lambda: made.facade("acme").delete("number", "a"),
    ):
        with pytest.raises(OSError, match="disk full"):
            change()
    assert made.facade("acme").get("number", "a") == {"n": 1}


names = st.sampled_from(["a", "b", "c"])


class StoreMachine(RuleBasedStateMachine):
    """Catches: a lost order; a write told but not made, or made but not told; leaks from one vendor into another."""

    def __init__(self) -> None:
        super().__init__()
        self.store, self.told = store()
        self.model: dict[tuple[str, str], dict[str, Mapping[str, Any]]] = {}

    @rule(vendor=names, kind=names, key=names, record=st.dictionaries(st.text(), st.integers()))
    def put(self, vendor: str, kind: str, key: str, record: dict[str, int]) -> None:
        self.store.facade(vendor).put(kind, key, record)
        self.model.setdefault((vendor, kind), {})[key] = record

    @rule(vendor=names, kind=names, key=names)
    def delete(self, vendor: str, kind: str, key: str) -> None:
        self.store.facade(vendor).delete(kind, key)
        self.model.get((vendor, kind), {}).pop(key, None)

    @invariant()
    def it_is_as_predicted(self) -> None:
        for vendor in "abc":
            for kind in "abc":
                expected = self.model.get((vendor, kind), {})
                assert list(self.store.facade(vendor).all(kind)) == list(expected.values())

    @invariant()
    def it_is_the_fold_of_what_it_told(self) -> None:
        folded, shortest = store()[0], store()[0]
        for write in self.told:
            folded.apply(*write)
        for write in self.store.writes():
            shortest.apply(*write)
        assert list(folded.writes()) == list(self.store.writes()) == list(shortest.writes())


TestStoreMachine = StoreMachine.TestCase
