"""What the application is told: keys, order, methods, retries, fallback."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from starlette.responses import Response

from emulator.runtime.exchange import Exchange
from tests.fakes.receiver import Receiver
from tests.vendors.tryvox.conftest import CALLEE, STAYS, Telco, scripted, wire

BODIES = wire("webhooks")["bodies"]
EVENT = list(BODIES["ring"])


def same_keys(got: dict[str, Any], name: str) -> bool:
    return list(got) == list(BODIES[name])


async def test_the_words_come_in_their_order_each_with_its_event(telco: Telco) -> None:
    await telco.place()
    await telco.run()
    told = [(received.path, received.json["event"], received.json["status"]) for received in telco.receiver.requests]
    assert told == [
        ("/status", "call.queued", "queued"),
        ("/ring", "call.ringing", "ringing"),
        ("/status", "call.ringing", "ringing"),
        ("/status", "call.answered", "answered"),
        ("/answer", "call.answered", "answered"),
        ("/hangup", "call.ended", "ended"),
        ("/status", "call.ended", "ended"),
    ]


async def test_each_body_has_the_keys_of_its_example(telco: Telco) -> None:
    await telco.place()
    await telco.run()
    queued, _, answered, ended = [received.json for received in telco.receiver.to("/status")]
    assert same_keys(telco.told("/ring"), "ring") and same_keys(telco.told("/answer"), "answer")
    assert same_keys(telco.told("/hangup"), "hangup")
    assert same_keys(queued, "status queued") and same_keys(answered, "status answered")
    assert same_keys(ended, "status ended")


async def test_a_body_tells_of_the_call(telco: Telco) -> None:
    uuid = await telco.place()
    await telco.run()
    assert telco.told("/answer") == {
        "event": "call.answered", "call_uuid": uuid, "account_id": telco.auth_id, "from": telco.number, "to": CALLEE,
        "direction": "outbound", "status": "answered", "timestamp": "2026-01-01T00:00:02.000Z",
    }  # fmt: skip


async def test_the_last_status_is_ended_and_hangup_and_says_how_long(telco: Telco) -> None:
    telco.answers(STAYS)
    telco.script(scripted().hangs_up(after=125))
    uuid = await telco.place()
    await telco.run()
    last = telco.receiver.to("/status")[-1].json
    assert (last["status"], last["Status"], last["duration"], last["Duration"]) == ("ended", "hangup", 125, 125)
    assert (last["CallUUID"], last["AccountID"], last["From"], last["To"]) == (
        uuid,
        telco.auth_id,
        telco.number,
        CALLEE,
    )
    assert (last["end_reason"], last["Direction"]) == ("callee-hangup", "outbound")


async def test_the_headers_are_the_vendors(telco: Telco) -> None:
    await telco.place()
    await telco.run()
    for received in telco.receiver.requests:
        assert received.method == "POST"
        assert {name: received.headers[name.lower()] for name in wire("webhooks")["headers"]} == wire("webhooks")[
            "headers"
        ]


async def test_by_get_the_fields_stand_behind_the_urls_own_query(telco: Telco) -> None:
    urls = {"answer_url": f"{telco.receiver.url}/answer?shop=1#top", "answer_method": "GET"}
    uuid = await telco.place(**urls, status_callback_method="GET", ring_url=None, hangup_url=None)
    await telco.run()
    answer = telco.only("/answer")
    assert (answer.method, answer.body) == ("GET", b"")
    assert list(answer.query) == ["shop", *EVENT] and answer.query["call_uuid"] == uuid
    assert "content-type" not in answer.headers
    assert [received.query["Status"] for received in telco.receiver.to("/status")] == [
        "queued", "ringing", "answered", "hangup",
    ]  # fmt: skip


async def test_a_null_is_left_out_of_a_query(telco: Telco) -> None:
    telco.script(scripted().is_busy())
    await telco.place(status_callback_method="GET")
    await telco.run()
    last = telco.receiver.to("/status")[-1].query
    assert "answer_time" not in last and last["end_reason"] == "busy"


async def test_without_urls_only_the_document_is_asked_for(telco: Telco) -> None:
    await telco.request("POST", "calls", json=telco.fields())
    await telco.run()
    assert telco.receiver.paths == ["/answer"]


# --- failing receivers ---------------------------------------------------------------------------------------------

BAD_ANSWERS = {
    "status": Response("no", 500),
    "redirect": Response("", 302, {"location": "/elsewhere"}),
    "not JSON": b"<Response/>",
    "empty": b"",
    "no object": [1],
    "no instructions": {"voxml_version": "1.0"},
    "wrong version": {"voxml_version": "2.0", "instructions": []},
    "unknown verb": {"instructions": [{"verb": "Say", "text": "hi"}, {"verb": "Sing"}]},
}


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
async def test_a_bad_answer_goes_to_the_fallback_once_and_at_once(telco: Telco, answer: Any) -> None:
    telco.receiver.answers["/answer"] = answer
    telco.answers({"verb": "Say", "text": "sorry"}, path="/fallback")
    uuid = await telco.place(fallback_url=f"{telco.receiver.url}/fallback")
    await telco.run()
    assert telco.receiver.paths.count("/answer") == 1
    assert telco.told("/fallback") == telco.told("/answer")
    assert (await telco.ending(uuid))[:2] == ("completed", "voxml-hangup")


@pytest.mark.parametrize("answer", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
async def test_without_a_fallback_a_bad_answer_fails_the_call(telco: Telco, answer: Any) -> None:
    telco.receiver.answers["/answer"] = answer
    uuid = await telco.place()
    await telco.run()
    assert await telco.ending(uuid) == ("failed", "error", 0)


async def test_a_fallback_that_fails_too_fails_the_call(telco: Telco) -> None:
    telco.receiver.answers["/answer"] = telco.receiver.answers["/fallback"] = Response("", 404)
    uuid = await telco.place(fallback_url=f"{telco.receiver.url}/fallback")
    await telco.run()
    assert (await telco.ending(uuid))[:2] == ("failed", "error")
    assert telco.receiver.paths.count("/fallback") == 1


async def test_an_application_that_is_down_fails_the_call(telco: Telco) -> None:
    uuid = await telco.place(answer_url="http://127.0.0.1:1/answer")
    await telco.run()
    assert (await telco.ending(uuid))[:2] == ("failed", "error")


async def test_a_failing_redirect_fails_the_call_fallback_or_not(telco: Telco) -> None:
    telco.answers({"verb": "Redirect", "url": f"{telco.receiver.url}/next"})
    telco.receiver.answers["/next"] = Response("", 500)
    uuid = await telco.place(fallback_url=f"{telco.receiver.url}/fallback")
    await telco.run()
    assert (await telco.ending(uuid))[:2] == ("failed", "error")
    assert "/fallback" not in telco.receiver.paths


async def test_a_notification_that_fails_is_not_repeated_and_hurts_nobody(telco: Telco) -> None:
    for path in ("/ring", "/status", "/hangup"):
        telco.receiver.answers[path] = Response("", 500)
    uuid = await telco.place()
    await telco.run()
    assert len(telco.receiver.requests) == 7
    assert (await telco.ending(uuid))[:2] == ("completed", "voxml-hangup")


async def test_the_setting_repeats_it_three_times_with_the_same_body(telco: Telco) -> None:
    telco.settings(notification_retries=True)
    telco.receiver.answers["/hangup"] = Response("", 503)
    await telco.place()
    await telco.run()
    tries = telco.receiver.to("/hangup")
    assert len(tries) == 4 and len({received.body for received in tries}) == 1
    (delivery,) = [each for each in telco.sandbox.outbox.deliveries.values() if each.callback == "hangup"]
    since = delivery.attempts[0].at
    assert [(attempt.at - since).total_seconds() for attempt in delivery.attempts] == [0, 1, 3, 7]
    assert telco.receiver.paths.count("/answer") == 1


async def test_the_application_may_hang_up_from_its_handler(telco: Telco) -> None:
    async def hangs_up(received: Any) -> dict[str, Any]:
        response = await telco.request("DELETE", f"calls/{received.json['call_uuid']}")
        assert response.status_code == 204
        return {"voxml_version": "1.0", "instructions": [{"verb": "Say", "text": "too late"}]}

    telco.receiver.answers["/answer"] = hangs_up
    uuid = await telco.place()
    await telco.run()
    assert await telco.ending(uuid) == ("completed", "api-hangup", 0)


# --- precedence ----------------------------------------------------------------------------------------------------


async def test_urls_of_the_application_serve_where_the_call_has_none(telco: Telco) -> None:
    url = telco.receiver.url
    body = {"hangup_url": f"{url}/app-hangup", "ring_url": f"{url}/app-ring", "answer_url": f"{url}/app-answer",
            "fallback_url": f"{url}/app-fallback", "status_callback_url": f"{url}/app-status"}  # fmt: skip
    await telco.request("PATCH", telco.application, json=body)
    telco.receiver.answers["/answer"] = Response("", 500)
    telco.answers({"verb": "Hangup"}, path="/app-fallback")
    await telco.request("POST", "calls", json=telco.fields(ring_url=f"{url}/ring"))
    await telco.run()
    assert telco.receiver.paths == [
        "/app-status", "/ring", "/app-status", "/app-status", "/answer", "/app-fallback", "/app-hangup", "/app-status",
    ]  # fmt: skip


async def test_a_silent_application_is_given_ten_seconds(exchange: Exchange, receiver: Receiver) -> None:
    telco = Telco(exchange, receiver, seed=3, patience=0.5)
    gate = asyncio.Event()

    async def never(received: Any) -> bytes:
        await gate.wait()
        return b""

    receiver.answers["/answer"] = never
    uuid = await telco.place()
    await telco.run()
    assert await telco.ending(uuid) == ("failed", "error", 10)
    gate.set()
    await telco.client.aclose()
