"""The journal, as far as it is written and as it is being written."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import islice
from typing import Final

from starlette.responses import Response, StreamingResponse

from emulator.control import requests as r
from emulator.control.errors import ControlError
from emulator.control.finding import call_named
from emulator.control.operations import Operation, Visit
from emulator.runtime.sandbox import Sandbox

__all__ = ["LINES", "OPERATIONS", "STREAM"]

LINES: Final = "application/jsonl"
STREAM: Final = "text/event-stream"
SLICE: Final = 500
"""How many lines are made before somebody else gets a turn."""


async def lines(visit: Visit) -> Response:
    query: r.JournalQuery = visit.query
    call = call_named(visit.sandbox, query.call).id if query.call is not None else None
    return StreamingResponse(_lines(visit.sandbox, query.after, call), media_type=LINES)


async def _lines(sandbox: Sandbox, after: int, call: str | None) -> AsyncIterator[bytes]:
    """The entries there were when it was asked, in slices: each begins where the one before ended."""
    newest = sandbox.journal.last
    last = newest.seq if newest is not None else 0
    while after < last:
        taken = list(islice(sandbox.journal.entries(after=after, call=call), SLICE))
        yield b"".join(entry.line() for entry in taken if entry.seq <= last)
        if len(taken) < SLICE:
            return
        after = taken[-1].seq


async def events(visit: Visit) -> Response:
    query: r.EventsQuery = visit.query
    after = query.after
    resumed = visit.request.headers.get("last-event-id")
    if resumed is not None:
        if not resumed.isdigit() or len(resumed) > 18:
            message = f"Last-Event-ID: expected a whole number from 0, got {resumed!r}"
            raise ControlError("invalid_field", message, "It is the `seq` of a journal entry.")
        after = int(resumed)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(visit.streams.listen(visit.sandbox, after), media_type=STREAM, headers=headers)


OPERATIONS = (
    Operation("GET", "/sandboxes/{sandbox}/journal", "getJournal",
              "Everything that happened, one JSON object a line, in order.", lines, query=r.JournalQuery, media=LINES,
              refusals=("unknown_call",), tag="journal"),
    Operation("GET", "/sandboxes/{sandbox}/events", "streamEvents",
              "Every journal entry as it is written: `id` is its `seq`, `event` its `kind`, `data` the entry. "
              "The stream ends with an event `deleted`, `reset` or `stopped`.", events, query=r.EventsQuery,
              media=STREAM, tag="journal"),
)  # fmt: skip
