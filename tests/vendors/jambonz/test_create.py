"""Create call: every rule with its text, in their order, and what the request becomes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.vendors.jambonz.conftest import CALLEE, SPEECH, Telco

MISSING = "00000000-0000-4000-8000-00000000abcd"
FIVE = ", ".join(SPEECH)


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {key: inner for key, inner in body.items() if key not in names}


RULES: dict[str, tuple[dict[str, Any], str]] = {
    "no from": ({"from": ""}, "missing from parameter"),
    "null from": ({"from": None}, "missing from parameter"),
    "no to": ({"to": None}, "missing or invalid to property: undefined"),
    "to is text": ({"to": "+15085551212"}, 'missing or invalid to property: "+15085551212"'),
    "to of no type": ({"to": {"number": "1"}}, 'missing or invalid to property: {"number":"1"}'),
    "to of unknown type": ({"to": {"type": "fax", "number": "1"}},
                           'missing or invalid to property: {"type":"fax","number":"1"}'),
    "to without its address": ({"to": {"type": "sip", "number": "1"}},
                               'missing or invalid to property: {"type":"sip","number":"1"}'),
    "to whose address is a number": ({"to": {"type": "phone", "number": 12345}},
                                     'missing or invalid to property: {"type":"phone","number":12345}'),
    "unknown application": ({"application_sid": MISSING}, f"application_sid not found {MISSING}"),
    "one speech field missing": ({"speech_synthesis_voice": ""}, f"either application_sid or set of {FIVE} required"),
    "no hook": ({"call_hook": None}, "either call_hook or application_sid required"),
    "hook without url": ({"call_hook": {"method": "POST"}},
                         "call_hook must be string or an object containing a url property"),
    "hook of another type": ({"call_hook": 5}, "call_hook must be string or an object containing a url property"),
    "relative hook": ({"call_hook": "/call"}, "call_hook url be an absolute url"),
    "hook in half a bracket": ({"call_hook": "http://[::1"}, "call_hook url be an absolute url"),
    "hook at a port that is none": ({"call_status_hook": "http://h:99999"}, "call_status_hook url be an absolute url"),
    "hook of another scheme": ({"call_hook": {"url": "ftp://h/x"}}, "call_hook url be an absolute url"),
    "status hook without url": ({"call_status_hook": {}},
                                "call_status_hook must be string or an object containing a url property"),
    "relative status hook": ({"call_status_hook": "status"}, "call_status_hook url be an absolute url"),
}  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
async def test_each_rule_has_its_text_and_places_no_call(telco: Telco, rule: str) -> None:
    change, text = RULES[rule]

    response = await telco.request("POST", "Calls", json={**telco.fields(), **change})

    assert (response.status_code, response.json()) == (400, {"msg": text})
    assert telco.sandbox.engine.calls == {}


async def test_the_rules_are_checked_in_their_order(telco: Telco) -> None:
    body: dict[str, Any] = {"call_status_hook": "bad"}
    told = []
    for more in ({}, {"from": "1234"}, {"to": {"type": "phone", "number": CALLEE}}, SPEECH, {"call_hook": "/x"},
                 {"call_hook": telco.receiver.url}):  # fmt: skip
        body |= more
        told.append((await telco.request("POST", "Calls", json=body)).json()["msg"].split(" ")[0:3])

    assert told == [
        ["missing", "from", "parameter"], ["missing", "or", "invalid"], ["either", "application_sid", "or"],
        ["either", "call_hook", "or"], ["call_hook", "url", "be"], ["call_status_hook", "url", "be"],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        {"from": 1234}, {"from": "1" * 257}, {"timeout": "30"}, {"timeout": True}, {"timeLimit": 1.5}, {"tag": "x"},
        {"tag": []}, {"fromHost": 1}, {"callerName": {}}, {"app_json": []}, {"amd": "x"}, {"amd": {}},
        {"app_json": "no json"},
        {"app_json": '[{"verb":"sing"}]'}, {"app_json": "{}"}, {"call_hook": {"url": "http://h", "method": "PUT"}},
    ],
)  # fmt: skip
async def test_what_the_engine_refuses_is_a_500_in_plain_text(telco: Telco, change: dict[str, Any]) -> None:
    response = await telco.request("POST", "Calls", json={**telco.fields(), **change})

    assert (response.status_code, response.text) == (500, "Internal Server Error")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert telco.sandbox.engine.calls == {}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"call_status_hook": "wss://127.0.0.1/app"}, "a websocket for statuses alone"),
        ({"to": {"type": "teams", "number": "+15085551212"}}, "create call to teams"),
        ({"to": {"type": "phone", "number": "+15085551212", "confirmHook": "/c"}}, "create call confirmHook"),
        ({"app_json": '[{"verb":"listen","url":"ws://x"}]'}, "listen"),
    ],
)
async def test_what_is_not_emulated_is_a_501_by_name(telco: Telco, change: dict[str, Any], name: str) -> None:
    response = await telco.request("POST", "Calls", json={**telco.fields(), **change})

    assert response.status_code == 501
    assert response.headers["x-ringback-not-emulated"] == name
    assert response.json().keys() == {"msg"}
    assert telco.sandbox.engine.calls == {}


async def test_it_answers_sid_and_call_id(telco: Telco) -> None:
    response = await telco.request("POST", "Calls", json=telco.fields())
    made = response.json()

    assert (response.status_code, made.keys()) == (201, {"sid", "callId"})
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    record = await telco.get(f"Calls/{made['sid']}")
    assert (record["call_sid"], record["call_id"]) == (made["sid"], made["callId"])


async def test_unknown_properties_are_ignored_unless_strict(telco: Telco) -> None:
    body = telco.fields(answerOnBridge=True, colour="red")
    assert (await telco.request("POST", "Calls", json=body)).status_code == 201

    telco.sandbox.put_settings("jambonz", {"strict_properties": True})

    assert (await telco.request("POST", "Calls", json=body)).status_code == 500


async def test_an_application_replaces_the_requests_own_hooks_and_speech(telco: Telco) -> None:
    telco.serve_inbound()
    other = f"{telco.receiver.url}/other"
    body = telco.fields(application_sid=telco.account["application_sid"], call_hook="nonsense", call_status_hook=other)
    response = await telco.request("POST", "Calls", json=without(body, *SPEECH))
    await telco.run()

    assert response.status_code == 201
    assert telco.receiver.to("/other") == []
    assert telco.only("/call").json["application_sid"] == telco.account["application_sid"]
    assert len(telco.receiver.to("/status")) == 4


async def test_an_application_without_urls_cannot_be_called_with(telco: Telco) -> None:
    body = telco.fields(application_sid=telco.account["application_sid"])
    response = await telco.request("POST", "Calls", json=body)

    assert (response.status_code, response.json()) == (400, {"msg": "call_hook url be an absolute url"})


@pytest.mark.parametrize(
    ("to", "shown"),
    [
        ({"type": "phone", "number": "+15085551212", "trunk": "any", "headers": {"X-A": "b"}}, "+15085551212"),
        ({"type": "sip", "sipUri": "sip:ada@example.org"}, "sip:ada@example.org"),
        ({"type": "user", "name": "ada@realm.example"}, "ada@realm.example"),
        ({"type": "user", "name": "ada"}, "ada"),
    ],
)
async def test_each_kind_of_target_is_called_and_shown(telco: Telco, to: dict[str, Any], shown: str) -> None:
    made = await telco.request("POST", "Calls", json={**telco.fields(), "to": to})
    sid = made.json()["sid"]
    await telco.run()

    assert telco.statuses()[-1] == ("completed", 200, "OK")
    assert (await telco.get(f"Calls/{sid}"))["to"] == shown
    assert telco.only("/call").json["to"] == shown


async def test_a_tag_comes_back_as_customer_data_with_its_strings_trimmed(telco: Telco) -> None:
    await telco.place(tag={"Order Id": " 42 ", "deep": {"aB": [" x "]}, "n": 1})
    await telco.run()

    data = {"Order Id": "42", "deep": {"aB": ["x"]}, "n": 1}
    assert [received.json["customerData"] for received in telco.receiver.requests] == [data] * 5


async def test_the_ring_time_is_sixty_seconds_unless_told(telco: Telco) -> None:
    await telco.place("+14155550102")
    await telco.place("+14155550102", timeout=10)
    await telco.advance(10)
    assert [status for status, *_ in telco.statuses()].count("no-answer") == 1

    await telco.advance(50)

    assert [status for status, *_ in telco.statuses()].count("no-answer") == 2


async def test_a_time_limit_ends_an_answered_call(telco: Telco) -> None:
    telco.answers({"verb": "pause", "length": 600})
    await telco.place(timeLimit=30)
    await telco.run()

    last = telco.receiver.requests[-1].json
    assert (last["call_status"], last["duration"], last["call_termination_by"]) == ("completed", 30, "jambonz")


async def test_an_app_json_runs_without_asking_the_call_hook(telco: Telco) -> None:
    sid = await telco.place(app_json=json.dumps([{"verb": "say", "text": "static"}]))
    await telco.run()

    assert telco.receiver.to("/call") == []
    assert telco.statuses()[-1][0] == "completed"
    assert telco.leg(sid).answered_at is not None


async def test_a_form_body_is_read_with_its_brackets(telco: Telco) -> None:
    form = {**SPEECH, "from": telco.number, "to[type]": "phone", "to[number]": CALLEE, "call_hook": telco.receiver.url}
    response = await telco.request("POST", "Calls", data=form)

    assert response.status_code == 201, response.text


async def test_lists_in_a_form_are_read_too(telco: Telco) -> None:
    form = {**SPEECH, "from": telco.number, "to[a][]": "1", "to[b]": "x", "call_hook": telco.receiver.url}
    response = await telco.request("POST", "Calls", data=form)

    assert response.json()["msg"] == 'missing or invalid to property: {"a":{"0":"1"},"b":"x"}'


async def test_a_body_of_another_type_counts_as_empty(telco: Telco) -> None:
    response = await telco.request("POST", "Calls", content=b"from=1", headers={"Content-Type": "text/plain"})

    assert response.json() == {"msg": "missing from parameter"}
    array = await telco.request("POST", "Calls", json=[1])
    assert array.json() == {"msg": "missing from parameter"}
