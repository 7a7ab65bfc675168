"""Conferences: who is in, who waits, who hears whom, what REST and callbacks say of it."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine.events import FarEndSpoke
from emulator.recorder.transcript import transcript
from tests.vendors.tryvox.conftest import Telco, scripted

ANNA, BERT, CARA = "+12025550141", "+12025550142", "+12025550143"


async def enter(telco: Telco, number: str, key: str = "", **parameters: Any) -> str:
    """A call to a number whose document is this conference; it is up two seconds later."""
    path = f"/room{number}{key}"
    after = {"verb": "Say", "text": f"{number} is out"}
    telco.answers({"verb": "Conference", "name": "team", **parameters}, after, path=path)
    uuid = await telco.place(number, answer_url=f"{telco.receiver.url}{path}")
    await telco.advance(2)
    return uuid


def heard(telco: Telco, uuid: str) -> list[str]:
    lines = transcript(list(telco.sandbox.journal.entries()))
    return [
        line["text"] or line["kind"]
        for line in lines
        if line["leg"] == telco.leg(uuid).id and line["kind"] != "greeting"
    ]


def hearing(telco: Telco) -> dict[str, set[str]]:
    legs = telco.sandbox.engine.legs
    spoken = [entry.data for entry in telco.sandbox.journal.entries() if isinstance(entry.data, FarEndSpoke)]
    return {event.text: {legs[each].to for each in event.heard_by} for event in spoken if not event.is_greeting}


async def room(telco: Telco) -> Any:
    return await telco.get("conferences/team")


async def test_there_are_none_at_first(telco: Telco) -> None:
    assert await telco.get("conferences") == {"conferences": []}
    for method, path in (("GET", "room"), ("DELETE", "room"), ("POST", "room/members/m1/mute")):
        response = await telco.request(method, f"conferences/{path}")
        assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_who_is_in_stands_in_the_list_and_in_the_room(telco: Telco) -> None:
    anna = await enter(telco, ANNA)
    bert = await enter(telco, BERT, muted=True)
    assert await telco.get("conferences") == {
        "conferences": [{"name": "team", "status": "in-progress", "members": 2, "created_at": "2026-01-01T00:00:02Z"}]
    }
    got = await room(telco)
    assert list(got) == ["name", "status", "created_at", "members"]
    assert got["members"] == [
        {"member_id": "m1", "call_uuid": anna, "number": ANNA, "muted": False, "hold": False,
         "joined_at": "2026-01-01T00:00:02Z"},
        {"member_id": "m2", "call_uuid": bert, "number": BERT, "muted": True, "hold": False,
         "joined_at": "2026-01-01T00:00:04Z"},
    ]  # fmt: skip


async def test_an_inbound_member_is_shown_with_its_caller(telco: Telco) -> None:
    telco.answers({"verb": "Conference", "name": "team"})
    telco.arrive()
    await telco.advance(1)
    assert (await room(telco))["members"][0]["number"] == telco.callee


async def test_everybody_hears_everybody_but_the_muted(telco: Telco) -> None:
    for number, at in ((ANNA, 10), (BERT, 12), (CARA, 14)):
        telco.script(scripted().says(number, seconds=1, after=at), number)
    await enter(telco, ANNA)
    await enter(telco, BERT, muted=True)
    await enter(telco, CARA)
    await telco.advance(30)
    assert hearing(telco) == {ANNA: {BERT, CARA}, BERT: set(), CARA: {ANNA, BERT}}


async def test_a_member_is_muted_and_heard_again_over_the_api(telco: Telco) -> None:
    telco.script(scripted().says("first", seconds=1, after=5).says("second", seconds=1, after=9), ANNA)
    await enter(telco, ANNA)
    await enter(telco, BERT)
    muted = await telco.request("POST", "conferences/team/members/m1/mute")
    assert (muted.status_code, muted.json()) == (200, {"name": "team", "member_id": "m1", "muted": True})
    assert [member["muted"] for member in (await room(telco))["members"]] == [True, False]
    await telco.advance(5)
    undone = await telco.request("DELETE", "conferences/team/members/m1/mute")
    assert (undone.status_code, undone.content) == (204, b"")
    await telco.advance(5)
    assert hearing(telco) == {"first": set(), "second": {BERT}}
    missing = await telco.request("POST", "conferences/team/members/m9/mute")
    assert (missing.status_code, missing.json()["error"]["message"]) == (404, "Member not found")


async def test_ending_a_room_lets_everybody_go_on(telco: Telco) -> None:
    anna, bert = await enter(telco, ANNA), await enter(telco, BERT)
    ended = await telco.request("DELETE", "conferences/team")
    assert (ended.status_code, ended.content) == (204, b"")
    await telco.run()
    assert heard(telco, anna)[-1] == f"{ANNA} is out" and heard(telco, bert)[-1] == f"{BERT} is out"
    assert await telco.get("conferences") == {"conferences": []}


async def test_who_does_not_start_it_waits_with_music_for_who_does(telco: Telco) -> None:
    anna = await enter(telco, ANNA, start_on_enter=False, wait_url="http://a.example/m.mp3", beep=False)
    await telco.advance(6)
    assert heard(telco, anna) == ["http://a.example/m.mp3"] * 2
    bert = await enter(telco, BERT, beep=False)
    await telco.advance(9)
    assert heard(telco, anna)[2:] == ["http://a.example/m.mp3"]  # the third was cut short
    assert heard(telco, bert) == []


async def test_without_wait_url_there_is_silence(telco: Telco) -> None:
    anna = await enter(telco, ANNA, start_on_enter=False)
    await telco.advance(9)
    assert "http" not in " ".join(heard(telco, anna))
    assert len((await room(telco))["members"]) == 1


async def test_everybody_is_thrown_out_when_who_ends_it_leaves(telco: Telco) -> None:
    anna = await enter(telco, ANNA)
    bert = await enter(telco, BERT, end_on_exit=True)
    await telco.request("DELETE", f"calls/{bert}")
    await telco.run()
    assert heard(telco, anna)[-1] == f"{ANNA} is out"
    assert (await telco.ending(anna))[:2] == ("completed", "voxml-hangup")


async def test_others_stay_when_anybody_else_leaves(telco: Telco) -> None:
    await enter(telco, ANNA)
    bert = await enter(telco, BERT)
    await telco.request("DELETE", f"calls/{bert}")
    await telco.advance(5)
    assert [member["number"] for member in (await room(telco))["members"]] == [ANNA]


async def test_a_full_room_lets_nobody_in(telco: Telco) -> None:
    await enter(telco, ANNA)
    bert = await enter(telco, BERT, max_participants=1)
    await telco.advance(5)
    assert [member["number"] for member in (await room(telco))["members"]] == [ANNA]
    assert heard(telco, bert)[-1] == f"{BERT} is out"


@pytest.mark.parametrize("beep", [True, False])
async def test_a_beep_sounds_as_they_come_and_go_unless_told(telco: Telco, beep: bool) -> None:
    anna = await enter(telco, ANNA, beep=beep)
    bert = await enter(telco, BERT, beep=beep)
    await telco.request("DELETE", f"calls/{bert}")
    await telco.advance(5)
    assert heard(telco, anna) == (["beep"] * 3 if beep else [])


async def test_its_callback_tells_who_comes_and_goes(telco: Telco) -> None:
    url = f"{telco.receiver.url}/events"
    anna = await enter(telco, ANNA, status_callback_url=url)
    await telco.request("POST", "conferences/team/members/m1/mute")
    await telco.request("DELETE", "conferences/team/members/m1/mute")
    await telco.request("DELETE", f"calls/{anna}")
    await telco.run()
    bodies = [received.json for received in telco.receiver.to("/events")]
    assert [body["conference_event"] for body in bodies] == ["enter", "start", "mute", "unmute", "leave", "end"]
    first = bodies[0]
    assert list(first)[-4:] == ["conference_name", "conference_event", "member_id", "members"]
    assert (first["call_uuid"], first["conference_name"], first["member_id"], first["members"]) == (
        anna,
        "team",
        "m1",
        1,
    )


async def test_a_recorded_stay_is_a_recording_of_that_call(telco: Telco) -> None:
    anna = await enter(telco, ANNA, record=True)
    await telco.advance(8)
    await telco.request("DELETE", "conferences/team")
    await telco.run()
    (recording,) = telco.sandbox.views["tryvox"].recordings()
    assert recording.seconds == 8
    assert len((await telco.get(f"calls/{anna}"))["recording_urls"]) == 1


async def test_live_and_test_keys_have_rooms_of_their_own(telco: Telco) -> None:
    await enter(telco, ANNA)
    other = {"Authorization": telco.credentials()["Authorization"].replace("live", "test")}
    assert (await telco.get("conferences", headers=other)) == {"conferences": []}
    telco.answers({"verb": "Conference", "name": "team"}, path="/test")
    await telco.place(BERT, headers=other, answer_url=f"{telco.receiver.url}/test")
    await telco.advance(3)
    assert [member["number"] for member in (await telco.get("conferences/team", headers=other))["members"]] == [BERT]
    assert [member["number"] for member in (await room(telco))["members"]] == [ANNA]
