"""What each verb does to a whole call, and what its hook is told."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.engine.events import Heard
from emulator.scenarios.far_end import FarEnd
from tests.fakes.receiver import Receiver
from tests.vendors.jambonz.conftest import Telco

OTHER = "+15085551313"
STAY = {"verb": "pause", "length": 600}


def heard(telco: Telco) -> list[tuple[str, str]]:
    return [
        (entry.data.kind, entry.data.text)
        for entry in telco.sandbox.journal.entries()
        if entry.kind == "event" and isinstance(entry.data, Heard)
    ]


def press(telco: Telco, digits: str, **when: Any) -> None:
    telco.script(FarEnd.from_json({"reactions": [{"press": digits, **(when or {"on_prompt": True})}]}))


async def call(telco: Telco, *verbs: dict[str, Any], **more: Any) -> str:
    telco.answers(*verbs)
    sid = await telco.place(**more)
    await telco.run()
    return sid


# --- say, play, pause ----------------------------------------------------------------------------------------------


async def test_say_speaks_all_texts_in_order_as_often_as_told(telco: Telco) -> None:
    await call(telco, {"verb": "say", "text": ["one", "two"], "loop": 2}, {"say": {"text": "three", "loop": 0}})

    assert [text for _, text in heard(telco)] == ["one", "two", "one", "two", "three"]


async def test_say_without_end_goes_on_until_somebody_hangs_up(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"hangs_up_after": "10s"}))
    await call(telco, {"verb": "say", "text": "again", "loop": "forever"})

    assert len(heard(telco)) > 5
    assert telco.receiver.requests[-1].json["call_termination_by"] == "caller"


async def test_play_asks_its_hook_once_after_all_rounds(telco: Telco) -> None:
    urls = ["http://h/a.mp3", "http://h/b.mp3"]
    play = {"verb": "play", "url": urls, "loop": 2, "actionHook": "/played", "id": "song"}
    await call(telco, play, {"verb": "say", "text": "next"})

    assert [text for kind, text in heard(telco) if kind == "play"] == urls * 2
    told = telco.only("/played").json
    extra = {key: told[key] for key in told if key.startswith("playback") or key in ("reason", "verb_id")}
    assert extra == {
        "reason": "playCompleted", "playback_seconds": 12, "playback_milliseconds": 12000,
        "playback_last_offset_pos": "96000", "verb_id": "song",
    }  # fmt: skip
    assert heard(telco)[-1] == ("say", "next")


async def test_pause_waits(telco: Telco) -> None:
    await call(telco, {"verb": "pause", "length": 2.5}, {"verb": "hangup"})

    assert telco.receiver.requests[-1].json["duration"] == 2


# --- gather --------------------------------------------------------------------------------------------------------


async def gathered(telco: Telco, **more: Any) -> dict[str, Any]:
    """What the action hook was told on top of the call info."""
    await call(telco, {"verb": "gather", "actionHook": "/got", **more}, {"verb": "say", "text": "next"})
    told = telco.only("/got").json
    return {key: told[key] for key in told if key in ("reason", "digits", "speech", "verb_id")}


@pytest.mark.parametrize(
    ("keys", "gather", "told"),
    [
        ("42", {"numDigits": 2}, {"reason": "dtmfDetected", "digits": "42"}),
        ("421", {"maxDigits": 2}, {"reason": "dtmfDetected", "digits": "42"}),
        ("42#", {"finishOnKey": "#"}, {"reason": "dtmfDetected", "digits": "42"}),
        ("#", {"finishOnKey": "#"}, {"reason": "dtmfDetected", "digits": ""}),
        ("42", {"minDigits": 2, "interDigitTimeout": 3}, {"reason": "dtmfDetected", "digits": "42"}),
        ("42", {}, {"reason": "dtmfDetected", "digits": "42"}),
        ("42", {"numDigits": 3}, {"reason": "timeout"}),
        ("4", {"minDigits": 2, "interDigitTimeout": 1}, {"reason": "timeout"}),
        ("", {"numDigits": 1}, {"reason": "timeout"}),
        ("1", {"numDigits": 1, "input": ["speech"]}, {"reason": "timeout"}),
        ("1", {"numDigits": 1, "id": "menu"}, {"reason": "dtmfDetected", "digits": "1", "verb_id": "menu"}),
    ],
)
async def test_each_end_of_a_gather_has_its_reason(telco: Telco, keys: str, gather: Any, told: Any) -> None:
    if keys:
        press(telco, keys)

    assert await gathered(telco, **gather) == told
    assert heard(telco)[-1] == ("say", "next")


async def test_a_gathers_timeout_begins_after_its_prompts_and_no_key_restarts_it(telco: Telco) -> None:
    press(telco, "1", on="press")
    gather = {"verb": "gather", "timeout": 4, "say": {"text": "press"}, "actionHook": "/got", "numDigits": 2}
    await call(telco, gather, {"verb": "hangup"})

    assert telco.only("/got").json["reason"] == "timeout"
    assert telco.receiver.requests[-1].json["duration"] == 4


async def test_recognised_speech_is_told_with_the_recognizers_language(telco: Telco) -> None:
    reaction = {"say": "yes please", "seconds": 1, "on_prompt": True}
    telco.script(FarEnd.from_json({"reactions": [reaction]}))
    recognizer = {"vendor": "deepgram", "language": "de-DE"}
    told = await gathered(telco, input=["speech", "digits"], recognizer=recognizer, say={"text": "say yes"})

    assert told == {
        "reason": "speechDetected",
        "speech": {
            "language_code": "de-DE", "channel_tag": 1, "is_final": True,
            "alternatives": [{"transcript": "yes please", "confidence": 0.95}],
            "vendor": {"name": "deepgram", "evt": {}},
        },
    }  # fmt: skip


async def test_a_key_stops_the_prompt(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"reactions": [{"press": "7", "on": "long", "barge_in": True}]}))
    told = await gathered(telco, numDigits=1, play={"url": "http://h/a.mp3"}, say={"text": "a long long way to go"})

    assert told == {"reason": "dtmfDetected", "digits": "7"}
    assert len(heard(telco)[0][1]) < len("a long long way to go")


async def test_a_gathers_answer_replaces_all_that_stands(telco: Telco) -> None:
    press(telco, "1")
    telco.answers({"verb": "say", "text": "menu one"}, path="/got")
    await gathered(telco, numDigits=1)

    assert [text for _, text in heard(telco)] == ["menu one"]


@pytest.mark.parametrize("answer", [[], b"", {}, "no json"])
async def test_an_answer_without_verbs_goes_on_with_the_rest(telco: Telco, answer: Any) -> None:
    telco.receiver.answers["/got"] = answer
    telco.receiver.content_type = "text/plain"
    press(telco, "1")
    await gathered(telco, numDigits=1)

    assert [text for _, text in heard(telco)] == ["next"]


async def test_a_failed_gather_hook_goes_on_and_is_told_in_one_more_status(telco: Telco) -> None:
    telco.receiver.answers["/got"] = [{"verb": "sing"}]
    press(telco, "1")
    await gathered(telco, numDigits=1)

    assert [text for _, text in heard(telco)] == ["next"]
    errors = [received.json for received in telco.receiver.to("/status") if "error" in received.json]
    assert [(body["call_status"], body["error"]) for body in errors] == [("in-progress", "invalid actionHook response")]
    assert "invalid instruction: sing" in errors[0]["reason"]


@pytest.mark.parametrize(
    ("gather", "told"),
    [
        ({"dtmfBargein": False}, {"reason": "timeout"}),
        ({"listenDuringPrompt": False}, {"reason": "dtmfDetected", "digits": "7"}),
    ],
)
async def test_keys_in_the_prompts_count_unless_switched_off(telco: Telco, gather: Any, told: Any) -> None:
    press(telco, "7", on="long", barge_in=True)
    assert await gathered(telco, numDigits=1, say={"text": "a long long way"}, **gather) == told


async def test_without_a_timeout_a_gather_waits_for_ever(telco: Telco) -> None:
    sid = await call(telco, {"verb": "gather", "timeout": 0, "actionHook": "/got"})

    assert telco.leg(sid).state == "answered"


# --- dial ----------------------------------------------------------------------------------------------------------


def dial(**more: Any) -> dict[str, Any]:
    return {"verb": "dial", "target": [{"type": "phone", "number": OTHER}], "actionHook": "/dialled", **more}


async def test_a_dialled_leg_has_status_hooks_of_its_own(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"hangs_up_after": "5s"}), OTHER)
    parent = await call(telco, dial(callerId="+15550001111"), {"verb": "say", "text": "after"}, tag={"a": 1})

    children = [received.json for received in telco.receiver.to("/status") if "parent_call_sid" in received.json]
    (child,) = {body["call_sid"] for body in children}
    assert telco.statuses(child) == [
        ("trying", 100, "Trying"), ("ringing", 180, "Ringing"), ("in-progress", 200, "OK"), ("completed", 200, "OK"),
    ]  # fmt: skip
    assert {body["parent_call_sid"] for body in children} == {parent}
    assert {body["direction"] for body in children} == {"outbound"}
    assert children[0]["caller_id"] == children[0]["from"] == "+15550001111"
    assert "customerData" not in children[0]
    told = telco.only("/dialled").json
    assert {key: told[key] for key in told if key.startswith("dial_")} == {
        "dial_call_status": "completed", "dial_sip_status": 200, "dial_call_sid": child,
        "dial_sbc_callid": children[-1]["sbc_callid"],
    }  # fmt: skip
    assert children[-1]["call_termination_by"] == "caller"
    assert heard(telco)[-1] == ("say", "after")


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("+14155550101", ("busy", 486)), ("+14155550102", ("no-answer", 487)), ("+14155550103", ("failed", 603)),
        ("+14155550104", ("failed", 480)),
    ],
)  # fmt: skip
async def test_each_unanswered_dial_has_its_status(telco: Telco, number: str, told: Any) -> None:
    target = [{"type": "phone", "number": number}]
    await call(telco, dial(target=target, timeout=20), {"verb": "say", "text": "after"})

    asked = telco.only("/dialled").json
    assert (asked["dial_call_status"], asked["dial_sip_status"]) == told
    assert heard(telco)[-1] == ("say", "after")


async def test_the_first_of_several_targets_to_answer_wins(telco: Telco) -> None:
    slow = "+14155550107"
    telco.script(FarEnd.from_json({"hangs_up_after": "1s"}), "sip:fast@h")
    target = [
        {"type": "phone", "number": slow},
        {"type": "sip", "sipUri": "sip:fast@h"},
        {"type": "user", "name": "bob"},
    ]
    telco.script(FarEnd.from_json({"rings_for": "9s"}), "bob")
    await call(telco, dial(target=target))

    ends = {
        received.json["to"]: received.json["call_status"]
        for received in telco.receiver.to("/status")
        if "parent_call_sid" in received.json
    }
    assert ends == {slow: "no-answer", "sip:fast@h": "completed", "bob": "no-answer"}


async def test_a_caller_who_hangs_up_ends_all_legs_and_the_dials_hook_is_told(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"hangs_up_after": "10s"}))
    sid = await call(telco, dial())

    assert telco.only("/dialled").json["dial_call_status"] == "completed"
    assert telco.statuses(sid)[-1][0] == "completed"


async def test_a_dials_time_limit_ends_the_dialled_leg(telco: Telco) -> None:
    await call(telco, dial(timeLimit=20), {"verb": "say", "text": "after"})

    assert telco.only("/dialled").json["dial_call_status"] == "completed"
    assert heard(telco)[-1] == ("say", "after")


@pytest.mark.parametrize(("on_bridge", "answered_first"), [(False, True), (True, False)])
async def test_an_inbound_call_is_answered_at_once_unless_on_bridge(
    telco: Telco, on_bridge: bool, answered_first: bool
) -> None:
    telco.serve_inbound()
    telco.answers(dial(answerOnBridge=on_bridge))
    sid = telco.arrive()
    await telco.advance(1)

    assert (telco.leg(sid).answered_at is not None) is answered_first
    await telco.advance(2)
    assert telco.leg(sid).state == "answered"


async def test_a_failed_dial_hook_goes_on(telco: Telco) -> None:
    telco.receiver.answers["/dialled"] = [{"verb": "sing"}]
    telco.script(FarEnd.from_json({"outcome": "busy"}), OTHER)
    await call(telco, dial(), {"verb": "say", "text": "after"})

    assert heard(telco)[-1] == ("say", "after")


async def test_a_dials_own_tag_is_the_childs_customer_data(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"outcome": "busy"}), OTHER)
    await call(telco, dial(tag={"leg": "b"}), tag={"leg": "a"})

    data = {
        "parent_call_sid" in received.json: received.json["customerData"] for received in telco.receiver.to("/status")
    }
    assert data == {True: {"leg": "b"}, False: {"leg": "a"}}


# --- the rest ------------------------------------------------------------------------------------------------------


async def test_redirect_asks_its_hook_and_an_absolute_one_is_the_new_base(telco: Telco) -> None:
    telco.answers({"verb": "redirect", "actionHook": "/next", "statusHook": "/told"}, path="/one")
    telco.answers({"verb": "gather", "timeout": 1, "actionHook": "/got"}, path="/next")
    await call(telco, {"verb": "redirect", "actionHook": f"{telco.receiver.url}/one"})

    assert [path for path in telco.receiver.paths if path != "/status"] == ["/call", "/one", "/next", "/got", "/told"]
    sid = telco.only("/call").json["call_sid"]
    assert telco.leg(sid).memo["base"] == telco.receiver.url


async def test_after_a_redirect_to_another_server_relative_hooks_lead_there(telco: Telco) -> None:
    other = await Receiver().start()
    other.answers["/one"] = [{"verb": "gather", "timeout": 1, "actionHook": "/got"}, {"verb": "pause", "length": 60}]
    telco.answers({"verb": "redirect", "actionHook": f"{other.url}/one"})
    sid = await telco.place()
    await telco.advance(10)
    await telco.put(sid, call_hook="/moved")
    await telco.run()
    await other.stop()

    assert other.paths == ["/one", "/got", "/moved"]
    assert {"/got", "/moved"}.isdisjoint(telco.receiver.paths)


@pytest.mark.parametrize("answer", [[{"verb": "sing"}], "status"])
async def test_a_failed_redirect_ends_the_call(telco: Telco, answer: Any) -> None:
    telco.receiver.answers["/next"] = answer
    telco.receiver.content_type = "application/json"
    await call(telco, {"verb": "redirect", "actionHook": "/next"}, {"verb": "say", "text": "never"})

    assert heard(telco) == []
    assert telco.statuses()[-1] == ("completed", 200, "OK")


async def test_a_tag_replaces_customer_data(telco: Telco) -> None:
    await call(telco, {"verb": "tag", "data": {"c": 3}}, {"verb": "hangup"}, tag={"a": 1})

    assert telco.only("/call").json["customerData"] == {"a": 1}
    assert telco.receiver.requests[-1].json["customerData"] == {"c": 3}


async def test_config_changes_the_speech_of_what_follows_until_it_is_reset(telco: Telco) -> None:
    english = {"vendor": "google", "language": "en-US"}
    german = {"verb": "config", "recognizer": {"vendor": "deepgram", "language": "de-DE"}}
    reaction = {"say": "ja", "seconds": 1, "on_prompt": True}
    telco.script(FarEnd.from_json({"reactions": [reaction]}))
    gather = {"verb": "gather", "input": ["speech"]}
    telco.answers({**gather, "actionHook": "/two"}, path="/one")
    telco.answers({"verb": "config", "reset": "recognizer"}, {**gather, "actionHook": "/three"}, path="/two")
    await call(telco, german, {**gather, "actionHook": "/one"})

    told = [telco.only(path).json["speech"] for path in ("/one", "/two", "/three")]
    assert [speech["language_code"] for speech in told] == ["de-DE", "de-DE", english["language"]]
    assert [speech["vendor"]["name"] for speech in told] == ["deepgram", "deepgram", english["vendor"]]


async def test_an_outbound_hook_without_an_array_leaves_the_call_idle(telco: Telco) -> None:
    telco.receiver.answers["/call"] = {"say": "hello"}
    sid = await telco.place()
    await telco.run()

    assert telco.leg(sid).state == "answered"
    assert telco.statuses()[-1][0] == "in-progress"


async def test_an_empty_array_ends_the_call(telco: Telco) -> None:
    await call(telco)

    assert telco.statuses()[-1] == ("completed", 200, "OK")


async def test_an_unknown_verb_ends_the_call(telco: Telco) -> None:
    await call(telco, {"verb": "say", "text": "never"}, {"verb": "sing"})

    assert heard(telco) == []
    assert telco.problems == ["[1].verb: invalid instruction: sing"]
    assert telco.receiver.requests[-1].json["call_termination_by"] == "jambonz"


async def test_a_verb_that_is_not_emulated_ends_the_call_by_name(telco: Telco) -> None:
    sid = await call(telco, {"verb": "say", "text": "never"}, {"listen": {"url": "ws://h"}})

    failure = telco.leg(sid).failure
    assert failure is not None and failure.why == "not-emulated"
    assert "listen" in telco.problems[0] and "[1].verb" in telco.problems[0]
