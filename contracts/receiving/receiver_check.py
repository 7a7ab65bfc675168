"""A receiver of webhooks, judged: every legal callback that we can think of, and the illegal ones it must not take.

Theory of operation. Bodies of each callback are made from the contract; each is signed and posted, and the reply
judged. The first that provokes a fault is made smaller as long as a simpler body provokes the same, and the simplest
is reported. Time is bounded from outside: each callback has its share, after which no more is sent, and what was not
seen is told as such. A time-out ends its callback's run at once, because a receiver that hangs would hang again. The
illegal ones come second, after one legal one, so that a share that is soon used up was used for both.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from functools import partial
from itertools import islice
from time import monotonic
from typing import Any, Final

from contracts.document import Webhook, load
from contracts.receiving.generation import Body
from contracts.receiving.posting import CLOCK, FORM, Fault, Post, Receiver, encode
from contracts.receiving.report import Report, Run
from contracts.receiving.sampling import Sampler
from emulator.errors import UsageError
from emulator.webhooks.values import Outcome, Raw

__all__ = ["ILLEGAL", "check_receiver"]

LONGEST: Final = 50.0
"""Real seconds for all callbacks together."""
SLOWEST: Final = LONGEST / 2
"""Real seconds that one answer may be allowed: one that never comes has to be seen in that time."""
OVER: Final = "its time was over"
SHRINKING: Final = 5.0
"""Real seconds for making what was found smaller."""
ILLEGAL: Final = ("wrong-signature", "missing-signature", "stale-signature", "content-type")


class _Over(Exception):
    """Ends a callback's run at once. Its text is the note."""


def check_receiver(
    vendor: str, urls: Mapping[str, str], *, secret: str = "", slow: float = 10.0, examples: int = 100,
    skip: Sequence[str] = (), seeded: int = 1, fields: Mapping[str, Any] = {},
    tell: Callable[[str], None] = lambda line: None,
) -> Report:  # fmt: skip
    """Hold the receiver at `urls` (by callback) against the contract with `vendor`. Takes less than a minute.

    `skip` names what of `ILLEGAL` is not tried. `fields` are the same in every callback that carries them, such as the
    account's id. Raises: `UsageError` for a callback, a provider or a field that there is not, for a value that a
    callback cannot carry, and for numbers with which nothing would be judged.
    """
    if not 0 < slow <= SLOWEST:
        raise UsageError(f"slow: expected seconds, more than 0 and at most {SLOWEST:g}, got {slow:g}")
    if examples < 1:
        raise UsageError(f"examples: expected 1 or more, got {examples}")
    contract = load(vendor)
    for callback in urls:
        if not contract.webhooks_of(callback):
            known = ", ".join(sorted({webhook.callback for webhook in contract.webhooks.values()}))
            raise UsageError(f"{vendor} has no callback {callback!r}; it has {known}")
    for name in skip:
        if name not in ILLEGAL:
            raise UsageError(f"skip: expected {' or '.join(ILLEGAL)}, got {name!r}")
    todo = [
        (webhook, url, Sampler(webhook, seeded, fields))
        for callback, url in urls.items()
        for webhook in contract.webhooks_of(callback)
    ]
    _check_names(fields, frozenset().union(*(sampler.names() for _, _, sampler in todo)))
    receiver = Receiver(contract, secret, slow, seeded, [each for each in fields.values() if isinstance(each, str)])
    with asyncio.Runner() as runner:
        return runner.run(_check(receiver, todo, examples, skip, tell))


def _check_names(fields: Iterable[str], known: Collection[str]) -> None:
    """Raises `UsageError` for a field that none of the callbacks has."""
    for name in fields:
        if name not in known:
            spelled = {each.lower(): each for each in sorted(known)}
            near = [spelled[each] for each in get_close_matches(name.lower(), spelled, 3, 0.65)]
            told = f"did you mean {' or '.join(near)}?" if near else f"they have {', '.join(sorted(known))}"
            raise UsageError(f"field {name}: none of these callbacks has it; {told}")


async def _check(
    receiver: Receiver, todo: Sequence[tuple[Webhook, str, Sampler]], examples: int, skip: Sequence[str],
    tell: Callable[[str], None],
) -> Report:  # fmt: skip
    time = _Time(receiver.slow, monotonic() + LONGEST)
    runs = []
    try:
        for index, (webhook, url, sampler) in enumerate(todo):
            tell(f"{webhook.name}: {url}")
            time.share(len(todo) - index)
            runs.append(await _Check(receiver, webhook, url, sampler, time).run(examples, skip))
    finally:
        await receiver.close()
    return Report(tuple(runs))


class _Time:
    """What there is of it: `slow` for one answer, all until an instant, and of that a share for each callback, after
    which no more is sent. An answer is waited for longer than that, as a shorter time-out says nothing."""

    def __init__(self, slow: float, until: float) -> None:
        self._slow, self._until, self._share = slow, until, until

    def share(self, count: int) -> None:
        """The next callback begins, of so many that are left."""
        now = monotonic()
        self._share = now + (self._until - now) / count

    def only(self, seconds: float) -> None:
        """So much more for this callback."""
        self._share = min(self._share, monotonic() + seconds)

    def for_one(self) -> float:
        """Seconds that the next answer may take. Raises `_Over`."""
        now = monotonic()
        if now >= self._share:
            raise _Over(OVER)
        return min(self._slow, self._until - now)

    def hung(self, seconds: float) -> None:
        """An answer did not come within that. Raises `_Over` if it was not given all the time that it may take."""
        if seconds < self._slow:
            raise _Over(OVER)


class _Check:
    """Of one callback."""

    def __init__(self, receiver: Receiver, webhook: Webhook, url: str, sampler: Sampler, time: _Time) -> None:
        self.receiver, self.webhook, self.url, self.sampler, self.time = receiver, webhook, url, sampler, time
        self.posted = 0

    async def run(self, examples: int, skip: Sequence[str]) -> Run:
        found: list[Fault] = []
        illegal: list[Fault] = []
        note = ""
        bodies = islice(self.sampler.bodies(), examples)
        try:
            await self._legal(islice(bodies, 1), found)
            await self._illegal(skip, illegal)
            if not found:
                await self._legal(bodies, found)
        except _Over as over:
            note = str(over)
        return Run(self.webhook.name, self.posted, (*found, *illegal), note)

    async def _legal(self, bodies: Iterable[Body], found: list[Fault]) -> None:
        """All, or up to the first that provokes a fault, and what it takes to make that smaller."""
        for body in bodies:
            fault = await self._post(body)
            if fault is not None:
                found.append(fault)
                if fault.rule == "slow":
                    raise _Over("ended by a time-out")
                self.time.only(SHRINKING)
                await self._smaller(body, found)
                return

    async def _smaller(self, body: Body, found: list[Fault]) -> None:
        """Simpler bodies in place of the last found, each tried once, until none provokes the same."""
        tried: set[bytes] = set()
        is_smaller = True
        while is_smaller:
            is_smaller = False
            for simpler in self.sampler.simpler(body):
                data = encode(simpler)
                if data in tried:
                    continue
                tried.add(data)
                fault = await self._post(simpler)
                if fault is not None and fault.rule == "slow":
                    found.append(fault)
                    raise _Over("ended by a time-out")
                if fault is not None and fault.rule == found[-1].rule:
                    found[-1], body, is_smaller = fault, simpler, True
                    break

    async def _post(self, body: Body) -> Fault | None:
        make = partial(self.receiver.post, self.webhook, self.url, body)
        sent, outcome, within = await self._send(make(), make)
        self.posted += 1
        return self.receiver.judge(sent, outcome, within)

    async def _send(self, post: Post, make: Callable[[], Post] | None = None) -> tuple[Post, Outcome, float]:
        """What was sent, what came back, and how many seconds it was given. A post whose connection broke is sent again
        on a new one, made anew if it can be: a server may end a connection that is kept whenever it likes."""
        within = self.time.for_one()
        outcome, _ = await self.receiver.send(post, within)
        if outcome.error == "connection":
            await self.receiver.renew()
            post, within = make() if make is not None else post, self.time.for_one()
            outcome, _ = await self.receiver.send(post, within)
        if outcome.error == "timeout":
            self.time.hung(within)
        return post, outcome, within

    async def _illegal(self, skip: Sequence[str], faults: list[Fault]) -> None:
        """Each illegal callback once, with the simplest legal body."""
        for name, post, what in self._forgeries(self.sampler.simplest()):
            if name in skip:
                continue
            _, outcome, within = await self._send(post)
            fault = self.receiver.accepted(post, outcome, within, what)
            if fault is not None:
                faults.append(fault)
            if outcome.error == "timeout":
                raise _Over("ended by a time-out")

    def _forgeries(self, body: Body) -> list[tuple[str, Post, str]]:
        receiver, webhook, url = self.receiver, self.webhook, self.url
        raw = receiver.contract.at(webhook.pointer)
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
                post = receiver.post(webhook, url, body, forged=Raw(data, kind))
                made.append(("content-type", post, f"{kind} for a form"))
        return made


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
