"""Paths, methods, and what is refused by name."""

from __future__ import annotations

import pytest

from tests.vendors.tryvox.conftest import STAYS, UNKNOWN, Telco, scripted

NO_ROUTE = {"error": {"code": "NOT_FOUND", "message": "Resource not found"}}


@pytest.mark.parametrize(
    "path",
    [
        "/", "/nowhere", "/v1", "/v1/voice", "/v1/voice/accounts", "/v1/voice/accounts/{}", "/v1/account/{}",
        "/v1/voice/accounts/{}/call", "/v1/voice/accounts/{}/calls/", "/v1/voice/accounts/{}/calls/x/fly",
        "/v1/voice/accounts/{}/calls/x/play/y", "/v1/voice/accounts/{}/numbers", "/v1/account/{}/calls",
        "/v1/account/{}/numbers/x/y", "/v2/voice/accounts/{}/calls", "/v1/voice/applications/x/y",
        "/V1/voice/applications",
    ],
)  # fmt: skip
async def test_a_path_that_does_not_exist_is_404_in_the_vendors_shape(telco: Telco, path: str) -> None:
    response = await telco.client.get(path.format(telco.auth_id))
    assert (response.status_code, response.json()) == (404, NO_ROUTE)


@pytest.mark.parametrize("item", ["*", "%2A", "a%2Fb", "..", "%00", "🙂"])
async def test_an_odd_id_is_one_that_is_not_there(telco: Telco, item: str) -> None:
    for path in (f"calls/{item}", f"conferences/{item}", f"{telco.numbers}/{item}", f"/v1/voice/applications/{item}"):
        response = await telco.request("GET", path)
        assert response.status_code in (200, 404) if item == ".." else response.status_code == 404
        assert item == ".." or response.json()["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "calls", "GET, POST"),
        ("DELETE", "calls", "GET, POST"),
        ("POST", f"calls/{UNKNOWN}", "DELETE, GET"),
        ("GET", f"calls/{UNKNOWN}/transfer", "POST"),
        ("PATCH", f"calls/{UNKNOWN}/record", "DELETE, POST"),
        ("POST", "/v1/account/{}/numbers", "GET"),
        ("PUT", "/v1/voice/applications/x", "GET, PATCH"),
        ("GET", "/v1/account/{}/numbers/purchase-from-inventory", "POST"),
    ],
)
async def test_a_wrong_method_is_405_and_names_the_right_ones(telco: Telco, method: str, path: str, allow: str) -> None:
    response = await telco.request(method, path.format(telco.auth_id))
    assert response.status_code == 405
    assert response.headers["allow"] == allow
    assert response.json()["error"]["code"] == "METHOD_NOT_ALLOWED"


async def test_head_is_answered_as_get(telco: Telco) -> None:
    assert (await telco.request("HEAD", "calls")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "name"),
    [
        ("POST", "/v1/account/{}/numbers/+12025550190/assign", "trunks"),
        ("DELETE", "/v1/account/{}/numbers/+12025550190/assign", "trunks"),
        ("POST", "/v1/account/{}/numbers/purchase-from-inventory", "number purchase"),
    ],
)
async def test_what_is_documented_and_not_emulated_is_501_by_name(
    telco: Telco, method: str, path: str, name: str
) -> None:
    response = await telco.request(method, path.format(telco.auth_id))
    assert response.status_code == 501
    assert response.headers["x-ringback-not-emulated"] == name
    assert list(response.json()["error"]) == ["code", "message"] and name in response.json()["error"]["message"]
    response = await telco.request(method, path.format(telco.auth_id), headers={"Authorization": "Bearer x"})
    assert response.status_code == 401


# --- actions -------------------------------------------------------------------------------------------------------

GOOD = {
    "transfer": {"to": "+12025550144"},
    "record": {"format": "wav", "max_length": 60, "trim_silence": True},
    "play": {"url": "http://a.example/b.mp3", "loop": 0},
    "speak": {"text": "hello", "voice": "en-IN-Wavenet-A", "language": "en-IN", "loop": 2},
    "dtmf": {"digits": "12#"},
}
BAD = [
    ("transfer", {}, {"to": "required field missing"}),
    ("transfer", {"to": "+1202555014x", "caller_id": "1"}, {"to": "must be E.164", "caller_id": "must be E.164"}),
    ("record", {"format": "ogg", "max_length": 0, "trim_silence": 1},
     {"format": "must be one of mp3, wav", "max_length": "must be at least 1", "trim_silence": "must be true or"}),
    ("play", {"loop": -1}, {"url": "required field missing", "loop": "must be at least 0"}),
    ("speak", {"text": ""}, {"text": "required field missing"}),
    ("dtmf", {"digits": "x"}, {"digits": "must be made of"}),
]  # fmt: skip


@pytest.mark.parametrize("action", [*GOOD, "stop"])
async def test_an_action_wants_a_call_in_progress(telco: Telco, action: str) -> None:
    method, path = ("DELETE", "record") if action == "stop" else ("POST", action)

    async def act(uuid: str) -> tuple[int, object]:
        response = await telco.request(method, f"calls/{uuid}/{path}", json={})
        return response.status_code, response.json()["error"]

    assert await act(UNKNOWN) == (404, {"code": "NOT_FOUND", "message": "Call not found"})
    uuid = await telco.place()
    assert await act(uuid) == (400, {"code": "VALIDATION_FAILED", "message": "Call is not in progress"})
    await telco.run()
    assert await act(uuid) == (404, "call_already_ended")


@pytest.mark.parametrize(("action", "body", "reasons"), BAD)
async def test_an_actions_fields_are_checked(
    telco: Telco, action: str, body: dict[str, object], reasons: dict[str, str]
) -> None:
    telco.answers(STAYS)
    uuid = await telco.place()
    await telco.advance(5)
    response = await telco.request("POST", f"calls/{uuid}/{action}", json=body)
    assert response.status_code == 400
    details = {row["field"]: row["reason"] for row in response.json()["error"]["details"]}
    assert details.keys() == reasons.keys()
    assert all(details[field].startswith(reason) for field, reason in reasons.items())


async def test_a_transfer_leaves_the_document_and_dials_the_other(telco: Telco) -> None:
    telco.answers(STAYS)
    uuid = await telco.place()
    await telco.advance(5)
    body = {"to": "+12025550144", "caller_id": "+12025550133"}
    response = await telco.request("POST", f"calls/{uuid}/transfer", json=body)
    assert response.status_code == 200
    assert list(response.json()) == ["transfer_uuid", "status", "to"]
    assert (response.json()["status"], response.json()["to"]) == ("transferring", "+12025550144")
    await telco.advance(5)
    child_uuid, parent_uuid = await telco.listed(status="in-progress")
    child, parent = await telco.get(f"calls/{child_uuid}"), await telco.get(f"calls/{parent_uuid}")
    assert parent_uuid == uuid and parent["transfer_time"] == "2026-01-01T00:00:05Z"
    assert (child["from"], child["to"], child["parent_call_uuid"]) == ("+12025550133", "+12025550144", uuid)
    assert [child[name] for name in ("answer_url", "hangup_url", "transfer_time")] == [None, None, None]
    again = await telco.request("POST", f"calls/{uuid}/transfer", json={"to": "+12025550145"})
    assert again.json()["transfer_uuid"] != response.json()["transfer_uuid"]


async def test_a_transferred_call_ends_with_the_other(telco: Telco) -> None:
    telco.answers(STAYS)
    uuid = await telco.place()
    await telco.advance(5)
    telco.script(scripted().hangs_up(after=7), "+12025550144")
    await telco.request("POST", f"calls/{uuid}/transfer", json={"to": "+12025550144"})
    await telco.run()
    assert await telco.ending(uuid) == ("completed", "callee-hangup", 12)
    assert telco.receiver.paths.count("/hangup") == 1


async def test_a_transfer_to_one_who_is_busy_completes_the_call(telco: Telco) -> None:
    telco.answers(STAYS)
    uuid = await telco.place()
    await telco.advance(5)
    await telco.request("POST", f"calls/{uuid}/transfer", json={"to": "+12025550101"})
    await telco.run()
    assert (await telco.ending(uuid))[:2] == ("completed", "busy")


async def transferred(telco: Telco, *document: object, path: str = "/there") -> str:
    """A call in progress, transferred with an answer URL that answers this."""
    telco.answers(STAYS)
    telco.answers(*document, path="/there")
    uuid = await telco.place(webhook_secret="call's own")
    await telco.advance(5)
    body = {"to": "+12025550144", "answer_url": f"{telco.receiver.url}{path}"}
    assert (await telco.request("POST", f"calls/{uuid}/transfer", json=body)).status_code == 200
    return uuid


async def test_the_answer_url_of_a_transfer_is_asked_of_the_new_leg_before_it_is_connected(telco: Telco) -> None:
    uuid = await transferred(telco, {"verb": "Say", "text": "a call for you"})
    await telco.advance(2.5)
    child_uuid, _ = await telco.listed()
    got = telco.told("/there")
    assert (got["event"], got["call_uuid"], got["to"]) == ("call.answered", child_uuid, "+12025550144")
    assert telco.only("/there").headers["x-tryvox-signature"]
    assert telco.leg(child_uuid).partner is None
    await telco.advance(2)
    assert telco.leg(child_uuid).partner is telco.leg(uuid)


async def test_a_hangup_there_ends_both(telco: Telco) -> None:
    uuid = await transferred(telco, {"verb": "Hangup"})
    await telco.run()
    assert (await telco.ending(uuid))[0] == "completed"
    assert await telco.listed(status="in-progress") == []


async def test_so_does_an_answer_url_that_fails(telco: Telco) -> None:
    uuid = await transferred(telco, path="/nowhere")
    await telco.run()
    child_uuid, parent_uuid = await telco.listed()
    assert parent_uuid == uuid
    assert (await telco.get(f"calls/{child_uuid}"))["status"] == "failed"
    assert (await telco.get(f"calls/{uuid}"))["end_time"] == "2026-01-01T00:00:07Z"
