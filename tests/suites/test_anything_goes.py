"""Any sequence of API requests, people and passing time, on any vendor: what may never happen does not.

Never a 500 but a documented one; never a status or key that nobody documents; never a call in two lists that exclude
each other; never two calls in one list by one id; never a callback whose name is not announced; never a first attempt
of a callback after that of the final callback.
"""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.engine.commands import HangUp, Press
from emulator.errors import Refused
from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import Options, SandboxSpec
from emulator.runtime.vendors import load_vendors
from emulator.scenarios.far_end import FarEnd
from tests.fakes.receiver import Receiver
from tests.suites.vendors.adapter import Adapter, adapter_of
from tests.suites.vendors.operations import JUNK, Operation, check_body

VENDORS = load_vendors()
LIMIT = 30
EXAMPLES = 60
FAR_ENDS = [
    {}, {"outcome": "busy"}, {"picks_up": False}, {"rings_for": 5, "hangs_up_after": 7}, {"early_media": True},
    {"is_machine": True}, {"reactions": [{"press": "1", "on_prompt": True}]}, {"gives_up_after": 3},
]  # fmt: skip
SPANS = [0, 0.5, 1, 2, 3, 5, 11, 70, 700]
THE_REST = timedelta(minutes=20)
"""Not until nothing is left: an application may dial, redirect or be asked again for ever."""
UNKNOWN = ["00000000-0000-4000-8000-000000000000", "x", "1767225600.99999", "é ü", "a/b"]

Step = tuple[Any, ...]


def requests(operation: Operation) -> st.SearchStrategy[Step]:
    parts = [st.none() if part is None else part for part in (operation.body, operation.query)]
    return st.tuples(st.just("ask"), st.just(operation), st.integers(0, 30), *parts)


def steps(adapter: type[Adapter]) -> st.SearchStrategy[list[Step]]:
    placing = [operation for operation in adapter.OPERATIONS if operation.method == "POST"][:1]
    step = st.one_of(
        *(requests(operation) for operation in placing * 3),
        st.sampled_from(adapter.OPERATIONS).flatmap(requests),
        st.sampled_from(adapter.OPERATIONS).flatmap(requests),
        st.tuples(st.just("time"), st.sampled_from(SPANS)),
        st.tuples(st.just("time"), st.sampled_from(SPANS)),
        st.tuples(st.just("arrive")),
        st.tuples(st.just("hear"), st.sampled_from(adapter.DOCUMENTS_AT_RANDOM)),
        st.tuples(st.just("far_end"), st.sampled_from(FAR_ENDS)),
        st.tuples(st.just("by_hand"), st.integers(0, 9), st.sampled_from(["1", "#", ""])),
        st.tuples(st.just("raw"), st.sampled_from(["POST", "PUT", "PATCH", "DELETE", "GET", "HEAD"]), JUNK),
    )
    return st.lists(step, min_size=1, max_size=14)


class Desk:
    """One vendor, and whatever is done to it."""

    def __init__(self, adapter: Adapter, receiver: Receiver) -> None:
        self.adapter, self.receiver = adapter, receiver
        self.sandbox = adapter.sandbox

    async def act(self, kind: str, *what: Any) -> None:
        await getattr(self, f"do_{kind}")(*what)
        await self.adapter.pump.settle()
        await self.check()

    def filled(self, template: Any, names: dict[str, str]) -> Any:
        if isinstance(template, str):
            for name, text in names.items():
                template = template.replace(f"{{{name}}}", text)
            return template
        if isinstance(template, dict):
            return {key: self.filled(inner, names) for key, inner in template.items()}
        return [self.filled(inner, names) for inner in template] if isinstance(template, list) else template

    async def do_ask(self, operation: Operation, pick: int, body: Any, query: Any) -> None:
        calls = [leg.name for leg in self.sandbox.engine.legs.values()]
        names = {name: texts[pick % len(texts)] for name, texts in (await self.adapter.names()).items() if texts}
        names["call"] = ([*reversed(calls)] * 2 + UNKNOWN)[pick % (2 * len(calls) + len(UNKNOWN))]
        path = self.filled(operation.path, {name: quote(text, safe="") for name, text in names.items()})
        names["app"] = self.receiver.url
        more: dict[str, Any] = {"params": self.filled(query, names)} if query else {}
        if operation.body is not None:
            text = json.dumps(self.filled(body, names))
            more.update(content=text.encode("utf-8", "replace"), headers={"Content-Type": "application/json"})
        path = path if path.startswith("/") else f"{self.adapter.base}/{path}"
        response = await self.adapter.client.request(operation.method, path, **more)
        status = response.status_code
        assert status in operation.answers, (operation.method, path, status, response.text)
        shape = operation.answers[status]
        if isinstance(shape, bytes):
            assert response.content == shape
        else:
            check_body(response.headers.get("content-type", ""), response.content, shape)
        assert ("x-ringback-not-emulated" in response.headers) == (status == 501)

    async def do_raw(self, method: str, junk: Any) -> None:
        """A method nobody expects, a path nobody has, a body that is not JSON."""
        path = f"/v1/{quote(str(junk)[:40], safe='/')}"
        for content in (b"", b"{", b"\xff", b"[" * 100_000):
            response = await self.adapter.client.request(method, path, content=content)
            assert 400 <= response.status_code < 500 or response.status_code in (200, 501), (path, response.status_code)

    async def do_time(self, seconds: float) -> None:
        await self.adapter.advance(seconds)

    async def do_arrive(self) -> None:
        self.adapter.arrive()

    async def do_hear(self, document: str) -> None:
        self.adapter.hear(document.replace("APP", self.receiver.url).replace("{app}", self.receiver.url))

    async def do_far_end(self, far_end: Any) -> None:
        self.sandbox.put_far_end("", FarEnd.from_json(far_end))

    async def do_by_hand(self, pick: int, digits: str) -> None:
        legs = [leg.id for leg in self.sandbox.engine.legs.values() if leg.state != "ended"]
        if legs:
            leg = legs[pick % len(legs)]
            try:
                self.sandbox.by_hand([Press(leg, digits) if digits else HangUp(leg, "callee")])
            except Refused:
                return

    # --- what may never be -------------------------------------------------------------------------------------

    async def check(self) -> None:
        adapter = self.adapter
        lists = await adapter.lists()
        listed = [id_ for ids in lists.values() for id_ in ids]
        assert len(set(listed)) == len(listed), f"twice: {lists}"
        announced = VENDORS[adapter.vendor].callbacks_named
        assert all(each.callback in announced for each in self.sandbox.outbox.deliveries.values())
        self.check_order()

    def check_order(self) -> None:
        """By the journal, which says in which order attempts left."""
        over: dict[str, str] = {}
        deliveries = self.sandbox.outbox.deliveries
        for entry in self.sandbox.journal.entries():
            if entry.kind != "sent" or entry.data["attempt"] != 1:
                continue
            delivery = deliveries[entry.data["delivery"]]
            unit = self.adapter.unit(delivery)
            if self.adapter.is_final(delivery):
                over[unit] = delivery.callback
            else:
                assert unit not in over, f"{delivery} left after the final {over[unit]}"


async def check_run(vendor: str, program: list[Step]) -> None:
    async with asyncio.timeout(LIMIT):
        receiver = await Receiver().start()
        exchange = Exchange(Options(), {vendor: VENDORS[vendor]})
        adapter = adapter_of(vendor)(exchange, exchange.create(SandboxSpec(seed=1)), receiver)
        try:
            adapter.prepare("stay")
            desk = Desk(adapter, receiver)
            for step in program:
                await desk.act(*step)
            await adapter.pump.run(limit=THE_REST)
            await desk.check()
        finally:
            await adapter.client.aclose()
            await exchange.close()
            await receiver.stop()


@pytest.mark.parametrize("vendor", VENDORS)
def test_whatever_is_asked_the_answers_are_documented_and_the_books_agree(vendor: str) -> None:
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
              suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])  # fmt: skip
    @given(steps(adapter_of(vendor)))
    def any_run(program: list[Step]) -> None:
        asyncio.run(check_run(vendor, program))

    any_run()
