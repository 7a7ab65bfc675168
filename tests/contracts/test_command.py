"""`ringback contract`, as its user reads it."""

from __future__ import annotations

import json

import pytest

from emulator.cli import main


def test_it_lists_what_there_is_a_contract_with(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "list"]) == 0
    assert "servetel    15 operations" in capsys.readouterr().out


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
