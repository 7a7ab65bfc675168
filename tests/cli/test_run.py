"""`ringback run`: a command with an emulator of its own."""

import json
import os
import signal
import subprocess
import sys

import pytest

from emulator.cli import main
from tests.fakes.serving import LIMIT, ringback

LOOK = "import json, os; print(json.dumps(dict(os.environ)))"
NAMES = (
    "RINGBACK_URL RINGBACK_VOBIZ_URL RINGBACK_VOBIZ_AUTH_ID RINGBACK_VOBIZ_AUTH_TOKEN RINGBACK_VOBIZ_NUMBER "
    "RINGBACK_SERVETEL_URL RINGBACK_SERVETEL_TOKEN RINGBACK_SERVETEL_NUMBER RINGBACK_TRYVOX_URL "
    "RINGBACK_TRYVOX_AUTH_ID RINGBACK_TRYVOX_API_KEY RINGBACK_TRYVOX_WEBHOOK_SECRET RINGBACK_TRYVOX_NUMBER "
    "RINGBACK_JAMBONZ_URL RINGBACK_JAMBONZ_ACCOUNT_SID RINGBACK_JAMBONZ_API_KEY RINGBACK_JAMBONZ_APPLICATION_SID "
    "RINGBACK_JAMBONZ_WEBHOOK_SECRET RINGBACK_JAMBONZ_NUMBER VOBIZ_AUTH_ID VOBIZ_AUTH_TOKEN JAMBONZ_BASE_URL "
    "JAMBONZ_ACCOUNT_SID JAMBONZ_API_KEY"
)


def python(code, *words):
    return ringback("run", *words, "--", sys.executable, "-c", code)


def test_the_command_has_every_address_and_credential_in_its_environment():
    told = json.loads(python(LOOK).stdout)
    assert [name for name in NAMES.split() if not told.get(name)] == []
    assert told["RINGBACK_VOBIZ_URL"] == told["RINGBACK_URL"] + "/vobiz"


def test_the_command_finds_a_server_as_the_options_say():
    code = (
        "import emulator, os\n"
        "with emulator.connect(os.environ['RINGBACK_URL'], sandbox=os.environ['RINGBACK_SANDBOX']) as ringback:\n"
        "    print(ringback.is_virtual, ringback.seed, ringback.vobiz.base_url == os.environ['RINGBACK_VOBIZ_URL'])\n"
    )
    done = python(code, "--clock", "virtual", "--seed", "7", "--quiet")
    assert done.stdout.split() == ["True", "7", "True"]
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["sh", "-c", "exit 7"], 7),
        (["true"], 0),
        (["sh", "-c", "kill -9 $$"], 137),
        (["no-such-command-anywhere"], 127),
        ([os.curdir], 126),
    ],
)
def test_the_exit_code_is_the_commands(words, code):
    assert ringback("run", *words).returncode == code


def test_what_cannot_be_run_is_named():
    assert "ringback run: no-such-command-anywhere: there is no such command" in ringback(
        "run", "no-such-command-anywhere"
    ).stderr  # fmt: skip


def test_json_lines_go_to_standard_error_alone():
    code = (
        "import emulator, os; emulator.connect(os.environ['RINGBACK_URL'], sandbox='default').dial_in('jambonz');"
        "print('mine')"
    )
    done = python(code, "--json")
    assert done.stdout == "mine\n"
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert lines[0]["kind"] == "serving"
    assert any(line["kind"] == "event" for line in lines)


def test_a_signal_is_passed_on_and_the_server_stops():
    code = "import os, signal, time; print(os.environ['RINGBACK_URL'], flush=True); signal.pause()"
    with subprocess.Popen(
        [sys.executable, "-m", "emulator", "run", "--", sys.executable, "-c", code],
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout.readline().startswith("http://127.0.0.1:")
        process.send_signal(signal.SIGTERM)
        assert process.wait(LIMIT) == 128 + signal.SIGTERM


def test_the_pytest_plugin_uses_the_server_it_runs_in(tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import os\ndef test_it(ringback):\n    assert ringback.api.url == os.environ['RINGBACK_URL']\n"
    )
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    done = ringback("run", "--", sys.executable, *words)
    assert done.returncode == 0, done.stdout


def test_interception_says_that_it_is_not_there_yet(capsys):
    assert main(["run", "--intercept", "--", "true"]) == 2
    assert "--intercept: not there yet" in capsys.readouterr().err


def test_a_command_must_be_said(capsys):
    assert main(["run", "--seed", "3"]) == 2
    assert "expected a command" in capsys.readouterr().err
