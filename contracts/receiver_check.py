"""A receiver of webhooks, judged: every legal callback that we can think of, and the illegal ones it must not take.

Theory of operation. Hypothesis draws bodies of each callback from the contract; each is signed and posted, and the
reply judged. What is found is shrunk: of the bodies that provoke one rule's fault, the smallest is reported. Time is
bounded from outside: each callback has its share, and after it everything counts as seen. A time-out ends its
callback's run at once, because a receiver that hangs would hang again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from time import monotonic
from typing import Any, Final
from xml.etree import ElementTree

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Flaky

from contracts.document import Webhook, load
from contracts.generation import Body, bodies
from contracts.receiving import CLOCK, FORM, Fault, Post, Receiver
from emulator.engine.values import field, value
from emulator.errors import UsageError

__all__ = ["ILLEGAL", "Report", "check_receiver"]

LONGEST: Final = 50.0
"""Real seconds for all callbacks together."""
SHRINKING: Final = 5.0
"""Real seconds for making what was found smaller."""
ILLEGAL: Final = ("wrong-signature", "missing-signature", "stale-signature", "content-type")


@value
class Run:
    """What became of one callback: how many were posted, and what was wrong."""

    callback: str
    posted: int
    faults: tuple[Fault, ...]
    note: str = ""


@value
class Report:
    runs: tuple[Run, ...] = field(hash=False)

    @property
    def faults(self) -> list[Fault]:
        return [fault for run in self.runs for fault in run.faults]

    def check(self) -> None:
        """Raises `AssertionError`, whose text is the report, if there are findings."""
        assert not self.faults, f"\n{self.text()}"

    def text(self) -> str:
        lines = []
        for run in self.runs:
            verdict = f"{len(run.faults)} findings" if run.faults else "ok"
            lines.append(f"{run.callback}: {run.posted} posted, {verdict}{f' ({run.note})' if run.note else ''}")
            lines += [f"  {line}" for fault in run.faults for line in str(fault).splitlines()]
        return "\n".join(lines)

    def json(self) -> str:
        return json.dumps(
            {
                "callbacks": [
                    {
                        "callback": run.callback, "posted": run.posted, "note": run.note,
                        "findings": [{"rule": each.rule, "text": each.text, "curl": each.curl} for each in run.faults],
                    }
                    for run in self.runs
                ]
            },
            indent=2,
        )  # fmt: skip

    def junit(self) -> bytes:
        suite = ElementTree.Element("testsuite", name="ringback contract hooks", tests=str(len(self.runs)))
        suite.set("failures", str(sum(bool(run.faults) for run in self.runs)))
        for run in self.runs:
            case = ElementTree.SubElement(suite, "testcase", classname="hooks", name=run.callback)
            for fault in run.faults:
                failure = ElementTree.SubElement(case, "failure", message=f"{fault.rule}: {fault.text}"[:400])
                failure.text = str(fault)
        ElementTree.indent(suite)
        told: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
        return told


_ANYTHING: Final = list(HealthCheck)


class _Over(BaseException):
    """Ends a callback's run at once: it passes through Hypothesis untouched. Its text is the note."""


class _Found(Exception):
    """Something is wrong: shrink it."""


def check_receiver(
    vendor: str, urls: Mapping[str, str], *, secret: str = "", slow: float = 10.0, examples: int = 100,
    skip: Sequence[str] = (), seeded: int = 1, tell: Callable[[str], None] = lambda line: None,
) -> Report:  # fmt: skip
    """Hold the receiver at `urls` (by callback) against the contract with `vendor`. Takes less than a minute.

    `skip` names what of `ILLEGAL` is not tried. Raises: `UsageError` for a callback or a provider that there is not.
    """
    contract = load(vendor)
    for callback in urls:
        if not contract.webhooks_of(callback):
            known = ", ".join(sorted({webhook.callback for webhook in contract.webhooks.values()}))
            raise UsageError(f"{vendor} has no callback {callback!r}; it has {known}")
    for name in skip:
        if name not in ILLEGAL:
            raise UsageError(f"skip: expected {' or '.join(ILLEGAL)}, got {name!r}")
    with asyncio.Runner() as runner:
        receiver = Receiver(contract, secret, slow)
        try:
            check = _Check(receiver, runner, examples, seeded, monotonic() + LONGEST)
            todo = [(webhook, url) for callback, url in urls.items() for webhook in contract.webhooks_of(callback)]
            runs = []
            for index, (webhook, url) in enumerate(todo):
                tell(f"{webhook.name}: {url}")
                runs.append(check.run(webhook, url, len(todo) - index, skip))
            return Report(tuple(runs))
        finally:
            runner.run(receiver.close())


class _Check:
    def __init__(self, receiver: Receiver, runner: asyncio.Runner, examples: int, seeded: int, until: float) -> None:
        self.receiver, self.runner, self.examples, self.seeded, self.until = receiver, runner, examples, seeded, until

    def run(self, webhook: Webhook, url: str, left: int, skip: Sequence[str]) -> Run:
        """One callback, within its share of the time that is left."""
        until = monotonic() + (self.until - monotonic()) / left
        found: dict[str, tuple[Post, Fault]] = {}
        posted = 0

        def post(body: Body) -> None:
            nonlocal posted, until
            if monotonic() > until:
                raise _Over("its time was over")
            sent = self.receiver.post(webhook, url, body)
            outcome, _ = self._send(sent)
            posted += 1
            fault = self.receiver.judge(sent, outcome)
            if fault is None:
                return
            if not found:
                until = min(until, monotonic() + SHRINKING)
            before = found.get(fault.rule)
            if before is None or (len(sent.data), sent.data) < (len(before[0].data), before[0].data):
                found[fault.rule] = sent, fault
            if fault.rule == "slow":
                raise _Over("ended by a time-out")
            raise _Found

        note = ""
        faults: list[Fault] = []
        try:
            faults = self._illegal(webhook, url, skip)
            if not any(fault.rule == "slow" for fault in faults):
                self._draw(bodies(webhook), post)
        except _Over as over:
            note = str(over)
        except (_Found, Flaky):
            pass  # what was found is kept; Flaky is a receiver that answers one request now so, now so
        return Run(webhook.name, posted, (*(fault for _, fault in found.values()), *faults), note)

    def _draw(self, strategy: Any, post: Callable[[Body], None]) -> None:
        @seed(self.seeded)
        @settings(
            max_examples=self.examples, database=None, deadline=None, report_multiple_bugs=False, print_blob=False,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=_ANYTHING,
        )  # fmt: skip
        @given(strategy)
        def any_body(body: Body) -> None:
            post(body)

        any_body()

    def _send(self, post: Post) -> Any:
        return self.runner.run(self.receiver.send(post))

    def _illegal(self, webhook: Webhook, url: str, skip: Sequence[str]) -> list[Fault]:
        """Each illegal callback once, with the simplest legal body."""
        body = _simplest(bodies(webhook))
        faults = []
        for name, post, what in self._forgeries(webhook, url, body):
            if name in skip:
                continue
            outcome, _ = self._send(post)
            fault = self.receiver.accepted(post, outcome, what)
            if fault is not None:
                faults.append(fault)
            if outcome.error == "timeout":
                break
        return faults

    def _forgeries(self, webhook: Webhook, url: str, body: Body) -> list[tuple[str, Post, str]]:
        receiver, raw = self.receiver, self.receiver.contract.at(webhook.pointer)
        made = []
        if raw.get("x-signed") and receiver.secret:
            wrong = receiver.post(webhook, url, body, secret=f"{receiver.secret}-not")
            made.append(("wrong-signature", wrong, "a wrong signature"))
            made.append(("missing-signature", receiver.post(webhook, url, body, secret=""), "no signature"))
        if raw.get("x-signed-time") and receiver.secret:
            stale = receiver.post(webhook, url, body, at=CLOCK.now() - timedelta(hours=1))
            made.append(("stale-signature", stale, "a signature an hour old"))
        if body.kind == FORM:
            for kind, data in _other_kinds(body):
                post = receiver.post(webhook, url, body)
                made.append(("content-type", Post(webhook, url, kind, data, post.headers), f"{kind} for a form"))
        return made


def _simplest(strategy: Any) -> Body:
    """Hypothesis begins with it."""
    drawn: list[Body] = []

    @settings(max_examples=1, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=_ANYTHING)
    @given(strategy)
    def first(body: Body) -> None:
        drawn.append(body)

    first()
    return drawn[0]


def _other_kinds(body: Body) -> list[tuple[str, bytes]]:
    """The same fields as JSON, as text and as multipart."""
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in body.value.items()
    )
    lines = "\n".join(f"{name}: {text}" for name, text in body.value.items())
    return [
        ("application/json", json.dumps(body.value).encode()),
        ("text/plain", lines.encode()),
        ("multipart/form-data; boundary=x", f"{parts}--x--\r\n".encode()),
    ]
