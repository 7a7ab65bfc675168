"""A scenario in a sandbox: who calls at which instant, what it sets besides, and that a replay does it again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emulator.errors import UsageError
from emulator.runtime.replay import rebuild
from tests.fakes.acme import vendor as acme
from tests.runtime.conftest import Telco

CALLS: dict[str, Any] = {
    "calls": [{"at": "10s", "from": "+919876543210"}, {"at": 30, "far_end": {"hangs_up_after": 2}}]
}


def callers(sandbox: Any) -> list[tuple[float, str]]:
    start = next(sandbox.journal.entries()).at
    return [
        ((call.legs[0].created_at - start).total_seconds(), call.legs[0].from_)
        for call in sandbox.engine.calls.values()
    ]


async def test_calls_come_at_their_instants(telco: Telco) -> None:
    sandbox = telco.sandbox(seed=3, scenario=CALLS)
    await telco.pump(sandbox).advance(timedelta(seconds=9.999))
    assert callers(sandbox) == []
    await telco.pump(sandbox).run()
    assert callers(sandbox) == [(10, "+919876543210"), (30, "+919876543210")]


async def test_a_call_at_once_comes_before_anything_is_driven(telco: Telco) -> None:
    assert callers(telco.sandbox(scenario={"calls": [{}]})) == [(0, "+919876543210")]


async def test_a_scenario_that_is_put_counts_from_then_and_takes_back_who_had_not_called_yet(telco: Telco) -> None:
    sandbox = telco.sandbox(scenario=CALLS)
    await telco.pump(sandbox).advance(timedelta(seconds=15))
    sandbox.put_scenario({"calls": [{"at": 1, "from": "+14155550000"}]})
    await telco.pump(sandbox).run()
    assert callers(sandbox) == [(10, "+919876543210"), (16, "+14155550000")]


async def test_a_callers_own_script_is_for_that_call_alone(telco: Telco) -> None:
    sandbox = telco.sandbox(scenario=CALLS)
    await telco.pump(sandbox).run()
    assert sandbox.far_ends.caller is None
    assert sandbox.far_ends.items() == []


async def test_a_name_in_braces_is_the_number_that_the_sandbox_has(telco: Telco) -> None:
    sandbox = telco.sandbox(scenario={"numbers": {"{numbers[0]}": {"outcome": "busy"}}})
    own = sandbox.public["acme"]["numbers"][0]
    assert [number for number, _ in sandbox.far_ends.items()] == [own.removeprefix("+")]


async def test_settings_of_a_scenario_hold_but_for_those_that_the_sandbox_is_made_with(telco: Telco) -> None:
    scenario = {"settings": {"acme": {"tone": "cold"}}}
    assert telco.sandbox(scenario=scenario).settings["acme"].tone == "cold"
    sandbox = telco.sandbox(scenario=scenario, settings={"acme": {"tone": "warm"}})
    assert sandbox.settings["acme"].tone == "warm"
    sandbox.put_scenario(scenario)
    assert sandbox.settings["acme"].tone == "cold"


@pytest.mark.parametrize(
    ("scenario", "said"),
    [
        ({"settings": {"acmee": {}}}, "scenario.settings.acmee: expected one of acme"),
        ({"settings": {"acme": {"tune": 1}}}, "scenario.settings.acme.tune: no such setting"),
        ({"calls": [{"vendor": "acmee"}]}, "scenario.calls[0].vendor: expected one of acme; got 'acmee'"),
        ({"numbers": {"{nobody}": {}}}, "scenario.numbers['{nobody}']: nothing is called {nobody}"),
        ({"calls": [{"to": "{numbers[9]}"}]}, "scenario.calls[0].to: nothing is called {numbers[9]}"),
        ({"default": {"outcome": "x"}, "calls": [{}]}, "scenario.default.outcome"),
    ],
)
async def test_a_scenario_that_does_not_fit_changes_nothing(telco: Telco, scenario: Any, said: str) -> None:
    sandbox = telco.sandbox(scenario=CALLS)
    before = (telco.journal(sandbox), sandbox.next_deadline(), sandbox.settings)
    with pytest.raises(UsageError) as refused:
        sandbox.put_scenario(scenario)
    assert str(refused.value).startswith(said)
    assert (telco.journal(sandbox), sandbox.next_deadline(), sandbox.settings) == before


async def test_a_call_to_a_number_that_nobody_has_is_noted_and_the_next_comes(telco: Telco) -> None:
    sandbox = telco.sandbox(scenario={"calls": [{"at": 1, "to": "+15005550006"}, {"at": 2}]})
    await telco.pump(sandbox).run()
    assert callers(sandbox) == [(2, "+919876543210")]
    (refused,) = [entry.to_json() for entry in sandbox.journal.entries() if entry.kind == "refused"]
    assert refused["source"] == "scenario"
    assert "unknown_number" in refused["why"]


async def test_a_sandbox_is_rebuilt_with_its_scenarios(telco: Telco) -> None:
    sandbox = telco.sandbox(
        seed=3, scenario={**CALLS, "default": {"choose": [{"outcome": "busy"}, {"rings_for": "1s..9s"}]}}
    )
    for number in range(4):
        await telco.place(sandbox, f"+1415555100{number}")
    await telco.pump(sandbox).advance(timedelta(seconds=12))
    sandbox.put_scenario(
        {"default": {"in_turn": [{"outcome": "busy"}, {}]}, "seed": 8, "calls": [{"at": "1s..20s", "count": 3}]}
    )
    for _ in range(3):
        await telco.place(sandbox, "+14155551000")
    await telco.pump(sandbox).run()
    entries = list(sandbox.journal.entries())
    again = rebuild(entries, {"acme": acme})
    assert b"".join(again.journal.lines()) == telco.journal(sandbox)
    half = rebuild(entries[: len(entries) // 2], {"acme": acme})
    assert half.callers.next_deadline() is not None


async def test_what_an_api_request_made_is_in_the_journal_with_its_body(telco: Telco) -> None:
    sandbox = telco.sandbox()
    await telco.place(sandbox)
    await telco.client.get("/acme/calls", headers=telco.key(sandbox))
    await telco.client.post("/acme/calls", json={"from": "+12025550000"}, headers=telco.key(sandbox))
    requests = [entry.to_json() for entry in sandbox.journal.entries() if entry.kind == "request"]
    assert ["body" in request for request in requests] == [True, False, False]
    assert '"to":"+14155550000"' in str(requests[0]["body"]).replace(" ", "")
