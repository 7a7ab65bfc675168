"""Call records: the list and its filters, exact keys, how long they live, the count, recent calls."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.scenarios.far_end import FarEnd
from tests.vendors.jambonz.conftest import CALLEE, Telco, wire

OTHER = "+15085551313"
TALK = [{"verb": "pause", "length": 7200}]
REQUIRED = {
    "account_sid", "call_id", "call_sid", "call_status", "direction", "from", "service_url", "sip_status", "to",
}  # fmt: skip
EXTRAS = {"sip_reason", "trace_id", "sbc_callid"}


async def test_the_list_is_a_bare_array_and_empty_at_first(telco: Telco) -> None:
    response = await telco.request("GET", "Calls")

    assert (response.status_code, response.content) == (200, b"[]")
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["access-control-allow-origin"] == "*"


async def test_a_record_has_exactly_its_keys_at_each_stage(telco: Telco) -> None:
    telco.answers(*TALK)
    sid = await telco.place(callerName="Ada")
    ringing = await telco.get(f"Calls/{sid}")
    await telco.advance(5)
    talking = await telco.get(f"Calls/{sid}")
    await telco.put(sid, call_status="completed")
    (over,) = await telco.get("Calls")

    assert ringing.keys() == talking.keys() == REQUIRED | EXTRAS | {"caller_name"}
    assert over.keys() == talking.keys() | {"duration", "call_termination_by"}
    assert [record["call_status"] for record in (ringing, talking, over)] == ["ringing", "in-progress", "completed"]
    assert (over["duration"], over["sip_status"], over["caller_name"]) == (3, 200, "Ada")
    assert over["service_url"] == f"http://ringback.test/jambonz/v1/calls/{sid}"
    assert over == await telco.get(f"Calls/{sid}")


async def test_the_documented_fields_alone_where_the_switch_says_so(telco: Telco) -> None:
    telco.sandbox.put_settings("jambonz", {"documented_fields_only": True})
    await telco.place()
    (record,) = await telco.get("Calls")

    assert record.keys() == REQUIRED


async def test_a_record_matches_the_seeds_example(telco: Telco) -> None:
    """Every key of the example, with a value of its type."""
    telco.serve_inbound()
    telco.answers({"verb": "answer"}, *TALK)
    telco.arrive()
    await telco.advance(12)
    (example,) = wire("list_calls")
    (record,) = await telco.get("Calls")

    assert set(example) - set(record) == {"caller_name", "duration"}
    assert {key: type(record[key]) for key in example if key in record} == {
        key: type(text) for key, text in example.items() if key in record
    }
    assert (record["call_status"], record["direction"], record["sip_status"]) == ("in-progress", "inbound", 200)


@pytest.fixture
async def several(telco: Telco) -> dict[str, str]:
    """One inbound, one ringing, one busy, one with a dialled leg."""
    telco.serve_inbound()
    telco.script(FarEnd.from_json({"rings_for": "500s"}), OTHER)
    sids = {}
    telco.answers(*TALK)
    sids["inbound"] = telco.arrive("+15550007777")
    sids["talking"] = await telco.place()
    await telco.advance(3)
    sids["busy"] = await telco.place("+14155550101")
    sids["ringing"] = await telco.place(OTHER)
    await telco.advance(3)
    return sids


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["inbound", "talking", "busy", "ringing"]),
        ({"direction": "inbound"}, ["inbound"]),
        ({"direction": "outbound"}, ["talking", "busy", "ringing"]),
        ({"callStatus": "in-progress"}, ["talking"]),
        ({"callStatus": "trying"}, ["inbound"]),
        ({"callStatus": "ringing"}, ["ringing"]),
        ({"callStatus": "busy"}, ["busy"]),
        ({"callStatus": "queued"}, []),
        ({"callStatus": "nonsense"}, []),
        ({"from": "+15550007777"}, ["inbound"]),
        ({"from": "15550007777"}, []),
        ({"to": OTHER}, ["ringing"]),
        ({"to": OTHER, "callStatus": "busy"}, []),
        ({"to": "+14155550101", "direction": "outbound", "callStatus": "busy"}, ["busy"]),
        ({"colour": "red", "from": ""}, ["inbound", "talking", "busy", "ringing"]),
    ],
)
async def test_each_filter_matches_exactly_and_all_must(
    telco: Telco, several: dict[str, str], query: dict[str, str], found: list[str]
) -> None:
    records = await telco.get("Calls", params=query)

    names = {sid: name for name, sid in several.items()}
    assert [names[record["call_sid"]] for record in records] == found


async def test_a_plus_that_is_not_encoded_is_a_blank(telco: Telco, several: dict[str, str]) -> None:
    assert await telco.get(f"Calls?to={OTHER}") == []
    assert len(await telco.get(f"Calls?to=%2B{OTHER[1:]}")) == 1


async def test_a_dialled_leg_is_in_the_list_with_its_parent(telco: Telco) -> None:
    telco.answers({"verb": "dial", "target": [{"type": "phone", "number": OTHER}]})
    sid = await telco.place()
    await telco.advance(5)
    parent, child = await telco.get("Calls")

    assert "parent_call_sid" not in parent
    assert (child["parent_call_sid"], child["to"], child["call_status"]) == (sid, OTHER, "in-progress")
    assert child["trace_id"] == parent["trace_id"] and child["call_id"] != parent["call_id"]


async def test_an_ended_call_stays_for_an_hour(telco: Telco) -> None:
    sid = await telco.place("+14155550101")
    await telco.run()
    await telco.advance(3590)
    assert [record["call_sid"] for record in await telco.get("Calls")] == [sid]

    await telco.advance(20)

    assert await telco.get("Calls") == []
    assert (await telco.request("GET", f"Calls/{sid}")).status_code == 404
    assert (await telco.put(sid, tag={"a": 1})).status_code == 404


async def test_a_call_that_talks_for_more_than_an_hour_leaves_the_list_until_it_ends(telco: Telco) -> None:
    telco.answers(*TALK)
    sid = await telco.place()
    await telco.advance(3700)
    assert await telco.get("Calls") == []
    assert await telco.get("CallCount") == {"inbound": 0, "outbound": 1}

    await telco.advance(3600)

    assert (await telco.get(f"Calls/{sid}"))["call_status"] == "completed"


@pytest.mark.parametrize(
    ("settings", "live", "over"),
    [({"record_seconds": 0}, 1, 0), ({"record_seconds": 10}, 0, 0), ({"record_seconds": 10_000}, 1, 1)],
)
async def test_how_long_a_record_is_kept_is_a_setting(telco: Telco, settings: Any, live: int, over: int) -> None:
    telco.sandbox.put_settings("jambonz", settings)
    telco.answers(*TALK)
    await telco.place()
    await telco.advance(100)
    assert len(await telco.get("Calls")) == live

    await telco.advance(7200)
    assert len(await telco.get("Calls")) == over


async def test_an_unanswered_record_lives_for_half_a_day(telco: Telco) -> None:
    telco.serve_inbound()
    telco.answers({"verb": "pause", "length": 1})
    telco.arrive()
    await telco.run()
    await telco.advance(43_190)
    assert len(await telco.get("Calls")) == 1

    await telco.advance(20)

    assert await telco.get("Calls") == []


async def test_the_count_is_of_calls_not_yet_over(telco: Telco, several: dict[str, str]) -> None:
    response = await telco.request("GET", "CallCount")

    assert response.content == b'{"inbound":1,"outbound":2}'


# --- recent calls --------------------------------------------------------------------------------------------------

ROW = {
    "attempted_at", "terminated_at", "answered_at", "account_sid", "call_sid", "application_sid", "from", "to",
    "answered", "sip_callid", "sip_parent_callid", "sip_status", "duration", "termination_reason", "host",
    "remote_host", "direction", "trunk", "trace_id", "recording_url", "service_provider_sid",
}  # fmt: skip


async def test_recent_calls_come_newest_first_with_exactly_their_keys(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"hangs_up_after": "9s"}))
    telco.answers(*TALK)
    busy = await telco.place("+14155550101")
    talked = await telco.place()
    await telco.run()
    body = await telco.get("RecentCalls?page=1&count=25")

    assert {key: body[key] for key in ("total", "page_size", "page")} == {"total": 2, "page_size": "25", "page": "1"}
    assert body.keys() == {"total", "page_size", "page", "data"}
    first, second = body["data"]
    assert first.keys() == second.keys() == ROW
    assert (first["call_sid"], first["answered"], first["duration"]) == (talked, True, 9)
    assert first["termination_reason"] == "called party hungup"
    assert (second["call_sid"], second["sip_status"], second["termination_reason"]) == (busy, 486, "failed")
    assert second["answered_at"] is None and second["attempted_at"] == "2026-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("", 'missing or invalid "page" query arg'),
        ("page=0&count=5", 'missing or invalid "page" query arg'),
        ("page=x&count=5", 'missing or invalid "page" query arg'),
        ("page=1", 'missing or invalid "count" query arg'),
        ("page=1&count=501", 'missing or invalid "count" query arg'),
    ],
)
@pytest.mark.parametrize("path", ["RecentCalls", "Alerts"])
async def test_page_and_count_are_required(telco: Telco, path: str, query: str, text: str) -> None:
    response = await telco.request("GET", f"{path}?{query}")

    assert (response.status_code, response.json()) == (400, {"msg": text})


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 3), ("&answered=true", 1), ("&answered=false", 2), ("&direction=inbound", 1), ("&direction=outbound", 2),
        ("&trunk=ringback", 3), ("&trunk=x", 0), ("&filter=4155550101", 1), ("&days=1", 3),
        ("&start=2026-01-01T00:00:01Z", 1), ("&end=2026-01-01T00:00:01Z", 2), ("&start=nonsense", 3),
    ],
)  # fmt: skip
async def test_recent_calls_can_be_narrowed(telco: Telco, query: str, count: int) -> None:
    await telco.place("+14155550101")
    await telco.place()
    await telco.run()
    telco.arrive()
    await telco.run()
    body = await telco.get(f"RecentCalls?page=1&count=2{query}")

    assert (body["total"], len(body["data"])) == (count, min(count, 2))


async def test_traces_of_recent_calls_are_not_found(telco: Telco) -> None:
    response = await telco.request("GET", f"RecentCalls/{telco.sid}/logs")

    assert (response.status_code, response.content) == (404, b"")


async def test_who_hung_up_an_inbound_call_is_told_in_recent_calls(telco: Telco) -> None:
    telco.serve_inbound()
    telco.answers({"verb": "answer"}, {"verb": "pause", "length": 60})
    telco.script(FarEnd.from_json({"hangs_up_after": "5s"}))
    telco.script(FarEnd.from_json({"gives_up_after": "0s"}), OTHER)
    telco.arrive(CALLEE)
    telco.arrive(OTHER)
    await telco.run()
    body = await telco.get("RecentCalls?page=1&count=2")

    assert [row["termination_reason"] for row in body["data"]] == ["caller hungup", "caller abandoned"]
