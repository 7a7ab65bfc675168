"""Whole calls on a virtual clock: how each ends, and what the far end and the application make of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from emulator.engine import Nominal
from emulator.recorder.story import steps_of
from emulator.recorder.transcript import transcript
from emulator.runtime.replay import rebuild
from emulator.scenarios.far_end import FarEnd
from emulator.vendors.vobiz import vendor
from tests.vendors.vobiz.conftest import CALLEE, Telco, wire
from tests.vendors.vobiz.far_ends import ONE, scripted

SECOND = timedelta(seconds=1)
LONG = "<Wait length='3600'/>"


def ending(telco: Telco) -> tuple[str, str, str, str, str]:
    form = telco.sent("/hangup")
    names = ("CallStatus", "HangupCause", "HangupCauseCode", "HangupCauseName", "HangupSource")
    return tuple(form[name] for name in names)  # type: ignore[return-value]


def lasted(telco: Telco, uuid: str) -> float:
    leg = telco.leg(uuid)
    assert leg.ended_at is not None
    return (leg.ended_at - leg.created_at).total_seconds()


# --- outcomes ------------------------------------------------------------------------------------------------------

FAR_ENDS: list[tuple[Any, str, tuple[str, str, str, str, str]]] = [
    (scripted().hangs_up(after=4), LONG, ("completed", "NORMAL_CLEARING", "4000", "Normal Hangup", "Callee")),
    (scripted(), "<Hangup/>", ("completed", "NORMAL_CLEARING", "4000", "Normal Hangup", "Answer XML")),
    (scripted(), "", ("completed", "NORMAL_CLEARING", "4010", "End Of XML Instructions", "Vobiz")),
    (scripted().is_busy(), "", ("busy", "USER_BUSY", "3010", "Busy Line", "Carrier")),
    (scripted().rings_for_ever(), "", ("no-answer", "NO_ANSWER", "6010", "Ring Timeout Reached", "Vobiz")),
    (scripted().rings(9).does_not_answer(), "", ("no-answer", "NO_ANSWER", "3000", "No Answer", "Carrier")),
    (scripted().rejects(), "", ("failed", "CALL_REJECTED", "3020", "Rejected", "Carrier")),
    (
        scripted().is_unreachable(),
        "",
        ("failed", "DESTINATION_OUT_OF_ORDER", "2010", "Destination Out Of Service", "Carrier"),
    ),
    (
        scripted().ends_in("carrier-timeout"),
        "",
        ("timeout", "RECOVERY_ON_TIMER_EXPIRE", "3070", "Request timeout", "Carrier"),
    ),
    (
        scripted().ends_in("unallocated"),
        "",
        ("failed", "UNALLOCATED_NUMBER", "3050", "Unallocated number", "Carrier"),
    ),
]


@pytest.mark.parametrize(("far_end", "document", "wanted"), FAR_ENDS, ids=[row[2][3] for row in FAR_ENDS])
async def test_each_ending_is_told_in_detail_where_the_setting_asks(
    telco: Telco, far_end: Any, document: str, wanted: tuple[str, ...]
) -> None:
    telco.sandbox.put_settings("vobiz", {"hangup_call_status": "detailed"})
    telco.script(far_end.far_end)
    telco.answers(document)
    await telco.place()
    await telco.run()
    assert ending(telco) == wanted


@pytest.mark.parametrize(("far_end", "document", "wanted"), FAR_ENDS, ids=[row[2][3] for row in FAR_ENDS])
async def test_by_default_every_call_is_completed_and_the_cause_tells(
    telco: Telco, far_end: Any, document: str, wanted: tuple[str, ...]
) -> None:
    telco.script(far_end.far_end)
    telco.answers(document)
    await telco.place()
    await telco.run()
    assert ending(telco) == ("completed", *wanted[1:])


async def test_deleting_a_ringing_call_cancels_it(telco: Telco) -> None:
    telco.sandbox.put_settings("vobiz", {"hangup_call_status": "detailed"})
    uuid = await telco.place()
    await telco.request("DELETE", f"Call/{uuid}/")
    await telco.run()
    assert ending(telco) == ("cancel", "ORIGINATOR_CANCEL", "1000", "Canceled", "API Request")
    assert telco.receiver.paths == ["/ring", "/hangup"]


async def test_deleting_an_answered_call_is_a_normal_hangup(telco: Telco) -> None:
    telco.answers(LONG)
    uuid = await telco.place()
    await telco.advance(10)
    await telco.request("DELETE", f"Call/{uuid}/")
    await telco.run()
    assert ending(telco) == ("completed", "NORMAL_CLEARING", "4000", "Normal Hangup", "API Request")


# --- limits --------------------------------------------------------------------------------------------------------


async def test_the_ring_timeout_runs_from_dialling(telco: Telco) -> None:
    telco.script(scripted().connects(after=3).rings_for_ever().far_end)
    uuid = await telco.place(ring_timeout="30")
    await telco.run()
    assert (lasted(telco, uuid), ending(telco)[2]) == (30, "6010")


async def test_the_ring_timeout_is_two_minutes_unless_told(telco: Telco) -> None:
    telco.script(scripted().rings_for_ever().far_end)
    uuid = await telco.place()
    await telco.run()
    assert lasted(telco, uuid) == 120


async def test_hangup_on_ring_runs_from_the_first_ring(telco: Telco) -> None:
    telco.script(scripted().connects(after=3).rings_for_ever().far_end)
    uuid = await telco.place(hangup_on_ring=10)
    await telco.run()
    assert (lasted(telco, uuid), ending(telco)[2:4]) == (13, ("6000", "Scheduled Hangup"))


async def test_hangup_on_ring_zero_ends_the_call_when_it_rings(telco: Telco) -> None:
    telco.script(scripted().rings_for_ever().far_end)
    uuid = await telco.place(hangup_on_ring=0)
    await telco.run()
    assert lasted(telco, uuid) == 0
    assert telco.callbacks == ["ring", "hangup"]


async def test_the_time_limit_runs_from_the_answer(telco: Telco) -> None:
    telco.answers(LONG)
    uuid = await telco.place(time_limit="60")
    await telco.run()
    assert lasted(telco, uuid) == 62
    assert ending(telco) == ("completed", "ALLOTTED_TIMEOUT", "6000", "Scheduled Hangup", "Vobiz")
    assert telco.sent("/hangup")["Duration"] == "60"


async def test_the_time_limit_is_four_hours_unless_told(telco: Telco) -> None:
    telco.answers("<Play loop='0'>http://a/b.mp3</Play>")
    uuid = await telco.place()
    await telco.run()
    assert lasted(telco, uuid) == 14_402


async def test_a_scheduled_hangup_ends_the_call_in_the_middle(telco: Telco) -> None:
    telco.answers("<Hangup schedule='5'/>", LONG)
    uuid = await telco.place()
    await telco.run()
    assert (lasted(telco, uuid), ending(telco)[4]) == (7, "Answer XML")


# --- gather --------------------------------------------------------------------------------------------------------


async def test_without_input_a_gather_goes_on_and_asks_nobody(telco: Telco) -> None:
    telco.answers(f"<Gather action='{telco.receiver.url}/key'><Speak>press</Speak></Gather>", "<Speak>none</Speak>")
    uuid = await telco.place()
    await telco.run()
    assert telco.receiver.paths == ["/ring", "/answer", "/hangup"]
    assert lasted(telco, uuid) > 15


async def test_the_setting_posts_an_empty_gather(telco: Telco) -> None:
    telco.sandbox.put_settings("vobiz", {"gather_posts_on_timeout": True})
    telco.answers(f"<Gather action='{telco.receiver.url}/key'/>")
    telco.answers("<Hangup/>", path="/key")
    await telco.place()
    await telco.run()
    form = telco.sent("/key")
    assert (form["Digits"], form["InputType"], form["Speech"]) == ("", "", "")


async def test_speech_is_gathered_with_a_confidence(telco: Telco) -> None:
    telco.script(scripted().says("yes please", seconds=1, on_prompt=True).far_end)
    telco.answers(f"<Gather action='{telco.receiver.url}/key' inputType='dtmf speech'/>")
    telco.answers("<Hangup/>", path="/key")
    await telco.place()
    await telco.run()
    form = telco.sent("/key")
    assert (form["InputType"], form["Speech"], form["Digits"]) == ("speech", "yes please", "")
    assert 0 < float(form["SpeechConfidenceScore"]) <= 1


async def test_get_digits_posts_digits_alone(telco: Telco) -> None:
    telco.script(scripted().presses("12#", on_prompt=True).far_end)
    telco.answers(f"<GetDigits action='{telco.receiver.url}/key'/>")
    telco.answers("<Hangup/>", path="/key")
    await telco.place()
    await telco.run()
    form = telco.sent("/key")
    assert form["Digits"] == "12"
    assert set(form) == set(wire("callback_redirect")["request"]["form"]) | {"Digits"}


async def test_the_answer_of_the_action_replaces_the_document(telco: Telco) -> None:
    telco.script(ONE)
    telco.answers(
        f"<Gather action='{telco.receiver.url}/key' numDigits='1'/>", "<Redirect>http://127.0.0.1:9</Redirect>"
    )
    telco.answers("<Speak>thanks</Speak>", path="/key")
    await telco.place()
    await telco.run()
    assert ending(telco)[2] == "4010"


# --- machine detection ---------------------------------------------------------------------------------------------

MACHINE = scripted().is_machine().far_end


@pytest.mark.parametrize(("far_end", "word"), [(MACHINE, "true"), (FarEnd(), "false")])
async def test_detection_before_the_answer_url_tells_it_the_result(telco: Telco, far_end: FarEnd, word: str) -> None:
    telco.script(far_end)
    await telco.place(machine_detection="true", fallback_url=f"{telco.receiver.url}/fallback")
    await telco.run()
    form = telco.sent("/answer")
    assert form["Machine"] == word
    assert set(form) == set(wire("callback_answer")["request"]["form"]) | {"Machine"}


async def test_a_machine_is_hung_up_before_the_answer_url_is_asked(telco: Telco) -> None:
    telco.script(MACHINE)
    await telco.place(machine_detection="hangup")
    await telco.run()
    assert telco.receiver.paths == ["/ring", "/hangup"]
    assert ending(telco) == ("completed", "NORMAL_CLEARING", "9100", "Machine Detected", "Vobiz")


async def test_a_person_is_not_hung_up(telco: Telco) -> None:
    await telco.place(machine_detection="hangup")
    await telco.run()
    assert telco.sent("/answer")["Machine"] == "false"


async def test_detection_with_a_url_leaves_the_document_alone(telco: Telco) -> None:
    telco.script(MACHINE)
    telco.answers("<Wait length='20'/>")
    await telco.place(machine_detection="true", machine_detection_url=f"{telco.receiver.url}/machine")
    await telco.run()
    assert telco.receiver.paths == ["/ring", "/answer", "/machine", "/hangup"]
    form = telco.sent("/machine")
    assert set(form) == set(wire("callback_machine_detection")["request"]["form"])
    assert (form["Machine"], form["IfMachine"], form["Event"]) == ("true", "continue", "MachineDetection")
    assert "Machine" not in telco.sent("/answer")


async def test_detection_with_a_url_may_end_the_call_after_telling(telco: Telco) -> None:
    telco.script(MACHINE)
    telco.answers(LONG)
    await telco.place(machine_detection="hangup", machine_detection_url=f"{telco.receiver.url}/machine")
    await telco.run()
    assert telco.callbacks == ["ring", "answer", "machine-detection", "hangup"]
    assert telco.sent("/machine")["IfMachine"] == "hangup"
    assert ending(telco)[2] == "9100"


# --- waiting for silence or a beep ---------------------------------------------------------------------------------


def heard(telco: Telco) -> list[tuple[str, str, float]]:
    """What sounded, and how many seconds after the answer."""
    told = transcript(list(telco.sandbox.journal.entries()))
    answered = telco.sandbox.engine.legs["c1.0"].answered_at
    assert answered is not None
    return [
        (line["kind"], line["text"], (datetime.fromisoformat(line["at"]) - answered).total_seconds())
        for line in told
        if line["kind"] in ("say", "beep")
    ]


async def test_a_wait_for_a_beep_ends_with_that_of_a_machine(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"is_machine": True, "greeting": "We are closed", "greeting_for": "7s"}))
    telco.answers("<Wait length='60' beep='true'/><Speak>Call us back</Speak>")
    await telco.place()
    await telco.run()

    assert heard(telco) == [("say", "Call us back", 7 + Nominal().beep.total_seconds())]


async def test_a_wait_for_silence_ends_when_nobody_speaks_any_more(telco: Telco) -> None:
    telco.script(FarEnd.from_json({"reactions": [{"say": "one moment please", "seconds": 2, "at": "1s"}]}))
    telco.answers("<Wait length='60' silence='true' minSilence='3000'/><Speak>Are you there?</Speak>")
    await telco.place()
    await telco.run()

    assert heard(telco) == [("say", "Are you there?", 6)]


async def test_get_digits_beeps_behind_its_prompts(telco: Telco) -> None:
    telco.answers("<GetDigits playBeep='true'><Speak>Press one</Speak></GetDigits>")
    await telco.place()
    await telco.run()

    assert [kind for kind, _, _ in heard(telco)] == ["say", "beep"]


# --- what the callee hears -----------------------------------------------------------------------------------------


async def test_digits_are_sent_after_the_answer_with_their_pauses(telco: Telco) -> None:
    telco.answers(LONG)
    seen: list[Any] = []
    telco.sandbox.watchers.append(seen.append)
    await telco.place(send_digits="1w2W3@1000", time_limit=60)
    await telco.run()
    (sent,) = [event for event in seen if type(event).__name__ == "DigitsSent"]
    assert sent.digits == "123"
    assert (sent.at - sent.leg.answered_at).total_seconds() == 0.5 + 1 + 3


async def test_digits_may_go_out_while_it_rings(telco: Telco) -> None:
    seen: list[Any] = []
    telco.sandbox.watchers.append(seen.append)
    telco.script(scripted().rings(10).far_end)
    await telco.place(send_digits="12", send_on_preanswer=True)
    await telco.run()
    (sent,) = [event for event in seen if type(event).__name__ == "DigitsSent"]
    assert sent.leg.answered_at is None


# --- inbound -------------------------------------------------------------------------------------------------------


@pytest.fixture
def inbound(telco: Telco) -> Telco:
    settings = {"answer_url": f"{telco.receiver.url}/answer", "hangup_url": f"{telco.receiver.url}/hangup"}
    telco.sandbox.put_settings("vobiz", settings)
    return telco


async def test_an_inbound_call_asks_the_answer_url_while_it_rings(inbound: Telco) -> None:
    leg = inbound.sandbox.arrive("vobiz", CALLEE, inbound.number)
    await inbound.run()
    assert inbound.receiver.paths == ["/answer", "/hangup"]
    form = inbound.sent("/answer")
    assert (form["Direction"], form["CallStatus"], form["Event"]) == ("inbound", "ringing", "StartApp")
    assert (form["CallUUID"], form["CallerName"], form["From"]) == (leg.name, CALLEE, CALLEE[1:])
    assert not {"RequestUUID", "ALegUUID", "ALegRequestUUID"} & set(form)
    assert inbound.sent("/hangup")["CallerName"] == CALLEE


async def test_the_first_media_verb_answers_an_inbound_call(inbound: Telco) -> None:
    inbound.answers("<Wait length='7'/>", "<Speak>welcome</Speak>")
    name = inbound.sandbox.arrive("vobiz", CALLEE, inbound.number).name
    await inbound.run()
    leg = inbound.leg(name)
    assert leg.answered_at is not None
    assert (leg.answered_at - leg.created_at).total_seconds() == 7


async def test_pre_answer_plays_before_the_answer(inbound: Telco) -> None:
    inbound.answers("<PreAnswer><Speak>one moment please</Speak></PreAnswer>", "<Speak>welcome</Speak>")
    name = inbound.sandbox.arrive("vobiz", CALLEE, inbound.number).name
    await inbound.run()
    leg = inbound.leg(name)
    assert leg.answered_at is not None and leg.answered_at > leg.created_at


@pytest.mark.parametrize(
    ("document", "code", "name"),
    [("<Hangup/>", "3020", "Rejected"), ("<Hangup reason='busy'/>", "3010", "Busy Line")],
)
async def test_a_hangup_refuses_an_inbound_call_that_is_not_answered(
    inbound: Telco, document: str, code: str, name: str
) -> None:
    inbound.answers(document)
    leg = inbound.sandbox.arrive("vobiz", CALLEE, inbound.number)
    await inbound.run()
    form = inbound.sent("/hangup")
    assert (form["HangupCauseCode"], form["HangupCauseName"], form["HangupSource"]) == (code, name, "Answer XML")
    assert (form["CallStatus"], form["AnswerTime"]) == ("completed", "")
    assert inbound.leg(leg.name).answered_at is None


async def test_a_caller_who_hangs_up_is_the_source(inbound: Telco) -> None:
    inbound.answers("<Play loop='0'>http://a/b.mp3</Play>")
    inbound.script(scripted().hangs_up(after=5).far_end)
    inbound.sandbox.arrive("vobiz", CALLEE, inbound.number)
    await inbound.run()
    assert ending(inbound) == ("completed", "NORMAL_CLEARING", "4000", "Normal Hangup", "Caller")


async def test_without_a_hangup_url_the_answer_url_is_told_of_the_end(telco: Telco) -> None:
    telco.sandbox.put_settings("vobiz", {"answer_url": f"{telco.receiver.url}/answer"})
    telco.sandbox.arrive("vobiz", CALLEE, telco.number)
    await telco.run()
    assert [received.form["Event"] for received in telco.receiver.to("/answer")] == ["StartApp", "Hangup"]


async def test_an_inbound_fallback_is_asked(telco: Telco) -> None:
    url = telco.receiver.url
    telco.receiver.answers["/answer"] = "<Response><Foo/></Response>"
    telco.receiver.answers["/fallback"] = "<Response><Speak>sorry</Speak></Response>"
    telco.sandbox.put_settings("vobiz", {"answer_url": f"{url}/answer", "fallback_url": f"{url}/fallback"})
    telco.sandbox.arrive("vobiz", CALLEE, telco.number)
    await telco.run()
    assert telco.callbacks == ["answer", "fallback", "hangup"]


async def test_a_number_without_an_answer_url_rejects_and_says_what_to_do(telco: Telco) -> None:
    leg = telco.sandbox.arrive("vobiz", CALLEE, telco.number)
    found = telco.leg(leg.name)
    assert found.cause is not None
    assert (found.state, found.cause.kind, found.cause.name) == ("ended", "no-application", "CALL_REJECTED")
    notes = [entry.data["text"] for entry in telco.sandbox.journal.entries(call=leg.call) if entry.kind == "note"]
    assert ["answer_url" in note for note in notes] == [True]
    await telco.run()
    assert telco.receiver.paths == []
    record = (await telco.get("cdr"))["data"][0]
    assert (record["hangup_cause_code"], record["hangup_source"]) == (3020, "Vobiz")


async def test_interim_results_are_told_as_they_come(telco: Telco) -> None:
    url = telco.receiver.url
    telco.answers(
        f"<Gather action='{url}/gather' inputType='speech' interimSpeechResultsCallback='{url}/part'>"
        "<Speak>say something</Speak></Gather>"
    )
    telco.script(scripted().says("one", on_prompt=True).says("two", on_prompt=True, after=1).far_end)
    await telco.place()
    await telco.run()
    forms = [received.form for received in telco.receiver.to("/part")]
    assert [(form["StableSpeech"], form["SequenceNumber"]) for form in forms] == [("one", "1"), ("one two", "2")]
    assert telco.sent("/gather")["Speech"] == "one two"


# --- addresses nobody can ask --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "code", "remark"),
    [
        ("<Speak>a</Speak><Redirect>/next</Redirect>", "7024", "invalid redirect url"),
        ('<Speak>a</Speak><Gather action="/next"/>', "7022", "invalid action url"),
    ],
)
async def test_a_relative_url_is_told_in_the_delivery_the_journal_and_the_ladder(
    telco: Telco, document: str, code: str, remark: str
) -> None:
    telco.answers(document)
    await telco.place()
    await telco.run()
    (problem,) = telco.problems
    assert (
        problem.startswith("1:27: <") and f"got '/next'; the call ends here, with hangup cause code {code}" in problem
    )
    (note,) = [entry.data["text"] for entry in telco.sandbox.journal.entries() if entry.kind == "note"]
    assert note == f"c1-d2 answer: {problem}"
    assert [step.label for step in steps_of(telco.sandbox.journal.entries()).steps if step.tone == "bad"] == [
        note,
        remark,
    ]
    assert ending(telco)[2] == code
    assert {delivery.state for delivery in telco.sandbox.outbox.deliveries.values()} == {"delivered"}


async def test_a_file_without_a_whole_url_is_told_and_the_call_goes_on(telco: Telco) -> None:
    telco.answers("<Play>foo.mp3</Play><Speak>a</Speak>")
    await telco.place()
    await telco.run()
    (problem,) = telco.problems
    assert problem.startswith("1:11: <Play>: ") and ending(telco)[2] == "4010"


async def test_a_flawed_document_is_told_again_when_its_journal_is_replayed(telco: Telco) -> None:
    telco.answers("<Play>foo.mp3</Play>")
    await telco.place()
    await telco.run()
    again = rebuild(telco.sandbox.journal.entries(), {"vobiz": vendor})
    assert list(again.journal.lines()) == list(telco.sandbox.journal.lines())
    assert [each.problem for each in again.outbox.deliveries.values() if each.problem] == telco.problems != []
