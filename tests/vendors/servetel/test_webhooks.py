"""Whole calls and what is told of them: order, keys, words, spellings."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from starlette.responses import Response

from emulator.engine import events as e
from emulator.errors import UsageError
from emulator.scenarios.far_end import FarEnd, HangUp, Press, Reaction
from emulator.vendors.servetel.callbacks import render
from tests.vendors.servetel.conftest import (
    BUSY,
    CUSTOMER,
    HANGS_UP,
    MAGIC_AGENTS,
    NO_ANSWER,
    REJECTED,
    TRIGGERS,
    UNREACHABLE,
    Desk,
    agents,
    fixture,
)  # fmt: skip

KEYS = fixture("webhooks")["keys"]
AGENT = {"id": "0501234560001", "name": "Asha Verma"}
NUMBER = "+919811640001"


async def finished(desk: Desk, customer: str = CUSTOMER, **more: Any) -> list[str]:
    """A whole click-to-call, ended by the API if nobody else does."""
    await desk.call(customer, **more)
    await desk.advance(200)
    await desk.hang_up()
    return desk.told


async def inbound(desk: Desk, caller: str = CUSTOMER, place: int = 0) -> list[str]:
    desk.sandbox.arrive("servetel", caller, desk.account["numbers"][place])
    await desk.advance(200)
    await desk.hang_up()
    return desk.told


def end(desk: Desk) -> dict[str, Any]:
    """The last body, which is that of the end."""
    made: dict[str, Any] = desk.receiver.requests[-1].json
    return made


# --- order ---------------------------------------------------------------------------------------------------------


async def test_a_talked_click_to_call_is_told_three_times(desk: Desk) -> None:
    desk.listen()
    assert await finished(desk) == ["answered-by-agent", "answered-by-customer", "hangup"]


@pytest.mark.parametrize("customer", [BUSY, NO_ANSWER, REJECTED, UNREACHABLE])
async def test_a_customer_who_is_not_reached_makes_it_missed_but_connected(desk: Desk, customer: str) -> None:
    desk.listen()
    assert await finished(desk, customer) == ["answered-by-agent", "missed"]
    assert [end(desk)[key] for key in ("call_status", "call_connected", "reason_key", "outbound_sec")] == [
        "missed", "1", "noanswer", "0",
    ]  # fmt: skip


@pytest.mark.parametrize("agent", ["busy", "silent"])
async def test_an_agent_who_is_not_reached_makes_it_missed(desk: Desk, agent: str) -> None:
    desk.listen()
    assert await finished(desk, agent_number=MAGIC_AGENTS[agent]) == ["missed"]
    body = end(desk)
    keys = ("call_status", "call_connected", "answer_stamp", "answered_agent", "answered_agent_name", "duration")
    assert [body[key] for key in keys] == ["missed", "0", "", "", "", "0"]
    assert [missed["id"] for missed in body["missed_agent"]] == [MAGIC_AGENTS[agent]]
    assert body["customer_ring_time"] == ""


async def test_a_support_call_tells_of_the_customer_first(desk: Desk) -> None:
    desk.listen()
    await desk.support_call()
    await desk.advance(10)
    await desk.hang_up()
    assert desk.told == ["answered-by-customer", "answered-by-agent", "hangup"]


async def test_a_support_call_without_its_customer_is_missed(desk: Desk) -> None:
    desk.listen()
    await desk.support_call(NO_ANSWER)
    await desk.run()
    assert desk.told == ["missed"]
    assert (end(desk)["call_connected"], end(desk)["agent_ring_time"], end(desk)["missed_agent"]) == ("0", "", "")


async def test_an_answered_inbound_call_is_told_four_times(desk: Desk) -> None:
    desk.listen()
    assert await inbound(desk) == ["received", "dialed", "answered-by-agent", "hangup"]


async def test_a_missed_inbound_call_is_told_three_times(desk: Desk) -> None:
    desk.listen()
    desk.sandbox.put_far_end(NUMBER, FarEnd(outcome="no-answer"))
    assert await inbound(desk) == ["received", "dialed", "missed"]
    assert end(desk)["missed_agent"] == [{**AGENT, "number": NUMBER}]
    assert (end(desk)["direction"], end(desk)["call_connected"], end(desk)["ref_id"]) == ("inbound", "0", "")


async def test_a_caller_who_gives_up_is_told_as_a_caller(desk: Desk) -> None:
    desk.listen("missed")
    desk.sandbox.put_far_end(NUMBER, FarEnd(outcome="no-answer"))
    desk.sandbox.put_far_end(CUSTOMER, FarEnd(gives_up_after=timedelta(seconds=5)))
    await inbound(desk)
    assert (end(desk)["reason_key"], end(desk)["hangup_cause_key"]) == (
        "Call Disconnected By Caller", "ORIGINATOR_CANCEL",
    )  # fmt: skip


async def test_an_inbound_call_to_a_blocked_agent_is_missed_at_once(desk: Desk) -> None:
    desk.listen()
    await desk.post(f"/v1/agent/{desk.agent['id']}/block")
    assert await inbound(desk) == ["received", "missed"]
    assert end(desk)["end_stamp"] == end(desk)["start_stamp"]


async def test_an_inbound_call_to_hangup_is_rejected(desk: Desk) -> None:
    desk.listen()
    (number, _) = await desk.get("/v1/my_number")
    await desk.ask("PUT", f"/v1/my_number/{number['id']}", json={"destination": "hangup||1"})
    assert await inbound(desk) == ["received", "missed"]
    assert end(desk)["hangup_cause_key"] == "CALL_REJECTED"


async def test_without_webhooks_nothing_is_sent(desk: Desk) -> None:
    assert await finished(desk) == []
    assert not desk.sandbox.outbox.deliveries


async def test_missed_or_answered_hears_both_ends_under_their_own_names(desk: Desk) -> None:
    desk.listen("missed-or-answered")
    await finished(desk)
    await finished(desk, BUSY)
    assert [delivery.callback for delivery in desk.sandbox.outbox.deliveries.values()] == ["hangup", "missed"]


async def test_two_webhooks_of_one_trigger_are_told_in_their_order(desk: Desk) -> None:
    hooks = [{"url": f"{desk.receiver.url}/{name}", "trigger": "hangup"} for name in ("one", "two")]
    desk.settings(webhooks=hooks)
    assert await finished(desk) == ["one", "two"]


# --- bodies --------------------------------------------------------------------------------------------------------


async def test_every_body_has_its_keys_in_order(desk: Desk) -> None:
    desk.listen()
    await finished(desk)
    await inbound(desk)
    await finished(desk, BUSY)
    for request in desk.receiver.requests:
        trigger = request.path.removeprefix("/")
        assert list(request.json) == KEYS["hangup" if trigger == "missed" else trigger]
        assert request.headers["content-type"] == "application/json"
        assert not [name for name in request.headers if "signature" in name]


async def test_the_answered_bodies_of_a_click_to_call(desk: Desk) -> None:
    desk.listen()
    sent = await desk.call(custom_identifier="order-7")
    await desk.advance(10)
    agent, customer = desk.body("answered-by-agent"), desk.body("answered-by-customer")
    common = {
        "uuid": agent["uuid"], "call_to_number": "919876543210", "caller_id_number": "+918069640001",
        "start_stamp": "2026-01-01 05:30:00", "billing_circle": agent["billing_circle"],
        "customer_no_with_prefix": CUSTOMER, "direction": "click_to_call", "ref_id": sent["ref_id"],
        "custom_identifier": "order-7",
    }  # fmt: skip
    (row,) = await desk.live()
    assert agent == {
        **common, "call_id": row["call_id"], "answer_agent_number": NUMBER, "call_status": "Answered by agent",
    }  # fmt: skip
    assert customer == {
        **common, "answered_agent_number": {"follow_me_number": NUMBER, **AGENT}, "customer_ring_time": "2",
        "call_status": "Answered by customer",
    }  # fmt: skip
    assert len(agent["uuid"]) == 13 and int(agent["uuid"][:8], 16) == 1767225600
    assert list(agent["billing_circle"]) == ["operator", "circle"]


async def test_the_end_of_a_talked_click_to_call(desk: Desk) -> None:
    desk.listen("hangup")
    desk.sandbox.put_far_end(CUSTOMER, FarEnd(hangs_up_after=timedelta(seconds=30)))
    sent = await desk.call()
    (row,) = await desk.live()
    await desk.run()
    body = desk.body("hangup")
    start = 1767225600
    assert body.pop("uuid") and body.pop("billing_circle") and len(body.pop("aws_call_recording_identifier")) == 32
    assert body == {
        "call_id": row["call_id"], "call_to_number": "919876543210", "caller_id_number": "8069640001",
        "start_stamp": "2026-01-01 05:30:00", "customer_no_with_prefix": CUSTOMER, "answered_agent_number": NUMBER,
        "call_status": "answered", "direction": "clicktocall", "ref_id": sent["ref_id"], "custom_identifier": "",
        "customer_ring_time": "2",
        "call_flow": [
            {"type": "init", "value": row["call_id"], "time": str(start)},
            {"type": "Agent", **AGENT, "dialst": "Answered", "num": NUMBER, "time": start + 2},
            {"type": "ClickToCall", "name": f"PJSIP/{CUSTOMER}", "time": start + 2},
            {"anstime": start + 4, "time": start + 4},
            {"type": "hangup", "time": start + 34},
        ],
        "answer_stamp": "2026-01-01 05:30:02", "end_stamp": "2026-01-01 05:30:34", "duration": "32", "billsec": "32",
        "answered_agent": {**AGENT, "dialst": "Answered", "number": NUMBER, "agent_number": NUMBER},
        "answered_agent_name": "Asha Verma", "missed_agent": "", "digits_dialed": "", "broadcast_lead_fields": "",
        "recording_url": "", "recording_name": "", "outbound_sec": "30", "agent_ring_time": "2",
        "agent_transfer_ring_time": "", "call_connected": "1", "campaign_name": "$campaign_name",
        "campaign_id": "$campaign_id", "reason_key": "Call Disconnected By Callee",
        "hangup_cause_key": "NORMAL_CLEARING", "hangup_cause_code": "16",
        "hangup_cause_description": "Normal call clearing", "hangup_cause": "Normal call clearing",
    }  # fmt: skip


async def test_the_bodies_of_an_inbound_call(desk: Desk) -> None:
    desk.listen()
    await inbound(desk)
    received, dialed, answered = desk.body("received"), desk.body("dialed"), desk.body("answered-by-agent")
    for body in (received, dialed, answered, desk.body("hangup")):
        assert (body["call_to_number"], body["caller_id_number"]) == ("+918069640001", CUSTOMER)
    assert dialed["agent_number"] == NUMBER
    assert [entry.get("dialst") for entry in dialed["call_flow"]] == [None, "Dialed"]
    assert (answered["direction"], answered["answer_agent_number"]) == ("inbound", NUMBER)
    assert (desk.body("hangup")["direction"], desk.body("hangup")["call_status"]) == ("inbound", "answered")


@pytest.mark.parametrize(
    ("customer", "key", "code"),
    [
        (BUSY, "USER_BUSY", "17"), (NO_ANSWER, "NO_ANSWER", "19"), (REJECTED, "CALL_REJECTED", "21"),
        (UNREACHABLE, "DESTINATION_OUT_OF_ORDER", "27"),
    ],
)  # fmt: skip
async def test_a_magic_number_has_its_own_cause(desk: Desk, customer: str, key: str, code: str) -> None:
    desk.listen("missed")
    await finished(desk, customer)
    assert (end(desk)["hangup_cause_key"], end(desk)["hangup_cause_code"]) == (key, code)
    (row,) = (await desk.records())["results"]
    assert row["hangup_cause"] == end(desk)["hangup_cause_description"]


@pytest.mark.parametrize(
    ("who", "reason"), [(CUSTOMER, "Call Disconnected By Callee"), (NUMBER, "Call Disconnected By Caller")]
)
@pytest.mark.parametrize("is_support", [False, True])
async def test_whoever_hangs_up_a_placed_call_is_named(desk: Desk, who: str, reason: str, is_support: bool) -> None:
    desk.listen("hangup")
    desk.sandbox.put_far_end(who, FarEnd(reactions=(Reaction(HangUp(), at=timedelta(seconds=20)),)))
    await (desk.support_call() if is_support else desk.call())
    await desk.run()
    assert end(desk)["reason_key"] == reason


async def test_the_agent_who_hangs_up_an_inbound_call_is_the_callee(desk: Desk) -> None:
    desk.listen("hangup")
    desk.sandbox.put_far_end(NUMBER, FarEnd(hangs_up_after=timedelta(seconds=20)))
    await inbound(desk)
    assert end(desk)["reason_key"] == "Call Disconnected By Callee"


async def test_the_agent_who_gives_up_while_the_customer_rings_is_the_caller(desk: Desk) -> None:
    desk.listen("missed")
    desk.sandbox.put_far_end(NUMBER, FarEnd(hangs_up_after=timedelta(seconds=5)))
    await finished(desk, NO_ANSWER)
    assert (end(desk)["reason_key"], end(desk)["hangup_cause_key"]) == (
        "Call Disconnected By Caller", "ORIGINATOR_CANCEL",
    )  # fmt: skip


async def test_what_the_api_ends_counts_as_the_callers(desk: Desk) -> None:
    desk.listen("hangup")
    await finished(desk)
    assert end(desk)["reason_key"] == "Call Disconnected By Caller"


async def test_a_customer_who_hangs_up_at_once_has_answered(desk: Desk) -> None:
    desk.listen()
    assert await finished(desk, HANGS_UP) == ["answered-by-agent", "answered-by-customer", "hangup"]
    assert end(desk)["outbound_sec"] == "0"


async def test_fields_of_the_client_come_back_in_every_body(desk: Desk) -> None:
    desk.listen()
    given = {"custom_identifier": {"order": 7}, "batch": "b-1", "uuid": "mine"}
    await finished(desk, **given)
    for request in desk.receiver.requests:
        body = request.json
        assert (body["custom_identifier"], body["batch"]) == ({"order": 7}, "b-1")
        assert body["uuid"] != "mine"
        assert "async" not in body


async def test_a_pressed_key_goes_off_for_what_an_ivr_collected(desk: Desk) -> None:
    desk.listen()
    desk.sandbox.put_far_end(CUSTOMER, FarEnd(reactions=(Reaction(Press("1"), at=timedelta(seconds=1)),)))
    desk.sandbox.arrive("servetel", CUSTOMER, desk.account["numbers"][0])
    await desk.advance(10)
    assert "dtmf" not in desk.told
    view = desk.sandbox.views["servetel"]
    leg = view.leg("c1.0")
    assert leg is not None
    (request,) = render(e.DigitsCollected(desk.sandbox.clock.now(), leg, "12", "", "max"), view)
    assert (request.callback, list(request.body.value)) == ("dtmf", KEYS["dtmf"])  # type: ignore[union-attr]
    body = request.body.value  # type: ignore[union-attr]
    assert (body["digit_pressed"], body["date"]) == ("12", "2026-01-01 05:30:10")
    assert render(e.DigitsCollected(desk.sandbox.clock.now(), leg, "", "yes", "silence"), view) == ()


# --- the panel's choices -------------------------------------------------------------------------------------------


async def test_a_form_has_the_same_fields_with_nested_ones_as_json_text(desk: Desk) -> None:
    desk.listen("hangup", format="form", headers={"X-Token": "secret"})
    await finished(desk, custom_identifier={"order": 7}, name="Zoë")
    request = desk.only("/hangup")
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    assert request.headers["x-token"] == "secret"
    assert list(request.form) == [*KEYS["hangup"], "name"]
    assert request.form["answered_agent"] == (
        '{"id":"0501234560001","name":"Asha Verma","dialst":"Answered","number":"+919811640001",'
        '"agent_number":"+919811640001"}'
    )
    assert (request.form["custom_identifier"], request.form["name"]) == ('{"order":7}', "Zoë")


@pytest.mark.parametrize("tail", ["", "?mine=1", "?mine=1#part"])
async def test_a_get_carries_its_fields_in_the_query(desk: Desk, tail: str) -> None:
    hook = {"url": f"{desk.receiver.url}/got{tail}", "trigger": "answered-by-agent", "method": "GET"}
    desk.settings(webhooks=[hook])
    await finished(desk)
    (request,) = desk.receiver.to("/got")
    assert (request.method, request.body) == ("GET", b"")
    mine = ["mine"] if tail else []
    assert list(request.query) == [*mine, *KEYS["answered-by-agent"]]
    assert request.query["customer_no_with_prefix"] == CUSTOMER
    (delivery,) = desk.sandbox.outbox.deliveries.values()
    assert dict(parse_qsl(urlsplit(delivery.request.url).query))["call_status"] == "Answered by agent"


@pytest.mark.unjudged("the panel's own template says what is sent")
async def test_a_template_takes_variables_anywhere_and_leaves_what_nobody_knows(desk: Desk) -> None:
    template = {
        "id": "$call_id", "who": "Agent $agent_name ($agent_number)", "agent": "$answered_agent", "price": "5$",
        "nested": {"list": ["$call_status", 7, None]}, "skill": "$skill_name", "batch": "$batch", "kind": "status",
        "text": "said: $answered_agent",
    }  # fmt: skip
    desk.listen("hangup", body=template)
    await finished(desk, batch="b-1")
    body = desk.body("hangup")
    assert list(body) == list(template)
    assert (body["who"], body["price"], body["skill"], body["batch"], body["kind"]) == (
        f"Agent Asha Verma ({NUMBER})", "5$", "$skill_name", "b-1", "status",
    )  # fmt: skip
    assert body["agent"]["name"] == "Asha Verma"
    assert body["nested"] == {"list": ["answered", 7, None]}
    assert body["text"].startswith('said: {"id":"0501234560001"')


@pytest.mark.unjudged("the contract is with the brand that spells it without")
@pytest.mark.parametrize(
    ("settings", "has_blank"),
    [
        ({}, False), ({"profile": "smartflo"}, True), ({"trailing_blank": "yes"}, True),
        ({"profile": "smartflo", "trailing_blank": "no"}, False),
    ],
)  # fmt: skip
async def test_smartflos_key_has_a_blank_at_its_end(desk: Desk, settings: dict[str, Any], has_blank: bool) -> None:
    desk.listen("hangup", settings=settings)
    await finished(desk)
    spelled = [key for key in desk.body("hangup") if key.startswith("customer_no_with_prefix")]
    assert spelled == ["customer_no_with_prefix " if has_blank else "customer_no_with_prefix"]


async def test_a_failed_webhook_is_not_tried_again_and_holds_up_nothing(desk: Desk) -> None:
    desk.listen()
    desk.receiver.answers["/answered-by-agent"] = Response(status_code=500)
    assert await finished(desk) == ["answered-by-agent", "answered-by-customer", "hangup"]


async def test_retries_are_a_setting(desk: Desk) -> None:
    desk.listen("hangup", settings={"webhook_retries": 2, "webhook_retry_wait": 3})
    desk.receiver.answers["/hangup"] = Response(status_code=500)
    await finished(desk)
    (delivery,) = desk.sandbox.outbox.deliveries.values()
    times = [attempt.at for attempt in delivery.attempts]
    assert [later - earlier for earlier, later in pairwise(times)] == [timedelta(seconds=3)] * 2


@pytest.mark.parametrize(
    "hook",
    [
        {"url": "http://x/", "trigger": "ivr"},
        {"url": "ftp://x/", "trigger": "hangup"},
        {"trigger": "hangup"},
        {"url": "http://x/", "trigger": "hangup", "methd": "GET"},
        {"url": "http://x/", "trigger": "hangup", "method": "PUT"},
    ],
)
async def test_a_wrong_webhook_is_refused_and_changes_nothing(desk: Desk, hook: dict[str, Any]) -> None:
    desk.listen("hangup")
    before = desk.sandbox.settings["servetel"]
    with pytest.raises(UsageError):
        desk.settings(webhooks=[hook])
    assert desk.sandbox.settings["servetel"] is before


async def test_every_trigger_can_be_set(desk: Desk) -> None:
    desk.listen(*TRIGGERS, "missed-or-answered")
    assert len(desk.sandbox.settings["servetel"].webhooks) == 9


async def test_settings_agents_are_added_and_replace_by_id(desk: Desk) -> None:
    changed = {"id": desk.agent["id"], "name": "Asha V", "number": "+919811640009"}
    desk.settings(agents=[*agents(), changed])
    await desk.call()
    (row,) = await desk.live()
    assert (row["agent_name"], row["source"]) == ("Asha V", "+919811640009")
    assert len((await desk.get("/v1/users"))["data"]) == 6
