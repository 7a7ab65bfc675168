"""Live control of a call: every key of an update, where it acts and where it is accepted and nothing happens."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine.events import DigitsSent, Heard, MuteChanged
from emulator.scenarios.far_end import FarEnd
from emulator.vendors.jambonz import updates
from tests.vendors.jambonz.conftest import Telco

OTHER = "+15085551313"
STAY = {"pause": {"length": 600}}
SIP = {"method": "INFO", "content_type": "a/b", "content": "x"}
RECORD = {"action": "startCallRecording", "siprecServerURL": "sip:1.1.1.1", "recordingID": "r1"}


def events(telco: Telco, kind: type) -> list[Any]:
    return [entry.data for entry in telco.sandbox.journal.entries() if isinstance(entry.data, kind)]


async def talking(telco: Telco, *verbs: dict[str, Any]) -> str:
    telco.answers(*(verbs or (STAY,)))
    sid = await telco.place()
    await telco.advance(3)
    return sid


async def bridged(telco: Telco, **more: Any) -> tuple[str, str]:
    sid = await talking(telco, {"dial": {"target": [{"type": "phone", "number": OTHER}], **more}})
    await telco.advance(3)
    partner = telco.leg(sid).partner
    assert partner is not None
    return sid, partner.name


async def test_each_party_of_a_dial_is_muted_and_unmuted(telco: Telco) -> None:
    parent, child = await bridged(telco)
    for sid in (parent, child):
        assert (await telco.put(sid, mute_status="mute")).text == "Accepted"
        assert (await telco.put(sid, mute_status="unmute")).text == "Accepted"

    changes = [(event.leg.name, event.is_muted) for event in events(telco, MuteChanged)]
    assert changes == [(parent, True), (parent, False), (child, True), (child, False)]


@pytest.mark.parametrize(
    ("whisper", "said"),
    [
        ({"verb": "say", "text": "psst"}, ["psst"]),
        ([{"say": {"text": "one"}}, {"play": {"url": "http://h/a"}}], ["one", "http://h/a"]),
        ("http://h/whisper", []), ([{"verb": "sing"}], []), ([{"verb": "hangup"}], []),
    ],
    ids=["a verb", "verbs", "a URL", "invalid", "nothing to hear"],
)  # fmt: skip
async def test_a_whisper_is_heard_by_the_one_party(telco: Telco, whisper: Any, said: list[str]) -> None:
    parent, _ = await bridged(telco)
    response = await telco.put(parent, whisper=whisper)
    await telco.advance(10)

    assert (response.status_code, response.text) == (202, "Accepted")
    assert [(event.leg.name, event.text) for event in events(telco, Heard)] == [(parent, text) for text in said]
    assert telco.leg(parent).partner is not None


async def test_a_whisper_may_come_with_one_other_key(telco: Telco) -> None:
    parent, _ = await bridged(telco)
    await telco.put(parent, whisper={"verb": "say", "text": "psst"}, tag={"a": 1})
    await telco.advance(3)

    assert [event.text for event in events(telco, Heard)] == ["psst"]
    assert telco.leg(parent).memo["tag"] == {"a": 1}


async def test_keys_are_sent_beside_what_the_call_runs(telco: Telco) -> None:
    sid = await talking(telco, {"say": {"text": "x" * 300}})
    await telco.put(sid, dtmf={"digit": "7", "duration": 250})
    await telco.advance(5)

    assert [event.digits for event in events(telco, DigitsSent)] == ["7"]
    assert events(telco, Heard) == []


async def test_a_recording_is_started_paused_resumed_and_stopped(telco: Telco) -> None:
    sid = await talking(telco)
    for action in ("startCallRecording", "pauseCallRecording", "resumeCallRecording", "stopCallRecording"):
        assert (await telco.put(sid, record={**RECORD, "action": action})).status_code == 202
        await telco.advance(5)

    (recording,) = telco.sandbox.views["jambonz"].recordings()
    assert (recording.seconds, recording.ended_by, recording.extra) == (10.0, "stop", {"id": "r1"})


async def test_a_sip_request_is_answered_with_the_far_ends_word(telco: Telco) -> None:
    sid = await talking(telco)
    response = await telco.put(sid, sip_request=SIP)

    assert (response.status_code, response.json()) == (200, {"status": 200, "reason": "OK"})


async def test_a_transcription_is_paused_and_resumed(telco: Telco) -> None:
    words = [{"say": f"at {at}", "seconds": 1, "at": f"{at}s"} for at in (3, 9, 15)]
    telco.script(FarEnd.from_json({"reactions": words}))
    sid = await talking(telco, {"transcribe": {"transcriptionHook": "/heard"}})
    await telco.advance(5)
    await telco.put(sid, transcribe_status="pause")
    await telco.advance(6)
    await telco.put(sid, transcribe_status="resume")
    await telco.advance(6)

    told = [each.json["speech"]["alternatives"][0]["transcript"] for each in telco.receiver.to("/heard")]
    assert told == ["at 3", "at 15"]


@pytest.mark.parametrize(
    "body",
    [
        {"mute_status": "mute"}, {"whisper": {"verb": "say", "text": "a"}}, {"dtmf": {"digit": "1"}},
        {"record": RECORD}, {"record": {"action": "stopCallRecording"}}, {"sip_request": SIP},
        {"transcribe_status": "pause"}, {"conf_mute_status": "mute"}, {"conf_hold_status": "hold"},
        {"conferenceParticipantAction": {"action": "mute"}}, {"listen_status": "pause"}, {"media_path": "no-media"},
        {"boostAudioSignal": "+3 dB"},
    ],
    ids=lambda body: next(iter(body)),
)  # fmt: skip
async def test_before_the_answer_nothing_happens_and_it_is_accepted(telco: Telco, body: dict[str, Any]) -> None:
    telco.answers(STAY)
    sid = await telco.place()
    response = await telco.put(sid, **body)

    assert (response.status_code, response.text) == (202, "Accepted")
    assert telco.leg(sid).state == "ringing"


@pytest.mark.parametrize("key", sorted(updates.IGNORED))
async def test_what_has_nothing_to_act_on_is_accepted(telco: Telco, key: str) -> None:
    parent, _ = await bridged(telco)
    word = {"listen_status": "pause", "media_path": "no-media", "boostAudioSignal": "+3 dB"}[key]
    before = telco.sandbox.journal.last

    assert (await telco.put(parent, **{key: word})).status_code == 202
    assert updates.IGNORED[key]
    assert before is not None
    assert [entry.kind for entry in telco.sandbox.journal.entries(before.seq)] == ["request"]


# --- the limit on requests -----------------------------------------------------------------------------------------


async def test_there_is_no_limit_unless_a_setting_says_so(telco: Telco) -> None:
    response = await telco.request("GET", "Calls")

    assert not [name for name in response.headers if name.startswith("ratelimit")]


async def test_beyond_the_limit_it_is_a_429_until_the_window_is_over(telco: Telco) -> None:
    telco.settings(rate_limit=2, rate_limit_seconds=60)
    first, second, third = [await telco.request("GET", "Calls") for _ in range(3)]

    assert (first.status_code, first.headers["ratelimit-remaining"]) == (200, "1")
    assert first.headers["ratelimit-policy"] == "2;w=60"
    assert (second.status_code, second.headers["ratelimit-limit"]) == (200, "2")
    assert (third.status_code, third.text) == (429, "Too many requests, please try again later.")
    assert third.headers["content-type"] == "text/html; charset=utf-8"
    assert third.headers["retry-after"] == third.headers["ratelimit-reset"] == "60"

    await telco.advance(60)
    assert (await telco.request("GET", "Calls")).status_code == 200


async def test_a_refused_request_counts_and_says_what_is_left(telco: Telco) -> None:
    telco.settings(rate_limit=5)
    response = await telco.request("GET", "Calls/no-sid")

    assert (response.status_code, response.headers["ratelimit-remaining"]) == (400, "4")
