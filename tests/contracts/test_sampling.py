"""Bodies put together from pools: legal, the same for the same seed, and each thing that may matter among the first."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from typing import Any

import pytest

from contracts.document import Contract, Webhook, contract_names, load
from contracts.receiving.generation import ODD, Body
from contracts.receiving.sampling import Sampler
from emulator.errors import UsageError

SMALL = """openapi: 3.1.0
paths: {}
webhooks:
  hangup:
    post:
      requestBody:
        content:
          application/json:
            schema:
              type: object
              required: [id, cause, legs]
              additionalProperties: false
              properties:
                id: {type: string, format: uuid}
                cause: {enum: [busy, no-answer, answered, failed, rejected]}
                seconds: {type: integer, minimum: 0}
                name: {type: [string, 'null'], maxLength: 30}
                legs: {type: array, items: {$ref: '#/components/schemas/Leg'}, maxItems: 2}
                error: {oneOf: [{$ref: '#/components/schemas/Leg'}, {const: none}]}
components:
  schemas:
    Leg:
      type: object
      required: [to]
      additionalProperties: false
      properties: {to: {type: string, pattern: '^[0-9]{3}$'}, is_held: {type: boolean}}
"""


def small() -> Webhook:
    return Contract("small", SMALL).webhooks["hangup"]


@pytest.mark.parametrize("name", contract_names())
def test_every_body_is_legal(name: str) -> None:
    for webhook in load(name).webhooks.values():
        if webhook.content:
            for body in islice(Sampler(webhook, 1).bodies(), 100):
                assert webhook.content[body.kind].problems(body.value) == []


def test_the_first_says_the_least_and_the_second_everything() -> None:
    first, second = (body.value for body in islice(Sampler(small(), 1).bodies(), 2))
    assert set(first) == {"id", "cause", "legs"} and first["legs"] == []
    assert set(second) == {"id", "cause", "legs", "seconds", "name", "error"} and len(second["legs"]) == 1


def test_each_key_is_soon_missing_alone_and_each_word_and_extreme_soon_there() -> None:
    bodies = [body.value for body in islice(Sampler(small(), 1).bodies(), 100)]
    full = set(bodies[1])
    for name in ("seconds", "name", "error"):
        assert any(set(body) == full - {name} for body in bodies[:20]), name
    assert {body["cause"] for body in bodies} == {"busy", "no-answer", "answered", "failed", "rejected"}
    assert {0, 1, 60, 2**31} <= {body.get("seconds") for body in bodies}
    assert {"", None} <= {body.get("name", 0) for body in bodies}
    assert any("<b>" in (body.get("name") or "") for body in bodies)
    assert any(body.get("error") == "none" for body in bodies)
    assert {len(body["legs"]) for body in bodies} == {0, 1, 2}


def texts_of(told: Any) -> set[str]:
    inner = told.values() if isinstance(told, dict) else told if isinstance(told, list) else ()
    return {told} if isinstance(told, str) else set().union(*map(texts_of, inner))


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", contract_names())
def test_whatever_a_provider_lets_people_write_is_soon_odd_in_every_way(name: str, seed: int) -> None:
    """A third of the default hundred bodies is enough for each of them."""
    for webhook in load(name).webhooks.values():
        bodies = list(islice(Sampler(webhook, seed).bodies(), 34 * len(webhook.content)))
        found = set().union(*(texts_of(body.value) for body in bodies))
        is_free = "CallerName" in Sampler(webhook, seed).names() or "x" * 1000 in found
        assert set(ODD) <= found or not is_free, (webhook.name, set(ODD) - found)


def test_a_field_that_is_said_has_its_value_in_every_body_that_carries_it() -> None:
    id = "11111111-2222-4333-8444-555555555555"
    bodies = [body.value for body in islice(Sampler(small(), 1, {"id": id, "seconds": "60"}).bodies(), 100)]
    assert {body["id"] for body in bodies} == {id}
    assert {body.get("seconds") for body in bodies} == {60, None}
    last = Sampler(small(), 1, {"id": id}).simpler(Body("application/json", bodies[-1]))
    assert {body.value["id"] for body in last} == {id}


def test_of_several_kinds_of_body_those_that_cannot_carry_a_value_are_left_out() -> None:
    sampler = Sampler(load("tryvox").webhooks["status"], 1, {"event": "call.ended"})
    assert {body.value["status"] for body in islice(sampler.bodies(), 30)} == {"ended"}


def test_a_value_that_a_field_cannot_have_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="field cause: hangup cannot carry 'bored': "):
        Sampler(small(), 1, {"cause": "bored"})


def test_the_same_seed_gives_the_same_bodies_in_every_process_and_another_seed_others() -> None:
    code = (
        "from itertools import islice; from contracts.document import load\n"
        "from contracts.receiving.sampling import Sampler\n"
        "print([list(islice(Sampler(load('jambonz').webhooks['status'], seed).bodies(), 40)) for seed in (1, 2)])"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    one, two = ([body.value for body in islice(Sampler(small(), seed).bodies(), 40)] for seed in (1, 2))
    assert one != two


def test_a_simpler_body_is_legal_and_the_simplest_has_none() -> None:
    sampler = Sampler(small(), 1)
    body = list(islice(sampler.bodies(), 60))[-1]
    steps = 0
    while (simpler := next(sampler.simpler(body), None)) is not None:
        assert small().content[simpler.kind].problems(simpler.value) == []
        body, steps = simpler, steps + 1
        assert steps < 500
    assert set(body.value) == {"id", "cause", "legs"}
    assert (body.value["legs"], body.value["cause"]) == ([], "busy")
