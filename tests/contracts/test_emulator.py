"""The emulator against every contract: `make contract` runs it whole, `make test` without random requests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from contracts.document import contract_names
from contracts.walking.emulator_check import check_emulator
from emulator.client.server import Server


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server.start() as server:
        yield server


@pytest.mark.contract
@pytest.mark.unjudged("random requests call what is no number; the walk's webhooks are judged by the check itself")
@pytest.mark.parametrize("vendor", contract_names())
def test_the_emulator_keeps_its_contract(server: Server, vendor: str) -> None:
    ledger = check_emulator(server, [vendor])[vendor]
    assert "\n".join(map(str, [*ledger.findings, *ledger.missing()])) == ""
    assert sum(ledger.answers.values()) > 500
    assert sum(ledger.links.values()) > 5  # how many more depends on what else this process has imported


@pytest.mark.parametrize("vendor", contract_names())
def test_a_walk_meets_every_documented_answer_and_webhook_and_no_other(server: Server, vendor: str) -> None:
    ledger = check_emulator(server, [vendor], examples=0)[vendor]
    assert "\n".join(map(str, [*ledger.findings, *ledger.missing()])) == ""
