"""Two-legged calls on a virtual clock: what either party hears, and what the application and the records say."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.responses import Response

from emulator.engine import events as e
from tests.fakes.receiver import Received
from tests.vendors.vobiz.conftest import CALLEE, Telco, wire
from tests.vendors.vobiz.far_ends import scripted
from tests.vendors.vobiz.test_whole_calls import ending

FIRST, SECOND = "+919876543211", "+919876543212"
LONG = "<Wait length='3600'/>"


def dial(telco: Telco, more: str = "", inside: str = f"<Number>{FIRST}</Number>", then: str = "") -> None:
    url = telco.receiver.url
    telco.answers(f"<Dial action='{url}/action' callbackUrl='{url}/event' {more}>{inside}</Dial>", then)


def both(*numbers: str) -> str:
    return "".join(f"<Number>{number}</Number>" for number in numbers)


def events(telco: Telco) -> list[str]:
    return [received.form["Event"] for received in telco.receiver.to("/event")]


def told(telco: Telco, event: str) -> dict[str, str]:
    (form,) = [received.form for received in telco.receiver.to("/event") if received.form["Event"] == event]
    return form


def journal(telco: Telco, kind: type[Any]) -> list[Any]:
    return [entry.data for entry in telco.sandbox.journal.entries() if isinstance(entry.data, kind)]


def heard(telco: Telco, leg: str) -> list[str]:
    return [event.text for event in journal(telco, e.SpeakingStarted) if event.leg.id == leg]


def keys(example: str) -> set[str]:
    return set(wire(example)["request"]["form"])


async def finish(telco: Telco, to: str = CALLEE) -> str:
    uuid = await telco.place(to)
    await telco.run()
    return uuid


# --- callbacks -----------------------------------------------------------------------------------------------------


async def test_an_answered_dial_is_told_step_by_step_and_then_asks_its_action(telco: Telco) -> None:
    telco.script(scripted().hangs_up(after=8).far_end, FIRST)
    dial(telco, then="<Speak>never</Speak>")
    telco.answers("<Hangup/>", path="/action")
    await finish(telco)
    assert telco.receiver.paths == ["/ring", "/answer", "/event", "/event", "/event", "/action", "/hangup"]
    assert events(telco) == ["DialAnswer", "DialConnected", "DialHangup"]
    assert [each for each in telco.callbacks if each.startswith("dial")] == ["dial-event"] * 3 + ["dial"]
    assert ending(telco)[4] == "Answer XML"


async def test_the_forms_have_exactly_the_documented_fields(telco: Telco) -> None:
    telco.script(scripted().hangs_up(after=8).far_end, FIRST)
    dial(telco)
    uuid = await finish(telco)
    child = telco.sandbox.engine.legs["c1.1"].name
    assert set(told(telco, "DialAnswer")) == set(told(telco, "DialConnected")) == keys("callback_dial_connected")
    assert set(told(telco, "DialHangup")) == keys("callback_dial_hangup")
    form = told(telco, "DialConnected")
    wanted = {
        "CallUUID": uuid, "DialALegUUID": uuid, "DialBLegUUID": child, "DialBLegFrom": telco.number[1:],
        "DialBLegTo": FIRST[1:], "DialBLegPosition": "1", "DialBLegStatus": "connected", "DialAction": "connected",
        "CallStatus": "in-progress", "To": CALLEE[1:],
    }  # fmt: skip
    assert {name: form[name] for name in wanted} == wanted
    form = told(telco, "DialHangup")
    wanted = {
        "DialBLegDuration": "8", "DialBLegBillDuration": "60", "DialBLegHangupCause": "NORMAL_CLEARING",
        "DialBLegHangupCauseName": "Normal Hangup", "DialBLegHangupCauseCode": "4000",
        "DialBLegHangupSource": "Callee", "DialAction": "hangup",
    }  # fmt: skip
    assert {name: form[name] for name in wanted} == wanted
    action = telco.sent("/action")
    assert set(action) == keys("callback_dial")
    assert (action["DialStatus"], action["DialRingStatus"], action["DialHangupCause"]) == (
        "completed",
        "true",
        "NORMAL_CLEARING",
    )
    assert (action["DialALegUUID"], action["DialBLegUUID"], action["Event"]) == (uuid, child, "DialAction")


async def test_the_method_of_each_url_is_kept(telco: Telco) -> None:
    telco.script(scripted().is_busy().far_end, FIRST)
    dial(telco, "method='GET' callbackMethod='get'")
    await finish(telco)
    assert telco.only("/action").method == telco.only("/event").method == "GET"
    assert telco.only("/action").query["DialStatus"] == "busy"
    assert telco.only("/event").query["DialAction"] == "hangup"


STATUSES = [
    (scripted().is_busy(), "busy", "USER_BUSY"),
    (scripted().rings_for_ever(), "no-answer", "NO_ANSWER"),
    (scripted().does_not_answer(), "no-answer", "NO_ANSWER"),
    (scripted().rejects(), "failed", "CALL_REJECTED"),
    (scripted().is_unreachable(), "failed", "DESTINATION_OUT_OF_ORDER"),
    (scripted().ends_in("carrier-timeout"), "timeout", "RECOVERY_ON_TIMER_EXPIRE"),
    (scripted().hangs_up(after=3), "completed", "NORMAL_CLEARING"),
]


@pytest.mark.parametrize(("far_end", "status", "cause"), STATUSES, ids=[f"{row[1]} {row[2]}" for row in STATUSES])
async def test_each_outcome_has_its_status(telco: Telco, far_end: Any, status: str, cause: str) -> None:
    telco.script(far_end.far_end, FIRST)
    dial(telco)
    await finish(telco)
    form = telco.sent("/action")
    assert (form["DialStatus"], form["DialHangupCause"]) == (status, cause)
    assert (form["DialBLegUUID"] != "") == (status == "completed")
    assert form["DialRingStatus"] == str(bool(telco.sandbox.engine.legs["c1.1"].ringing_at)).lower()


async def test_a_caller_who_hangs_up_while_it_rings_cancels(telco: Telco) -> None:
    telco.script(scripted().hangs_up(after=4).far_end)
    telco.script(scripted().rings_for_ever().far_end, FIRST)
    dial(telco)
    await finish(telco)
    form = telco.sent("/action")
    assert (form["DialStatus"], form["DialHangupCause"], form["DialBLegUUID"]) == ("cancel", "ORIGINATOR_CANCEL", "")
    assert told(telco, "DialHangup")["DialBLegHangupSource"] == "Caller"
    assert telco.receiver.paths[-1] == "/hangup"


async def test_a_destination_that_is_none_fails(telco: Telco) -> None:
    dial(telco, inside="<Number>12</Number>")
    await finish(telco)
    form = telco.sent("/action")
    assert (form["DialStatus"], form["DialRingStatus"], form["DialHangupCause"]) == (
        "failed",
        "false",
        "INVALID_NUMBER",
    )


async def test_redirect_false_tells_and_goes_on(telco: Telco) -> None:
    telco.script(scripted().is_busy().far_end, FIRST)
    dial(telco, "redirect='false'", then="<Speak>sorry</Speak>")
    telco.answers("<Hangup/>", path="/action")
    await finish(telco)
    assert telco.sent("/action")["DialStatus"] == "busy"
    assert heard(telco, "c1.0") == ["sorry"]
    assert ending(telco)[2] == "4010"


@pytest.mark.parametrize(
    ("answer", "code"), [(Response("", 500), "7012"), (Response("x", media_type="application/xml"), "8012")]
)
async def test_an_action_that_fails_ends_the_call(telco: Telco, answer: Response, code: str) -> None:
    telco.script(scripted().is_busy().far_end, FIRST)
    dial(telco, then="<Speak>never</Speak>")
    telco.receiver.answers["/action"] = answer
    await finish(telco)
    assert ending(telco)[2] == code


async def test_without_an_action_the_next_element_runs(telco: Telco) -> None:
    telco.script(scripted().is_busy().far_end, FIRST)
    telco.answers(f"<Dial>{FIRST}</Dial>", "<Speak>sorry</Speak>")
    await finish(telco)
    assert telco.receiver.paths == ["/ring", "/answer", "/hangup"]
    assert heard(telco, "c1.0") == ["sorry"]


# --- several at once -----------------------------------------------------------------------------------------------


async def test_the_first_to_answer_wins_and_the_other_has_lost_the_race(telco: Telco) -> None:
    telco.script(scripted().rings(9).far_end, FIRST)
    telco.script(scripted().rings(3).hangs_up(after=5).far_end, SECOND)
    dial(telco, inside=both(FIRST, SECOND))
    await finish(telco)
    steps = [(each.form["DialAction"], each.form["DialBLegPosition"]) for each in telco.receiver.to("/event")]
    assert sorted(steps) == [("answer", "2"), ("connected", "2"), ("hangup", "1"), ("hangup", "2")]
    lost = next(each.form for each in telco.receiver.to("/event") if each.form["DialBLegPosition"] == "1")
    assert (lost["DialBLegHangupCause"], lost["DialBLegHangupCauseCode"]) == ("LOSE_RACE", "9000")
    assert telco.sent("/action")["DialBLegUUID"] == telco.sandbox.engine.legs["c1.2"].name


# --- limits and keys -----------------------------------------------------------------------------------------------


async def test_the_ringing_ends_at_the_timeout(telco: Telco) -> None:
    telco.script(scripted().rings_for_ever().far_end, FIRST)
    dial(telco, "timeout='20'")
    await finish(telco)
    (child,) = [leg for leg in telco.sandbox.engine.legs.values() if leg.parent]
    assert child.ended_at is not None and (child.ended_at - child.created_at).total_seconds() == 20
    assert told(telco, "DialHangup")["DialBLegHangupCauseCode"] == "6010"


async def test_the_talk_ends_at_the_time_limit(telco: Telco) -> None:
    dial(telco, "timeLimit='30'")
    await finish(telco)
    form = told(telco, "DialHangup")
    assert (form["DialBLegDuration"], form["DialBLegHangupCauseCode"]) == ("30", "6000")
    assert telco.sent("/action")["DialStatus"] == "completed"


@pytest.mark.parametrize(("says", "is_over"), [("true", True), ("false", False)])
async def test_a_star_of_the_a_leg_ends_the_bridge_where_it_may(telco: Telco, says: str, is_over: bool) -> None:
    telco.script(scripted().presses("*", at=20).hangs_up(after=60).far_end)
    dial(telco, f"hangupOnStar='{says}'", then=LONG)
    telco.answers("<Wait length='5'/>", path="/action")
    await finish(telco)
    seconds = 60 if not is_over else 20
    assert int(told(telco, "DialHangup")["DialBLegDuration"]) in (seconds - 2, seconds - 3)


async def test_keys_are_matched_on_both_legs(telco: Telco) -> None:
    telco.script(scripted().presses("412", at=10).hangs_up(after=30).far_end)
    telco.script(scripted().presses("9", at=11).far_end, FIRST)
    dial(telco, "digitsMatch='12,7' digitsMatchBLeg='9'")
    await finish(telco)
    matched = [each.form for each in telco.receiver.to("/event") if each.form["Event"] == "DialDigitsMatch"]
    assert [(form["DialDigitsMatch"], form["DialDigitsPressedBy"]) for form in matched] == [
        ("12", "aleg"),
        ("9", "bleg"),
    ]
    assert set(matched[0]) == keys("callback_dial_digits")


async def test_digits_are_sent_to_the_b_leg(telco: Telco) -> None:
    telco.script(scripted().hangs_up(after=20).far_end, FIRST)
    dial(telco, inside=f"<Number sendDigits='12w3'>{FIRST}</Number>")
    await finish(telco)
    assert [(event.leg.id, event.digits) for event in journal(telco, e.DigitsSent)] == [("c1.1", "123")]


async def test_the_caller_id_is_the_a_legs_unless_it_is_named(telco: Telco) -> None:
    dial(telco, "callerId='+912271264301' callerName='Anna' timeLimit='5'")
    await telco.place()
    await telco.advance(8)
    child = telco.sandbox.engine.legs["c1.1"].name
    live = await telco.get(f"Call/{child}/?status=live")
    assert (live["from"], live["caller_name"], live["to"]) == ("912271264301", "Anna", FIRST[1:])


async def test_sip_headers_come_back_on_the_callbacks_of_the_dial(telco: Telco) -> None:
    telco.script(scripted().hangs_up(after=3).far_end, "sip:anna@example.com")
    dial(telco, "sipHeaders='a=1'", "<User sipHeaders='b=2'>sip:anna@example.com</User>")
    await finish(telco)
    assert {(each.form["X-VH-a"], each.form["X-VH-b"]) for each in telco.receiver.to("/event")} == {("1", "2")}
    assert telco.sent("/action")["X-VH-a"] == "1"
    assert "X-VH-a" not in telco.sent("/hangup")


# --- what is heard -------------------------------------------------------------------------------------------------


async def test_dial_music_is_heard_until_the_bridge(telco: Telco) -> None:
    telco.script(scripted().rings(10).hangs_up(after=5).far_end, FIRST)
    dial(telco, f"dialMusic='{telco.receiver.url}/music'")
    telco.answers("<Play>http://a/tune.mp3</Play>", "<Wait length='1'/>", path="/music")
    await finish(telco)
    assert len(telco.receiver.to("/music")) == 1
    assert heard(telco, "c1.0") == ["http://a/tune.mp3"] * 3
    assert [event.whole for event in journal(telco, e.Heard) if event.leg.id == "c1.0"] == [True, True, False]
    form = telco.sent("/music")
    assert (form["Event"], form["DialAction"], form["DialBLegUUID"]) == ("DialRemoteSounds", "dialMusic", "")
    assert form["DialALegUUID"] == form["CallUUID"]


@pytest.mark.parametrize("answer", [Response("", 404), Response("<Response><Hangup/></Response>", 200)])
async def test_music_that_cannot_be_had_is_silence(telco: Telco, answer: Response) -> None:
    answer.headers["content-type"] = "application/xml"
    telco.script(scripted().rings(20).hangs_up(after=5).far_end, FIRST)
    dial(telco, f"dialMusic='{telco.receiver.url}/music'")
    telco.receiver.answers["/music"] = answer
    await finish(telco)
    assert telco.sent("/action")["DialStatus"] == "completed"


async def test_the_b_leg_hears_its_sound_and_confirms_with_the_key(telco: Telco) -> None:
    telco.script(scripted().presses("5", on_prompt=True).hangs_up(after=20).far_end, FIRST)
    dial(telco, f"confirmSound='{telco.receiver.url}/sound' confirmKey='5'")
    telco.answers("<Speak>press five</Speak>", path="/sound")
    uuid = await finish(telco)
    assert heard(telco, "c1.1") == ["press five"]
    assert events(telco) == ["DialAnswer", "DialConnected", "DialHangup"]
    form = telco.sent("/sound")
    assert (form["DialAction"], form["DialALegUUID"], form["ALegUUID"]) == ("confirmSound", uuid, uuid)
    assert form["DialBLegUUID"] == form["CallUUID"] == form["RequestUUID"] != uuid
    assert form["To"] == FIRST[1:]


async def test_who_does_not_confirm_is_ended_with_9110_and_a_fallback_runs(telco: Telco) -> None:
    telco.script(scripted().is_machine().far_end, FIRST)
    dial(telco, "confirmKey='5' confirmTimeout='10' redirect='false'", then="<Speak>nobody</Speak>")
    await finish(telco)
    form = told(telco, "DialHangup")
    assert (form["DialBLegHangupCauseCode"], form["DialBLegHangupCauseName"]) == (
        "9110",
        "Confirm Key Challenge Failed",
    )
    assert (form["DialBLegDuration"], form["DialBLegHangupSource"]) == ("10", "Vobiz")
    action = telco.sent("/action")
    assert (action["DialStatus"], action["DialBLegUUID"]) == ("failed", "")
    assert heard(telco, "c1.0") == ["nobody"]


async def test_an_inbound_call_is_answered_by_the_bridge_and_its_music_comes_before(telco: Telco) -> None:
    url = telco.receiver.url
    telco.sandbox.put_settings("vobiz", {"answer_url": f"{url}/answer", "hangup_url": f"{url}/hangup"})
    telco.script(scripted().rings(10).hangs_up(after=5).far_end, FIRST)
    dial(telco, f"dialMusic='{url}/music'")
    telco.answers("<Play>http://a/tune.mp3</Play>", path="/music")
    name = telco.sandbox.arrive("vobiz", CALLEE, telco.number).name
    await telco.run()
    leg = telco.leg(name)
    assert leg.answered_at == telco.sandbox.engine.legs["c1.1"].answered_at
    assert told(telco, "DialConnected")["DialBLegFrom"] == CALLEE[1:]
    assert heard(telco, "c1.0") == ["http://a/tune.mp3"] * 4


# --- the B leg as a call of its own --------------------------------------------------------------------------------


async def test_the_b_leg_is_listed_live_and_has_no_callbacks_of_its_own(telco: Telco) -> None:
    dial(telco, "timeLimit='60'")
    uuid = await telco.place()
    await telco.advance(10)
    child = telco.sandbox.engine.legs["c1.1"].name
    assert (await telco.get("Call/?status=live"))["calls"] == [uuid, child]
    await telco.run()
    assert len(telco.receiver.to("/ring")) == len(telco.receiver.to("/hangup")) == 1


async def test_a_bridge_has_two_records_that_name_each_other(telco: Telco) -> None:
    telco.script(scripted().hangs_up(after=30).far_end)
    dial(telco)
    uuid = await finish(telco)
    child = telco.sandbox.engine.legs["c1.1"].name
    records = {record["uuid"]: record for record in (await telco.get("cdr"))["data"]}
    assert {name: record["bridge_uuid"] for name, record in records.items()} == {uuid: child, child: uuid}
    assert (records[child]["hangup_source"], records[child]["destination_number"]) == ("Caller", FIRST[1:])
    assert (await telco.get(f"Call/{child}/"))["parent_call_uuid"] == uuid
    assert [each["uuid"] for each in (await telco.get(f"cdr?bridge_uuid={uuid}"))["data"]] == [child]
    assert (await telco.get(f"cdr/{child}"))["data"]["bridge_uuid"] == uuid


async def test_who_lost_the_race_was_bridged_with_nobody(telco: Telco) -> None:
    telco.script(scripted().is_busy().far_end, FIRST)
    dial(telco)
    await finish(telco)
    assert {record["bridge_uuid"] for record in (await telco.get("cdr"))["data"]} == {None}


@pytest.mark.parametrize("which", ["c1.0", "c1.1"])
async def test_deleting_either_leg_ends_both(telco: Telco, which: str) -> None:
    dial(telco)
    await telco.place()
    await telco.advance(10)
    response = await telco.request("DELETE", f"Call/{telco.sandbox.engine.legs[which].name}/")
    assert response.status_code == 204
    await telco.run()
    assert {leg.state for leg in telco.sandbox.engine.legs.values()} == {"ended"}
    assert ending(telco) == ("completed", "NORMAL_CLEARING", "4000", "Normal Hangup", "API Request")
    assert telco.sent("/action")["DialStatus"] == "completed"
    assert events(telco).count("DialHangup") == 1


async def test_deleting_a_ringing_b_leg_leaves_the_a_leg_to_its_action(telco: Telco) -> None:
    telco.script(scripted().rings_for_ever().far_end, FIRST)
    dial(telco)
    telco.answers(path="/action")
    await telco.place()
    await telco.advance(10)
    await telco.request("DELETE", f"Call/{telco.sandbox.engine.legs['c1.1'].name}/")
    await telco.run()
    assert telco.sent("/action")["DialStatus"] == "cancel"
    assert told(telco, "DialHangup")["DialBLegHangupSource"] == "API Request"
    assert ending(telco)[2] == "4010"


async def test_an_answer_of_the_music_that_comes_too_late_changes_nothing(telco: Telco) -> None:
    telco.script(scripted().rings(1).hangs_up(after=9).far_end, FIRST)
    dial(telco, f"dialMusic='{telco.receiver.url}/music'")
    failures = iter([Response("", 500)] * 2)

    def music(_: Received) -> Response:
        return next(failures, Response("<Response><Speak>la</Speak></Response>", media_type="application/xml"))

    telco.receiver.answers["/music"] = music
    await finish(telco)
    assert heard(telco, "c1.0") == []
    assert telco.sent("/action")["DialStatus"] == "completed"
