"""The contracts themselves: valid documents, with evidence for everything in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from openapi_spec_validator import validate

from contracts.checks import check_answer, check_webhook
from contracts.document import Contract, contract_names, load
from emulator.errors import UsageError
from emulator.runtime.vendors import load_vendors

STANDINGS = {"documented", "recorded", "inferred"}


@pytest.fixture(params=contract_names())
def contract(request: pytest.FixtureRequest) -> Contract:
    return load(request.param)


def test_it_is_a_valid_openapi_document(contract: Contract) -> None:
    validate(contract.document)


def test_every_operation_answer_and_webhook_says_how_it_is_known(contract: Contract) -> None:
    told = [*contract.operations.values(), *contract.webhooks.values()]
    told += [answer for operation in contract.operations.values() for answer in operation.answers.values()]
    assert {each.standing for each in told} <= STANDINGS
    for each in told:
        assert contract.at(each.pointer)["x-evidence"]["source"], each.pointer


def test_every_webhook_is_a_callback_of_the_vendor_and_every_callback_has_one(contract: Contract) -> None:
    callbacks = {webhook.callback for webhook in contract.webhooks.values()}
    by_socket = set(contract.document.get("x-socket-callbacks", ()))
    assert callbacks | by_socket == set(load_vendors()[contract.name].callbacks_named)


def test_every_schema_of_it_can_be_used(contract: Contract) -> None:
    for operation in contract.operations.values():
        schemas = [*operation.body.values(), *(parameter.schema for parameter in operation.parameters)]
        schemas += [schema for answer in operation.answers.values() for schema in answer.content.values()]
        for schema in schemas:
            schema.problems(None)


def test_every_answer_is_closed_to_keys_that_nobody_documents(contract: Contract) -> None:
    for operation in contract.operations.values():
        for answer in operation.answers.values():
            for kind, schema in answer.content.items():
                if kind.endswith("json"):
                    assert list(open_objects(contract, schema.raw, set())) == [], (operation.id, answer.status)


def open_objects(contract: Contract, schema: Any, seen: set[str]) -> Iterator[Any]:
    """Objects with named properties to which any other key could be added."""
    if not isinstance(schema, dict):
        return
    if "$ref" in schema:
        if schema["$ref"] not in seen:
            seen.add(schema["$ref"])
            yield from open_objects(contract, contract.at(schema["$ref"].removeprefix("#")), seen)
        return
    if schema.get("properties") and schema.get("additionalProperties") is not False and not schema.get("x-open"):
        yield schema
    for inner in (*schema.get("properties", {}).values(), schema.get("items"), schema.get("additionalProperties")):
        yield from open_objects(contract, inner, seen)
    for each in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
        yield from open_objects(contract, each, seen)


SMALL = """openapi: 3.1.0
info: {title: Small, version: "1"}
paths:
  /calls/{id}:
    get:
      operationId: getCall
      x-evidence: {standing: documented, source: docs}
      responses:
        "200":
          description: The call.
          content:
            application/json:
              schema: {$ref: '#/components/schemas/Call'}
        "204": {description: Nothing.}
  /calls/all:
    get:
      operationId: listCalls
      responses: {"200": {description: All.}}
webhooks:
  hangup:
    post:
      requestBody:
        content:
          application/x-www-form-urlencoded:
            schema: {$ref: '#/components/schemas/Call'}
components:
  schemas:
    Call:
      type: object
      required: [id]
      additionalProperties: false
      properties:
        id: {type: string}
        to:
          type: string
"""
JSON = [("Content-Type", "application/json; charset=utf-8")]


@pytest.mark.parametrize(
    ("status", "headers", "body", "told"),
    [
        (200, JSON, b'{"id": "1"}', None),
        (200, JSON, b'{"id": "1", "to": 7}', '$.to: 7 is not of type "string" (small contract, line 35: type)'),
        (200, JSON, b"{}", '$: "id" is a required property (small contract, line 30: required)'),
        (200, JSON, b'{"id": "1", "x": 1}', "line 31: additionalProperties"),
        (200, JSON, b"{", "body: not application/json"),
        (200, [("content-type", "text/html")], b"<p>", "content-type: expected application/json, got text/html"),
        (204, [], b"x", "body: expected none, got b'x'"),
        (500, JSON, b"{}", "status: 500 is not documented, only 200, 204 (small contract, line 8: responses)"),
    ],
)
def test_an_answer_that_is_not_as_documented_is_told_with_the_line_that_says_so(
    status: int, headers: list[tuple[str, str]], body: bytes, told: str | None
) -> None:
    operation, findings = check_answer(Contract("small", SMALL), "GET", "/calls/7", status, headers, body)
    assert operation is not None and operation.id == "getCall"
    assert len(findings) == (told is not None)
    if told is not None:
        assert told in str(findings[0])


def test_a_path_is_the_operations_with_the_fewest_variables() -> None:
    contract = Contract("small", SMALL)
    found = contract.find("GET", "/calls/all")
    assert found is not None and found.id == "listCalls"
    assert contract.find("GET", "/calls") is None


def test_a_webhook_is_held_against_the_schema_of_its_form() -> None:
    contract = Contract("small", SMALL)
    form = [("content-type", "application/x-www-form-urlencoded")]
    assert check_webhook(contract, "hangup", "POST", "/x", form, b"id=1&to=2") == []
    assert "required" in str(check_webhook(contract, "hangup", "POST", "/x", form, b"to=2")[0])
    assert "not documented" in str(check_webhook(contract, "ring", "POST", "/x", form, b"id=1")[0])
    assert "expected application/x-www-form-urlencoded" in str(
        check_webhook(contract, "hangup", "POST", "/", [], b"")[0]
    )


CARRIED = SMALL.replace("webhooks:", "x-by-get: {nulls: omitted}\nx-by-form: {}\nx-by-socket: {field: data}\nwebhooks:")
CARRIED = (
    CARRIED.replace("x-www-form-urlencoded", "json")
    .replace("required: [id]", "required: [id, at, rows]")
    .replace(
        "        to:",
        "        at: {type: [number, 'null']}\n        rows: {type: array, items: {type: integer}}\n        to:",
    )
)
BARE = CARRIED.replace("{nulls: omitted}", "{required: [id]}")
FORM = [("content-type", "application/x-www-form-urlencoded")]


@pytest.mark.parametrize(
    ("contract", "method", "url", "headers", "body", "told"),
    [
        (CARRIED, "GET", "/x?mine=1&id=1&at=2.5&rows=%5B1%5D", [], b"", None),
        (CARRIED, "GET", "/x?id=1&rows=%5B1%5D#part", [], b"", None),
        (CARRIED, "GET", "/x?id=1&at=soon&rows=%5B1%5D", [], b"", '$.at: "soon" is not of types'),
        (CARRIED, "GET", "/x?at=1&rows=%5B%5D", [], b"", "$.id: null is not of type"),
        (CARRIED, "GET", "/x?id=1&rows=%5B%22a%22%5D", [], b"", '$.rows[0]: "a" is not of type "integer"'),
        (BARE, "GET", "/x?id=1", [], b"", None),
        (BARE, "GET", "/x", [], b"", '$: "id" is a required property'),
        (SMALL, "GET", "/x?id=1", [], b"", "GET hangup is not documented"),
        (CARRIED, "POST", "/x", FORM, b"id=1&at=3&rows=%5B%5D", None),
        (CARRIED, "POST", "/x", FORM, b"id=1&at=3&rows=%5B%5D&x=1", "Additional properties"),
        (CARRIED, "WS", "ws://x", [], b'{"type": "t", "data": {"id": "1", "at": null, "rows": []}}', None),
        (CARRIED, "WS", "ws://x", [], b'{"data": {"id": 1, "at": null, "rows": []}}', "$.id: 1 is not of type"),
        (CARRIED, "PUT", "/x", JSON, b"{}", "PUT hangup is not documented"),
    ],
)
def test_a_webhook_may_come_by_what_its_contract_says_besides_its_post(
    contract: str, method: str, url: str, headers: list[tuple[str, str]], body: bytes, told: str | None
) -> None:
    found = check_webhook(Contract("small", contract), "hangup", method, url, headers, body)
    assert len(found) == (told is not None), found
    if told is not None:
        assert told in str(found[0])


def test_a_contract_that_there_is_not_is_named_with_those_that_there_are() -> None:
    with pytest.raises(UsageError, match="there are"):
        load("acme")
    with pytest.raises(UsageError, match=r"expected an OpenAPI 3\.1 document"):
        Contract("acme", "openapi: 2.0")


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        ("/api/v1/Account/MA_ABCDEFGH/Call/", "listCalls"),
        ("/api/v1/Account/MA_ABCDEFGH/Call", "listCalls"),
        ("/api/v1/account/MA_ABCDEFGH/numbers", "listNumbers"),
        ("/api/v1/account/MA_ABCDEFGH/Call/", None),
    ],
)
def test_an_operation_is_found_however_its_path_may_be_spelled(path: str, operation: str | None) -> None:
    found = load("vobiz").find("GET", path)
    assert (found.id if found is not None else None) == operation


def test_a_slash_makes_another_path_where_the_contract_does_not_let_it() -> None:
    assert load("tryvox").find("GET", "/v1/voice/accounts/AC1/calls/") is None
