"""The example applications for TryVox, unmodified, over real HTTP."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from emulator.client.sandbox import Sandbox

APPS = Path(__file__).parents[3] / "fixtures" / "apps" / "tryvox"
CALLER, DESK, MOBILE, AGENT, COLLEAGUE = (f"+1202555014{digit}" for digit in range(5))

Serve = Callable[..., str]

pytestmark = pytest.mark.ringback(strict=True)


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"apps_tryvox_{name}", APPS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def post(url: str) -> bytes:
    with build_opener(ProxyHandler({})).open(Request(url, b"", method="POST")) as answer:
        body: bytes = answer.read()
        return body


# --- call forwarding -----------------------------------------------------------------------------------------------


@pytest.fixture
def forwarding(ringback: Sandbox, serve_app: Serve) -> list[dict[str, Any]]:
    """The application is at work; the messages that callers left."""
    messages: list[dict[str, Any]] = []
    secret = ringback.tryvox.webhook_secret
    app = load("call_forwarding").application(DESK, "anna", MOBILE, secret, messages)
    ringback.settings.put("tryvox", answer_url=f"{serve_app(app)}/inbound")
    ringback.far_end(DESK).is_busy()
    ringback.far_end("anna").rings_for_ever()
    return messages


def legs(ringback: Sandbox) -> list[tuple[str, str]]:
    return [(leg.to, leg.cause.name if leg.cause else leg.state) for leg in ringback.calls.one().legs[1:]]


def test_forwarding_stops_at_the_desk_if_anybody_is_there(forwarding: list[Any], ringback: Sandbox) -> None:
    ringback.far_end(DESK).rings(3).answers().hangs_up(after=30)
    ringback.dial_in("tryvox", CALLER)
    ringback.run()
    call = ringback.calls.one()
    assert call.state == "ended" and call.transcript.heard("hold the line")
    assert [to for to, _ in legs(ringback)] == [DESK, "anna"]
    assert forwarding == []


def test_forwarding_tries_the_mobile_next(forwarding: list[Any], ringback: Sandbox) -> None:
    ringback.far_end(MOBILE).rings(3).answers().hangs_up(after=30)
    ringback.dial_in("tryvox", CALLER)
    ringback.run()
    call = ringback.calls.one()
    assert [to for to, _ in legs(ringback)] == [DESK, "anna", MOBILE]
    assert call.transcript.heard("I try the mobile") and not call.transcript.heard("leave a message")
    assert forwarding == []


def test_forwarding_ends_in_voicemail(forwarding: list[Any], ringback: Sandbox) -> None:
    ringback.far_end(MOBILE).does_not_answer()
    ringback.far_end(CALLER).says("call me back", seconds=4, on="leave a message").presses("#", on="leave a", after=6)
    ringback.dial_in("tryvox", CALLER)
    ringback.run()
    call = ringback.calls.one()
    assert call.transcript.heard("Thank you. Goodbye.")
    (message,) = forwarding
    assert (message["from"], message["seconds"]) == (CALLER, 5)
    with build_opener(ProxyHandler({})).open(message["url"]) as audio:
        assert audio.headers["Content-Type"] == "audio/mpeg" and len(audio.read()) > 5000


def test_a_request_that_is_not_signed_is_refused(serve_app: Serve) -> None:
    url = serve_app(load("call_forwarding").application(DESK, "", MOBILE, "secret"))
    with pytest.raises(OSError, match="401"):
        post(f"{url}/inbound")


# --- warm transfer -------------------------------------------------------------------------------------------------


@pytest.fixture
def warm(ringback: Sandbox, serve_app: Serve) -> tuple[str, Any]:
    """A caller and an agent talk; the application's URL and its rooms."""
    module, account = load("warm_transfer"), ringback.tryvox
    voice = module.Voice(account.base_url, account.auth_id, account.api_key, account.numbers[0])
    app = module.application(voice, AGENT, "http://a.example/hold.mp3")
    url = serve_app(app)
    ringback.settings.put("tryvox", answer_url=f"{url}/inbound")
    ringback.far_end(AGENT).rings(6).answers()
    ringback.dial_in("tryvox", CALLER)
    ringback.advance(15)
    return url, app.state.rooms


def up(ringback: Sandbox) -> set[str]:
    """The numbers of those who are on the line."""
    found = [leg for call in ringback.calls for leg in call.legs if leg.state == "answered"]
    return {CALLER if leg.direction == "inbound" else leg.to for leg in found}


def test_the_caller_hears_music_until_the_agent_is_there(warm: tuple[str, Any], ringback: Sandbox) -> None:
    inbound, outbound = ringback.calls
    assert [line.text for line in inbound.transcript if line.kind == "play"] == ["http://a.example/hold.mp3"] * 3
    assert outbound.transcript.heard(f"A call from {CALLER}")
    assert up(ringback) == {CALLER, AGENT}


def test_a_colleague_takes_the_call_over_while_the_agent_is_there(warm: tuple[str, Any], ringback: Sandbox) -> None:
    url, rooms = warm
    (room,) = rooms
    ringback.far_end(COLLEAGUE).answers().presses("1", on="press 1")
    ringback.far_end(CALLER).says("hello again", seconds=1, at=60)
    post(f"{url}/hand-over?room={room}&to={COLLEAGUE}".replace("+", "%2B"))
    ringback.advance(20)
    assert up(ringback) == {CALLER, AGENT, COLLEAGUE}
    post(f"{url}/leave?room={room}")
    ringback.advance(20)
    assert up(ringback) == {CALLER, COLLEAGUE}
    ringback.calls[0].far_end.hangs_up()
    ringback.run()
    assert up(ringback) == set()


def test_a_colleague_who_declines_leaves_them_as_they_were(warm: tuple[str, Any], ringback: Sandbox) -> None:
    url, rooms = warm
    (room,) = rooms
    post(f"{url}/hand-over?room={room}&to={COLLEAGUE}".replace("+", "%2B"))
    ringback.advance(30)
    assert ringback.calls[2].transcript.heard("Never mind")
    assert up(ringback) == {CALLER, AGENT}
