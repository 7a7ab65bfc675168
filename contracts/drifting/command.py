"""`ringback contract drift`: a contract beside a live account, by questions that change nothing."""

from __future__ import annotations

import os
import sys

import click

from contracts.junit import write_junit

__all__ = ["drift"]


@click.command()
@click.argument("vendor")
@click.option("--against", required=True, metavar="URL", help="What is asked: https, or a server on this machine.")
@click.option("--pause", default=0.5, show_default=True, type=click.FloatRange(0), help="Seconds between requests.")
@click.option("--timeout", default=10.0, show_default=True, type=click.FloatRange(0, min_open=True),
              help="Seconds for one answer.")  # fmt: skip
@click.option("--only", multiple=True, metavar="OPERATION", help="Ask only this one; may be repeated.")
@click.option("--skip", multiple=True, metavar="OPERATION", help="Do not ask this one; may be repeated.")
@click.option("--strict", is_flag=True, help="Tolerated findings fail, too.")
@click.option("--show-values", is_flag=True, help="Values as they came, not their shapes; never credentials.")
@click.option("--json", "as_json", is_flag=True, help="Findings as JSON.")
@click.option("--junit", type=click.Path(dir_okay=False), help="Findings as JUnit XML, into this file.")
def drift(
    vendor: str, against: str, pause: float, timeout: float, only: tuple[str, ...], skip: tuple[str, ...],
    strict: bool, show_values: bool, as_json: bool, junit: str | None,
) -> None:  # fmt: skip
    """Ask a live account of VENDOR what may be asked without changing anything, and tell where contract and answers
    differ.

    Credentials come from the environment, by the names that the provider's own SDKs read. Exits with 1 if an answer
    would break a client that keeps to the contract.
    """
    from contracts.drifting.differences import BREAKING, TOLERATED
    from contracts.drifting.drift import check_drift

    report = check_drift(
        vendor, against, os.environ, pause=pause, timeout=timeout, only=only, skip=skip, show_values=show_values,
        tell=_progress,
    )  # fmt: skip
    click.echo(report.json() if as_json else report.text())
    if junit:
        write_junit(junit, report.junit(is_strict=strict))
    failing = report.having(BREAKING, TOLERATED) if strict else report.having(BREAKING)
    click.get_current_context().exit(1 if failing else 0)


def _progress(line: str) -> None:
    if sys.stderr.isatty():
        click.echo(line, err=True)
