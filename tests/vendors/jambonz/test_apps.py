"""The example applications for jambonz, unmodified: webhooks over real HTTP, and the SDK's own websocket server."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from emulator.client.sandbox import Sandbox
from emulator.scenarios.far_end import FarEnd
from tests.vendors.jambonz.conftest import CALLEE, SPEECH, Telco

APPS = Path(__file__).parents[3] / "fixtures" / "apps" / "jambonz"
CALLER = "+919876543210"
Serve = Callable[..., str]

pytestmark = pytest.mark.ringback(strict=True)


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"apps_jambonz_{name}", APPS / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# --- a menu of three levels ----------------------------------------------------------------------------------------


@pytest.fixture
def orders(ringback: Sandbox, serve_app: Serve) -> dict[str, str]:
    """The application is at work; the order numbers that callers gave."""
    app = load("phone_menu").application(ringback.jambonz.webhook_secret)
    url = serve_app(app)
    ringback.settings.put("jambonz", call_hook=f"{url}/call", call_status_hook=f"{url}/status")
    kept: dict[str, str] = app.state.orders
    return kept


def calls(ringback: Sandbox) -> list[str]:
    """What the caller heard, from the first word to the last."""
    ringback.dial_in("jambonz", CALLER)
    ringback.run()
    call = ringback.calls.one()
    assert call.state == "ended", call.ladder
    assert all(delivery.state == "delivered" for delivery in call.deliveries), call.ladder
    return [line.text for line in call.transcript if line.kind == "say"]


def test_three_levels_lead_to_an_order_number_ended_with_hash(orders: dict[str, str], ringback: Sandbox) -> None:
    caller = ringback.far_end(CALLER).presses("1", on="For sales").presses("2", on="For a new order")
    caller.presses("1234#", on="Enter the four digits")
    heard = calls(ringback)

    assert heard[-1] == "Order 1 2 3 4 is on its way. Goodbye."
    assert list(orders.values()) == ["1234"]
    assert len(heard) == 5


def test_it_may_be_answered_by_voice(orders: dict[str, str], ringback: Sandbox) -> None:
    caller = ringback.far_end(CALLER).says("support please", seconds=1, on_prompt=True, times=1)
    caller.says("my machine is broken", seconds=1, on="For a broken machine", after=1)

    assert calls(ringback)[-1] == "Please switch it off and on again. Goodbye."


def test_star_goes_back_a_level(orders: dict[str, str], ringback: Sandbox) -> None:
    ringback.far_end(CALLER).presses("1", on="For sales", times=1).presses("*", on="For a new order")
    heard = calls(ringback)

    menus = [text.split(" press")[0] for text in heard if text.startswith("For")]
    assert menus[:3] == ["For sales", "For a new order", "For sales"]


def test_wrong_answers_are_asked_again_and_after_the_third_it_is_goodbye(
    orders: dict[str, str], ringback: Sandbox
) -> None:
    ringback.far_end(CALLER).presses("9", on="For sales")
    heard = calls(ringback)

    assert heard.count("Sorry, that is no choice.") == 2
    assert heard[-1] == "We did not understand you. Goodbye."


def test_no_answer_at_all_is_asked_again_too(orders: dict[str, str], ringback: Sandbox) -> None:
    ringback.far_end(CALLER)
    heard = calls(ringback)

    assert len([text for text in heard if text.startswith("For sales")]) == 3
    assert heard[-1] == "We did not understand you. Goodbye."


def test_an_answer_that_comes_too_late_counts_where_it_falls(orders: dict[str, str], ringback: Sandbox) -> None:
    caller = ringback.far_end(CALLER).presses("2", on="For sales", after=9, times=1)
    caller.presses("1", on="For a broken machine")
    heard = calls(ringback)

    assert heard.count("Sorry, that is no choice.") == 1
    assert heard[-1] == "Please switch it off and on again. Goodbye."


def test_too_few_digits_are_asked_again(orders: dict[str, str], ringback: Sandbox) -> None:
    caller = ringback.far_end(CALLER).presses("1", on="For sales").presses("2", on="For a new order")
    caller.presses("12#", on="Enter the four", times=1).presses("5678#", on="Enter the four", after=3)
    calls(ringback)

    assert list(orders.values()) == ["5678"]


# --- a survey over a websocket -------------------------------------------------------------------------------------


@pytest.fixture
async def survey() -> AsyncIterator[Any]:
    made = await load("survey").Survey().start()
    yield made
    await made.stop()


async def asked(telco: Telco, survey: Any, *reactions: dict[str, Any]) -> Any:
    """The answers of one who was called."""
    telco.script(FarEnd.from_json({"reactions": list(reactions)}))
    fields = {"from": telco.number, "to": {"type": "phone", "number": CALLEE}, **SPEECH}
    url = f"ws://127.0.0.1:{survey.port}/survey"
    response = await telco.request("POST", "Calls", json={**fields, "call_hook": url})
    await telco.run()
    answers = survey.answers[response.json()["sid"]]
    assert telco.leg(response.json()["sid"]).state == "ended"
    return answers


async def test_a_survey_is_answered_by_key_and_by_voice(telco: Telco, survey: Any) -> None:
    answers = await asked(
        telco, survey, {"press": "4", "on": "How content"},
        {"say": "yes of course", "seconds": 1, "on": "come again", "after": 1},
        {"say": "Keep it up", "seconds": 2, "on": "anything else", "after": 1},
    )  # fmt: skip

    assert (answers.rating, answers.returns, answers.words) == (4, True, "keep it up")


async def test_a_survey_is_answered_with_silence(telco: Telco, survey: Any) -> None:
    answers = await asked(telco, survey)

    assert (answers.rating, answers.returns, answers.words) == (0, False, None)


async def test_the_survey_hears_of_the_end_of_the_call(telco: Telco, survey: Any) -> None:
    answers = await asked(telco, survey, {"press": "2", "on": "How content"}, {"press": "2", "on": "come again"})

    assert answers.returns is False
    assert answers.statuses[-1] == "completed"


# --- a queue with agents -------------------------------------------------------------------------------------------


AGENTS = ("+919811640001", "+919811640002")
CALLERS = ("+919876543211", "+919876543212", "+919876543213")


@pytest.fixture
def office(ringback: Sandbox, serve_app: Serve) -> Any:
    """The application is at work; what comes of the day."""
    app = load("agent_queue").application(ringback.jambonz.webhook_secret, AGENTS)
    url = serve_app(app)
    ringback.settings.put("jambonz", call_hook=f"{url}/call", call_status_hook=f"{url}/status")
    return app.state.office


def lines(ringback: Sandbox, caller: str) -> list[str]:
    """What was said to one who called."""
    (call,) = [call for call in ringback.calls if call.from_ == caller]
    return [line.text for line in call.transcript if line.kind == "say"]


def call_in(ringback: Sandbox, *numbers: str, every: float = 0) -> None:
    for number in numbers:
        ringback.dial_in("jambonz", number)
        ringback.advance(every)


def test_callers_are_served_in_turn_by_whoever_is_free(office: Any, ringback: Sandbox) -> None:
    for caller in CALLERS:
        ringback.far_end(caller).hangs_up(after=60)
    call_in(ringback, *CALLERS, every=3)
    call_in(ringback, *AGENTS)
    ringback.run()

    assert [lines(ringback, caller)[1] for caller in CALLERS] == [
        f"You are number {place} in the line." for place in (1, 2, 3)
    ]
    assert office.served == {AGENTS[0]: 2, AGENTS[1]: 1}
    assert office.gave_up == {}
    assert [lines(ringback, agent)[-1] for agent in AGENTS] == ["Nobody is waiting. Goodbye."] * 2
    assert all(call.state == "ended" for call in ringback.calls)
    assert all(delivery.state == "delivered" for call in ringback.calls for delivery in call.deliveries)


def test_the_line_moves_up_when_somebody_gives_up(office: Any, ringback: Sandbox) -> None:
    ringback.far_end(CALLERS[0]).hangs_up(after=8)
    call_in(ringback, *CALLERS[:2])
    ringback.advance(40)

    assert office.gave_up == {CALLERS[0]: "hangup"}
    assert lines(ringback, CALLERS[1])[1:3] == ["You are number 2 in the line.", "You are number 1 in the line."]


def test_who_waits_for_too_long_is_asked_to_call_again(office: Any, ringback: Sandbox) -> None:
    call_in(ringback, CALLERS[0])
    ringback.run()

    assert office.gave_up == {CALLERS[0]: "leave"}
    assert lines(ringback, CALLERS[0])[-2:] == [
        "It takes longer than we like.", "Please call again tomorrow. Goodbye."
    ]  # fmt: skip


def test_a_caller_need_not_wait_for_an_agent_who_is_free(office: Any, ringback: Sandbox) -> None:
    ringback.far_end(CALLERS[0]).hangs_up(after=30)
    call_in(ringback, AGENTS[0], CALLERS[0], every=5)
    ringback.run()

    assert office.served == {AGENTS[0]: 1}
    assert lines(ringback, CALLERS[0]) == ["Welcome. The next free agent is yours."]


def test_a_request_that_is_not_signed_is_refused(ringback: Sandbox, serve_app: Serve) -> None:
    url = serve_app(load("agent_queue").application("wh_secret_of_somebody_else", AGENTS))
    ringback.settings.put("jambonz", call_hook=f"{url}/call")
    ringback.dial_in("jambonz", CALLERS[0])
    ringback.run()

    (delivery,) = [each for each in ringback.calls.one().deliveries if each.callback == "answer"]
    assert delivery.state == "failed"
