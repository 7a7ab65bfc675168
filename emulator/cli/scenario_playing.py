"""`ringback scenario play`: one scenario after the other, and how each came out, as a table."""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from textwrap import wrap
from time import perf_counter
from typing import Any, Final

import click

from emulator.client.control_api import ControlApi
from emulator.client.outcomes import Outcome
from emulator.client.playing import Played, play
from emulator.client.sandbox import Sandbox
from emulator.client.server import Server
from emulator.errors import RingbackError
from emulator.scenario_files.loading import load

__all__ = ["Playing", "Result"]

BEAT: Final = 0.15
"""Real seconds between two looks at how far it is."""

HEADS: Final = ("call", "with", "rang", "talked", "pressed", "ended", "webhooks")

MOST_NOTES: Final = 3
NARROW: Final = 20
"""How wide the last column is at least."""


@dataclass(slots=True)
class Result:
    """A scenario that was played. `took`: real seconds."""

    file: str
    name: str
    played: Played
    took: float

    def to_json(self) -> dict[str, Any]:
        played = self.played
        return {
            "file": self.file,
            "name": self.name,
            "ok": played.is_good,
            "seed": played.seed,
            "seconds": played.seconds,
            "stopped": played.stopped,
            "calls": [outcome.to_json() for outcome in played.outcomes],
            "requests": [one.to_json() for one in played.asked],
            "differences": None if played.differences is None else [each.to_json() for each in played.differences],
        }


class Playing:
    """See the module. With `as_json` nothing is printed but what is wrong."""

    def __init__(self, apps: Sequence[str], vendor: str, seed: int | None, *, as_json: bool) -> None:
        self._apps, self._vendor, self._seed, self._is_quiet = apps, vendor, seed, as_json

    def play_all(self, files: Sequence[str], url: str, token: str) -> list[Result]:
        """Raises: UsageError and whatever the server says no with, before anything of that scenario is printed."""
        told = [(name, load(name)) for name in files]
        results = []
        with Server.connect(url, token) if url else Server.start() as server:
            for name, scenario in told:
                results.append(self._play(name, scenario, server))
                if not self._is_quiet:
                    self._show(results[-1])
        if len(results) > 1 and not self._is_quiet:
            self._sum_up(results)
        return results

    def _play(self, name: str, scenario: Mapping[str, Any], server: Server) -> Result:
        began = perf_counter()
        title = str(scenario.get("name") or Path(name).stem)
        with _progress(title) as watch:
            played = play(scenario, server, self._apps, vendor=self._vendor, seed=self._seed, watch=watch)
        return Result(name, title, played, perf_counter() - began)

    def _show(self, result: Result) -> None:
        played = result.played
        click.echo()
        click.secho(f"{result.name}", bold=True, nl=False)
        click.secho(f"  {result.file}, seed {played.seed}", dim=True)
        for line in table(played.outcomes, played.differences is not None or played.may_fail):
            click.echo(line)
        click.echo(f"  {_counted(result)}")
        for one in played.asked:
            if not one.is_good:
                said = f": {' '.join(one.text.split())}" if one.text else ""
                click.secho(f"  {one.title} answered {one.status or 'nothing'}{said}", fg="red")
        for note in played.notes[:MOST_NOTES]:
            click.secho(f"  {note}", fg="yellow")
        for number, found in groupby(played.differences or (), key=lambda each: (each.call, each.title)):
            click.secho(f"  call {number[0]}, {number[1]}", bold=True)
            for difference in found:
                for sign, text in difference.lines():
                    click.secho(f"  {sign} {text}", fg={"-": "red", "+": "green"}.get(sign))
        click.echo(f"  {_verdict(played)}")

    def _sum_up(self, results: Sequence[Result]) -> None:
        bad = [result for result in results if not result.played.is_good]
        click.echo()
        text = f"{len(results)} scenarios: {len(results) - len(bad)} good, {len(bad)} not"
        click.secho(text, bold=True, fg="red" if bad else "green")
        for result in bad:
            click.echo(f"  {result.file}")


def _verdict(played: Played) -> str:
    if played.differences:
        count = len(played.differences)
        return click.style(f"not as expected: {count} difference{'' if count == 1 else 's'}", fg="red", bold=True)
    if not played.is_good:
        said = played.failures or [f"{one.title} was answered {one.status or 'by nobody'}" for one in played.asked]
        more = f", and {len(said) - 1} more" if len(said) > 1 else ""
        return click.style(f"not good: {said[0]}{more}", fg="red", bold=True)
    if played.differences is not None:
        return click.style("as expected", fg="green")
    return "played; nothing was expected" if played.may_fail else click.style("good; nothing was expected", fg="green")


def _counted(result: Result) -> str:
    """`3 calls, 1 answered; 9 webhooks, 1 not answered well; 0:42 of telephony in 31 ms`."""
    outcomes = result.played.outcomes
    answered = sum(outcome.talked is not None for outcome in outcomes)
    webhooks = sum(len(outcome.callbacks) for outcome in outcomes)
    missed = sum(len(outcome.unanswered) for outcome in outcomes)
    parts = [
        f"{len(outcomes)} call{'' if len(outcomes) == 1 else 's'}, {answered} answered",
        f"{webhooks} webhook{'' if webhooks == 1 else 's'}{f', {missed} not answered well' if missed else ''}",
        f"{_clock(result.played.seconds)} of telephony in {result.took * 1000:.0f} ms",
    ]
    limit = ["stopped at its limit"] if result.played.stopped == "limit" else []
    return "; ".join([*parts, *limit])


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


# --- the table -------------------------------------------------------------------------------------------------


def table(outcomes: Sequence[Outcome], has_expected_failures: bool = False) -> Iterator[str]:
    """A row for each call, and below it one for each leg that it dialled, as wide as the terminal at most."""
    rows = [row for outcome in outcomes for row in _rows(outcome)]
    if not rows:
        yield click.style("  no calls", dim=True)
        return
    width = shutil.get_terminal_size((120, 24)).columns if sys.stdout.isatty() else 1000
    widths = [max(len(row[column]) for row in [HEADS, *rows]) for column in range(len(HEADS) - 1)]
    for number, row in enumerate([HEADS, *rows]):
        cells = [_aligned(cell, size, column) for column, (cell, size) in enumerate(zip(row, widths, strict=False))]
        bad = "✗" in row[-1] and not has_expected_failures
        for line in _folded(f"  {'  '.join(cells)}  ", row[-1], width):
            yield click.style(line, dim=True) if number == 0 else click.style(line, fg="red" if bad else None)


def _folded(begin: str, webhooks: str, width: int) -> list[str]:
    """One line, or the webhooks below each other in their column, or below the line where that is too narrow."""
    room = width - len(begin)
    if len(webhooks) <= room:
        return [f"{begin}{webhooks}".rstrip()]
    if room >= NARROW:
        first, *rest = wrap(webhooks, room)
        return [f"{begin}{first}", *(f"{' ' * len(begin)}{line}" for line in rest)]
    return [begin.rstrip(), *(f"      {line}" for line in wrap(webhooks, max(width - 6, NARROW)))]


def _aligned(cell: str, size: int, column: int) -> str:
    return cell.rjust(size) if HEADS[column] in ("rang", "talked") else cell.ljust(size)


def _rows(outcome: Outcome, depth: int = 0) -> Iterator[tuple[str, ...]]:
    is_in = outcome.direction == "inbound"
    arrow, other = ("←", outcome.from_) if is_in else ("→", outcome.to)
    ended = f"{outcome.cause} by {outcome.by}" if outcome.cause else f"still {outcome.state}"
    yield (
        f"└ {outcome.id}" if depth else outcome.id,
        f"{arrow} {other}",
        _seconds(outcome.rang),
        _seconds(outcome.talked),
        outcome.digits or "–",
        ended,
        _webhooks(outcome),
    )
    for leg in outcome.legs:
        yield from _rows(leg, depth + 1)


def _seconds(seconds: float | None) -> str:
    return "–" if seconds is None else f"{seconds:.1f} s"


def _webhooks(outcome: Outcome) -> str:
    """Their names in order, one for as many as come in a row; `✗` where one was not answered well."""
    missed = list(outcome.unanswered)
    words = []
    for name in outcome.callbacks:
        is_missed = name in missed
        if is_missed:
            missed.remove(name)
        words.append(f"{name}✗" if is_missed else name)
    runs = [(word, len(list(run))) for word, run in groupby(words)]
    return " ".join(f"{word}×{count}" if count > 1 else word for word, count in runs)


# --- progress --------------------------------------------------------------------------------------------------


@contextmanager
def _progress(title: str) -> Iterator[Callable[[Sandbox], None]]:
    """On a terminal, a line that tells how far it is; nothing anywhere else. What it gives is told of the sandbox."""
    if not sys.stderr.isatty():
        yield lambda sandbox: None
        return
    over = threading.Event()
    threads: list[threading.Thread] = []

    def watch(sandbox: Sandbox) -> None:
        threads.append(threading.Thread(target=_tell, args=(title, sandbox, over), daemon=True))
        threads[0].start()

    try:
        yield watch
    finally:
        over.set()
        for thread in threads:
            thread.join()
        sys.stderr.write("\r\x1b[K")
        sys.stderr.flush()


def _tell(title: str, sandbox: Sandbox, over: threading.Event) -> None:
    api = ControlApi(sandbox.api.url, sandbox.api.token)
    while not over.wait(BEAT):
        try:
            calls = api.get(f"{sandbox.path}/calls?limit=10000")["calls"]
            now = api.get(f"{sandbox.path}/clock")["now"]
        except RingbackError:
            return
        ended = sum(call["state"] == "ended" for call in calls)
        sys.stderr.write(f"\r\x1b[K{title}: {now[11:19]}, {len(calls)} calls, {ended} over")
        sys.stderr.flush()
