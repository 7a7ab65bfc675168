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


def test_interception_sets_proxies_and_certificates_that_are_gone_with_the_run():
    told = json.loads(python(LOOK, "--intercept").stdout)
    proxies = {told[name] for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")}
    bundles = {told[name] for name in ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")}
    assert [url.startswith("http://127.0.0.1:") for url in proxies] == [True]
    assert [os.path.exists(path) for path in bundles] == [False]
    assert told["NO_PROXY"].startswith("127.0.0.1,localhost")
    assert told["NO_PROXY"] == told["no_proxy"]
    assert told["NODE_USE_ENV_PROXY"] == "1"
    assert told["RINGBACK_VOBIZ_AUTH_TOKEN"] == told["VOBIZ_AUTH_TOKEN"]


def test_without_interception_no_proxy_is_set():
    clean = {key: text for key, text in os.environ.items() if not key.lower().endswith("_proxy")}
    told = json.loads(ringback("run", "--", sys.executable, "-c", LOOK, env=clean).stdout)
    assert [name for name in told if name.lower().endswith("_proxy")] == []


ASK = (
    "import urllib.request\n"
    "for url in ['https://example.com/', 'https://example.com/again']:\n"
    "    try: urllib.request.urlopen(url)\n"
    "    except OSError as error: print(error)\n"
)


def test_a_refused_host_is_told_once_with_what_to_do():
    done = python(ASK, "--intercept")
    assert done.stderr == "ringback run: refused example.com:443; --passthrough lets other hosts through\n"
    assert done.stdout.count("403 Refused by ringback run --intercept without --passthrough") == 2


def test_quiet_tells_of_no_refused_host():
    assert python(ASK, "--intercept", "--quiet").stderr == ""


def test_a_refused_host_is_a_json_line_among_json_lines():
    told = [json.loads(line) for line in python(ASK, "--intercept", "--json").stderr.splitlines()]
    assert {"kind": "refused", "host": "example.com", "port": 443} in told


def test_passthrough_without_roots_is_a_usage_error_and_the_command_does_not_run():
    environment = {**os.environ, "SSL_CERT_FILE": os.devnull}
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS"):
        environment.pop(name, None)
    done = ringback("run", "--intercept", "--passthrough", "--", "echo", "mine", env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert "found no root certificates" in done.stderr


def test_passthrough_needs_interception(capsys):
    assert main(["run", "--passthrough", "--", "true"]) == 2
    assert "say both" in capsys.readouterr().err


def test_interception_without_its_extra_names_it():
    code = (
        "import importlib.util, sys\n"
        "found = importlib.util.find_spec\n"
        "importlib.util.find_spec = lambda name, *more: None if name == 'trustme' else found(name, *more)\n"
        "from emulator.cli import main\n"
        "sys.exit(main(['run', '--intercept', '--', 'true']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, "pip install 'ringback[intercept]'" in done.stderr) == (2, True)


def test_a_command_must_be_said(capsys):
    assert main(["run", "--seed", "3"]) == 2
    assert "expected a command" in capsys.readouterr().err
