"""Numbers and applications."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.tryvox.conftest import UNKNOWN, Telco, wire

NUMBERS, APPLICATION = wire("numbers"), wire("application")


async def test_the_list_has_its_own_names_for_paging(telco: Telco) -> None:
    body = await telco.get(telco.numbers)
    assert list(body) == list(NUMBERS["list"])
    assert [list(number) for number in body["data"]] == [list(NUMBERS["list"]["data"][0])] * 2
    assert body["pagination"] == {"total": 2, "count": 2, "per_page": 20, "current_page": 1, "total_pages": 1}
    assert list(body["pagination"]) == list(NUMBERS["list"]["pagination"])


async def test_it_is_paged_and_filtered(telco: Telco) -> None:
    second = await telco.get(telco.numbers, params={"page": 2, "per_page": 1})
    assert [number["e164"] for number in second["data"]] == telco.account["numbers"][1:]
    assert second["pagination"] == {"total": 2, "count": 1, "per_page": 1, "current_page": 2, "total_pages": 2}
    for params, count in (
        ({"status": "active", "country": "US"}, 2),
        ({"status": "pending"}, 0),
        ({"country": "IN"}, 0),
    ):
        assert len((await telco.get(telco.numbers, params=params))["data"]) == count


@pytest.mark.parametrize("params", [{"page": "0"}, {"per_page": "x"}, {"status": "gone"}])
async def test_a_bad_parameter_is_named(telco: Telco, params: dict[str, str]) -> None:
    response = await telco.request("GET", telco.numbers, params=params)
    assert response.status_code == 400
    assert [row["field"] for row in response.json()["error"]["details"]] == list(params)


@pytest.mark.parametrize("plus", ["+", "%2B", "%20"])
async def test_a_number_is_found_with_its_plus_raw_or_encoded(telco: Telco, plus: str) -> None:
    got = await telco.get(f"{telco.numbers}/{plus}{telco.number[1:]}")
    assert got["e164"] == telco.number and got["application_id"] == telco.account["application_id"]


@pytest.mark.parametrize(("method", "tail"), [("GET", ""), ("POST", "/application"), ("DELETE", "/application")])
async def test_a_number_that_is_not_owned_is_404(telco: Telco, method: str, tail: str) -> None:
    for number in ("+12025550177", telco.number[1:]):
        response = await telco.request(method, f"{telco.numbers}/{number}{tail}")
        assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_an_application_is_detached_and_attached(telco: Telco) -> None:
    path = f"{telco.numbers}/{telco.number}/application"
    for _ in range(2):
        response = await telco.request("DELETE", path)
        assert (response.status_code, response.content) == (204, b"")
    assert (await telco.get(f"{telco.numbers}/{telco.number}"))["application_id"] is None
    await telco.advance(60)
    response = await telco.request("POST", path, json={"application_id": telco.account["application_id"]})
    assert response.status_code == 200
    assert list(response.json()) == list(NUMBERS["attached"])
    assert response.json() == {
        "e164": telco.number, "trunk_id": None, "application_id": telco.account["application_id"], "status": "active",
        "updated_at": "2026-01-01T00:01:00Z",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status"), [({}, 400), ({"application_id": 5}, 400), ({"application_id": UNKNOWN}, 404)]
)
async def test_what_cannot_be_attached_is_refused_and_changes_nothing(
    telco: Telco, body: dict[str, Any], status: int
) -> None:
    response = await telco.request("POST", f"{telco.numbers}/{telco.number}/application", json=body)
    assert response.status_code == status
    got = await telco.get(f"{telco.numbers}/{telco.number}")
    assert got["application_id"] == telco.account["application_id"]


# --- applications --------------------------------------------------------------------------------------------------


async def test_the_known_clients_patch_is_answered_with_the_application(telco: Telco) -> None:
    await telco.advance(5)
    response = await telco.request("PATCH", telco.application, json=APPLICATION["request"]["json"])
    assert response.status_code == 200
    assert response.json() == {
        **APPLICATION["response"]["json"],
        "application_id": telco.account["application_id"],
        "updated_at": "2026-01-01T00:00:05Z",
    }
    assert list(response.json()) == list(APPLICATION["response"]["json"])
    assert await telco.get(telco.application) == response.json()


async def test_a_patch_changes_what_it_names_and_null_takes_away(telco: Telco) -> None:
    await telco.request("PATCH", telco.application, json={"hangup_url": "http://a/b", "name": "shop"})
    await telco.request("PATCH", telco.application, json={"hangup_url": None, "answer_url": "http://a/c"})
    got = await telco.get(telco.application)
    assert (got["name"], got["hangup_url"], got["answer_url"]) == ("shop", None, "http://a/c")


@pytest.mark.parametrize(
    "wrong", [{"answer_url": "x"}, {"answer_method": "PUT"}, {"webhook_secret": 1}, {"name": []}, {"ring_url": 5}]
)
async def test_a_bad_patch_is_named_and_changes_nothing(telco: Telco, wrong: dict[str, Any]) -> None:
    before = await telco.get(telco.application)
    response = await telco.request("PATCH", telco.application, json={"name": "new", **wrong})
    assert response.status_code == 400
    assert [row["field"] for row in response.json()["error"]["details"]] == list(wrong)
    assert await telco.get(telco.application) == before


async def test_an_application_is_created_listed_and_used(telco: Telco) -> None:
    body = {"name": "shop", "answer_url": f"{telco.receiver.url}/shop", "webhook_secret": "hidden"}
    made = await telco.request("POST", "/v1/voice/applications", json=body)
    assert made.status_code == 201 and "hidden" not in made.text
    listed = await telco.get("/v1/voice/applications")
    assert [each["name"] for each in listed["data"]] == ["Default", "shop"] and listed["data"][1] == made.json()
    assert listed["pagination"]["total"] == 2
    path = f"{telco.numbers}/{telco.number}/application"
    await telco.request("POST", path, json={"application_id": made.json()["application_id"]})
    telco.sandbox.arrive("tryvox", "+919876543210", telco.number)
    await telco.run()
    assert telco.receiver.paths == ["/shop"]


@pytest.mark.parametrize("method", ["GET", "PATCH"])
async def test_an_unknown_application_is_404(telco: Telco, method: str) -> None:
    response = await telco.request(method, f"/v1/voice/applications/{UNKNOWN}", json={})
    assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_the_default_application_shows_what_the_settings_give_it(telco: Telco) -> None:
    telco.settings(answer_url="http://a/b", answer_method="GET", ring_url="http://a/c")
    got = await telco.get(telco.application)
    assert (got["answer_url"], got["answer_method"], got["ring_url"]) == ("http://a/b", "GET", "http://a/c")
