"""Rebuilds a sandbox from its journal: a sandbox is the fold of its inputs.

Only inputs are applied; what they caused follows by itself, and must be what the journal says. Any prefix will do: the
rebuilt sandbox goes on to the same end. A webhook that was in flight is sent again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from emulator.clock import VirtualClock
from emulator.errors import Refused, UsageError
from emulator.ids import Ids
from emulator.recorder import reading
from emulator.recorder.journal import Entry
from emulator.runtime import talking
from emulator.runtime.sandbox import CODEC, Sandbox
from emulator.runtime.spec import SandboxSpec
from emulator.scenarios.casting_json import parse_casting
from emulator.vendor_api import Vendor

__all__ = ["INPUTS", "read_entries", "rebuild"]

INPUTS: Final = frozenset(
    {
        "command", "clock", "outcome", "hung", "record", "settings", "scenario", "far_end", "resend", "take_over",
        "request", "faults", "struck", "message", "socket", "answers",
        "violation", "varied",
    }
)  # fmt: skip
"""The kinds of entry that are applied. Of commands, those of the API and of a person, of faults, those that struck a
request; the rest follow from others."""


def read_entries(lines: Iterable[bytes | str]) -> list[Entry]:
    """A journal that was exported as JSON Lines. Raises `UsageError`, naming the line."""
    return reading.read_entries(lines, CODEC)


def rebuild(entries: Iterable[Entry], vendors: Mapping[str, Vendor], keep: int = 10_000) -> Sandbox:
    """The sandbox as it was after the last of `entries`, on a virtual clock.

    Raises `UsageError` for a journal whose head has been dropped."""
    iterator = iter(entries)
    first = next(iterator, None)
    if first is None or first.kind != "created":
        raise UsageError("journal: expected an entry of kind `created` first; the oldest entries have been dropped")
    spec = msgspec.convert(first.data["spec"], SandboxSpec)
    accounts = Ids(first.data["accounts"])
    clock = VirtualClock(first.at)
    sandbox = Sandbox(
        first.sandbox, spec, first.data["seed"], accounts, clock, vendors, keep, first.data["is_default"],
        clock_mode=spec.mode,
    )  # fmt: skip
    for entry in iterator:
        if entry.kind in INPUTS:
            clock.move_to(max(clock.now(), entry.at))
            _apply(sandbox, entry)
    unanswered = [(delivery, attempt) for delivery, attempt in sandbox.to_send if attempt.outcome is None]
    sandbox.to_close.clear()
    sandbox.to_send.clear()
    sandbox.to_send.extend((delivery, attempt) for delivery, attempt in unanswered if not attempt.is_hung)
    return sandbox


def _apply(sandbox: Sandbox, entry: Entry) -> None:
    data: Any = entry.data
    if entry.kind == "command":
        if data["source"] in ("api", "person"):
            try:
                sandbox.do(data["command"], data["source"])
            except Refused as refused:
                raise UsageError(f"journal entry {entry.seq}: {refused}; it does not fit what came before") from refused
    elif entry.kind == "clock":
        sandbox.reach(entry.at, is_noted=True)
    elif entry.kind in ("outcome", "hung"):
        delivery = sandbox.outbox.deliveries[data["delivery"]]
        attempt = delivery.attempts[data["attempt"] - 1]
        if entry.kind == "outcome":
            sandbox.finish(delivery, attempt, data["outcome"])
        else:
            sandbox.hang(delivery, attempt)
    elif entry.kind == "record":
        records = sandbox.store.facade(entry.vendor)
        if data["record"] is None:
            records.delete(data["of"], data["key"])
        else:
            records.put(data["of"], data["key"], data["record"])
    elif entry.kind == "settings":
        sandbox.put_settings(entry.vendor, data["settings"])
    elif entry.kind == "scenario":
        sandbox.put_scenario(data["scenario"])
    elif entry.kind == "far_end":
        sandbox.put_far_end(data["number"], parse_casting(data["far_end"], "far_end"))
    elif entry.kind == "take_over":
        sandbox.take_over(data["leg"])
    elif entry.kind == "resend":
        sandbox.resend(data["delivery"], data["set"])
    elif entry.kind == "message":
        talking.receive(sandbox, data["channel"], data["text"], data["is_binary"])
    elif entry.kind == "socket":
        talking.lose(sandbox, data["channel"], data["code"], data["text"])
    elif entry.kind == "faults":
        sandbox.put_faults(data["set"])
    elif entry.kind == "answers":
        sandbox.put_answers(data["set"])
    elif entry.kind == "violation":
        sandbox.note_violation(entry.call, entry.vendor, {key: told for key, told in data.items() if key != "id"})
    elif entry.kind == "varied":
        sandbox.note(entry.at, "varied", entry.call, entry.vendor, data)
    elif entry.kind == "struck":
        if "request" in data:
            sandbox.faults.count(data["name"], data["request"])
            sandbox.note_fault(entry.at, entry.call, entry.vendor, data)
    elif entry.kind == "request":
        if sandbox.faults.strikes_requests:
            sandbox.faults.requests += 1
        sandbox.note_request(
            entry.vendor, entry.call, data["method"], data["path"], data["status"], 0.0, data.get("body", b"")
        )
