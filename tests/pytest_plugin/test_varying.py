"""Answers that vary under pytest: by marker, during a test, by decorator, and in a failed test's report."""

import json
import re

import pytest

CALLS = """
import json
from urllib.request import Request, urlopen

import pytest

import contracts


def calls(ringback):
    account = ringback.tryvox
    url = f"{account.base_url}/v1/voice/accounts/{account.auth_id}/calls"
    body = {"from": account.numbers[0], "to": "+919876543210", "answer_url": "http://127.0.0.1:9/"}
    headers = {"Authorization": f"Bearer {account.api_key}", "Content-Type": "application/json"}
    with urlopen(Request(url, json.dumps(body).encode(), headers)):
        pass
    with urlopen(Request(url, headers=headers)) as answer:
        return json.load(answer)["calls"]
"""
PLAN = {"variations": [{"operation": "listCalls", "change": "new-member", "where": "$.calls[*].status",
                        "value": "parked"}]}  # fmt: skip


def test_a_failed_test_tells_what_varied_and_how_to_have_it_again(outer):
    outer.makepyfile(
        test_it=f"""{CALLS}
@pytest.mark.ringback(answers={PLAN})
def test_it(ringback):
    assert calls(ringback)[0]["status"] == "ringing"
"""
    )
    result = outer.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    told = str(result.stdout)
    assert 'tryvox listCalls, answer 1: $.calls[0].status is "parked"; it was "ringing"' in told
    again = re.search(r"the same again: ringback.answers = (.*)", told)[1]
    assert json.loads(again) == {"variations": [{**PLAN["variations"][0], "nth": 1}]}


def test_answers_vary_and_stop_while_a_test_runs(outer):
    outer.makepyfile(
        test_it=f"""{CALLS}
def test_it(ringback):
    assert ringback.answers == "plain"
    ringback.answers = {PLAN}
    assert ringback.answers == {PLAN}
    assert calls(ringback)[0]["status"] == "parked"
    ringback.answers = "plain"
    assert calls(ringback)[0]["status"] == "ringing"
    [varied] = [entry for entry in ringback.journal() if entry["kind"] == "varied"]
    assert (varied["vendor"], varied["method"], varied["nth"]) == ("tryvox", "GET", 1)


async def test_that(async_ringback):
    await async_ringback.put_answers("varied")
    assert await async_ringback.answers() == "varied"
"""
    )
    outer.runpytest_subprocess().assert_outcomes(passed=2)


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_decorated_test_gets_its_other_fixtures_and_fails_with_the_smallest_variation(outer, monkeypatch, ci):
    monkeypatch.setenv("CI", ci)
    outer.makepyfile(
        test_it=f"""{CALLS}
@pytest.fixture
def words():
    return ["ringing"]


@contracts.varied("tryvox", changes=["null", "new-member"])
def test_that(ringback, words):
    calls(ringback)


@contracts.varied("tryvox", changes=["null", "new-member"])
def test_it(words, ringback):
    assert all(call["status"] in words for call in calls(ringback))


class TestIt:
    @contracts.varied("tryvox", changes=["empty"])
    def test_it(self, ringback, words):
        assert calls(ringback)
"""
    )
    result = outer.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=2)
    told = str(result.stdout)
    assert 'listCalls, answer 1: $.calls[0].status is "something-new"; it was "ringing"' in told
    assert "listCalls, answer 1: $.calls is empty; it was [{" in told
    assert told.count("The same again:") == 2
    assert "--full-trace" not in told


def test_a_session_that_is_strict_makes_decorated_tests_strict(outer):
    outer.makepyfile(
        test_it=f"""{CALLS}
def calls_with_a_slip(ringback):
    account = ringback.tryvox
    url = f"{{account.base_url}}/v1/voice/accounts/{{account.auth_id}}/calls?perPage=5"
    with urlopen(Request(url, headers={{"Authorization": f"Bearer {{account.api_key}}"}})):
        pass


def place(number, account, url):
    body = {{"from": account.numbers[0], "to": number, "answer_url": url, "answerMethod": "POST"}}
    headers = {{"Authorization": f"Bearer {{account.api_key}}", "Content-Type": "application/json"}}
    where = f"{{account.base_url}}/v1/voice/accounts/{{account.auth_id}}/calls"
    with urlopen(Request(where, json.dumps(body).encode(), headers)):
        pass


def app():
    def hears(environ, start_response):
        start_response("200 OK", [("Content-Type", "application/xml")])
        return [b"<Response/>"]

    return hears


@contracts.varied("tryvox", changes=["empty"])
def test_varied(ringback):
    calls_with_a_slip(ringback)


@contracts.told("tryvox", app=app, place=place, examples=3, allow_failed=True)
def test_told(app):
    pass
"""
    )
    outer.runpytest_subprocess().assert_outcomes(passed=2)
    result = outer.runpytest_subprocess("--ringback-strict")
    result.assert_outcomes(failed=2)
    assert "query.perPage: perPage is written per_page" in str(result.stdout)
    assert "@contracts.varied('tryvox', plan={\"variations\": []}, strict=True)" in str(result.stdout)
    assert "body.answerMethod: answerMethod is written answer_method" in str(result.stdout)


def test_the_seed_of_a_session_is_that_of_decorated_tests(outer):
    outer.makepyfile(
        test_it=f"""{CALLS}
@contracts.varied("tryvox", changes=["empty"], examples=3, seed=5)
def test_seed(ringback):
    calls(ringback)
    assert ringback.seed == 5


@contracts.varied("tryvox", changes=["empty"])
def test_breaks(ringback):
    assert calls(ringback)
"""
    )
    result = outer.runpytest_subprocess()
    result.assert_outcomes(passed=1, failed=1)
    assert '"where": "$.calls"}]})' in str(result.stdout)
    result = outer.runpytest_subprocess("--ringback-seed", "9")
    result.assert_outcomes(failed=2)
    assert "assert 9 == 5" in str(result.stdout)
    assert '"where": "$.calls"}]}, seed=9)' in str(result.stdout)
