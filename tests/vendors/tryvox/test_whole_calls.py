"""Whole calls on a virtual clock: how each ends, and what the far end and the application make of it."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.recorder.transcript import transcript
from emulator.runtime.replay import rebuild
from emulator.vendors.tryvox import vendor
from tests.vendors.tryvox.conftest import STAYS, Telco, scripted, wire

BODIES = wire("webhooks")["bodies"]
ONE = scripted().presses("1", on_prompt=True)
HANGUP = {"verb": "Hangup"}
ENDINGS: list[tuple[Any, Any, tuple[str, str]]] = [
    (scripted().hangs_up(after=4), STAYS, ("completed", "callee-hangup")),
    (scripted(), HANGUP, ("completed", "voxml-hangup")),
    (scripted().is_busy(), HANGUP, ("busy", "busy")),
    (scripted().rejects(), HANGUP, ("busy", "rejected")),
    (scripted().rings_for_ever(), HANGUP, ("no-answer", "timeout")),
    (scripted().rings(9).does_not_answer(), HANGUP, ("no-answer", "timeout")),
    (scripted().is_unreachable(), HANGUP, ("failed", "error")),
    (scripted().ends_in("unallocated"), HANGUP, ("failed", "error")),
    (scripted().ends_in("congestion"), HANGUP, ("failed", "error")),
    (scripted().ends_in("carrier-timeout"), HANGUP, ("failed", "error")),
]


def heard(telco: Telco) -> list[tuple[str, str]]:
    return [(line["kind"], line["text"]) for line in transcript(list(telco.sandbox.journal.entries()))]


@pytest.mark.parametrize(("far_end", "instruction", "wanted"), ENDINGS)
async def test_each_ending_has_its_status_and_reason_wherever_it_is_told(
    telco: Telco, far_end: Any, instruction: Any, wanted: tuple[str, str]
) -> None:
    telco.script(far_end)
    telco.answers(instruction)
    uuid = await telco.place()
    await telco.run()
    assert (await telco.ending(uuid))[:2] == wanted
    assert telco.told("/hangup")["end_reason"] == wanted[1]


async def test_the_ring_timeout_is_a_minute_unless_told(telco: Telco) -> None:
    telco.script(scripted().rings_for_ever())
    slow, quick = await telco.place(), await telco.place(ring_timeout=15)
    await telco.run()
    assert (await telco.get(f"calls/{slow}"))["end_time"] == "2026-01-01T00:01:00Z"
    assert (await telco.get(f"calls/{quick}"))["end_time"] == "2026-01-01T00:00:15Z"


async def test_the_time_limit_completes_a_call_for_timeout(telco: Telco) -> None:
    telco.answers({"verb": "Play", "url": "http://a.example/b.mp3", "loop": 0})
    short, long = await telco.place(time_limit=60), await telco.place()
    await telco.run()
    assert await telco.ending(short) == ("completed", "timeout", 60)
    assert await telco.ending(long) == ("completed", "timeout", 14_400)


async def test_a_document_is_said_played_and_paused_through(telco: Telco) -> None:
    telco.answers(
        {"verb": "Say", "text": "hello", "loop": 2},
        {"verb": "Pause", "length": 2},
        {"verb": "Play", "url": "http://a.example/b.mp3"},
        {"verb": "Hangup"},
        {"verb": "Say", "text": "never"},
    )
    uuid = await telco.place()
    await telco.run()
    assert heard(telco)[-3:] == [("say", "hello"), ("say", "hello"), ("play", "http://a.example/b.mp3")]
    assert await telco.ending(uuid) == ("completed", "voxml-hangup", 6)


async def test_no_instructions_end_the_call(telco: Telco) -> None:
    telco.answers()
    uuid = await telco.place()
    await telco.run()
    assert await telco.ending(uuid) == ("completed", "voxml-hangup", 0)


async def test_a_gather_posts_what_was_pressed_and_its_answer_goes_on(telco: Telco) -> None:
    telco.script(ONE)
    url = f"{telco.receiver.url}/key"
    telco.answers(
        {"verb": "Gather", "action_url": url, "num_digits": 1, "say": {"text": "press 1"}},
        {"verb": "Say", "text": "never"},
    )
    telco.answers({"verb": "Say", "text": "thank you"}, path="/key")
    uuid = await telco.place()
    await telco.run()
    assert telco.told("/key") == {
        **BODIES["gather"],
        "call_uuid": uuid,
        "account_id": telco.auth_id,
        "from": telco.number,
    }
    assert list(telco.told("/key")) == list(BODIES["gather"])
    assert [text for kind, text in heard(telco) if kind == "say"] == ["press 1", "thank you"]


async def test_a_gather_ends_at_its_key_which_is_told_apart(telco: Telco) -> None:
    telco.script(scripted().presses("42*", on_prompt=True))
    telco.answers({"verb": "Gather", "action_url": f"{telco.receiver.url}/key", "finish_on_key": "*"})
    telco.answers(HANGUP, path="/key")
    await telco.place()
    await telco.run()
    got = telco.told("/key")
    assert (got["digits"], got["finished_on_key"]) == ("42", "*")


async def test_without_input_the_next_instruction_runs_after_the_timeout(telco: Telco) -> None:
    telco.answers({"verb": "Gather", "action_url": f"{telco.receiver.url}/key", "timeout": 8})
    uuid = await telco.place()
    await telco.run()
    assert "/key" not in telco.receiver.paths
    assert await telco.ending(uuid) == ("completed", "voxml-hangup", 8)


async def test_speech_is_gathered_where_it_is_asked_for(telco: Telco) -> None:
    telco.script(scripted().says("yes please", seconds=1, on_prompt=True))
    telco.answers(
        {"verb": "Gather", "input": "dtmf speech", "action_url": f"{telco.receiver.url}/key", "method": "GET"}
    )
    telco.answers(HANGUP, path="/key")
    await telco.place()
    await telco.run()
    query = telco.only("/key").query
    assert list(query) == ["call_uuid", "account_id", "from", "to", "digits", "speech_result", "finished_on_key"]
    assert (query["digits"], query["speech_result"]) == ("", "yes please")


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_redirect_asks_and_what_follows_it_is_dropped(telco: Telco, method: str) -> None:
    url = f"{telco.receiver.url}/next"
    telco.answers({"verb": "Redirect", "url": url, "method": method}, {"verb": "Say", "text": "never"})
    telco.answers({"verb": "Say", "text": "there"}, path="/next")
    uuid = await telco.place()
    await telco.run()
    wanted = {**BODIES["redirect"], "call_uuid": uuid, "account_id": telco.auth_id, "from": telco.number}
    if method == "POST":
        assert telco.told("/next") == wanted and list(telco.told("/next")) == list(wanted)
    else:
        assert list(telco.only("/next").query.items()) == list(wanted.items())[:4]
    assert [text for kind, text in heard(telco) if kind == "say"] == ["there"]


async def test_an_endless_redirect_ends_in_failure(telco: Telco) -> None:
    telco.answers({"verb": "Redirect", "url": f"{telco.receiver.url}/answer"})
    uuid = await telco.place()
    await telco.run()
    assert await telco.ending(uuid) == ("failed", "error", 0)


async def test_a_dial_connects_the_first_to_answer_and_tells_its_action(telco: Telco) -> None:
    telco.script(scripted().rings(5).hangs_up(after=12), "+12025550144")
    telco.answers(
        {"verb": "Dial", "action_url": f"{telco.receiver.url}/dialled", "caller_id": "+12025550133",
         "numbers": [{"number": "+12025550144"}, {"number": "+12025550102", "send_digits": "1"}]},
    )  # fmt: skip
    telco.answers({"verb": "Say", "text": "over"}, path="/dialled")
    uuid = await telco.place()
    await telco.run()
    loser, winner, _ = (await telco.get("calls"))["calls"]
    got = telco.told("/dialled")
    assert list(got) == list(BODIES["dial"]) and got["call_uuid"] == uuid
    assert (got["dial_status"], got["dial_call_uuid"], got["dial_duration"]) == ("completed", winner["call_uuid"], 12)
    assert (winner["from"], winner["status"], winner["duration"]) == ("+12025550133", "completed", 12)
    assert (loser["status"], loser["end_reason"]) == ("canceled", "caller-hangup")
    assert (await telco.ending(uuid))[:2] == ("completed", "voxml-hangup")
    assert telco.receiver.paths.count("/hangup") == 1


async def test_a_busy_dial_is_told_as_busy_and_without_an_action_goes_on(telco: Telco) -> None:
    url = f"{telco.receiver.url}/dialled"
    telco.answers(
        {"verb": "Dial", "sip": [{"uri": "sip:desk@pbx.example"}], "timeout": 3},
        {"verb": "Dial", "numbers": [{"number": "+12025550101"}], "action_url": url},
    )
    telco.script(scripted().rings_for_ever(), "sip:desk@pbx.example")
    telco.answers(HANGUP, path="/dialled")
    await telco.place()
    await telco.run()
    assert telco.told("/dialled")["dial_status"] == "busy"
    statuses = [call["status"] for call in (await telco.get("calls"))["calls"]]
    assert statuses == ["busy", "no-answer", "completed"]


async def test_a_dial_that_is_over_because_its_call_is_tells_its_action_all_the_same(telco: Telco) -> None:
    telco.script(scripted().hangs_up(after=9))
    url = f"{telco.receiver.url}/dialled"
    telco.answers({"verb": "Dial", "numbers": [{"number": "+12025550144"}], "action_url": url})
    await telco.place()
    await telco.run()
    assert telco.told("/dialled")["dial_status"] == "completed"
    assert telco.receiver.paths[-2:] == ["/hangup", "/status"]


async def test_what_is_not_emulated_fails_the_call_and_is_named_with_its_path(telco: Telco) -> None:
    telco.answers({"verb": "Say", "text": "hi"}, {"verb": "Stream", "url": "wss://a.example/b"})
    uuid = await telco.place()
    await telco.run()
    assert (await telco.ending(uuid))[:2] == ("failed", "error")
    (problem,) = telco.problems
    assert "Stream" in problem and "instructions[1]" in problem


async def live_through_everything(telco: Telco) -> None:
    """Every kind of verb and action, at two keys and by an inbound call."""
    url = telco.receiver.url
    telco.script(ONE)
    telco.answers({"verb": "Gather", "action_url": f"{url}/key", "num_digits": 1})
    telco.answers(
        {"verb": "Dial", "numbers": [{"number": "+12025550101"}]},
        {"verb": "Dial", "numbers": [{"number": "+12025550144"}], "record": True, "ring_tone": "x", "time_limit": 9},
        {"verb": "Record", "action_url": f"{url}/recorded", "transcribe": True, "transcription_url": f"{url}/text"},
        path="/key",
    )  # fmt: skip
    telco.answers({"verb": "Conference", "name": "room", "status_callback_url": f"{url}/events"}, path="/recorded")
    telco.answers({"verb": "Say", "text": "a call for you"}, path="/transfer")
    await telco.request("PATCH", telco.application, json={"webhook_secret": "x"})
    await telco.place(machine_detection="Enable", headers={"X-Tenant-ID": "north"})
    uuid = telco.arrive()
    await telco.advance(60)
    for action, body in (
        ("record", {}), ("speak", {"text": "by the way"}), ("dtmf", {"digits": "1"}),
        ("transfer", {"to": "+12025550145", "answer_url": f"{url}/transfer"}),
    ):  # fmt: skip
        assert (await telco.request("POST", f"calls/{uuid}/{action}", json=body)).status_code == 200
        await telco.advance(3)
    await telco.request("DELETE", f"calls/{uuid}")
    await telco.request("DELETE", "conferences/room", headers={"X-Tenant-ID": "north"})
    await telco.run()


async def test_a_sandbox_rebuilt_from_its_journal_is_the_same(telco: Telco) -> None:
    await live_through_everything(telco)
    told = {delivery.callback for delivery in telco.sandbox.outbox.deliveries.values()}
    assert told >= {"gather", "record", "record-event", "conference", "transfer"}
    entries = list(telco.sandbox.journal.entries())
    again = rebuild(entries, {"tryvox": vendor})

    def told(sandbox_entries: object) -> list[object]:
        rendered = [entry.to_json() for entry in sandbox_entries if entry.kind != "request"]  # type: ignore[attr-defined]
        return [{key: text for key, text in each.items() if key != "seq"} for each in rendered]

    assert told(again.journal.entries()) == told(entries)
    shelves = [
        {name: list(legs) for name, legs in each.engine.book("tryvox").shelves.items()}
        for each in (again, telco.sandbox)
    ]
    assert shelves[0] == shelves[1]
