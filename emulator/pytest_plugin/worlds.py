"""One test's sandbox: made as its marker says, checked when the test is over, told of when it failed."""

from __future__ import annotations

import inspect
import json
import os
import shlex
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NoReturn

import pytest

from emulator.client.calls import every
from emulator.client.control_api import ControlRefused, NoServer
from emulator.client.sandbox import Sandbox
from emulator.client.server import Server
from emulator.client.telling import DidNotHappen, is_on_purpose, is_unanswered, tell_call, tell_delivery
from emulator.client.violations import tell_violations
from emulator.errors import RingbackError, UsageError
from emulator.pytest_plugin.colours import HEADING
from emulator.pytest_plugin.variations import varied

__all__ = ["World", "serving"]

KNOWN: Final = (
    "scenario", "clock", "seed", "vendor", "strict", "answers", "settings", "start", "patience", "deliver",
    "allow_failed",
)  # fmt: skip
MOST_TOLD: Final = 10
"""How many calls a report tells of, the newest."""

PATIENCE: Final = 5.0
"""Real seconds that webhooks in flight on a real clock get when the test is over."""

_SEED = pytest.StashKey[int]()


@contextmanager
def serving(config: pytest.Config) -> Iterator[Server]:
    """The session's server."""
    url = config.getoption("--ringback-url") or os.environ.get("RINGBACK_URL", "")
    try:
        server = Server.connect(url, os.environ.get("RINGBACK_TOKEN", "")) if url else Server.start()
    except RingbackError as error:
        raise pytest.fail.Exception(f"ringback_server: {error}", pytrace=False) from None
    with server:
        yield server


def base_seed(config: pytest.Config) -> int:
    """The session's: as told, or a fresh one."""
    told: int | None = config.getoption("--ringback-seed")
    if told is None:
        return config.stash.setdefault(_SEED, int.from_bytes(os.urandom(4)))
    return told


def is_strict(config: pytest.Config) -> bool:
    """As told, or as RINGBACK_STRICT says."""
    told = os.environ.get("RINGBACK_STRICT", "").lower()
    return bool(config.getoption("--ringback-strict")) or told not in ("", "0", "false", "no", "off", "f", "n")


def seed_of(base: int, nodeid: str) -> int:
    """A test's own: no two tests of a session share one, and it depends on nothing else."""
    return int.from_bytes(sha256(f"{base} {nodeid}".encode()).digest()[:6])


class World:
    """See the module. Raises what makes pytest fail the test, by name."""

    def __init__(self, item: pytest.Item, server: Server) -> None:
        self._nodeid = item.nodeid
        self._base = base_seed(item.config)
        self._is_told = False
        try:
            told = _marked(item)
        except UsageError as error:
            raise pytest.fail.Exception(str(error), pytrace=False) from None
        self._is_own_seed = told.get("seed") is not None
        self.allow_failed = bool(told.pop("allow_failed", False))
        self.is_strict = told["strict"] = bool(told.get("strict")) or is_strict(item.config)
        self._violations: list[str] | None = None
        if not self._is_own_seed:
            told["seed"] = seed_of(self._base, item.nodeid)
        try:
            if isinstance(told.get("scenario"), str | os.PathLike):
                told["scenario"] = _scenario(told["scenario"], item)
            self.sandbox: Sandbox = server.sandbox(**told)
        except (RingbackError, TypeError) as error:
            raise pytest.fail.Exception(f"ringback: {error}", pytrace=False) from None

    # --- when the test is over ---------------------------------------------------------------------------------

    def check(self, item: pytest.Item) -> None:
        """Fails a test that met what is not emulated, that broke a contract and is strict, or that ends with a webhook
        unanswered and unseen."""
        if self.sandbox.is_deleted or getattr(item, "_excinfo", None):  # a unittest that failed already
            return
        self._settle()
        deliveries = self.sandbox.deliveries.told()
        gaps = [*_gaps(deliveries), *_refused(self.sandbox)]
        if gaps:
            self._fail("the test met what Ringback does not emulate yet:", gaps)
        if self.is_strict and (violations := self._tell_violations()):
            requests = "requests break" if len(violations) > 1 else "a request breaks"
            lines = [line for told in violations for line in told.splitlines()]
            self._fail(f"{requests} the provider's contract:", lines, f"To see it again: {self._again()}")
        if self.allow_failed:
            return
        missed = [
            told
            for told in deliveries
            if is_unanswered(told) and not is_on_purpose(told) and told["id"] not in self.sandbox.seen
        ]
        if missed:
            count = f"{len(missed)} webhooks" if len(missed) > 1 else "a webhook"
            self._fail(
                f"the test ended with {count} that nobody answered well, and it did not look at:",
                [tell_delivery(told) for told in missed],
                "Look at it (`ringback.deliveries.unanswered`) if that is what you test, or mark the test with "
                f"@pytest.mark.ringback(allow_failed=True).{_blocked(item, missed)}",
            )

    def _settle(self) -> None:
        if not self.sandbox.is_virtual:
            self._wait()
            return
        try:
            self.sandbox.settle()
        except ControlRefused as error:
            if error.code != "clock_busy":
                raise
            self._fail("the test ended while its clock was still being driven:", [str(error)])

    def _wait(self) -> None:
        """Real time, until nothing is in flight."""
        end = time.monotonic() + PATIENCE
        pause = threading.Event()
        while time.monotonic() < end and any(
            told["state"] in ("waiting", "in flight") for told in self.sandbox.deliveries.told()
        ):
            pause.wait(0.02)

    def _fail(self, what: str, lines: list[str], hint: str = "") -> NoReturn:
        pytest.fail("\n".join([f"ringback: {what}", *(f"  {line}" for line in lines), *filter(None, [hint])]), False)

    # --- when it failed ----------------------------------------------------------------------------------------

    def tell(self, report: pytest.TestReport, error: BaseException | None) -> None:
        """Add what happened to the report, once; what `error` tells already is not told again."""
        if self._is_told or self.sandbox.is_deleted:
            return
        self._is_told = True
        try:
            is_known = isinstance(error, DidNotHappen) and bool(error.instead)
            text = "\n\n".join([self._seed(), *varied(self.sandbox)] if is_known else self._parts())
        except RingbackError as problem:
            text = f"{self._seed()}\n\nNothing can be told of the calls: {problem}"
        add = getattr(report.longrepr, "addsection", None)
        if add is not None:
            add(HEADING, text)
        else:
            report.longrepr = f"{report.longrepr or ''}\n{f' {HEADING} ':-^80}\n{text}"

    def _parts(self) -> Iterator[str]:
        yield self._seed()
        yield from varied(self.sandbox)
        if self.is_strict and self._violations is None and (violations := self._tell_violations()):
            yield "\n".join(["what breaks the provider's contract:", *violations])
        api, path = self.sandbox.api, self.sandbox.path
        calls = [call["id"] for call in every(api, f"{path}/calls", "calls")]
        if not calls:
            yield "There was no call."
        if len(calls) > MOST_TOLD:
            yield f"The last {MOST_TOLD} of {len(calls)} calls:"
        for call in calls[-MOST_TOLD:]:
            yield tell_call(api.get(f"{path}/calls/{call}"), only_unanswered=True)

    def _seed(self) -> str:
        if self._is_own_seed:
            return f"seed {self.sandbox.seed}, from the test's marker"
        return f"seed {self.sandbox.seed}; the same again: {self._again()}"

    def _again(self) -> str:
        strict = " --ringback-strict" if self.is_strict else ""
        seed = "" if self._is_own_seed else f" --ringback-seed {self._base}"
        return f"pytest {shlex.quote(self._nodeid)}{seed}{strict}"

    def _tell_violations(self) -> list[str]:
        self._violations = tell_violations(self.sandbox.violations)
        return self._violations

    def end(self) -> None:
        try:
            self.sandbox.delete()
        except NoServer:
            pass  # it went with its server
        except ControlRefused as error:
            if error.code != "unknown_sandbox":
                raise


def _marked(item: pytest.Item) -> dict[str, Any]:
    """What the markers say, the closest last."""
    told: dict[str, Any] = {}
    for mark in reversed(list(item.iter_markers("ringback"))):
        unknown = [*map(repr, mark.args), *(name for name in mark.kwargs if name not in KNOWN)]
        if unknown:
            raise UsageError(
                f"@pytest.mark.ringback: expected some of {', '.join(KNOWN)} by name, got {', '.join(unknown)}"
            )
        told |= mark.kwargs
    return told


def _scenario(told: str | os.PathLike[str], item: pytest.Item) -> dict[str, Any]:
    """A preset by name, or a file beside the test, below pytest's root or where we are."""
    from emulator.scenario_files.loading import load

    return load(os.fspath(told), (item.path.parent, item.config.rootpath, Path()))


def _blocked(item: pytest.Item, missed: list[Mapping[str, Any]]) -> str:
    """What a coroutine is told whose application could not answer, perhaps because the test had stopped its loop."""
    is_hung = any(attempt["is_hung"] for told in missed for attempt in told["attempts"])
    if not is_hung or not inspect.iscoroutinefunction(getattr(item, "obj", None)):
        return ""
    return (
        "\nIf the application runs in the test's own event loop, `ringback.run()` stops it too: take `async_ringback`, "
        "and await it before the test ends."
    )


def _gaps(deliveries: list[Mapping[str, Any]]) -> Iterator[str]:
    """Answers that asked for something we cannot do."""
    for told in deliveries:
        if "is not emulated yet" in told["problem"]:
            yield tell_delivery(told)


def _refused(sandbox: Sandbox) -> Iterator[str]:
    """Requests that were answered 501: so a provider's API says it here, and nothing else does."""
    lines = sandbox.journal_lines()
    if b"501" not in lines:
        return
    for entry in map(json.loads, lines.splitlines()):
        data = entry.get("data") or entry
        if entry["kind"] == "request" and data.get("status") == 501:
            yield f"{entry['vendor']} {data['method']} {data['path']}: 501, not emulated yet"
