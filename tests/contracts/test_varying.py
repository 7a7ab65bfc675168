"""Answers that vary: legal by the contract whatever is done to them, equal for equal seeds, told in words."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contracts import answers
from contracts.checks import check_answer
from contracts.document import Answer, Contract, Operation, contract_names, load
from contracts.receiving.generation import instances
from contracts.varying.changing import Changing
from contracts.varying.places import EXTRA, errors_of, fields_of, pages_of, places_of
from contracts.varying.plans import plans, possible
from contracts.varying.variation import BEYOND, CHANGES, Variation, read_plan, render_plan
from contracts.varying.varier import Varier, checked_plan
from emulator.errors import UsageError
from emulator.runtime.answering import Answered, Asked

JSON = "application/json"
CONTRACTS = [load(name) for name in contract_names()]
IDS = list(contract_names())


def bodies() -> Iterator[Any]:
    for contract in CONTRACTS:
        for operation in contract.operations.values():
            for answer in operation.answers.values():
                if JSON in answer.content:
                    name = f"{contract.name} {operation.id} {answer.status}"
                    yield pytest.param(contract, operation, answer, id=name)


def some(strategy: st.SearchStrategy[Any], count: int) -> list[Any]:
    """The first that Hypothesis draws, always the same."""
    drawn: list[Any] = []

    @settings(
        max_examples=count, database=None, deadline=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def draw(each: Any) -> None:
        drawn.append(each)

    draw()
    return drawn


def path_of(operation: Operation) -> str:
    path = operation.path
    for parameter in operation.parameters:
        path = path.replace("{" + parameter.name + "}", "1")
    return path


def asked(operation: Operation, query: str = "") -> Asked:
    return Asked(operation.method, path_of(operation), query, (), b"")


def answered(status: int, body: Any) -> Answered:
    return Answered(status, (("content-type", "application/json; charset=utf-8"),), json.dumps(body).encode())


# --- every operation -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("contract", "operation", "answer"), [*bodies()])
def test_a_body_stays_legal_whatever_the_contract_lets_vary(
    contract: Contract, operation: Operation, answer: Answer
) -> None:
    schema, places = answer.content[JSON], fields_of(contract, answer)
    for body in some(instances(schema), 12):
        for place in places:
            changing = Changing(contract, answer, schema, body)
            changed = changing.vary(place.at(operation.id))
            if changed is None:
                assert changing.body == body
            else:
                assert changing.body != body and changed.count >= 1
                if place.change not in BEYOND:
                    assert schema.problems(changing.body) == []
        together = Changing(contract, answer, schema, body)
        for place in places:
            if place.change not in BEYOND:
                together.vary(place.at(operation.id))
        assert schema.problems(together.body) == []


@pytest.mark.parametrize("contract", CONTRACTS, ids=IDS)
def test_what_no_contract_announces_is_one_key_or_one_word(contract: Contract) -> None:
    for operation in contract.operations.values():
        for answer in operation.answers.values():
            for place in fields_of(contract, answer):
                if place.change == "extra-key":
                    assert place.where.endswith(f".{EXTRA}")
                elif place.change == "new-member":
                    assert place.value not in contract.at(place.pointer)["enum"]
                    assert "x-closed" not in contract.at(place.pointer)


@pytest.mark.parametrize("contract", CONTRACTS, ids=IDS)
def test_every_documented_error_can_be_answered_and_is_as_documented(contract: Contract) -> None:
    for operation in contract.operations.values():
        for place in errors_of(contract, operation):
            varier = Varier(contract, 1, [place.at(operation.id)])
            told = varier.before(asked(operation))
            assert isinstance(told, Answered)
            if told.status in operation.answers:
                method, path = operation.method, path_of(operation)
                found = check_answer(contract, method, path, told.status, told.headers, told.body)[1]
                assert found == [], place
            else:
                [schema] = contract.anywhere[told.status].content.values()
                held = told.body.decode() if told.headers[0][1] != JSON else json.loads(told.body)
                assert schema.problems(held) == [], place
            if told.status == 429:
                assert dict(told.headers)["retry-after"] == "1"


@pytest.mark.parametrize("contract", CONTRACTS, ids=IDS)
def test_every_error_but_that_of_a_wrong_method_is_among_them(contract: Contract) -> None:
    for operation in contract.operations.values():
        documented = {answer.status for answer in operation.answers.values() if not answer.is_wrong_method}
        wanted = {status for status in documented if status >= 400} | {429, 500, 503}
        assert {int(str(place.value).partition("/")[0]) for place in errors_of(contract, operation)} == wanted


def test_each_kind_of_change_is_possible_somewhere_and_most_of_them_everywhere() -> None:
    kinds = {
        contract.name: Counter(place.change for name in contract.operations for place in places_of(contract, name))
        for contract in CONTRACTS
    }
    assert set().union(*kinds.values()) == set(CHANGES)
    for counted in kinds.values():
        assert set(CHANGES) - set(counted) == set()


# --- the seed --------------------------------------------------------------------------------------------------

LISTED = {
    "calls": [{
        "call_uuid": "e5b33f2e-3a79-471b-a477-4315f96c1f85", "from": "+12026396314", "to": "+919876543210",
        "direction": "outbound", "status": "completed", "duration": 5, "start_time": "2026-01-01T00:00:12Z",
        "answer_time": "2026-01-01T00:00:13Z", "end_time": "2026-01-01T00:00:18Z", "end_reason": "callee-hangup",
    }],
    "pagination": {"page": 1, "per_page": 20, "total_pages": 1, "total_count": 1},
}  # fmt: skip


def told(seed: int, count: int = 60) -> list[tuple[Any, Any]]:
    """What becomes of equal requests, one after the other."""
    contract = load("tryvox")
    operation = contract.operations["listCalls"]
    varier = Varier(contract, seed, None)
    out: list[tuple[Any, Any]] = []
    for _ in range(count):
        request = asked(operation, "page=1")
        instead = varier.before(request)
        own = instead if isinstance(instead, Answered) else answered(200, LISTED)
        out.append((instead, varier.after(request, own)))
    return out


def test_equal_seeds_and_requests_get_equal_answers() -> None:
    assert told(7) == told(7)
    assert told(7) != told(8)


def test_a_seed_varies_most_kinds_of_things_and_never_fails_twice_in_a_row() -> None:
    changes: Counter[str] = Counter()
    for seed in range(30):
        failed = [isinstance(instead, Answered) for instead, _ in told(seed)]
        assert not any(one and two for one, two in pairwise(failed))
        assert sum(failed) < len(failed) / 4
        for _, (_, entries) in told(seed):
            changes.update(change["change"] for entry in entries for change in entry["changes"])
    assert set(changes) == {"error", "many-pages", "empty", "clock-skew", "extra-key", "new-member", "null"}


def test_requests_of_one_operation_do_not_change_the_answers_of_another() -> None:
    contract = load("tryvox")
    other, quiet, busy = contract.operations["getCall"], Varier(contract, 7, None), Varier(contract, 7, None)
    for _ in range(20):
        for _ in range(3):
            request = asked(contract.operations["listNumbers"])
            busy.before(request)
        seen = [varier.before(asked(other)) for varier in (quiet, busy)]
        assert seen[0] == seen[1]


# --- a plan ----------------------------------------------------------------------------------------------------


def varied(variation: Variation, body: Any, *, status: int = 200, query: str = "", times: int = 1) -> list[Any]:
    """The body of each answer, and what the journal is told."""
    contract = next(each for each in CONTRACTS if variation.operation in each.operations and each.name == "tryvox")
    operation, varier = contract.operations[variation.operation], Varier(contract, 1, [variation])
    out = []
    for _ in range(times):
        request = asked(operation, query)
        varier.before(request)
        sent, entries = varier.after(request, answered(status, body))
        out.append((json.loads(sent.body), entries))
    return out


def test_a_variation_says_what_was_and_what_is_where_and_why() -> None:
    [(body, [entry])] = varied(Variation("listCalls", "null", "$.calls[*].end_time"), LISTED)
    assert body["calls"][0]["end_time"] is None
    assert {key: entry[key] for key in ("operation", "nth", "status")} == {
        "operation": "listCalls", "nth": 1, "status": 200,
    }  # fmt: skip
    [change] = entry["changes"]
    contract = load("tryvox")
    assert "end_time: {oneOf" in contract._text.splitlines()[change.pop("line") - 1]
    assert change == {
        "change": "null", "where": "$.calls[*].end_time", "value": None, "place": "$.calls[0].end_time",
        "from": '"2026-01-01T00:00:18Z"', "to": "null", "count": 1,
        "text": '$.calls[0].end_time is null; it was "2026-01-01T00:00:18Z"', "why": "null is allowed there",
    }  # fmt: skip


def test_only_the_answer_that_is_meant_varies() -> None:
    told = varied(Variation("listCalls", "empty", "$.calls", nth=2), LISTED, times=3)
    assert [len(body["calls"]) for body, _ in told] == [1, 0, 1]


def test_a_clock_is_wrong_in_every_instant_by_the_same() -> None:
    [(body, [entry])] = varied(Variation("listCalls", "clock-skew", "$", 300), LISTED)
    call = body["calls"][0]
    assert (call["start_time"], call["end_time"]) == ("2026-01-01T00:05:12Z", "2026-01-01T00:05:18Z")
    assert "a clock 300 s ahead" in entry["changes"][0]["text"]


def test_what_is_not_there_to_be_varied_is_left_and_not_told() -> None:
    absent = Variation("listCalls", "null", "$.calls[*].end_time")
    assert varied(absent, {**LISTED, "calls": []}) == [({**LISTED, "calls": []}, [])]
    assert varied(absent, {"calls": 7}) == [({"calls": 7}, [])]


def test_a_page_gets_shorter_by_asking_for_less() -> None:
    contract = load("tryvox")
    operation = contract.operations["listCalls"]
    [place] = pages_of(contract, operation)
    varier = Varier(contract, 1, [place.at("listCalls")])
    for query, becomes in [("page=2", "page=2&per_page=1"), ("per_page=20&to=%2B1", "to=%2B1&per_page=1")]:
        shorter = varier.before(asked(operation, query))
        assert isinstance(shorter, Asked) and shorter.query == becomes
    assert varier.before(asked(operation, "per_page=1")) is None
    assert varier.before(asked(operation, "per_page=x")) is None


def test_an_error_says_its_body_and_how_it_is_known() -> None:
    told = {}
    contract = load("tryvox")
    for status in (429, 503):
        varier = Varier(contract, 1, [Variation("listCalls", "error", "", status)])
        request = asked(contract.operations["listCalls"])
        instead = varier.before(request)
        assert isinstance(instead, Answered)
        same, [entry] = varier.after(request, instead)
        assert same == instead
        told[status] = (entry["changes"][0]["text"], entry["changes"][0]["why"])
    assert told[429] == (
        '429, and nothing was done; the body was "{\\"error\\": {\\"code\\": \\"RATE_LIMITED\\", \\"message\\": '
        '\\"Too many requests\\"}}"', "it is documented there",
    )  # fmt: skip
    assert told[503][1] == "nobody documents it, and any provider answers so one day"


def test_equal_requests_at_once_are_told_apart_in_whatever_order_they_are_answered() -> None:
    contract = load("tryvox")
    first, second = asked(contract.operations["listCalls"]), asked(contract.operations["listCalls"])
    assert first == second
    varier = Varier(contract, 1, [Variation("listCalls", "empty", "$.calls", nth=2)])
    varier.before(first)
    varier.before(second)
    counts = [
        len(json.loads(varier.after(request, answered(200, LISTED))[0].body)["calls"])
        for request in (second, first, second)
    ]
    assert counts == [0, 1, 1]


def test_an_error_is_told_of_the_request_it_answered_and_not_of_an_equal_one() -> None:
    contract = load("tryvox")
    slow, failing = asked(contract.operations["listCalls"]), asked(contract.operations["listCalls"])
    varier = Varier(contract, 1, [Variation("listCalls", "error", "", 503, 2)])
    assert varier.before(slow) is None
    instead = varier.before(failing)
    assert isinstance(instead, Answered)
    [told] = varier.after(failing, instead)[1]
    assert (told["status"], told["nth"], told["changes"][0]["change"]) == (503, 2, "error")
    assert varier.after(slow, answered(200, LISTED)) == (answered(200, LISTED), [])


def test_what_the_contract_does_not_know_is_left_alone() -> None:
    varier = Varier(load("tryvox"), 1, [Variation("listCalls", "empty", "$.calls")])
    nowhere = Asked("GET", "/nowhere", "", (), b"")
    assert varier.before(nowhere) is None
    assert varier.after(nowhere, answered(200, LISTED)) == (answered(200, LISTED), [])
    request = asked(load("tryvox").operations["listCalls"])
    for sent in (
        answered(418, {"calls": [1]}), Answered(200, (("content-type", "text/plain"),), b"{}"),
        Answered(200, (("content-type", "application/json"),), b"{"),
    ):  # fmt: skip
        varier.before(request)
        assert varier.after(request, sent) == (sent, [])


def test_a_page_that_was_refused_is_not_told_as_short() -> None:
    contract = load("tryvox")
    request = asked(contract.operations["listCalls"])
    varier = Varier(contract, 1, [Variation("listCalls", "many-pages", "query.per_page", 1)])
    assert isinstance(varier.before(request), Asked)
    assert varier.after(request, answered(403, {})) == (answered(403, {}), [])


def test_a_plan_goes_through_json_and_leaves_out_what_goes_without_saying() -> None:
    variation = Variation("listCalls", "null", "$.calls[*].end_time")
    assert render_plan([variation]) == {
        "variations": [{"operation": "listCalls", "change": "null", "where": "$.calls[*].end_time"}]
    }
    for contract in CONTRACTS:
        every = tuple(possible(contract, dict.fromkeys(contract.operations, 3)))
        assert read_plan(json.loads(json.dumps(render_plan(every)))) == every


# --- drawn -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", IDS)
def test_every_plan_that_is_drawn_is_one_that_a_sandbox_takes(vendor: str) -> None:
    drawn = some(answers(vendor), 50)
    assert all(checked_plan(vendor, plan) is not None for plan in drawn)
    assert any(not plan["variations"] for plan in drawn)
    assert len({each["change"] for plan in drawn for each in plan["variations"]}) >= 6


def test_plans_may_be_of_some_operations_and_changes_alone() -> None:
    drawn = some(answers("tryvox", operations=["getCall"], changes=["null", "error"]), 50)
    assert {each["operation"] for plan in drawn for each in plan["variations"]} == {"getCall"}
    assert {each["change"] for plan in drawn for each in plan["variations"]} == {"null", "error"}
    assert some(plans([]), 3) == [[]]


def test_names_that_there_are_not_are_said() -> None:
    with pytest.raises(UsageError, match="tryvox has no operation 'x'"):
        answers("tryvox", operations=["x"])
    with pytest.raises(UsageError, match=r"expected some of absent, .*, got 'gone'"):
        answers("tryvox", changes=["gone"])
    with pytest.raises(UsageError, match="there is no contract with 'acme'"):
        answers("acme")
