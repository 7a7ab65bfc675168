"""Sandboxes over the control API: made, shown, reset, ended; their scenario and settings."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from emulator import __version__
from tests.control.conftest import ADDRESS, Control


async def test_a_sandbox_needs_no_words(control: Control) -> None:
    made = await control.post("/sandboxes", status=201)
    assert made["clock"] == {"mode": "virtual", "now": "2026-01-01T00:00:00Z", "speed": 1.0, "next_at": None}
    assert made["vendors"]["acme"]["base_url"] == f"{ADDRESS}/acme"
    assert await control.get(f"/sandboxes/{made['id']}") == made
    assert await control.get("/sandboxes") == {"sandboxes": [made]}


async def test_a_sandbox_is_what_was_asked_for(control: Control) -> None:
    made = await control.post(
        "/sandboxes",
        {
            "name": "mine", "seed": 7, "clock": {"mode": "real", "speed": 20}, "patience": 0.5,
            "deliver": "one_at_a_time", "signature_clock": "sandbox", "strict": False, "answers": "plain",
            "settings": {"acme": {"tone": "cold"}}, "scenario": {"numbers": {"+14155550001": {"outcome": "busy"}}},
        },
        201,
    )  # fmt: skip
    assert (made["id"], made["seed"], made["patience"], made["deliver"]) == ("mine", 7, 0.5, "one_at_a_time")
    assert (made["clock"]["mode"], made["clock"]["speed"]) == ("real", 20)
    assert await control.get("/sandboxes/mine/settings/acme") == {"tone": "cold"}
    assert (await control.get("/sandboxes/mine/scenario"))["numbers"] == {"14155550001": {"outcome": "busy"}}


async def test_a_clock_starts_when_told(control: Control) -> None:
    made = await control.post("/sandboxes", {"clock": {"start": "2027-05-06T12:00:00+02:00"}}, 201)
    assert made["clock"]["now"] == "2027-05-06T10:00:00Z"


async def test_equal_seeds_give_equal_accounts(control_with: Any) -> None:
    one, other = [await control.post("/sandboxes", {"seed": 7}, 201) for control in (control_with(), control_with())]
    assert one == other


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"Host": "localhost:9"}, "http://localhost:9/acme"),
        ({"X-Forwarded-Host": "a.example", "X-Forwarded-Proto": "https"}, "https://a.example/acme"),
    ],
)
async def test_base_urls_use_the_requests_own_address(control: Control, headers: dict[str, str], base: str) -> None:
    made = (await control.ask("POST", "/sandboxes", {}, headers=headers)).json()
    assert made["vendors"]["acme"]["base_url"] == base


async def test_a_taken_name_is_refused(control: Control) -> None:
    await control.sandbox(name="mine")
    await control.refused("name_taken", "POST", "/sandboxes", {"name": "mine"})


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        ({"strict": 1}, "invalid_field", "strict: expected true or false, got 1"),
        ({"answers": "often"}, "invalid_field", "answers"),
        ({"settings": {"acmee": {}}}, "unknown_vendor", "vendor 'acmee' is not loaded"),
        ({"settings": {"acme": {"tone": "loud"}}}, "invalid_field", 'settings.acme.tone: expected "cold" or "warm"'),
        ({"settings": {"acme": {"tune": "warm"}}}, "unknown_field", "settings.acme.tune: no such field"),
        ({"clock": {"speed": 2}}, "invalid_field", "clock.speed: only a real clock has a speed, got 2"),
        ({"clock": {"start": "9999-12-31T00:00:00Z"}}, "invalid_field", "clock.start: expected an instant from 1970"),
        ({"scenario": {"default": {"outcome": "x"}}}, "invalid_field", "scenario.default.outcome: expected one of"),
        ({"scenario": {"numbers": {"": {}}}}, "invalid_field", "scenario.numbers['']: expected a number"),
        ({"scenario": {"number": {}}}, "unknown_field", "scenario.number: no such field"),
        ({"seed": -1}, "invalid_field", "seed: expected a whole number"),
    ],
)
async def test_a_wrong_sandbox_is_refused_and_not_made(
    control: Control, body: dict[str, Any], code: str, message: str
) -> None:
    error = await control.refused(code, "POST", "/sandboxes", body)
    assert error["message"].startswith(message)
    assert control.exchange.sandboxes == {}


async def test_a_deleted_sandbox_is_gone_with_its_credentials(control: Control) -> None:
    path = await control.sandbox(name="mine")
    key = control.inside(path).public["acme"]["api_key"]
    assert (await control.ask("DELETE", path)).status_code == 204
    await control.refused("unknown_sandbox", "GET", path)
    response = await control.client.get("/acme/calls", headers={"Authorization": f"Bearer {key}"})
    assert response.status_code == 401


async def test_an_unknown_sandbox_is_answered_with_the_nearest(control: Control) -> None:
    await control.sandbox(name="default")
    error = await control.refused("unknown_sandbox", "GET", "/sandboxes/defualt/clock")
    assert error == {"code": "unknown_sandbox", "message": "no sandbox 'defualt'",
                     "hint": "Did you mean default? Known: default."}  # fmt: skip


async def test_a_reset_sandbox_is_as_on_its_first_instant(control: Control) -> None:
    made = await control.post("/sandboxes", {"name": "mine", "settings": {"acme": {"tone": "cold"}}}, 201)
    await control.place("/sandboxes/mine")
    await control.put("/sandboxes/mine/settings/acme", {"tone": "warm"})
    await control.post("/sandboxes/mine/clock/run", {})
    assert await control.post("/sandboxes/mine/reset") == made
    assert await control.get("/sandboxes/mine/calls") == {"calls": [], "next": None}
    assert await control.get("/sandboxes/mine/settings/acme") == {"tone": "cold"}


@pytest.mark.parametrize("ending", [("DELETE", ""), ("POST", "/reset")])
async def test_ending_a_sandbox_ends_the_drive_of_its_clock(control: Control, ending: tuple[str, str]) -> None:
    path = await control.sandbox()
    came, never = asyncio.Event(), asyncio.Event()

    async def hang(_: object) -> list[Any]:
        came.set()
        await never.wait()
        return []

    control.receiver.answers["/answer"] = hang
    await control.place(path)
    driving = asyncio.ensure_future(control.ask("POST", f"{path}/clock/advance", {"seconds": 10}))
    await came.wait()
    await control.ask(ending[0], path + ending[1])
    assert (await driving).json()["error"]["code"] == "sandbox_deleted"
    never.set()


# --- scenario --------------------------------------------------------------------------------------------------


async def test_a_scenario_is_shown_as_it_was_put(control: Control) -> None:
    path = await control.sandbox()
    assert await control.get(f"{path}/scenario") == {"default": {}, "numbers": {}}
    put = {
        "default": {"outcome": "no-answer"},
        "numbers": {"+919876543210": {"reactions": [{"press": "1", "on": "press 1"}]}, "+9198*": {"outcome": "busy"}},
    }
    shown = await control.put(f"{path}/scenario", put)
    assert shown["default"] == put["default"]
    assert list(shown["numbers"].values()) == list(put["numbers"].values())
    assert await control.get(f"{path}/scenario") == shown
    assert await control.put(f"{path}/scenario", shown) == shown


async def test_a_scenario_decides_who_answers(control: Control) -> None:
    path = await control.sandbox()
    await control.put(f"{path}/scenario", {"numbers": {"+14155550001": {"outcome": "busy"}}})
    call = await control.place(path, "+14155550001")
    await control.post(f"{path}/clock/run")
    assert (await control.get(f"{path}/calls/{call}"))["cause"]["name"] == "USER_BUSY"


@pytest.mark.parametrize(
    "scenario",
    [{"default": {"outcome": "x"}}, {"numbers": {"+1": {"rings_for": "soon"}}}, {"numbers": {"": {}}}, {"numbers": []}],
)
async def test_a_wrong_scenario_changes_nothing(control: Control, scenario: Any) -> None:
    path = await control.sandbox(scenario={"default": {"outcome": "busy"}})
    before = control.inside(path).journal.last
    await control.refused("invalid_field", "PUT", f"{path}/scenario", scenario)
    assert (await control.get(f"{path}/scenario")) == {"default": {"outcome": "busy"}, "numbers": {}}
    assert control.inside(path).journal.last is before


# --- settings --------------------------------------------------------------------------------------------------


async def test_settings_are_replaced_whole(control: Control) -> None:
    path = await control.sandbox()
    assert await control.get(f"{path}/settings/acme") == {"tone": "warm"}
    assert await control.put(f"{path}/settings/acme", {"tone": "cold"}) == {"tone": "cold"}
    assert await control.get(f"{path}/settings/acme") == {"tone": "cold"}
    assert await control.put(f"{path}/settings/acme", {}) == {"tone": "warm"}


@pytest.mark.parametrize(
    ("values", "code"), [({"tone": "loud"}, "invalid_field"), ({"tune": 1}, "unknown_field"), ([], "invalid_field")]
)
async def test_wrong_settings_change_nothing(control: Control, values: Any, code: str) -> None:
    path = await control.sandbox(settings={"acme": {"tone": "cold"}})
    await control.refused(code, "PUT", f"{path}/settings/acme", values)
    assert await control.get(f"{path}/settings/acme") == {"tone": "cold"}


async def test_settings_of_an_unknown_vendor_are_refused(control: Control) -> None:
    path = await control.sandbox()
    error = await control.refused("unknown_vendor", "GET", f"{path}/settings/acne")
    assert error["hint"] == "Did you mean acme? Known: acme."


# --- what is not there yet, and what is nowhere ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "place"),
    [("GET", "export")],
)
async def test_what_is_not_there_yet_says_so_by_name(control: Control, method: str, place: str) -> None:
    path = await control.sandbox()
    response = await control.ask(method, f"{path}/{place}")
    assert response.status_code == 501
    assert response.json()["error"]["message"].startswith(f"{place} is not emulated yet")


async def test_import_is_not_there_yet(control: Control) -> None:
    error = await control.refused("not_emulated", "POST", "/sandboxes/import")
    assert error["message"].startswith("import is not emulated yet")


async def test_an_unknown_path_is_answered_with_the_nearest(control: Control) -> None:
    error = await control.refused("unknown_path", "GET", "/sandboxs")
    hint = "Did you mean /_control/v1/sandboxes? All paths are in /_control/v1/openapi.json."
    assert error == {"code": "unknown_path", "message": "nothing is at /_control/v1/sandboxs", "hint": hint}


@pytest.mark.parametrize("path", ["", "/"])
async def test_the_base_says_where_to_begin(control: Control, path: str) -> None:
    hint = "It begins with /_control/v1/sandboxes; all paths are in /_control/v1/openapi.json."
    assert (await control.refused("unknown_path", "GET", path))["hint"] == hint


async def test_the_page_that_is_not_there_yet_says_so(control: Control) -> None:
    answer = await control.client.get("/")
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "the page that shows every call live is not there yet"


async def test_every_answer_names_the_program(control: Control) -> None:
    for path in ("/_control/v1/sandboxes", "/_control/v1/nowhere"):
        assert (await control.client.get(path)).headers["x-ringback-version"] == __version__


@pytest.mark.parametrize("path", ["", "/", "/nowhere/at/all", "/sandboxes/x/y/z", "/sandboxes/"])
async def test_an_unknown_path_is_refused_in_our_words(control: Control, path: str) -> None:
    await control.refused("unknown_path", "GET", path)


async def test_a_wrong_method_is_answered_with_the_right_ones(control: Control) -> None:
    response = await control.ask("PATCH", "/sandboxes")
    assert response.status_code == 405
    assert set(response.headers["allow"].split(", ")) == {"GET", "HEAD", "POST"}
    assert response.json()["error"]["code"] == "method_not_allowed"


async def test_head_is_get_without_a_body(control: Control) -> None:
    assert (await control.client.head("/_control/v1/sandboxes")).status_code == 200


@pytest.mark.parametrize("content", [b"x" * ((1 << 20) + 1), b'{"name":"' + b"a" * (1 << 20) + b'"}'])
async def test_a_huge_body_is_refused(control: Control, content: bytes) -> None:
    await control.refused("too_large", "POST", "/sandboxes", content=content)


async def test_a_huge_body_that_does_not_say_so_is_refused(control: Control) -> None:
    async def parts() -> Any:
        for _ in range(40):
            yield b" " * (1 << 15)

    await control.refused("too_large", "POST", "/sandboxes", content=parts())


async def test_what_is_not_json_is_refused(control: Control) -> None:
    await control.refused("malformed_json", "POST", "/sandboxes", content=b"name=mine")


async def test_a_bug_of_ours_is_a_500_in_our_words(control: Control) -> None:
    path = await control.sandbox()
    control.inside(path).public.clear()
    error = await control.refused("internal_error", "GET", path)
    assert "KeyError" in error["message"]
