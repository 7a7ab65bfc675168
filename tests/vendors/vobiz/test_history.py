"""The cdr resource."""

from __future__ import annotations

import csv
from io import StringIO

import pytest

from emulator.vendors.vobiz.history import KEYS
from tests.vendors.vobiz.conftest import CALLEE, Telco, wire
from tests.vendors.vobiz.far_ends import scripted

BUSY = "+919815550101"


@pytest.fixture
async def history(telco: Telco) -> Telco:
    """A talk of 13 s after 2 s of ringing, then, a day later, a busy line."""
    telco.script(scripted().hangs_up(after=13).far_end)
    telco.answers("<Wait length='60'/>")
    telco.first = await telco.place(caller_name="Anna")  # type: ignore[attr-defined]
    await telco.advance(86_400)
    telco.second = await telco.place(BUSY)  # type: ignore[attr-defined]
    await telco.run()
    return telco


async def test_the_list_has_its_envelope_newest_first(history: Telco) -> None:
    body, example = await history.get("cdr"), wire("cdr")
    assert set(body) == set(example["envelope"])
    assert set(body["pagination"]) == set(example["pagination"])
    assert set(body["summary"]) == set(example["summary"])
    assert [record["destination_number"] for record in body["data"]] == [BUSY[1:], CALLEE[1:]]
    assert (body["count"], body["success"], body["account_id"]) == (2, True, history.auth_id)


async def test_a_record_has_exactly_43_fields(history: Telco) -> None:
    for record in (await history.get("cdr"))["data"]:
        assert set(record) == set(wire("cdr")["record"]) == set(KEYS)
        assert len(record) == 43


async def test_a_record_tells_times_money_and_end(history: Telco) -> None:
    record = (await history.get("cdr"))["data"][1]
    assert (record["start_time"], record["answer_time"]) == ("2026-01-01T00:00:00Z", "2026-01-01T00:00:02Z")
    assert record["end_time"] == "2026-01-01T00:00:15Z"
    assert (record["ring_time"], record["billsec"], record["duration"]) == (2, 13, 15)
    assert (record["cost"], record["streaming_cost"], record["total_cost"]) == (0.45, 0, 0.45)
    assert (record["hangup_cause"], record["hangup_cause_code"]) == ("NORMAL_CLEARING", 4000)
    assert (record["hangup_disposition"], record["hangup_source"]) == ("recv_bye", "Callee")
    assert (record["caller_id_name"], record["caller_id_number"]) == ("Anna", history.number)
    assert (record["call_direction"], record["context"]) == ("outbound", "voice-api")


async def test_an_unanswered_call_has_nulls_and_costs_nothing(history: Telco) -> None:
    record = (await history.get("cdr"))["data"][0]
    assert (record["answer_time"], record["codec"], record["mos"]) == (None, None, None)
    assert (record["billsec"], record["total_cost"]) == (0, 0)
    assert (record["failure_code"], record["failure_reason"]) == ("3010", "Busy Line")
    assert record["hangup_disposition"] == "send_refuse"


async def test_the_summary_counts_everything_found(history: Telco) -> None:
    summary = (await history.get("cdr?per_page=1"))["summary"]
    assert summary == {
        "totalCalls": 2,
        "answeredCalls": 1,
        "answerRate": 50,
        "avgCallDuration": "8s",
        "total_duration_seconds": 15,
        "total_billable_seconds": 13,
        "total_cost": 0.45,
        "last_call_at": "2026-01-02T00:00:00Z",
    }


async def test_nothing_found_is_an_empty_list_and_zeros(history: Telco) -> None:
    body = await history.get("cdr?to_number=12345678")
    assert (body["data"], body["count"], body["pagination"]["pages"]) == ([], 0, 0)
    assert body["summary"] == {
        "totalCalls": 0, "answeredCalls": 0, "answerRate": 0, "avgCallDuration": "0s", "total_duration_seconds": 0,
        "total_billable_seconds": 0, "total_cost": 0, "last_call_at": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("to_number=98765", [1]),
        ("to_number=%2B91987654", [1]),
        ("from_number=+91", [0, 1]),
        ("from_number=98765", []),
        ("call_direction=outbound", [0, 1]),
        ("call_direction=inbound", []),
        ("min_duration=1", [1]),
        ("min_duration=15", [1]),
        ("min_duration=16", []),
        ("hangup_cause=USER_BUSY", [0]),
        ("hangup_cause=normal_clearing", [1]),
        ("hangup_disposition=recv_bye", [1]),
        ("context=voice-api", [0, 1]),
        ("campaign_id=1", []),
        ("bridge_uuid=1", []),
        ("sip_call_id=1", []),
        ("search=5550101", [0]),
        ("start_date=2026-01-01&end_date=2026-01-01", [1]),
        ("start_date=2026-01-01&end_date=2026-01-02", [0, 1]),
        ("hangup_cause=USER_BUSY&min_duration=1", []),
        ("is_voice_request=true", [0, 1]),
    ],
)
async def test_every_filter_must_hold(history: Telco, query: str, found: list[int]) -> None:
    everything = [record["uuid"] for record in (await history.get("cdr"))["data"]]
    body = await history.get(f"cdr?{query}")
    assert [record["uuid"] for record in body["data"]] == [everything[index] for index in found]


@pytest.mark.parametrize(
    "query",
    ["start_date=2026-01-01", "end_date=2026-01-01", "start_date=x&end_date=y", "page=0", "page=x", "min_duration=-1"],
)
async def test_a_bad_filter_is_400(history: Telco, query: str) -> None:
    response = await history.request("GET", f"cdr?{query}")
    assert response.status_code == 400 and response.json()["error"]


async def test_pages(history: Telco) -> None:
    first, second = [await history.get(f"cdr?page={page}&per_page=1") for page in (1, 2)]
    assert first["pagination"] == {
        "page": 1, "per_page": 1, "total": 2, "pages": 2, "has_next": True, "has_prev": False,
    }  # fmt: skip
    assert (second["pagination"]["has_next"], second["pagination"]["has_prev"]) == (False, True)
    assert first["data"][0]["uuid"] != second["data"][0]["uuid"]
    assert (await history.get("cdr?per_page=1000"))["pagination"]["per_page"] == 100


async def test_one_record_by_its_uuid_once_the_call_is_over(history: Telco) -> None:
    body = await history.get(f"cdr/{history.first}")  # type: ignore[attr-defined]
    assert set(body) == {"data", "success"} and body["data"]["uuid"] == history.first  # type: ignore[attr-defined]
    live = await history.place()
    assert (await history.request("GET", f"cdr/{live}")).status_code == 404


async def test_search_shows_its_filters(history: Telco) -> None:
    body = await history.get("cdr/search?to_number=98765")
    assert body["filters"] == {"call_direction": "", "from_number": "", "hangup_cause": "", "to_number": "98765"}
    assert body["count"] == 1


async def test_recent_is_short(history: Telco) -> None:
    body = await history.get("cdr/recent?limit=1")
    assert set(body) == {"account_id", "count", "data", "success"}
    assert [record["uuid"] for record in body["data"]] == [history.second]  # type: ignore[attr-defined]
    assert (await history.get("cdr/recent"))["count"] == 2


async def test_export_is_a_table(history: Telco) -> None:
    response = await history.request("GET", "cdr/export")
    assert response.headers["content-type"] == "text/csv"
    rows = list(csv.DictReader(StringIO(response.text)))
    assert len(rows) == 2 and set(rows[0]) == set(KEYS)
