"""The commands by name, each imported only when it is run: `--help` costs click and nothing more."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Final

import click

from emulator import __version__

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

__all__ = ["COMMANDS", "PREFIX", "ringback"]

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "serve": ("emulator.cli.serve:serve", "The telco: serve every provider's API until stopped."),
    "demo": (
        "emulator.cli.demo:demo",
        "A call through a real SDK to a small application, and what happened.",
    ),
    "call": ("emulator.cli.calls:call", "Place a call on a running server, as its client would."),
    "dial-in": ("emulator.cli.calls:dial_in", "Let somebody call one of your numbers on a running server."),
    "explain": ("emulator.cli.explain:explain", "How a webhook was signed, and why its signature is found wrong."),
    "vendors": ("emulator.cli.catalogue:vendors", "What is emulated, and how sure we are."),
    "numbers": ("emulator.cli.catalogue:numbers", "Numbers that need no set-up: busy, no answer, machine, ..."),
    "run": ("emulator.cli.run:run", "Run a command against an emulator of its own."),
    "scenario": ("emulator.cli.scenario:scenario", "Check scenario files, play them, make one of a finished call."),
    "record": (
        "emulator.cli.absent:record",
        "(not there yet) Record what passes between client and vendor.",
    ),
    "replay": ("emulator.cli.absent:replay", "(not there yet) Replay a recording, and show the difference."),
}
"""Name: where the command is, and its line in `--help`."""

GROUP: Final = "emulator.commands"


class Commands(click.Group):
    """Ours by name, and whatever other distributions plug in under `emulator.commands`."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS, *sorted(self._plugged())]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name in COMMANDS:
            module, _, name = COMMANDS[cmd_name][0].partition(":")
            found: click.Command = getattr(import_module(module), name)
            return found
        entry = self._plugged().get(cmd_name)
        return entry.load() if entry is not None else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        command = self.get_command(ctx, name)
        if command is None:
            names = self.list_commands(ctx)
            near = get_close_matches(name, names, 1)
            guess = f"; perhaps {near[0]!r}" if near else ""
            ctx.fail(f"there is no command {name!r}{guess}. The commands are: {', '.join(names)}.")
        return name, command, args[1:]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, told) for name, (_, told) in COMMANDS.items()]
        rows += [(name, f"From {entry.value.partition('.')[0]}.") for name, entry in sorted(self._plugged().items())]
        with formatter.section("Commands"):
            formatter.write_dl(rows)

    @staticmethod
    def _plugged() -> dict[str, EntryPoint]:
        from importlib.metadata import entry_points

        return {entry.name: entry for entry in entry_points(group=GROUP) if entry.name not in COMMANDS}


PREFIX: Final = "RINGBACK"
"""An option without a variable of its own has `RINGBACK_COMMAND_OPTION`."""


@click.command(
    cls=Commands,
    context_settings={
        "help_option_names": ["-h", "--help"], "max_content_width": 110, "auto_envvar_prefix": PREFIX,
    },
)  # fmt: skip
@click.version_option(__version__, prog_name="ringback", message="%(prog)s %(version)s")
def ringback() -> None:
    """A telephone company in a box: voice providers' call-control APIs, emulated on your machine.

    Start with `ringback demo`, then `ringback serve`. Every option has an environment variable: RINGBACK_PORT, ..., or
    else its command's and its own name, as RINGBACK_DIAL_IN_TO.
    """
