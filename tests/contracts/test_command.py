"""`ringback contract`, as its user reads it."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from contracts.command import contract


def test_it_lists_what_there_is_a_contract_with() -> None:
    result = CliRunner().invoke(contract, ["list"])
    assert result.exit_code == 0
    assert "servetel    15 operations" in result.stdout


def test_an_emulator_that_keeps_its_contract_exits_with_0_and_says_what_was_checked() -> None:
    result = CliRunner().invoke(contract, ["emulator", "tryvox", "--examples", "0", "--json"])
    assert (result.exit_code, json.loads(result.stdout)) == (0, {"tryvox": []})


def test_a_provider_without_a_contract_is_a_usage_error() -> None:
    result = CliRunner().invoke(contract, ["emulator", "acme"])
    assert result.exit_code == 2
    assert "there is no contract with 'acme'; there are" in result.stderr


def test_a_server_that_is_not_there_is_told() -> None:
    result = CliRunner().invoke(contract, ["emulator", "--url", "http://127.0.0.1:9"])
    assert result.exit_code == 3
    assert "127.0.0.1:9" in result.stderr


@pytest.mark.parametrize("name", ["drift"])
def test_what_is_not_there_yet_says_so_and_exits_with_2(name: str) -> None:
    result = CliRunner().invoke(contract, [name, "vobiz", "--url", "answer=http://127.0.0.1:9"])
    assert result.exit_code == 2
    assert "not there yet" in result.stderr
