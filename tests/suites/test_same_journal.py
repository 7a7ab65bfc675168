"""Same seed, same scenario: the same journal, byte for byte, in every run and on every Python.

The kept one was made by another Python version: `python -m tests.suites.test_same_journal` writes it anew. Addresses
are inputs, and no port is free for ever: in the kept journal the application and the emulator have names instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from emulator.cli.demo_app import app
from emulator.client.playing import play
from emulator.client.server import Server
from emulator.pytest_plugin.applications import Applications
from emulator.scenario_files.loading import load

ROOT = Path(__file__).parents[2]
SCENARIO = ROOT / "fixtures" / "scenarios" / "a-busy-morning.yaml"
KEPT = ROOT / "fixtures" / "journals" / "a-busy-morning.jsonl"
RUNS = 20


@contextmanager
def world() -> Iterator[tuple[Server, str]]:
    """An emulator of its own, and the demo's application."""
    with Applications() as applications, Server.start() as server:
        yield server, applications.serve(app)


def journal(server: Server, application: str) -> bytes:
    return play(load(SCENARIO), server, [application]).journal


def named(made: bytes, server: Server, application: str) -> bytes:
    """With names in the place of addresses."""
    for address, name in ((application, "http://application.test"), (server.url, "http://emulator.test")):
        made = made.replace(address.encode(), name.encode())
    return made


def test_twenty_runs_write_the_same_journal_byte_for_byte() -> None:
    with world() as (server, application):
        first = journal(server, application)
        assert first.count(b"\n") > 300
        for _ in range(RUNS - 1):
            assert journal(server, application) == first


def test_another_python_version_wrote_the_same_journal() -> None:
    with world() as (server, application):
        made = named(journal(server, application), server, application).splitlines()
    kept = KEPT.read_bytes().splitlines()
    for number, (ours, theirs) in enumerate(zip(made, kept, strict=False), 1):
        assert ours == theirs, f"line {number}; if that is meant: python -m {__name__}, on another Python version"
    assert len(made) == len(kept)


if __name__ == "__main__":
    with world() as (server, application):
        KEPT.write_bytes(named(journal(server, application), server, application))
