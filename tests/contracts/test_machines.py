"""API, time and far end of each provider, driven together over HTTP against a model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from contracts.document import contract_names
from emulator.client.server import Server
from tests.contracts.machine import machine
from tests.contracts.planting import Answer, Bug, Sent, planted

QUICK = (Phase.explicit, Phase.reuse, Phase.generate)
HOW = settings(
    max_examples=50, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck),
    print_blob=False, phases=(*QUICK, Phase.shrink), derandomize=True, database=None,
)  # fmt: skip


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server.start() as server:
        yield server


@pytest.mark.contract
@pytest.mark.parametrize("vendor", contract_names())
def test_calls_are_as_the_model_says(server: Server, vendor: str) -> None:
    with machine(vendor, server) as made:
        run_state_machine_as_test(made, settings=HOW)


class Forgetful:
    """Of four live calls it lists three."""

    def answer(self, answer: Answer) -> None:
        if answer.method == "GET" and answer.status == 200 and answer.path.endswith("/Call/"):
            told = answer.json
            told["calls"] = told["calls"][:3]
            answer.json = told


def untold(sent: Sent) -> None:
    """Whoever rejects a call is never spoken of again."""
    sent.leaves = sent.fields.get("end_reason") != "rejected"


def by_another(sent: Sent) -> None:
    """A call that the API ended is told as one that the callee ended."""
    if sent.fields.get("call_termination_by") == "jambonz":
        sent.fields["call_status"] = "failed"
        sent.fields["sip_status"] = "500"


BUGS = {
    "a list that forgets": Bug("vobiz", Forgetful().answer),
    "a webhook that is not sent": Bug("tryvox", sent=untold),
    "a webhook that is told wrongly": Bug("jambonz", sent=by_another),
}


@pytest.mark.contract
@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found(name: str) -> None:
    bug = BUGS[name]
    with planted(bug) as server, machine(bug.vendor, server) as made:
        with pytest.raises(AssertionError) as found:
            run_state_machine_as_test(made, settings=settings(HOW, phases=QUICK))
    assert "state.place(" in "\n".join(found.value.__notes__)
