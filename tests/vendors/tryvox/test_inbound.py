"""Inbound calls: through the number's application, ringing until a document that is no Reject."""

from __future__ import annotations

import re

import pytest

from emulator.errors import Refused
from tests.vendors.tryvox.conftest import CALLEE, STAYS, Telco, scripted


async def test_it_rings_until_a_document_comes_and_is_answered_by_it(telco: Telco) -> None:
    seen = []

    async def looks(received: object) -> dict[str, object]:
        seen.append((await telco.get("calls"))["calls"][0]["status"])
        return {"voxml_version": "1.0", "instructions": [STAYS]}

    telco.receiver.answers["/answer"] = looks
    uuid = telco.arrive()
    await telco.advance(10)
    call = await telco.get(f"calls/{uuid}")
    assert seen == ["ringing"]
    assert (call["status"], call["direction"], call["from"], call["to"]) == (
        "in-progress",
        "inbound",
        CALLEE,
        telco.number,
    )
    assert (call["answer_url"], call["duration"]) == (f"{telco.receiver.url}/answer", 10)


async def test_the_words_come_in_their_order(telco: Telco) -> None:
    uuid = telco.arrive()
    await telco.run()
    told = [(received.path, received.json["event"], received.json["direction"]) for received in telco.receiver.requests]
    assert told == [
        ("/ring", "call.ringing", "inbound"),
        ("/status", "call.ringing", "inbound"),
        ("/answer", "call.ringing", "inbound"),
        ("/status", "call.answered", "inbound"),
        ("/hangup", "call.ended", "inbound"),
        ("/status", "call.ended", "inbound"),
    ]
    assert (await telco.ending(uuid))[:2] == ("completed", "voxml-hangup")


async def test_the_setting_asks_as_the_clients_test_shows_it(telco: Telco) -> None:
    telco.arrive(inbound_status="answered")
    await telco.run()
    assert (telco.told("/answer")["status"], telco.told("/answer")["event"]) == ("answered", "call.answered")


@pytest.mark.parametrize(("reason", "wanted"), [("rejected", "rejected"), ("busy", "busy"), (None, "rejected")])
@pytest.mark.parametrize("waits", [False, True])
async def test_a_reject_refuses_it_and_it_was_never_answered(
    telco: Telco, reason: str | None, wanted: str, waits: bool
) -> None:
    reject = {"verb": "Reject", **({"reason": reason} if reason else {})}
    telco.answers(*([{"verb": "Pause", "length": 3}] if waits else []), reject)
    uuid = telco.arrive()
    await telco.run()
    assert await telco.ending(uuid) == ("busy", wanted, 0)
    call = await telco.get(f"calls/{uuid}")
    assert (call["answer_time"], call["price"]) == (None, "0.0000")
    assert "answered" not in [received.json["status"] for received in telco.receiver.to("/status")]


@pytest.mark.parametrize("verb", ["Hangup", "Pause", "Redirect"])
async def test_every_other_first_verb_answers_it(telco: Telco, verb: str) -> None:
    telco.answers({"verb": verb, "url": f"{telco.receiver.url}/next"})
    telco.answers({"verb": "Reject"}, path="/next")
    uuid = telco.arrive()
    await telco.run()
    assert (await telco.ending(uuid))[:2] == ("completed", "voxml-hangup")
    assert telco.leg(uuid).answered_at is not None


async def test_an_empty_document_answers_and_hangs_up(telco: Telco) -> None:
    telco.answers()
    uuid = telco.arrive()
    await telco.run()
    assert await telco.ending(uuid) == ("completed", "voxml-hangup", 0)


async def test_a_reject_for_an_outbound_call_is_a_bad_document(telco: Telco) -> None:
    telco.answers({"verb": "Reject"})
    uuid = await telco.place()
    await telco.run()
    assert (await telco.ending(uuid))[:2] == ("failed", "error")
    assert telco.problems == ["instructions[0] (line 1, column 43): Reject is for inbound calls only"]


async def test_a_caller_who_gives_up_cancels_it(telco: Telco) -> None:
    telco.answers({"verb": "Pause", "length": 30}, {"verb": "Reject"})
    telco.script(scripted().gives_up(after=4))
    uuid = telco.arrive()
    await telco.run()
    assert await telco.ending(uuid) == ("canceled", "caller-hangup", 0)


async def test_a_caller_who_hangs_up_completes_it(telco: Telco) -> None:
    telco.answers(STAYS)
    telco.script(scripted().hangs_up(after=4))
    uuid = telco.arrive()
    await telco.run()
    assert await telco.ending(uuid) == ("completed", "caller-hangup", 4)


async def test_the_fallback_is_asked_for_an_inbound_call_too(telco: Telco) -> None:
    telco.receiver.answers["/answer"] = b"nonsense"
    telco.answers({"verb": "Say", "text": "hi"}, path="/fallback")
    uuid = telco.arrive(fallback_url=f"{telco.receiver.url}/fallback")
    await telco.run()
    assert telco.told("/fallback") == telco.told("/answer")
    assert (await telco.ending(uuid))[:2] == ("completed", "voxml-hangup")


async def test_without_a_good_answer_it_fails_unanswered(telco: Telco) -> None:
    telco.receiver.answers["/answer"] = b"nonsense"
    uuid = telco.arrive()
    await telco.run()
    assert await telco.ending(uuid) == ("failed", "error", 0)
    assert (await telco.get(f"calls/{uuid}"))["answer_time"] is None


@pytest.mark.parametrize("detached", [False, True])
async def test_a_number_without_an_application_that_answers_fails_the_call(telco: Telco, detached: bool) -> None:
    if detached:
        await telco.request("DELETE", f"{telco.numbers}/{telco.number}/application")
        telco.settings(**telco.urls("answer"))
    uuid = telco.sandbox.arrive("tryvox", CALLEE, telco.number).name
    await telco.run()
    assert await telco.ending(uuid) == ("failed", "error", 0)
    (note,) = [entry for entry in telco.sandbox.journal.entries() if entry.kind == "note"]
    assert "attach one" in note.data["text"] and "hint" not in telco.leg(uuid).memo


async def test_the_applications_own_urls_and_secret_come_before_the_settings(telco: Telco) -> None:
    body = {"answer_url": f"{telco.receiver.url}/mine", "answer_method": "GET"}
    await telco.request("PATCH", telco.application, json=body)
    telco.arrive(answer_method="POST")
    await telco.run()
    assert telco.only("/mine").method == "GET" and "/answer" not in telco.receiver.paths


async def test_a_number_is_found_without_its_plus(telco: Telco) -> None:
    telco.settings(**telco.urls("answer"))
    leg = telco.sandbox.arrive("tryvox", CALLEE[1:], f" {telco.number[1:]} ")
    assert (leg.from_, leg.to) == (CALLEE, telco.number)


async def test_a_number_nobody_has_is_refused_with_the_numbers_there_are(telco: Telco) -> None:
    with pytest.raises(Refused, match=re.escape(telco.number)) as raised:
        telco.sandbox.arrive("tryvox", CALLEE, "+12025550177")
    assert raised.value.reason == "unknown_number"


async def test_it_can_be_hung_up_and_transferred_like_any_other(telco: Telco) -> None:
    telco.answers(STAYS)
    uuid = telco.arrive()
    await telco.advance(3)
    moved = await telco.request("POST", f"calls/{uuid}/transfer", json={"to": "+12025550144"})
    assert moved.status_code == 200
    await telco.advance(5)
    assert (await telco.request("DELETE", f"calls/{uuid}")).status_code == 204
    await telco.run()
    assert (await telco.ending(uuid))[:2] == ("completed", "api-hangup")
    assert await telco.listed(status="in-progress") == []
