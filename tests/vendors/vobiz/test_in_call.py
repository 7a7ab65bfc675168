"""What the API does on a live call: play, speak, digits, record; and the recordings that come of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emulator.engine import events as e
from emulator.engine.commands import Speak
from tests.vendors.vobiz.conftest import Telco
from tests.vendors.vobiz.far_ends import scripted
from tests.vendors.vobiz.test_dial import LONG, dial
from tests.vendors.vobiz.test_record import START_MS, path_of

UNKNOWN = "00000000-0000-4000-8000-000000000000"
FILE = "http://127.0.0.1:9/a.mp3"
GOOD = {
    "Play": {"urls": FILE}, "Speak": {"text": "one moment"}, "DTMF": {"digits": "1w2"}, "Record": {},
}  # fmt: skip
MESSAGES = {
    "Play": (202, "play started"), "Speak": (202, "speak started"), "DTMF": (202, "digits sent"),
    "Record": (200, "recording started"),
}  # fmt: skip


async def talking(telco: Telco) -> str:
    """A call that waits, ten seconds after it was made."""
    telco.script(scripted().greets("").far_end)
    telco.answers(LONG)
    uuid = await telco.place()
    await telco.advance(10)
    return uuid


async def bridged(telco: Telco) -> tuple[str, str]:
    dial(telco)
    uuid = await telco.place()
    await telco.advance(10)
    return uuid, telco.sandbox.engine.legs["c1.1"].name


async def post(telco: Telco, uuid: str, part: str, **fields: Any) -> Any:
    return await telco.request("POST", f"Call/{uuid}/{part}/", json=fields)


def sounded(telco: Telco, leg: str = "c1.0") -> list[tuple[str, float, bool]]:
    """What a leg heard: text, seconds, whether whole."""
    found = (entry.data for entry in telco.sandbox.journal.entries() if entry.kind == "event")
    return [
        (event.text, event.seconds, event.whole)
        for event in found
        if isinstance(event, e.Heard) and event.leg.id == leg
    ]


# --- all of them ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", GOOD)
async def test_the_answer(telco: Telco, part: str) -> None:
    uuid = await talking(telco)

    response = await post(telco, uuid, part, **GOOD[part])

    status, message = MESSAGES[part]
    assert (response.status_code, response.json()["message"]) == (status, message)
    wanted = {"api_id", "message"} | ({"recording_id", "url"} if part == "Record" else set())
    assert set(response.json()) == wanted


@pytest.mark.parametrize("part", GOOD)
async def test_a_call_that_is_not_in_progress_is_404(telco: Telco, part: str) -> None:
    telco.script(scripted().rings(30).far_end)
    uuid = await telco.place()
    await telco.advance(5)

    assert (await post(telco, uuid, part, **GOOD[part])).status_code == 404
    assert (await post(telco, UNKNOWN, part, **GOOD[part])).status_code == 404
    await telco.request("DELETE", f"Call/{uuid}/")
    assert (await post(telco, uuid, part, **GOOD[part])).status_code == 404


@pytest.mark.parametrize("part", ["Play", "Speak", "Record"])
async def test_stopping_is_204_even_if_there_is_nothing_and_404_without_a_call(telco: Telco, part: str) -> None:
    uuid = await talking(telco)

    for path, status in ((uuid, 204), (uuid, 204), (UNKNOWN, 404)):
        response = await telco.request("DELETE", f"Call/{path}/{part}/")
        assert response.status_code == status
    assert telco.sandbox.engine.legs["c1.0"].state == "answered"


@pytest.mark.parametrize(
    ("part", "fields", "name"),
    [
        ("Play", {}, "urls"), ("Play", {"urls": ""}, "urls"), ("Play", {"urls": []}, "urls"),
        ("Play", {"urls": "a.mp3"}, "urls"), ("Play", {"urls": [FILE, 5]}, "urls"),
        ("Play", {"urls": {"a": 1}}, "urls"),
        ("Play", {"urls": FILE, "length": 0}, "length"), ("Play", {"urls": FILE, "loop": "x"}, "loop"),
        ("Play", {"urls": FILE, "mix": "x"}, "mix"), ("Play", {"urls": FILE, "legs": "cleg"}, "legs"),
        ("Speak", {}, "text"), ("Speak", {"text": "a", "voice": "CHILD"}, "voice"),
        ("Speak", {"text": "a", "legs": "x"}, "legs"), ("Speak", {"text": "a", "mix": 3}, "mix"),
        ("DTMF", {}, "digits"), ("DTMF", {"digits": "12a"}, "digits"), ("DTMF", {"digits": "1@50"}, "digits"),
        ("DTMF", {"digits": "1", "leg": "x"}, "leg"), ("Record", {"time_limit": 0}, "time_limit"),
        ("Record", {"file_format": "ogg"}, "file_format"), ("Record", {"record_channel_type": "x"}, "record_channel"),
        ("Record", {"transcription_type": "hybrid"}, "transcription_type"),
        ("Record", {"callback_url": "x"}, "callback"),
        ("Record", {"callback_method": "PUT"}, "callback_method"), ("Record", {"transcription_url": "x"}, "transcript"),
        ("Stream", {}, "service_url"), ("Stream", {"service_url": "http://a"}, "service_url"),
        ("Stream", {"service_url": "ws://a/b", "audio_track": "x"}, "audio_track"),
    ],
)  # fmt: skip
async def test_a_bad_field_is_400_by_name_and_does_nothing(
    telco: Telco, part: str, fields: dict[str, Any], name: str
) -> None:
    uuid = await talking(telco)
    response = await post(telco, uuid, part, **fields)

    assert response.status_code == 400 and name in response.json()["error"]
    assert not telco.sandbox.engine.legs["c1.0"].background


async def test_a_good_stream_is_501_by_name(telco: Telco) -> None:
    uuid = await talking(telco)
    response = await post(telco, uuid, "Stream", service_url="wss://a/b", bidirectional="true")
    assert (response.status_code, response.headers["x-ringback-not-emulated"]) == (501, "call stream")


# --- play and speak ------------------------------------------------------------------------------------------------


async def test_files_are_played_one_after_another(telco: Telco) -> None:
    uuid = await talking(telco)
    await post(telco, uuid, "Play", urls=f"{FILE}, {FILE}2")
    await telco.advance(10)
    assert sounded(telco) == [(FILE, 3.0, True), (f"{FILE}2", 3.0, True)]


async def test_a_length_beyond_any_call_is_a_day(telco: Telco) -> None:
    uuid = await talking(telco)
    assert (await post(telco, uuid, "Play", urls=FILE, length=10**24)).status_code == 202
    assert (await post(telco, uuid, "Record", time_limit=10**24)).status_code == 200


async def test_length_cuts_and_loop_repeats_until_it_is_stopped(telco: Telco) -> None:
    uuid = await talking(telco)
    await post(telco, uuid, "Play", urls=[FILE, f"{FILE}2"], loop=True, length="10")
    await telco.advance(60)
    assert [seconds for _, seconds, _ in sounded(telco)] == [3.0, 3.0, 3.0, 1.0]
    await post(telco, uuid, "Play", urls=FILE, loop="true")
    await telco.advance(4)
    assert (await telco.request("DELETE", f"Call/{uuid}/Play/")).status_code == 204
    await telco.advance(60)
    assert sounded(telco)[4:] == [(FILE, 3.0, True), (FILE, 1.0, False)]


async def test_a_second_play_takes_the_place_of_the_first_and_speak_does_not(telco: Telco) -> None:
    uuid = await talking(telco)
    await post(telco, uuid, "Play", urls=FILE)
    await post(telco, uuid, "Speak", text="  hold \n on ")
    await telco.advance(1)
    await post(telco, uuid, "Play", urls=f"{FILE}2")
    await telco.advance(9)
    assert sounded(telco) == [("hold on", 0.5, True), (FILE, 1.0, False), (f"{FILE}2", 3.0, True)]


async def test_it_goes_on_over_a_transfer_and_over_the_end_of_an_element(telco: Telco) -> None:
    uuid = await talking(telco)
    telco.answers(LONG, path="/more")
    await post(telco, uuid, "Play", urls=FILE)
    await telco.request("POST", f"Call/{uuid}/", json={"aleg_url": f"{telco.receiver.url}/more"})
    await telco.advance(10)
    assert sounded(telco) == [(FILE, 3.0, True)]


@pytest.mark.parametrize(
    ("legs", "heard"), [("aleg", ["c1.0"]), ("bleg", ["c1.1"]), ("both", ["c1.0", "c1.1"]), (None, ["c1.0"])]
)
async def test_legs_says_who_hears_it(telco: Telco, legs: str | None, heard: list[str]) -> None:
    uuid, _ = await bridged(telco)
    await post(telco, uuid, "Speak", text="hold on", **({"legs": legs} if legs else {}))
    await telco.advance(5)
    assert [leg for leg in ("c1.0", "c1.1") if sounded(telco, leg)] == heard


async def test_without_a_b_leg_it_is_404_and_nobody_hears_anything(telco: Telco) -> None:
    uuid = await talking(telco)
    assert (await post(telco, uuid, "Speak", text="hold on", legs="both")).status_code == 404
    await telco.advance(5)
    assert sounded(telco) == []


@pytest.mark.parametrize("field", ["leg", "legs"])
async def test_digits_go_to_the_leg_named_and_do_not_cut_each_other(telco: Telco, field: str) -> None:
    uuid, _ = await bridged(telco)
    await post(telco, uuid, "DTMF", digits="123", **{field: "bleg"})
    await post(telco, uuid, "DTMF", digits="4", **{field: "bleg"})
    await telco.advance(5)
    sent = [entry.data for entry in telco.sandbox.journal.entries() if isinstance(entry.data, e.DigitsSent)]
    assert [(event.leg.id, event.digits) for event in sent] == [("c1.1", "4"), ("c1.1", "123")]


# --- record --------------------------------------------------------------------------------------------------------


async def record(telco: Telco, uuid: str, **fields: Any) -> dict[str, Any]:
    urls = {"callback_url": f"{telco.receiver.url}/done", "transcription_url": f"{telco.receiver.url}/text"}
    made: dict[str, Any] = (await post(telco, uuid, "Record", **{**urls, **fields})).json()
    return made


async def test_the_callback_has_eight_parameters_and_the_transcription_seven(telco: Telco) -> None:
    uuid = await talking(telco)
    begun = await record(telco, uuid)
    telco.sandbox.by_hand([_say("call me back")])
    await telco.advance(100)

    assert telco.sent("/done") == {
        "api_id": begun["api_id"], "record_url": begun["url"], "call_uuid": uuid,
        "recording_id": begun["recording_id"], "recording_duration": "60", "recording_duration_ms": "60000",
        "recording_start_ms": str(START_MS + 10_000), "recording_end_ms": str(START_MS + 70_000),
    }  # fmt: skip
    assert telco.sent("/text") == {
        "transcription": "call me back", "transcription_charge": "0.00000", "transcription_rate": "0.00000",
        "duration": "60", "call_uuid": uuid, "recording_id": begun["recording_id"], "error": "",
    }  # fmt: skip


def _say(text: str) -> Speak:
    return Speak("c1.0", text, timedelta(seconds=2))


async def test_the_end_of_the_call_ends_it_and_is_told_after_it(telco: Telco) -> None:
    uuid = await talking(telco)
    await record(telco, uuid, time_limit=600, transcription_url="")
    await telco.advance(5)
    await telco.request("DELETE", f"Call/{uuid}/")
    await telco.run()
    assert telco.sent("/done")["recording_duration_ms"] == "5000"
    assert telco.callbacks[-2:] == ["record-event", "hangup"]


async def test_several_run_beside_each_other_and_a_url_stops_one(telco: Telco) -> None:
    uuid = await talking(telco)
    first, second = [await record(telco, uuid, file_format=each) for each in ("mp3", "wav")]
    await telco.advance(5)
    await telco.request("DELETE", f"Call/{uuid}/Record/", json={"URL": "http://nowhere/"})
    await telco.request("DELETE", f"Call/{uuid}/Record/", json={"URL": first["url"]})
    running = {each.name for each in telco.sandbox.views["vobiz"].recordings() if each.ended_at is None}
    assert running == {second["recording_id"]}
    await telco.request("DELETE", f"Call/{uuid}/Record/")
    assert all(each.ended_at for each in telco.sandbox.views["vobiz"].recordings())
    assert (first["url"][-4:], second["url"][-4:]) == (".mp3", ".wav")


# --- recordings ----------------------------------------------------------------------------------------------------


async def recorded(telco: Telco, count: int = 1) -> list[str]:
    """Their ids, the newest first; each a second longer than the one before."""
    uuid = await talking(telco)
    made = []
    for seconds in range(1, count + 1):
        made.append((await record(telco, uuid))["recording_id"])
        await telco.advance(seconds)
        await telco.request("DELETE", f"Call/{uuid}/Record/")
    return made[::-1]


async def test_a_recording_has_its_keys_and_values(telco: Telco) -> None:
    (name,) = await recorded(telco)
    got = await telco.get(f"Recording/{name}/")
    leg = telco.sandbox.engine.legs["c1.0"]
    assert got.pop("api_id") and got.pop("recording_url").endswith(f"/{name}.mp3")
    assert got == {
        "add_time": "2026-01-01 05:30:11", "call_uuid": leg.name, "conference_name": "",
        "from_number": telco.number.removeprefix("+"), "monthly_recording_storage_amount": 0,
        "recording_duration_ms": "1000", "recording_end_ms": str(START_MS + 11_000), "recording_format": "mp3",
        "recording_id": name, "recording_start_ms": str(START_MS + 10_000), "recording_storage_duration": 0,
        "recording_storage_rate": 0, "recording_type": "call",
        "resource_uri": f"/api/v1/Account/{telco.auth_id}/Recording/{name}/", "rounded_recording_duration": 60,
        "to_number": leg.to.removeprefix("+"),
    }  # fmt: skip


async def test_the_list_is_paged_and_the_newest_come_first(telco: Telco) -> None:
    names = await recorded(telco, 3)
    whole = await telco.get("Recording/")
    assert [each["recording_id"] for each in whole["objects"]] == names
    assert whole["meta"] == {"limit": 20, "next": "", "offset": 0, "previous": None, "total_count": 3}
    page = await telco.get("Recording/?limit=1&offset=1")
    assert [each["recording_id"] for each in page["objects"]] == names[1:2]
    assert page["meta"]["next"].endswith("limit=1&offset=2") and page["meta"]["previous"].endswith("offset=0")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("call_uuid={uuid}", 2), (f"call_uuid={UNKNOWN}", 0), ("recording_format=mp3", 2), ("recording_format=wav", 0),
        ("recording_type=call", 2), ("recording_type=conference", 0), ("conference_name=x", 0),
        ("add_time__gte=2026-01-01 05:30:13", 1), ("add_time__lt=2026-01-01 05:30:13", 1), ("add_time__gt=2027", 0),
        ("add_time__lte=2027", 2), ("add_time=2026-01-01", 2), ("from_number=%2B1", 0), ("nonsense=1", 2),
    ],
)  # fmt: skip
async def test_the_list_is_filtered(telco: Telco, query: str, count: int) -> None:
    await recorded(telco, 2)
    uuid = telco.sandbox.engine.legs["c1.0"].name
    assert (await telco.get(f"Recording/?{query.format(uuid=uuid)}"))["meta"]["total_count"] == count


async def test_one_that_runs_is_not_there_yet(telco: Telco) -> None:
    uuid = await talking(telco)
    begun = await record(telco, uuid)
    assert (await telco.request("GET", f"Recording/{begun['recording_id']}/")).status_code == 404
    assert (await telco.get("Recording/"))["objects"] == []
    assert (await telco.request("GET", path_of(begun["url"]))).status_code == 404


async def test_a_deleted_one_is_gone_and_so_is_its_file(telco: Telco) -> None:
    first, second = await recorded(telco, 2)
    url = (await telco.get(f"Recording/{first}/"))["recording_url"]
    assert (await telco.request("DELETE", f"Recording/{first}/")).status_code == 204
    for path in (f"Recording/{first}/", path_of(url)):
        response = await telco.request("GET", path)
        assert (response.status_code, response.json()["error"]) == (404, "recording not found")
    assert (await telco.request("DELETE", f"Recording/{first}/")).status_code == 404
    assert [each["recording_id"] for each in (await telco.get("Recording/"))["objects"]] == [second]


async def test_a_file_wants_the_accounts_credentials_its_own_format_and_gives_parts(telco: Telco) -> None:
    (name,) = await recorded(telco)
    path = path_of((await telco.get(f"Recording/{name}/"))["recording_url"])
    whole = (await telco.request("GET", path)).content
    part = await telco.request("GET", path, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole[10:20])
    assert (await telco.request("HEAD", path)).headers["content-length"] == str(len(whole))
    for other, headers, status in (
        (path, {"X-Auth-Token": "wrong"}, 401), (path.replace(".mp3", ".wav"), {}, 404), (path + "x", {}, 404),
        (path.replace(telco.auth_id, "MA_NOBODYXX"), {}, 404), (path.replace("Recording", "Picture"), {}, 404),
        (path.replace("Recording", "Transcription"), {}, 404), ("/v1/", {}, 404),
    ):  # fmt: skip
        assert (await telco.request("GET", other, headers=headers)).status_code == status, other
    assert (await telco.request("POST", path)).status_code == 405
