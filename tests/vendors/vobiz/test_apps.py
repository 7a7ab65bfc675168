"""The example applications for Vobiz, unmodified, over real HTTP."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import miniaudio
import pytest

from emulator.client.sandbox import Sandbox

APPS = Path(__file__).parents[3] / "fixtures" / "apps" / "vobiz"
CALLER, OWNER = "+919876543210", "+919876543211"

Serve = Callable[..., str]

pytestmark = pytest.mark.ringback(strict=True)


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"apps_vobiz_{name}", APPS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- voicemail -----------------------------------------------------------------------------------------------------


@pytest.fixture
def messages(ringback: Sandbox, serve_app: Serve) -> dict[str, Any]:
    """The application is at work; the messages that callers left."""
    app = load("voicemail").application(OWNER, ringback.vobiz.auth_id, ringback.vobiz.auth_token)
    ringback.settings.put("vobiz", answer_url=f"{serve_app(app)}/answer")
    kept: dict[str, Any] = app.state.messages
    return kept


def caller(ringback: Sandbox) -> Any:
    """Speaks a second after the beep, for four seconds."""
    return ringback.far_end(CALLER).says("this is Asha, call me back", seconds=4, on_prompt=True, after=1, times=1)


def test_a_caller_who_hangs_up_has_left_a_message(messages: dict[str, Any], ringback: Sandbox) -> None:
    caller(ringback).hangs_up(after=12)
    ringback.dial_in("vobiz", CALLER)
    ringback.run()

    (message,) = messages.values()
    assert (message.caller, message.text) == (CALLER.removeprefix("+"), "this is Asha, call me back")
    assert ringback.calls.one().transcript.heard("speak after the beep")


def test_the_audio_is_the_message_with_its_length(messages: dict[str, Any], ringback: Sandbox) -> None:
    caller(ringback).presses("#", on_prompt=True, after=7, times=1)
    ringback.dial_in("vobiz", CALLER)
    ringback.run()

    (message,) = messages.values()
    assert (message.seconds, message.is_kept) == (7, False)
    assert ringback.calls.one().transcript.heard("Your message is kept")
    sound = miniaudio.decode(message.audio, nchannels=1, sample_rate=8000)
    assert sound.num_frames == 7 * 8000
    assert max(map(abs, sound.samples[:8000])) < 200 < max(map(abs, sound.samples[12_000:36_000]))


def test_a_message_may_be_heard_said_anew_and_kept(messages: dict[str, Any], ringback: Sandbox) -> None:
    far_end = ringback.far_end(CALLER).says("first", seconds=2, on="speak after", after=2)
    far_end.presses("3", on="To keep", after=1, times=1).presses("2", on="To keep", after=12, times=1)
    far_end.says("second", seconds=2, on="once more", after=2).presses("1", on="To keep", after=30, times=1)
    ringback.dial_in("vobiz", CALLER)
    ringback.run()

    call = ringback.calls.one()
    assert call.state == "ended", call.ladder
    assert [message.text for message in messages.values()] == ["second"]


def test_its_owner_hears_what_was_left(messages: dict[str, Any], ringback: Sandbox) -> None:
    caller(ringback).hangs_up(after=12)
    ringback.dial_in("vobiz", CALLER)
    ringback.run()
    ringback.dial_in("vobiz", OWNER)
    ringback.run()

    (message,) = messages.values()
    transcript = [*ringback.calls][-1].transcript
    assert transcript.heard("You have 1 messages") and transcript.heard("That was all")
    assert [line.text for line in transcript if line.kind == "play"] == [message.url]


def test_a_request_that_is_not_signed_is_refused(serve_app: Serve) -> None:
    url = serve_app(load("voicemail").application(OWNER, "MA_X", "token"))
    with pytest.raises(OSError, match="401"):
        build_opener(ProxyHandler({})).open(Request(f"{url}/answer", b"From=1", method="POST"))
