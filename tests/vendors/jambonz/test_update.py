"""Update and delete: one action per request, its rules, and what it does to the call."""

from __future__ import annotations

from typing import Any

import pytest

from tests.vendors.jambonz.conftest import CALLEE, Telco

MISSING = "00000000-0000-4000-8000-00000000abcd"
OTHER = "+15085551313"
TALK = [{"verb": "pause", "length": 600}]


async def talking(telco: Telco, *verbs: dict[str, Any], **more: Any) -> str:
    telco.answers(*(verbs or TALK))
    sid = await telco.place(**more)
    await telco.advance(3)
    assert telco.leg(sid).state == "answered"
    return sid


async def bridged(telco: Telco) -> tuple[str, str]:
    dial = {"verb": "dial", "target": [{"type": "phone", "number": OTHER}], "actionHook": "/dial"}
    parent = await talking(telco, dial, {"verb": "say", "text": "after"})
    await telco.advance(3)
    partner = telco.leg(parent).partner
    assert partner is not None
    return parent, partner.name


# --- what may be asked ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({}, "no valid options supplied to updateCall"),
        ({"call_status": "", "mute_status": None, "dtmf": 0, "tag": False}, "no valid options supplied to updateCall"),
        ({"noise_isolation_status": "enable"}, "no valid options supplied to updateCall"),
        ({"call_status_hook": "http://h"}, "no valid options supplied to updateCall"),
        ({"call_status": "completed", "tag": {}}, "multiple options are not allowed in updateCall"),
        ({"call_hook": "/a", "child_call_hook": "/b", "tag": {}}, "multiple options are not allowed in updateCall"),
        ({"whisper": {}, "tag": {}, "mute_status": "mute"}, "multiple options are not allowed in updateCall"),
        ({"call_status": "busy"}, "invalid call_status"),
        ({"listen_status": "x"}, "invalid listen_status"),
        ({"mute_status": "x"}, "invalid mute_status"),
        ({"conf_hold_status": "x"}, "invalid conf_hold_status"),
        ({"conf_mute_status": {}}, "invalid conf_mute_status"),
        ({"media_path": "x"}, "invalid media_path"),
        ({"sip_request": {"method": "INFO"}}, "sip_request requires method, content_type and content properties"),
        ({"record": {"type": "cloud"}}, "record requires action property"),
        ({"record": {"action": "startCallRecording"}},
         "record requires siprecServerURL property when starting recording"),
        ({"dtmf": {"duration": 5}}, "invalid dtmf"),
        ({"dtmf": "5"}, "invalid dtmf"),
        ({"tag": "x"}, "invalid tag data"),
        ({"tag": [1]}, "invalid tag data"),
        ({"conferenceParticipantAction": {"action": "fly"}}, "conferenceParticipantAction invalid action property fly"),
        ({"conferenceParticipantAction": {"action": "tag"}},
         "conferenceParticipantAction requires tag property when action is 'tag'"),
        ({"conferenceParticipantAction": {"action": "coach"}},
         "conferenceParticipantAction requires tag property when action is 'coach'"),
    ],
)  # fmt: skip
async def test_each_rule_has_its_text_also_for_an_unknown_call(telco: Telco, body: dict[str, Any], text: str) -> None:
    response = await telco.put(MISSING, **body)

    assert (response.status_code, response.json()) == (400, {"msg": text})


async def test_an_unknown_call_is_a_404_in_plain_text(telco: Telco) -> None:
    for method, body in (("PUT", {"tag": {}}), ("POST", {"tag": {}}), ("GET", None), ("DELETE", None)):
        response = await telco.request(method, f"Calls/{MISSING}", json=body)
        assert (response.status_code, response.text) == (404, "Not Found")
        assert response.headers["content-type"] == "text/plain; charset=utf-8"


async def test_post_is_an_alias_and_the_answer_is_accepted_in_plain_text(telco: Telco) -> None:
    sid = await talking(telco)
    response = await telco.request("POST", f"Calls/{sid}", json={"tag": {"a": 1}})

    assert (response.status_code, response.text) == (202, "Accepted")
    assert response.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    "body",
    [
        {"listen_status": "pause"}, {"transcribe_status": "anything"}, {"conf_mute_status": "mute"},
        {"conf_hold_status": "hold"}, {"conferenceParticipantAction": {"action": "mute"}}, {"mute_status": "mute"},
        {"whisper": {"verb": "say", "text": "psst"}}, {"media_path": "no-media"}, {"child_call_hook": "/child"},
        {"call_hook": {"method": "POST"}}, {"call_hook": {"url": "/x", "method": "PUT"}},
    ],
)  # fmt: skip
async def test_what_is_impossible_now_is_accepted_and_ignored(telco: Telco, body: dict[str, Any]) -> None:
    sid = await talking(telco)
    before = len(telco.receiver.requests)

    response = await telco.put(sid, **body)
    await telco.advance(1)

    assert (response.status_code, response.text) == (202, "Accepted")
    assert telco.leg(sid).state == "answered"
    assert len(telco.receiver.requests) == before


async def test_dub_is_a_501_by_name(telco: Telco) -> None:
    sid = await talking(telco)
    response = await telco.put(sid, dub={"action": "addTrack"})

    assert response.status_code == 501
    assert response.headers["x-ringback-not-emulated"] == "update call dub"


# --- call_status ---------------------------------------------------------------------------------------------------


async def test_completed_hangs_up_an_answered_call(telco: Telco) -> None:
    sid = await talking(telco)
    await telco.put(sid, call_status="completed")
    await telco.run()

    last = telco.receiver.requests[-1].json
    assert (last["call_status"], last["call_termination_by"], last["duration"]) == ("completed", "jambonz", 1)


async def test_no_answer_gives_up_a_ringing_call(telco: Telco) -> None:
    sid = await telco.place()
    await telco.put(sid, call_status="no-answer")
    await telco.run()

    assert telco.statuses()[-1] == ("no-answer", 487, "Request Terminated")


async def test_completed_before_the_answer_is_a_422_as_html(telco: Telco) -> None:
    sid = await telco.place()
    response = await telco.put(sid, call_status="completed")

    text = f"current call state is incompatible with requested action for call_sid {sid}"
    assert (response.status_code, response.text) == (422, text)
    assert response.headers["content-type"] == "text/html; charset=utf-8"


async def test_no_answer_after_the_answer_is_a_422(telco: Telco) -> None:
    sid = await talking(telco)

    assert (await telco.put(sid, call_status="no-answer")).status_code == 422


async def test_a_call_that_is_over_is_gone(telco: Telco) -> None:
    sid = await telco.place()
    await telco.run()
    response = await telco.put(sid, call_status="completed")

    assert (response.status_code, response.text) == (422, f"call session is gone for call_sid {sid}")
    assert response.headers["content-type"] == "text/html; charset=utf-8"


async def test_no_answer_refuses_an_inbound_call_without_a_final_hook(telco: Telco) -> None:
    telco.serve_inbound()
    telco.answers(*TALK)
    sid = telco.arrive()
    await telco.advance(1)
    await telco.put(sid, call_status="no-answer")
    await telco.run()

    assert telco.statuses() == [("trying", 100, "Trying")]
    assert (await telco.get("RecentCalls?page=1&count=1"))["data"][0]["sip_status"] == 503
    assert (await telco.get(f"Calls/{sid}"))["call_status"] == "trying"


# --- call_hook -----------------------------------------------------------------------------------------------------


async def test_a_new_call_hook_is_asked_with_the_base_payload_and_its_verbs_replace_the_running_ones(
    telco: Telco,
) -> None:
    sid = await talking(telco)
    telco.answers({"verb": "say", "text": "moved"}, path="/moved")
    await telco.put(sid, call_hook="/moved")
    await telco.run()

    moved = telco.only("/moved").json
    assert moved["call_status"] == "in-progress"
    assert not {"defaults", "sip"} & moved.keys()
    assert telco.statuses()[-1][0] == "completed"


async def test_a_status_hook_comes_with_a_call_hook_only(telco: Telco) -> None:
    sid = await talking(telco)
    alone = await telco.put(sid, tag={"a": 1}, call_status_hook="/told")
    text = f"call_status_hook can be updated only when call_hook is also being updated for call_sid {sid}"
    assert (alone.status_code, alone.json()) == (400, {"msg": text})
    assert telco.leg(sid).memo.get("tag") is None

    await telco.put(sid, call_hook={"url": "/moved", "method": "POST"}, call_status_hook="/told")
    await telco.run()

    assert telco.statuses(path="/told") == [("completed", 200, "OK")]


async def test_a_new_call_hook_for_a_ringing_call_is_accepted_and_ignored(telco: Telco) -> None:
    sid = await telco.place()
    assert (await telco.put(sid, call_hook="/moved")).status_code == 202
    await telco.run()

    assert "/moved" not in telco.receiver.paths


async def test_the_dialled_leg_leaves_with_a_hook_of_its_own(telco: Telco) -> None:
    parent, child = await bridged(telco)
    telco.answers({"verb": "say", "text": "alone"}, path="/child")
    await telco.put(parent, child_call_hook="/child")
    await telco.run()

    asked = telco.only("/child").json
    assert (asked["call_sid"], asked["parent_call_sid"], asked["call_status"]) == (child, parent, "in-progress")
    assert telco.statuses(child)[-1] == telco.statuses(parent)[-1] == ("completed", 200, "OK")


async def test_both_legs_may_be_moved_at_once(telco: Telco) -> None:
    parent, child = await bridged(telco)
    telco.answers(*TALK, path="/one")
    telco.answers(*TALK, path="/two")
    await telco.put(parent, call_hook="/one", child_call_hook="/two")
    await telco.advance(1)

    assert telco.only("/one").json["call_sid"] == parent
    assert telco.only("/two").json["call_sid"] == child
    assert [telco.leg(sid).state for sid in (parent, child)] == ["answered", "answered"]
    assert telco.leg(parent).partner is None


# --- tag -----------------------------------------------------------------------------------------------------------


async def test_a_tag_replaces_customer_data_from_the_next_hook_on(telco: Telco) -> None:
    sid = await talking(telco, tag={"a": 1, "b": 2})
    await telco.put(sid, tag={"c": 3})
    await telco.put(sid, call_status="completed")
    await telco.run()

    assert telco.receiver.requests[-2].json["customerData"] == {"a": 1, "b": 2}
    assert telco.receiver.requests[-1].json["customerData"] == {"c": 3}


# --- delete --------------------------------------------------------------------------------------------------------


async def test_a_deleted_call_goes_on_and_its_next_status_can_be_retrieved_but_not_listed(telco: Telco) -> None:
    sid = await talking(telco)
    response = await telco.request("DELETE", f"Calls/{sid}")

    assert (response.status_code, response.content) == (204, b"")
    assert "content-type" not in response.headers
    assert telco.leg(sid).state == "answered"
    assert await telco.get("Calls") == []
    assert (await telco.request("GET", f"Calls/{sid}")).status_code == 404
    assert (await telco.put(sid, call_status="completed")).status_code == 404
    assert await telco.get("CallCount") == {"inbound": 0, "outbound": 1}

    await telco.advance(600)
    assert (await telco.get(f"Calls/{sid}"))["call_status"] == "completed"
    assert await telco.get("Calls") == []


async def test_deleting_hangs_up_where_the_switch_says_so(telco: Telco) -> None:
    telco.sandbox.put_settings("jambonz", {"delete_hangs_up": True})
    sid = await talking(telco)
    await telco.request("DELETE", f"Calls/{sid}")
    await telco.run()

    assert telco.statuses()[-1][0] == "completed"
    assert (await telco.request("GET", f"Calls/{sid}")).status_code == 404


async def test_deleting_a_call_that_is_over_forgets_its_record(telco: Telco) -> None:
    telco.sandbox.put_settings("jambonz", {"delete_hangs_up": True})
    sid = await telco.place(CALLEE)
    await telco.run()

    assert (await telco.request("DELETE", f"Calls/{sid}")).status_code == 204
    assert (await telco.request("DELETE", f"Calls/{sid}")).status_code == 404
