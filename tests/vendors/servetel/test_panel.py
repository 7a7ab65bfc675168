"""Users, agents and numbers."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.servetel.conftest import CUSTOMER, Desk, fixture

SEEN = fixture("users")


async def test_every_agent_is_a_user(desk: Desk) -> None:
    answer = await desk.get("/v1/users")
    assert list(answer) == SEEN["list"]
    assert (answer["has_more"], answer["count"], answer["last_seen_id"]) == (False, 3, 500004)
    first = answer["data"][0]
    assert list(first) == SEEN["user"]
    assert list(first["agent"]) == SEEN["user.agent"]
    assert first["agent"] == {
        "id": "0501234560001", "name": "Asha Verma", "status": 1, "follow_me_number": "+919811640001",
    }  # fmt: skip


async def test_users_are_paged_by_the_last_seen_id(desk: Desk) -> None:
    page = await desk.get("/v1/users", limit=2)
    assert (page["has_more"], page["count"], page["last_seen_id"]) == (True, 2, 500003)
    rest = await desk.get("/v1/users", limit=2, last_seen_id=page["last_seen_id"])
    assert (rest["has_more"], [user["id"] for user in rest["data"]]) == (False, [500004])
    over = await desk.get("/v1/users", last_seen_id=500004)
    assert over == {"has_more": False, "count": 0, "last_seen_id": None, "data": []}


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ({"is_extension_created": "1"}, 3), ({"is_extension_created": "0"}, 0), ({"is_login_based_calling": "1"}, 0),
        ({"is_international_calling": "0"}, 3), ({"is_web_login": "1"}, 3), ({"user_status": "0"}, 0),
    ],
)  # fmt: skip
async def test_users_are_filtered_by_flags(desk: Desk, query: dict[str, str], count: int) -> None:
    assert (await desk.get("/v1/users", **query))["count"] == count


async def test_a_wrong_flag_is_422(desk: Desk) -> None:
    answer = await desk.ask("GET", "/v1/users", params={"user_status": "on"})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["user_status"])


async def test_one_user_is_wrapped_in_data(desk: Desk) -> None:
    answer = await desk.get("/v1/user/500002")
    assert list(answer) == ["data"]
    user = answer["data"]
    assert list(user) == SEEN["one"]
    assert list(user["team_member"]) == SEEN["one.team_member"]
    assert list(user["agent"]) == SEEN["one.agent"]
    assert (user["agent"]["intercom"], user["agent"]["extension"]["username"]) == ("1001", "0601234560001")


async def test_a_user_without_extension_has_none(desk: Desk) -> None:
    desk.settings(agents=[{"id": "7", "name": "New", "number": "+919811640077"}])
    (made,) = [user for user in (await desk.get("/v1/users"))["data"] if user["name"] == "New"]
    assert made["extension"] is None
    assert (await desk.get(f"/v1/user/{made['id']}"))["data"]["agent"]["extension"] is None


async def test_blocking_shows_and_is_undone(desk: Desk) -> None:
    path = f"/v1/agent/{desk.agent['id']}"
    statuses = []
    for step in ("block", "block", "unblock", "unblock"):
        answer = await desk.post(f"{path}/{step}")
        assert answer == {"success": True, "message": f"Agent {step}ed successfully"}
        statuses.append((await desk.get("/v1/users"))["data"][0]["agent"]["status"])
    assert statuses == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/agent/0500000000000/block"), ("POST", "/v1/agent/0500000000000/unblock"),
        ("GET", "/v1/user/1"), ("GET", "/v1/user/x"), ("PUT", "/v1/my_number/1"),
    ],
)  # fmt: skip
async def test_an_unknown_id_in_a_path_is_400(desk: Desk, method: str, path: str) -> None:
    answer = await desk.ask(method, path, json={})
    assert (answer.status_code, answer.json()["success"]) == (400, False)


async def test_the_numbers_of_the_account(desk: Desk) -> None:
    numbers = await desk.get("/v1/my_number")
    assert [list(number) for number in numbers] == [SEEN["number"]] * 2
    assert [number["did"] for number in numbers] == desk.account["numbers"]
    assert numbers[0]["destination"] == "agent||0501234560001"


async def test_a_number_can_be_led_to_another_agent(desk: Desk) -> None:
    (number, _) = await desk.get("/v1/my_number")
    changes = {"name": "Sales", "destination": "agent||0501234560003", "sms_template": ["x"]}
    answer = await desk.ask("PUT", f"/v1/my_number/{number['id']}", json=changes)
    assert answer.json() == {"success": True, "message": "Number updated successfully"}
    assert (await desk.get("/v1/my_number"))[0] == {**number, "name": "Sales", "destination": "agent||0501234560003"}
    desk.sandbox.arrive("servetel", CUSTOMER, number["did"])
    assert [row["agent_name"] for row in await desk.live()] == ["Meera Iyer"]


@pytest.mark.parametrize("destination", ["agent", "agent||", "boat||1", "agent||0500000000000", ["agent||1"]])
async def test_a_wrong_destination_is_422(desk: Desk, destination: Any) -> None:
    (number, _) = await desk.get("/v1/my_number")
    answer = await desk.ask("PUT", f"/v1/my_number/{number['id']}", json={"destination": destination})
    assert (answer.status_code, list(answer.json()["errors"])) == (422, ["destination"])
    assert (await desk.get("/v1/my_number"))[0] == number


async def test_a_kind_of_destination_that_we_cannot_is_named(desk: Desk) -> None:
    (number, _) = await desk.get("/v1/my_number")
    answer = await desk.ask("PUT", f"/v1/my_number/{number['id']}", json={"destination": "ivr||7"})
    assert (answer.status_code, answer.headers["X-Ringback-Not-Emulated"]) == (501, "IVR")
