"""`ringback demo`: one call, through a provider's own SDK, from the first request to the last webhook.

Three real processes: the emulator, the application (`demo_app.py`), and this one, the client. The client uses the
unmodified SDK and changes its base URI, nothing else; what happened is read back from the control API.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from time import perf_counter
from typing import Any, Final

import click

from emulator.cli.demo_vendors import table
from emulator.client.control_api import ControlApi
from emulator.errors import RingbackError

__all__ = ["demo"]

CALLEE: Final = "+919876543210"
WILLING: Final = {
    "rings_for": "3s",
    "reactions": [{"on": "press 1", "press": "1", "after": "1s"}],
    "hangs_up_after": "20s",
}
PATIENCE: Final = 20.0
"""Real seconds that a process may take to start."""


@click.command()
def demo() -> int:
    """Place a call through the unmodified vobiz-python SDK to a small application, and print what happened; then the
    same story at every provider, side by side.

    The callee, who exists only in the emulator, rings for three seconds, answers, and presses 1 when asked to.
    """
    if find_spec("vobiz") is None:
        click.echo(
            "ringback demo: it places its call with the provider's own SDK, vobiz-python, which is not installed.\n"
            "Install it with: pip install 'ringback[demo]'",
            err=True,
        )
        return 2
    with (
        _process("emulator", "serve", "--port", "0", "--clock", "virtual", "--quiet") as greeting,
        _process("emulator.cli.demo_app") as application,
    ):
        api = ControlApi(greeting.rpartition(" ")[2])
        _place(api, application)
        began = perf_counter()
        api.post("/sandboxes/default/clock/run", {"until": "idle"})
        took = perf_counter() - began
        (summary,) = api.get("/sandboxes/default/calls")["calls"]
        _show(api.get(f"/sandboxes/default/calls/{summary['id']}"), took)
        _compare(table(api, application, CALLEE))
    click.echo()
    click.echo("  Now your own application: ringback serve")
    return 0


def _place(api: ControlApi, application: str) -> None:
    """The client's part, as its author would write it; the scenario alone is ours."""
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"
    import vobiz

    account = api.get("/sandboxes/default")["vendors"]["vobiz"]
    api.put("/sandboxes/default/scenario", {"numbers": {CALLEE: WILLING}})

    client = vobiz.RestClient(account["auth_id"], account["auth_token"])
    client.base_uri = f"{account['base_url']}/api/v1/Account"
    placed = client.calls.create(
        from_=account["numbers"][0],
        to_=CALLEE,
        answer_url=f"{application}/answer",
        ring_url=f"{application}/ring",
        hangup_url=f"{application}/hangup",
    )
    _heading("The client")
    click.echo(f"  client.base_uri = {client.base_uri!r}")
    click.echo(f"  client.calls.create(from_={account['numbers'][0]!r}, to_={CALLEE!r}, answer_url=...)")
    click.echo(f"  -> {placed.message}, request_uuid {placed.request_uuid}")


def _show(call: dict[str, Any], took: float) -> None:
    _heading("What happened")
    click.echo(call["ladder"]["text"].rstrip())
    _heading("What was said")
    for line in call["transcript"]:
        who = "callee" if line["kind"] in ("greeting", "pressed", "spoken") else "application"
        click.echo(f"  {line['at'][11:19]}  {who:<12} {line['kind']:<8} {line['text']}")
    span = datetime.fromisoformat(call["ended_at"]) - datetime.fromisoformat(call["created_at"])
    _heading("How long it took")
    click.echo(f"  {span.total_seconds():.1f} s of telephony in {took * 1000:.0f} ms: the clock is virtual")


def _compare(rows: list[list[str]]) -> None:
    """The second act, as a table: a cell of several lines makes its row as high."""
    _heading("The same story at every provider: the webhooks it sends at each step, and its own word in them")
    widths = [max(len(line) for row in rows for line in row[column].split("\n")) for column in range(len(rows[0]))]
    for number, row in enumerate(rows):
        cells = [cell.split("\n") for cell in row]
        for height in range(max(map(len, cells))):
            lines = [cell[height] if height < len(cell) else "" for cell in cells]
            text = "  ".join(line.ljust(width) for line, width in zip(lines, widths, strict=True)).rstrip()
            click.secho(f"  {text}", bold=number == 0)
        click.echo(f"  {'─' * (sum(widths) + 2 * len(widths) - 2)}" if number == 0 else "")


def _heading(text: str) -> None:
    click.echo()
    click.secho(text, bold=True)


@contextmanager
def _process(module: str, *words: str) -> Iterator[str]:
    """A Python module as a process of its own, until the block ends; the first line it printed."""
    with subprocess.Popen([sys.executable, "-m", module, *words], stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            is_ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
            first = process.stdout.readline().strip() if is_ready else ""
            if not first:
                raise RingbackError(f"demo: {module} did not start within {PATIENCE:g} s; its own words are above")
            yield first
        finally:
            process.terminate()
