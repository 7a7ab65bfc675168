"""`<Record>`: every attribute, every parameter of its callbacks, and the file that comes of it."""

from __future__ import annotations

import io
import wave
from datetime import timedelta
from typing import Any

import miniaudio
import pytest
from starlette.responses import Response

from emulator.engine.program import HangUp, Record, RecordCall, SendDigits, Verb
from emulator.errors import InvalidDocument, NotEmulated
from emulator.vendors.vobiz.outcomes import INVALID_ACTION_METHOD, INVALID_ACTION_URL
from tests.vendors.vobiz import far_ends
from tests.vendors.vobiz.conftest import Telco
from tests.vendors.vobiz.reading import read
from tests.vendors.vobiz.test_dial import FIRST, LONG

SECOND = timedelta(seconds=1)


def scripted() -> Any:
    """Somebody who does not say hello."""
    return far_ends.scripted().greets("")


START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
NINE = {
    "RecordingID", "RecordUrl", "RecordFile", "RecordingDuration", "RecordingDurationMs", "RecordingStartMs",
    "RecordingEndMs", "RecordingEndReason", "Event",
}  # fmt: skip


def verb(attributes: str = "", tag: str = "Record", text: str = "") -> Verb:
    (made,) = read(f"<Response><{tag} {attributes}>{text}</{tag}></Response>").verbs
    return made


def record(attributes: str = "") -> Record:
    made = verb(attributes)
    assert isinstance(made, Record)
    return made


# --- attributes ----------------------------------------------------------------------------------------------------


def test_the_defaults() -> None:
    made = record()

    assert (made.hook, made.done, made.started, made.beep, made.where) == (None, None, None, True, "1:11")
    assert (made.max_length, made.silence_timeout) == (60 * SECOND, 60 * SECOND)
    assert (set(made.finish_on), made.format, made.channels) == (set("0123456789*#"), "mp3", 1)


# Every attribute: what it does, in the program.
EFFECTS: list[tuple[str, str, Any]] = [
    ('timeout="5"', "silence_timeout", 5 * SECOND),
    ('maxLength="7"', "max_length", 7 * SECOND),
    ('finishOnKey="#"', "finish_on", "#"),
    ('finishOnKey="none"', "finish_on", ""),
    ('finishOnKey=""', "finish_on", ""),
    ('playBeep="false"', "beep", False),
    ('fileFormat="wav"', "format", "wav"),
    ('recordChannelType="stereo"', "channels", 2),
]


@pytest.mark.parametrize(("attribute", "name", "effect"), EFFECTS)
def test_an_attribute_has_its_effect(attribute: str, name: str, effect: Any) -> None:
    assert getattr(record(attribute), name) == effect


def test_the_action_is_told_unless_it_redirects() -> None:
    told, asked = record('action="http://a/b"').hook, record('action="http://a/b" method="GET" redirect="true"').hook

    assert told is not None and asked is not None
    assert (told.url, told.method, told.purpose, told.awaited) == ("http://a/b", "POST", "record", False)
    assert (asked.method, asked.awaited, asked.on_failure) == ("GET", True, "end")


def test_callback_and_transcription_are_told_when_it_is_over() -> None:
    done = record('callbackUrl="http://a/c" callbackMethod="GET"').done
    assert done is not None and (done.url, done.method, done.extra) == (
        "http://a/c",
        "GET",
        {"transcription": ["", "POST"]},
    )
    done = record('transcriptionType="hybrid" transcriptionUrl="http://a/t" transcriptionMethod="GET"').done
    assert done is not None and (done.url, done.extra) == ("", {"transcription": ["http://a/t", "GET"]})


@pytest.mark.parametrize(
    ("attribute", "name", "start", "until"),
    [('recordSession="true"', "session", "answer", "end"), ('startOnDialAnswer="true"', "dial", "bridge", "unbridge")],
)
def test_two_attributes_make_it_run_beside_the_document(attribute: str, name: str, start: str, until: str) -> None:
    made = verb(f'{attribute} action="http://a/b" redirect="true" callbackUrl="http://a/c" fileFormat="wav"')

    assert isinstance(made, RecordCall)
    assert (made.name, made.start, made.until, made.max_length, made.format, made.beep) == (
        name, start, until, None, "wav", False,
    )  # fmt: skip
    assert made.started is not None and made.done is not None
    assert (made.started.url, made.started.awaited, made.done.url) == ("http://a/b", False, "http://a/c")
    limited = verb(f'{attribute} maxLength="9"')
    assert isinstance(limited, RecordCall) and limited.max_length == 9 * SECOND


@pytest.mark.parametrize(
    "attribute",
    [
        'timeout="0"', 'timeout="x"', 'maxLength="0"', 'maxLength="-1"', 'finishOnKey="x"', 'playBeep="maybe"',
        'fileFormat="ogg"', 'recordChannelType="quad"', 'recordSession="1"', 'startOnDialAnswer="yes"',
        'transcriptionType="none"', 'transcriptionUrl="ftp://a"', 'transcriptionMethod="PUT"', 'callbackUrl="here"',
        'callbackMethod="PUT"', 'redirect="x"',
    ],
)  # fmt: skip
def test_a_bad_value_makes_the_document_bad_and_names_its_line(attribute: str) -> None:
    with pytest.raises(InvalidDocument, match=attribute.partition("=")[0]) as raised:
        read(f"<Response>\n  <Record {attribute}/></Response>")
    assert raised.value.where == "2:3"


def test_nothing_may_stand_inside() -> None:
    with pytest.raises(InvalidDocument, match="may not stand inside"):
        read("<Response><Record><Speak>hi</Speak></Record></Response>")


@pytest.mark.parametrize(
    ("attributes", "cause"),
    [('action="/x"', INVALID_ACTION_URL), ('action="http://a/b" method="PUT"', INVALID_ACTION_METHOD)],
)
def test_an_action_that_cannot_be_asked_ends_the_call_if_it_redirects(attributes: str, cause: Any) -> None:
    ends = verb(f'{attributes} redirect="true"')
    assert isinstance(ends, HangUp) and ends.cause == cause
    assert record(attributes).hook is None


@pytest.mark.parametrize(("attribute", "beside"), [("", True), ('async="true"', True), ('async="false"', False)])
def test_dtmf_sends_its_digits(attribute: str, beside: bool) -> None:
    made = verb(attribute, "DTMF", " 1w2# ")

    assert made == SendDigits("1w2#", where="1:11", beside=beside)


@pytest.mark.parametrize(("attribute", "text"), [("", ""), ("", "12a"), ("", "12@100"), ('async="x"', "1")])
def test_bad_dtmf_makes_the_document_bad(attribute: str, text: str) -> None:
    with pytest.raises(InvalidDocument):
        verb(attribute, "DTMF", text)


@pytest.mark.parametrize(
    "attribute",
    [
        'bidirectional="x"', 'keepCallAlive="x"', 'audioTrack="none"', 'contentType="audio/mp3"', 'streamTimeout="0"',
        'maxRetries="11"', 'statusCallbackUrl="x"', 'statusCallbackMethod="PUT"', 'extraHeaders="a b"',
    ],
)  # fmt: skip
def test_a_stream_is_read_whole_before_it_is_refused_by_name(attribute: str) -> None:
    with pytest.raises(InvalidDocument, match=attribute.partition("=")[0]):
        verb(attribute, "Stream", "ws://app/x")
    with pytest.raises(InvalidDocument, match="ws or wss"):
        verb("", "Stream", "http://app/x")
    with pytest.raises(NotEmulated, match="Stream"):
        verb('bidirectional="true" extraHeaders="a=b,c=d" maxRetries="10"', "Stream", "wss://app/x")


# --- callbacks and files -------------------------------------------------------------------------------------------


async def voicemail(telco: Telco, far_end: Any, attributes: str = "", then: str = "") -> str:
    """A call whose document records, with every URL: its uuid, when all is over."""
    urls = {name: f"{telco.receiver.url}/{name}" for name in ("action", "done", "text")}
    telco.answers(
        f'<Record action="{urls["action"]}" callbackUrl="{urls["done"]}" transcriptionUrl="{urls["text"]}" '
        f"{attributes}/>{then}"
    )
    telco.script(far_end.far_end)
    uuid = await telco.place()
    await telco.run()
    return uuid


def message() -> Any:
    """A caller who speaks two seconds after the beep, for three seconds."""
    return scripted().says("please call back", seconds=3, on_prompt=True, after=2)


async def test_the_action_hears_of_it_with_every_parameter(telco: Telco) -> None:
    await voicemail(telco, message(), 'timeout="4"')

    form = telco.sent("/action")
    assert set(form) >= NINE | {"CallUUID", "From", "To", "Direction", "CallStatus", "ParentAuthID", "SessionStart"}
    assert (form["Event"], form["RecordingEndReason"], form["CallStatus"]) == (
        "Record", "RecordingTimeout", "in-progress",
    )  # fmt: skip
    # rings 0 to 2 s, beeps half a second, silent 2 s, speaks 3 s, silent 4 s
    assert (form["RecordingDuration"], form["RecordingDurationMs"]) == ("9", "9000")
    assert (form["RecordingStartMs"], form["RecordingEndMs"]) == (str(START_MS + 2500), str(START_MS + 11_500))
    assert form["RecordFile"] == form["RecordUrl"]
    assert form["RecordUrl"].endswith(f"/v1/Account/{telco.auth_id}/Recording/{form['RecordingID']}.mp3")


async def test_the_callback_hears_of_it_and_then_what_was_said(telco: Telco) -> None:
    await voicemail(telco, message(), 'timeout="4"')

    form, text = telco.sent("/done"), telco.sent("/text")
    assert (form["Event"], form["RecordingEndReason"]) == ("RecordStop", "RecordingTimeout")
    assert set(form) >= NINE
    assert set(text) == {"transcription", "transcription_id", "transcription_url", "recording_id"}
    assert (text["transcription"], text["recording_id"]) == ("please call back", form["RecordingID"])
    assert (await telco.request("GET", path_of(text["transcription_url"]))).text == "please call back"
    assert telco.callbacks[-4:] == ["record-event", "transcription", "record", "hangup"]


@pytest.mark.parametrize(
    ("far_end", "attributes", "reason", "seconds"),
    [
        (scripted().presses("5", at=6), "", "FinishedOnKey", "6"),
        (scripted(), 'maxLength="8"', "maxLength", "8"),
        (scripted(), 'timeout="7"', "RecordingTimeout", "7"),
        (scripted().hangs_up(after=9), "", "HungUp", "9"),
        (scripted().presses("5", at=6), 'finishOnKey="#" timeout="10"', "RecordingTimeout", "16"),
    ],
)
async def test_why_it_ended(telco: Telco, far_end: Any, attributes: str, reason: str, seconds: str) -> None:
    await voicemail(telco, far_end, attributes)

    for path in ("/action", "/done"):
        form = telco.sent(path)
        assert (form["RecordingEndReason"], form["RecordingDuration"]) == (reason, seconds)


async def test_with_redirect_the_answer_of_the_action_is_run(telco: Telco) -> None:
    telco.answers("<Speak>thank you</Speak>", path="/action")
    await voicemail(telco, scripted(), 'redirect="true" maxLength="3"', "<Speak>not this</Speak>")

    said = [each.text for each in heard(telco)]
    assert "thank you" in said and "not this" not in said
    assert telco.sent("/hangup")["HangupCauseCode"] == "4010"


async def test_without_redirect_the_next_element_runs(telco: Telco) -> None:
    telco.answers("<Speak>not this</Speak>", path="/action")
    await voicemail(telco, scripted(), 'maxLength="3"', "<Speak>thank you</Speak>")

    assert [each.text for each in heard(telco) if each.kind == "say"] == ["thank you"]


async def test_an_action_that_fails_ends_a_call_that_redirects(telco: Telco) -> None:
    telco.receiver.answers["/action"] = Response(status_code=500)
    await voicemail(telco, scripted(), 'redirect="true" maxLength="3"')

    assert telco.sent("/hangup")["HangupCauseCode"] == "7012"


async def test_the_file_is_as_long_as_the_recording_and_is_what_it_says(telco: Telco) -> None:
    await voicemail(telco, message(), 'timeout="4"')
    url = telco.sent("/done")["RecordUrl"]

    got = await telco.request("GET", path_of(url))

    assert (got.status_code, got.headers["content-type"]) == (200, "audio/mpeg")
    decoded = miniaudio.decode(got.content, nchannels=1, sample_rate=8000)
    assert decoded.num_frames == 9 * 8000
    loud = [max(map(abs, decoded.samples[second * 8000 : second * 8000 + 8000])) > 1000 for second in range(9)]
    assert loud == [False, False, True, True, True, False, False, False, False]


async def test_a_session_is_recorded_whole_and_its_action_hears_of_the_start(telco: Telco) -> None:
    then = "<Speak>one</Speak><Wait length='5'/>"
    await voicemail(telco, scripted(), 'recordSession="true" fileFormat="wav" recordChannelType="stereo"', then)

    start, end = telco.sent("/action"), telco.sent("/done")
    assert (start["Event"], start["RecordingDuration"], start["RecordingEndMs"]) == ("Record", "-1", "-1")
    assert "RecordingEndReason" not in start
    assert (end["RecordingID"], end["RecordingEndReason"]) == (start["RecordingID"], "HungUp")
    assert end["RecordingDurationMs"] == str(500 + 5000)
    got = await telco.request("GET", path_of(end["RecordUrl"]))
    with wave.open(io.BytesIO(got.content)) as file:
        assert (file.getnchannels(), file.getnframes() / file.getframerate()) == (2, 5.5)


async def test_a_dial_is_recorded_from_the_bridge_to_its_end(telco: Telco) -> None:
    telco.script(scripted().rings(3).says("hello", seconds=1, at=2).hangs_up(after=7).far_end, FIRST)
    telco.answers(
        f'<Record startOnDialAnswer="true" callbackUrl="{telco.receiver.url}/done"/>',
        f"<Dial><Number>{FIRST}</Number></Dial>",
        LONG,
    )
    await telco.place()
    await telco.advance(60)

    form = telco.sent("/done")
    assert (form["RecordingDuration"], form["RecordingEndReason"]) == ("7", "HungUp")
    (recording,) = telco.sandbox.views["vobiz"].recordings()
    assert [(sound.at, sound.track, sound.text) for sound in recording.sounds] == [(2.0, "out", "hello")]


def heard(telco: Telco) -> list[Any]:
    entries = telco.sandbox.journal.entries()
    return [entry.data for entry in entries if entry.kind == "event" and type(entry.data).__name__ == "Heard"]


def path_of(url: str) -> str:
    """Below the vendor's base."""
    return url[url.index("/v1/") :]
