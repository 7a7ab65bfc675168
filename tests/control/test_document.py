"""The OpenAPI document is valid, complete and true. That its answers are so, `Control.ask` checks in every test."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.applications import Starlette
from starlette.routing import Route

from emulator.control.errors import CODES
from emulator.control.far_end_schema import SCHEMAS
from emulator.errors import UsageError
from emulator.scenarios.far_end import FarEnd, Reaction
from tests.control.conftest import Control


def routed(control: Control) -> set[tuple[str, str]]:
    app = control.guard.app
    assert isinstance(app, Starlette)
    return {
        (method, route.path)
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }


def documented(control: Control) -> set[tuple[str, str]]:
    return {(method.upper(), path) for path, by_method in control.document["paths"].items() for method in by_method}


def test_every_route_is_in_the_document(control: Control) -> None:
    assert routed(control) - documented(control) == set()


def test_everything_in_the_document_is_routed(control: Control) -> None:
    assert documented(control) - routed(control) == set()


def test_the_document_is_valid_openapi(control: Control) -> None:
    OpenAPIV31SpecValidator(control.document).validate()


async def test_the_document_is_served(control: Control) -> None:
    assert await control.get("/openapi.json") == control.document


def test_every_reference_leads_somewhere(control: Control) -> None:
    refs = set(re.findall(r"'\$ref': '#/components/schemas/([^']+)'", str(control.document)))
    assert refs <= set(control.document["components"]["schemas"])


def test_every_schema_is_used(control: Control) -> None:
    refs = set(re.findall(r"'\$ref': '#/components/schemas/([^']+)'", str(control.document)))
    assert set(control.document["components"]["schemas"]) <= refs


def test_every_parameter_of_a_path_is_described(control: Control) -> None:
    for path, by_method in control.document["paths"].items():
        for operation in by_method.values():
            described = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "path"}
            assert described == set(re.findall(r"{(\w+)}", path))


def test_every_code_is_one_that_something_answers(control: Control) -> None:
    said = set(re.findall(r"`(\w+)`:", str(control.document["paths"])))
    assert set(CODES) - said == {"unknown_path", "method_not_allowed", "already_ringing"}


def test_the_far_ends_schema_has_every_field(control: Control) -> None:
    castings = {"choose", "in_turn"}
    assert set(SCHEMAS["FarEnd"]["properties"]) == {one.name for one in fields(FarEnd)} | castings


def test_the_reactions_schema_has_every_field_and_deed() -> None:
    deeds = {"press", "say", "seconds", "hang_up", "hold"}
    assert set(SCHEMAS["Reaction"]["properties"]) == {one.name for one in fields(Reaction)} - {"do"} | deeds


FAR_ENDS = [
    {},
    {"rings_for": "3s", "hangs_up_after": 20},
    {"outcome": "busy", "connects_after": 0.5},
    {"outcome": "no-answer", "rings_for": None},
    {
        "reactions": [
            {"press": "1", "on": "press 1", "barge_in": True},
            {"say": "yes", "seconds": "1.5s", "on_prompt": True},
        ]
    },
    {"reactions": [{"hang_up": True, "at": "2m", "times": 1}, {"hold": False, "after": "500ms"}]},
    {"is_machine": True, "greeting": "Leave a message", "greeting_for": 4, "early_media": True},
    {"picks_up": False, "rings_up_to": 9, "gives_up_after": "1h"},
]
NOT_FAR_ENDS = [
    {"rings_fo": 3},
    {"rings_for": "soon"},
    {"rings_for": -1},
    {"outcome": "vanish"},
    {"picks_up": "no"},
    {"reactions": {}},
    {"reactions": [{}]},
    {"reactions": [{"press": "1", "say": "one"}]},
    {"reactions": [{"press": "x"}]},
    {"reactions": [{"hang_up": False}]},
    {"reactions": [{"say": "hi", "times": 0}]},
    {"reactions": [{"say": "hi", "on": ""}]},
    [],
]


def is_valid(far_end: object) -> bool:
    schema = {"$ref": "#/components/schemas/FarEnd", "components": {"schemas": SCHEMAS}}
    return Draft202012Validator(schema).is_valid(far_end)


@pytest.mark.parametrize("far_end", FAR_ENDS)
def test_a_far_end_that_is_read_is_valid_by_the_schema(far_end: object) -> None:
    made = FarEnd.from_json(far_end)
    assert is_valid(far_end)
    assert is_valid(made.to_json())


@pytest.mark.parametrize("far_end", NOT_FAR_ENDS)
def test_a_far_end_that_is_not_read_is_not_valid_by_the_schema(far_end: object) -> None:
    with pytest.raises(UsageError):
        FarEnd.from_json(far_end)
    assert not is_valid(far_end)
