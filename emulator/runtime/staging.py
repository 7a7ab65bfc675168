"""A scenario made ready for one sandbox: its vendors' settings are read, its inbound calls know vendor and number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emulator.errors import UsageError
from emulator.runtime.changes import read_settings
from emulator.runtime.faulting import check_faults
from emulator.scenarios.callers import IncomingCalls
from emulator.scenarios.places import fill, names_in
from emulator.scenarios.scenario import Scenario
from emulator.vendor_api import Vendor

__all__ = ["read_scenario"]

Accounts = Mapping[str, Mapping[str, Any]]


def read_scenario(scenario: Mapping[str, Any], vendors: Mapping[str, Vendor], accounts: Accounts) -> Scenario:
    """`accounts` as the control API shows them. Raises `UsageError`, naming the path under `scenario`."""
    told = Scenario.from_json(scenario)
    for vendor, values in told.settings.items():
        if vendor not in vendors:
            raise UsageError(f"scenario.settings.{vendor}: expected one of {', '.join(vendors)}")
        try:
            read_settings(vendors[vendor].settings, values)
        except UsageError as error:
            raise UsageError(f"scenario.settings.{vendor}{str(error).removeprefix('settings')}") from None
    check_faults(told.faults or (), vendors, "scenario.faults")
    numbers = {
        _number(number, told.vendor, accounts, f"scenario.numbers[{number!r}]"): casting
        for number, casting in told.numbers.items()
    }
    calls = tuple(
        _placed(row, told.vendor, accounts, f"scenario.calls[{index}]") for index, row in enumerate(told.calls)
    )
    return replace(told, numbers=numbers, calls=calls)


def _number(number: str, vendor: str, accounts: Accounts, where: str) -> str:
    """`{agents[0].number}` is the scenario's vendor's first agent's; a number or pattern is itself."""
    if not names_in(number):
        return number
    name = vendor or (next(iter(accounts)) if len(accounts) == 1 else "")
    if name not in accounts:
        raise UsageError(f"{where}: whose? Say so as `vendor` of the scenario: one of {', '.join(accounts)}")
    return fill(number, accounts[name], where)


def _placed(row: IncomingCalls, vendor: str, accounts: Accounts, where: str) -> IncomingCalls:
    """A row of calls with its vendor, and its number there."""
    name = row.vendor or vendor or (next(iter(accounts)) if len(accounts) == 1 else "")
    if name not in accounts:
        problem = f"got {name!r}" if name else "or say it once, as `vendor` of the whole scenario"
        raise UsageError(f"{where}.vendor: expected one of {', '.join(accounts)}; {problem}")
    return replace(row, vendor=name, to=fill(row.to or "{numbers[0]}", accounts[name], f"{where}.to"))
