"""Sandboxes: made, shown, reset, ended; their scenario and settings; their clock is in `clock`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from emulator.control import requests as r
from emulator.control.answers import SandboxAnswer, SandboxesAnswer, ScenarioAnswer
from emulator.control.errors import ControlError
from emulator.control.finding import check_vendor
from emulator.control.operations import Operation, Visit
from emulator.control.reading import read_settings
from emulator.control.views import sandbox_of, scenario_of
from emulator.errors import NotEmulated
from emulator.runtime.app import origin_of
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import SandboxSpec

__all__ = ["OPERATIONS"]

LAST_YEAR = 2999


async def create(visit: Visit) -> SandboxAnswer:
    body: r.NewSandbox = visit.body
    if body.name in visit.exchange.sandboxes:
        raise ControlError("name_taken", f"there is a sandbox {body.name!r} already", "Delete it, or leave name out.")
    for vendor, settings in body.settings.items():
        check_vendor(visit.exchange, vendor)
        read_settings(settings, visit.exchange.vendors[vendor].settings, f"settings.{vendor}")
    sandbox = visit.exchange.create(
        SandboxSpec(
            name=body.name or "",
            seed=body.seed,
            mode=body.clock.mode,
            start=_start(body.clock),
            speed=_speed(body.clock),
            patience=body.patience,
            deliver=body.deliver,
            signature_clock=body.signature_clock,
            settings=body.settings,
            scenario=msgspec.to_builtins(body.scenario) if body.scenario is not None else {},
            strict=body.strict,
            answers=body.answers,
        )
    )
    return _shown(visit, sandbox)


def _start(clock: r.NewClock) -> datetime | None:
    if clock.start is not None and not 1970 <= clock.start.year <= LAST_YEAR:
        message = f"clock.start: expected an instant from 1970 to {LAST_YEAR}, got {clock.start.isoformat()}"
        raise ControlError("invalid_field", message, "Nothing was changed.")
    return clock.start


def _speed(clock: r.NewClock) -> float:
    if clock.mode == "virtual" and clock.speed != 1:
        message = f"clock.speed: only a real clock has a speed, got {clock.speed:g} for a virtual one"
        raise ControlError("invalid_field", message, "A virtual clock goes as far as advance and run say, at once.")
    return clock.speed


async def list_all(visit: Visit) -> SandboxesAnswer:
    return SandboxesAnswer([_shown(visit, sandbox) for sandbox in visit.exchange.sandboxes.values()])


async def get(visit: Visit) -> SandboxAnswer:
    return _shown(visit, visit.sandbox)


async def delete(visit: Visit) -> None:
    sandbox = visit.sandbox
    visit.streams.close(sandbox.id, "deleted")
    await visit.exchange.delete(sandbox.id)


async def reset(visit: Visit) -> SandboxAnswer:
    sandbox = visit.sandbox
    visit.streams.close(sandbox.id, "reset")
    return _shown(visit, await visit.exchange.reset(sandbox.id))


def _shown(visit: Visit, sandbox: Sandbox) -> SandboxAnswer:
    return sandbox_of(visit.exchange, sandbox, origin_of(visit.request))


# --- scenario and settings -------------------------------------------------------------------------------------


async def get_scenario(visit: Visit) -> ScenarioAnswer:
    return scenario_of(visit.sandbox)


async def put_scenario(visit: Visit) -> ScenarioAnswer:
    visit.sandbox.put_scenario(msgspec.to_builtins(visit.body))
    return scenario_of(visit.sandbox)


async def get_settings(visit: Visit) -> Any:
    vendor = visit.named("vendor")
    check_vendor(visit.exchange, vendor)
    return visit.sandbox.settings[vendor]


async def put_settings(visit: Visit) -> Any:
    vendor = visit.named("vendor")
    check_vendor(visit.exchange, vendor)
    read_settings(visit.body, visit.exchange.vendors[vendor].settings)
    return visit.sandbox.put_settings(vendor, visit.body)


# --- not yet ---------------------------------------------------------------------------------------------------


async def not_yet(visit: Visit) -> None:
    raise NotEmulated(visit.request.url.path.rstrip("/").rpartition("/")[2])


OPERATIONS = (
    Operation("POST", "/sandboxes", "createSandbox", "Make a sandbox.", create, SandboxAnswer, 201, r.NewSandbox,
              refusals=("name_taken", "unknown_vendor", "not_emulated"), tag="sandboxes"),
    Operation("GET", "/sandboxes", "listSandboxes", "Every sandbox.", list_all, SandboxesAnswer, tag="sandboxes"),
    Operation("POST", "/sandboxes/import", "importSandbox", "Make a sandbox of an exported file. Not emulated yet.",
              not_yet, status=201, refusals=("not_emulated",), tag="sandboxes"),
    Operation("GET", "/sandboxes/{sandbox}", "getSandbox", "One sandbox.", get, SandboxAnswer, tag="sandboxes"),
    Operation("DELETE", "/sandboxes/{sandbox}", "deleteSandbox",
              "End a sandbox at once: its timers and deliveries die with it.", delete, status=204, tag="sandboxes"),
    Operation("POST", "/sandboxes/{sandbox}/reset", "resetSandbox",
              "Back to its first instant: same id, seed, credentials; no calls, no records, the first settings.",
              reset, SandboxAnswer, body=r.Nothing, tag="sandboxes"),
    Operation("GET", "/sandboxes/{sandbox}/scenario", "getScenario", "Who is on the other end.", get_scenario,
              ScenarioAnswer, tag="scenario"),
    Operation("PUT", "/sandboxes/{sandbox}/scenario", "putScenario",
              "Say who is on the other end, for calls that begin from now on.", put_scenario, ScenarioAnswer,
              body=r.Scenario, tag="scenario"),
    Operation("GET", "/sandboxes/{sandbox}/settings/{vendor}", "getSettings",
              "What the vendor keeps in its web panel.", get_settings, r.Settings, refusals=("unknown_vendor",),
              tag="settings"),
    Operation("PUT", "/sandboxes/{sandbox}/settings/{vendor}", "putSettings",
              "Replace a vendor's settings whole; what is not named takes its default.", put_settings, r.Settings,
              body=r.Settings, refusals=("unknown_vendor",), tag="settings"),
    Operation("GET", "/sandboxes/{sandbox}/export", "exportSandbox", "The sandbox as one file. Not emulated yet.",
              not_yet, refusals=("not_emulated",), tag="not yet"),
)  # fmt: skip
