"""Whole calls: hooks in order, records, and the end of every kind."""

from __future__ import annotations

import pytest

from tests.vendors.jambonz.conftest import Telco

TRYING, RINGING = ("trying", 100, "Trying"), ("ringing", 180, "Trying")
IN_PROGRESS, COMPLETED = ("in-progress", 200, "OK"), ("completed", 200, "OK")


async def test_an_answered_call_tells_every_status_and_asks_its_call_hook_after_in_progress(telco: Telco) -> None:
    sid = await telco.place()
    await telco.run()

    assert telco.statuses() == [TRYING, RINGING, IN_PROGRESS, COMPLETED]
    assert telco.callbacks == [
        ("status", "trying"), ("status", "ringing"), ("status", "in-progress"), ("answer", "in-progress"),
        ("status", "completed"),
    ]  # fmt: skip
    last = telco.receiver.to("/status")[-1].json
    assert (last["call_termination_by"], last["duration"], last["call_sid"]) == ("jambonz", 0, sid)


@pytest.mark.parametrize(
    ("number", "ends"),
    [
        ("+14155550101", [TRYING, RINGING, ("busy", 486, "Busy here")]),
        ("+14155550102", [TRYING, RINGING, ("no-answer", 487, "Request Terminated")]),
        ("+14155550103", [TRYING, RINGING, ("busy", 603, "Decline")]),
        ("+14155550104", [TRYING, ("failed", 480, "Temporarily Unavailable")]),
        ("1,2", [TRYING, ("failed", 484, "Address Incomplete")]),
    ],
)
async def test_each_unanswered_end_has_its_own_word_and_code(telco: Telco, number: str, ends: list) -> None:
    sid = await telco.place(number)
    await telco.run()

    told = telco.statuses()
    assert told == ends or told == [ends[0], ends[-1]]
    assert telco.receiver.to("/call") == []
    record = await telco.get(f"Calls/{sid}")
    assert (record["call_status"], record["sip_status"], record["sip_reason"]) == ends[-1]
    assert "duration" not in record and "call_termination_by" not in record
