"""Our contract's webhooks against the JSON Schemas that jambonz publishes: `@jambonz/schema`, also in its Python SDK.

The contract speaks of 0.9, the schemas of 10, so they may say more; where both speak they agree: what we may send is
legal by theirs, what theirs requires we always send, and each key of ours is one of theirs but for those listed here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any, Final

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.document import Contract, Webhook, load
from contracts.receiving.generation import bodies

PUBLISHED: Final = {
    "status": "call-status", "answer:outbound": "session-new", "answer:inbound": "session-new", "gather": "gather",
    "partial": "gather-partial", "play": "play", "dial": "dial", "dial-event": "dial-dtmf", "confirm": "base",
    "hold": "dial-hold", "amd": "amd", "transcription": "transcribe", "sip-refer": "sip-refer",
    "sip-refer-event": "sip-refer-event", "sip-request": "sip-request", "conference": "conference",
    "conference-status": "conference-status", "wait": "conference-wait", "enter": "base", "enqueue": "enqueue",
    "queue-wait": "enqueue-wait", "dequeue": "dequeue", "redirect": "session-redirect",
}  # fmt: skip
"""Which of their schemas is of which of our webhooks; what is told about no verb in particular is `base`."""

ONLY_IN_CODE: Final = {
    "headers", "verb_id", "has_recording", "local_sip_address", "public_ip", "customer_data",
    "parent_call_info",
}  # fmt: skip
"""Keys that the open source of 0.9 sends and that no published schema names."""


def schemas() -> dict[str, Any]:
    folder = files("jambonz_sdk") / "schema" / "callbacks"
    return {
        each.name.removesuffix(".schema.json"): json.loads(each.read_text(encoding="utf-8"))
        for each in folder.iterdir()
        if each.name.endswith(".schema.json")
    }


CONTRACT: Final[Contract] = load("jambonz")
SCHEMAS: Final = schemas()
REGISTRY: Final = jsonschema_rs.Registry([(each["$id"], each) for each in SCHEMAS.values()])


def validator(name: str) -> Any:
    return jsonschema_rs.Draft202012Validator({"$ref": SCHEMAS[name]["$id"]}, registry=REGISTRY)


def keys(raw: Any) -> Iterator[str]:
    """Every key that a schema of ours names for the body itself."""
    if "$ref" in raw:
        yield from keys(CONTRACT.at(raw["$ref"].removeprefix("#")))
    for part in (*raw.get("allOf", ()), *raw.get("oneOf", ()), *raw.get("anyOf", ())):
        yield from keys(part)
    yield from raw.get("properties", ())


def drawn(webhook: Webhook) -> st.SearchStrategy[Any]:
    return bodies(webhook).map(lambda body: body.value)


def test_every_webhook_is_compared() -> None:
    assert set(PUBLISHED) == set(CONTRACT.webhooks)


@pytest.mark.parametrize("name", PUBLISHED)
def test_what_our_contract_allows_jambonz_own_schema_allows_too(name: str) -> None:
    theirs = validator(PUBLISHED[name])

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
    @given(drawn(CONTRACT.webhooks[name]))
    def check(body: Any) -> None:
        assert [error.message for error in theirs.iter_errors(body)] == []

    check()


def test_each_key_of_ours_is_one_of_theirs_or_known_from_the_code() -> None:
    theirs = {key for each in SCHEMAS.values() for key in each.get("properties", ())}
    ours = {key for each in CONTRACT.webhooks.values() for key in keys(next(iter(each.content.values())).raw)}
    assert ours - theirs == ONLY_IN_CODE


def test_what_theirs_requires_ours_requires_too() -> None:
    for name, published in PUBLISHED.items():
        ours = next(iter(CONTRACT.webhooks[name].content.values()))
        for key in SCHEMAS[published].get("required", ()):
            assert any(f'"{key}" is a required' in problem.text for problem in ours.problems({})), (name, key)
