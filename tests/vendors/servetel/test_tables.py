"""What is total: refusals, causes, paths, spellings. And the vendor as the house sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from emulator.engine.causes import CAUSES
from emulator.engine.states import REASONS
from emulator.errors import NotEmulated, Refused
from emulator.ids import Ids
from emulator.vendors.servetel import causes, errors, history, inbound, routes, vendor, wire
from emulator.vendors.servetel.calls import KEYS
from emulator.webhooks.values import Json, Policy, Request
from tests.vendors.servetel.conftest import CUSTOMER, Desk, fixture

START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = {
    "NORMAL_CLEARING": "16", "USER_BUSY": "17", "NO_USER_RESPONSE": "18", "NO_ANSWER": "19", "SUBSCRIBER_ABSENT": "20",
    "CALL_REJECTED": "21", "DESTINATION_OUT_OF_ORDER": "27", "NORMAL_UNSPECIFIED": "31", "NETWORK_OUT_OF_ORDER": "38",
    "NORMAL_TEMPORARY_FAILURE": "41", "RECOVERY_ON_TIMER_EXPIRE": "102", "ORIGINATOR_CANCEL": "487",
    "UNALLOCATED_NUMBER": "1", "UNSPECIFIED": "0",
}  # fmt: skip


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_refusal_is_a_400_with_a_text(reason: str) -> None:
    made = errors.render(Refused(reason))
    assert (made.status, made.body["success"]) == (400, False)
    assert made.body["message"]


def test_what_is_not_emulated_is_501_by_name() -> None:
    made = errors.render(NotEmulated("IVR"))
    assert (made.status, made.headers) == (501, (("X-Ringback-Not-Emulated", "IVR"),))
    assert "IVR" in made.body["message"]


@pytest.mark.parametrize("kind", sorted(CAUSES))
def test_every_cause_has_a_name_that_clients_know(kind: str) -> None:
    found = causes.hangup_cause(CAUSES[kind])
    assert WORDS[found.key] == found.code
    assert found.text


def test_the_table_of_causes_knows_no_others() -> None:
    assert set(causes.TABLE) == set(CAUSES)
    assert causes.hangup_cause(None).key == "UNSPECIFIED"


def test_the_documented_keys_are_those_of_the_fixtures() -> None:
    assert list(KEYS) == list(fixture("live_call")["ringing"])
    assert list(history.KEYS) == fixture("records")["keys"]


@pytest.mark.parametrize(
    "path", ["/", "/v1", "/v1/nothing", "/v1/agent//block", "/v1/live_calls/1/2", "/live_calls", "/v1/*", "/v2/users"]
)
async def test_an_unknown_path_is_404_with_and_without_a_token(desk: Desk, path: str) -> None:
    for headers in (desk.headers, {}):
        answer = await desk.ask("GET", path, headers=headers)
        assert (answer.status_code, list(answer.json())) == (404, ["success", "message"])


async def test_a_trailing_slash_does_no_harm(desk: Desk) -> None:
    assert await desk.get("/v1/live_calls/") == []


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/v1/live_calls", "GET"), ("GET", "/v1/click_to_call", "POST"), ("DELETE", "/v1/user/1", "GET, PUT"),
        ("PATCH", "/v1/my_number/1", "PUT"), ("GET", "/v1/auth/login", "POST"),
    ],
)  # fmt: skip
async def test_a_wrong_method_is_405(desk: Desk, method: str, path: str, allowed: str) -> None:
    answer = await desk.ask(method, path)
    assert (answer.status_code, answer.headers["Allow"], answer.json()["success"]) == (405, allowed, False)


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/v1/dialer/disconnect_call", "dialer/disconnect_call"), ("POST", "/v1/call/note/1.1", "call notes"),
        ("GET", "/v1/call/notes/9876543210", "call notes"), ("GET", "/v1/broadcasts", "broadcasts"),
        ("GET", "/v1/broadcast/dnd/leads", "broadcasts"), ("POST", "/v1/broadcast/lead/7", "broadcasts"),
        ("POST", "/v1/auto_attendant", "auto attendant"), ("POST", "/v1/send_sms", "send_sms"),
        ("POST", "/v1/user", "creating users"), ("PUT", "/v1/user/1", "updating users"),
    ],
)  # fmt: skip
async def test_what_we_cannot_is_501_by_name_but_401_to_strangers(
    desk: Desk, method: str, path: str, name: str
) -> None:
    answer = await desk.ask(method, path, json={})
    assert (answer.status_code, answer.headers["X-Ringback-Not-Emulated"]) == (501, name)
    assert answer.json()["success"] is False
    assert name in vendor.not_emulated
    assert (await desk.ask(method, path, headers={})).status_code == 401


def test_every_row_can_be_found_by_its_path() -> None:
    for row in routes._TABLE:
        assert routes.find("/" + row.replace("*", "7")) == (row, "7" if "*" in row else "")


def test_an_unknown_number_is_refused(desk: Desk) -> None:
    view = desk.sandbox.views["servetel"]
    with pytest.raises(Refused, match="unknown_number"):
        inbound.arrive(view, CUSTOMER, "+910000000000")


@pytest.mark.parametrize("to", ["8069640001", "918069640001", "+918069640001", "08069640001"])
def test_a_number_is_reached_in_any_spelling(desk: Desk, to: str) -> None:
    made = inbound.arrive(desk.sandbox.views["servetel"], "9876543210", to)
    assert (made.from_, made.to) == (CUSTOMER, "+918069640001")


def test_an_anonymous_caller_is_left_as_he_is(desk: Desk) -> None:
    assert inbound.arrive(desk.sandbox.views["servetel"], "anonymous", "8069640001").from_ == "anonymous"


def test_a_webhook_is_not_signed() -> None:
    request = Request("servetel", "c1", "c1.0", "hangup", "http://x/", "POST", Json({}), Policy())
    assert vendor.sign(request, b"{}", START, b"\0" * 32) == ()


# --- spellings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("9876543210", "+919876543210"), ("09876543210", "+919876543210"), ("919876543210", "+919876543210"),
        ("+91 98765-43210", "+919876543210"), ("00919876543210", "+919876543210"), ("+14155550123", "+14155550123"),
        ("14155550123", "+14155550123"), ("123", ""), ("+1234567890123456", ""), ("98765abcde", ""), ("", ""),
        ("0000000000", ""), ("+0876543210", ""), ("९८७६५४३२१०", ""),
    ],
)  # fmt: skip
def test_numbers_are_read_in_every_spelling(text: str, number: str) -> None:
    assert wire.e164(text) == number


@pytest.mark.parametrize(("number", "local"), [("+919876543210", "9876543210"), ("+14155550123", "14155550123")])
def test_only_indias_country_code_is_dropped(number: str, local: str) -> None:
    assert wire.national(number) == local


def test_stamps_are_indias_and_cut() -> None:
    late = datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    assert wire.stamp(late) == "2026-01-01 05:29:59"
    assert wire.stamp(None) == ""
    assert wire.seconds(late, late + timedelta(microseconds=1)) == 1
    assert wire.seconds(None, late) == 0


@pytest.mark.parametrize(("span", "text"), [(0, "00:00:00"), (7, "00:00:07"), (3661, "01:01:01"), (-1, "00:00:00"),
                                            (360_000, "100:00:00")])  # fmt: skip
def test_a_span_has_hours_minutes_and_seconds(span: int, text: str) -> None:
    assert wire.clock_text(span) == text


def test_the_id_of_a_call_is_that_of_all_its_legs_and_of_no_other_call() -> None:
    ids = Ids(1)
    names = [wire.name_leg(ids, leg, START) for leg in ("c1.0", "c1.1", "c2.0", "c12.0")]
    assert names[0] == names[1]
    assert len(set(names)) == 3


@pytest.mark.parametrize("text", ["h12.34-1767225600.7", "H1.2-1767225600.7", "1767225600.7"])
def test_a_node_before_an_id_is_dropped(text: str) -> None:
    assert wire.unprefixed(text) == "1767225600.7"


@pytest.mark.parametrize("text", ["h12-1767225600.7", "x1.2-1.2", "h1.2-abc"])
def test_anything_else_before_an_id_stays(text: str) -> None:
    assert wire.unprefixed(text) == text
