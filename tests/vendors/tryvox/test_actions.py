"""What can be done to a call in progress, as its far end hears it, and the recordings that come of it."""

from __future__ import annotations

import io
import wave
from typing import Any

from emulator.recorder.transcript import transcript
from tests.vendors.tryvox.conftest import STAYS, UNKNOWN, Telco, scripted

URL = "http://a.example/b.mp3"


def heard(telco: Telco) -> list[tuple[str, str]]:
    kinds = ("say", "play", "digits", "beep")
    return [
        (line["kind"], line["text"])
        for line in transcript(list(telco.sandbox.journal.entries()))
        if line["kind"] in kinds
    ]


async def talking(telco: Telco, *document: Any) -> str:
    """A call that is up for three seconds."""
    telco.answers(*(document or (STAYS,)))
    uuid = await telco.place()
    await telco.advance(5)
    return uuid


async def act(telco: Telco, uuid: str, action: str, **body: Any) -> Any:
    response = await telco.request("POST", f"calls/{uuid}/{action}", json=body)
    assert response.status_code == 200, response.text
    return response.json()


async def details(telco: Telco, uuid: str) -> Any:
    return await telco.get(f"calls/{uuid}")


async def test_play_and_speak_sound_beside_the_document_and_one_stops_the_other(telco: Telco) -> None:
    uuid = await talking(telco, {"verb": "Pause", "length": 30}, {"verb": "Say", "text": "the document"})
    assert await act(telco, uuid, "play", url=URL, loop=2) == {"status": "playing"}
    await telco.advance(4)
    assert await act(telco, uuid, "speak", text="hello there", voice="x", language="y") == {"status": "speaking"}
    await telco.run()
    assert heard(telco) == [("play", URL), ("play", URL), ("say", "hello there"), ("say", "the document")]


async def test_an_endless_play_ends_with_the_call(telco: Telco) -> None:
    uuid = await talking(telco, {"verb": "Pause", "length": 20})
    await act(telco, uuid, "play", url=URL, loop=0)
    await telco.run()
    assert (await telco.ending(uuid))[:2] == ("completed", "voxml-hangup")
    assert len(heard(telco)) == 6


async def test_digits_are_sent(telco: Telco) -> None:
    uuid = await talking(telco)
    assert await act(telco, uuid, "dtmf", digits="1w2#") == {"status": "sent", "digits": "1w2#"}
    await telco.advance(5)
    assert heard(telco) == [("digits", "12#")]


async def test_sounds_go_on_through_a_transfer(telco: Telco) -> None:
    uuid = await talking(telco)
    await act(telco, uuid, "speak", text="a long text that takes its time to be spoken")
    await act(telco, uuid, "transfer", to="+12025550144")
    await telco.advance(9)
    assert heard(telco) == [("say", "a long text that takes its time to be spoken")]


# --- recordings ----------------------------------------------------------------------------------------------------


async def test_a_recording_runs_from_its_start_to_its_stop(telco: Telco) -> None:
    uuid = await talking(telco)
    started = await act(telco, uuid, "record", trim_silence=True)
    assert list(started) == ["recording_uuid", "status", "format"]
    assert (started["status"], started["format"]) == ("recording", "mp3")
    assert (await details(telco, uuid))["recording_urls"] == []
    await telco.advance(7)
    stopped = await telco.request("DELETE", f"calls/{uuid}/record")
    assert (stopped.status_code, stopped.content) == (204, b"")
    (url,) = (await details(telco, uuid))["recording_urls"]
    assert url == f"http://ringback.test/tryvox/recordings/{telco.sandbox.id}/{started['recording_uuid']}.mp3"
    recording = telco.sandbox.views["tryvox"].recording(started["recording_uuid"])
    assert recording is not None and recording.seconds == 7


async def test_it_ends_with_the_call_or_at_its_length(telco: Telco) -> None:
    telco.script(scripted().hangs_up(after=20))
    uuid = await talking(telco)
    await act(telco, uuid, "record", format="wav", max_length=5)
    await telco.advance(10)
    await act(telco, uuid, "record")
    await telco.run()
    view = telco.sandbox.views["tryvox"]
    assert [(each.seconds, each.format, each.ended_by) for each in view.recordings()] == [
        (5, "wav", "max"), (7, "mp3", "hangup"),
    ]  # fmt: skip
    assert len((await details(telco, uuid))["recording_urls"]) == 2


async def test_starting_again_stops_the_one_before(telco: Telco) -> None:
    uuid = await talking(telco)
    first = await act(telco, uuid, "record")
    await telco.advance(3)
    second = await act(telco, uuid, "record")
    assert first["recording_uuid"] != second["recording_uuid"]
    (url,) = (await details(telco, uuid))["recording_urls"]
    assert first["recording_uuid"] in url


async def test_its_url_plays_without_a_key_what_was_heard_for_as_long_as_it_was(telco: Telco) -> None:
    uuid = await talking(telco)
    await act(telco, uuid, "record", format="wav")
    await telco.advance(3)
    (running,) = telco.sandbox.views["tryvox"].recordings()
    early = f"http://ringback.test/tryvox/recordings/{telco.sandbox.id}/{running.name}.wav"
    assert (await telco.client.get(early)).status_code == 404
    await telco.request("DELETE", f"calls/{uuid}/record")
    (url,) = (await details(telco, uuid))["recording_urls"]
    telco.client.headers.clear()
    got = await telco.client.get(url)
    assert (url, got.status_code, got.headers["content-type"]) == (early, 200, "audio/wav")
    with wave.open(io.BytesIO(got.content)) as sound:
        assert sound.getnframes() / sound.getframerate() == 3
    as_mp3 = await telco.client.get(url.replace(".wav", ".mp3"))
    assert as_mp3.headers["content-type"] == "audio/mpeg"
    assert (await telco.client.head(url)).headers["content-length"] == str(len(got.content))
    for wrong in (url.replace(".wav", ".ogg"), url.replace(telco.sandbox.id, "other"), url.replace(running.name, "x")):
        missing = await telco.client.get(wrong)
        assert (missing.status_code, missing.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_stopping_what_is_not_recorded_is_404(telco: Telco) -> None:
    uuid = await talking(telco)
    response = await telco.request("DELETE", f"calls/{uuid}/record")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")


async def test_an_inbound_calls_recordings_have_urls_too(telco: Telco) -> None:
    telco.answers({"verb": "Record", "action_url": f"{telco.receiver.url}/recorded", "max_length": 3})
    uuid = telco.arrive()
    await telco.run()
    (url,) = (await details(telco, uuid))["recording_urls"]
    assert telco.told("/recorded")["recording_url"] == url


# --- Record --------------------------------------------------------------------------------------------------------


async def test_record_beeps_and_asks_its_action_what_comes_next(telco: Telco) -> None:
    telco.script(scripted().says("this is my message", seconds=4, on="leave"))
    url = f"{telco.receiver.url}/recorded"
    telco.answers({"verb": "Say", "text": "leave a message"}, {"verb": "Record", "action_url": url})
    telco.answers({"verb": "Say", "text": "thank you"}, path="/recorded")
    uuid = await telco.place()
    await telco.run()
    body = telco.told("/recorded")
    assert list(body)[-2:] == ["recording_url", "recording_duration"]
    assert (body["call_uuid"], body["call_status"]) == (uuid, "in-progress")
    assert [body["recording_url"]] == (await details(telco, uuid))["recording_urls"]
    assert [kind for kind, _ in heard(telco)] == ["say", "beep", "say"]


async def test_a_call_that_ends_in_it_tells_its_action_which_is_not_read(telco: Telco) -> None:
    telco.script(scripted().hangs_up(after=6))
    telco.answers({"verb": "Record", "action_url": f"{telco.receiver.url}/recorded", "timeout": 60})
    await telco.place()
    await telco.run()
    assert telco.told("/recorded")["recording_duration"] == 5
    assert telco.receiver.paths[-3:] == ["/recorded", "/hangup", "/status"]


async def test_a_transcription_is_told_if_it_is_asked_for(telco: Telco) -> None:
    telco.script(scripted().says("call me back", seconds=2, at=2))
    urls = {"action_url": f"{telco.receiver.url}/recorded", "transcription_url": f"{telco.receiver.url}/text"}
    telco.answers({"verb": "Record", "transcribe": True, **urls})
    telco.receiver.answers["/recorded"] = {"voxml_version": "1.0", "instructions": []}
    await telco.place()
    await telco.run()
    body = telco.told("/text")
    assert body["transcription_text"] == "Hello? call me back"
    assert body["recording_url"] == telco.told("/recorded")["recording_url"]


async def test_a_recorded_dial_is_recorded_while_both_talk(telco: Telco) -> None:
    telco.script(scripted().rings(5).hangs_up(after=12), "+12025550144")
    telco.answers(
        {"verb": "Dial", "record": True, "numbers": [{"number": "+12025550144"}]}, {"verb": "Say", "text": "over"}
    )
    uuid = await telco.place()
    await telco.run()
    (recording,) = telco.sandbox.views["tryvox"].recordings()
    assert (recording.seconds, recording.ended_by) == (12, "unbridge")
    assert len((await details(telco, uuid))["recording_urls"]) == 1


async def test_a_dial_nobody_answers_leaves_no_recording_behind(telco: Telco) -> None:
    telco.answers(
        {"verb": "Dial", "record": True, "numbers": [{"number": "+12025550101"}],
         "action_url": f"{telco.receiver.url}/next"},
    )  # fmt: skip
    telco.answers({"verb": "Dial", "numbers": [{"number": "+12025550144"}], "time_limit": 5}, path="/next")
    await telco.place()
    await telco.run()
    assert telco.sandbox.views["tryvox"].recordings() == []


async def test_a_call_nobody_knows_has_no_recordings(telco: Telco) -> None:
    response = await telco.request("POST", f"calls/{UNKNOWN}/record", json={})
    assert response.status_code == 404
