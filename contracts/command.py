"""`ringback contract`: the judge's own command, which the front door finds by entry point."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from contracts.drifting.command import drift
from contracts.junit import write_junit
from emulator.errors import UsageError

__all__ = ["contract"]


class Judge(click.Group):
    """Its commands; one that lacks the extra says so."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] in ("contracts", "emulator"):
                raise
            told = f"ringback contract needs {missing.name}: pip install 'ringback[contracts]'"
            raise UsageError(told) from missing


@click.group(cls=Judge)
def contract() -> None:
    """Hold emulator, client and application against the providers' contracts."""


@contract.command("list")
def list_contracts() -> None:
    """What there is a contract with, and how much stands in it."""
    from contracts.document import contract_names, load

    for name in contract_names():
        it = load(name)
        answers = sum(len(operation.answers) for operation in it.operations.values())
        click.echo(f"{name:<10} {len(it.operations):>3} operations, {answers} answers, {len(it.webhooks)} webhooks")


@contract.command()
@click.argument("vendors", nargs=-1)
@click.option("--url", default="", help="A running server; without it, one of its own.")
@click.option("--token", default="", envvar="RINGBACK_TOKEN", help="What the control API of that server demands.")
@click.option("--seed", default=1, show_default=True, help="Of the sandboxes and of the random requests.")
@click.option("--examples", default=40, show_default=True, type=click.IntRange(0),
              help="Random requests for each operation; 0: none.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON.")
def emulator(vendors: tuple[str, ...], url: str, token: str, seed: int, examples: int, as_json: bool) -> None:
    """Hold a running emulator against the contracts of VENDORS, or all. Exits with 1 if there are findings."""
    from contracts.walking.emulator_check import check_emulator
    from emulator.client.server import Server

    try:
        with Server.connect(url, token) if url else Server.start() as server:
            ledgers = check_emulator(server, vendors, seed=seed, examples=examples, tell=_progress)
    except KeyboardInterrupt:
        click.echo("ringback: interrupted: the emulator was not judged to the end", err=True)
        raise
    found = {name: [*ledger.findings, *ledger.missing()] for name, ledger in ledgers.items()}
    if as_json:
        click.echo(
            json.dumps({name: [_plain(each) for each in findings] for name, findings in found.items()}, indent=2)
        )
    else:
        for name, ledger in ledgers.items():
            _tell(name, ledger, found[name])
    click.get_current_context().exit(1 if any(found.values()) else 0)


def _plain(finding: Any) -> dict[str, Any]:
    return {name: getattr(finding, name) for name in ("subject", "where", "rule", "text", "line")}


def _tell(name: str, ledger: Any, findings: list[Any]) -> None:
    answers, webhooks = sum(ledger.answers.values()), sum(ledger.webhooks.values())
    click.echo(f"{name}: {answers} answers and {webhooks} webhooks checked, {len(findings)} findings")
    if ledger.links:
        click.echo(f"  {len(ledger.links)} links followed, {sum(ledger.links.values())} times")
    for what in sorted(ledger.not_emulated):
        click.echo(f"  not emulated: {what}")
    for finding in findings:
        click.echo(f"  {finding}")


@contract.command()
@click.argument("vendor")
@click.option(
    "--url", "urls", multiple=True, required=True, metavar="CALLBACK=URL", help="One for each callback it takes."
)
@click.option("--secret", default="", envvar="RINGBACK_HOOK_SECRET", help="The account's token or webhook secret.")
@click.option("--slow", default=10.0, show_default=True, help="Seconds after which an answer is too slow; at most 25.")
@click.option("--examples", default=100, show_default=True, help="Bodies for each callback.")
@click.option("--seed", default=1, show_default=True, help="Of the bodies.")
@click.option("--skip", multiple=True, help="An illegal callback that it may take, such as wrong-signature.")
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME=VALUE",
    help="The same in every callback that carries it, such as your account's id.",
)
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON.")
@click.option("--junit", type=click.Path(dir_okay=False), help="Findings as JUnit XML, into this file.")
def hooks(
    vendor: str, urls: tuple[str, ...], secret: str, slow: float, examples: int, seed: int, skip: tuple[str, ...],
    fields: tuple[str, ...], as_json: bool, junit: str | None,
) -> None:  # fmt: skip
    """Post every callback that VENDOR may send to your receiver, and the ones that it must refuse.

    Replies are judged by status, time, and, where the provider reads them, as documents. Exits with 1 if there are
    findings.
    """
    from contracts.receiving.receiver_check import check_receiver

    by_callback: dict[str, str] = {}
    for callback, url in map(_named, urls):
        if by_callback.setdefault(callback, url) != url:
            raise UsageError(f"--url: {callback} is at {by_callback[callback]} and at {url}; judge one after the other")
    report = check_receiver(
        vendor, by_callback, secret=secret, slow=slow, examples=examples, skip=skip, seeded=seed,
        fields=_fixed(fields), tell=_progress,
    )  # fmt: skip
    click.echo(report.json() if as_json else report.text())
    if junit:
        write_junit(junit, report.junit())
    if not secret and not as_json:
        click.echo("no --secret: nothing was signed, and no forged signature was tried", err=True)
    click.get_current_context().exit(1 if report.faults else 0)


def _named(told: str) -> tuple[str, str]:
    callback, equals, url = told.partition("=")
    if not equals or not url.startswith(("http://", "https://")):
        raise UsageError(f"--url: expected CALLBACK=URL, such as answer=http://127.0.0.1:8000/answer, got {told!r}")
    return callback, url


def _fixed(told: Sequence[str]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for each in told:
        name, equals, text = each.partition("=")
        if not name or not equals:
            raise UsageError(f"--field: expected NAME=VALUE, such as account_id=7, got {each!r}")
        if fields.setdefault(name, text) != text:
            raise UsageError(f"--field: {name} is {fields[name]!r} and {text!r}; it can be one")
    return fields


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(line, err=True)


contract.add_command(drift)
