"""How a delivery was signed, over the control API."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from emulator.runtime.vendors import load_vendors
from tests.control.conftest import Control

VOBIZ = load_vendors()["vobiz"]


@pytest.fixture
async def signed(control_with: Callable[..., Control]) -> AsyncIterator[tuple[Control, str]]:
    """A vendor that signs, and the path of a delivery of a whole call."""
    control = control_with({"vobiz": VOBIZ})
    control.receiver.answers["/answer"] = "<Response><Hangup/></Response>"
    path = await control.sandbox(signature_clock="sandbox")
    await control.place(path, vendor="vobiz")
    await control.post(f"{path}/clock/run")
    yield control, f"{path}/deliveries/c1-d1"


async def test_it_shows_what_was_signed_and_with_what(signed: tuple[Control, str]) -> None:
    control, path = signed
    delivery = await control.get(path)
    made = await control.get(f"{path}/explain")
    headers = dict(delivery["attempts"][0]["headers"])
    assert [each["header"] for each in made["signatures"]] == [
        f"X-Vobiz-Signature-{v}" for v in ("V2", "MA-V2", "V3", "MA-V3")
    ]
    for each in made["signatures"]:
        assert each["sent"] == each["digest"] == headers[each["header"]]
        assert each["signed"] == "".join(part["text"] for part in each["parts"])
        assert each["length"] == len(each["signed"])
    assert (made["findings"], made["why"], made["fault"]) == ([], "", "")
    assert made["signed_at"] == "2026-01-01T00:00:02Z"


async def test_the_secret_is_masked_unless_it_is_asked_for(signed: tuple[Control, str]) -> None:
    control, path = signed
    secret = control.inside(path.partition("/deliveries")[0]).public["vobiz"]["auth_token"]
    masked = await control.ask("GET", f"{path}/explain")
    posted = await control.ask("POST", f"{path}/explain", {"secret": "wrong"})
    assert secret not in masked.text + posted.text
    assert masked.json()["signatures"][0]["secret"] == f"{secret[:4]}…{secret[-2:]}"
    for shown in (
        await control.get(f"{path}/explain?show_secret=true"),
        await control.post(f"{path}/explain", {"show_secret": True}),
    ):
        assert shown["signatures"][0]["secret"] == secret


@pytest.mark.parametrize(
    ("claims", "kinds"),
    [
        ({}, []),
        ({"secret": "wrong"}, [("secret", True)]),
        ({"seen_url": "https://{host}/answer"}, [("scheme", True)]),
        ({"seen_url": "http://{host}/answer?x=1"}, [("query", False)]),
        ({"body": "x"}, [("body", False)]),
        ({"body": base64.b64encode(b"\xff").decode(), "encoding": "base64"}, [("body", False)]),
        ({"at": "2030-01-01T00:00:00Z"}, [("clock", False)]),
        ({"received": "00" * 32}, [("unknown", True)]),
    ],
)
async def test_what_the_receiver_has_is_held_against_it(
    signed: tuple[Control, str], claims: dict[str, Any], kinds: list[tuple[str, bool]]
) -> None:
    control, path = signed
    host = control.receiver.url.removeprefix("http://")
    told = {key: text.replace("{host}", host) for key, text in claims.items()}
    made = await control.post(f"{path}/explain", told)
    assert [(each["kind"], each["is_cause"]) for each in made["findings"]] == kinds


@pytest.mark.parametrize(
    ("claims", "code", "message"),
    [
        ({"atempt": 1}, "unknown_field", "atempt: no such field"),
        ({"attempt": 9}, "invalid_field", "attempt: expected a number from 1 to 1, got 9"),
        ({"attempt": 0}, "invalid_field", "attempt: expected a whole number from 1 or null, got 0"),
        ({"at": "noon"}, "invalid_field", "at: expected an instant"),
        (
            {"seen_url": "nonsense"},
            "invalid_field",
            "seen_url: expected a URL such as https://shop.example/hook, got 'non",
        ),
        ({"seen_url": "http://[::1"}, "invalid_field", "seen_url: expected a URL"),
        ({"body": "!", "encoding": "base64"}, "invalid_field", "body: expected base64"),
    ],
)
async def test_what_it_does_not_take_is_named(
    signed: tuple[Control, str], claims: dict[str, Any], code: str, message: str
) -> None:
    control, path = signed
    error = await control.refused(code, "POST", f"{path}/explain", claims)
    assert error["message"].startswith(message)


async def test_a_delivery_that_is_not_there_has_nothing_to_explain(signed: tuple[Control, str]) -> None:
    control, path = signed
    await control.refused("unknown_delivery", "GET", f"{path}9/explain")


async def test_a_vendor_that_does_not_tell_how_it_signs_is_named(control: Control) -> None:
    path = await control.sandbox()
    await control.place(path)
    await control.post(f"{path}/clock/run")
    made = await control.post(f"{path}/deliveries/c1-d1/explain", {"received": "00" * 32})
    assert (made["why"], made["signatures"]) == ("how Acme Telephone signs is not described", [])
