"""`ringback scenario`: check files, play them against an application, and turn a finished call into one."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import click

from emulator.cli.server_options import server_options
from emulator.errors import UsageError

__all__ = ["scenario"]

FILES = click.argument("files", nargs=-1, required=True, metavar="FILE...")


@click.group()
@click.pass_context
def scenario(ctx: click.Context) -> None:
    """Who is on the other end, who calls, and what goes wrong: as a file.

    Wherever a FILE is wanted, the name of a preset will do (`ringback scenario presets`).
    """
    if "NO_COLOR" in os.environ:
        ctx.color = False


@scenario.command()
@FILES
@click.option("--json", "as_json", is_flag=True, help="A list of problems, each with file, line and column.")
def check(files: tuple[str, ...], as_json: bool) -> int:
    """Check scenario files; exit code 1 if something is wrong with one.

    Each problem is named with its line and column, and with the word that was perhaps meant.
    """
    from emulator.cli.scenario_checking import check_files, excerpt, summary
    from emulator.scenario_files.problems import shown_problem

    results = check_files(files)
    problems = [(result, problem) for result in results for problem in result.problems]
    if as_json:
        told = [{"file": result.name, **problem.to_json()} for result, problem in problems]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return 1 if problems else 0
    for result in results:
        for problem in result.problems:
            click.echo(shown_problem(click.style(result.name, bold=True), problem))
            for line in excerpt(result.text, problem):
                click.secho(line, dim=True)
        if not result.problems:
            click.echo(f"{result.name}: {click.style('ok', fg='green')}, {summary(result.scenario)}")
    if problems:
        bad = sum(bool(result.problems) for result in results)
        click.echo(f"{_count(len(problems), 'problem')} in {_count(bad, 'file')}", err=True)
    return 1 if problems else 0


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


@scenario.command()
@FILES
@click.option(
    "--app",
    "apps",
    multiple=True,
    metavar="URL",
    envvar="RINGBACK_APP",
    show_envvar=True,
    help="Where your application is; again for `{app2}`, and so on.",
)
@click.option(
    "--vendor",
    default="",
    metavar="NAME",
    envvar="RINGBACK_VENDOR",
    show_envvar=True,
    help="The provider of calls for which the scenario names none.",
)
@click.option("--seed", type=click.IntRange(0), help="Of all that is chosen or drawn; by default the scenario's, or 0.")
@click.option("--url", default="", metavar="URL", help="A server that runs already; by default one is started for it.")
@click.option(
    "--token",
    default="",
    metavar="TEXT",
    envvar="RINGBACK_TOKEN",
    show_envvar=True,
    help="The control API's token, if that server demands one.",
)
@click.option("--json", "as_json", is_flag=True, help="What happened, as JSON.")
@click.option(
    "--junit",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a report that CI systems read.",
)
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write everything that happened, as JSON lines; of one scenario alone.",
)
def play(
    files: tuple[str, ...], apps: tuple[str, ...], vendor: str, seed: int | None, url: str, token: str, as_json: bool,
    junit: Path | None, journal: Path | None,
) -> int:  # fmt: skip
    """Play scenarios against an application, each in a fresh sandbox on a virtual clock, and print how every call came
    out.

    Exit code 1 if that is not what the scenario expects; where it expects nothing, if a request or a webhook was not
    answered well.
    """
    from emulator.cli.scenario_playing import Playing

    if journal is not None and len(files) > 1:
        raise UsageError("--journal: expected one scenario, whose journal it is to be")
    playing = Playing(apps, vendor, seed, as_json=as_json)
    results = playing.play_all(files, url, token)
    if as_json:
        click.echo(json.dumps([result.to_json() for result in results], indent=2, ensure_ascii=False))
    if junit is not None:
        from emulator.cli.junit import report

        _write(junit, report(results), "--junit")
    if journal is not None:
        _write(journal, results[0].played.journal, "--journal")
    return 0 if all(result.played.is_good for result in results) else 1


@scenario.command("from-call")
@click.argument("call", metavar="CALL")
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where to; standard output if absent.",
)
@click.option("--heard", is_flag=True, help="Expect what was said, too.")
@click.option("--name", default="", metavar="TEXT", help="What the scenario is called.")
@server_options
def from_call(
    call: str, output: Path | None, heard: bool, name: str, sandbox: str, token: str, url: str
) -> None:  # fmt: skip
    """Turn a finished call of a running server into a scenario that plays it again, and expects the same.

    CALL is the call's id, or the provider's, or `last`. The other ends do what they did, when they did it; your
    application's addresses become `{app}`; credentials are not in it.
    """
    from emulator.cli.scenario_writing import recorded, written

    made, app, asked = recorded(call, sandbox, url, token, with_heard=heard)
    if name:
        made["name"] = name
    text = written(made, output)
    for request in asked:
        click.echo(f"not in it: {request}; it comes out the same only if your application asks that itself", err=True)
    if output is None:
        click.echo(text, nl=False)
        return
    _write(output, text.encode(), "-o")
    again = f" --app {app}" if app else ""
    click.echo(f"{output}: {made['name']}\nThe same again: ringback scenario play {output}{again}", err=True)


@scenario.command()
@click.argument("name", required=False, metavar="[NAME]")
def presets(name: str | None) -> None:
    """List the scenarios that come with Ringback, or print one."""
    from emulator.scenario_files.loading import find, presets

    if name is not None:
        click.echo(find(name, ()).read_text(encoding="utf-8"), nl=False)
        return
    found = [(preset.name, preset.load()) for preset in presets()]
    width = max(len(name) for name, _ in found)
    for each, told in found:
        click.echo(f"  {click.style(each.ljust(width), bold=True)}  {told.get('description', '')}")


@scenario.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for your editor."""
    from emulator.scenario_files.schema import SCHEMA

    json.dump(SCHEMA, sys.stdout, indent=2, ensure_ascii=False)
    click.echo()


def _write(path: Path, data: bytes, option: str) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UsageError(f"{option}: cannot write {path} ({error.strerror})") from error
