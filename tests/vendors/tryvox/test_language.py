"""Reading a VoxML document: what each verb becomes, and what is wrong with a bad one."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest

from emulator.engine.causes import BUSY, REJECTED
from emulator.engine.events import LegSnapshot
from emulator.engine.program import AnswerVerb, Dial, Fetch, Gather, HangUp, Hook, Pause, Play, Program, Say, Verb
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendors.tryvox.language import NOT_EMULATED, parse
from emulator.webhooks.values import Json, Policy, Reply, Request
from tests.vendors.tryvox.test_outcomes import snapshot

REQUEST = Request("tryvox", "c1", "c1.0", "answer", "http://127.0.0.1:1/answer", "POST", Json({}), Policy())
URL = "http://a.example/b"
WHERE = "instructions[0]"
_PLACE = re.compile(r" ?\(?line \d+, column \d+\)?(?:: (?=not JSON))?")


class Legs:
    """The only part of a `CallView` that reading a document looks at."""

    def __init__(self, leg: LegSnapshot | None) -> None:
        self._leg = leg

    def leg(self, leg_id: str) -> LegSnapshot | None:
        return self._leg


def read_body(body: bytes, leg: LegSnapshot | None = None, **more: Any) -> Program:
    return parse(Reply(200, (), body, **more), REQUEST, Legs(leg))  # type: ignore[arg-type]


def read(*instructions: Any, leg: LegSnapshot | None = None) -> tuple[Verb, ...]:
    return read_body(json.dumps({"voxml_version": "1.0", "instructions": instructions}).encode(), leg).verbs


def one(**instruction: Any) -> Verb:
    (verb,) = read(instruction)
    return verb


def wrong(body: Any) -> str:
    with pytest.raises(InvalidDocument) as raised:
        read_body(body if isinstance(body, bytes) else json.dumps(body).encode())
    assert not raised.value.where or _PLACE.search(raised.value.where), raised.value.where
    return _PLACE.sub("", str(raised.value))


# --- verbs ---------------------------------------------------------------------------------------------------------


def test_say_has_the_documented_defaults() -> None:
    assert one(verb="Say", text="hi") == Say("hi", 1, "en-IN-Wavenet-A", "en-IN", where=WHERE)
    assert one(verb="Say", text="hi", loop=0, voice="Joanna", language="en-US", engine="polly") == Say(
        "hi", 0, "Joanna", "en-US", where=WHERE
    )


def test_play_pause_and_hangup() -> None:
    assert one(verb="Play", url=URL) == Play(URL, 1, where=WHERE)
    assert one(verb="Pause") == Pause(timedelta(seconds=1), where=WHERE)
    assert one(verb="Pause", length=2.5) == Pause(timedelta(seconds=2.5), where=WHERE)
    assert one(verb="Hangup") == HangUp(where=WHERE)


def test_redirect_is_a_fetch_by_post_unless_told() -> None:
    assert one(verb="Redirect", url=URL) == Fetch(Hook(URL, "POST", "redirect"), WHERE)
    assert one(verb="Redirect", url=URL, method="GET") == Fetch(Hook(URL, "GET", "redirect"), WHERE)


def test_gather_has_the_documented_defaults() -> None:
    gather = one(verb="Gather", action_url=URL)
    assert isinstance(gather, Gather)
    assert gather.hook == Hook(URL, "POST", "gather")
    assert (gather.digits, gather.speech, gather.finish_on, gather.max_digits) == (True, False, "#", 1 << 30)
    assert gather.first_timeout == gather.digit_timeout == timedelta(seconds=5)
    assert gather.prompts == () and gather.barge_in is True and not gather.ask_when_empty


def test_gather_takes_prompts_in_the_order_given_each_with_its_path() -> None:
    gather = one(verb="Gather", action_url=URL, play={"url": URL, "loop": 2}, say={"text": "hi"})
    assert isinstance(gather, Gather)
    assert gather.prompts == (
        Play(URL, 2, where=f"{WHERE}.play"),
        Say("hi", 1, "en-IN-Wavenet-A", "en-IN", where=f"{WHERE}.say"),
    )


@pytest.mark.parametrize(
    ("kind", "digits", "speech"), [("dtmf", True, False), ("speech", False, True), ("dtmf speech", True, True)]
)
def test_gather_listens_to_what_it_is_told_to(kind: str, digits: bool, speech: bool) -> None:
    gather = one(verb="Gather", action_url=URL, input=kind, finish_on_key="", num_digits=4.0, timeout=9, say=None)
    assert isinstance(gather, Gather)
    assert (gather.digits, gather.speech, gather.finish_on, gather.max_digits) == (digits, speech, "", 4)
    assert gather.first_timeout == timedelta(seconds=9)


def test_dial_has_the_documented_defaults() -> None:
    dial = one(verb="Dial", numbers=[{"number": "+12025550144", "send_digits": "1w2"}], sip=[{"uri": "sip:a@b"}])
    assert isinstance(dial, Dial)
    assert [target.to for target in dial.targets] == ["+12025550144", "sip:a@b"]
    assert dial.targets[0].send_digits is not None and dial.targets[0].send_digits.digits == "1w2"
    assert (dial.ring_timeout, dial.time_limit, dial.hook) == (timedelta(seconds=30), timedelta(seconds=14_400), None)


def test_reject_refuses_with_its_reason() -> None:
    ringing = snapshot(direction="inbound", state="ringing")
    assert read({"verb": "Reject"}, leg=ringing) == (HangUp(refuse=REJECTED, where=WHERE),)
    assert read({"verb": "Reject", "reason": "busy"}, leg=ringing) == (HangUp(refuse=BUSY, where=WHERE),)


def test_a_reject_for_another_reason_is_bad() -> None:
    with pytest.raises(InvalidDocument, match="expected one of rejected, busy, got 'tired'"):
        read({"verb": "Reject", "reason": "tired"}, leg=snapshot(direction="inbound", state="ringing"))


def test_a_ringing_call_is_answered_before_anything_but_a_reject() -> None:
    ringing, answered = snapshot(direction="inbound", state="ringing"), snapshot(direction="inbound", state="answered")
    assert read({"verb": "Pause"}, {"verb": "Hangup"}, leg=ringing)[0] == AnswerVerb()
    assert read(leg=ringing) == (AnswerVerb(),)
    assert not isinstance(read({"verb": "Pause"}, {"verb": "Reject"}, leg=ringing)[0], AnswerVerb)
    assert read({"verb": "Hangup"}, {"verb": "Reject"}, leg=ringing)[0] == AnswerVerb()
    assert read({"verb": "Hangup"}, leg=answered) == (HangUp(where=WHERE),)


# --- what is wrong -------------------------------------------------------------------------------------------------

BAD = [
    ({"verb": "Say"}, f"{WHERE}.text: required parameter missing"),
    ({"verb": "Say", "text": ""}, f"{WHERE}.text: required parameter missing"),
    ({"verb": "Say", "text": 5}, f"{WHERE}.text: expected a string, got 5"),
    ({"verb": "Say", "text": "x", "loop": -1}, f"{WHERE}.loop: expected an integer of at least 0, got -1"),
    ({"verb": "Say", "text": "x", "loop": True}, f"{WHERE}.loop: expected an integer of at least 0, got True"),
    (
        {"verb": "Say", "text": "x", "engine": "festival"},
        f"{WHERE}.engine: expected one of google, polly, got 'festival'",
    ),
    ({"verb": "Play", "url": "b.mp3"}, f"{WHERE}.url: expected an http or https URL, got 'b.mp3'"),
    ({"verb": "Pause", "length": -1}, f"{WHERE}.length: expected seconds from 0 to 86400, got -1"),
    ({"verb": "Pause", "length": 1e300}, f"{WHERE}.length: expected seconds from 0 to 86400, got 1e+300"),
    ({"verb": "Redirect"}, f"{WHERE}.url: required parameter missing"),
    ({"verb": "Redirect", "url": URL, "method": "PUT"}, f"{WHERE}.method: expected one of POST, GET, got 'PUT'"),
    ({"verb": "Gather"}, f"{WHERE}.action_url: required parameter missing"),
    ({"verb": "Gather", "action_url": URL, "finish_on_key": "x"}, f"{WHERE}.finish_on_key: expected keys of"),
    ({"verb": "Gather", "action_url": URL, "num_digits": 0}, f"{WHERE}.num_digits: expected an integer of at least 1"),
    ({"verb": "Gather", "action_url": URL, "input": "voice"}, f"{WHERE}.input: expected one of dtmf, speech"),
    ({"verb": "Gather", "action_url": URL, "say": {}}, f"{WHERE}.say.text: required parameter missing"),
    ({"verb": "Gather", "action_url": URL, "say": "hi"}, f"{WHERE}.say: expected an object, got 'hi'"),
    ({"verb": "Dial"}, f"{WHERE}: expected numbers, sip or client to dial"),
    ({"verb": "Dial", "numbers": {}}, f"{WHERE}.numbers: expected a list, got an object"),
    ({"verb": "Dial", "numbers": ["+1"]}, f"{WHERE}.numbers[0]: expected an object, got '+1'"),
    ({"verb": "Dial", "numbers": [{"number": "12"}]}, f"{WHERE}.numbers[0].number: expected E.164, got '12'"),
    ({"verb": "Dial", "numbers": [{"number": "+12025550144", "send_digits": "x"}]}, f"{WHERE}.numbers[0].send_digits:"),
    ({"verb": "Dial", "sip": [{}]}, f"{WHERE}.sip[0].uri: required parameter missing"),
    ({"verb": "Dial", "sip": [{"uri": "sip:a", "password": 5}]}, f"{WHERE}.sip[0].password: expected a string, got 5"),
    ({"verb": "Dial", "client": [{}]}, f"{WHERE}.client[0].name: required parameter missing"),
    ({"verb": "Dial", "ring_tone": 5, "client": [{"name": "x"}]}, f"{WHERE}.ring_tone: expected a string, got 5"),
    ({"verb": "Dial", "record": "yes"}, f"{WHERE}.record: expected true or false, got 'yes'"),
    ({"verb": "Say", "text": "x", "voice": 5}, f"{WHERE}.voice: expected a string, got 5"),
    ({"verb": "Say", "text": "x", "language": []}, f"{WHERE}.language: expected a string, got a list"),
    ({"verb": "Play", "url": URL, "loop": "2"}, f"{WHERE}.loop: expected an integer of at least 0, got '2'"),
    ({"verb": "Gather", "action_url": URL, "method": "PUT"}, f"{WHERE}.method: expected one of POST, GET, got 'PUT'"),
    ({"verb": "Gather", "action_url": URL, "timeout": "5"}, f"{WHERE}.timeout: expected seconds from 0 to 86400"),
    ({"verb": "Gather", "action_url": URL, "play": {}}, f"{WHERE}.play.url: required parameter missing"),
    ({"verb": "Dial", "action_url": "x"}, f"{WHERE}.action_url: expected an http or https URL, got 'x'"),
    ({"verb": "Dial", "caller_id": 5}, f"{WHERE}.caller_id: expected a string, got 5"),
    ({"verb": "Dial", "client": [{"name": "x"}], "timeout": -1}, f"{WHERE}.timeout: expected seconds from 0"),
    ({"verb": "Dial", "client": [{"name": "x"}], "time_limit": []}, f"{WHERE}.time_limit: expected seconds from 0"),
    ({"verb": "Record"}, f"{WHERE}.action_url: required parameter missing"),
    ({"verb": "Record", "action_url": URL, "max_length": 0}, f"{WHERE}.max_length: expected an integer of at least 1"),
    ({"verb": "Record", "action_url": URL, "timeout": -1}, f"{WHERE}.timeout: expected seconds from 0 to 86400"),
    ({"verb": "Record", "action_url": URL, "finish_on_key": "x"}, f"{WHERE}.finish_on_key: expected keys of 0-9"),
    ({"verb": "Record", "action_url": URL, "trim": True}, f"{WHERE}.trim: expected a string, got True"),
    ({"verb": "Record", "action_url": URL, "play_beep": "no"}, f"{WHERE}.play_beep: expected true or false"),
    ({"verb": "Record", "action_url": URL, "transcribe": 1}, f"{WHERE}.transcribe: expected true or false, got 1"),
    ({"verb": "Record", "action_url": URL, "transcription_url": "x"}, f"{WHERE}.transcription_url: expected an http"),
    ({"verb": "Conference"}, f"{WHERE}.name: required parameter missing"),
    *(
        ({"verb": "Conference", "name": "x", name: given}, f"{WHERE}.{name}: expected")
        for name, given in (
            ("muted", "yes"),
            ("start_on_enter", 1),
            ("end_on_exit", "x"),
            ("max_participants", 251),
            ("wait_url", "x"),
            ("status_callback_url", "x"),
            ("record", 1),
            ("beep", "no"),
        )
    ),
    ({"verb": "Stream"}, f"{WHERE}.url: required parameter missing"),
    ({"verb": "Stream", "url": "ws://a.example/b"}, f"{WHERE}.url: expected a wss URL, got 'ws://a.example/b'"),
    ({"verb": "Stream", "url": "https://localhost"}, f"{WHERE}.url: expected a wss URL, got 'https://localhost'"),
    ({"verb": "Stream", "url": "wss://a", "track": "x"}, f"{WHERE}.track: expected one of both_tracks, inbound_track"),
    ({"verb": "Stream", "url": "wss://a", "parameters": []}, f"{WHERE}.parameters: expected an object, got a list"),
    ({"verb": "Stream", "url": "wss://a", "status_callback_url": "x"}, f"{WHERE}.status_callback_url: expected an"),
    ({"verb": "Stream", "url": "ws://localhost/x", "name": 5}, f"{WHERE}.name: expected a string, got 5"),
    ({"verb": "say", "text": "x"}, f"{WHERE}.verb: no such verb: 'say'"),
    ({"text": "x"}, f"{WHERE}.verb: required parameter missing"),
    ({"verb": 5}, f"{WHERE}.verb: expected a string, got 5"),
    ([], f"{WHERE}: expected an object, got a list"),
    ({"verb": "Reject"}, f"{WHERE}: Reject is for inbound calls only"),
]


@pytest.mark.parametrize(("instruction", "says"), BAD)
def test_a_bad_instruction_is_named_by_its_path(instruction: Any, says: str) -> None:
    assert wrong({"voxml_version": "1.0", "instructions": [instruction]}).startswith(says)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"", "not JSON"),
        (b"<Response/>", "not JSON"),
        (b"[" * 9000, "not JSON"),
        ([], "expected an object with instructions, got a list"),
        ({}, "instructions: expected a list, got null"),
        ({"instructions": {}}, "instructions: expected a list, got an object"),
        ({"voxml_version": "2.0", "instructions": []}, "voxml_version: expected \"1.0\", got '2.0'"),
    ],
)
def test_a_body_that_is_no_document_is_named(body: Any, says: str) -> None:
    assert wrong(body).startswith(says)


@pytest.mark.parametrize(
    ("body", "kind", "came"),
    [
        (
            b"<Response><Say>a</Say></Response>",
            "application/xml",
            "application/xml with '<Response><Say>a</Say></Response>'",
        ),
        (b"\n<!doctype html>" + b"x" * 60, "text/html", "text/html with '<!doctype html>" + "x" * 45 + "…'"),
        (b"OK", "text/plain", "text/plain with 'OK'"),
    ],
)
def test_what_is_no_json_is_told_that_voxml_is_and_what_came(body: bytes, kind: str, came: str) -> None:
    with pytest.raises(InvalidDocument) as raised:
        parse(Reply(200, (("Content-Type", kind),), body), REQUEST, Legs(None))  # type: ignore[arg-type]
    wanted = 'a VoxML document, which is JSON such as {"voxml_version": "1.0", "instructions": []}'
    assert f"not JSON: expected {wanted}, got Content-Type {came}; JSON is malformed: " in str(raised.value)


def test_an_empty_body_is_told_so() -> None:
    assert 'instructions": []}, got an empty body; ' in wrong(b"")


def test_json_that_breaks_off_names_the_place_alone() -> None:
    with pytest.raises(InvalidDocument, match=r"^line 1, column 7: not JSON: [^;]*$"):
        read_body(b'{"a": }')


def test_a_body_that_was_cut_is_none() -> None:
    with pytest.raises(InvalidDocument, match="too long"):
        read_body(b'{"instructions": []}', is_cut=True)


def test_a_missing_version_and_unknown_parameters_do_no_harm() -> None:
    assert read_body(b'{"instructions": [{"verb": "Hangup", "x": 1}], "y": 2}').verbs == (HangUp(where=WHERE),)


@pytest.mark.parametrize("verb", NOT_EMULATED)
def test_a_verb_that_is_not_emulated_is_named_with_its_path(verb: str) -> None:
    with pytest.raises(NotEmulated) as raised:
        read({"verb": "Pause"}, {"verb": verb, "url": "wss://a.example/b"})
    assert (raised.value.name, raised.value.where) == (verb, "at instructions[1]")


def test_what_is_false_or_empty_is_not_asked_for() -> None:
    dial = one(verb="Dial", numbers=[{"number": "+12025550144"}], record=False, ring_tone=None, client=[])
    assert isinstance(dial, Dial)
