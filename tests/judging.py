"""Every webhook that anything sends during a test is held against its contract, and fails the test that caused it.

Theory of operation. When pytest begins, a distribution of one module is written into a folder of its own, and that
folder put on `sys.path` and on `PYTHONPATH`: so an exchange in this process and every server that a test starts find an
observer there, by entry point. It writes each `sent` entry of every journal as a line into a file of its process. After
each test, and after its fixtures, the new lines of all files are read and judged; a process that outlives its test is
judged with the next one, and what comes after the last with the session.

Exempt are, and nothing else: providers without a contract, which are made up; what goes over an application's own
socket, which is no webhook; a call in which a person has sent a webhook again with changes (`resend {set}`), from then
on; and a test marked `unjudged`, which gives its reason. Faults need no exemption: none of them changes a body.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from base64 import b64decode
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from contracts.checks import check_webhook
from contracts.document import contract_names, load

__all__ = ["Judge"]

NAME: Final = "ringback_judged"
ENTRY_POINTS: Final = f"[emulator.observers]\njudged = {NAME}:seen\n"
METADATA: Final = "Metadata-Version: 2.1\nName: ringback-judged\nVersion: 1.0\n"
OBSERVER: Final = """
import json
import os
from base64 import b64encode

FOLDER = {folder!r}
CHANGED = {{}}  # calls that a person has meddled with, by journal, which is kept so that no other gets its id
FILES = {{}}


def seen(entry):
    if entry.kind == "sent":
        if not (CHANGED and (id(entry.home), entry.call) in CHANGED):
            write(entry)
    elif entry.kind == "resend" and entry.data["set"]:
        CHANGED[id(entry.home), entry.call] = entry.home


def write(entry):
    sent, me = entry.data, os.getpid()
    if me not in FILES:
        FILES[me] = os.open(os.path.join(FOLDER, str(me)), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    body = b64encode(sent["body"].encode()).decode()
    told = [entry.vendor, sent["callback"], sent["method"], sent["url"], sent["body"].content_type, body]
    os.write(FILES[me], json.dumps(told).encode() + b"\\n")
"""
MOST: Final = 20
"""Findings that one report has room for."""


class Judge:
    """Reads what the observers have written. `found()` is what is wrong with what is new."""

    def __init__(self, folder: Path) -> None:
        self.spool = folder / "sent"
        self.spool.mkdir(parents=True)
        self.plug = folder / "plug"
        info = self.plug / f"{NAME}-1.0.dist-info"
        info.mkdir(parents=True)
        (self.plug / f"{NAME}.py").write_text(OBSERVER.format(folder=str(self.spool)))
        for name, text in (("METADATA", METADATA), ("entry_points.txt", ENTRY_POINTS), ("RECORD", "")):
            (info / name).write_text(text)
        self.judged = 0
        self._read: dict[str, int] = {}

    def found(self) -> list[str]:
        """Each finding once, as a line."""
        return list(dict.fromkeys(str(finding) for line in self._lines() for finding in self._judged(line)))

    def _lines(self) -> Iterator[bytes]:
        with os.scandir(self.spool) as files:
            for file in files:
                before = self._read.get(file.name, 0)
                if file.stat().st_size == before:
                    continue
                with open(file.path, "rb") as spool:
                    spool.seek(before)
                    whole, _, _ = spool.read().rpartition(b"\n")
                self._read[file.name] = before + len(whole) + bool(whole)
                yield from whole.splitlines()

    def _judged(self, line: bytes) -> list[Any]:
        vendor, callback, method, url, kind, body = json.loads(line)
        if vendor not in contract_names():
            return []
        contract = load(vendor)
        if callback in contract.document.get("x-socket-callbacks", ()):
            return []
        self.judged += 1
        return check_webhook(contract, callback, method, url, [("content-type", kind)], b64decode(body))


JUDGE: Final = pytest.StashKey[Judge]()
LEFT: Final = pytest.StashKey[list[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Plug the observer in."""
    config.stash[LEFT] = []
    judge = config.stash[JUDGE] = Judge(Path(tempfile.mkdtemp(prefix="ringback-judged-")))
    sys.path.append(str(judge.plug))
    others = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(judge.plug), *([others] if others else [])])


def pytest_unconfigure(config: pytest.Config) -> None:
    judge = config.stash[JUDGE]
    sys.path.remove(str(judge.plug))
    paths = os.environ["PYTHONPATH"].split(os.pathsep)
    paths.remove(str(judge.plug))
    os.environ["PYTHONPATH"] = os.pathsep.join(paths)
    shutil.rmtree(judge.plug.parent, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    yield from _watched(item, "call")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    yield from _watched(item, "teardown")


def _watched(item: pytest.Item, when: str) -> Generator[None]:
    judge = item.config.stash[JUDGE]
    try:
        yield
    except BaseException:
        if told := _told(judge, item):
            item.add_report_section(when, "webhooks", told)
        raise
    if told := _told(judge, item):
        pytest.fail(told, pytrace=False)


def _told(judge: Judge, item: pytest.Item) -> str:
    found = judge.found()
    return "" if item.get_closest_marker("unjudged") else _report(found)


def _report(found: list[str]) -> str:
    if not found:
        return ""
    more = [f"and {len(found) - MOST} more"] if len(found) > MOST else []
    return "\n".join(["webhooks that were sent and are not as their contract says:", *found[:MOST], *more])


# --- what comes after the last test, and from the other processes of xdist --------------------------------------


def pytest_sessionfinish(session: pytest.Session) -> None:
    left = session.config.stash[LEFT]
    left += session.config.stash[JUDGE].found()
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["webhooks"] = left
    elif left:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object | None) -> None:
    node.config.stash[LEFT].extend(getattr(node, "workeroutput", {}).get("webhooks", ()))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if told := _report(config.stash[LEFT]):
        terminalreporter.section("webhooks", red=True)
        terminalreporter.line(told)
