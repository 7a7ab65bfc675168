"""What `ringback scenario check` finds, and how a line of a file is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from emulator.errors import UsageError
from emulator.ids import Ids
from emulator.runtime.staging import read_scenario
from emulator.runtime.vendors import load_vendors
from emulator.scenario_files.loading import find, read, with_apps
from emulator.scenario_files.problems import BadScenario, Problem
from emulator.scenarios.places import fill_all
from emulator.vendor_api import Vendor

__all__ = ["Checked", "check_files", "check_with", "excerpt", "summary"]

SOMEWHERE = ["http://127.0.0.1:8000"] * 9
"""Where the applications might be."""


@dataclass(slots=True)
class Checked:
    """A file, what is wrong with it, and what it says if nothing is."""

    name: str
    text: str = ""
    scenario: Mapping[str, Any] = field(default_factory=dict)
    problems: Sequence[Problem] = ()


def check_files(names: Sequence[str]) -> list[Checked]:
    """Raises: UsageError for a file that is not there."""
    vendors = load_vendors()
    return [_check(name, find(name), vendors) for name in names]


def _check(name: str, path: Path, vendors: Mapping[str, Vendor]) -> Checked:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UsageError(f"scenario: cannot read {name} ({error.strerror})") from error
    text = data.decode("utf-8-sig", "replace")
    try:
        return Checked(name, text, read(data, name, lambda told: check_with(told, vendors)))
    except BadScenario as error:
        return Checked(name, text, problems=error.problems)


def check_with(scenario: Mapping[str, Any], vendors: Mapping[str, Vendor]) -> None:
    """Whether it names providers, settings, callbacks and places that there are. Raises: UsageError."""
    accounts = {name: {"base_url": "", **vendor.seed(Ids(0), True).public} for name, vendor in vendors.items()}
    names = [scenario.get("vendor", ""), *(row.get("vendor", "") for row in scenario.get("calls", ()))]
    places = ["scenario.vendor", *(f"scenario.calls[{index}].vendor" for index in range(len(names) - 1))]
    for name, place in zip(names, places, strict=True):
        _check_name(name, vendors, place)
    told = {"vendor": next(iter(vendors)), **with_apps(scenario, SOMEWHERE)}
    read_scenario(told, vendors, accounts)
    _check_play(scenario, vendors, accounts)


def _check_name(name: str, known: Mapping[str, Any] | Sequence[str], place: str) -> None:
    if name and name not in known:
        close = get_close_matches(name, list(known), 1, 0.5)
        guess = f"; perhaps {close[0]!r}" if close else ""
        raise UsageError(f"{place}: expected one of {', '.join(known)}, got {name!r}{guess}")


def _check_play(
    scenario: Mapping[str, Any], vendors: Mapping[str, Vendor], accounts: Mapping[str, Mapping[str, Any]]
) -> None:
    plan = scenario.get("play", {})
    apps = {"app": "", **{f"app{number}": "" for number in range(2, 10)}, "url": ""}
    for index, row in enumerate(plan.get("requests", ())):
        place = f"scenario.play.requests[{index}]"
        _check_name(row.get("vendor", ""), vendors, f"{place}.vendor")
        name = row.get("vendor") or scenario.get("vendor", "")
        if name:
            fill_all({key: row[key] for key in ("call", "api", "app") if key in row}, {**accounts[name], **apps}, place)
    for index, wanted in enumerate(plan.get("expect", {}).get("calls", ())):
        place = f"scenario.play.expect.calls[{index}]"
        _check_name(wanted.get("vendor", ""), vendors, f"{place}.vendor")
        name = wanted.get("vendor") or scenario.get("vendor", "")
        meant = [vendors[name]] if name else list(vendors.values())
        known = list(dict.fromkeys(each for vendor in meant for each in vendor.callbacks_named))
        for key in ("callbacks", "unanswered"):
            for number, callback in enumerate(wanted.get(key, ())):
                _check_name(callback, known, f"{place}.{key}[{number}]")


def excerpt(text: str, problem: Problem) -> Iterator[str]:
    """The line that is meant, and a mark below it."""
    lines = text.splitlines()
    if not 0 < problem.line <= len(lines):
        return
    line = lines[problem.line - 1].replace("\t", " ")
    number = str(problem.line)
    begin = max(0, problem.column - 61)
    yield f"  {number} | {line[begin : begin + 110]}"
    yield f"  {' ' * len(number)} | {' ' * (problem.column - 1 - begin)}{'^' * min(problem.width, 60)}"


def summary(scenario: Mapping[str, Any]) -> str:
    """`3 numbers, 12 calls, 1 fault`."""
    plan = scenario.get("play", {})
    counts = [
        ("number", len(scenario.get("numbers", {}))),
        ("inbound call", sum(row.get("count", 1) for row in scenario.get("calls", ()))),
        ("fault", len(scenario.get("faults") or ())),
        ("request", len(plan.get("requests", ()))),
        ("expected call", len(plan.get("expect", {}).get("calls", ()))),
    ]
    told = [f"{number} {word}{'' if number == 1 else 's'}" for word, number in counts if number]
    return ", ".join(["a default", *told] if "default" in scenario else told) or "nothing said"
