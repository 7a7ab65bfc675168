"""Which running server a command speaks to, and in which of its sandboxes: the same options wherever one is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["server_options"]

F = TypeVar("F", bound=Callable[..., Any])


def server_options(command: F) -> F:
    """`--sandbox`, `--token` and `--url` (or `--server`), as arguments `sandbox`, `token` and `url`."""
    for decorate in (
        click.option("--url", "--server", "url", default="http://127.0.0.1:5550", show_default=True, metavar="URL",
                     envvar="RINGBACK_URL", show_envvar=True, help="The running server."),
        click.option("--token", default="", metavar="TEXT", envvar="RINGBACK_TOKEN", show_envvar=True,
                     help="The control API's token, if the server demands one."),
        click.option("--sandbox", default="default", show_default=True, metavar="ID", envvar="RINGBACK_SANDBOX",
                     show_envvar=True, help="In which sandbox."),
    ):  # fmt: skip
        command = decorate(command)
    return command
