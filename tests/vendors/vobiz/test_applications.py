"""Applications, numbers, and the account."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.vobiz.conftest import CALLEE, Telco, wire


async def create(telco: Telco, **fields: Any) -> str:
    body = {"app_name": "shop", "answer_url": f"{telco.receiver.url}/answer", **fields}
    response = await telco.request("POST", "Application/", json=body)
    assert response.status_code == 201, response.text
    assert set(response.json()) == set(wire("application")["created"])
    assert response.json()["message"] == "created"
    made: str = response.json()["app_id"]
    return made


async def attach(telco: Telco, app_id: str) -> Any:
    path = f"numbers/%2B{telco.number[1:]}/application"
    return await telco.request("POST", path, json={"application_id": app_id})


# --- applications --------------------------------------------------------------------------------------------------


async def test_an_application_is_created_with_defaults_and_exact_keys(telco: Telco) -> None:
    app_id = await create(telco)
    body = await telco.get(f"Application/{app_id}/")
    assert set(body) == {*wire("application")["object"], "api_id"}
    assert (len(app_id), app_id.isdigit()) == (17, True)
    assert body["hangup_url"] == body["answer_url"] and body["hangup_method"] == "POST"
    assert (body["enabled"], body["default_app"], body["application_type"]) == (True, False, "XML")


async def test_the_sdks_name_for_the_name_is_taken(telco: Telco) -> None:
    app_id = await create(telco, app_name=None, name="from_sdk")
    assert (await telco.get(f"Application/{app_id}"))["app_name"] == "from_sdk"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"app_name": ""}, {"app_name"}),
        ({"app_name": "two words"}, {"app_name"}),
        ({"answer_url": ""}, {"answer_url"}),
        ({"answer_url": "x", "answer_method": "PUT"}, {"answer_url", "answer_method"}),
        ({"hangup_url": "ftp://a", "enabled": "maybe"}, {"hangup_url", "enabled"}),
        ({"application_type": "JSON"}, {"application_type"}),
    ],
)
async def test_a_bad_application_names_every_field_and_changes_nothing(
    telco: Telco, fields: dict[str, Any], wrong: set[str]
) -> None:
    body = {"app_name": "shop", "answer_url": "http://a/b", **fields}
    response = await telco.request("POST", "Application/", json=body)
    assert response.status_code == 400
    assert response.json()["error"] == "invalid request parameters" and set(response.json()["details"]) == wrong
    assert (await telco.get("Application/"))["meta"]["total_count"] == 1


async def test_an_application_is_changed_field_by_field(telco: Telco) -> None:
    app_id = await create(telco)
    response = await telco.request("POST", f"Application/{app_id}/", json={"hangup_url": "http://a/h"})
    assert (response.status_code, response.json()["message"]) == (202, "changed")
    body = await telco.get(f"Application/{app_id}")
    assert (body["hangup_url"], body["app_name"]) == ("http://a/h", "shop")
    assert (await telco.request("POST", f"Application/{app_id}/", json={"answer_url": ""})).status_code == 400


async def test_an_application_is_deleted_unless_a_number_is_attached(telco: Telco) -> None:
    app_id = await create(telco)
    await attach(telco, app_id)
    response = await telco.request("DELETE", f"Application/{app_id}/")
    assert response.status_code == 409 and telco.number in response.json()["error"]
    await telco.request("DELETE", f"numbers/{telco.number}/application")
    assert (await telco.request("DELETE", f"Application/{app_id}/")).status_code == 204
    for method in ("GET", "POST", "DELETE"):
        assert (await telco.request(method, f"Application/{app_id}/")).status_code == 404


async def test_ids_are_never_used_twice(telco: Telco) -> None:
    first = await create(telco)
    await telco.request("DELETE", f"Application/{first}/")
    assert await create(telco) != first


async def test_the_list_is_paged(telco: Telco) -> None:
    for index in range(3):
        await create(telco, app_name=f"app{index}")
    body = await telco.get("Application/?limit=3")
    assert set(body) == {"api_id", "meta", "objects"}
    assert [item["app_name"] for item in body["objects"]] == ["Default", "app0", "app1"]
    assert set(body["objects"][0]) == set(wire("application")["object"])
    meta = body["meta"]
    assert (meta["limit"], meta["offset"], meta["total_count"], meta["previous"]) == (3, 0, 4, None)
    last = (await telco.get(meta["next"]))["meta"]
    assert (last["next"], last["offset"]) == ("", 3) and last["previous"].endswith("offset=0")
    assert (await telco.get("Application/?limit=500"))["meta"]["limit"] == 100


async def test_a_new_default_takes_the_place_of_the_old_one(telco: Telco) -> None:
    app_id = await create(telco, default_number_app=True)
    defaults = [item["app_id"] for item in (await telco.get("Application/"))["objects"] if item["default_app"]]
    assert defaults == [app_id]


async def test_the_default_application_has_no_url_until_the_settings_give_it_one(telco: Telco) -> None:
    (before,) = (await telco.get("Application/"))["objects"]
    assert (before["answer_url"], before["hangup_url"]) == ("", "")
    telco.sandbox.put_settings("vobiz", {"answer_url": "http://a/b", "answer_method": "GET"})
    (after,) = (await telco.get("Application/"))["objects"]
    assert (after["answer_url"], after["answer_method"], after["hangup_url"]) == ("http://a/b", "GET", "http://a/b")


async def test_the_api_gives_the_default_application_its_url(telco: Telco) -> None:
    (default,) = (await telco.get("Application/"))["objects"]
    body = {"answer_url": f"{telco.receiver.url}/answer"}
    await telco.request("POST", f"Application/{default['app_id']}/", json=body)
    telco.sandbox.arrive("vobiz", CALLEE, telco.number)
    await telco.run()
    assert [received.form["Event"] for received in telco.receiver.to("/answer")] == ["StartApp", "Hangup"]


# --- numbers -------------------------------------------------------------------------------------------------------


async def test_numbers_are_listed_with_exact_keys(telco: Telco) -> None:
    body = await telco.get("numbers")
    assert set(body) == set(wire("numbers")["envelope"])
    assert [item["e164"] for item in body["items"]] == telco.account["numbers"]
    assert set(body["items"][0]) == set(wire("numbers")["item"])


async def test_numbers_are_paged_and_searched(telco: Telco) -> None:
    body = await telco.get("numbers?page=2&per_page=1")
    assert (len(body["items"]), body["page"], body["per_page"], body["total"]) == (1, 2, 1, 2)
    assert (await telco.get(f"numbers?search={telco.number[3:]}"))["total"] == 1


async def test_a_call_to_a_number_asks_the_application_attached_to_it(telco: Telco) -> None:
    telco.answers("<Hangup/>", path="/shop")
    app_id = await create(telco, answer_url=f"{telco.receiver.url}/shop", hangup_url=f"{telco.receiver.url}/end")
    response = await attach(telco, app_id)
    assert response.status_code == 200 and set(response.json()) == {"message"}
    telco.sandbox.arrive("vobiz", CALLEE, telco.number)
    await telco.run()
    assert telco.receiver.paths == ["/shop", "/end"]


async def test_a_disabled_application_takes_no_calls(telco: Telco) -> None:
    await attach(telco, await create(telco, enabled=False))
    assert telco.sandbox.arrive("vobiz", CALLEE, telco.number).name
    assert telco.receiver.paths == []


async def test_a_detached_number_takes_no_calls(telco: Telco) -> None:
    await attach(telco, await create(telco))
    assert (await telco.request("DELETE", f"numbers/{telco.number}/application")).status_code == 200
    leg = telco.sandbox.arrive("vobiz", CALLEE, telco.number)
    cause = telco.leg(leg.name).cause
    assert cause is not None and cause.kind == "no-application"


async def test_what_is_not_there_cannot_be_attached(telco: Telco) -> None:
    assert (await attach(telco, "12345678901234567")).status_code == 404
    assert (await attach(telco, "")).status_code == 400
    response = await telco.request("POST", "numbers/%2B911234567890/application", json={"application_id": "1"})
    assert response.status_code == 404


# --- the account ---------------------------------------------------------------------------------------------------


async def test_auth_me_is_the_own_account(telco: Telco) -> None:
    body = await telco.get("/api/v1/auth/me")
    assert body["auth_id"] == telco.auth_id
    response = await telco.request("GET", "/api/v1/auth/me", headers={"X-Auth-Token": "wrong"})
    assert response.status_code == 401


async def test_concurrency_counts_live_calls(telco: Telco) -> None:
    await telco.place()
    body = await telco.get("concurrency")
    assert set(body) == {"account_id", "concurrent_calls", "max_concurrent", "utilization_pct", "request_id"}
    assert (body["concurrent_calls"], body["utilization_pct"]) == (1, 0.1)
