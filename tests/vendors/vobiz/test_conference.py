"""Conferences on a virtual clock: who is in, what everybody hears, what the application is told, and the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emulator.engine import events as e
from emulator.engine.commands import Speak
from tests.vendors.vobiz.conftest import CALLEE, Telco, wire
from tests.vendors.vobiz.far_ends import scripted
from tests.vendors.vobiz.test_dial import heard, journal, keys

SECOND, THIRD = "+919876543211", "+919876543212"


def conference(telco: Telco, more: str = "", then: str = "", name: str = "sales", path: str = "/answer") -> None:
    """The document of every call that asks this path."""
    url = telco.receiver.url
    telco.answers(f"<Conference callbackUrl='{url}/event' {more}>{name}</Conference>", then, path=path)


async def joins(telco: Telco, *numbers: str, **more: Any) -> list[str]:
    """Each is called, answers and is in; their UUIDs."""
    uuids = []
    for number in numbers or (CALLEE,):
        uuids.append(await telco.place(number, **more))
        await telco.advance(5)
    return uuids


def events(telco: Telco) -> list[tuple[str, str]]:
    return [(each.form["Event"], each.form["ConferenceMemberID"]) for each in telco.receiver.to("/event")]


def told(telco: Telco, event: str, path: str = "/event") -> dict[str, str]:
    return [each.form for each in telco.receiver.to(path) if each.form["Event"] == event][-1]


async def member(telco: Telco, number: int = 0, room: str = "sales") -> Any:
    return (await telco.get(f"Conference/{room}/"))["members"][number]


def endings(telco: Telco) -> dict[str, tuple[str, str]]:
    return {
        each.form["CallUUID"]: (each.form["HangupCauseCode"], each.form["HangupSource"])
        for each in telco.receiver.to("/hangup")
    }


def spoke_to(telco: Telco, uuid: str) -> int:
    """How many hear it."""
    telco.sandbox.do(Speak(telco.leg(uuid).id, "hello", timedelta(seconds=1)))
    return len(journal(telco, e.FarEndSpoke)[-1].heard_by)


# --- callbacks -----------------------------------------------------------------------------------------------------


async def test_members_are_told_as_they_enter_and_leave(telco: Telco) -> None:
    conference(telco)
    one, two = await joins(telco, CALLEE, SECOND)
    await telco.request("DELETE", f"Call/{one}/")
    await telco.request("DELETE", f"Call/{two}/")
    await telco.run()
    assert events(telco) == [
        ("ConferenceEnter", "1"), ("ConferenceEnter", "2"), ("ConferenceExit", "1"), ("ConferenceExit", "2"),
    ]  # fmt: skip
    forms = [each.form for each in telco.receiver.to("/event")]
    assert [form.get("ConferenceFirstMember", form.get("ConferenceLastMember")) for form in forms] == [
        "true", "false", "false", "true",
    ]  # fmt: skip
    assert len({form["ConferenceUUID"] for form in forms}) == 1
    assert {form["ConferenceName"] for form in forms} == {"sales"}
    assert [form["CallUUID"] for form in forms] == [one, two, one, two]


async def test_the_forms_have_exactly_the_documented_fields(telco: Telco) -> None:
    url = telco.receiver.url
    conference(telco, f"digitsMatch='12' waitSound='{url}/music' action='{url}/action' hangupOnStar='true'")
    telco.answers("<Play>http://127.0.0.1:1/music.mp3</Play>", path="/music")
    telco.script(scripted().presses("12*", at=10).far_end)
    await joins(telco)
    await telco.run()
    for event, example in (
        ("ConferenceEnter", "callback_conference_enter"),
        ("ConferenceDigitsMatch", "callback_conference_digits"),
        ("ConferenceExit", "callback_conference_exit"),
    ):
        assert set(told(telco, event)) == keys(example)
    wait, action = telco.only("/music"), telco.only("/action")
    assert (wait.method, set(wait.form)) == ("POST", keys("callback_conference_wait"))
    assert set(action.form) == keys("callback_conference_action")
    assert (action.form["Event"], action.form["ConferenceMemberID"]) == ("Redirect", "1")
    assert told(telco, "ConferenceDigitsMatch")["ConferenceDigitsMatch"] == "12"
    assert told(telco, "ConferenceExit")["ConferenceUUID"] == action.form["ConferenceUUID"] != ""


async def test_a_name_used_again_is_another_conference(telco: Telco) -> None:
    conference(telco)
    for _ in range(2):
        (uuid,) = await joins(telco)
        await telco.request("DELETE", f"Call/{uuid}/")
        await telco.run()
    forms = [each.form for each in telco.receiver.to("/event")]
    assert [form["ConferenceUUID"] for form in forms][::2] != [forms[0]["ConferenceUUID"]] * 2
    assert [form["ConferenceMemberID"] for form in forms] == ["1"] * 4


# --- in the room ---------------------------------------------------------------------------------------------------


async def test_members_hear_each_other_unless_muted(telco: Telco) -> None:
    conference(telco)
    conference(telco, "muted='true'", path="/muted")
    one, two = await joins(telco, CALLEE, SECOND)
    (three,) = await joins(telco, THIRD, answer_url=f"{telco.receiver.url}/muted")
    assert [spoke_to(telco, each) for each in (one, two, three)] == [2, 2, 0]
    assert (await member(telco, 2))["muted"] is True


async def test_the_wait_sound_repeats_while_alone_and_stops_when_somebody_comes(telco: Telco) -> None:
    conference(telco, f"waitSound='{telco.receiver.url}/music' beep='false'")
    telco.answers("<Speak>nobody here yet</Speak>", path="/music")
    await joins(telco)
    await telco.advance(10)
    rounds = len(heard(telco, "c1.0"))
    assert rounds > 3
    await joins(telco, SECOND)
    assert len(telco.receiver.to("/music")) == 1
    rounds = len(heard(telco, "c1.0"))
    await telco.advance(60)
    assert len(heard(telco, "c1.0")) == rounds
    assert heard(telco, "c2.0") == []


@pytest.mark.parametrize("answer", ["<Dial>+911</Dial>", "<Nonsense/>"])
async def test_a_wait_sound_that_is_no_sound_is_silence(telco: Telco, answer: str) -> None:
    conference(telco, f"waitSound='{telco.receiver.url}/music' beep='false'")
    telco.answers(answer, path="/music")
    (uuid,) = await joins(telco)
    await telco.advance(200)
    assert telco.leg(uuid).state == "answered"
    assert heard(telco, "c1.0") == []


async def test_far_ends_talk_with_each_other(telco: Telco) -> None:
    conference(telco)
    telco.script(scripted().says("Good morning all", seconds=2, at=20).far_end)
    telco.script(scripted().says("morning, anna", seconds=1, on="good morning").far_end, SECOND)
    await joins(telco, CALLEE, SECOND, THIRD)
    await telco.advance(30)
    spoken = [event for event in journal(telco, e.FarEndSpoke) if not event.is_greeting]
    assert [(event.leg.id, event.text, event.heard_by) for event in spoken] == [
        ("c1.0", "Good morning all", ("c2.0", "c3.0")), ("c2.0", "morning, anna", ("c1.0", "c3.0")),
    ]  # fmt: skip
    assert (spoken[1].at - spoken[0].at).total_seconds() == 2


async def test_everybody_waits_for_a_member_who_may_start(telco: Telco) -> None:
    conference(telco, "startConferenceOnEnter='false'")
    conference(telco, path="/boss")
    one, two = await joins(telco, CALLEE, SECOND)
    assert spoke_to(telco, one) == 0
    await joins(telco, THIRD, answer_url=f"{telco.receiver.url}/boss")
    assert spoke_to(telco, one) == spoke_to(telco, two) == 2


async def test_the_moderators_leaving_throws_the_others_out(telco: Telco) -> None:
    conference(telco, "endConferenceOnExit='true'", path="/boss")
    conference(telco)
    conference(telco, then="<Speak>the meeting is over</Speak>", path="/polite")
    (boss,) = await joins(telco, CALLEE, answer_url=f"{telco.receiver.url}/boss")
    (guest,) = await joins(telco, SECOND)
    (polite,) = await joins(telco, THIRD, answer_url=f"{telco.receiver.url}/polite")
    await telco.request("DELETE", f"Call/{boss}/")
    await telco.run()
    assert endings(telco) == {
        boss: ("4000", "API Request"), guest: ("4000", "Callee"), polite: ("4010", "Vobiz"),
    }  # fmt: skip
    assert heard(telco, "c3.0")[-1] == "the meeting is over"
    assert (await telco.get("Conference/"))["conferences"] == []


async def test_star_leaves_and_the_next_element_runs(telco: Telco) -> None:
    conference(telco, "hangupOnStar='true'", then="<Speak>goodbye</Speak>")
    telco.script(scripted().presses("1*", at=8).far_end)
    (uuid,) = await joins(telco)
    await telco.run()
    assert heard(telco, "c1.0")[-1] == "goodbye"
    assert endings(telco)[uuid] == ("4010", "Vobiz")


async def test_who_leaves_by_star_at_the_end_of_the_document_has_come_to_its_end(telco: Telco) -> None:
    conference(telco, "hangupOnStar='true'")
    telco.script(scripted().presses("*", at=8).far_end)
    (uuid,) = await joins(telco)
    await telco.run()
    assert endings(telco)[uuid] == ("4010", "Vobiz")


async def test_a_full_room_lets_nobody_in(telco: Telco) -> None:
    conference(telco, "maxParticipants='2'", then="<Speak>full</Speak>")
    for number in range(21):
        await telco.place(f"+9198765430{number:02}")
    await telco.advance(5)
    assert (await telco.get("Conference/sales/"))["conference_member_count"] == "20"
    assert heard(telco, "c21.0") == ["full"]


async def test_the_stay_is_limited(telco: Telco) -> None:
    conference(telco, "timeLimit='30'", then="<Speak>time is up</Speak>")
    await joins(telco)
    await telco.run()
    assert heard(telco, "c1.0")[-1] == "time is up"


async def test_a_member_who_is_alone_is_removed_when_the_setting_says_so(telco: Telco) -> None:
    telco.settings(strict_stay_alone=True)
    conference(telco, then="<Speak>nobody came</Speak>")
    await joins(telco)
    await telco.run()
    assert heard(telco, "c1.0") == ["", "nobody came"]


async def test_beeps_and_sounds_are_heard_by_all_who_are_in(telco: Telco) -> None:
    conference(telco)
    conference(telco, "enterSound='http://127.0.0.1:1/in.mp3' exitSound='beep:1'", path="/other")
    await joins(telco)
    (two,) = await joins(telco, SECOND, answer_url=f"{telco.receiver.url}/other")
    await telco.request("DELETE", f"Call/{two}/")
    await telco.advance(5)
    assert heard(telco, "c1.0") == ["", "http://127.0.0.1:1/in.mp3", ""]
    assert heard(telco, "c2.0") == ["http://127.0.0.1:1/in.mp3"]


@pytest.mark.parametrize(("redirect", "heard_last"), [("true", "what now"), ("false", "next")])
async def test_the_action_decides_what_comes_after_or_is_told(telco: Telco, redirect: str, heard_last: str) -> None:
    url = telco.receiver.url
    conference(telco, f"action='{url}/action' redirect='{redirect}' timeLimit='10'", then="<Speak>next</Speak>")
    telco.answers("<Speak>what now</Speak>", path="/action")
    await joins(telco)
    await telco.run()
    assert heard(telco, "c1.0")[-1] == heard_last
    assert telco.sent("/action")["Event"] == ("Redirect" if redirect == "true" else "ConferenceExit")


async def test_an_action_that_fails_ends_the_call(telco: Telco) -> None:
    conference(telco, f"action='{telco.receiver.url}/action' timeLimit='10'")
    telco.answers("<Nonsense/>", path="/action")
    (uuid,) = await joins(telco)
    await telco.run()
    assert endings(telco)[uuid] == ("8012", "Error")


async def test_an_inbound_caller_is_answered_by_the_conference(telco: Telco) -> None:
    telco.settings(answer_url=f"{telco.receiver.url}/answer")
    conference(telco)
    telco.sandbox.arrive("vobiz", CALLEE, telco.number)
    await telco.advance(5)
    assert (await member(telco))["direction"] == "inbound"
    assert told(telco, "ConferenceEnter")["CallStatus"] == "in-progress"


# --- the API -------------------------------------------------------------------------------------------------------


async def test_rooms_are_listed_by_name_in_the_order_they_opened(telco: Telco) -> None:
    assert (await telco.get("Conference/"))["conferences"] == []
    conference(telco)
    conference(telco, name="My Room", path="/other")
    await joins(telco)
    await joins(telco, SECOND, answer_url=f"{telco.receiver.url}/other")
    listed = await telco.get("Conference/")
    assert (listed["conferences"], set(listed)) == (["sales", "My Room"], {"api_id", "conferences"})
    assert (await telco.get("Conference/My%20Room/"))["conference_name"] == "My Room"
    for name in ("my room", "Sales", "nobody"):
        response = await telco.request("GET", f"Conference/{name}/")
        assert (response.status_code, response.json()) == (404, {"error": "conference not found"})


async def test_a_room_has_exactly_the_documented_keys(telco: Telco) -> None:
    conference(telco)
    (uuid,) = await joins(telco)
    await telco.advance(10)
    got, example = await telco.get("Conference/sales"), wire("conference")["response"]["body"]
    assert set(got) == set(example)
    assert set(got["members"][0]) == set(example["members"][0])
    assert (got["conference_run_time"], got["conference_member_count"]) == ("13", "1")
    assert got["members"][0] == {
        "muted": False, "member_id": "1", "deaf": False, "from": telco.number[1:], "to": CALLEE[1:],
        "caller_name": "", "direction": "outbound", "call_uuid": uuid, "join_time": "13",
    }  # fmt: skip


async def test_the_live_service_hides_its_rooms_when_the_setting_says_so(telco: Telco) -> None:
    telco.settings(conference_api="live")
    conference(telco)
    await joins(telco)
    assert (await telco.get("Conference/"))["conferences"] == []
    assert (await telco.get("Conference/sales/"))["error"] == "failed"
    assert (await telco.request("GET", "Conference/none/")).status_code == 404


@pytest.mark.parametrize(("what", "message", "field"), [("Mute", "muted", "muted"), ("Deaf", "deaf", "deaf")])
async def test_members_are_muted_and_made_deaf_and_back(telco: Telco, what: str, message: str, field: str) -> None:
    conference(telco)
    uuids = await joins(telco, CALLEE, SECOND)
    made = await telco.request("POST", f"Conference/sales/Member/2/{what}/")
    assert made.status_code == 202
    assert {**made.json(), "api_id": ""} == {"message": message, "member_id": ["2"], "api_id": ""}
    assert [(await member(telco, each))[field] for each in (0, 1)] == [False, True]
    assert spoke_to(telco, uuids[1 if what == "Mute" else 0]) == 0
    undone = await telco.request("DELETE", f"Conference/sales/Member/2/{what}/")
    assert (undone.status_code, undone.content) == (204, b"")
    assert spoke_to(telco, uuids[1 if what == "Mute" else 0]) == 1


@pytest.mark.parametrize(("named", "echoed", "muted"), [
    ("all", ["all"], [True, True]), ("1,2", ["1", "2"], [True, True]), ("1", ["1"], [True, False]),
])  # fmt: skip
async def test_members_are_named_by_id_list_or_all(telco: Telco, named: str, echoed: Any, muted: Any) -> None:
    conference(telco)
    await joins(telco, CALLEE, SECOND)
    made = await telco.request("POST", f"Conference/sales/Member/{named}/Mute/")
    assert made.json()["member_id"] == echoed
    assert [each["muted"] for each in (await telco.get("Conference/sales/"))["members"]] == muted


@pytest.mark.parametrize("named", ["7", "1,7", ","])
async def test_an_unknown_member_changes_nobody(telco: Telco, named: str) -> None:
    conference(telco)
    await joins(telco)
    response = await telco.request("POST", f"Conference/sales/Member/{named}/Mute/")
    assert (response.status_code, response.json()["error"]) == (404, "member not found")
    assert not (await member(telco))["muted"]


async def test_who_is_kicked_goes_on_with_the_document(telco: Telco) -> None:
    conference(telco, then="<Speak>you were asked to leave</Speak>")
    uuids = await joins(telco, CALLEE, SECOND)
    made = await telco.request("POST", "Conference/sales/Member/1/Kick/")
    assert (made.status_code, made.json()["message"]) == (202, "kicked")
    await telco.advance(60)
    assert heard(telco, "c1.0")[-1] == "you were asked to leave"
    assert endings(telco) == {uuids[0]: ("4010", "Vobiz")}
    assert events(telco)[-1] == ("ConferenceExit", "1")


@pytest.mark.parametrize("path", ["Conference/sales/Member/all/", "Conference/sales/", "Conference/"])
async def test_a_delete_hangs_up(telco: Telco, path: str) -> None:
    conference(telco, "endConferenceOnExit='true'", then="<Speak>never</Speak>")
    uuids = await joins(telco, SECOND, CALLEE)
    response = await telco.request("DELETE", path)
    assert (response.status_code, response.content) == (204, b"")
    await telco.run()
    assert set(endings(telco)) == set(uuids)
    assert set(endings(telco).values()) == {("4000", "Callee")}


async def test_members_hear_what_is_played_and_said_to_them(telco: Telco) -> None:
    conference(telco, "beep='false'")
    await joins(telco, CALLEE, SECOND)
    played = await telco.request("POST", "Conference/sales/Member/all/Play/", json={"url": "http://127.0.0.1:1/a.mp3"})
    assert (played.status_code, played.json()["message"]) == (202, "play queued into conference")
    assert heard(telco, "c1.0") == heard(telco, "c2.0") == ["http://127.0.0.1:1/a.mp3"]
    assert (await telco.request("DELETE", "Conference/sales/Member/1/Play/")).status_code == 204
    spoken = await telco.request("POST", "Conference/sales/Member/1/Speak/", json={"text": "hello"})
    assert spoken.status_code == 202
    await telco.advance(20)
    cut = [(event.leg.id, event.text, event.whole) for event in journal(telco, e.Heard)]
    assert cut == [
        ("c1.0", "http://127.0.0.1:1/a.mp3", False), ("c1.0", "hello", True),
        ("c2.0", "http://127.0.0.1:1/a.mp3", True),
    ]  # fmt: skip


@pytest.mark.parametrize(("path", "body"), [
    ("Play", {}), ("Play", {"url": "nonsense"}), ("Speak", {}), ("Speak", {"text": ""}),
])  # fmt: skip
async def test_a_sound_without_its_field_is_a_bad_request(telco: Telco, path: str, body: Any) -> None:
    conference(telco)
    await joins(telco)
    assert (await telco.request("POST", f"Conference/sales/Member/1/{path}/", json=body)).status_code == 400


@pytest.mark.parametrize("path", ["Play/", "Speak/", "Member/"])
async def test_there_is_no_route_for_a_whole_room(telco: Telco, path: str) -> None:
    response = await telco.request("POST", f"Conference/sales/{path}")
    assert (response.status_code, response.json()) == (404, {"message": "Not Found"})


ROOM_OPERATIONS = [
    ("GET", ""), ("DELETE", ""), ("DELETE", "Member/1/"), ("POST", "Member/1/Mute/"), ("DELETE", "Member/1/Mute/"),
    ("POST", "Member/1/Deaf/"), ("DELETE", "Member/1/Deaf/"), ("POST", "Member/1/Kick/"),
    ("DELETE", "Member/1/Play/"), ("DELETE", "Member/1/Speak/"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROOM_OPERATIONS)
async def test_no_such_conference_is_not_found(telco: Telco, method: str, path: str) -> None:
    response = await telco.request(method, f"Conference/none/{path}")
    assert (response.status_code, response.json()) == (404, {"error": "conference not found"})


# --- recording -----------------------------------------------------------------------------------------------------


async def record(telco: Telco, **body: Any) -> None:
    response = await telco.request("POST", "Conference/sales/Record/", json=body)
    assert response.status_code == 200, response.text
    assert {**response.json(), "api_id": ""} == {"api_id": "", "message": "async api spawned"}


async def test_a_conference_is_recorded_until_it_is_told_to_stop(telco: Telco) -> None:
    conference(telco, "beep='false'")
    one, two = await joins(telco, CALLEE, SECOND)
    await record(telco, callback_url=f"{telco.receiver.url}/recorded", file_format="wav")
    spoke_to(telco, two)
    await telco.advance(9)
    assert (await telco.request("DELETE", "Conference/sales/Record/")).status_code == 204
    await telco.advance(5)
    form = telco.sent("/recorded")
    assert (form["recording_duration"], form["call_uuid"]) == ("9", one)
    (listed,) = (await telco.get("Recording/"))["objects"]
    assert (listed["conference_name"], listed["recording_type"]) == ("sales", "conference")
    (recording,) = telco.sandbox.views["vobiz"].recordings()
    assert [(sound.track, sound.text) for sound in recording.sounds] == [("out", "hello")]


async def test_the_recording_ends_when_the_member_leaves_whose_ears_it_has(telco: Telco) -> None:
    conference(telco, "beep='false'", then="<Wait length='60'/>")
    await joins(telco, CALLEE, SECOND)
    await record(telco, callback_url=f"{telco.receiver.url}/recorded")
    await telco.advance(4)
    await telco.request("POST", "Conference/sales/Member/1/Kick/")
    await telco.advance(5)
    assert telco.sent("/recorded")["recording_duration"] == "4"
    assert (await member(telco))["member_id"] == "2"


@pytest.mark.parametrize("body", [{"file_format": "ogg"}, {"callback_url": "x"}, {"callback_method": "PUT"}])
async def test_a_bad_field_records_nothing(telco: Telco, body: Any) -> None:
    conference(telco)
    await joins(telco)
    assert (await telco.request("POST", "Conference/sales/Record/", json=body)).status_code == 400
    assert telco.sandbox.views["vobiz"].recordings() == []
