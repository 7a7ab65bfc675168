"""Calls to a number of ours: the call hook first, then the session, or no trace at all."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.errors import NotEmulated, Refused
from emulator.scenarios.far_end import FarEnd
from tests.vendors.jambonz.conftest import CALLEE, Telco

TRYING, IN_PROGRESS, COMPLETED = ("trying", 100, "Trying"), ("in-progress", 200, "OK"), ("completed", 200, "OK")


@pytest.fixture
def inbound(telco: Telco) -> Telco:
    telco.serve_inbound()
    return telco


async def sip_status(telco: Telco) -> int:
    row = (await telco.get("RecentCalls?page=1&count=1"))["data"][0]
    status: int = row["sip_status"]
    return status


async def test_the_call_hook_comes_first_then_trying_then_in_progress_when_a_verb_needs_media(inbound: Telco) -> None:
    inbound.answers({"verb": "pause", "length": 2}, {"verb": "say", "text": "hello there"})
    inbound.arrive()
    await inbound.run()

    assert inbound.callbacks == [
        ("answer", "trying"), ("status", "trying"), ("status", "in-progress"), ("status", "completed"),
    ]  # fmt: skip
    assert inbound.statuses() == [TRYING, IN_PROGRESS, COMPLETED]


async def test_the_record_is_there_from_the_call_hooks_answer_on(inbound: Telco) -> None:
    during: list[Any] = []

    async def answer(_: Any) -> list[Any]:
        during.append((await inbound.get("Calls"), await inbound.get("CallCount")))
        return [{"verb": "pause", "length": 60}]

    inbound.receiver.answers["/call"] = answer
    sid = inbound.arrive()
    await inbound.advance(1)

    assert during == [([], {"inbound": 1, "outbound": 0})]
    (record,) = await inbound.get("Calls")
    assert (record["call_sid"], record["call_status"], record["direction"]) == (sid, "trying", "inbound")
    assert record["originating_sip_trunk_name"] == "ringback"


@pytest.mark.parametrize(
    "answer", [[], {}, "text", b"", "[1]", [{"verb": "sing"}], [{"verb": "say"}], '{"not": "an array"}', "{"]
)
async def test_anything_but_verbs_refuses_the_call_without_a_trace_in_hooks_or_list(
    inbound: Telco, answer: Any
) -> None:
    inbound.receiver.answers["/call"] = answer
    sid = inbound.arrive()
    await inbound.run()

    assert inbound.receiver.paths == ["/call"]
    assert await inbound.get("Calls") == []
    assert (await inbound.request("GET", f"Calls/{sid}")).status_code == 404
    assert await sip_status(inbound) == 480
    (alert,) = (await inbound.get("Alerts?page=1&count=5"))["data"]
    assert alert["alert_type"] == "invalid-app-payload"


async def test_verbs_that_end_unanswered_refuse_the_call_and_leave_its_record_as_it_was(inbound: Telco) -> None:
    inbound.answers({"verb": "tag", "data": {"a": 1}}, {"verb": "hangup"})
    sid = inbound.arrive()
    await inbound.run()

    assert inbound.statuses() == [TRYING]
    assert (await inbound.get(f"Calls/{sid}"))["call_status"] == "trying"
    assert await inbound.get("CallCount") == {"inbound": 0, "outbound": 0}
    assert await sip_status(inbound) == 603


async def test_a_caller_who_gives_up_before_the_answer_is_no_answer_by_the_caller(inbound: Telco) -> None:
    inbound.answers({"verb": "pause", "length": 60})
    inbound.script(FarEnd.from_json({"gives_up_after": "5s"}))
    inbound.arrive()
    await inbound.run()

    last = inbound.receiver.requests[-1].json
    assert inbound.statuses() == [TRYING, ("no-answer", 487, "Request Terminated")]
    assert last["call_termination_by"] == "caller"


async def test_a_caller_who_hangs_up_after_the_answer_is_completed_by_the_caller(inbound: Telco) -> None:
    inbound.answers({"verb": "answer"}, {"verb": "pause", "length": 60})
    inbound.script(FarEnd.from_json({"hangs_up_after": "7s"}))
    inbound.arrive()
    await inbound.run()

    last = inbound.receiver.requests[-1].json
    assert (last["call_status"], last["call_termination_by"], last["duration"]) == ("completed", "caller", 7)


@pytest.mark.parametrize(
    ("verb", "told"),
    [
        ({"verb": "sip:decline", "status": 486}, ("failed", 486, "Busy Here")),
        ({"sip:decline": {"status": 480, "reason": "Gone fishing"}}, ("failed", 480, "Gone fishing")),
    ],
)
async def test_a_declined_call_is_failed_with_the_status_and_reason_given(inbound: Telco, verb: Any, told: Any) -> None:
    inbound.answers(verb)
    inbound.arrive()
    await inbound.run()

    assert inbound.statuses() == [TRYING, told]
    assert await sip_status(inbound) == told[1]


async def test_declining_an_answered_call_does_nothing(inbound: Telco) -> None:
    inbound.answers({"verb": "answer"}, {"verb": "sip:decline", "status": 486}, {"verb": "say", "text": "still here"})
    inbound.arrive()
    await inbound.run()

    assert inbound.statuses() == [TRYING, IN_PROGRESS, COMPLETED]


async def test_early_media_plays_before_the_answer(inbound: Telco) -> None:
    inbound.answers({"verb": "play", "url": "http://h/ring.mp3", "earlyMedia": True}, {"verb": "answer"})
    sid = inbound.arrive()
    await inbound.advance(1)
    assert inbound.leg(sid).state == "early media"
    await inbound.run()

    assert inbound.statuses() == [TRYING, IN_PROGRESS, COMPLETED]


async def test_the_call_hooks_payload_has_exactly_the_keys_of_an_inbound_call(inbound: Telco) -> None:
    sid = inbound.arrive()
    await inbound.run()

    hook = inbound.only("/call").json
    assert hook.keys() == {
        "call_sid", "direction", "from", "to", "call_id", "sbc_callid", "sip_status", "sip_reason", "call_status",
        "account_sid", "trace_id", "application_sid", "originating_sip_ip", "originating_sip_trunk_name", "caller_name",
        "has_recording", "local_sip_address", "public_ip", "service_provider_sid", "sip", "defaults",
    }  # fmt: skip
    assert (hook["call_sid"], hook["from"], hook["to"]) == (sid, CALLEE, inbound.number)
    assert hook["sip"].keys() == {"headers", "raw", "body", "method", "version", "uri", "payload"}
    assert hook["defaults"] == {
        "synthesizer": {"vendor": "google", "language": "en-US", "voice": "en-US-Standard-C"},
        "recognizer": {"vendor": "google", "language": "en-US"},
    }
    assert len(hook["trace_id"]) == 32


async def test_a_number_without_an_application_is_refused_without_hooks(inbound: Telco) -> None:
    (number, _) = await inbound.get("/v1/PhoneNumbers")
    await inbound.request("PUT", f"/v1/PhoneNumbers/{number['phone_number_sid']}", json={"application_sid": None})
    inbound.arrive()
    await inbound.run()

    assert inbound.receiver.requests == []
    assert await sip_status(inbound) == 404
    assert "has no application: PUT its PhoneNumbers resource" in hint(inbound)


async def test_an_application_whose_hook_nobody_has_set_is_none(telco: Telco) -> None:
    telco.arrive()
    await telco.run()

    assert await sip_status(telco) == 404
    assert "set call_hook in the settings of jambonz" in hint(telco)


def hint(telco: Telco) -> str:
    (note,) = [entry.data["text"] for entry in telco.sandbox.journal.entries() if entry.kind == "note"]
    return str(note)


async def test_an_unknown_number_is_refused_with_those_there_are(telco: Telco) -> None:
    with pytest.raises(Refused, match=rf"unknown_number.*\{telco.number}"):
        telco.arrive(to="+19995550000")


async def test_an_application_with_a_static_json_runs_it_without_asking(inbound: Telco) -> None:
    sid = inbound.account["application_sid"]
    static = json.dumps([{"verb": "say", "text": "static"}])
    assert (await inbound.request("PUT", f"/v1/Applications/{sid}", json={"app_json": static})).status_code == 204
    inbound.arrive()
    await inbound.run()

    assert inbound.receiver.to("/call") == []
    assert inbound.statuses() == [TRYING, IN_PROGRESS, COMPLETED]


async def test_an_inbound_call_whose_statuses_alone_want_a_websocket_is_not_emulated(telco: Telco) -> None:
    sid = telco.account["application_sid"]
    hooks = {"call_hook": {"url": "http://127.0.0.1:9/a"}, "call_status_hook": {"url": "ws://127.0.0.1:3000/app"}}
    await telco.request("PUT", f"/v1/Applications/{sid}", json=hooks)

    with pytest.raises(NotEmulated, match="a websocket for statuses alone"):
        telco.arrive()


async def test_the_receiver_down_at_the_call_hook_refuses_the_call(inbound: Telco) -> None:
    inbound.sandbox.put_settings("jambonz", {"call_hook": "http://127.0.0.1:9/call"})
    inbound.arrive()
    await inbound.run()

    assert await sip_status(inbound) == 480
    (alert,) = (await inbound.get("Alerts?page=1&count=5"))["data"]
    assert (alert["alert_type"], alert["message"]) == (
        "webhook-connection-failure", "failed to connect to http://127.0.0.1:9/call",
    )  # fmt: skip


async def test_an_applications_own_fallbacks_and_variables_come_with_the_call_hook(inbound: Telco) -> None:
    sid = inbound.account["application_sid"]
    change = {"env_vars": {"myKey": 1}, "fallback_speech_synthesis_vendor": "aws", "speech_synthesis_label": "x"}
    await inbound.request("PUT", f"/v1/Applications/{sid}", json=change)
    inbound.arrive()
    await inbound.run()

    hook = inbound.only("/call").json
    assert hook["env_vars"] == {"myKey": 1}
    assert (hook["defaults"]["synthesizer"]["fallback_vendor"], hook["defaults"]["synthesizer"]["label"]) == (
        "aws",
        "x",
    )


async def test_a_static_json_that_cannot_be_run_is_named_when_a_call_comes(inbound: Telco) -> None:
    sid = inbound.account["application_sid"]
    static = json.dumps([{"verb": "hangup", "colour": "red"}])
    await inbound.request("PUT", f"/v1/Applications/{sid}", json={"app_json": static})
    inbound.serve_inbound(strict_properties=True)

    with pytest.raises(NotEmulated, match="unknown property colour"):
        inbound.arrive()


async def test_no_call_status_hook_of_the_default_application_means_no_status_hooks(telco: Telco) -> None:
    telco.sandbox.put_settings("jambonz", {"call_hook": f"{telco.receiver.url}/call"})
    telco.arrive()
    await telco.place(application_sid=telco.account["application_sid"])
    await telco.run()

    assert telco.receiver.paths == ["/call", "/call"]
