"""What the command line says before anything runs: help, versions, usage errors, exit codes."""

import errno
import subprocess
import sys

import pytest
from click.testing import CliRunner

from emulator import __version__
from emulator.cli import main
from emulator.cli.group import COMMANDS, ringback
from tests.fakes.serving import ringback as run

HEAVY = {"aiohttp", "asyncio", "emulator.engine", "lxml", "msgspec", "rich", "starlette", "uvicorn", "uvloop", "yaml"}


def test_version_names_the_program():
    assert run("--version").stdout == f"ringback {__version__}\n"


def test_help_names_every_command_and_whoever_plugs_in():
    told = CliRunner().invoke(ringback, ["--help"]).output
    assert all(f"  {name} " in told for name in COMMANDS)
    assert "  contract " in told


@pytest.mark.parametrize("words", [["--help"], ["serve", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(words):
    code = f"import sys; from emulator.cli import main; main({words!r}); print(*sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stderr.split()) == set()


def test_the_help_of_every_command_can_be_had():
    for name in ringback.list_commands(None):
        assert CliRunner().invoke(ringback, [name, "--help"]).exit_code == 0, name


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["vendrs"], "perhaps 'vendors'"),
        (["serve", "--port", "70000"], "70000 is not in the range 0<=x<=65535"),
        (["serve", "--port", "high"], "'high' is not a valid integer"),
        (["serve", "--clock", "sand"], "'sand' is not one of 'real', 'virtual'"),
        (["serve", "--start", "soon"], "expected an instant with its zone such as 2026-01-01T00:00:00Z, got 'soon'"),
        (["serve", "--start", "2026-01-01T00:00:00"], "expected an instant with its zone"),
        (["serve", "--speed", "0"], "--speed: expected a number above 0 and at most 1,000,000, got 0"),
        (["serve", "--speed", "1e308"], "--speed: expected a number above 0 and at most 1,000,000, got 1e+308"),
        (["serve", "--patience", "nan"], "--patience: expected a number above 0 and at most 600, got nan"),
        (["serve", "--patience", "inf"], "--patience: expected a number above 0 and at most 600, got inf"),
        (["serve", "--seed", "-5"], "--seed: expected a whole number from 0 to 9007199254740991, got -5"),
        (["serve", "--seed", "9007199254740992"], "--seed: expected a whole number from 0 to 9007199254740991"),
        (["serve", "--clock", "virtual", "--speed", "2"], "say --clock real with --speed 2"),
        (["serve", "--public-url", "calls.example.com"], "expected an address such as https://calls.example.com"),
        (["serve", "--allow-host", "http://example.com/x"], "expected a host name such as staging.example.com"),
        (
            ["serve", "--app", "http://[::1"],
            "--app: expected an address such as http://127.0.0.1:8000, got 'http://[::1'",
        ),
        (["serve", "--public-url", "http://[::1"], "expected an address such as https://calls.example.com"),
        (["dial-in", "--url", "http://[::1"], "expected an address such as http://127.0.0.1:5550, got 'http://[::1'"),
        (["dial-in", "--url", "http://localhost:99999"], "expected an address such as http://127.0.0.1:5550"),
        (["serve", "--app", "foo"], "--app: expected an address such as http://127.0.0.1:8000, got 'foo'"),
        (["serve", "--vendor", "acme"], "--vendor: expected one of jambonz, servetel, tryvox, vobiz, got 'acme'"),
        (["serve", "--prt", "1"], "No such option"),
        (["serve", "--data", "kept"], "--data: a journal on disk is not there yet, got 'kept'"),
        (["call", "--to", "+919876543210"], "Missing option '--answer-url'"),
        (["dial-in", "--url", "localhost"], "expected an address such as http://127.0.0.1:5550, got 'localhost'"),
        (["vendors", "acme"], "got 'acme'"),
    ],
)
def test_a_usage_error_says_what_came_and_what_was_expected_and_exits_2(words, said, capsys):
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_every_option_has_a_variable_its_own_or_its_commands(monkeypatch, capsys):
    monkeypatch.setenv("RINGBACK_DIAL_IN_TO", "+912271264300")
    monkeypatch.setenv("RINGBACK_URL", "nowhere")
    assert main(["dial-in"]) == 2
    assert "got 'nowhere'" in capsys.readouterr().err
    with ringback.make_context("ringback", ["dial-in"]) as above:
        command = ringback.get_command(above, "dial-in")
        with command.make_context("dial-in", [], parent=above) as context:
            assert context.params["to"] == "+912271264300"


@pytest.mark.parametrize("name", ["record", "replay"])
def test_what_is_not_there_yet_says_so_by_name_and_exits_2(name, capsys):
    assert main([name, "--any", "thing"]) == 2
    printed = capsys.readouterr()
    assert f"ringback {name}: not there yet" in printed.err
    assert printed.out == ""


def test_a_server_that_is_not_there_is_named_with_what_to_do(capsys):
    assert main(["dial-in", "--url", "http://127.0.0.1:9"]) == 3
    said = capsys.readouterr().err
    assert "no Ringback server at http://127.0.0.1:9" in said
    assert "ringback serve" in said


class Full:
    """Standard output on a disk that is full."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    def flush(self) -> None:
        pass


def test_what_cannot_be_written_is_told_and_exits_3(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdout", Full())
    assert main(["numbers"]) == 3
    assert capsys.readouterr().err == "ringback: [Errno 28] No space left on device\n"


def test_numbers_lists_every_magic_number(capsys):
    assert main(["numbers"]) == 0
    said = capsys.readouterr().out
    assert [f"555 010{last}" in said for last in range(1, 9)] == [True] * 8


def test_a_vendor_that_is_named_has_its_settings_explained(capsys):
    assert main(["vendors", "vobiz"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "bulk_response (string): request_uuid for several destinations: that of the first" in said
    assert "for several destinations: that of the first, or array: all" in said
    assert "lenient_paths (false): " in said


def test_vendors_tells_parts_standings_settings_and_gaps(capsys):
    assert main(["vendors"]) == 0
    said = capsys.readouterr().out
    assert "documented" in said
    assert "callbacks: " in said
    assert "not emulated: " in said
