"""GET …/calls: the seed page, and its edges."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.tryvox.conftest import CALLEE, STAYS, UNKNOWN, Telco, scripted, wire

EXAMPLE = wire("list_calls")["response"]["json"]
KEYS = list(EXAMPLE["calls"][0])
TOTALS = {"page": 1, "per_page": 20, "total_pages": 0, "total_count": 0}
MAGIC = {"busy": "+12025550101", "no-answer": "+12025550102", "failed": "+12025550104"}


async def refused(telco: Telco, **params: str) -> dict[str, str]:
    """Field to reason of a 400."""
    response = await telco.request("GET", "calls", params=params)
    assert response.status_code == 400, response.text
    error = response.json()["error"]
    assert list(error) == ["code", "message", "details"] and error["code"] == "VALIDATION_FAILED"
    return {row["field"]: row["reason"] for row in error["details"]}


async def test_without_calls_the_list_is_empty_and_there_is_no_page(telco: Telco) -> None:
    assert await telco.get("calls") == {"calls": [], "pagination": TOTALS}


async def test_a_call_has_the_ten_keys_in_their_order_while_it_rings_talks_and_is_over(telco: Telco) -> None:
    telco.answers(STAYS)
    await telco.place()
    seen = [(await telco.get("calls"))["calls"][0]]
    await telco.advance(12)
    seen.append((await telco.get("calls"))["calls"][0])
    await telco.run()
    seen.append((await telco.get("calls"))["calls"][0])

    assert all(list(call) == KEYS for call in seen)
    told = [(call["status"], call["duration"], call["answer_time"], call["end_time"], call["end_reason"])
            for call in seen]  # fmt: skip
    assert told == [
        ("ringing", 0, None, None, None),
        ("in-progress", 10, "2026-01-01T00:00:02Z", None, None),
        ("completed", 3600, "2026-01-01T00:00:02Z", "2026-01-01T01:00:02Z", "voxml-hangup"),
    ]


async def test_the_pagination_has_four_keys_in_their_order(telco: Telco) -> None:
    pagination = (await telco.get("calls"))["pagination"]
    assert list(pagination) == list(EXAMPLE["pagination"])


async def test_ninety_five_calls_by_twenty_are_five_pages(telco: Telco) -> None:
    uuids = [await telco.place(status_callback_url=None) for _ in range(95)]
    pages = [await telco.get("calls", params={"page": page}) for page in range(1, 6)]
    assert pages[0]["pagination"] == EXAMPLE["pagination"]
    assert [call["call_uuid"] for page in pages for call in page["calls"]] == uuids[::-1]


async def test_the_most_recent_start_comes_first_whatever_the_state(telco: Telco) -> None:
    telco.answers(STAYS)
    first = await telco.place()
    await telco.advance(1)
    busy = await telco.place(MAGIC["busy"])
    await telco.advance(5)
    inbound = telco.arrive()
    last = await telco.place()
    assert await telco.listed() == [last, inbound, busy, first]


@pytest.mark.parametrize(("status", "to"), MAGIC.items())
async def test_a_status_finds_the_calls_that_ended_so(telco: Telco, status: str, to: str) -> None:
    for number in (*MAGIC.values(), CALLEE):
        await telco.place(number)
    await telco.run()
    (found,) = (await telco.get("calls", params={"status": status}))["calls"]
    assert (found["to"], found["status"]) == (to, status)


async def test_ringing_in_progress_completed_and_canceled_are_found_too(telco: Telco) -> None:
    telco.answers(STAYS)
    done = await telco.place()
    await telco.advance(3)
    await telco.request("DELETE", f"calls/{done}")
    talking = await telco.place()
    await telco.advance(3)
    canceled = await telco.place()
    await telco.request("DELETE", f"calls/{canceled}")
    ringing = await telco.place()
    for status, uuid in (
        ("ringing", ringing),
        ("in-progress", talking),
        ("completed", done),
        ("canceled", canceled),
    ):
        assert await telco.listed(status=status) == [uuid]


async def test_filters_must_all_hold(telco: Telco) -> None:
    telco.answers(STAYS)
    inbound, outbound = telco.arrive(), await telco.place()
    other = await telco.place(MAGIC["busy"], **{"from": telco.account["numbers"][1]})
    await telco.advance(3)
    assert await telco.listed(direction="inbound") == [inbound]
    assert await telco.listed(direction="outbound") == [other, outbound]
    assert await telco.listed(**{"from": telco.number}) == [outbound]
    assert await telco.listed(to=CALLEE) == [outbound]
    assert await telco.listed(to=telco.number, **{"from": CALLEE}) == [inbound]
    assert await telco.listed(direction="inbound", to=CALLEE) == []
    assert await telco.listed(direction="outbound", status="busy") == [other]
    assert (await telco.get("calls", params={"status": "busy"}))["pagination"]["total_count"] == 1


@pytest.mark.parametrize("spelled", ["+919876543210", "%2B919876543210", "%20919876543210"])
async def test_an_unencoded_plus_counts_as_a_plus(telco: Telco, spelled: str) -> None:
    uuid = await telco.place()
    body = await telco.get(f"calls?to={spelled}")
    assert [call["call_uuid"] for call in body["calls"]] == [uuid]


@pytest.mark.parametrize("number", ["919876543210", "9876543210", "", "nonsense", "%FF", UNKNOWN])
async def test_what_is_no_e164_matches_nothing_and_is_no_error(telco: Telco, number: str) -> None:
    await telco.place()
    assert (await telco.get(f"calls?to={number}"))["pagination"] == TOTALS


@pytest.mark.parametrize("name", ["status", "direction"])
@pytest.mark.parametrize("value", ["queued", "answered", "Completed", "", "in_progress"])
async def test_an_unknown_word_is_400_and_names_its_field(telco: Telco, name: str, value: str) -> None:
    assert list(await refused(telco, **{name: value})) == [name]


@pytest.mark.parametrize("name", ["page", "per_page"])
@pytest.mark.parametrize("value", ["0", "-1", "1.5", "x", "", " 1", "1e2", "٣", "9" * 5000])
async def test_what_is_no_positive_integer_is_400_and_names_its_field(telco: Telco, name: str, value: str) -> None:
    assert list(await refused(telco, **{name: value})) == [name]


async def test_every_fault_is_named_at_once(telco: Telco) -> None:
    assert set(await refused(telco, page="0", per_page="x", status="y", direction="z")) == {
        "page", "per_page", "status", "direction",
    }  # fmt: skip


@pytest.mark.parametrize(("asked", "shown"), [("1", 1), ("100", 100), ("101", 100), ("999999999999999", 100)])
async def test_a_page_size_above_the_most_is_cut_and_shown_cut(telco: Telco, asked: str, shown: int) -> None:
    assert (await telco.get("calls", params={"per_page": asked}))["pagination"]["per_page"] == shown


@pytest.mark.parametrize("page", [2, 3, 999_999_999_999_999])
async def test_a_page_after_the_last_is_empty_with_true_totals(telco: Telco, page: int) -> None:
    await telco.place()
    assert await telco.get("calls", params={"page": page}) == {
        "calls": [],
        "pagination": {"page": page, "per_page": 20, "total_pages": 1, "total_count": 1},
    }


async def test_unknown_parameters_are_ignored(telco: Telco) -> None:
    uuid = await telco.place()
    assert await telco.listed(since="2020-01-01", start_time="x") == [uuid]


# --- who sees which ------------------------------------------------------------------------------------------------


def with_test_key(telco: Telco) -> dict[str, str]:
    key = telco.account["api_key"].replace("tvx_sk_live_", "tvx_sk_test_")
    return {"Authorization": f"Bearer {key}"}


async def test_lists_of_live_and_test_keys_do_not_mix(telco: Telco) -> None:
    live, tried = await telco.place(), await telco.place(headers=with_test_key(telco))
    assert await telco.listed() == [live]
    found = (await telco.get("calls", headers=with_test_key(telco)))["calls"]
    assert [call["call_uuid"] for call in found] == [tried]


async def test_a_tenants_calls_are_listed_with_its_header_only(telco: Telco) -> None:
    plain = await telco.place()
    owned = await telco.place(headers={"X-Tenant-ID": "north"})
    for headers, uuids in (({}, [plain]), ({"X-Tenant-ID": "north"}, [owned]), ({"X-Tenant-ID": "south"}, [])):
        body: Any = await telco.get("calls", headers=headers)
        assert [call["call_uuid"] for call in body["calls"]] == uuids
    assert (await telco.get(f"calls/{owned}"))["call_uuid"] == owned


async def test_what_a_call_dials_is_listed_with_it(telco: Telco) -> None:
    telco.answers({"verb": "Dial", "numbers": [{"number": "+12025550144"}]})
    telco.script(scripted().hangs_up(after=9))
    parent = await telco.place(headers=with_test_key(telco))
    await telco.run()
    child, first = (await telco.get("calls", headers=with_test_key(telco)))["calls"]
    assert (first["call_uuid"], child["to"]) == (parent, "+12025550144")
    assert (await telco.get(f"calls/{child['call_uuid']}"))["parent_call_uuid"] == parent
    assert await telco.listed() == []
