"""Random documents that record, far ends that speak, and an API that interferes: what was recorded is what happened."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator import audio
from emulator.engine import events as e
from emulator.engine.recordings import Recording
from emulator.runtime.replay import read_entries, rebuild
from emulator.scenarios.far_end import FarEnd, HangUp, Press, Reaction, Say
from emulator.vendors.vobiz import vendor
from tests.vendors.anything import QUICK, check_sent_once, events_of, living
from tests.vendors.vobiz.conftest import Telco
from tests.vendors.vobiz.test_dial import FIRST
from tests.vendors.vobiz.test_dial_anything import some

LIMIT = 10

spans = st.sampled_from([0, 1, 2, 5, 11]).map(lambda seconds: timedelta(seconds=seconds))
reactions = st.builds(
    Reaction,
    do=st.sampled_from([Press("1"), Press("#"), Say("one two three"), Say("please"), HangUp()]),
    at=st.none() | spans,
    on_prompt=st.just(False),
) | st.just(Reaction(Say("a message"), on_prompt=True, after=timedelta(seconds=1)))
far_ends = st.builds(
    FarEnd,
    rings_for=spans,
    greeting=st.sampled_from(["", "Hello?"]),
    hangs_up_after=st.none() | spans,
    reactions=st.lists(reactions.filter(lambda each: each.on_prompt or each.at is not None), max_size=3).map(tuple),
)
attributes = st.tuples(
    some("action", "{url}/action"), some("redirect", "true"), some("callbackUrl", "{url}/done"),
    some("transcriptionUrl", "{url}/text"), some("timeout", "1", "4"), some("maxLength", "1", "9"),
    some("finishOnKey", "#", "none"), some("playBeep", "false"), some("fileFormat", "wav"),
    some("recordChannelType", "stereo"), some("recordSession", "true"), some("startOnDialAnswer", "true"),
).map("".join)  # fmt: skip
records = attributes.map(lambda about: f"<Record{about}/>")
others = st.sampled_from(
    [
        "<Speak>hello there</Speak>", "<Wait length='3'/>", "<Play loop='2'>http://a/b.mp3</Play>", "<DTMF>12w3</DTMF>",
        "<DTMF async='false'>4</DTMF>", f"<Dial timeLimit='9'>{FIRST}</Dial>", "<Hangup schedule='7'/>",
    ]
)  # fmt: skip
documents = st.lists(records | records | others, min_size=1, max_size=4).map("".join)
# Whoever is sent back to the action by the action may turn in circles for ever.
last_words = documents.map(lambda body: body.replace(" action='{url}/action'", ""))
deeds = st.one_of(
    st.tuples(st.just("Play"), st.just({"urls": "http://a/c.mp3,http://a/d.mp3", "loop": True, "length": 20})),
    st.tuples(st.just("Speak"), st.sampled_from([{"text": "over"}, {"text": "over", "legs": "both"}])),
    st.tuples(st.just("DTMF"), st.just({"digits": "9"})),
    st.tuples(st.just("Record"), st.sampled_from([{}, {"time_limit": 3, "file_format": "wav"}])),
    st.tuples(st.sampled_from(["stop Play", "stop Speak", "stop Record", "delete"]), st.none()),
)
lives = st.fixed_dictionaries(
    {
        "document": records.flatmap(lambda first: documents.map(lambda rest: first + rest)),
        "action": last_words,
        "callee": far_ends,
        "other": far_ends,
        "deeds": st.lists(st.tuples(st.sampled_from([1, 3, 8]), deeds), max_size=4),
    }
)


async def live(life: dict[str, Any]) -> None:
    async with living(Telco, vendor, LIMIT) as telco:
        await check(telco, await _live(telco, life))


async def _live(telco: Telco, life: dict[str, Any]) -> set[str]:
    url = telco.receiver.url
    telco.receiver.content_type = "application/xml"
    telco.answers(life["document"].format(url=url))
    telco.answers(life["action"].format(url=url), path="/action")
    telco.script(life["callee"])
    telco.script(life["other"], FIRST)
    uuid = await telco.place(time_limit=120)
    deleted = set()
    for seconds, (what, fields) in life["deeds"]:
        await telco.advance(seconds)
        word, _, part = what.partition(" ")
        if word == "stop":
            response = await telco.request("DELETE", f"Call/{uuid}/{part}/")
        elif word == "delete":
            listed = (await telco.get("Recording/"))["objects"]
            deleted |= {each["recording_id"] for each in listed[:1]}
            for each in listed[:1]:
                await telco.request("DELETE", f"Recording/{each['recording_id']}/")
            continue
        else:
            response = await telco.request("POST", f"Call/{uuid}/{word}/", json=fields)
        assert response.status_code in (200, 202, 204, 404)
    await telco.run()
    return deleted


async def check(telco: Telco, deleted: set[str]) -> None:
    events = events_of(telco)
    began = {event.recording.name: event for event in events if isinstance(event, e.RecordingStarted)}
    ended = {event.recording.name: event for event in events if isinstance(event, e.RecordingEnded)}
    assert all(leg.state == "ended" for leg in telco.sandbox.engine.legs.values())
    assert began.keys() == ended.keys()
    for name, event in ended.items():
        assert event.recording.seconds == (event.at - began[name].at).total_seconds()
    check_callbacks(telco, ended)
    await check_files(telco, {name: event.recording for name, event in ended.items() if name not in deleted})
    check_replay(telco)


def check_callbacks(telco: Telco, ended: dict[str, Any]) -> None:
    """Each recording is told of once at most, with its own length; nothing is sent twice but as a retry."""
    told = [received.form for received in telco.receiver.to("/done")]
    assert max(Counter(form["RecordingID"] for form in told).values(), default=1) == 1
    for form in told:
        assert form["RecordingDurationMs"] == str(round(ended[form["RecordingID"]].recording.seconds * 1000))
    for received in telco.receiver.to("/text"):
        recording = ended[received.form["recording_id"]].recording
        spoken = [sound.text for sound in recording.sounds if (sound.kind, sound.track) == ("speech", "in")]
        assert received.form["transcription"] == " ".join(spoken)
    check_sent_once(telco)


async def check_files(telco: Telco, left: dict[str, Recording]) -> None:
    listed = {each["recording_id"]: each for each in (await telco.get("Recording/?limit=100"))["objects"]}
    assert listed.keys() == left.keys()
    for name, recording in left.items():
        url = listed[name]["recording_url"]
        got = await telco.request("HEAD", url[url.index("/v1/") :])
        assert got.headers["content-type"] == audio.CONTENT_TYPES[recording.format]
        assert got.headers["content-length"] == str(audio.size(recording))


def check_replay(telco: Telco) -> None:
    """The journal, read back, is the same sandbox with the same recordings."""
    lines = list(telco.sandbox.journal.lines())
    twin = rebuild(read_entries(lines), {"vobiz": vendor})
    assert twin.views["vobiz"].recordings() == telco.sandbox.views["vobiz"].recordings()
    assert list(twin.journal.lines()) == lines


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
@given(lives)
def test_what_was_recorded_is_what_happened_and_a_replay_records_the_same(life: dict[str, Any]) -> None:
    asyncio.run(live(life))
