"""Answers that jambonz takes though something in them is wrong: what is told, and that the call goes on as ever."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.responses import Response

from emulator.scenarios.far_end import FarEnd
from emulator.vendors.jambonz.addresses import bad_addresses
from emulator.vendors.jambonz.hooks import Scope
from tests.vendors.jambonz.conftest import Telco
from tests.vendors.jambonz.socket_app import SocketApp

HOOK = "expected a whole URL such as https://app.example/next, or a path such as /next"
FAILS = "it fails when it is asked"
FILE = "expected the whole URL of a file such as https://app.example/hello.mp3"
HEARD = "it is heard here as any file is, and cannot be fetched at jambonz"
EMPTY = "jambonz takes it for an empty answer"
ARRAY = "expected application/json with an array of verbs"
PHONE = {"type": "phone", "number": "+14155550000"}


def told(*verbs: Any, socket: Any = None) -> list[tuple[str, str]]:
    return bad_addresses(list(verbs), Scope("http://h", socket=socket))


# --- addresses -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("url", ["next", "ftp://x/y", "http://", "http://[::1", "http://a:99999/", "", "a/b"])
@pytest.mark.parametrize(
    ("verb", "where"),
    [
        ({"verb": "redirect", "actionHook": "URL"}, "[0].actionHook"),
        ({"redirect": {"actionHook": {"url": "URL", "method": "GET"}}}, "[0].actionHook"),
        ({"verb": "redirect", "actionHook": "/x", "statusHook": "URL"}, "[0].statusHook"),
        ({"verb": "gather", "actionHook": "URL"}, "[0].actionHook"),
        ({"verb": "gather", "partialResultHook": "URL"}, "[0].partialResultHook"),
        ({"verb": "dial", "target": [PHONE], "actionHook": "URL"}, "[0].actionHook"),
        ({"verb": "dial", "target": [PHONE], "confirmHook": "URL"}, "[0].confirmHook"),
        ({"verb": "dial", "target": [PHONE, {**PHONE, "confirmHook": "URL"}]}, "[0].target[1].confirmHook"),
        ({"verb": "dial", "target": [PHONE], "amd": {"actionHook": "URL"}}, "[0].amd.actionHook"),
        ({"verb": "config", "bargeIn": {"enable": True, "actionHook": "URL"}}, "[0].bargeIn.actionHook"),
        ({"verb": "enqueue", "name": "q", "waitHook": "URL"}, "[0].waitHook"),
        ({"verb": "transcribe", "transcriptionHook": "URL"}, "[0].transcriptionHook"),
    ],
)
def test_a_hook_that_is_neither_url_nor_path_is_told_with_its_json_path(verb: Any, where: str, url: str) -> None:
    assert told(_with(verb, url)) == [(where, f"{HOOK}, got {url!r}; {FAILS}")]


@pytest.mark.parametrize("url", ["/next", "http://a/b", "https://[::1]:8443/b#rc=3", "wss://a/b"])
def test_a_url_and_a_path_are_hooks(url: str) -> None:
    assert told({"verb": "redirect", "actionHook": url}) == []


def test_on_a_socket_any_name_is_a_hook_but_an_http_url_must_be_one() -> None:
    socket = {"url": "ws://h", "auth": None}
    assert told({"verb": "redirect", "actionHook": "next"}, socket=socket) == []
    assert [where for where, _ in told({"verb": "gather", "actionHook": "http://"}, socket=socket)] == [
        "[0].actionHook"
    ]


@pytest.mark.parametrize(
    ("verb", "where"),
    [
        ({"verb": "play", "url": "foo.mp3"}, "[1].url"),
        ({"play": {"url": ["silence_stream://1000", "foo.mp3"]}}, "[1].url[1]"),
        ({"verb": "gather", "play": {"url": "foo.mp3"}}, "[1].play.url"),
        ({"verb": "dial", "target": [PHONE], "dialMusic": "foo.mp3"}, "[1].dialMusic"),
    ],
)
def test_a_file_without_a_whole_url_is_told_with_its_json_path(verb: Any, where: str) -> None:
    assert told({"verb": "pause", "length": 1}, verb) == [(where, f"{FILE}, got 'foo.mp3'; {HEARD}")]


def test_what_the_application_keeps_for_itself_is_no_address() -> None:
    kept = {"theirHook": "next", "play": {"url": "foo.mp3"}}
    assert told({"verb": "tag", "data": kept}, {"verb": "dial", "target": [PHONE], "headers": kept, "tag": kept}) == []


async def test_a_relative_redirect_is_told_in_the_delivery_and_the_journal_and_fails_as_ever(telco: Telco) -> None:
    telco.answers({"verb": "say", "text": "a"}, {"verb": "redirect", "actionHook": "next"})
    sid = await telco.place()
    await telco.run()

    asked, redirect = (each for each in telco.sandbox.outbox.deliveries.values() if each.callback != "status")
    assert asked.problem == f"[1].actionHook: {HOOK}, got 'next'; {FAILS}"
    assert (asked.state, redirect.state, telco.leg(sid).state) == ("delivered", "failed", "ended")
    assert notes(telco) == [f"{asked.id} answer: {asked.problem}"]


async def test_a_file_that_cannot_be_fetched_is_heard_and_told(telco: Telco) -> None:
    telco.answers({"verb": "play", "url": "foo.mp3"})
    await telco.place()
    await telco.run()

    assert telco.problems == [f"[0].url: {FILE}, got 'foo.mp3'; {HEARD}"]
    assert telco.statuses()[-1][0] == "completed"


def notes(telco: Telco) -> list[str]:
    return [entry.data["text"] for entry in telco.sandbox.journal.entries() if entry.kind == "note"]


def _with(verb: Any, url: str) -> Any:
    """The verb with `URL` replaced wherever it stands."""
    if isinstance(verb, dict):
        return {key: _with(inner, url) for key, inner in verb.items()}
    if isinstance(verb, list):
        return [_with(inner, url) for inner in verb]
    return url if verb == "URL" else verb


# --- answers that are no array of verbs (JAMBONZ-83, JAMBONZ-97) ---------------------------------------------------

SAY = '[{"verb":"say","text":"a"}]'
HTML = f"<html>{'x' * 60}"

IGNORED: list[tuple[Any, str, str]] = [
    (SAY, "text/plain", f"{ARRAY}, got Content-Type text/plain with '{SAY}'"),
    (HTML, "text/html", f"{ARRAY}, got Content-Type text/html with '{HTML[:60]}…'"),
    ('{"verb":"say"}', "application/json", "expected an array of verbs, got one verb, 'say', that is in no array"),
    ('{"say":{"text":"a"}}', "application/json", "expected an array of verbs, got an object"),
    ('"[]"', "application/json", "expected an array of verbs, got '[]'"),
    ("5", "application/json", "expected an array of verbs, got 5"),
]
COURTESIES: list[tuple[Any, str, str]] = [
    ("OK", "text/plain", f"{ARRAY}, got Content-Type text/plain with 'OK'"),
    ("{}", "application/json", "expected an array of verbs, got an empty object"),
    ("null", "application/json", "expected an array of verbs, got null"),
    ('{"success":true,"id":"7"}', "application/json", "expected an array of verbs, got an object"),
    ('"all is well."', "application/json", "expected an array of verbs, got 'all is well.'"),
]


@pytest.mark.parametrize(("body", "kind", "problem"), IGNORED + COURTESIES)
async def test_a_call_hooks_answer_that_is_ignored_is_told(telco: Telco, body: str, kind: str, problem: str) -> None:
    telco.receiver.answers["/call"] = Response(body, headers={"Content-Type": kind})
    sid = await telco.place()
    await telco.run()

    assert telco.problems == [f"{problem}; {EMPTY}, so the call stays up with nothing to do"]
    assert [note.partition(" answer: ")[2] for note in notes(telco)] == telco.problems
    assert telco.leg(sid).state == "answered"


@pytest.mark.parametrize(("body", "kind", "problem"), IGNORED)
async def test_an_action_hooks_answer_that_is_ignored_is_told(telco: Telco, body: str, kind: str, problem: str) -> None:
    await pressed(telco, Response(body, headers={"Content-Type": kind}))

    assert telco.problems == [f"{problem}; {EMPTY}, so the call goes on without it"]
    assert telco.statuses()[-1][0] == "completed"


@pytest.mark.parametrize(
    ("body", "kind", "problem"), [*COURTESIES, ("", "text/html", ""), ("[]", "application/json", "")]
)
async def test_an_action_hook_may_be_told_that_all_is_well(telco: Telco, body: str, kind: str, problem: str) -> None:
    await pressed(telco, Response(body, headers={"Content-Type": kind}))

    assert telco.problems == []


async def pressed(telco: Telco, answer: Response) -> None:
    """A call that asks for a key, and gets one; its hook is answered so."""
    telco.receiver.answers["/got"] = answer
    telco.script(FarEnd.from_json({"reactions": [{"press": "1", "on_prompt": True}]}))
    gather = {"verb": "gather", "input": ["digits"], "numDigits": 1, "actionHook": "/got", "say": {"text": "press"}}
    telco.answers(gather, {"verb": "say", "text": "next"})
    await telco.place()
    await telco.run()
    assert len(telco.receiver.to("/got")) == 1


@pytest.mark.parametrize("body", ["", "[]"])
async def test_an_empty_answer_to_a_call_hook_is_nothing_to_tell(telco: Telco, body: str) -> None:
    telco.receiver.answers["/call"] = Response(body, media_type="application/json")
    await telco.place()
    await telco.run()

    assert telco.problems == []


async def test_an_inbound_call_that_is_refused_for_its_answer_says_what_came(telco: Telco) -> None:
    telco.serve_inbound()
    telco.receiver.answers["/call"] = Response(SAY, media_type="text/plain")
    telco.arrive()
    await telco.run()

    wanted = "the call hook of an inbound call must answer with a non-empty array of verbs"
    assert telco.problems == [f"{wanted}: {ARRAY}, got Content-Type text/plain; charset=utf-8 with '{SAY}'"]


async def test_an_acknowledgement_whose_data_is_no_array_is_told(telco: Telco) -> None:
    app = await SocketApp().start()
    try:
        app.answers["session:new"] = {"verb": "say", "text": "a"}
        telco.sandbox.put_settings("jambonz", {"call_hook": app.url})
        response = await telco.request("POST", "Calls", json=telco.fields(call_hook=app.url))
        assert response.status_code == 201, response.text
        await telco.advance(5)
    finally:
        await app.stop()

    (problem,) = telco.problems
    assert problem.startswith("expected an array of verbs, got one verb, 'say', that is in no array; ")


async def test_a_body_that_says_it_is_json_and_is_none_is_told_with_what_came(telco: Telco) -> None:
    telco.receiver.answers["/call"] = Response("<Response/>", media_type="application/json")
    await telco.place()
    await telco.run()

    (problem,) = telco.problems
    came = "Content-Type application/json with '<Response/>'"
    assert problem.startswith(f"not JSON: expected an array of verbs, got {came}; JSON is malformed: ")
