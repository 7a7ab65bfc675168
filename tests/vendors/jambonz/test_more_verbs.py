"""What the rarer verbs and the rarer attributes of the common ones do to a whole call."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine.events import DigitsSent, Heard, SpeakingStarted
from emulator.scenarios.far_end import FarEnd
from tests.vendors.jambonz.conftest import CALLEE, Telco

OTHER, THIRD = "+15085551313", "+15085551414"
AFTER = {"say": {"text": "after"}}


def events(telco: Telco, kind: type) -> list[Any]:
    return [entry.data for entry in telco.sandbox.journal.entries() if isinstance(entry.data, kind)]


def heard(telco: Telco) -> list[str]:
    return [event.text for event in events(telco, Heard)]


async def call(telco: Telco, *verbs: dict[str, Any], **more: Any) -> str:
    telco.answers(*verbs)
    sid = await telco.place(**more)
    await telco.run()
    return sid


def dial(**more: Any) -> dict[str, Any]:
    return {"verb": "dial", "target": [{"type": "phone", "number": OTHER}], "actionHook": "/dialled", **more}


# --- say and play --------------------------------------------------------------------------------------------------


async def test_ssml_is_heard_as_its_words_and_its_breaks_take_their_time(telco: Telco) -> None:
    text = (
        '<speak>Good <emphasis>day</emphasis> &amp; welcome<break time="2s"/>press <sub alias="one">1</sub>'
        '<break strength="weak"/><!-- no more --><break/></speak>'
    )
    await call(telco, {"say": {"text": text}}, {"hangup": {}})

    assert heard(telco) == ["Good day & welcome", "press one"]
    first, second = events(telco, SpeakingStarted)
    assert (second.at - first.at).total_seconds() == first.seconds + 2
    assert telco.receiver.requests[-1].json["duration"] == int(first.seconds + 2 + second.seconds + 0.25 + 0.5)


@pytest.mark.parametrize("text", ["1 < 2", "a <b>bold</b> claim", ""])
async def test_a_text_that_is_no_ssml_is_spoken_as_it_stands(telco: Telco, text: str) -> None:
    await call(telco, {"say": {"text": text}})

    assert heard(telco) == [text]


async def test_a_pause_inside_ssml_answers_an_inbound_call(telco: Telco) -> None:
    telco.serve_inbound()
    telco.answers({"say": {"text": '<speak><break time="500ms"/></speak>'}}, {"pause": {"length": 5}})
    sid = telco.arrive()
    await telco.advance(1)

    assert telco.leg(sid).state == "answered"


@pytest.mark.parametrize(
    ("play", "milliseconds"),
    [({"seekOffset": 8000}, 2000), ({"seekOffset": "16000"}, 1000), ({"timeoutSecs": 1}, 1000),
     ({"seekOffset": 80_000}, 0), ({"seekOffset": "no number"}, 3000), ({"timeoutSecs": 2, "loop": 2}, 4000)],
)  # fmt: skip
async def test_a_part_of_a_file_is_played(telco: Telco, play: dict[str, Any], milliseconds: int) -> None:
    await call(telco, {"play": {"url": "http://h/a.wav", "actionHook": "/played", **play}})

    assert telco.only("/played").json["playback_milliseconds"] == milliseconds
    assert sum(event.seconds for event in events(telco, Heard)) * 1000 == milliseconds


# --- gather --------------------------------------------------------------------------------------------------------


async def test_partial_results_are_told_as_they_come(telco: Telco) -> None:
    reactions = [
        {"say": "I would", "seconds": 1, "on_prompt": True},
        {"say": "like tea", "seconds": 1, "on_prompt": True, "after": "1s"},
    ]
    telco.script(FarEnd.from_json({"reactions": reactions}))
    gather = {"input": ["speech"], "partialResultHook": "/partial", "actionHook": "/got", "speechTimeout": 1}
    await call(telco, {"gather": gather})

    partial = [received.json["speech"] for received in telco.receiver.to("/partial")]
    assert [(each["alternatives"][0]["transcript"], each["is_final"]) for each in partial] == [
        ("I would", False), ("I would like tea", False),
    ]  # fmt: skip
    final = telco.only("/got").json["speech"]
    assert (final["alternatives"][0]["transcript"], final["is_final"]) == ("I would like tea", True)


# --- dial ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        ([], "completed", []),
        ([{"say": {"text": "accept"}}], "completed", ["accept"]),
        ([{"say": {"text": "no"}}, {"hangup": {}}], "completed", ["no"]),
        ([{"verb": "sing"}], "completed", []),
    ],
    ids=["empty", "verbs", "hangs up", "invalid"],
)
async def test_who_answers_is_asked_about_and_bridged_or_declined(
    telco: Telco, answer: Any, status: str, said: list[str]
) -> None:
    telco.answers(*answer, path="/confirm")
    telco.script(FarEnd.from_json({"hangs_up_after": "30s"}))
    await call(telco, dial(confirmHook="/confirm"), AFTER)

    asked = telco.only("/confirm").json
    assert (asked["to"], asked["call_status"]) == (OTHER, "in-progress")
    assert asked["parent_call_sid"] == telco.only("/call").json["call_sid"]
    is_declined = (answer and "hangup" in answer[-1]) or answer == [{"verb": "sing"}]
    bridges = [entry for entry in telco.sandbox.journal.entries() if type(entry.data).__name__ == "Bridged"]
    assert len(bridges) == (0 if is_declined else 1)
    assert [text for text in heard(telco) if text != "after"] == said
    assert ("after" in heard(telco)) is bool(is_declined)


async def test_only_a_few_verbs_are_taken_from_a_leg_that_confirms(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"reactions": [{"press": "1", "on_prompt": True}]}), OTHER)
    telco.answers({"gather": {"numDigits": 1, "actionHook": "/accept", "say": {"text": "press 1"}}}, path="/confirm")
    telco.answers({"play": {"url": "http://h/a"}}, {"say": {"text": "thanks"}}, {"hangup": {}}, path="/accept")
    telco.script(FarEnd.from_json({"hangs_up_after": "30s"}))
    await call(telco, dial(confirmHook="/confirm"))

    assert heard(telco) == ["press 1", "thanks"]
    assert telco.only("/accept").json["digits"] == "1"
    bridges = [entry for entry in telco.sandbox.journal.entries() if type(entry.data).__name__ == "Bridged"]
    assert len(bridges) == 1


async def test_one_target_may_have_a_confirmation_of_its_own(telco: Telco) -> None:
    target = [
        {"type": "phone", "number": OTHER, "confirmHook": "/confirm"},
        {"type": "phone", "number": THIRD},
    ]
    telco.answers({"say": {"text": "a long long question"}}, path="/confirm")
    telco.script(FarEnd.from_json({"rings_for": "1s"}), OTHER)
    telco.script(FarEnd.from_json({"hangs_up_after": "9s"}), THIRD)
    await call(telco, dial(target=target))

    told = {each.json["to"]: each.json["call_status"] for each in telco.receiver.to("/status")}
    assert told[THIRD] == "completed"
    assert telco.only("/confirm").json["to"] == OTHER


async def test_music_plays_to_the_caller_until_somebody_answers(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"rings_for": "8s", "hangs_up_after": "5s"}), OTHER)
    await call(telco, dial(dialMusic="http://h/music.mp3"), AFTER)

    assert set(heard(telco)) == {"http://h/music.mp3", "after"}
    assert sum(event.seconds for event in events(telco, Heard) if event.kind == "play") == 8


@pytest.mark.parametrize(
    ("capture", "who", "told"),
    [
        (["*2", "#"], CALLEE, ["*2"]), (["*2"], OTHER, ["*2"]), ({"parentCall": ["*2"]}, CALLEE, ["*2"]),
        ({"parentCall": ["*2"]}, OTHER, []), ({"childCall": ["*2"]}, OTHER, ["*2"]), ([], CALLEE, []), ({}, CALLEE, []),
    ],
)  # fmt: skip
async def test_keys_on_the_bridge_are_told_when_they_match(telco: Telco, capture: Any, who: str, told: Any) -> None:
    telco.script(FarEnd.from_json({"hangs_up_after": "40s"}))
    keys = {"hangs_up_after": "40s", "reactions": [{"press": "1*2", "at": "15s"}]}
    telco.script(FarEnd.from_json(keys), who)
    await call(telco, dial(dtmfCapture=capture, dtmfHook="/keys"))

    assert [received.json["dtmf"] for received in telco.receiver.to("/keys")] == told


async def test_a_party_on_hold_is_told_of(telco: Telco) -> None:
    held = {"hangs_up_after": "40s", "reactions": [{"hold": True, "at": "10s"}, {"hold": False, "at": "20s"}]}
    telco.script(FarEnd.from_json(held), OTHER)
    sid = await call(telco, dial(onHoldHook="/hold"))

    told = telco.only("/hold").json
    assert told["call_sid"] == sid
    assert told["hold_detail"] == {"from": telco.number, "to": OTHER}


@pytest.mark.parametrize(
    ("far_end", "kind"),
    [
        ({"hangs_up_after": "20s"}, "amd_human_detected"),
        ({"hangs_up_after": "20s", "is_machine": True, "greeting": "leave a message", "greeting_for": "4s"},
         "amd_machine_detected"),
        ({"hangs_up_after": "20s", "greeting": ""}, "amd_no_speech_detected"),
    ],
)  # fmt: skip
async def test_amd_tells_who_answered(telco: Telco, far_end: Any, kind: str) -> None:
    telco.script(FarEnd.from_json(far_end), OTHER)
    telco.script(FarEnd.from_json(far_end))
    await call(telco, dial(amd={"actionHook": "/child-amd"}), amd={"actionHook": f"{telco.receiver.url}/amd"})

    assert telco.only("/amd").json["type"] == kind
    assert telco.only("/child-amd").json["type"] == kind
    assert telco.only("/child-amd").json["to"] == OTHER


async def test_verbs_in_the_answer_to_amd_replace_the_application(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"is_machine": True, "greeting": "leave a message", "greeting_for": "4s"}))
    telco.answers({"say": {"text": "call us back"}}, {"hangup": {}}, path="/amd")
    amd = {"actionHook": "/amd", "timers": {"noSpeechTimeoutMs": 3000}}
    await call(telco, {"pause": {"length": 600}}, amd=amd)

    assert heard(telco) == ["call us back"]


async def test_an_answer_to_amd_that_cannot_be_read_changes_nothing_and_is_named(telco: Telco) -> None:
    telco.answers({"verb": "sing"}, path="/amd")
    await call(telco, {"pause": {"length": 20}}, AFTER, amd={"actionHook": "/amd"})

    assert heard(telco) == ["after"]
    assert telco.problems == ["[0].verb: invalid instruction: sing"]


# --- config: barge-in and amd beside the call ----------------------------------------------------------------------

STORY = {"say": {"text": "once upon a time " * 40}}


def barge_in(**more: Any) -> dict[str, Any]:
    return {"config": {"bargeIn": {"enable": True, "actionHook": "/barged", **more}}}


async def test_input_beside_the_call_replaces_what_runs(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"reactions": [{"press": "5", "at": "4s"}]}))
    telco.answers({"say": {"text": "five it is"}}, path="/barged")
    await call(telco, barge_in(input=["digits"], numDigits=1), STORY, AFTER)

    told = telco.only("/barged").json
    assert (told["reason"], told["digits"], told["call_status"]) == ("dtmfDetected", "5", "in-progress")
    first, last = heard(telco)
    assert STORY["say"]["text"].startswith(first) and first != STORY["say"]["text"]
    assert last == "five it is"


async def test_speech_beside_the_call_is_told_as_a_gathers(telco: Telco) -> None:
    speaks(telco, "wait a moment")
    await call(telco, barge_in(input=["speech"]), {"pause": {"length": 20}})

    told = telco.only("/barged").json
    assert told["reason"] == "speechDetected"
    assert told["speech"]["alternatives"][0]["transcript"] == "wait a moment"


async def test_without_verbs_in_the_answer_what_runs_goes_on(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"reactions": [{"press": "5", "at": "1s"}]}))
    telco.answers(path="/barged")
    await call(telco, barge_in(numDigits=1), {"say": {"text": "the whole story"}}, AFTER)

    assert len(telco.receiver.to("/barged")) == 1
    assert heard(telco) == ["the whole story", "after"]


@pytest.mark.parametrize(("sticky", "times"), [(False, 1), (True, 3)])
async def test_a_sticky_one_listens_again(telco: Telco, sticky: bool, times: int) -> None:
    reactions = [{"press": key, "at": f"{at}s"} for at, key in enumerate("123", 1)]
    telco.script(FarEnd.from_json({"reactions": reactions}))
    await call(telco, barge_in(numDigits=1, sticky=sticky), {"pause": {"length": 10}})

    assert [told.json["digits"] for told in telco.receiver.to("/barged")] == ["1", "2", "3"][:times]


async def test_it_is_switched_off(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"reactions": [{"press": "5", "at": "4s"}]}))
    off = {"config": {"bargeIn": {"enable": False}}}
    await call(telco, barge_in(numDigits=1), {"pause": {"length": 2}}, off, {"pause": {"length": 10}})

    assert telco.receiver.to("/barged") == []


async def test_nobody_is_asked_for_input_beside_a_call(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"reactions": [{"press": "5", "on_prompt": True}]}))
    await call(telco, barge_in(numDigits=1), {"pause": {"length": 10}})

    assert telco.receiver.to("/barged") == []


async def test_config_amd_tells_who_answered(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"is_machine": True, "greeting": "leave a message", "greeting_for": "4s"}))
    telco.answers({"say": {"text": "call us back"}}, {"hangup": {}}, path="/amd")
    await call(telco, {"config": {"amd": {"actionHook": "/amd"}}}, {"pause": {"length": 600}})

    assert telco.only("/amd").json["type"] == "amd_machine_detected"
    assert heard(telco) == ["call us back"]


# --- transcribe, config, dtmf, sip ---------------------------------------------------------------------------------


def speaks(telco: Telco, *texts: str) -> None:
    reactions = [{"say": text, "seconds": 1, "at": f"{5 * at + 3}s"} for at, text in enumerate(texts)]
    telco.script(FarEnd.from_json({"reactions": reactions, "hangs_up_after": "60s"}))


def transcripts(telco: Telco) -> list[str]:
    told = telco.receiver.to("/heard")
    return [received.json["speech"]["alternatives"][0]["transcript"] for received in told]


async def test_transcribe_tells_each_utterance_and_never_ends_by_itself(telco: Telco) -> None:
    speaks(telco, "hello", "anybody there")
    recognizer = {"vendor": "deepgram", "language": "de-DE"}
    await call(telco, {"transcribe": {"transcriptionHook": "/heard", "recognizer": recognizer}}, AFTER)

    assert transcripts(telco) == ["hello", "anybody there"]
    assert telco.receiver.to("/heard")[0].json["speech"]["vendor"]["name"] == "deepgram"
    assert heard(telco) == []


async def test_verbs_in_the_answer_to_a_transcription_replace_the_application(telco: Telco) -> None:
    speaks(telco, "stop", "again")
    telco.answers({"say": {"text": "stopped"}}, {"pause": {"length": 20}}, path="/heard")
    await call(telco, {"transcribe": {"transcriptionHook": "/heard"}})

    assert heard(telco)[0] == "stopped"


async def test_config_transcribes_beside_the_call_until_it_is_switched_off(telco: Telco) -> None:
    speaks(telco, "one", "two", "three")
    on = {"enable": True, "transcriptionHook": "/heard"}
    await call(
        telco, {"config": {"transcribe": on}}, {"pause": {"length": 10}}, {"config": {"transcribe": {"enable": False}}},
        {"pause": {"length": 60}},
    )  # fmt: skip

    assert transcripts(telco) == ["one", "two"]


async def test_a_dial_is_transcribed_while_it_lasts(telco: Telco) -> None:
    speaks(telco, "one", "two", "three")
    telco.script(FarEnd.from_json({"hangs_up_after": "8s"}), OTHER)
    await call(telco, dial(transcribe={"transcriptionHook": "/heard"}), {"pause": {"length": 60}})

    assert transcripts(telco) == ["one", "two"]


@pytest.mark.parametrize(
    ("config", "answers"),
    [
        ({"synthesizer": {"vendor": "google"}}, False), ({"notifyEvents": True}, False), ({"vad": {}}, False),
        ({"transcribe": {"enable": True, "transcriptionHook": "/x"}}, True), ({"boostAudioSignal": 3}, True),
        ({"record": {"action": "startCallRecording"}}, True), ({"boostAudioSignal": 3, "earlyMedia": True}, False),
    ],
)  # fmt: skip
async def test_config_answers_an_inbound_call_only_where_it_needs_media(
    telco: Telco, config: Any, answers: bool
) -> None:
    telco.serve_inbound()
    telco.answers({"config": config}, {"pause": {"length": 60}})
    sid = telco.arrive()
    await telco.advance(1)

    assert (telco.leg(sid).state == "answered") is answers


async def test_config_records_pauses_and_stops(telco: Telco) -> None:
    def record(action: str) -> dict[str, Any]:
        return {"config": {"record": {"action": action}}}

    pause = {"pause": {"length": 4}}
    await call(
        telco, record("startCallRecording"), pause, record("pauseCallRecording"), pause, record("resumeCallRecording"),
        pause, record("stopCallRecording"), pause,
    )  # fmt: skip

    (recording,) = telco.sandbox.views["jambonz"].recordings()
    assert (recording.seconds, recording.ended_by) == (8.0, "stop")


@pytest.mark.parametrize(
    ("dtmf", "keys", "seconds"),
    [({"dtmf": "12"}, "12", 2.25), ({"dtmf": "1", "duration": 250}, "1", 1.25), ({"dtmf": "1x#"}, "1#", 2.25)],
)
async def test_keys_are_sent_in_their_time(telco: Telco, dtmf: Any, keys: str, seconds: float) -> None:
    await call(telco, {"dtmf": dtmf}, AFTER)

    assert [event.digits for event in events(telco, DigitsSent)] == [keys]
    answered = telco.leg(telco.only("/call").json["call_sid"]).answered_at
    assert (events(telco, SpeakingStarted)[0].at - answered).total_seconds() == seconds


async def test_a_refer_is_taken_and_the_far_end_hangs_up(telco: Telco) -> None:
    refer = {"referTo": "sip:bob@h", "actionHook": "/referred", "eventHook": "/progress"}
    await call(telco, {"sip:refer": refer}, AFTER)

    told = telco.only("/referred").json
    assert (told["refer_status"], told["final_referred_call_status"]) == (202, 200)
    assert telco.only("/progress").json == {"event": "transfer-status", "call_status": 200}
    assert telco.receiver.requests[-1].json["call_termination_by"] == "caller"
    assert heard(telco) == []


async def test_a_request_inside_the_dialog_is_answered(telco: Telco) -> None:
    request = {"method": "INFO", "body": "x", "actionHook": "/info", "id": "r1"}
    await call(telco, {"sip:request": request}, AFTER)

    told = telco.only("/info").json
    assert (told["result"], told["sip_status"], told["verb_id"]) == ("success", 200, "r1")
    assert heard(telco) == ["after"]


@pytest.mark.parametrize("verb", [{"sip:request": {"method": "INFO", "actionHook": "/x"}},
                                  {"sip:refer": {"referTo": "sip:a@h", "actionHook": "/x"}}])  # fmt: skip
async def test_what_needs_a_stable_call_is_skipped_on_an_unanswered_one(telco: Telco, verb: Any) -> None:
    telco.serve_inbound()
    telco.answers(verb, {"pause": {"length": 5}}, AFTER)
    sid = telco.arrive()
    await telco.run()

    assert telco.receiver.to("/x") == []
    assert heard(telco) == ["after"]
    assert telco.leg(sid).answered_at is not None


async def test_leave_outside_a_queue_does_nothing(telco: Telco) -> None:
    await call(telco, {"leave": {}}, AFTER)

    assert heard(telco) == ["after"]


# --- what takes no media -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "verb",
    [
        {"say": {"text": "a long long announcement", "earlyMedia": True}},
        {"play": {"url": "http://h/a", "earlyMedia": True}},
        {"transcribe": {"transcriptionHook": "/heard", "earlyMedia": True}},
    ],
    ids=lambda verb: next(iter(verb)),
)
async def test_early_media(telco: Telco, verb: Any) -> None:
    telco.serve_inbound()
    telco.answers(verb)
    sid = telco.arrive()
    await telco.advance(1)

    assert telco.leg(sid).state == "early media"


@pytest.mark.parametrize(
    ("decline", "told"),
    [
        ({"status": 486}, ("failed", 486, "Busy Here")), ({"status": 404}, ("failed", 404, "Not Found")),
        ({"status": 499, "reason": "Not today"}, ("failed", 499, "Not today")),
    ],
)  # fmt: skip
async def test_decline(telco: Telco, decline: Any, told: Any) -> None:
    telco.serve_inbound()
    telco.answers({"sip:decline": decline})
    telco.arrive()
    await telco.run()

    assert telco.statuses()[-1] == told


async def test_a_callers_name_is_in_the_childs_record(telco: Telco) -> None:
    telco.answers(dial(callerName="Ada"))
    await telco.place()
    await telco.advance(6)

    names = {call["to"]: call.get("caller_name") for call in await telco.get("Calls")}
    assert names == {CALLEE: None, OTHER: "Ada"}
