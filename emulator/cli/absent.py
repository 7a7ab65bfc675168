"""Commands that are promised and not there: each says so by name, does nothing, and exits 2."""

from __future__ import annotations

import click

__all__ = ["record", "replay"]

_ANYTHING = {"ignore_unknown_options": True}


def _absent(name: str, told: str) -> click.Command:
    @click.command(name, help=f"{told} Not there yet.", context_settings=_ANYTHING)
    @click.argument("words", nargs=-1, type=click.UNPROCESSED)
    def command(words: tuple[str, ...]) -> int:
        click.echo(f"ringback {name}: not there yet, and nothing was done. {told}", err=True)
        return 2

    return command


record = _absent("record", "It will record traffic; until then GET /_control/v1/sandboxes/default/journal.")
replay = _absent("replay", "It will replay a recording and show the difference.")
