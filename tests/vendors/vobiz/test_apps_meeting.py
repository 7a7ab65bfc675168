"""The example meeting for Vobiz, written with `vobiz-python`'s builder, unmodified, over real HTTP."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from emulator.client.sandbox import Sandbox

APPS = Path(__file__).parents[3] / "fixtures" / "apps" / "vobiz"
HOST, ANNA, BEN = "+919876543210", "+919876543211", "+919876543212"
MUSIC = "http://a.example/hold.mp3"

Serve = Callable[..., str]

pytestmark = pytest.mark.ringback(strict=True)


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"apps_vobiz_{name}", APPS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def fetch(url: str, method: str = "GET") -> Any:
    with build_opener(ProxyHandler({})).open(Request(url, method=method)) as answer:
        return json.loads(answer.read())


@pytest.fixture
def meeting(ringback: Sandbox, serve_app: Serve) -> str:
    """The application's URL; Anna and Ben know the guests' code."""
    module, account = load("team_meeting"), ringback.vobiz
    voice = module.Voice(account.base_url, account.auth_id, account.auth_token)
    url = serve_app(module.application(voice, "1111", "2222", MUSIC))
    ringback.settings.put("vobiz", answer_url=f"{url}/answer")
    ringback.far_end(HOST).presses("1111", on="enter the code").hangs_up(after=120)
    for guest in (ANNA, BEN):
        ringback.far_end(guest).presses("2222", on="enter the code")
    return url


def transcript(ringback: Sandbox, caller: str) -> Any:
    return next(call for call in ringback.calls if call.legs[0].from_ == caller).transcript


def arrive(ringback: Sandbox, *callers: str) -> None:
    for caller in callers:
        ringback.dial_in("vobiz", caller)
        ringback.advance(10)


def test_guests_hear_music_until_the_host_starts(meeting: str, ringback: Sandbox) -> None:
    arrive(ringback, ANNA)
    assert transcript(ringback, ANNA).heard(MUSIC)
    arrive(ringback, HOST)
    assert {about["role"] for about in fetch(f"{meeting}/members").values()} == {"host", "guest"}
    before = len([line for line in transcript(ringback, ANNA) if line.text == MUSIC])
    ringback.advance(30)
    assert len([line for line in transcript(ringback, ANNA) if line.text == MUSIC]) == before


def test_the_meeting_is_over_for_all_when_the_host_hangs_up(meeting: str, ringback: Sandbox) -> None:
    arrive(ringback, ANNA, BEN, HOST)
    ringback.run()
    for guest in (ANNA, BEN):
        assert transcript(ringback, guest).heard("The meeting is over")
    assert all(call.state == "ended" for call in ringback.calls)
    assert fetch(f"{meeting}/members") == {}


def test_the_host_makes_the_others_quiet_and_asks_one_to_leave(meeting: str, ringback: Sandbox) -> None:
    arrive(ringback, HOST, ANNA, BEN)
    assert fetch(f"{meeting}/quiet", "POST")["member_id"] == ["2", "3"]
    assert fetch(f"{meeting}/remove?member=2", "POST")["message"] == "kicked"
    ringback.advance(5)
    assert transcript(ringback, ANNA).heard("The meeting is over")
    assert list(fetch(f"{meeting}/members")) == ["1", "3"]


def test_star_lets_a_guest_out(meeting: str, ringback: Sandbox) -> None:
    ringback.far_end(ANNA).presses("2222", on="enter the code").presses("*", at=30)
    arrive(ringback, HOST, ANNA)
    ringback.advance(30)
    assert transcript(ringback, ANNA).heard("The meeting is over")
    assert list(fetch(f"{meeting}/members")) == ["1"]


def test_three_wrong_codes_end_the_call(meeting: str, ringback: Sandbox) -> None:
    ringback.far_end(ANNA).presses("9999", on="enter the code")
    arrive(ringback, ANNA)
    ringback.run()
    assert transcript(ringback, ANNA).heard("That code is wrong")
    assert transcript(ringback, ANNA).heard("Goodbye.")
    assert fetch(f"{meeting}/members") == {}


def test_no_code_ends_the_call(meeting: str, ringback: Sandbox) -> None:
    silent = "+919876543219"
    ringback.dial_in("vobiz", silent)
    ringback.run()
    assert transcript(ringback, silent).heard("We did not get a code")
