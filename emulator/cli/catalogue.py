"""`ringback vendors` and `ringback numbers`: what is here, and what needs no set-up."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from inspect import cleandoc
from textwrap import wrap
from typing import Any, get_args, get_origin

import click

from emulator.errors import UsageError
from emulator.runtime.vendors import load_vendors
from emulator.scenarios.numbers import ANY_OTHER, MAGIC
from emulator.vendor_api import Vendor

__all__ = ["numbers", "settings_explained", "settings_of", "vendors"]


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...")
def vendors(names: tuple[str, ...]) -> None:
    """What is emulated of each provider, and how sure we are: documented, recorded or inferred.

    Of those that are named, it also says what their settings do.
    """
    known = load_vendors()
    for name in names:
        if name not in known:
            raise UsageError(f"vendors: expected {' or '.join(known)}, got {name!r}")
    chosen = [known[name] for name in names] if names else list(known.values())
    click.echo("\n\n".join("\n".join(_described(vendor, bool(names))) for vendor in chosen))


def _described(vendor: Vendor, is_whole: bool) -> Iterator[str]:
    yield f"{vendor.title} ({vendor.name}), also at {', '.join(vendor.hosts)} by Host header"
    yield "  emulated"
    width = max((len(part.name) for part in vendor.parts), default=0)
    for part in vendor.parts:
        yield f"    {part.name:<{width}}  {part.standing}"
    yield f"  callbacks: {' '.join(vendor.callbacks_named)}"
    rows = list(settings_of(vendor))
    if rows:
        yield "  settings (PUT /_control/v1/sandboxes/ID/settings/" + vendor.name + ")"
    for name, allowed, default in rows:
        yield f"    {name} = {default}  ({allowed})"
    if is_whole:
        yield "  what they do"
        for told in settings_explained(vendor):
            yield from wrap(told.replace("`", ""), 110, initial_indent="    ", subsequent_indent="      ")
    yield f"  not emulated: {', '.join(vendor.not_emulated) or 'nothing that we know of'}"


def settings_explained(vendor: Vendor) -> Iterator[str]:
    """A text for each switch, or for several that belong together, in backticks as its class says it."""
    about = cleandoc(vendor.settings.__doc__ or "").partition("\n\n")[2]
    names = "|".join(switch.name for switch in fields(vendor.settings))
    for told in re.split(rf"\n(?=`(?:{names})`)|\n\n", about):
        yield " ".join(told.split())


def settings_of(vendor: Vendor) -> Iterator[tuple[str, str, str]]:
    """Each switch: its name, what it may be, its default."""
    hints: Mapping[str, Any] = _hints(vendor.settings)
    for switch in fields(vendor.settings):
        hint = hints[switch.name]
        yield (
            switch.name,
            _allowed(hint),
            repr(switch.default) if isinstance(switch.default, str) else str(switch.default),
        )


def _allowed(hint: Any) -> str:
    """`str`, `warm | cold`, `list of Door`."""
    if get_origin(hint) in (tuple, list):
        return f"list of {_allowed(get_args(hint)[0])}"
    return " | ".join(map(str, get_args(hint))) or getattr(hint, "__name__", str(hint))


def _hints(settings: type[Any]) -> Mapping[str, Any]:
    from typing import get_type_hints

    return get_type_hints(settings)


@click.command()
def numbers() -> None:
    """Numbers that behave in a certain way with no set-up, by their last seven digits, in any country and spelling."""
    for row in MAGIC:
        click.echo(f"  ...{row.suffix[:3]} {row.suffix[3:]}  {row.does}")
    click.echo(f"  any other    {ANY_OTHER}")
