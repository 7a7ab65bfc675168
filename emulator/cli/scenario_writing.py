"""A finished call of a running server as the text of a scenario file."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from emulator.client import BASE
from emulator.client.calls import every
from emulator.client.control_api import ControlApi
from emulator.client.scripting import scenario_of
from emulator.errors import UsageError
from emulator.runtime.vendors import load_vendors

__all__ = ["recorded", "written"]

SCHEMA = "scenario.schema.json"


def recorded(
    call: str, sandbox: str, url: str, token: str, *, with_heard: bool
) -> tuple[dict[str, Any], str, list[str]]:
    """The scenario, where the application was, and what the client asked of the call while it lasted: nobody knows
    whether the application does that again by itself, so it is not in the scenario.

    Raises: UsageError for a call that is not over.
    """
    api = ControlApi(url, token)
    path = f"/sandboxes/{quote(sandbox)}"
    if call == "last":
        call = _last(api, path)
    told = api.get(f"{path}/calls/{quote(call, safe='')}")
    if told["state"] != "ended":
        raise UsageError(f"from-call: call {told['id']} is {told['state']}; only one that is over is a scenario")
    world = api.get(path)
    vendor = told["vendor"]
    journal = _journal(api, path)
    settings = _changed(api.get(f"{path}/settings/{vendor}"), vendor)
    made = scenario_of(told, journal, world["vendors"][vendor], settings, world["seed"], with_heard=with_heard)
    first = urlsplit(told["deliveries"][0]["request"]["url"]) if told["deliveries"] else None
    return made, f"{first.scheme}://{first.netloc}" if first is not None else "", _asked(told, journal)


def _asked(call: dict[str, Any], journal: list[dict[str, Any]]) -> list[str]:
    """Requests that changed the call after the one that placed it: `DELETE …/Call/x/, 6 s after its beginning`."""
    began = datetime.fromisoformat(call["created_at"])
    rows = [
        (entry, (datetime.fromisoformat(entry["at"]) - began).total_seconds())
        for entry in journal
        if entry["kind"] == "request" and entry["call"] == call["id"]
        and entry["method"] not in ("GET", "HEAD") and entry["status"] < 400
    ]  # fmt: skip
    if call["direction"] == "outbound":
        rows = rows[1:]
    return [f"{entry['method']} {entry['path']}, {seconds:g} s after its beginning" for entry, seconds in rows]


def _last(api: ControlApi, path: str) -> str:
    over = [told["id"] for told in every(api, f"{path}/calls", "calls") if told["state"] == "ended"]
    if not over:
        raise UsageError("from-call: there is no call that is over")
    return str(over[-1])


def _journal(api: ControlApi, path: str) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {api.token}"} if api.token else {}
    _, body = api.send("GET", f"{BASE}{path}/journal", headers)
    return [json.loads(line) for line in body.splitlines()]


def _changed(settings: dict[str, Any], vendor: str) -> dict[str, Any]:
    """Those that are not as they were at first."""
    known = load_vendors()
    first = json.loads(msgspec.json.encode(known[vendor].settings())) if vendor in known else {}
    return {key: item for key, item in settings.items() if item != first.get(key)}


def written(scenario: dict[str, Any], output: Path | None = None) -> str:
    """YAML, its keys in their order; if the schema lies beside `output` or above it, editors are led to it."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """Without anchors; lists of plain texts on one line."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    def texts(dumper: yaml.SafeDumper, data: list[Any]) -> yaml.Node:
        is_short = all(isinstance(each, str) for each in data) and sum(map(len, map(str, data))) < 90
        return dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=is_short)

    Dumper.add_representer(list, texts)
    return (
        "# Made by `ringback scenario from-call`.\n"
        + _modeline(output)
        + yaml.dump(scenario, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)
    )


def _modeline(output: Path | None) -> str:
    if output is not None:
        for depth, folder in enumerate(list(output.resolve().parents)[:3]):
            if (folder / SCHEMA).is_file():
                return f"# yaml-language-server: $schema={'../' * depth}{SCHEMA}\n"
    return ""
