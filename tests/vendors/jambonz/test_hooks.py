"""How hooks travel: headers, success codes, retries, time-outs, credentials, GET."""

from __future__ import annotations

import asyncio
from base64 import b64encode
from dataclasses import replace
from datetime import timedelta

import pytest
from jambonz_sdk._signature import verify_signature
from starlette.responses import RedirectResponse, Response

from emulator.scenarios.far_end import FarEnd
from emulator.vendors.jambonz.hooks import split_retries
from emulator.webhooks.deliveries import Delivery
from emulator.webhooks.values import Json
from tests.vendors.jambonz.conftest import Telco, wire

SAY = [{"verb": "say", "text": "hello"}]


def deliveries(telco: Telco, callback: str) -> list[Delivery]:
    return [each for each in telco.sandbox.outbox.deliveries.values() if each.callback == callback]


async def test_the_headers_of_a_hook(telco: Telco) -> None:
    await telco.place()
    await telco.run()

    headers = telco.only("/call").headers
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"] == "jambonz"
    assert headers["b3"].split("-")[0] == telco.only("/call").json["trace_id"]
    assert "jambonz-signature" in headers and "authorization" not in headers


@pytest.mark.parametrize("status", [200, 202, 204])
async def test_these_three_codes_alone_are_good(telco: Telco, status: int) -> None:
    telco.receiver.answers["/call"] = Response(b"", status)
    sid = await telco.place()
    await telco.run()

    assert telco.leg(sid).state == "answered"


@pytest.mark.parametrize("status", [201, 203, 301, 400, 404, 500])
async def test_any_other_code_is_a_failure_which_ends_an_outbound_call(telco: Telco, status: int) -> None:
    telco.receiver.answers["/call"] = Response(b'[{"verb":"pause","length":60}]', status, media_type="application/json")
    await telco.place()
    await telco.run()

    assert telco.statuses()[-1] == ("completed", 200, "OK")
    (alert,) = (await telco.get("Alerts?page=1&count=25"))["data"]
    assert alert["message"] == f"{telco.receiver.url}/call returned {status}"


async def test_redirects_are_not_followed(telco: Telco) -> None:
    telco.receiver.answers["/call"] = RedirectResponse("/elsewhere", 302)
    await telco.place()
    await telco.run()

    assert "/elsewhere" not in telco.receiver.paths


async def test_verbs_that_do_not_say_they_are_json_are_not_looked_at(telco: Telco) -> None:
    telco.receiver.content_type = "text/html"
    telco.receiver.answers["/call"] = '[{"verb":"hangup"}]'
    sid = await telco.place()
    await telco.run()

    assert telco.leg(sid).state == "answered"


async def test_an_answer_without_end_cannot_be_read(telco: Telco) -> None:
    telco.receiver.answers["/call"] = Response(b" " * (2 << 20) + b"[]", media_type="application/json")
    await telco.place()
    await telco.run()

    assert telco.statuses()[-1][0] == "completed"
    assert (await telco.get("Alerts?page=1&count=1"))["data"][0]["alert_type"] == "invalid-app-payload"


async def test_a_silent_receiver_times_out_after_ten_seconds(telco: Telco) -> None:
    never = asyncio.Event()
    telco.sandbox.spec = replace(telco.sandbox.spec, patience=0.5)
    telco.receiver.answers["/call"] = lambda _: never.wait()
    sid = await telco.place()
    await telco.run()
    never.set()

    leg = telco.leg(sid)
    assert leg.ended_at is not None and leg.answered_at is not None
    assert leg.ended_at - leg.answered_at == timedelta(seconds=10)
    assert len(deliveries(telco, "answer")[0].attempts) == 1


@pytest.mark.parametrize(
    ("fragment", "waits", "kinds"),
    [
        ("", [], {"connection"}),
        ("#rc=2", [0.5, 1], {"connection"}),
        ("#rc=9", [0.5, 1, 2, 4, 6], {"connection"}),
        ("#rc=x&rp=ct", [], {"connection"}),
        ("#rc=1&rp=5xx", [0.5], {"5xx"}),
        ("#rc=3&rp=ct,rt,4xx", [0.5, 1, 2], {"connection", "timeout", "4xx"}),
        ("#rc=5&rp=all", [0.5, 1, 2, 4, 6], {"connection", "timeout", "4xx", "5xx", "status"}),
        ("#rp=all", [], {"connection", "timeout", "4xx", "5xx", "status"}),
    ],
)
def test_the_fragment_says_how_often_and_on_what(fragment: str, waits: list[float], kinds: set[str]) -> None:
    url, policy = split_retries(f"http://h/x?a=1{fragment}")

    assert url == "http://h/x?a=1"
    assert [wait.total_seconds() for wait in policy.waits] == waits
    assert policy.retry_on == kinds
    assert policy.ok == {200, 202, 204}


async def test_a_failing_call_hook_is_tried_again_as_its_fragment_says_signed_anew(telco: Telco) -> None:
    answers = [Response(b"", 500), Response(b"", 503), SAY]
    telco.receiver.answers["/call"] = lambda _: answers.pop(0)
    await telco.place(call_hook=f"{telco.receiver.url}/call#rc=3&rp=5xx")
    await telco.run()

    (delivery,) = deliveries(telco, "answer")
    first = delivery.attempts[0].at
    assert [(attempt.at - first).total_seconds() for attempt in delivery.attempts] == [0, 0.5, 1.5]
    assert [received.path for received in telco.receiver.to("/call")] == ["/call"] * 3
    for received in telco.receiver.to("/call"):
        assert verify_signature(received.body, received.headers["jambonz-signature"], telco.account["webhook_secret"])


async def test_what_the_fragment_does_not_name_is_not_tried_again(telco: Telco) -> None:
    telco.receiver.answers["/call"] = Response(b"", 404)
    await telco.place(call_hook=f"{telco.receiver.url}/call#rc=3&rp=5xx")
    await telco.run()

    assert len(telco.receiver.to("/call")) == 1


async def test_a_status_hook_that_fails_is_not_repeated_and_harms_nothing(telco: Telco) -> None:
    telco.receiver.answers["/status"] = Response(b"", 500)
    await telco.place()
    await telco.run()

    assert [status for status, *_ in telco.statuses()] == ["trying", "ringing", "in-progress", "completed"]
    alerts = await telco.get("Alerts?page=1&count=2&alert_type=webhook-connection-failure")
    assert (alerts["total"], alerts["page_size"], len(alerts["data"])) == (4, "2", 2)


async def test_the_receiver_down_at_every_hook_still_ends_the_call(telco: Telco) -> None:
    dead = "http://127.0.0.1:9"
    sid = await telco.place(call_hook=f"{dead}/call", call_status_hook=f"{dead}/status")
    await telco.run()

    record = await telco.get(f"Calls/{sid}")
    assert (record["call_status"], record["call_termination_by"]) == ("completed", "jambonz")


async def test_basic_credentials_come_from_the_hook_of_their_kind_and_go_with_every_request(telco: Telco) -> None:
    url = telco.receiver.url
    telco.answers({"verb": "gather", "timeout": 1, "actionHook": "/got"})
    call_hook = {"url": f"{url}/call", "method": "POST", "username": "ada", "password": "pw"}
    await telco.place(call_hook=call_hook, call_status_hook={"url": f"{url}/status"})
    await telco.run()

    basic = "Basic " + b64encode(b"ada:pw").decode()
    assert telco.only("/call").headers["authorization"] == telco.only("/got").headers["authorization"] == basic
    assert {"authorization" in received.headers for received in telco.receiver.to("/status")} == {False}


async def test_a_verbs_own_hook_may_have_its_own_credentials(telco: Telco) -> None:
    hook = {"url": "/got", "method": "POST", "basicAuth": {"username": "bob", "password": "x"}}
    telco.answers({"verb": "gather", "timeout": 1, "actionHook": hook})
    await telco.place()
    await telco.run()

    assert telco.only("/got").headers["authorization"] == "Basic " + b64encode(b"bob:x").decode()


async def test_a_get_hook_has_the_documented_arguments_and_a_signature_of_what_is_not_sent(telco: Telco) -> None:
    hook = {"url": f"{telco.receiver.url}/call?mine=1", "method": "get"}
    sid = await telco.place(call_hook=hook)
    await telco.run()

    received = telco.only("/call")
    assert (received.method, received.body) == ("GET", b"")
    assert received.query == {
        "mine": "1", "call_sid": sid, "account_sid": telco.sid, "direction": "outbound", "from": telco.number,
        "to": "+15085551212", "call_status": "in-progress", "sip_status": "200",
    }  # fmt: skip
    assert "content-type" not in received.headers
    (delivery,) = deliveries(telco, "answer")
    payload = Json(delivery.request.context["payload"]).encode()
    assert verify_signature(payload, received.headers["jambonz-signature"], telco.account["webhook_secret"])


async def test_a_bare_get_has_no_query_of_ours(telco: Telco) -> None:
    telco.sandbox.put_settings("jambonz", {"bare_get": True})
    await telco.place(call_hook={"url": f"{telco.receiver.url}/call", "method": "GET"})
    await telco.run()

    assert telco.only("/call").query == {}


async def test_a_call_hooks_payload_has_exactly_the_keys_of_an_outbound_call(telco: Telco) -> None:
    await telco.place()
    await telco.run()

    hook = telco.only("/call").json
    assert hook.keys() == {
        "call_sid", "direction", "from", "to", "call_id", "sbc_callid", "sip_status", "sip_reason", "call_status",
        "account_sid", "trace_id", "fs_sip_address", "defaults",
    }  # fmt: skip
    assert hook["defaults"] == {
        "synthesizer": {"vendor": "google", "language": "en-US", "voice": "en-US-Standard-C", "label": None},
        "recognizer": {"vendor": "google", "language": "en-US", "label": None},
    }
    first, *_, last = (received.json for received in telco.receiver.to("/status"))
    base = hook.keys() - {"defaults"}
    assert first.keys() == base - {"sbc_callid"}
    assert last.keys() == base | {"call_termination_by", "duration"}


async def test_early_media_is_a_status_of_its_own(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"early_media": True}))
    await telco.place()
    await telco.run()

    assert ("early-media", 183, "Trying") in telco.statuses()


async def test_the_last_status_hook_is_the_example_key_by_key_and_in_its_order(telco: Telco) -> None:
    telco.serve_inbound()
    telco.answers({"verb": "pause", "length": 60})
    telco.script(FarEnd.from_json({"hangs_up_after": "17s"}))
    await telco.place(application_sid=telco.account["application_sid"], tag={"order": 42})
    await telco.run()

    example, last = wire("status_completed"), telco.receiver.requests[-1].json
    assert list(last) == list(example)
    assert {key: type(text) for key, text in last.items()} == {key: type(text) for key, text in example.items()}
    told = ("sip_status", "sip_reason", "call_status", "call_termination_by", "duration", "customerData")
    assert {key: last[key] for key in told} == {key: example[key] for key in told}
