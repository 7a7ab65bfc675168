"""Schemathesis over one provider's API: examples, edges, random requests, and sequences along the contract's links.

Its own checks hold every answer against the contract. Two are left out, because an id that the schema allows need not
exist, and because most providers ignore what they do not know: whether a valid request must succeed, and whether an
invalid one must fail. The walk shows both, by name. `Allow` is not looked at, as a provider may name there what it has
and nobody emulates; nor whether what was made is found and what was deleted is not, as a queued call is not found among
the live, and one that was hung up has its record.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema

from contracts.checks import Finding
from contracts.document import Contract
from contracts.walking.ledger import Ledger

__all__ = ["fuzz"]

LEFT_OUT: Final = (
    "positive_data_acceptance", "negative_data_rejection", "missing_required_header", "allow_header_conformance",
    "ensure_resource_availability", "use_after_free",
)  # fmt: skip
MOSTLY: Final = 0.9
SEQUENCES: Final = 3
"""For each random request of an operation: many begin with a refusal, behind which there is no link."""
NOT_EMULATED: Final = "x-ringback-not-emulated"


def fuzz(
    contract: Contract, base_url: str, headers: Mapping[str, str], ledger: Ledger, *,
    real: Mapping[str, Sequence[str]] | None = None, seed: int = 1, examples: int = 40,
) -> None:  # fmt: skip
    """Every phase, `examples` requests for each operation and thrice as many sequences. What is wrong: into `ledger`.

    `real` are values that there are, by place and name (`path.account`, `body.from`), of which most requests take one.
    Raises: `KeyboardInterrupt`, which Schemathesis tells as an event and then goes on from.
    """
    config = _config(seed, real or {})
    schema = schemathesis.openapi.from_dict(_settled(contract, real or {}), config=config)
    own = schema.config
    own.update(base_url=base_url, headers=dict(headers), request_timeout=30)
    own.generation.update(max_examples=examples, database="none")
    own.phases.stateful.generation.update(max_examples=SEQUENCES * examples, database="none")
    for name in LEFT_OUT:
        getattr(own.checks, name).enabled = False
    if "x-unknown-method" in contract.document:
        own.checks.unsupported_method.enabled = False  # it knows no 405; the walk asks for what it has instead
    for event in from_schema(schema).execute():
        if isinstance(event, events.Interrupted):
            raise KeyboardInterrupt
        if isinstance(event, events.ScenarioFinished):
            _scenario(contract, ledger, event.recorder)
        elif isinstance(event, events.NonFatalError | events.FatalError):
            label = getattr(event, "label", "") or "engine"
            ledger.find([Finding(contract.name, label, "schemathesis", "engine", f"{_error_of(event)}", 1)])


def _config(seed: int, real: Mapping[str, Sequence[str]]) -> SchemathesisConfig:
    return SchemathesisConfig.from_dict({
        "seed": seed,
        "suppress-health-check": ["filter_too_much"],  # of a path with one free part little is left to spoil
        "dictionaries": {_name(place): {"values": list(values)} for place, values in real.items()},
        "phases": {"stateful": {"inference": {"algorithms": []}}},  # along the contract's own links, and no others
        "parameters": {place: {"dictionary": _name(place), "probability": MOSTLY} for place in real},
    })  # fmt: skip


def _settled(contract: Contract, real: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """The document with the only account there is in every path. The walk asks for others, and Schemathesis takes no
    operation for the begin of a sequence whose account it would have to find first."""
    document = copy.deepcopy(contract.document)
    for place, values in real.items():
        name = place.removeprefix("path.")
        if place.startswith("path.") and len(values) == 1:
            filled = {path.replace("{" + name + "}", values[0]): item for path, item in document["paths"].items()}
            document["paths"] = {path: _without(contract, item, name) for path, item in filled.items()}
    return document


def _without(contract: Contract, item: dict[str, Any], name: str) -> dict[str, Any]:
    """A path's item that does not know the parameter of its path, in its links neither."""
    for told in (item, *(each for each in item.values() if isinstance(each, dict))):
        if "parameters" in told:
            told["parameters"] = [each for each in told["parameters"] if _named(contract, each) != ("path", name)]
        for answer in told.get("responses", {}).values():
            for link in answer.get("links", {}).values():
                link.get("parameters", {}).pop(name, None)
    return item


def _named(contract: Contract, parameter: Mapping[str, Any]) -> tuple[str, str]:
    told = contract.at(parameter["$ref"].removeprefix("#")) if "$ref" in parameter else parameter
    return told["in"], told["name"]


def _name(place: str) -> str:
    return place.replace(".", "-")


def _error_of(event: Any) -> object:
    return getattr(event, "value", None) or getattr(event, "exception", event)


def _scenario(contract: Contract, ledger: Ledger, recorder: Any) -> None:
    for case in recorder.cases.values():
        if case.transition is not None and not case.transition.is_inferred:
            ledger.links[case.transition.id] += 1
    for interaction in recorder.interactions.values():
        response = interaction.response
        if response is None:
            continue
        operation = contract.find(interaction.request.method, _path_of(contract, interaction.request.uri))
        if named := _not_emulated(response):
            ledger.not_emulated[named] += 1
        elif operation is not None:
            ledger.answers[operation.id, response.status_code] += 1
    for case_id, checks in recorder.checks.items():
        interaction = recorder.interactions.get(case_id)
        for check in checks:
            info = check.failure_info
            if info is None:
                continue
            response = interaction.response if interaction is not None else None
            if response is not None and _not_emulated(response):
                continue
            if check.name == "not_a_server_error" and _is_documented(contract, interaction):
                continue
            ledger.find([_finding(contract, check.name, info)])


def _not_emulated(response: Any) -> str:
    """What it says that it does not emulate; "" for any other answer."""
    found = (told for name, told in response.headers.items() if name.lower() == NOT_EMULATED)
    return next((each if isinstance(each, str) else ", ".join(each) for each in found), "")


def _is_documented(contract: Contract, interaction: Any) -> bool:
    """A provider may answer bad requests with a 500 if its contract says so, and anything to what is not in it."""
    request, response = interaction.request, interaction.response
    operation = contract.find(request.method, _path_of(contract, request.uri))
    return operation is None or response.status_code in operation.answers


def _path_of(contract: Contract, uri: str) -> str:
    """The decoded path below the provider's base URL, which is one segment, its name."""
    from urllib.parse import unquote, urlsplit

    return unquote(urlsplit(uri).path).removeprefix(f"/{contract.name}")


def _finding(contract: Contract, check: str, info: Any) -> Finding:
    failure = info.failure
    subject = str(failure.operation)
    method, _, path = subject.partition(" ")
    operation = contract.find(method, path)
    subject = f"{method} {operation.path}" if operation is not None else subject
    line = contract.line(operation.pointer if operation else "")
    text = f"{failure.title}: {failure.message.strip()}\n    {info.code_sample}"
    return Finding(contract.name, subject, "answer", check, text, line)
