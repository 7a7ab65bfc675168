"""`ringback contract`, as its user reads it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys

import pytest

from emulator.cli import main
from tests.contracts.planting import Bug, Scope, planted


def test_it_lists_what_there_is_a_contract_with(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "list"]) == 0
    assert "servetel    18 operations" in capsys.readouterr().out


def test_an_emulator_that_keeps_its_contract_exits_with_0_and_says_what_was_checked(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["contract", "emulator", "tryvox", "--examples", "0"]) == 0
    assert "answers and" in capsys.readouterr().out
    assert main(["contract", "emulator", "tryvox", "--examples", "0", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"tryvox": []}


def test_a_provider_without_a_contract_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "emulator", "acme"]) == 2
    assert "there is no contract with 'acme'; there are" in capsys.readouterr().err


def test_a_server_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "emulator", "--url", "http://127.0.0.1:9"]) == 3
    assert "127.0.0.1:9" in capsys.readouterr().err


@pytest.mark.parametrize("examples", ["-1", "x"])
def test_a_count_of_examples_that_there_cannot_be_is_a_usage_error(
    examples: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contract", "emulator", "tryvox", "--examples", examples]) == 2
    assert "Invalid value for '--examples'" in capsys.readouterr().err


class Signals:
    """Signals the process that judges, at its first random request."""

    def __init__(self, number: int) -> None:
        self.number, self.process, self.after = number, 0, 0

    def let_in(self, scope: Scope) -> None:
        if dict(scope["headers"]).get(b"user-agent", b"").startswith(b"schemathesis"):
            self.after += 1
            if self.after == 1:
                os.kill(self.process, self.number)


@pytest.mark.unjudged("random requests call what is no number")
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (signal.SIGINT, 130, "ringback: interrupted: the emulator was not judged to the end"),
        (signal.SIGTERM, -signal.SIGTERM, ""),
    ],
)
def test_an_emulator_that_is_not_judged_to_the_end_has_not_passed(number: int, code: int, said: str) -> None:
    signals = Signals(number)
    with planted(Bug("tryvox", let_in=signals.let_in)) as server:
        words = ["contract", "emulator", "tryvox", "servetel", "--url", server.url]
        with subprocess.Popen(
            [sys.executable, "-m", "emulator", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as judging:  # fmt: skip
            signals.process = judging.pid
            told, complained = judging.communicate(timeout=60)
    assert (judging.returncode, told, complained.strip()) == (code, "", said)
    assert signals.after < 100
