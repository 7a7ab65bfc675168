"""The journal over the control API: as lines, and as events while they happen."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from emulator.control.streams import MOST_WAITING
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.server import Server
from tests.control.conftest import Control


async def journal(control: Control, path: str, query: str = "") -> list[dict[str, Any]]:
    response = await control.ask("GET", f"{path}/journal{query}")
    assert response.status_code == 200
    entries = [json.loads(line) for line in response.content.splitlines()]
    for entry in entries:
        control.validate({"$ref": "#/components/schemas/JournalEntry"}, entry)
    return entries


async def test_the_journal_is_the_sandboxes_own_byte_for_byte(control: Control) -> None:
    path = await control.sandbox()
    await control.place(path)
    await control.post(f"{path}/clock/run")
    response = await control.ask("GET", f"{path}/journal")
    assert response.content == b"".join(control.inside(path).journal.lines())


async def test_the_journal_is_read_from_where_one_left_off(control: Control) -> None:
    path = await control.sandbox()
    await control.place(path)
    before = await journal(control, path)
    await control.post(f"{path}/clock/run")
    rest = await journal(control, path, f"?after={before[-1]['seq']}")
    assert rest[0]["seq"] == before[-1]["seq"] + 1
    assert before + rest == await journal(control, path)
    assert await journal(control, path, "?after=1000000") == []


async def test_the_journal_of_one_call(control: Control) -> None:
    path = await control.sandbox()
    await control.place(path)
    call = await control.place(path)
    await control.post(f"{path}/clock/run")
    assert {entry["call"] for entry in await journal(control, path, f"?call={call}")} == {call}


async def test_a_long_journal_comes_whole(control: Control) -> None:
    path = await control.sandbox()
    for _ in range(150):
        await control.place(path)
    entries = await journal(control, path)
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert len(entries) > 500


async def test_every_change_made_over_the_control_api_is_in_the_journal(control: Control) -> None:
    path = await control.sandbox()
    await control.put(f"{path}/settings/acme", {"tone": "cold"})
    await control.put(f"{path}/scenario", {"default": {"picks_up": False}})
    call = await control.place(path)
    await control.post(f"{path}/calls/{call}/far-end", {"do": "answer"})
    await control.post(f"{path}/clock/run")
    await control.post(f"{path}/deliveries/{call}-d1/resend", {}, 201)
    kinds = {entry["kind"] for entry in await journal(control, path)}
    assert {"created", "settings", "scenario", "command", "request", "take_over", "clock", "resend"} <= kinds


# --- events ----------------------------------------------------------------------------------------------------


class Listener:
    """An event stream read as it comes: ASGI by hand, because a client over ASGI waits for the end."""

    def __init__(self, control: Control, path: str, query: str = "", last_event_id: str = "") -> None:
        headers = [(b"host", b"127.0.0.1")] + ([(b"last-event-id", last_event_id.encode())] if last_event_id else [])
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "GET",
            "path": f"{path}/events", "query_string": query.encode(), "headers": headers, "root_path": "",
            "scheme": "http",
        }  # fmt: skip
        self.parts: asyncio.Queue[bytes] = asyncio.Queue(1)
        self.started: dict[str, Any] = {}
        self.task = asyncio.ensure_future(control.guard(scope, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.started = message
        elif message.get("body"):
            await self.parts.put(message["body"])

    async def begin(self) -> Listener:
        assert await self.parts.get() == b": listening\n\n"
        return self

    async def events(self) -> AsyncIterator[tuple[str, str, Any]]:
        """(id, event, data) of each."""
        while True:
            part = await self.parts.get()
            for text in part.decode().strip().split("\n\n"):
                fields = dict(line.split(": ", 1) for line in text.split("\n"))
                yield fields["id"], fields["event"], json.loads(fields["data"])

    async def take(self, count: int) -> list[tuple[str, str, Any]]:
        taken = []
        async for event in self.events():
            taken.append(event)
            if len(taken) == count:
                break
        return taken

    async def stop(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def note(sandbox: Sandbox, count: int) -> None:
    for _ in range(count):
        sandbox.note_clock()


def newest(sandbox: Sandbox) -> int:
    assert sandbox.journal.last is not None
    return sandbox.journal.last.seq


async def test_events_are_the_entries_that_come(control: Control) -> None:
    path = await control.sandbox()
    listener = await Listener(control, path).begin()
    before = newest(control.inside(path))
    await control.place(path)
    (one,) = await listener.take(1)
    assert one[0] == str(before + 1)
    assert one[1] == one[2]["kind"]
    control.validate({"$ref": "#/components/schemas/JournalEntry"}, one[2])
    headers = dict(listener.started["headers"])
    assert headers[b"content-type"].startswith(b"text/event-stream")
    await listener.stop()


@pytest.mark.parametrize(("query", "last_event_id"), [("after=2", ""), ("", "2"), ("after=9", "2")])
async def test_events_go_on_from_where_one_left_off(control: Control, query: str, last_event_id: str) -> None:
    path = await control.sandbox()
    note(control.inside(path), 5)
    listener = await Listener(control, path, query, last_event_id).begin()
    assert [one[0] for one in await listener.take(4)] == ["3", "4", "5", "6"]
    await listener.stop()


async def test_a_slow_listener_misses_nothing(control: Control) -> None:
    path = await control.sandbox()
    sandbox = control.inside(path)
    listener = await Listener(control, path).begin()
    before = newest(sandbox)
    count = 3 * MOST_WAITING
    note(sandbox, count)
    assert [int(one[0]) for one in await listener.take(count)] == list(range(before + 1, before + count + 1))
    note(sandbox, 1)
    assert [int(one[0]) for one in await listener.take(1)] == [before + count + 1]
    await listener.stop()


async def test_a_listener_that_goes_is_forgotten(control: Control) -> None:
    path = await control.sandbox()
    others = list(control.inside(path).observers)
    listener = await Listener(control, path).begin()
    assert len(control.inside(path).observers) == len(others) + 1
    await listener.stop()
    assert control.inside(path).observers == others


async def test_events_end_with_their_sandbox(control: Control) -> None:
    path = await control.sandbox()
    listener = await Listener(control, path).begin()
    await control.ask("DELETE", path)
    assert await listener.take(1) == [("0", "deleted", {})]
    await listener.task


async def test_events_end_with_a_reset_and_begin_again(control: Control) -> None:
    path = await control.sandbox()
    note(control.inside(path), 10)
    listener = await Listener(control, path).begin()
    await control.post(f"{path}/reset")
    assert await listener.take(1) == [("0", "reset", {})]
    await listener.task
    again = await Listener(control, path, last_event_id="11").begin()
    assert (await again.take(1))[0][0] == "1"
    await again.stop()


async def test_a_server_that_stops_does_not_wait_for_its_listeners(control: Control) -> None:
    path = await control.sandbox()
    server = Server(control.exchange, control.guard)
    listener = await Listener(control, path).begin()
    await server.stop()
    assert await listener.parts.get() == b"event: stopped\ndata: {}\n\n"
    await listener.task


async def test_a_wrong_last_event_id_is_refused(control: Control) -> None:
    path = await control.sandbox()
    error = await control.refused("invalid_field", "GET", f"{path}/events", headers={"Last-Event-ID": "x"})
    assert error["message"] == "Last-Event-ID: expected a whole number from 0, got 'x'"
