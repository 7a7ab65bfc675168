"""How a leg ended, in Vobiz's words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.engine.causes import CAUSES, FAILED_APPLICATION, HANGUP, Cause, Failure
from emulator.engine.events import LegSnapshot
from emulator.engine.states import REASONS
from emulator.errors import NotEmulated, Refused
from emulator.vendors.vobiz import errors
from emulator.vendors.vobiz.errors import Rejected, render_rejected
from emulator.vendors.vobiz.outcomes import Outcome, outcome_of

AT = datetime(2026, 1, 1, tzinfo=UTC)


def ended(cause: Cause | None, by: Any, failure: Failure | None = None, direction: Any = "outbound") -> LegSnapshot:
    return LegSnapshot(
        id="c1.0", call="c1", name="uuid", parent=None, vendor="vobiz", direction=direction, from_="+1", to="+2",
        state="ended", is_held=False, partner=None, machine=None, position=0, cause=cause, by=by, failure=failure,
        created_at=AT, ringing_at=None, answered_at=None, ended_at=AT, memo={},
    )  # fmt: skip


ROWS = [
    ("hangup", "callee", "completed", "NORMAL_CLEARING", 4000, "Normal Hangup", "Callee"),
    ("hangup", "program", "completed", "NORMAL_CLEARING", 4000, "Normal Hangup", "Answer XML"),
    ("hangup", "api", "completed", "NORMAL_CLEARING", 4000, "Normal Hangup", "API Request"),
    ("program-end", "platform", "completed", "NORMAL_CLEARING", 4010, "End Of XML Instructions", "Vobiz"),
    ("cancelled", "api", "cancel", "ORIGINATOR_CANCEL", 1000, "Canceled", "API Request"),
    ("busy", "callee", "busy", "USER_BUSY", 3010, "Busy Line", "Carrier"),
    ("ring-timeout", "platform", "no-answer", "NO_ANSWER", 6010, "Ring Timeout Reached", "Vobiz"),
    ("ring-limit", "platform", "no-answer", "NO_ANSWER", 6000, "Scheduled Hangup", "Vobiz"),
    ("no-answer", "carrier", "no-answer", "NO_ANSWER", 3000, "No Answer", "Carrier"),
    ("rejected", "callee", "failed", "CALL_REJECTED", 3020, "Rejected", "Carrier"),
    ("carrier-timeout", "carrier", "timeout", "RECOVERY_ON_TIMER_EXPIRE", 3070, "Request timeout", "Carrier"),
    ("unallocated", "carrier", "failed", "UNALLOCATED_NUMBER", 3050, "Unallocated number", "Carrier"),
    ("invalid-number", "platform", "failed", "INVALID_NUMBER", 2000, "Invalid Destination Address", "Vobiz"),
    ("unreachable", "carrier", "failed", "DESTINATION_OUT_OF_ORDER", 2010, "Destination Out Of Service", "Carrier"),
    ("time-limit", "platform", "completed", "ALLOTTED_TIMEOUT", 6000, "Scheduled Hangup", "Vobiz"),
    ("machine", "platform", "completed", "NORMAL_CLEARING", 9100, "Machine Detected", "Vobiz"),
    ("lost-race", "platform", "cancel", "LOSE_RACE", 9000, "Lost Race", "Vobiz"),
    ("no-credit", "platform", "failed", "", 1010, "Canceled (Out Of Credits)", "Vobiz"),
    ("internal-error", "platform", "failed", "SERVER_ERROR", 5010, "Internal Error", "Error"),
]


@pytest.mark.parametrize(("kind", "by", "status", "cause", "code", "name", "source"), ROWS)
def test_each_outcome_has_its_row(
    kind: str, by: str, status: str, cause: str, code: int, name: str, source: str
) -> None:
    assert outcome_of(ended(CAUSES[kind], by)) == Outcome(status, cause, code, name, source)


@pytest.mark.parametrize(
    ("purpose", "why", "code", "name"),
    [
        ("answer", "unreachable", 7011, "Error Reaching Answer URL"),
        ("answer", "status", 7011, "Error Reaching Answer URL"),
        ("answer", "invalid", 8011, "Invalid Answer XML"),
        ("answer", "not-emulated", 8011, "Invalid Answer XML"),
        ("gather", "status", 7012, "Error Reaching Action URL"),
        ("gather", "invalid", 8012, "Invalid Action XML"),
        ("redirect", "unreachable", 7014, "Error Reaching Redirect URL"),
        ("redirect", "too-many", 8014, "Invalid Redirect XML"),
    ],
)
def test_a_failed_hook_names_its_family(purpose: str, why: str, code: int, name: str) -> None:
    outcome = outcome_of(ended(FAILED_APPLICATION, "application", Failure(purpose, why)))
    assert outcome == Outcome("completed", "NORMAL_CLEARING", code, name, "Error")


def test_every_cause_of_the_engine_has_a_code() -> None:
    for cause in CAUSES.values():
        assert outcome_of(ended(cause, "platform")).code != 0


def test_an_inbound_call_is_completed_whatever_happened() -> None:
    for cause in CAUSES.values():
        assert outcome_of(ended(cause, "carrier", direction="inbound")).status == "completed"


def test_a_caller_who_hangs_up_is_the_source() -> None:
    assert outcome_of(ended(HANGUP, "caller", direction="inbound")).source == "Caller"


def test_a_document_that_refuses_a_call_is_the_source() -> None:
    assert outcome_of(ended(CAUSES["busy"], "program", direction="inbound")).source == "Answer XML"


def test_what_nobody_can_explain_is_unknown() -> None:
    assert outcome_of(ended(Cause("flood", "FLOOD", 0), "carrier")).code == 0
    assert outcome_of(ended(None, None)).code == 0
    assert outcome_of(ended(FAILED_APPLICATION, "application")).code == 5010


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_refusal_of_the_engine_has_a_row(reason: str) -> None:
    error = errors.render(Refused(reason))
    assert error.status == 404 and set(error.body) == {"api_id", "error"}


def test_what_is_not_emulated_is_501_by_name() -> None:
    error = errors.render(NotEmulated("transfer"), "id")
    assert error.status == 501 and error.headers == (("X-Ringback-Not-Emulated", "transfer"),)
    assert error.body["api_id"] == "id" and "transfer" in error.body["error"]


def test_a_rejection_has_details_where_the_resource_gives_them() -> None:
    assert render_rejected(Rejected(400, "bad"), "id").body == {"api_id": "id", "error": "bad"}
    assert render_rejected(Rejected(400, "bad", {"a": "b"}), "id").body == {"error": "bad", "details": {"a": "b"}}
