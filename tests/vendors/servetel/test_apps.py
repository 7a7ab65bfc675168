"""The example application for Servetel, unmodified, over real HTTP."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import pytest

from emulator.client.sandbox import Sandbox

APP = Path(__file__).parents[3] / "fixtures" / "apps" / "servetel" / "department_routing.py"
CALLER, NIGHT = "+919876543210", "+919812340000"
MORNING = 4 * 3600  # the clock stands at 05:30 in India

Serve = Callable[..., str]

pytestmark = pytest.mark.ringback(strict=True)


@pytest.fixture
def app(ringback: Sandbox, serve_app: Serve) -> str:
    """The application is at work, its panel set up; where it is."""
    spec = importlib.util.spec_from_file_location("apps_servetel", APP)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    account = ringback.servetel
    url = serve_app(module.application(account.base_url, account.token, NIGHT))
    sales, support, spare = (agent["id"] for agent in account.agents)
    ringback.settings.put(
        "servetel",
        dialplans=[{"id": "1", "url": f"{url}/dialplan", "failover": "department||21"}],
        departments=[
            {"id": "21", "name": "Sales", "agents": [sales, spare], "timeout": 15},
            {"id": "22", "name": "Support", "agents": [support], "timeout": 15},
        ],
        recordings=[{"id": "5", "name": "Press 1 for sales, 2 for support"}],
        webhooks=[{"url": f"{url}/missed", "trigger": "missed"}],
    )
    (number, *_) = api(ringback, "GET", "/v1/my_number")
    api(ringback, "PUT", f"/v1/my_number/{number['id']}", {"destination": "api_dialplan||1"})
    return url


def api(ringback: Sandbox, method: str, path: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {ringback.servetel.token}", "Content-Type": "application/json"}
    return fetch(Request(f"{ringback.servetel.base_url}{path}", json.dumps(body).encode(), headers, method=method))


def fetch(request: Request) -> Any:
    with build_opener(ProxyHandler({})).open(request) as answer:
        return json.load(answer)


def agents_rung(ringback: Sandbox) -> list[str]:
    """Their names, in the order they were rung."""
    names = {agent["number"]: agent["name"] for agent in ringback.servetel.agents}
    return [names.get(leg.to, leg.to) for call in ringback.calls for leg in call.legs if leg.direction == "outbound"]


def names(ringback: Sandbox, *places: int) -> list[str]:
    return [ringback.servetel.agents[place]["name"] for place in places]


@pytest.mark.parametrize(("key", "places"), [("1", (0, 2)), ("2", (1,))])
def test_a_key_leads_to_its_department(app: str, ringback: Sandbox, key: str, places: tuple[int, ...]) -> None:
    ringback.advance(MORNING)
    ringback.far_end(CALLER).presses(key, on="press 1").hangs_up(after=60)
    ringback.dial_in("servetel", CALLER)
    ringback.run()
    assert agents_rung(ringback) == names(ringback, *places)
    (record,) = api(ringback, "GET", "/v1/call/records")["results"]
    assert (record["status"], record["dtmf_input"]) == ("answered", key)
    assert record["department_name"] == {"1": "Sales", "2": "Support"}[key]


def test_who_presses_nothing_hears_the_menu_twice_and_gets_sales(app: str, ringback: Sandbox) -> None:
    ringback.advance(MORNING)
    ringback.dial_in("servetel", CALLER, far_end={"hangs_up_after": 60})
    ringback.run()
    call = ringback.calls.one()
    assert [line.text[:7] for line in call.transcript if line.kind == "play" and line.leg == call.legs[0].id] == [
        "Press 1"
    ] * 2
    assert agents_rung(ringback) == names(ringback, 0, 2)


def test_at_night_one_number_is_rung(app: str, ringback: Sandbox) -> None:
    ringback.dial_in("servetel", CALLER, far_end={"hangs_up_after": 60})
    ringback.run()
    assert agents_rung(ringback) == [NIGHT]


def test_when_nobody_answers_the_caller_is_told_and_called_back(app: str, ringback: Sandbox) -> None:
    ringback.advance(MORNING)
    for agent in ringback.servetel.agents:
        ringback.far_end(agent["number"]).does_not_answer()
    ringback.far_end(CALLER).presses("2", on="press 1")
    ringback.dial_in("servetel", CALLER)
    ringback.run()
    assert ringback.calls.one().transcript.heard("all-lines-are-busy")
    support = ringback.servetel.agents[1]
    ringback.far_end(support["number"]).answers()
    (ref_id,) = fetch(Request(f"{app}/call-back", b"", method="POST"))
    ringback.advance(30)
    (row,) = api(ringback, "GET", "/v1/live_calls")
    assert (row["agent_name"], row["destination"]) == (support["name"], CALLER[1:])
    assert ref_id


def test_when_the_application_is_down_calls_go_to_sales(app: str, ringback: Sandbox) -> None:
    settings = ringback.settings.get("servetel")
    plan = {**settings["dialplans"][0], "url": "http://127.0.0.1:9/dialplan"}
    ringback.settings.change("servetel", dialplans=[plan])
    ringback.dial_in("servetel", CALLER, far_end={"hangs_up_after": 20})
    ringback.run()
    assert agents_rung(ringback) == names(ringback, 0, 2)
    assert ringback.deliveries.where(callback="answer").one().state == "failed"
