import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from emulator.engine import commands, events
from emulator.recorder import Journal
from emulator.recorder.journal import PASSING
from tests.recorder.making import reminder
from tests.scenarios.making import at, leg


def seqs(journal: Journal, **which: Any) -> list[int]:
    return [entry.seq for entry in journal.entries(**which)]


def test_entries_come_in_order_whole_or_after_a_number_or_of_one_call() -> None:
    journal = Journal("s1")
    for n in range(1, 7):
        assert journal.append(at(n), "note", call=f"c{n % 2}" if n < 5 else None, data={"n": n}) == n
    assert seqs(journal) == [1, 2, 3, 4, 5, 6]
    assert seqs(journal, after=4) == [5, 6]
    assert seqs(journal, after=9) == []
    assert seqs(journal, call="c0") == [2, 4]
    assert seqs(journal, call="c1", after=1) == [3]
    assert seqs(journal, call="c9") == []
    assert journal.calls() == ["c1", "c0"]
    assert journal.last is not None
    assert journal.last.seq == len(journal) == 6


def test_an_empty_journal_has_nothing_to_tell() -> None:
    journal = Journal("s1")
    assert seqs(journal) == []
    assert journal.last is None
    journal.drop("c1")
    assert list(journal.lines()) == []


def test_an_entry_is_one_line_of_json() -> None:
    journal = Journal("s1")
    journal.append(at(0), "command", call="c1", vendor="acme", data={"source": "api", "command": commands.Ring("c1.0")})
    journal.append(at(0.5), "event", call="c1", vendor="acme", data=commands.Answer("c1.0"), beside={"seconds": 0.1})
    journal.append(at(1), "clock")
    assert b"".join(journal.lines()) == (
        b'{"seq":1,"at":"2026-01-01T00:00:00Z","sandbox":"s1","vendor":"acme","call":"c1","kind":"command",'
        b'"source":"api","command":{"is":"Ring","leg":"c1.0"}}\n'
        b'{"seq":2,"at":"2026-01-01T00:00:00.500000Z","sandbox":"s1","vendor":"acme","call":"c1","kind":"event",'
        b'"event":{"is":"Answer","leg":"c1.0"}}\n'
        b'{"seq":3,"at":"2026-01-01T00:00:01Z","sandbox":"s1","vendor":"","call":null,"kind":"clock"}\n'
    )
    assert list(journal.lines(after=3)) == []
    assert next(journal.entries()).sandbox == "s1"


def test_a_key_of_the_entry_itself_gets_its_kind_before_it() -> None:
    journal = Journal("s1")
    journal.append(at(0), "record", data={"kind": "number", "key": "+1", "record": None})
    assert next(journal.entries()).to_json()["record_kind"] == "number"
    assert next(journal.entries()).to_json()["kind"] == "record"


def test_any_text_makes_a_line() -> None:
    journal = Journal("s1")
    for text in ("नमस्ते", "line\nbreak\u2028", "half \ud83d"):
        journal.append(at(0), "note", data={"text": text})
    lines = list(journal.lines())
    assert [json.loads(line)["text"] for line in lines] == ["नमस्ते", "line\nbreak\u2028", "half \ud83d"]
    assert "नमस्ते".encode() in lines[0]
    assert all(line.count(b"\n") == 1 for line in lines)


def test_what_varies_from_run_to_run_is_not_in_the_line() -> None:
    one, two = Journal("s1"), Journal("s1")
    one.append(at(0), "note", beside={"seconds": 1})
    two.append(at(0), "note", beside={"seconds": 2})
    assert list(one.lines()) == list(two.lines())
    assert next(one.entries()).beside == {"seconds": 1}


def test_equal_inputs_give_equal_bytes() -> None:
    assert b"".join(reminder().journal.lines()) == b"".join(reminder().journal.lines())


def test_entries_for_a_dropped_call_begin_it_afresh() -> None:
    journal = Journal("s1")
    journal.append(at(0), "note", call="c1")
    journal.append(at(0), "note", call="c2")
    journal.drop("c1")
    journal.append(at(1), "note", call="c1")
    assert seqs(journal) == [2, 3]
    assert seqs(journal, call="c1") == [3]


def test_what_is_appended_while_reading_is_seen() -> None:
    journal = Journal("s1")
    journal.append(at(0), "note", call="c1")
    for which in ({}, {"call": "c1"}):
        reading = journal.entries(**which)
        first = next(reading).seq
        added = journal.append(at(0), "note", call="c1")
        assert first == 1
        assert [entry.seq for entry in reading][-1] == added


@pytest.mark.parametrize("per_call", [1, 7, 40])
def test_memory_follows_what_is_kept(per_call: int) -> None:
    journal = Journal("s1")
    one = leg()
    for n in range(3000):
        for _ in range(per_call):
            journal.append(at(n), "event", call=f"c{n}", data=events.CallEnded(at(n), one))
        journal.append(at(n), "clock")
        if n >= 10:
            journal.drop(f"c{n - 10}")
    assert len(journal) == 10 * (per_call + 1) + 1 or len(journal) == 10 * (per_call + 1)
    assert sum(map(len, journal._blocks.values())) <= 2 * 1024 + 2 * len(journal)
    assert len(journal._blocks) <= 3


def test_an_old_live_call_keeps_its_own_entries_alone() -> None:
    journal = Journal("s1")
    for n in range(5000):
        journal.append(at(n), "note", call=f"c{n}")
        if n:
            journal.drop(f"c{n}")
    assert seqs(journal) == [1]
    assert sum(map(len, journal._blocks.values())) <= 1024


class JournalMachine(RuleBasedStateMachine):
    """Catches: entries that come back after a drop; a floor that goes back; a block that loses its neighbours."""

    def __init__(self) -> None:
        super().__init__()
        self.journal = Journal("s1")
        self.kept: list[tuple[int, str | None]] = []
        self.count = 0

    @rule(call=st.sampled_from(["c1", "c2", "c3", None]), times=st.sampled_from([1, 2, 700]))
    def append(self, call: str | None, times: int) -> None:
        for _ in range(times):
            self.count += 1
            assert self.journal.append(at(self.count), "note", call=call) == self.count
            self.kept.append((self.count, call))

    @rule(call=st.sampled_from(["c1", "c2", "c3"]))
    def drop(self, call: str) -> None:
        own = [seq for seq, its in self.kept if its == call]
        self.journal.drop(call)
        if own:
            left = [(seq, its) for seq, its in self.kept if its != call]
            floor = min((seq for seq, its in left if its is not None), default=own[-1])
            self.kept = [(seq, its) for seq, its in left if its is not None or seq >= floor]

    @rule(call=st.sampled_from(["c1", "c2", "c3"]), after=st.integers(0, 3000))
    def read(self, call: str, after: int) -> None:
        assert seqs(self.journal, after=after) == [seq for seq, _ in self.kept if seq > after]
        assert seqs(self.journal, after=after, call=call) == [s for s, its in self.kept if s > after and its == call]

    @invariant()
    def it_is_as_predicted(self) -> None:
        assert [(entry.seq, entry.call) for entry in self.journal.entries()] == self.kept
        assert len(self.journal) == len(self.kept)
        assert sum(map(len, self.journal._blocks.values())) <= 2 * len(self.kept)


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


@given(st.lists(st.tuples(st.sampled_from(["c1", "c2", None]), st.text())))
def test_the_lines_are_what_was_appended(rows: list[tuple[str | None, str]]) -> None:
    journal = Journal("s1")
    for call, text in rows:
        journal.append(at(0), "note", call=call, data={"text": text})
    read = [json.loads(line) for line in journal.lines()]
    assert [(row["call"], row["text"]) for row in read] == rows


def test_of_requests_about_no_call_only_the_newest_are_kept():
    journal = Journal("s")
    journal.append(at(0), "settings", data={"settings": {}})
    for number in range(PASSING + 3000):
        journal.append(at(0), "request", data={"path": f"/{number}"})
    journal.append(at(0), "request", call="c1", data={"path": "/calls"})
    kept = list(journal.entries())
    assert len(kept) == len(journal) == PASSING + 2
    assert [kept[0].kind, kept[1].data["path"], kept[-1].call] == ["settings", "/3000", "c1"]
    assert len(list(journal.entries(after=kept[5].seq))) == len(kept) - 6
