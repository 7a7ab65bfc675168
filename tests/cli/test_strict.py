"""`ringback serve --strict` and `ringback run --strict`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.fakes.serving import Serving, ringback

CLIENT = """
import json, os, urllib.request
at = {name: os.environ["RINGBACK_VOBIZ_" + name] for name in ("URL", "AUTH_ID", "AUTH_TOKEN", "NUMBER")}
body = {"from": at["NUMBER"], "to": "+919876543210", "answer_url": "http://127.0.0.1:9/", WORD: "http://127.0.0.1:9/"}
headers = {"X-Auth-ID": at["AUTH_ID"], "X-Auth-Token": at["AUTH_TOKEN"], "Content-Type": "application/json"}
url = f"{at['URL']}/api/v1/Account/{at['AUTH_ID']}/Call/"
with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode(), headers)):
    print("placed", os.environ.get("RINGBACK_STRICT"))
"""
BAD = CLIENT.replace("WORD", '"ringUrl"')
GOOD = CLIENT.replace("WORD", '"ring_url"')


def python(code: str, *words: str, **more: object) -> tuple[int, str, str]:
    done = ringback("run", *words, "--clock", "virtual", "--", sys.executable, "-c", code, **more)
    return done.returncode, done.stdout, done.stderr


def test_run_strict_fails_a_command_that_succeeded_and_tells_every_violation() -> None:
    code, out, errors = python(BAD, "--strict")
    assert (code, out) == (1, "placed 1\n")
    assert errors.splitlines()[0] == "ringback run: a violation of the providers' contracts:"
    assert "body.ringUrl: ringUrl is written ring_url" in errors
    assert "rule:  case, contracts/vobiz/openapi.yaml:" in errors


def test_run_strict_succeeds_where_nothing_is_wrong() -> None:
    assert python(GOOD, "--strict") == (0, "placed 1\n", "")


def test_run_strict_keeps_the_code_of_a_command_that_failed() -> None:
    assert python(BAD + "raise SystemExit(7)", "--strict")[0] == 7


def test_run_without_strict_tolerates_what_the_provider_tolerates() -> None:
    assert python(BAD) == (0, "placed None\n", "")


def test_run_strict_sees_the_sandboxes_that_the_command_made_and_ended() -> None:
    code = (
        "import emulator, os, requests\n"
        "with emulator.connect(os.environ['RINGBACK_URL'], strict=True) as ringback:\n"
        "    at = ringback.tryvox\n"
        "    url = f'{at.base_url}/v1/voice/accounts/{at.auth_id}/calls?per_page=500'\n"
        "    assert requests.get(url, headers={'Authorization': 'Bearer ' + at.api_key}).status_code == 200\n"
    )
    failed, _, errors = python(code, "--strict")
    assert failed == 1
    assert "query.per_page: 500 is not a whole number from 1 to 100" in errors


def test_the_help_of_run_says_what_strict_does_to_the_exit_code() -> None:
    told = " ".join(ringback("run", "--help").stdout.split())
    assert "with --strict it is 1 where COMMAND's is 0 and there were violations" in told
    assert "RINGBACK_STRICT" in told


@pytest.mark.parametrize("words", [["serve", "--port", "0"], ["run", "--", "true"]])
def test_without_the_extra_it_says_what_to_install_and_exits_with_2(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "jsonschema_rs.py").write_text("raise ImportError('no jsonschema_rs here')\n")
    done = ringback(*words[:1], "--strict", *words[1:], env={**os.environ, "PYTHONPATH": str(tmp_path)})
    assert done.returncode == 2
    assert "strict: no jsonschema_rs here; it comes with pip install 'ringback[contracts]'" in done.stderr


@pytest.mark.parametrize("by", ["option", "variable"])
def test_serve_strict_prints_a_line_for_each_violation(by: str) -> None:
    words = ["--port", "0", "--clock", "virtual", *(["--strict"] if by == "option" else [])]
    with Serving(*words, env={"RINGBACK_STRICT": "1"} if by == "variable" else {}) as serving:
        api = serving.api
        at = api.get("/sandboxes/default")["vendors"]["servetel"]
        body = {"agent_number": "101", "destination_number": "123"}
        api.send("POST", "/servetel/v1/click_to_call", {"Authorization": at["token"]}, body)
        told = serving.lines_until("violation")[-1]
        assert "POST /servetel/v1/click_to_call -> violation: body.destination_number: " in told
        assert 'sent "123"; right: 10 to 15 digits; +91 and 0 may precede them (pattern, servetel contract' in told
        [found] = api.get("/sandboxes/default/violations")["violations"]
        assert found["rule"] == "pattern" and found["operation"] == "clickToCall"


def test_after_a_reset_each_line_is_printed_once() -> None:
    with Serving("--port", "0", "--clock", "virtual") as serving:
        serving.api.post("/sandboxes/default/reset", {})
        at = serving.api.get("/sandboxes/default")["vendors"]["servetel"]
        for path in ("live_calls", "users"):
            serving.api.send("GET", f"/servetel/v1/{path}", {"Authorization": at["token"]})
        assert sum("/v1/live_calls" in line for line in serving.lines_until("/v1/users")) == 1
