"""`strict=True` and `--ringback-strict`: a test fails for what its client sends against the contract."""

from __future__ import annotations

import pytest

CLIENT = """
import json, urllib.error, urllib.request

def place(at, body):
    headers = {"X-Auth-ID": at.auth_id, "X-Auth-Token": at.auth_token, "Content-Type": "application/json"}
    url = f"{at.base_url}/api/v1/Account/{at.auth_id}/Call/"
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as response:
        return json.load(response)

def good(at):
    return {"from": at.numbers[0], "to": "+919876543210", "answer_url": "http://127.0.0.1:9/answer"}
"""
BROKEN = """
from client import *
import pytest

@pytest.mark.ringback(strict=True, allow_failed=True, seed=5)
def test_tolerated(ringback):
    place(ringback.vobiz, {**good(ringback.vobiz), "hangupUrl": "http://127.0.0.1:9/hangup"})
    place(ringback.vobiz, {**good(ringback.vobiz), "hangupUrl": "http://127.0.0.1:9/hangup"})
    ringback.run()
"""


@pytest.mark.parametrize("ci", ["", "true"])
def test_a_strict_test_fails_for_what_the_provider_tolerates_and_does_not_document(
    outer: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)
    outer.makepyfile(client=CLIENT, test_it=BROKEN)
    result = outer.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "ringback: a request breaks the provider's contract:",
        "  vobiz POST /api/v1/Account/MA_*/Call/ (makeCall)",
        "      body.hangupUrl: hangupUrl is written hangup_url",
        '      sent:  "http://127.0.0.1:9/hangup"',
        "      right: hangup_url",
        "      rule:  case, contracts/vobiz/openapi.yaml:* (documented)",
        "      and 1 more like it",
        "To see it again: pytest test_it.py::test_tolerated --ringback-strict",
    ])  # fmt: skip
    assert str(result.stdout).count("body.hangupUrl: hangupUrl is written") == 1


@pytest.mark.parametrize("how", ["option", "variable"])
def test_every_test_can_be_strict(outer: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    outer.makepyfile(client=CLIENT, test_it=BROKEN.replace("strict=True, ", ""))
    outer.runpytest_subprocess().assert_outcomes(passed=1)
    monkeypatch.setenv("RINGBACK_STRICT", "1" if how == "variable" else "0")
    result = outer.runpytest_subprocess(*["--ringback-strict"][: how == "option"])
    result.assert_outcomes(failed=1)


def test_a_correct_client_passes_a_strict_test(outer: pytest.Pytester) -> None:
    text = BROKEN.replace("hangupUrl", "hangup_url")
    outer.makepyfile(client=CLIENT, test_it=text)
    outer.runpytest_subprocess("--ringback-strict").assert_outcomes(passed=1)


def test_a_strict_test_that_fails_of_itself_tells_what_breaks_the_contract(outer: pytest.Pytester) -> None:
    text = """
from client import *
import pytest

@pytest.mark.ringback(strict=True)
def test_refused(ringback):
    place(ringback.vobiz, {**good(ringback.vobiz), "answer_url": "ftp://127.0.0.1/answer"})
"""
    outer.makepyfile(client=CLIENT, test_it=text)
    result = outer.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([
        "*HTTP Error 400*",
        "what breaks the provider's contract:",
        "    body.answer_url: \"ftp://127.0.0.1/answer\" is not an http or https address",
    ])  # fmt: skip


def test_what_is_not_emulated_yet_is_no_violation(outer: pytest.Pytester) -> None:
    text = """
from client import *
import pytest

@pytest.mark.ringback(strict=True)
def test_balance(ringback):
    at = ringback.vobiz
    headers = {"X-Auth-ID": at.auth_id, "X-Auth-Token": at.auth_token}
    url = f"{at.base_url}/api/v1/Account/{at.auth_id}/balance/INR"
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(urllib.request.Request(url, headers=headers))
    assert ringback.violations == []
"""
    outer.makepyfile(client=CLIENT, test_it=text)
    result = outer.runpytest_subprocess()
    result.stdout.fnmatch_lines(["*does not emulate yet:"])
