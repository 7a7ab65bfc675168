"""Answers that vary: set, shown, changed, and refused where no contract allows them."""

from __future__ import annotations

import pytest

from tests.control.conftest import Control

NULL = {"operation": "getCall", "change": "null", "where": "$.end_reason"}


async def test_a_sandbox_answers_plainly_until_it_is_told(control: Control) -> None:
    path = await control.sandbox()
    assert await control.get(f"{path}/answers") == {"answers": "plain"}
    assert await control.put(f"{path}/answers", {"answers": "varied"}) == {"answers": "varied"}
    assert await control.get(f"{path}/answers") == {"answers": "varied"}
    plan = {"variations": [NULL]}
    assert await control.put(f"{path}/answers", {"answers": plan}) == {"answers": plan}
    assert await control.put(f"{path}/answers", {"answers": "plain"}) == {"answers": "plain"}


async def test_a_sandbox_may_begin_with_answers_that_vary_and_a_reset_goes_back_to_them(control: Control) -> None:
    path = await control.sandbox(answers="varied")
    await control.put(f"{path}/answers", {"answers": "plain"})
    await control.post(f"{path}/reset", {})
    assert await control.get(f"{path}/answers") == {"answers": "varied"}


@pytest.mark.parametrize(
    ("answers", "text"),
    [
        ("often", "answers"),
        ({"variation": []}, "answers: expected"),
        ({"variations": [{"operation": "getCall"}]}, "answers.variations[0].change: expected a text"),
        ({"variations": [NULL, {**NULL, "why": 1}]}, "answers.variations[1]: expected some of operation"),
        ({"variations": [{**NULL, "change": "gone"}]}, "answers.variations[0].change: expected one of absent"),
        ({"variations": [{**NULL, "nth": -1}]}, "answers.variations[0].nth: expected 0 for every answer"),
        ({"variations": [{**NULL, "nth": True}]}, "answers.variations[0].nth: expected an integer"),
        ({"variations": [{**NULL, "value": 1.5}]}, "answers.variations[0].value: expected a text or an integer"),
        ({"variations": ["getCall"]}, "answers.variations[0]: expected an object"),
        ({"variations": [{**NULL, "operation": "x"}]}, "no contract has an operation 'x'"),
        ({"variations": [{**NULL, "where": "$.x"}]}, "getCall does not vary so by any contract: null at '$.x'"),
        ({"variations": [{"operation": "getCall", "change": "error", "value": 418}]}, "by any contract: error 418"),
    ],
)
async def test_what_no_contract_allows_is_refused_and_changes_nothing(
    control: Control, answers: object, text: str
) -> None:
    path = await control.sandbox()
    error = await control.refused("invalid_field", "PUT", f"{path}/answers", {"answers": answers})
    assert text in error["message"]
    assert await control.get(f"{path}/answers") == {"answers": "plain"}
