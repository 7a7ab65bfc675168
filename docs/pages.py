"""The reference pages that are made from what they describe: commands, control API, Python, scenario files, vendors.

`pages()` is told by path below `docs/`; none of them is kept in the repository.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping
from importlib.resources import files
from typing import Any, Final

import click

from docs.generate import facts, options_of, rows
from docs.schemas import cell, fields, phrase, sections
from emulator import AsyncSandbox, Sandbox, Server, connect, start
from emulator.cli.catalogue import settings_explained, settings_of
from emulator.cli.group import ringback
from emulator.client.calls import Call, Calls, Deliveries, Hand
from emulator.client.faults import Faults
from emulator.client.records import Delivery, Transcript
from emulator.client.sandbox import Settings
from emulator.control.app import operations
from emulator.control.document import openapi
from emulator.control.errors import CODES
from emulator.runtime.exchange import Exchange
from emulator.runtime.vendors import load_vendors
from emulator.scenarios.builder import FarEndBuilder
from emulator.vendor_api import Vendor

__all__ = ["pages"]

PYTHON: Final = (
    Sandbox, FarEndBuilder, Calls, Call, Hand, Transcript, Deliveries, Delivery, Faults, Settings, Server, AsyncSandbox,
)  # fmt: skip


def pages() -> Mapping[str, str]:
    """Markdown by path, such as `reference/cli.md`."""
    made: dict[str, Callable[[], Iterator[str]]] = {
        "reference/cli.md": _commands,
        "reference/control-api.md": _control_api,
        "reference/python.md": _python,
        "reference/scenario-schema.md": _scenario_schema,
    }
    told = {path: _joined(parts()) for path, parts in made.items()}
    for vendor in load_vendors().values():
        told[f"reference/vendors/{vendor.name}.md"] = _joined(_vendor(vendor))
    return told


def _joined(parts: Iterator[str]) -> str:
    return "\n\n".join(parts) + "\n"


# --- commands -------------------------------------------------------------------------------------------------


def _commands() -> Iterator[str]:
    yield "# Command line"
    yield (
        "Every option has an environment variable. Exit codes: 0 ok, 1 findings, 2 usage, 3 could not start or reach a "
        "server, 130 interrupted; `run` exits as its command does."
    )
    for name, command in _every(ringback, "ringback"):
        if isinstance(command, click.Group):
            continue
        yield f"## {name}"
        yield _paragraphs(command.help or "")
        with click.Context(command, info_name=name) as context:
            yield f"```text\n{command.get_usage(context).removeprefix('Usage: ')}\n```"
        if any(isinstance(option, click.Option) for option in command.params):
            yield options_of(command, name)


def _every(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        with click.Context(command) as context:
            for word in command.list_commands(context):
                inner = command.get_command(context, word)
                if inner is not None:
                    yield from _every(inner, f"{name} {word}")


def _paragraphs(text: str) -> str:
    return inspect.cleandoc(text).replace("\b\n", "").replace("<", "&lt;").replace("\f", "")


ERROR: Final = {
    "description": "Every refusal, whatever its status.",
    "properties": {
        "error": {
            "type": "object",
            "description": "`code`, one of the [refusals](#refusals); `message`; `hint`, what to do.",
        }
    },
    "required": ["error"],
}

# --- control API ----------------------------------------------------------------------------------------------


def _control_api() -> Iterator[str]:
    exchange = Exchange()
    document: dict[str, Any] = json.loads(json.dumps(openapi(operations(exchange), exchange)))
    yield "# Control API"
    yield document["info"]["description"]
    yield (
        f"Base: `{document['servers'][0]['url']}`. JSON in and out; a refusal is an [Error](#error). This page is made "
        f"from the OpenAPI document at `{document['servers'][0]['url']}/openapi.json`."
    )
    everywhere = set.intersection(
        *(set(_codes(each)) for methods in document["paths"].values() for each in methods.values())
    )
    for tag in document["tags"]:
        found = [
            (f"{method.upper()} {path}", operation)
            for path, methods in document["paths"].items()
            for method, operation in methods.items()
            if tag["name"] in operation["tags"]
        ]
        if found:
            yield f"## {tag['name'].capitalize()}"
            yield tag["description"]
            for name, operation in found:
                yield from _operation(name, operation, everywhere)
    yield "## Refusals"
    common = ", ".join(f"`{code}`" for code in CODES if code in everywhere)
    yield (
        "By their `code`, which is stable; the message names what came and what would have done. Any operation may "
        f"answer {common}; those of its own are named with it."
    )
    yield rows(
        ("code", "status", "means"), *((f"`{code}`", str(row.status), cell(row.meaning)) for code, row in CODES.items())
    )
    yield "## Schemas"
    yield from sections({**document["components"]["schemas"], "Error": ERROR})


def _codes(operation: Mapping[str, Any]) -> dict[str, str]:
    """The codes of an operation's refusals, each with its status."""
    refusals = ((status, answer["description"]) for status, answer in operation["responses"].items() if status >= "400")
    return {code: status for status, text in refusals for code in re.findall("`([a-z_]+)`(?=:)", text)}


def _operation(name: str, operation: Mapping[str, Any], everywhere: set[str]) -> Iterator[str]:
    yield f"### {name}"
    yield operation["summary"]
    queries = [each for each in operation.get("parameters", ()) if each["in"] == "query"]
    if queries:
        table = [(f"`{each['name']}`", phrase(each["schema"]), cell(each.get("description", ""))) for each in queries]
        yield rows(("query", "is", "means"), *table)
    told = []
    if "requestBody" in operation:
        told.append(f"- Body: {phrase(operation['requestBody']['content']['application/json']['schema'])}")
    for status, answer in operation["responses"].items():
        if status < "400":
            shapes = [f"{phrase(each['schema'])} ({media})" for media, each in answer.get("content", {}).items()]
            told.append(": ".join([f"- {status}", *shapes]))
    own = [f"{status} `{code}`" for code, status in _codes(operation).items() if code not in everywhere]
    if own:
        told.append(f"- Refused with {', '.join(own)}")
    yield "\n".join(told).replace(" (application/json)", "")


# --- Python ---------------------------------------------------------------------------------------------------


def _python() -> Iterator[str]:
    yield "# Python"
    yield (
        "`import emulator` gives `start`, `connect`, `Sandbox`, `AsyncSandbox`, `Server` and `DidNotHappen`, all of it "
        "typed. In a test the fixtures of the [pytest plugin](pytest-plugin.md) hand you a `Sandbox`."
    )
    yield "## Functions"
    for function in (start, connect):
        yield from _callable(f"emulator.{function.__name__}", function)
    for kind in PYTHON:
        yield f"## {kind.__name__}"
        yield _paragraphs(kind.__doc__ or "")
        members = {name: member for base in reversed(kind.__mro__[:-1]) for name, member in vars(base).items()}
        for name, member in members.items():
            if name.startswith("_"):
                continue
            member = member.__func__ if isinstance(member, classmethod | staticmethod) else member
            if inspect.isfunction(member):
                yield from _callable(name, member)
            elif isinstance(member, property) and member.fget is not None:
                yield f"### {name}"
                yield _paragraphs(member.fget.__doc__ or "")


class Bare(str):
    """An annotation that is shown as it was written."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


def _callable(name: str, function: Callable[..., Any]) -> Iterator[str]:
    told = inspect.signature(function)
    answer = told.return_annotation
    kept = [
        each.replace(annotation=Bare(each.annotation) if each.annotation is not each.empty else each.empty)
        for each in told.parameters.values()
        if each.name not in ("self", "cls")
    ]
    yield f"### {name.rpartition('.')[2]}"
    shown = told.replace(parameters=kept, return_annotation=Bare(answer) if answer is not told.empty else answer)
    yield f"```python\n{name}{shown}\n```"
    yield _paragraphs(function.__doc__ or "")


# --- scenarios ------------------------------------------------------------------------------------------------


def _scenario_schema() -> Iterator[str]:
    schema = json.loads(files("emulator.scenario_files").joinpath("scenario.schema.json").read_text(encoding="utf-8"))
    yield "# Scenario files"
    yield schema["description"]
    yield (
        "YAML, or JSON. An editor completes and checks a file whose first line is "
        "`# yaml-language-server: $schema=PATH`, with `fixtures/scenario.schema.json` as PATH."
    )
    yield "## The file"
    yield fields(schema)
    yield "## Its parts"
    yield from sections(schema["$defs"])


# --- vendors --------------------------------------------------------------------------------------------------


def _vendor(vendor: Vendor) -> Iterator[str]:
    yield f"# {vendor.title}"
    yield (
        f"Base URL `http://HOST:PORT/{vendor.name}`. The emulator also answers for "
        f"{', '.join(f'`{host}`' for host in vendor.hosts)}, by Host header and under `ringback run --intercept`."
    )
    yield "## What is emulated"
    yield rows(("part", "how we know"), *((cell(part.name), part.standing) for part in vendor.parts))
    yield "## What is not"
    missing = [f"- {name}" for name in vendor.not_emulated]
    yield "\n".join(missing) or "Nothing that we know of."
    yield "## Callbacks"
    yield ", ".join(f"`{name}`" for name in vendor.callbacks_named)
    switches = [(f"`{name}`", f"`{cell(allowed)}`", f"`{default}`") for name, allowed, default in settings_of(vendor)]
    if switches:
        yield "## Settings"
        yield rows(("setting", "values", "default"), *switches)
        yield "\n".join(f"- {told}" for told in settings_explained(vendor))
    own = [fact for fact in facts() if fact.id.startswith(f"{vendor.name.upper()}-")]
    yield "## Doubts"
    yield "What we had to infer: if your account knows better, tell us."
    yield rows(
        ("fact", "what we do"), *((fact.id, cell(fact.statement)) for fact in own if fact.standing == "inferred")
    )
    yield "## What we know"
    known = (fact for fact in own if fact.standing != "inferred")
    yield rows(("fact", "statement", "standing"), *((fact.id, cell(fact.statement), fact.standing) for fact in known))
