"""Writes the generated parts of the README: what the code itself knows about what it does.

Each part stands between `<!-- begin NAME -->` and `<!-- end NAME -->`. `make docs` rewrites them; `tests/house` fails
when they are stale.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

import click

from emulator.cli.banner import curl_line
from emulator.cli.catalogue import settings_of
from emulator.cli.serve import serve
from emulator.ids import Ids
from emulator.runtime.vendors import load_vendors
from emulator.scenarios.numbers import ANY_OTHER, MAGIC

ROOT: Final = Path(__file__).parent.parent
README: Final = ROOT / "README.md"
STANDINGS: Final = ("documented", "recorded", "inferred")


class Fact(NamedTuple):
    """A row of a vendor's FACTS.md: `| ACME-12 | statement | where | standing |`."""

    id: str
    statement: str
    where: str
    standing: str


def facts() -> Iterator[Fact]:
    """Every numbered fact about every vendor, in order."""
    for path in sorted((ROOT / "emulator" / "vendors").glob("*/FACTS.md")):
        for line in path.read_text(encoding="utf-8").splitlines():
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if cells and re.fullmatch(r"[A-Z]+-\d+", cells[0]):
                yield Fact(cells[0], " ".join(cells[1:-2]), cells[-2], cells[-1].strip("*"))


def rows(*table: tuple[str, ...]) -> str:
    """A Markdown table; the first row is its head."""
    head, *body = table
    lines = [head, tuple("---" for _ in head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def curl() -> str:
    lines = ["```sh"]
    for name, vendor in load_vendors().items():
        account = {"base_url": f"http://127.0.0.1:5550/{name}", **vendor.seed(Ids(0), True).public}
        lines.append(curl_line(vendor, account))
    return "\n".join([*lines, "```"])


def options_of(command: click.Command, name: str = "ringback") -> str:
    """A table of a command's options, `name` being how it is called; a flag has no default to show."""
    table = [("option", "variable", "default", "")]
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            told = option.show_default if isinstance(option.show_default, str) else option.default
            default = "" if isinstance(told, bool) or not isinstance(told, str | int | float) else str(told)
            variable = option.envvar or f"{name} {option.name}".replace(" ", "_").replace("-", "_").upper()
            table.append((f"`{option.opts[0]}`", f"`{variable}`", default, option.help or ""))
    return rows(*table)


def options() -> str:
    return options_of(serve)


def numbers() -> str:
    table = [(f"`{row.suffix[:3]} {row.suffix[3:]}`", row.does) for row in MAGIC]
    return rows(("last digits", "the far end"), *table, ("any other", ANY_OTHER))


def vendors() -> str:
    parts = []
    for vendor in load_vendors().values():
        table = [(part.name, part.standing) for part in vendor.parts]
        parts.append(f"### {vendor.title}\n\n{rows(('part', 'standing'), *table)}")
        switches = [(f"`{name}`", f"`{allowed}`".replace("|", "\\|"), f"`{default}`")
                    for name, allowed, default in settings_of(vendor)]  # fmt: skip
        if switches:
            where = f"Settings (`PUT /_control/v1/sandboxes/ID/settings/{vendor.name}`):"
            parts.append(f"{where}\n\n{rows(('setting', 'values', 'default'), *switches)}")
    return "\n\n".join(parts)


def not_emulated() -> str:
    return "\n".join(
        f"- {vendor.title}: {', '.join(vendor.not_emulated) or 'nothing that we know of'}"
        for vendor in load_vendors().values()
    )


def doubts() -> str:
    return "\n".join(f"- {fact.id}: {fact.statement}" for fact in facts() if fact.standing == "inferred")


PARTS: Final[dict[str, Callable[[], str]]] = {
    "curl": curl,
    "options": options,
    "numbers": numbers,
    "vendors": vendors,
    "not-emulated": not_emulated,
    "doubts": doubts,
}


def regenerated(text: str) -> str:
    """The README with every generated part as it should be."""
    for name, made in PARTS.items():
        begin, end = f"<!-- begin {name} -->", f"<!-- end {name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise SystemExit(f"README.md: expected {begin} and {end} on lines of their own")
        body = made()
        text = f"{before}{begin}\n{body}{chr(10) if body else ''}{end}{after}"
    return text


if __name__ == "__main__":
    README.write_text(regenerated(README.read_text(encoding="utf-8")), encoding="utf-8")
