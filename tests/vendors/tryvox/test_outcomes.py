"""How a leg ended, in TryVox's words; and how it says no."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from emulator.engine.causes import CAUSES, Cause
from emulator.engine.events import LegSnapshot
from emulator.engine.states import REASONS
from emulator.errors import NotEmulated, Refused
from emulator.vendors.tryvox import errors
from emulator.vendors.tryvox.outcomes import NO_APPLICATION, OUTCOMES, outcome_of, status_of
from emulator.vendors.tryvox.settings import TryvoxSettings
from emulator.vendors.tryvox.wire import STATUSES, billed, e164, iso, price, seconds, stamp, with_plus

AT = datetime(2026, 1, 1, tzinfo=UTC)
DEFAULTS = TryvoxSettings()


def snapshot(**fields: Any) -> LegSnapshot:
    plain = LegSnapshot(
        id="c1.0", call="c1", name="uuid", parent=None, vendor="tryvox", direction="outbound", from_="+1", to="+2",
        state="ended", is_held=False, partner=None, machine=None, position=0, cause=None, by=None, failure=None,
        created_at=AT, ringing_at=None, answered_at=None, ended_at=None, memo={},
    )  # fmt: skip
    return replace(plain, **fields)


def told(kind: str, by: str, **fields: Any) -> tuple[str, str]:
    cause = {**CAUSES, "no-application": NO_APPLICATION}[kind]
    outcome = outcome_of(snapshot(cause=cause, by=by, ended_at=AT, **fields), DEFAULTS)
    return outcome.status, outcome.reason


UNANSWERED = [
    ("cancelled", "api", "canceled", "api-hangup"),
    ("cancelled", "caller", "canceled", "caller-hangup"),
    ("lost-race", "platform", "canceled", "caller-hangup"),
    ("busy", "callee", "busy", "busy"),
    ("busy", "program", "busy", "busy"),
    ("rejected", "callee", "busy", "rejected"),
    ("rejected", "program", "busy", "rejected"),
    ("ring-timeout", "platform", "no-answer", "timeout"),
    ("ring-limit", "platform", "no-answer", "timeout"),
    ("no-answer", "carrier", "no-answer", "timeout"),
    ("unreachable", "carrier", "failed", "error"),
    ("unallocated", "carrier", "failed", "error"),
    ("invalid-number", "platform", "failed", "error"),
    ("carrier-timeout", "carrier", "failed", "error"),
    ("congestion", "carrier", "failed", "error"),
    ("no-credit", "platform", "failed", "error"),
    ("internal-error", "platform", "failed", "error"),
    ("application-failure", "application", "failed", "error"),
    ("no-application", "platform", "failed", "error"),
]
ANSWERED = [
    ("hangup", "caller", "completed", "caller-hangup"),
    ("hangup", "callee", "completed", "callee-hangup"),
    ("hangup", "api", "completed", "api-hangup"),
    ("hangup", "program", "completed", "voxml-hangup"),
    ("hangup", "partner", "completed", "callee-hangup"),
    ("program-end", "platform", "completed", "voxml-hangup"),
    ("time-limit", "platform", "completed", "timeout"),
    ("machine", "platform", "completed", "voxml-hangup"),
    ("busy", "partner", "completed", "busy"),
    ("application-failure", "application", "failed", "error"),
    ("internal-error", "platform", "failed", "error"),
]


@pytest.mark.parametrize(("kind", "by", "status", "reason"), UNANSWERED)
def test_a_call_nobody_answered(kind: str, by: str, status: str, reason: str) -> None:
    assert told(kind, by) == (status, reason)


@pytest.mark.parametrize(("kind", "by", "status", "reason"), ANSWERED)
def test_a_call_that_was_answered(kind: str, by: str, status: str, reason: str) -> None:
    assert told(kind, by, answered_at=AT) == (status, reason)


def test_a_dialled_leg_whose_partner_left_was_hung_up_by_its_callers_side() -> None:
    assert told("hangup", "partner", answered_at=AT, parent="c1.0") == ("completed", "caller-hangup")


def test_every_cause_of_the_engine_has_its_row_and_every_status_is_one_of_the_seven() -> None:
    assert set(OUTCOMES) == {*CAUSES, NO_APPLICATION.kind}
    assert {outcome.status for outcome in OUTCOMES.values()} <= set(STATUSES)


def test_a_cause_nobody_knows_is_an_error() -> None:
    assert outcome_of(snapshot(), DEFAULTS).reason == "error"
    assert outcome_of(snapshot(cause=Cause("odd", "ODD", 0), by="api"), DEFAULTS).status == "failed"


@pytest.mark.parametrize(
    ("state", "word"),
    [("queued", "ringing"), ("ringing", "ringing"), ("early media", "ringing"), ("answered", "in-progress")],
)
def test_a_call_that_is_not_over_rings_or_is_in_progress(state: str, word: str) -> None:
    assert status_of(snapshot(state=state), DEFAULTS) == word


# --- refusals ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_reason_of_the_engine_has_a_status_and_one_of_the_two_shapes(reason: str) -> None:
    error = errors.render(Refused(reason))
    assert error.status in (400, 404)
    if reason == "call_ended":
        assert list(error.body) == ["error", "message"]
    else:
        assert set(error.body["error"]) == {"code", "message"}


def test_a_reason_nobody_knows_is_a_400() -> None:
    assert errors.render(Refused("odd_thing")).body["error"]["message"] == "odd thing"


def test_what_is_not_emulated_is_501_in_the_vendors_shape() -> None:
    error = errors.render(NotEmulated("call play"))
    assert (error.status, dict(error.headers)) == (501, {"X-Ringback-Not-Emulated": "call play"})
    assert error.body["error"]["code"] == "NOT_EMULATED"


# --- spellings -----------------------------------------------------------------------------------------------------


def test_instants_are_cut_not_rounded() -> None:
    at = AT.replace(microsecond=999_999)
    assert (iso(at), stamp(at), iso(None)) == ("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.999Z", None)
    assert stamp(AT) == "2026-01-01T00:00:00.000Z"


def test_a_span_is_the_difference_of_the_stamps() -> None:
    assert seconds(AT.replace(microsecond=999_999), AT.replace(second=1)) == 1
    assert seconds(AT, AT.replace(microsecond=999_999)) == 0
    assert seconds(None, AT) == seconds(AT, None) == 0


@pytest.mark.parametrize(("duration", "steps", "cost"), [(0, 0, "0.0000"), (1, 6, "0.0006"), (125, 126, "0.0130")])
def test_time_is_billed_in_steps_of_six_seconds(duration: int, steps: int, cost: str) -> None:
    assert (billed(duration), price(duration)) == (steps, cost)


def test_numbers_typed_by_people_get_their_plus() -> None:
    assert [e164(text) for text in ("12025550144", "+12025550144", " 12025550144", "bob")] == [
        "+12025550144", "+12025550144", "+12025550144", "bob",
    ]  # fmt: skip
    assert [with_plus(text) for text in (" 1", "+1", "1", "")] == ["+1", "+1", "1", ""]
