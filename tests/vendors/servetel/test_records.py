"""`GET /v1/call/records`: what a finished call left, filters, paging."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emulator.scenarios.far_end import FarEnd
from tests.vendors.servetel.conftest import BUSY, CUSTOMER, NO_ANSWER, Desk, fixture

SEEN = fixture("records")
REQUESTS = fixture("requests")


async def talked(desk: Desk, customer: str = CUSTOMER, seconds: int = 30, **more: Any) -> Any:
    desk.sandbox.put_far_end(customer, FarEnd(hangs_up_after=timedelta(seconds=seconds)))
    sent = await desk.call(customer, **more)
    await desk.run()
    return sent


async def found(desk: Desk, **query: Any) -> list[str]:
    """The customers of the records that a query finds."""
    return [row["client_number"] for row in (await desk.records(**query))["results"]]


async def test_without_calls_there_is_an_empty_page(desk: Desk) -> None:
    answer = await desk.records()
    assert list(answer) == SEEN["envelope"]
    assert answer == {"count": 0, "limit": 20, "size": 0, "page": 1, "results": []}


async def test_the_record_of_a_talked_call(desk: Desk) -> None:
    sent = await talked(desk)
    (row,) = (await desk.records())["results"]
    assert list(row) == SEEN["keys"]
    assert len(row["id"]) == 24 and int(row["id"], 16)
    assert len(row["uuid"]) == 13
    keys = (
        "ref_id", "direction", "description", "status", "service", "date", "time", "end_stamp", "call_duration",
        "answered_seconds", "client_number", "did_number", "agent_name", "agent_number", "agent_number_with_prefix",
        "hangup_cause", "reason", "missed_agents", "minutes_consumed", "agent_ring_time", "support_api_call",
    )  # fmt: skip
    assert {key: row[key] for key in keys} == {
        "ref_id": sent["ref_id"], "direction": "outbound", "description": "Call answered by customer",
        "status": "answered", "service": "Agent: Asha Verma", "date": "2026-01-01", "time": "05:30:00",
        "end_stamp": "2026-01-01 05:30:34", "call_duration": 34, "answered_seconds": 30, "client_number": CUSTOMER,
        "did_number": "+918069640001", "agent_name": "Asha Verma", "agent_number": "9811640001",
        "agent_number_with_prefix": "+919811640001", "hangup_cause": "Normal call clearing",
        "reason": "Call Disconnected By Callee", "missed_agents": [], "minutes_consumed": 1, "agent_ring_time": 2,
        "support_api_call": False,
    }  # fmt: skip


async def test_the_record_and_the_last_webhook_agree(desk: Desk) -> None:
    desk.listen("missed-or-answered")
    await talked(desk)
    await talked(desk, BUSY)
    rows = (await desk.records())["results"]
    for row, request in zip(reversed(rows), desk.receiver.requests, strict=True):
        body = request.json
        assert (row["call_id"], row["uuid"], row["ref_id"]) == (body["call_id"], body["uuid"], body["ref_id"])
        assert (row["status"], row["end_stamp"], row["call_flow"], row["circle"]) == (
            body["call_status"], body["end_stamp"], body["call_flow"], body["billing_circle"],
        )  # fmt: skip
        assert (str(row["answered_seconds"]), row["reason"]) == (body["outbound_sec"], body["reason_key"])


async def test_the_record_of_inbound_calls(desk: Desk) -> None:
    desk.sandbox.arrive("servetel", CUSTOMER, desk.account["numbers"][0])
    await desk.advance(5)
    await desk.hang_up()
    desk.sandbox.put_far_end(desk.agent["number"], FarEnd(outcome="no-answer"))
    desk.sandbox.arrive("servetel", CUSTOMER, desk.account["numbers"][0])
    await desk.run()
    missed, answered = (await desk.records())["results"]
    assert (answered["description"], answered["direction"], answered["ref_id"]) == (
        "Call answered by Asha Verma (+919811640001)", "inbound", None,
    )  # fmt: skip
    assert (missed["description"], missed["status"], missed["agent_ring_time"]) == ("Call missed", "missed", 30)
    assert [agent["name"] for agent in missed["missed_agents"]] == ["Asha Verma"]


async def test_an_inbound_call_that_led_to_nobody_has_no_agent(desk: Desk) -> None:
    (number, _) = await desk.get("/v1/my_number")
    await desk.ask("PUT", f"/v1/my_number/{number['id']}", json={"destination": "hangup||1"})
    desk.sandbox.arrive("servetel", CUSTOMER, number["did"])
    (row,) = (await desk.records())["results"]
    assert (row["agent_name"], row["agent_number"], row["service"], row["missed_agents"]) == ("", "", "", [])


@pytest.mark.parametrize("query", REQUESTS["records"])
async def test_the_queries_of_the_reference_find_the_call(desk: Desk, query: dict[str, str]) -> None:
    await talked(desk)
    assert await found(desk, **query) == [CUSTOMER]


async def test_pages_are_cut_from_the_newest_on(desk: Desk) -> None:
    customers = [f"+9198000000{index:02}" for index in range(5)]
    for customer in customers:
        await talked(desk, customer)
    newest = customers[::-1]
    assert await found(desk) == newest
    for page, rows in ((1, newest[:2]), (2, newest[2:4]), (3, newest[4:]), (4, [])):
        answer = await desk.records(page=str(page), limit=2)
        assert {key: answer[key] for key in ("count", "limit", "size", "page")} == {
            "count": 5, "limit": 2, "size": len(rows), "page": page,
        }  # fmt: skip
        assert [row["client_number"] for row in answer["results"]] == rows
    counted = await desk.records(page=2, limit=1, direction="outbound")
    assert (counted["count"], counted["size"]) == (5, 1)


FIRST, SECOND, THIRD = "+919800000001", NO_ANSWER, "+919800000003"


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"call_type": "c"}, [THIRD, FIRST]),
        ({"call_type": "m"}, [SECOND]),
        ({"callerid": FIRST[3:]}, [FIRST]),
        ({"did_number": "08069640002"}, [THIRD]),
        ({"destination": "8069640002"}, [THIRD]),
        ({"destination": "8069640001"}, []),
        ({"direction": "inbound"}, [THIRD]),
        ({"direction": "outbound"}, [SECOND, FIRST]),
        ({"agents[]": "agent|0501234560002"}, [THIRD]),
        ({"agents[0]": "0501234560002", "agents[1]": "0501234560001"}, [THIRD, SECOND, FIRST]),
        ({"department[]": "department|1"}, []),
        ({"ivr[]": "ivr|1"}, []),
        ({"services": "agent: ravi menon"}, [THIRD]),
        ({"services": "ivr,ravi menon"}, [THIRD]),
        ({"services": "broadcast"}, []),
        ({"duration": "24"}, [FIRST]),
        ({"duration": "24", "operator": ">"}, [SECOND]),
        ({"duration": "24", "operator": ">="}, [SECOND, FIRST]),
        ({"duration": "24", "operator": "<"}, [THIRD]),
        ({"duration": "24", "operator": "<="}, [THIRD, FIRST]),
        ({"duration": "24", "operator": "!="}, [THIRD, SECOND]),
        ({"from_date": "2026-01-01 05:30:24"}, [THIRD, SECOND]),
        ({"from_date": "2026-01-01 05:30:25"}, [THIRD]),
        ({"to_date": "2026-01-01 05:30:24"}, [SECOND, FIRST]),
        ({"from_date": "2026-01-02"}, [THIRD]),
        ({"to_date": "2026-01-01"}, [SECOND, FIRST]),
        ({"from_date": "2026-01-01", "to_date": "2026-01-01", "call_type": "c"}, [FIRST]),
        ({"broadcast": "true", "unknown": "x", "callerid": ""}, [THIRD, SECOND, FIRST]),
    ],
)
async def test_every_filter_must_hold(desk: Desk, query: dict[str, str], wanted: list[str]) -> None:
    await talked(desk, FIRST, 20)  # 05:30:00, 24 s
    await desk.call(SECOND)  # 05:30:24, 62 s
    await desk.run()
    await desk.advance(86_400)  # the next day
    desk.sandbox.put_far_end(THIRD, FarEnd(hangs_up_after=timedelta(seconds=8)))
    desk.sandbox.arrive("servetel", THIRD, "+918069640002")  # answered after 2 s, 10 s
    await desk.run()
    assert await found(desk, **query) == wanted


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"page": "0"}, "page"), ({"page": "x"}, "page"), ({"limit": "-1"}, "limit"), ({"call_type": "x"}, "call_type"),
        ({"direction": "up"}, "direction"), ({"duration": "long"}, "duration"),
        ({"duration": "1", "operator": "=="}, "operator"), ({"from_date": "yesterday"}, "from_date"),
        ({"to_date": "2026-02-31"}, "to_date"), ({"from_date": "2026-01-01T00:00:00"}, "from_date"),
    ],
)  # fmt: skip
async def test_a_wrong_filter_is_422(desk: Desk, query: dict[str, str], field: str) -> None:
    answer = await desk.ask("GET", "/v1/call/records", params=query)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
