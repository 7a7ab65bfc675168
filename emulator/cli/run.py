"""`ringback run`: a command with an emulator of its own, whose address and credentials are in its environment."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import Any

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
        if ours.name == "quiet" and isinstance(ours, click.Option):
            ours.help = "Nothing is said unless --json is, with it or without."
        options.append(ours)
    return options


def _run(command: tuple[str, ...], intercept: bool, **told: Any) -> int:
    """Start an emulator, run COMMAND with RINGBACK_URL and every provider's address and credentials in its environment,
    and stop the emulator when it ends.

    The exit code is COMMAND's: 127 if there is none, 126 if it cannot be run, 128 and the signal's number if it was
    killed. SIGTERM is passed on to it.
    """
    if intercept:
        click.echo(
            "ringback run: --intercept: not there yet, and nothing was done. Until then give your application the "
            "address in RINGBACK_URL, or the provider's own, such as RINGBACK_<PROVIDER>_URL.",
            err=True,
        )
        return 2
    if not command:
        raise UsageError("run: expected a command, as in `ringback run -- pytest`")
    as_json: bool = told.pop("as_json")
    del told["quiet"]
    ready_file: Path | None = told.pop("ready_file")
    options, spec = specified(**told)
    from emulator.cli.running import Running

    return Running(options, spec, ready_file, command, as_json=as_json).run()


run = click.Command(
    "run",
    callback=_run,
    help=_run.__doc__,
    params=[
        *_options(),
        click.Option(["--intercept"], is_flag=True, help="(not there yet) The providers' real host names lead here."),
        click.Argument(["command"], nargs=-1, type=click.UNPROCESSED),
    ],
    context_settings={"show_default": True, "allow_interspersed_args": False},
)
