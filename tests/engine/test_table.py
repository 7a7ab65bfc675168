"""The table whole: every state × every command, both ways a leg can be, follows its row or changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from emulator.engine import commands as c
from emulator.engine import events as e
from emulator.engine.causes import BUSY
from emulator.engine.program import Program, Say
from emulator.engine.states import REASONS, STATES, STAY, TABLE
from emulator.errors import Refused
from tests.engine.desk import Desk, dump, stays

COMMANDS = {
    "Ring": c.Ring, "EarlyMedia": c.EarlyMedia, "Answer": c.Answer,
    "Fail": lambda leg: c.Fail(leg, BUSY),
    "Press": lambda leg: c.Press(leg, "1"),
    "Speak": lambda leg: c.Speak(leg, "yes", timedelta(seconds=1)),
    "Greet": lambda leg: c.Greet(leg, False, "Hello?", timedelta(seconds=1)),
    "Hold": c.Hold,
    "HangUp": lambda leg: c.HangUp(leg, "caller"),
    "Tag": lambda leg: c.Tag(leg, {"key": "value"}),
    "InCall": lambda leg: c.InCall(leg, "play", (Say("hello"),)),
    "StopInCall": c.StopInCall,
    "Append": lambda leg: c.Append(leg, (Say("hello"),)),
    "Mute": c.Mute,
    "PauseRecording": c.PauseRecording,
    "Redirect": lambda leg: c.Redirect(((leg, stays()),)),
    "Redirect early": lambda leg: c.Redirect(((leg, stays()),), early=True),
}  # fmt: skip

# Written down a second time, so that the table is judged too. A state: what it becomes; else the reason of the refusal.
LAW = """
command        | queued       | ringing         | early media     | answered         | ended
Ring           | ringing      | already_ringing | already_ringing | already_answered | call_ended
EarlyMedia     | early media  | early media     | already_ringing | already_answered | call_ended
Answer         | answered     | answered        | answered        | already_answered | call_ended
Fail           | ended        | ended           | ended           | already_answered | call_ended
Press          | not_answered | not_answered    | early media     | answered         | call_ended
Speak          | not_answered | not_answered    | early media     | answered         | call_ended
Greet          | not_answered | not_answered    | not_answered    | answered         | call_ended
Hold           | not_answered | not_answered    | not_answered    | answered         | call_ended
HangUp         | ended        | ended           | ended           | ended            | call_ended
Tag            | queued       | ringing         | early media     | answered         | call_ended
InCall         | not_answered | not_answered    | early media     | answered         | call_ended
StopInCall     | not_answered | not_answered    | early media     | answered         | call_ended
Append         | queued       | ringing         | early media     | answered         | call_ended
Mute           | not_answered | not_answered    | not_answered    | answered         | call_ended
PauseRecording | not_answered | not_answered    | not_answered    | answered         | call_ended
Redirect       | not_answered | not_answered    | not_answered    | answered         | call_ended
Redirect early | queued       | ringing         | early media     | answered         | call_ended
"""
_HEAD, *_ROWS = [[cell.strip() for cell in line.split("|")] for line in LAW.strip().splitlines()]
CELLS = [
    pytest.param(direction, state, row[0], cell, id=f"{direction} {state}: {row[0]}")
    for row in _ROWS
    for state, cell in zip(_HEAD[1:], row[1:], strict=True)
    for direction in ("outbound", "inbound")
    if (direction, state) != ("inbound", "queued")
]


def in_state(desk: Desk, direction: str, state: str) -> str:
    leg = desk.place() if direction == "outbound" else desk.arrive()
    if direction == "outbound" and state == "ringing":
        desk.do(c.Ring(leg))
    elif state == "early media":
        desk.do(c.EarlyMedia(leg))
    elif state == "answered":
        desk.do(c.Answer(leg))
    elif state == "ended":
        desk.do(c.HangUp(leg, "caller"))
    assert desk.state(leg) == state
    return leg


@pytest.mark.parametrize(("direction", "state", "command", "cell"), CELLS)
def test_a_command_follows_its_row_or_is_refused_and_changes_nothing(
    direction: str, state: str, command: str, cell: str
) -> None:
    desk = Desk()
    leg = in_state(desk, direction, state)
    before = dump(desk.engine)

    if cell in STATES:
        desk.do(COMMANDS[command](leg))
        assert desk.state(leg) == cell
        return
    with pytest.raises(Refused) as refused:
        desk.do(COMMANDS[command](leg))
    assert (refused.value.reason, refused.value.leg, refused.value.state) == (cell, leg, state)
    assert refused.value.command == command.split()[0]
    assert dump(desk.engine) == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_leg_that_is_not_there_takes_nothing(command: str) -> None:
    desk = Desk()
    desk.place()
    before = dump(desk.engine)

    with pytest.raises(Refused, match="unknown_leg"):
        desk.do(COMMANDS[command]("c1.7"))
    assert dump(desk.engine) == before


def stale_answers() -> list[c.Reply | c.NoReply]:
    return [c.Reply("c1.0#9", stays()), c.Reply("c1.0#9", None), c.NoReply("c1.0#9", "status", "500")]


@pytest.mark.parametrize("command", stale_answers())
@pytest.mark.parametrize("state", STATES)
def test_a_stale_answer_is_dropped_in_every_state_and_changes_nothing(state: str, command: c.Command) -> None:
    desk = Desk()
    leg = in_state(desk, "outbound", state)
    before = dump(desk.engine)

    assert desk.do(command) == [e.AnswerDropped(desk.now, desk.leg(leg), "c1.0#9")]
    assert dump(desk.engine) == before


@pytest.mark.parametrize("ask", ["c9.0#1", "", "#", "c1.0", "c1.0#1#1"])
def test_an_answer_to_an_ask_that_never_was_is_dropped(ask: str) -> None:
    desk = Desk()
    desk.arrive()

    (dropped,) = desk.do(c.Reply(ask, stays()))

    assert isinstance(dropped, e.AnswerDropped)
    assert dropped.ask == ask
    assert desk.engine.legs["c1.0"].awaiting == "c1.0#1"


def test_an_answer_counts_once() -> None:
    desk = Desk()
    desk.arrive()

    desk.reply(stays())

    assert [type(event) for event in desk.do(c.Reply("c1.0#1", stays()))] == [e.AnswerDropped]


def test_a_redirect_is_all_or_nothing() -> None:
    desk = Desk()
    good, bad = desk.talk(), desk.place()
    before = dump(desk.engine)

    with pytest.raises(Refused, match="not_answered"):
        desk.do(c.Redirect(((good, Program(())), (bad, Program(())))))
    assert dump(desk.engine) == before


def test_the_table_names_every_command_of_a_leg_and_every_state() -> None:
    assert set(TABLE) == {*c.LEG_COMMANDS, c.Redirect}
    assert all(tuple(row) == STATES for row in TABLE.values())
    assert {cell for row in TABLE.values() for cell in row.values()} <= {*STATES, STAY, *REASONS}
