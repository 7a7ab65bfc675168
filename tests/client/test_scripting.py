"""A finished call as a scenario: whoever took part acts again as they did."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.client.control_api import ControlRefused
from emulator.client.outcomes import outcome_of
from emulator.client.playing import play
from emulator.client.scripting import scenario_of
from tests.fakes.reminder import place

CALLEE = "+919876543210"
AGENT = "+919811111111"


def dialling(verbs: str) -> Any:
    """An application that answers every call with these verbs, and with nothing anything else."""

    async def application(scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        base = f"http://{dict(scope['headers'])[b'host'].decode()}"
        body = f"<Response>{verbs if scope['path'] == '/answer' else ''}</Response>".replace("BASE", base).encode()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"application/xml")]})
        await send({"type": "http.response.body", "body": body})

    return application


def script(ringback: Any, call: str = "c1") -> dict[str, Any]:
    told = ringback.api.get(f"{ringback.path}/calls/{call}")
    account = dict(ringback.accounts[told["vendor"]])
    return scenario_of(told, ringback.journal(), account, {}, ringback.seed)


def test_everybody_who_was_dialled_acts_again_in_turn(ringback, ringback_server, serve_app):
    url = serve_app(dialling(f"<Dial><Number>{AGENT}</Number></Dial>" * 2))
    ringback.put_scenario(
        {
            "numbers": {
                CALLEE: {"rings_for": "3s"},
                AGENT: {"in_turn": [{"outcome": "busy"}, {"rings_for": "4s", "hangs_up_after": "9s"}]},
            }
        }
    )
    place(ringback.vobiz, url)
    ringback.run()
    made = script(ringback)
    assert made["numbers"][AGENT] == {"in_turn": [{"outcome": "busy"}, {"rings_for": 4, "hangs_up_after": 9}]}
    played = play(made, ringback_server, [url])
    assert played.differences == []
    call = ringback.api.get(f"{ringback.path}/calls/c1")
    before = outcome_of(call, ringback.calls.one().created_at)
    (after,) = played.outcomes
    assert [(leg.to, leg.rang, leg.talked) for leg in after.legs] == [
        (leg.to, leg.rang, leg.talked) for leg in before.legs
    ]


def test_keys_pressed_together_are_one_reaction_and_pauses_part_them(ringback, serve_app):
    url = serve_app(dialling('<Speak>Hello</Speak><Wait length="30"/>'))
    ringback.far_end(CALLEE).answers().presses("12#", at="2s").presses("4", at="5s").holds(at="6s").holds(
        False, at="7s"
    )
    place(ringback.vobiz, url)
    ringback.run()
    assert script(ringback)["numbers"][CALLEE]["reactions"] == [
        {"press": "12#", "at": 2}, {"press": "4", "at": 5}, {"hold": True, "at": 6}, {"hold": False, "at": 7},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "script_of_it"),
    [
        ({}, None),
        ({"connects_after": "2s", "rings_for": "7s"}, {"connects_after": 2, "rings_for": 7}),
        ({"early_media": True, "outcome": "rejected"}, {"early_media": True, "outcome": "rejected"}),
        ({"outcome": "congestion"}, {"outcome": "congestion"}),
        (
            {"outcome": "unreachable", "connects_after": "3s"},
            {"outcome": "unreachable", "connects_after": 3},
        ),
        ({"picks_up": False}, {"picks_up": False}),
        (
            {"is_machine": True, "greeting": "Beep", "greeting_for": 3},
            {"is_machine": True, "greeting": "Beep", "greeting_for": 3},
        ),
        ({"greeting": ""}, {"greeting": ""}),
        (
            {"reactions": [{"say": "Yes", "at": "1s", "seconds": 2}]},
            {"reactions": [{"say": "Yes", "seconds": 2, "at": 1}]},
        ),
    ],
)  # fmt: skip
def test_a_far_end_is_written_as_it_acted(ringback, serve_app, told, script_of_it):
    ringback.put_far_end(CALLEE, told)
    place(ringback.vobiz, serve_app(dialling('<Speak>Hello</Speak><Wait length="9"/>')))
    ringback.run()
    assert script(ringback).get("numbers", {}).get(CALLEE) == script_of_it


def test_a_call_that_was_hung_up_before_it_rang_never_rings(ringback, serve_app):
    ringback.put_far_end(CALLEE, {"connects_after": "20s"})
    name = place(ringback.vobiz, serve_app(dialling("")))
    ringback.advance("5s")
    account = ringback.vobiz
    headers = {"X-Auth-ID": account.auth_id, "X-Auth-Token": account.auth_token}
    ringback.api.send("DELETE", f"/vobiz/api/v1/Account/{account.auth_id}/Call/{name}/", headers)
    ringback.run()
    assert script(ringback)["numbers"][CALLEE] == {"connects_after": 3605}


def test_a_caller_who_gives_up_gives_up_again(ringback, ringback_server):
    ringback.far_end().rings_for_ever()
    ringback.dial_in("servetel", far_end={"gives_up_after": "6s"})
    ringback.run()
    made = script(ringback)
    assert made["calls"][0]["far_end"] == {"gives_up_after": 6}
    assert play(made, ringback_server).differences == []


def test_what_the_client_set_up_before_is_set_up_again(ringback, ringback_server, serve_app):
    url = serve_app(dialling("<Speak>Hello</Speak>"))
    account = ringback.vobiz
    headers = {"X-Auth-ID": account.auth_id, "X-Auth-Token": account.auth_token}
    base = f"/vobiz/api/v1/Account/{account.auth_id}"
    body = {"app_name": "mine", "answer_url": f"{url}/answer"}
    status, answer = ringback.api.send("POST", f"{base}/Application/", headers, body)
    assert status < 300, answer
    place(account, url)
    ringback.run()
    requests = script(ringback)["play"]["requests"]
    assert [request["api"]["path"] for request in requests] == [
        "/api/v1/Account/{auth_id}/Application/", "/api/v1/Account/{auth_id}/Call/",
    ]  # fmt: skip
    assert requests[0]["api"]["json"] == {"app_name": "mine", "answer_url": "{app}/answer"}
    assert account.auth_token not in json.dumps(requests)
    assert play(script(ringback), ringback_server, [url]).differences == []


def test_a_number_by_its_name_needs_a_provider(ringback):
    with pytest.raises(ControlRefused, match="whose"):
        ringback.put_scenario({"numbers": {"{numbers[0]}": {"outcome": "busy"}}})
    ringback.put_scenario({"vendor": "vobiz", "numbers": {"{numbers[0]}": {"outcome": "busy"}}})
    told = ringback.api.get(f"{ringback.path}/scenario")["numbers"]
    assert told == {ringback.vobiz.numbers[0].removeprefix("+"): {"outcome": "busy"}}
