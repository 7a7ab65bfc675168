import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.engine import commands, events, program
from emulator.engine.causes import BUSY, HANGUP, NO_ANSWER
from emulator.engine.recordings import Recording
from emulator.engine.snapshots import MemberSnapshot, QueueSnapshot, RoomSnapshot, WaiterSnapshot
from emulator.recorder import Journal
from emulator.recorder.drawing import clean, cut, width_of, wrap
from emulator.recorder.ladder import ladder
from emulator.recorder.mermaid import mermaid
from emulator.recorder.transcript import transcript
from tests.recorder.making import Told, reminder
from tests.scenarios.making import at, leg

REMINDER = """\
call c1  acme  outbound  +14155550100 → +919876543210  2026-01-01T00:00:00Z

  time client                  provider             far end                              application
  0.00    ├── POST …/Call/ ─ 201 ─▶│                   │                                      │
          │                        ├── dials ─────────▶│ +919876543210                        │
          │                        │◀─ rings ──────────┤                                      │
          │                        ├── ring · ringing ─┼─────────────────────────────── 200 ─▶│
          │                        │                   │                                      │
  2.00    │                        │◀─ answers ────────┤                                      │
          │                        │◀─ greets ─────────┤ “Hello?”                             │
          │                        ├── answer · in-progress ─────────────────────────── 200 ─▶│
          │                        │◀─ document · Gather, Say ────────────────────────────────┤
          │                        ├── says ──────────▶│ “This is Dr Rao's clinic. To confirm │
          │                        │                   │ press 1,…” (line 3) ✂ 3.5 of 4 s     │
          │                        │                   │                                      │
  5.25    │                        │◀─ presses 1# ─────┤                                      │
          │                        │                   │                                      │
  5.50    │                        ● collected digits 1 (key)                                 │
          │                        ├── gather · in-progress ────────── ✗ timeout after 10 s ─▶│
          │                        │                   │                                      │
 15.50    │                        ✗ gather: no answer within 10 s                            │
          │                        ✗ no document: unreachable                                 │
          │                        ├── hangs up ──────▶│ NORMAL_CLEARING (16), by application │
          │                        ✗ gather failed: unreachable, no answer within 10 s        │
          │                        ├── hangup · completed ─────────────────────────── ✗ 500 ─▶│

■ c1 ended: NORMAL_CLEARING (16), by application, after 15.5 s (13.5 s answered)
"""


def drawn(told: Told, **how: Any) -> str:
    return ladder(told.journal.entries(), **how)


def one(kind: type, *rest: Any, **of: Any) -> str:
    """The one line of a ladder that shows this event, without lanes."""
    told = Told()
    told.event(kind, 0, leg(**of), *rest)
    return re.sub(r"[ │├┤┼─]+", " ", " ".join(drawn(told).splitlines()[3:-2])).strip()


def test_a_whole_call_is_drawn_as_a_ladder() -> None:
    assert drawn(reminder()) == REMINDER


def test_it_is_as_wide_as_asked_for() -> None:
    for width in (72, 80, 100, 140):
        widest = max(width_of(row) for row in drawn(reminder(), width=width).splitlines())
        assert width - 1 <= widest <= width
    assert drawn(reminder(), width=10) == drawn(reminder(), width=72)


def test_ascii_only_is_ascii() -> None:
    assert drawn(reminder(), ascii_only=True).isascii()


def test_style_dresses_the_text_and_changes_none_of_it() -> None:
    tones: set[str] = set()

    def style(text: str, tone: str) -> str:
        tones.add(tone)
        return f"\x1b[1m{text}\x1b[0m"

    dressed = drawn(reminder(), style=style)
    assert re.sub(r"\x1b\[\dm", "", dressed) == drawn(reminder())
    assert tones == {"head", "time", "lane", "arrow", "label", "word", "status", "text", "bad", "end"}


def test_nothing_yet_is_said_so() -> None:
    assert ladder([]) == "nothing has happened yet\n"
    assert mermaid([]) == "sequenceDiagram\n    participant P as provider\n"
    assert transcript([]) == []


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        ((events.Arrived,), "0 ◀ calls +919876543210"),
        ((events.EarlyMediaStarted,), "0 ◀ early media"),
        ((events.SpeakingStarted, "play", "http://x/a.mp3", 3.0, "[2].url"), "0 plays ▶ http://x/a.mp3 ([2].url)"),
        ((events.SpeakingStarted, "beep", "", 0.5), "0 beeps ▶"),
        ((events.DigitsSent, "12#"), "0 keys 12# ▶"),
        ((events.FarEndSpoke, "Yes", 1.0), "0 ◀ says “Yes”"),
        ((events.DigitsCollected, "", "yes", "silence"), "0 ● collected speech “yes” (silence)"),
        ((events.DigitsCollected, "", "", "timeout"), "0 ● collected nothing (timeout)"),
        ((events.MachineDetected, True), "0 ● detected a machine"),
        ((events.MachineDetected, False), "0 ● detected a person"),
        ((events.HeldChanged, True), "0 ◀ holds"),
        ((events.HeldChanged, False), "0 ◀ takes back"),
        ((events.AskAbandoned, "c1.0#1"), "0 ● answer no longer waited for"),
        ((events.BecameIdle,), "0 ● program over, stays on the line"),
        ((events.Bridged, leg("c1.1")), "0 ● bridged with c1.1"),
        ((events.Unbridged, leg("c1.1")), "0 ● parted from c1.1"),
        ((events.Ended, BUSY, "callee"), "0 ◀ busy USER_BUSY (17), by callee"),
        ((events.Ended, NO_ANSWER, "carrier"), "0 ◀ no answer NO_ANSWER (19), by carrier"),
        ((events.Ended, HANGUP, "caller"), "0 ◀ hangs up NORMAL_CLEARING (16), by caller"),
        ((events.Ended, HANGUP, "api"), "0 hangs up ▶ NORMAL_CLEARING (16), by api"),
    ],
)
def test_each_event_has_its_line(event: tuple[Any, ...], shown: str) -> None:
    assert one(*event) == shown


def test_an_inbound_call_is_answered_by_the_provider() -> None:
    assert one(events.Answered, direction="inbound") == "0 answers ▶"


def test_events_that_only_repeat_others_have_no_line() -> None:
    told = Told()
    told.event(events.Listening, 0, leg())
    told.journal.append(at(0), "event", data=events.AnswerDropped(at(0), None, "c1.0#1"))
    told.note("clock", 0)
    told.journal.append(at(0), "note")
    assert drawn(told) == "nothing has happened yet\n"


def test_a_remark_is_told_to_its_end() -> None:
    told = Told()
    told.note("note", 0, text="+912271264300 has no application with an answer_url: attach one, or say so in settings")
    first, second = drawn(told).splitlines()[-2:]
    assert first.endswith("● +912271264300 has no application with an answer_url:     │")
    assert second.endswith("│ attach one, or say so in settings                        │")
    assert len(first) == len(second)


def test_a_file_cut_short_says_how_far_it_was_heard() -> None:
    told = Told()
    told.event(events.SpeakingStarted, 0, leg(), "play", "http://x/a.mp3", 3.0)
    told.event(events.Heard, 1, leg(), "play", "http://x/a.mp3", 1.0, False)
    told.event(events.Heard, 1, leg(), "play", "never begun", 1.0, True)
    assert "http://x/a.mp3 ✂ 1 of 3 s" in drawn(told)


def test_retries_resends_and_what_never_came_back_are_told_apart() -> None:
    told = Told()
    told.sent(0, "status", attempt=2)
    told.sent(1, "hangup", "completed", resend_of="c1-d1")
    told.outcome(2, "c1-d9", reply={"status": 200})
    text = drawn(told)
    assert re.search(r"status #2 ─+[┼─]+ … ─▶", text)
    assert "hangup again · completed" in text


def test_a_failure_without_words_has_one_line_alone() -> None:
    told = Told()
    told.outcome(0, told.sent(0, "ring"), error="connection")
    assert "✗ connection ─▶" in drawn(told)
    assert len(drawn(told).splitlines()) == 3


def test_what_was_refused_is_shown_unless_the_far_end_was_merely_late() -> None:
    told = Told()
    told.note("refused", 0, source="person", command=commands.Press("c1.0", "1"), why="not answered")
    told.note("refused", 0, source="far-end", command=commands.Answer("c1.0"), why="too late")
    told.note("refused", 0, source="api", command="Redirect", why="no such leg")
    told.note("request", 0, method="POST", path="/x", status=404, error="no such call")
    told.note("note", 0, text="the wind blows")
    text = drawn(told)
    for shown in (
        "✗ refused Press: not answered",
        "✗ refused Redirect: no such leg",
        "POST /x",
        "✗ 404",
        "● the wind blows",
    ):
        assert shown in text
    assert "no such call" in text
    assert "too late" not in text


def test_an_empty_document_and_none_are_told_apart() -> None:
    told = Told()
    told.note("command", 0, source="reply", command=commands.Reply("c1.0#1", None))
    told.note("command", 0, source="reply", command=commands.Reply("c1.0#1", program.Program(())))
    told.note("command", 0, source="reply", command=commands.NoReply("c1.0#1", "invalid", "3:5: no such verb"))
    told.note("command", 0, source="api", command=commands.Ring("c1.0"))
    text = drawn(told)
    assert "document · nothing to run" in text
    assert "document · an empty program" in text
    assert "✗ no document: invalid, 3:5: no such verb" in text


def test_legs_and_calls_are_named_where_there_is_more_than_one() -> None:
    told = Told()
    told.event(events.Dialed, 0, leg())
    told.event(events.Dialed, 1, leg("c1.1", parent="c1.0"))
    text = drawn(told)
    assert ".0 dials" in text
    assert ".1 dials" in text
    assert "  leg c1.1" in text
    told.event(events.Dialed, 3661.5, leg("c2.0"))
    told.note("sent", 3662, call="c2", callback="ring", delivery="c2-d1", attempt=1)
    told.note("note", 3662, call=None, text="to all")
    text = drawn(told)
    for shown in ("c1.1 dials", "c2.0 dials", "c2 ring", "● to all", "1:01:01.5", "c2 is queued"):
        assert shown in text


def test_times_are_as_short_as_they_can_be() -> None:
    told = Told()
    for seconds in (0, 1, 62):
        told.note("note", seconds, text="x")
    assert re.findall(r"^ +([0-9:.]+) ", drawn(told), re.MULTILINE) == ["0", "1", "1:02"]


def test_the_diagram_has_a_participant_for_every_party_and_a_line_for_every_step() -> None:
    text = mermaid(reminder().journal.entries())
    assert text.startswith(
        "sequenceDiagram\n    participant C as client\n    participant P as acme\n"
        "    participant Fc1_0 as far end +919876543210\n    participant A as application\n"
    )
    for shown in (
        "C->>P: POST /api/v1/Account/MA3F9K2/Call/ → 201 (0 s)",
        "P->>A: answer · in-progress → 200 (2 s)",
        "A-->>P: document Gather, Say (2 s)",
        "Fc1_0->>P: presses 1#35; (5.25 s)",
        "P-xA: hangup · completed → ✗ 500 (15.5 s)",
        "Note over P: collected digits 1 (key) (5.5 s)",
    ):
        assert f"    {shown}\n" in text


def test_the_transcript_tells_what_was_heard_said_and_pressed() -> None:
    told = reminder()
    told.event(events.DigitPressed, 8, leg(), "2")
    told.event(events.DigitPressed, 8.25, leg("c1.1"), "3")
    told.event(events.DigitsSent, 9, leg(), "9")
    told.event(events.FarEndSpoke, 9, leg(), "Yes", 1.0)
    told.event(events.Heard, 11, leg(), "beep", "x", 0.5, True)
    told.event(events.SpeakingStarted, 12, leg(), "say", "not over yet", 3.0)
    rows = [(row["at"][17:-1], row["leg"], row["kind"], row["text"]) for row in transcript(told.journal.entries())]
    assert rows == [
        ("02", "c1.0", "greeting", "Hello?"),
        ("02", "c1.0", "say", "This is Dr Rao's clinic. To confirm press 1,"),
        ("05.250000", "c1.0", "pressed", "1#"),
        ("08", "c1.0", "pressed", "2"),
        ("08.250000", "c1.1", "pressed", "3"),
        ("09", "c1.0", "digits", "9"),
        ("09", "c1.0", "spoken", "Yes"),
        ("10.500000", "c1.0", "beep", ""),
    ]


TAPE = Recording("c1.0-r1", "name", "c1.0", "c1", "acme", "", "mp3", 1, at(3), at(10), 7.0, "silence")


def test_recordings_stand_in_the_ladder_and_in_the_transcript() -> None:
    told = Told()
    told.event(events.RecordingStarted, 3, leg(), TAPE)
    told.event(events.RecordingPaused, 4, leg(), TAPE, True)
    told.event(events.RecordingPaused, 5, leg(), TAPE, False)
    told.event(events.FarEndSpoke, 6, leg(), "Hello", 1.0)
    told.event(events.RecordingEnded, 10, leg(), TAPE)

    remarks = re.findall(r"● (.*?) *│", drawn(told))
    assert remarks == [
        "records c1.0-r1", "pauses c1.0-r1", "resumes c1.0-r1", "recorded c1.0-r1: 7 s (silence)",
    ]  # fmt: skip
    assert [(row["kind"], row["text"]) for row in transcript(told.journal.entries())] == [
        ("recorded", "c1.0-r1: 7 s (silence)"), ("spoken", "Hello"),
    ]  # fmt: skip


MEMBER = MemberSnapshot(
    "2", "c1.0", "name", "c1", "+1", "+2", "outbound", False, False, False, False, False, "", "", at(0), None
)  # fmt: skip
ROOM = RoomSnapshot("r1", "sales", "acme", "", "started", at(0), at(0), None, (MEMBER,), 2)
WAITER = WaiterSnapshot("c1.0", "name", "c1", "+1", "+2", 0, 1, at(0))
QUEUE = QueueSnapshot("q1", "sales", "acme", "", at(0), (WAITER,))
COMPANY = [
    (events.MemberJoined, (ROOM, MEMBER), "in room sales as 2, 1 there"),
    (events.RoomStarted, (ROOM,), "room sales starts"),
    (events.MemberChanged, (ROOM, MEMBER, "mute"), "mute in room sales"),
    (events.MemberLeft, (ROOM, MEMBER, "kicked"), "out of room sales (kicked), 1 there"),
    (events.RoomEnded, (ROOM,), "room sales is over"),
    (events.QueueJoined, (QUEUE, WAITER), "in queue sales, place 1 of 1"),
    (events.QueueLeft, (QUEUE, WAITER, "timeout"), "out of queue sales (timeout)"),
    (events.SupervisionStarted, (leg("c2.0"), "listen"), "listens to c2.0"),
    (events.SupervisionChanged, (leg("c2.0"), "whisper"), "whispers to c2.0"),
    (events.SupervisionEnded, (leg("c2.0"), "talk"), "leaves c2.0 alone"),
]


@pytest.mark.parametrize(("kind", "rest", "shown"), COMPANY, ids=[kind.__name__ for kind, *_ in COMPANY])
def test_rooms_queues_and_supervision_stand_in_the_ladder(kind: type, rest: tuple[Any, ...], shown: str) -> None:
    assert one(kind, *rest) == f"0 ● {shown}"


def test_who_heard_whom_stands_in_the_ladder_and_in_the_transcript() -> None:
    told = Told()
    told.event(events.FarEndSpoke, 1, leg(), "Hello", 1.0, False, ("c1.1", "c2.0"))

    assert "“Hello” heard by c1.1, c2.0" in drawn(told, width=160)
    assert [(row["leg"], row["kind"], row["text"]) for row in transcript(told.journal.entries())] == [
        ("c1.0", "spoken", "Hello"), ("c1.1", "heard", "Hello"), ("c2.0", "heard", "Hello"),
    ]  # fmt: skip


def test_two_texts_at_a_time_are_told_apart() -> None:
    told = Told()
    told.event(events.SpeakingStarted, 0, leg(), "say", "one two", 2.0)
    told.event(events.SpeakingStarted, 1, leg(), "say", "over it", 2.0)
    told.event(events.Heard, 2, leg(), "say", "one two", 2.0, True)
    told.event(events.Heard, 2, leg(), "say", "over", 1.0, False)

    text = drawn(told)
    assert "“one two” " in text
    assert "“over…” ✂ 1 of 2 s" in text


texts = st.text(alphabet=st.one_of(st.characters(), st.sampled_from("\x1b\n\u202e\u0301\u200d漢ह●;#")), max_size=60)


@settings(deadline=None)
@given(texts, texts, texts, st.integers(72, 130))
def test_whatever_was_said_stays_between_its_lanes_and_harms_no_terminal(a: str, b: str, c: str, width: int) -> None:
    told = Told()
    told.event(events.Dialed, 0, leg(to=a))
    told.note("request", 0, method="GET", path=b, status=200)
    told.event(events.SpeakingStarted, 0, leg(), "say", a, 1.0, c)
    told.outcome(0, told.sent(0, b, c), reply={"status": 200})
    told.note("note", 0, text=c)
    text = drawn(told, width=width)
    assert all(width_of(row) <= width for row in text.split("\n"))
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)
    lines = mermaid(told.journal.entries()).split("\n")
    assert len(lines) == 1 + 4 + 5 + 1
    assert not any(re.search(r"[;#](?<!#\d;)(?<!#\d\d;)", re.sub(r"#\d+;", "", line)) for line in lines)


@given(texts, st.integers(0, 30), st.booleans())
def test_cut_and_wrapped_text_fits(text: str, width: int, keep_end: bool) -> None:
    text = clean(text)
    assert width_of(cut(text, width, keep_end=keep_end)) <= width
    lines = wrap(text, max(width, 2), 3)
    assert len(lines) <= 3
    assert all(width_of(line) <= max(width, 2) for line in lines)


def test_words_are_kept_whole_where_they_can_be() -> None:
    assert wrap("press one to confirm or two", 12, 3) == ["press one to", "confirm or", "two"]
    assert wrap("press one to confirm or two", 12, 2) == ["press one to", "confirm or…"]
    assert wrap("abcdefghij", 4, 5) == ["abcd", "efgh", "ij"]
    assert wrap("", 4, 5) == []
    assert cut("abcdef", 4) == "abc…"
    assert cut("abcdef", 4, keep_end=True) == "…def"
    assert cut("abc", 0) == ""


def test_an_empty_journal_of_a_call_is_no_error() -> None:
    assert ladder(Journal("s1").entries(call="c1")) == "nothing has happened yet\n"


def test_wide_and_combining_letters_take_the_cells_they_take() -> None:
    assert width_of("e\u0301") == 1
    assert width_of("漢字") == 4
    told = Told()
    told.event(events.Dialed, 0, leg(to="漢e\u0301字"))
    (row,) = [row for row in drawn(told).splitlines() if "dials" in row]
    assert "漢e\u0301字 " in row
    assert width_of(row) == width_of(drawn(reminder()).splitlines()[5])
    assert cut("漢字漢字", 5) == "漢字…"
