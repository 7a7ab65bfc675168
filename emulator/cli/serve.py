"""`ringback serve`: its options, each with an environment variable, and what is wrong about a combination of them."""

from __future__ import annotations

import contextlib
import gc
import ipaddress
import secrets
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import click

from emulator.errors import UsageError

if TYPE_CHECKING:
    from emulator.runtime.spec import Options, SandboxSpec

__all__ = ["serve", "specified"]

F = TypeVar("F", bound=Callable[..., Any])


class Hosts(click.ParamType[tuple[str, ...]]):
    """Host names, apart by commas or spaces, as an environment variable would have them."""

    name = "host"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        names = tuple(str(value).replace(",", " ").split())
        for name in names:
            if "/" in name:
                self.fail(f"expected a host name such as staging.example.com, got {name!r}", param, ctx)
        return names


class Instant(click.ParamType[datetime]):
    """An instant with its zone."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        with contextlib.suppress(ValueError):
            at = datetime.fromisoformat(value)
            if at.tzinfo is not None:
                return at
        self.fail(f"expected an instant with its zone such as 2026-01-01T00:00:00Z, got {value!r}", param, ctx)


def _option(name: str, *more: str, **told: Any) -> Callable[[F], F]:
    """An option and its environment variable: `--ready-file`, `RINGBACK_READY_FILE`."""
    variable = f"RINGBACK_{name[2:].replace('-', '_').upper()}"
    return click.option(name, *more, envvar=variable, show_envvar=True, **told)


def _no_data(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    if value:
        raise UsageError(
            f"--data: a journal on disk is not there yet, got {value!r}; everything is in memory, and "
            "GET /_control/v1/sandboxes/ID/journal tells it"
        )


@click.command(context_settings={"show_default": True})
@_option("--host", default="127.0.0.1", help="Address to bind.")
@_option("--port", default=5550, type=click.IntRange(0, 65535), help="0: any free one.")
@_option("--ready-file", type=click.Path(dir_okay=False, path_type=Path), help="JSON; appears whole once it answers.")
@_option("--clock", default="real", type=click.Choice(["real", "virtual"]), help="A virtual one stands until told.")
@_option("--speed", default=1.0, type=float, help="How many times as fast a real clock runs.")
@_option("--start", type=Instant(), show_default="now; 2026 if virtual", help="Where the clock starts.")
@_option("--seed", default=0, help="Of the default sandbox's ids and choices.")
@_option("--patience", default=5.0, type=float, help="Seconds till a silent receiver is hung (virtual clock).")
@_option("--public-url", default="", show_default="as bound", help="For URLs that inbound calls carry.")
@_option("--allow-host", "allow_hosts", multiple=True, type=Hosts(), help="A public host that webhooks may go to.")
@_option("--token", default="", show_default="made up if bound wider", help="What the control API demands.")
@_option("--vendor-ports", is_flag=True, help="A port of its own for each vendor, too.")
@_option("--keep", default=10_000, type=click.IntRange(1), help="How many ended calls a sandbox remembers.")
@_option(
    "--scenario", default="", metavar="FILE", help="Who is on the other end, who calls: a file, or a preset's name."
)
@_option(
    "--app", "apps", multiple=True, metavar="URL", help="Where your application is, that a scenario's callers reach."
)
@_option("--vendor", default="", metavar="NAME", help="Whose numbers a scenario calls that names no provider.")
@_option("--strict", is_flag=True, help="Hold every request against its provider's contract; a line per violation.")
@_option("--answers", default="plain", type=click.Choice(["plain", "varied"]), help="Varied within the contracts.")
@_option("--data", hidden=True, expose_value=False, callback=_no_data, metavar="DIR", help="Not there yet.")
@_option("--json", "as_json", is_flag=True, help="Journal entries, as JSON lines.")
@_option("--quiet", is_flag=True, help="Say where it is, and nothing more.")
def serve(
    host: str, port: int, ready_file: Path | None, clock: Literal["real", "virtual"], speed: float,
    start: datetime | None, seed: int, patience: float, public_url: str, allow_hosts: tuple[tuple[str, ...], ...],
    token: str, vendor_ports: bool, keep: int, scenario: str, apps: tuple[str, ...], vendor: str, strict: bool,
    answers: str, as_json: bool, quiet: bool,
) -> int:  # fmt: skip
    """Serve every provider's API until stopped, and show one line per request, state change and webhook.

    The first SIGINT or SIGTERM drains for at most two seconds, the second stops at once. Exit codes: 0 stopped by
    SIGTERM, 130 interrupted, 3 could not start.
    """
    told = specified(
        host, port, clock, speed, start, seed, patience, public_url, allow_hosts, token, vendor_ports, keep, scenario,
        apps, vendor, strict, answers,
    )  # fmt: skip
    gc.disable()  # till it serves: a hundred collections while importing would find nothing
    from emulator.cli.serving import Serving

    try:
        return Serving(*told, ready_file, as_json=as_json, quiet=quiet).run()
    finally:
        gc.enable()


def specified(
    host: str, port: int, clock: Literal["real", "virtual"], speed: float, start: datetime | None, seed: int,
    patience: float, public_url: str, allow_hosts: tuple[tuple[str, ...], ...], token: str, vendor_ports: bool,
    keep: int, scenario: str = "", apps: tuple[str, ...] = (), vendor: str = "",
    strict: bool = False, answers: str = "plain",
) -> tuple[Options, SandboxSpec]:  # fmt: skip
    """What the options say of the process and of its default sandbox. Raises `UsageError` for what does not go
    together."""
    if clock == "virtual" and speed != 1.0:
        raise UsageError(f"--speed: a virtual clock stands still until told; say --clock real with --speed {speed:g}")
    from emulator.vendor_wire.urls import is_http_url

    if public_url and not is_http_url(public_url):
        raise UsageError(f"--public-url: expected an address such as https://calls.example.com, got {public_url!r}")
    if not token and not _is_loopback(host):
        token = secrets.token_urlsafe(18)
    from emulator.runtime.spec import MOST_PATIENCE, MOST_SEED, MOST_SPEED, Options, SandboxSpec

    if not 0 <= seed <= MOST_SEED:
        raise UsageError(f"--seed: expected a whole number from 0 to {MOST_SEED}, got {seed}")
    for name, given, most in (("--speed", speed, MOST_SPEED), ("--patience", patience, MOST_PATIENCE)):
        if not 0 < given <= most:  # which a NaN is not
            raise UsageError(f"{name}: expected a number above 0 and at most {most:,}, got {given:g}")
    options = Options(
        host=host, port=port, public_url=public_url, allow_hosts=tuple(name for names in allow_hosts for name in names),
        token=token, vendor_ports=vendor_ports, keep=keep,
    )  # fmt: skip
    return options, SandboxSpec(
        name="default", seed=seed, mode=clock, start=start, speed=speed, patience=patience,
        scenario=_loaded(scenario, apps, vendor) if scenario or apps or vendor else {}, strict=strict, answers=answers,
    )  # fmt: skip


def _loaded(scenario: str, apps: tuple[str, ...], vendor: str) -> dict[str, Any]:
    """A scenario as a sandbox takes it, nothing without a name. Raises `UsageError` with every line that is wrong."""
    from emulator.client.playing import check_apps, led
    from emulator.runtime.vendors import load_vendors
    from emulator.scenario_files.loading import load, with_apps

    check_apps(apps)
    if vendor and vendor not in (known := load_vendors()):
        raise UsageError(f"--vendor: expected one of {', '.join(known)}, got {vendor!r}")
    if not scenario:
        return {}
    told = with_apps(load(scenario), apps)
    if vendor:
        told = {**told, "vendor": told.get("vendor") or vendor}
    return led(told, told.get("play", {}).get("urls", {}), apps)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
