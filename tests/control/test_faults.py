"""Faults over the control API: set whole, shown with their counts, and two sandboxes never share one."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.runtime.replay import read_entries, rebuild
from emulator.scenarios.faults import KINDS
from tests.control.conftest import Control
from tests.scenarios.test_faults import minimal


async def place(control: Control, path: str) -> int:
    """The status that placing a call is answered with."""
    key = control.inside(path).public["acme"]["api_key"]
    body = {"from": "+12025550000", "to": "+14155550000", "answer_url": f"{control.receiver.url}/answer"}
    response = await control.client.post("/acme/calls", json=body, headers={"Authorization": f"Bearer {key}"})
    return response.status_code


async def test_there_are_none_at_first(control: Control) -> None:
    assert await control.get(f"{await control.sandbox()}/faults") == {"faults": []}


async def test_every_kind_is_set_and_shown(control: Control) -> None:
    path = await control.sandbox()
    told = [minimal(kind) for kind in KINDS]
    made = await control.put(f"{path}/faults", {"faults": told})
    assert [{**fault, "name": f"f{index}", "struck": 0} for index, fault in enumerate(told, 1)] == made["faults"]
    assert await control.get(f"{path}/faults") == made
    assert await control.put(f"{path}/faults", made) == made


async def test_a_fault_strikes_and_is_counted(control: Control) -> None:
    path = await control.sandbox()
    await control.put(f"{path}/faults", {"faults": [{"fault": "status", "status": 503, "count": 2}]})
    assert [await place(control, path) for _ in range(3)] == [503, 503, 201]
    [fault] = (await control.get(f"{path}/faults"))["faults"]
    assert fault["struck"] == 2


async def test_a_vendor_without_words_for_it_answers_in_ours(control: Control) -> None:
    path = await control.sandbox()
    await control.put(f"{path}/faults", {"faults": [{"fault": "rate-limit", "retry_after": "90s"}]})
    key = {"Authorization": f"Bearer {control.inside(path).public['acme']['api_key']}"}
    response = await control.client.get("/acme/calls", headers=key)
    assert (response.status_code, response.json()) == (429, {"error": "Too Many Requests"})
    assert response.headers["retry-after"] == "90"


async def test_two_sandboxes_do_not_share_their_bad_days(control: Control) -> None:
    struck, spared = await control.sandbox(), await control.sandbox()
    await control.put(f"{struck}/faults", {"faults": [{"fault": "status", "status": 500}]})
    assert [await place(control, path) for path in (struck, spared)] == [500, 201]
    assert await control.get(f"{spared}/faults") == {"faults": []}
    await control.ask("DELETE", struck)
    assert not control.exchange.faulty


async def test_no_faults_cost_nothing_again(control: Control) -> None:
    path = await control.sandbox()
    await control.put(f"{path}/faults", {"faults": [{"fault": "reset"}]})
    assert control.exchange.faulty
    await control.put(f"{path}/faults", {"faults": []})
    assert not control.exchange.faulty
    assert await place(control, path) == 201


async def test_a_reset_sandbox_has_the_faults_of_its_scenario_unstruck(control: Control) -> None:
    path = await control.sandbox(scenario={"faults": [{"fault": "status", "status": 500, "count": 1}]})
    assert [await place(control, path) for _ in range(2)] == [500, 201]
    await control.put(f"{path}/faults", {"faults": []})
    await control.post(f"{path}/reset")
    [fault] = (await control.get(f"{path}/faults"))["faults"]
    assert fault["struck"] == 0
    assert await place(control, path) == 500


async def test_a_scenario_replaces_the_faults_it_names_and_leaves_them_otherwise(control: Control) -> None:
    path = await control.sandbox()
    await control.put(f"{path}/faults", {"faults": [{"fault": "lost"}]})
    await control.put(f"{path}/scenario", {"default": {"outcome": "busy"}})
    assert len((await control.get(f"{path}/faults"))["faults"]) == 1
    await control.put(f"{path}/scenario", {"faults": [{"fault": "reset"}, {"fault": "twice"}]})
    assert [fault["fault"] for fault in (await control.get(f"{path}/faults"))["faults"]] == ["reset", "twice"]


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ({"fault": "lot"}, "faults[1].fault: expected one of status,"),
        (
            {"fault": "lost", "vendor": "acne"},
            "faults[1].vendor: expected one of acme, got 'acne' (did you mean acme?)",
        ),
        ({"fault": "lost", "callback": "hangups"}, "faults[1].callback: expected one of answer, fallback, gather"),
        ({"fault": "delayed"}, "faults[1].span: missing"),
    ],
)
async def test_what_is_wrong_is_named_and_changes_nothing(
    control: Control, fault: dict[str, Any], problem: str
) -> None:
    path = await control.sandbox()
    before = await control.put(f"{path}/faults", {"faults": [{"fault": "lost"}]})
    last = control.inside(path).journal.last
    error = await control.refused("invalid_field", "PUT", f"{path}/faults", {"faults": [{"fault": "reset"}, fault]})
    assert error["message"].startswith(problem)
    error = await control.refused("invalid_field", "PUT", f"{path}/scenario", {"faults": [{"fault": "reset"}, fault]})
    assert error["message"].startswith(f"scenario.{problem}")
    assert await control.get(f"{path}/faults") == before
    assert control.inside(path).journal.last is last


@pytest.mark.parametrize("body", [{}, {"faults": None}, {"faults": {}}, {"fault": []}, []])
async def test_a_body_that_is_no_list_of_faults_is_refused(control: Control, body: Any) -> None:
    response = await control.ask("PUT", f"{await control.sandbox()}/faults", body)
    assert response.status_code == 400


async def test_a_journal_with_dice_is_replayed_and_goes_on_with_the_same_dice(control: Control) -> None:
    days = []
    for replayed in (False, True):
        path = await control.sandbox(seed=11, name=f"s{replayed}")
        fault = {"fault": "status", "status": 500, "probability": 0.5}
        await control.put(f"{path}/faults", {"faults": [fault, {"fault": "lost", "probability": 0.5}]})
        day = [await place(control, path) for _ in range(10)]
        if replayed:
            sandbox = control.inside(path)
            again = rebuild(read_entries(sandbox.journal.lines()), control.exchange.vendors)
            assert again.faults.to_json() == sandbox.faults.to_json()
            await control.exchange.delete(sandbox.id)
            control.exchange.adopt(again)
        days.append([*day, *[await place(control, path) for _ in range(10)]])
    assert days[0] == days[1]
    assert set(days[0]) == {201, 500}
