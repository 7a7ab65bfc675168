"""`ringback scenario`: check, play, from-call, presets, schema."""

from __future__ import annotations

import contextlib
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as xml

import pytest
import yaml
from jsonschema import Draft202012Validator

from emulator.cli import main
from emulator.scenario_files.reading import read_yaml
from tests.fakes.serving import LIMIT, ROOT, ringback

SCENARIOS = sorted((ROOT / "fixtures" / "scenarios").glob("*.yaml"))
CALLEE = "+919876543210"
REMINDER = """\
ringback: 1
name: A reminder
seed: 4
vendor: vobiz
numbers:
  "+919876543210":
    rings_for: 3s
    reactions: [{press: 1, on: press 1}]
play:
  urls: {answer: /answer, hangup: /hangup}
  requests:
    - call: {to: "+919876543210"}
"""
EXPECTED = """\
  expect:
    calls:
      - {to: "+919876543210", cause: NORMAL_CLEARING, callbacks: [answer, gather, hangup], digits: "1"}
"""


@pytest.fixture(scope="module")
def application() -> Iterator[str]:
    """The demo's, in a process of its own."""
    words = [sys.executable, "-m", "emulator.cli.demo_app"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.terminate()


@pytest.fixture
def write(tmp_path: Path):
    def written(text: str, name: str = "x.yaml") -> str:
        (tmp_path / name).write_text(text, encoding="utf-8")
        return str(tmp_path / name)

    return written


def cli(*words: str) -> subprocess.CompletedProcess[str]:
    """A command of the front door, run in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())


# --- check -----------------------------------------------------------------------------------------------------


def test_every_scenario_of_ours_is_right():
    done = cli("scenario", "check", *map(str, SCENARIOS))
    assert done.returncode == 0, done.stdout
    assert len(SCENARIOS) >= 12
    assert sum("from-call" in path.read_text("utf-8") for path in SCENARIOS) >= 6


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_an_editor_has_nothing_against_a_scenario_of_ours(path):
    """Which reads YAML 1.2, as our own reader does, and goes by the schema alone."""
    schema = json.loads((ROOT / "fixtures" / "scenario.schema.json").read_text("utf-8"))
    assert list(Draft202012Validator(schema).iter_errors(read_yaml(path.read_bytes(), path.name).data)) == []


def test_a_wrong_scenario_is_told_with_line_column_and_what_was_meant(write):
    path = write("ringback: 1\ndefault:\n  outcom: busy\n")
    done = cli("scenario", "check", path)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f"{path}:3:3: default.outcom: no such key; perhaps 'outcome'",
        "  3 |   outcom: busy",
        "    |   ^^^^^^",
    ]
    assert done.stderr == "1 problem in 1 file\n"


def test_problems_are_json_for_whoever_wants_them(write):
    path = write("ringback: 1\ndefault: {outcom: busy, rings_for: soon}\n")
    done = cli("scenario", "check", path, "monday-morning", "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert [(one["file"], one["line"], one["column"], one["path"]) for one in told] == [
        (path, 2, 11, "default.outcom"),
        (path, 2, 36, "default.rings_for"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("vendor: acme", "2:9: vendor: expected one of jambonz, servetel, tryvox, vobiz, got 'acme'"),
        ("vendor: vobz", "perhaps 'vobiz'"),
        ("calls: [{vendor: vobz}]", "2:18: calls[0].vendor: expected one of"),
        ("settings: {vobiz: {sing: true}}", "2:20: settings.vobiz.sing: no such setting"),
        ("settings: {vobz: {}}", "settings.vobz: expected one of"),
        ("faults: [{fault: lost, callback: hangupp}]", "2:34: faults[0].callback: expected one of"),
        (
            "vendor: vobiz\nplay: {requests: [{api: {path: '/x/{auth}'}}]}",
            "3:32: play.requests[0].api.path: nothing is",
        ),
        ("play: {requests: [{vendor: vobz, call: {to: x}}]}", "play.requests[0].vendor: expected one of"),
        ("play: {expect: {calls: [{callbacks: [ring, hangupp]}]}}", "2:44: play.expect.calls[0].callbacks[1]"),
        ("play: {expect: {calls: [{vendor: vobz}]}}", "play.expect.calls[0].vendor"),
    ],
)
def test_check_knows_providers_settings_callbacks_and_places(write, text, said):
    done = cli("scenario", "check", write(f"ringback: 1\n{text}\n"))
    assert done.returncode == 1
    assert said in done.stdout


def test_a_file_that_is_not_there_is_a_usage_error(write):
    done = cli("scenario", "check", "mondey-morning")
    assert done.returncode == 2
    assert "perhaps 'monday-morning'" in done.stderr
    assert cli("scenario", "check").returncode == 2


# --- play ------------------------------------------------------------------------------------------------------


def test_every_scenario_of_ours_plays_as_expected(application, tmp_path):
    """One process for all: each scenario is a suite of its own in the report."""
    report = tmp_path / "report.xml"
    done = cli("scenario", "play", *map(str, SCENARIOS), "--app", application, "--junit", str(report))
    assert done.returncode == 0, done.stdout + done.stderr
    suites = xml.parse(report).getroot().findall("testsuite")
    assert [suite.get("file") for suite in suites] == list(map(str, SCENARIOS))
    assert {suite.get("failures") for suite in suites} == {"0"}


def test_playing_prints_a_table_of_outcomes_without_colours(application, write):
    done = ringback("scenario", "play", write(REMINDER), "--app", application)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\x1b" not in done.stdout
    assert done.stderr == ""
    rows = [line.split() for line in done.stdout.splitlines()]
    heads = "call with rang talked pressed ended webhooks"
    row = f"c1 → {CALLEE} 3.0 s 7.9 s 1 NORMAL_CLEARING by program answer gather hangup"
    assert heads.split() in rows
    assert row.split() in rows
    assert "1 call, 1 answered; 3 webhooks; 0:11 of telephony" in done.stdout
    assert "good; nothing was expected" in done.stdout


def test_what_happened_is_json_for_whoever_wants_it(application, write):
    done = cli("scenario", "play", write(REMINDER + EXPECTED), "--app", application, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    (told,) = json.loads(done.stdout)
    assert (told["name"], told["ok"], told["seed"], told["stopped"], told["differences"]) == (
        "A reminder", True, 4, "idle", [],
    )  # fmt: skip
    (call,) = told["calls"]
    assert (call["to"], call["rang"], call["digits"]) == (CALLEE, 3.0, "1")
    assert call["callbacks"] == ["answer", "gather", "hangup"]
    assert told["requests"] == [{"request": call_path(told), "status": 201}]


def call_path(told):
    return told["requests"][0]["request"]


def test_another_outcome_than_expected_is_told_and_exits_1(application, write, tmp_path):
    changed = (REMINDER + EXPECTED).replace("press: 1", "press: 2")
    report = tmp_path / "report.xml"
    done = cli("scenario", "play", write(changed), "--app", application, "--junit", str(report))
    assert done.returncode == 1
    told = [line.strip() for line in done.stdout.splitlines()]
    assert "- digits      expected  1" in told
    assert "+             got       2" in told
    assert "not as expected: 1 difference" in told
    (failure,) = xml.parse(report).getroot().iter("failure")
    assert "expected  1" in (failure.text or "")


def test_a_call_that_did_not_come_and_one_that_nobody_expected_are_differences(application, write):
    other = EXPECTED.replace(CALLEE, "+919811111111")
    done = cli("scenario", "play", write(REMINDER + other), "--app", application)
    assert done.returncode == 1
    assert "- there is no such call: outbound to +919811111111" in done.stdout or (
        "- there is no such call: to +919811111111" in done.stdout
    )
    assert f"+ nobody expected this call: c1, outbound to {CALLEE}: NORMAL_CLEARING by program" in done.stdout


def test_an_application_that_is_not_there_is_not_good(write):
    done = cli("scenario", "play", write(REMINDER), "--app", "http://127.0.0.1:9")
    assert done.returncode == 1
    assert "answer✗ hangup✗" in done.stdout
    assert "not good: c1: answer was not answered well, and 1 more" in done.stdout


def test_a_request_that_is_refused_is_told(application, write):
    requests = "[{api: {path: /api/v1/nowhere}}, {app: {path: /answer, form: {}}}]"
    text = f"ringback: 1\nvendor: vobiz\nplay: {{requests: {requests}}}\n"
    done = cli("scenario", "play", write(text), "--app", application)
    assert done.returncode == 1
    assert "POST /vobiz/api/v1/nowhere answered 404" in done.stdout
    assert "no calls" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "--app: the scenario has to know where your application is: say --app URL"),
        (["--app", "localhost"], "--app: expected an address such as http://127.0.0.1:8000, got 'localhost'"),
        (["--app", "http://127.0.0.1:9", "--vendor", "acme"], "vendor: expected one of"),
        (["--app", "http://127.0.0.1:9", "--junit", "/nowhere/x"], "--junit: cannot write /nowhere/x"),
    ],
)
def test_what_cannot_be_played_is_a_usage_error(write, words, said):
    done = cli("scenario", "play", write(REMINDER), *words)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_scenario_says_which_provider_or_the_command_line_does(application, write):
    text = REMINDER.replace("vendor: vobiz\n", "")
    done = cli("scenario", "play", write(text), "--app", application)
    assert done.returncode == 2
    assert "play.requests[0].vendor: expected one of jambonz, servetel, tryvox, vobiz" in done.stderr
    done = cli("scenario", "play", write(text), "--app", application, "--vendor", "vobiz")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_running_server_will_do_and_keeps_no_sandbox(application, write, server):
    before = server.api.get("/sandboxes")
    path = write(REMINDER)
    done = cli("scenario", "play", path, path, "--app", application, "--url", server.url, "--seed", "9")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 scenarios: 2 good, 0 not" in done.stdout
    assert "seed 9" in done.stdout
    assert len(server.api.get("/sandboxes")["sandboxes"]) == len(before["sandboxes"])


def test_the_journal_is_written_where_it_is_wanted(application, write, tmp_path):
    path, journal = write(REMINDER), tmp_path / "journal.jsonl"
    done = cli("scenario", "play", path, "--app", application, "--journal", str(journal))
    assert done.returncode == 0
    assert json.loads(journal.read_text("utf-8").splitlines()[0])["kind"] == "created"
    both = cli("scenario", "play", path, path, "--app", application, "--journal", str(journal))
    assert both.returncode == 2
    assert "--journal: expected one scenario" in both.stderr


def test_people_who_call_reach_the_application_though_nothing_says_how(application, write):
    head = "ringback: 1\nvendor: {}\ncalls: [{{far_end: {{hangs_up_after: 9s}}}}]\n"
    text = head + "play: {{urls: {{answer: {}, hangup: /noted}}}}\n"
    for vendor, answer in (("vobiz", "/answer"), ("tryvox", "/voxml"), ("jambonz", "/verbs"), ("servetel", "/noted")):
        path = write(text.format(vendor, answer), f"{vendor}.yaml")
        done = cli("scenario", "play", path, "--app", application, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        (call,) = json.loads(done.stdout)[0]["calls"]
        assert (call["by"], call["talked"]) == ("caller", 9.0), call
        assert call["callbacks"], vendor


def test_people_whom_nobody_answers_are_remarked(write):
    done = cli("scenario", "play", write("ringback: 1\nvendor: vobiz\ncalls: [{}, {to: '+15005550006'}]\n"))
    assert "has no application with an answer_url" in done.stdout
    assert "+919876543210 could not call" in done.stdout


# --- from-call -------------------------------------------------------------------------------------------------


@pytest.fixture
def sandbox(server):
    made = server.api.post("/sandboxes", {"seed": 5})
    yield made["id"]
    server.api.delete(f"/sandboxes/{made['id']}")


def placed(server, sandbox, application, to=CALLEE, vendor="vobiz", answer="/answer"):
    urls = ("--answer-url", application + answer, "--hangup-url", f"{application}/hangup")
    done = ringback("call", "--to", to, *urls, "--url", server.url, "--vendor", vendor, "--sandbox", sandbox)
    assert done.returncode == 0, done.stderr


def drive(server, sandbox, seconds=None):
    path = f"/sandboxes/{sandbox}/clock/"
    return server.api.post(path + "run") if seconds is None else server.api.post(f"{path}advance", {"seconds": seconds})


def act(server, sandbox, **deed):
    server.api.post(f"/sandboxes/{sandbox}/calls/c1/far-end", deed)


def taken(server, sandbox, path, *words, call="last"):
    return cli("scenario", "from-call", call, "-o", str(path), "--url", server.url, "--sandbox", sandbox, *words)


def test_what_the_client_asked_of_the_call_while_it_lasted_is_told_to_be_missing(server, sandbox, application):
    placed(server, sandbox, application)
    drive(server, sandbox, 4)
    world = server.api.get(f"/sandboxes/{sandbox}")["vendors"]["vobiz"]
    headers = {"X-Auth-ID": world["auth_id"], "X-Auth-Token": world["auth_token"]}
    uuid = server.api.get(f"/sandboxes/{sandbox}/calls/c1")["vendor_id"]
    path = f"/api/v1/Account/{world['auth_id']}/Call/{uuid}/"
    assert server.api.send("DELETE", f"/vobiz{path}", headers)[0] == 204
    done = cli("scenario", "from-call", "last", "--url", server.url, "--sandbox", sandbox)

    assert done.returncode == 0
    assert f"not in it: DELETE {path}, 4 s after its beginning" in done.stderr


@pytest.mark.parametrize("how", ["by hand", "busy", "machine", "never", "unreachable", "extension", "dialled"])
def test_a_call_is_recorded_and_comes_out_the_same_again(server, sandbox, application, tmp_path, how):
    scripts = {
        "busy": {"outcome": "busy", "connects_after": "2s", "rings_for": "4s"},
        "machine": {"is_machine": True, "greeting": "Leave a message", "greeting_for": 2.5, "rings_for": "9s"},
        "never": {"picks_up": False, "early_media": True},
        "unreachable": {"outcome": "unreachable", "connects_after": "3s"},
        "extension": {"greeting": "", "reactions": [{"press": "12#", "at": "2s"}, {"hold": True, "at": "1s"}]},
        "dialled": {"hangs_up_after": "6s", "reactions": [{"say": "Who is there?", "seconds": 2, "at": "3s"}]},
    }
    if how in scripts:
        server.api.put(f"/sandboxes/{sandbox}/scenario", {"default": scripts[how]})
    placed(server, sandbox, application)
    if how == "by hand":
        drive(server, sandbox, 4.25)
        act(server, sandbox, do="say", text="Hello there")
        act(server, sandbox, do="press", digits="1")
    drive(server, sandbox)
    path = tmp_path / "recorded.yaml"
    done = taken(server, sandbox, path, "--heard", "--name", "As it was")
    assert done.returncode == 0, done.stderr
    assert f"ringback scenario play {path} --app {application}" in done.stderr
    assert cli("scenario", "check", str(path)).returncode == 0
    again = cli("scenario", "play", str(path), "--app", application, "--json")
    assert again.returncode == 0, again.stdout
    (told,) = json.loads(again.stdout)
    call = server.api.get(f"/sandboxes/{sandbox}/calls/c1")
    lasted = [call["created_at"], call["ended_at"]]
    assert told["name"] == "As it was"
    assert told["calls"][0]["cause"] == call["cause"]["name"], lasted


def test_no_credential_and_no_address_is_recorded(server, sandbox, application, tmp_path):
    placed(server, sandbox, application)
    drive(server, sandbox)
    path = tmp_path / "recorded.yaml"
    taken(server, sandbox, path)
    text = path.read_text("utf-8")
    account = server.api.get(f"/sandboxes/{sandbox}")["vendors"]["vobiz"]
    assert account["auth_id"] not in text
    assert account["auth_token"] not in text
    assert "127.0.0.1" not in text
    assert "{auth_id}" in text
    assert "'{app}/answer'" in text


def test_an_inbound_call_is_recorded_with_what_led_it_to_the_application(server, sandbox, application, tmp_path):
    settings = {"answer_url": f"{application}/answer", "hangup_url": f"{application}/hangup"}
    server.api.put(f"/sandboxes/{sandbox}/settings/vobiz", settings)
    ringback("dial-in", "--url", server.url, "--vendor", "vobiz", "--sandbox", sandbox, "--from", "+919811111111")
    drive(server, sandbox, 3)
    act(server, sandbox, do="hang_up")
    drive(server, sandbox)
    path = tmp_path / "recorded.yaml"
    assert taken(server, sandbox, path, call="c1").returncode == 0
    made = yaml.safe_load(path.read_text("utf-8"))
    assert made["calls"] == [
        {"at": "1s", "from": "+919811111111", "to": "{numbers[0]}", "far_end": {"hangs_up_after": 3}}
    ]
    assert made["settings"]["vobiz"]["answer_url"] == "{app}/answer"
    again = cli("scenario", "play", str(path), "--app", application)
    assert again.returncode == 0, again.stdout + again.stderr


def test_an_application_that_has_changed_is_told(server, sandbox, application, tmp_path):
    server.api.put(f"/sandboxes/{sandbox}/scenario", {"default": {"reactions": [{"press": "1", "on_prompt": True}]}})
    placed(server, sandbox, application)
    drive(server, sandbox)
    path = tmp_path / "recorded.yaml"
    taken(server, sandbox, path)
    path.write_text(path.read_text("utf-8").replace("{app}/answer", "{app}/noted"))
    done = cli("scenario", "play", str(path), "--app", application)
    assert done.returncode == 1
    assert "missing   gather after answer" in done.stdout


def test_a_call_that_goes_on_is_no_scenario_yet(server, sandbox, application, tmp_path):
    placed(server, sandbox, application)
    done = taken(server, sandbox, tmp_path / "x.yaml", call="c1")
    assert done.returncode == 2
    assert "only one that is over" in done.stderr
    assert "there is no call that is over" in taken(server, sandbox, tmp_path / "x.yaml").stderr
    assert taken(server, sandbox, tmp_path / "x.yaml", call="c99").returncode == 2


def test_without_a_file_it_goes_to_standard_output(server, sandbox, application):
    placed(server, sandbox, application, to="+919875550101")
    drive(server, sandbox)
    done = cli("scenario", "from-call", "last", "--url", server.url, "--sandbox", sandbox)
    assert done.returncode == 0, done.stderr
    made = yaml.safe_load(done.stdout)
    assert made["numbers"] == {"+919875550101": {"outcome": "busy"}}
    assert "yaml-language-server" not in done.stdout


# --- presets, schema, serve ------------------------------------------------------------------------------------


def test_presets_are_listed_and_shown():
    listed = cli("scenario", "presets").stdout
    assert "monday-morning" in listed
    assert yaml.safe_load(cli("scenario", "presets", "monday morning").stdout)["name"] == "Monday morning"


def test_the_schema_is_printed_as_it_is_published():
    printed = cli("scenario", "schema").stdout
    assert printed == (ROOT / "fixtures" / "scenario.schema.json").read_text("utf-8")


def test_serve_begins_with_a_scenario(write):
    bad = ringback("serve", "--port", "0", "--scenario", write("ringback: 1\ndefalt: {}\n"))
    assert bad.returncode == 2
    assert "x.yaml:2:1: defalt: no such key; perhaps 'default'" in bad.stderr
    lost = ringback("serve", "--port", "0", "--scenario", "monday-morning")
    assert lost.returncode == 2
    assert "say it once, as `vendor` of the whole scenario" in lost.stderr
    words = [
        "run",
        "--clock",
        "virtual",
        "--scenario",
        "monday-morning",
        "--vendor",
        "vobiz",
        "--",
        sys.executable,
        "-c",
    ]
    code = (
        "import emulator, os\n"
        "with emulator.connect(os.environ['RINGBACK_URL'], sandbox='default') as ringback:\n"
        "    ringback.run('20m'); print(len(ringback.calls))\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "emulator", *words, code], capture_output=True, text=True, timeout=LIMIT, cwd=ROOT
    )
    assert done.stdout.strip() == "12", done.stderr
