"""`ringback run`: a command with an emulator of its own, whose address and credentials are in its environment."""

from __future__ import annotations

from copy import copy
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

import click

from emulator.cli.serve import serve, specified
from emulator.errors import UsageError

__all__ = ["run"]


def _options() -> list[click.Parameter]:
    """Those of `serve`, on any free port unless told."""
    options: list[click.Parameter] = []
    for option in serve.params:
        ours = copy(option)
        if ours.name == "port":
            ours.default = 0
        if ours.name == "as_json" and isinstance(ours, click.Option):
            ours.help = "Journal entries, as JSON lines, on standard error."
        if ours.name == "strict" and isinstance(ours, click.Option):
            ours.help = (
                "Hold every request against its provider's contract; exit code 1 for violations, if COMMAND's is 0."
            )
        if ours.name == "quiet" and isinstance(ours, click.Option):
            ours.help = "Not even say which hosts --intercept refused."
        options.append(ours)
    return options


def _run(command: tuple[str, ...], intercept: bool, passthrough: bool, **told: Any) -> int:
    """Start an emulator, run COMMAND with RINGBACK_URL and every provider's address and credentials in its environment,
    and stop the emulator when it ends.

    With --intercept the providers' real host names lead to the emulator, for whoever honours HTTPS_PROXY and trusts the
    certificates of SSL_CERT_FILE and its like, all set for COMMAND; any other host is refused, unless --passthrough.

    With --strict every violation of a contract is told on standard error at the end, and RINGBACK_STRICT is set for
    COMMAND, so that the sandboxes of a pytest in it are strict too.

    The exit code is COMMAND's: 127 if there is none, 126 if it cannot be run, 128 and the signal's number if it was
    killed; with --strict it is 1 where COMMAND's is 0 and there were violations. SIGTERM is passed on to it.
    """
    if passthrough and not intercept:
        raise UsageError("--passthrough: says what --intercept does with other hosts; say both")
    if intercept and find_spec("trustme") is None:
        raise UsageError("--intercept: needs trustme for its certificates: pip install 'ringback[intercept]'")
    if not command:
        raise UsageError("run: expected a command, as in `ringback run -- pytest`")
    as_json: bool = told.pop("as_json")
    quiet: bool = told.pop("quiet")
    ready_file: Path | None = told.pop("ready_file")
    options, spec = specified(**told)
    from emulator.cli.running import Running

    hosts: Literal["as ever", "ours alone", "ours"] = "as ever"
    if intercept:
        hosts = "ours" if passthrough else "ours alone"
    return Running(options, spec, ready_file, command, as_json=as_json, tells=not quiet, hosts=hosts).run()


def _flag(name: str, told: str) -> click.Option:
    return click.Option([name], is_flag=True, envvar=f"RINGBACK_{name[2:].upper()}", show_envvar=True, help=told)


run = click.Command(
    "run",
    callback=_run,
    help=_run.__doc__,
    params=[
        *_options(),
        _flag("--intercept", "The providers' real host names lead here, and no other host is reached."),
        _flag("--passthrough", "With --intercept: other hosts are reached as ever."),
        click.Argument(["command"], nargs=-1, type=click.UNPROCESSED),
    ],
    context_settings={"show_default": True, "allow_interspersed_args": False},
)
