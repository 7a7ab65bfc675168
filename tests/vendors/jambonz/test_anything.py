"""Any request, any document, any passing time: documented statuses and keys only, and a journal that replays."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from typing import Any

import httpx2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.clock import VirtualClock
from emulator.errors import NotEmulated, Refused
from emulator.runtime.app import build
from emulator.runtime.exchange import Exchange
from emulator.runtime.replay import rebuild
from emulator.runtime.sandbox import Sandbox
from emulator.runtime.spec import Options, SandboxSpec
from emulator.vendors.jambonz import vendor
from emulator.vendors.jambonz.updates import _KEYS as UPDATES
from emulator.vendors.jambonz.verbs import ALIASES, VERBS
from emulator.webhooks.values import Outcome, Reply
from tests.vendors.jambonz.conftest import SPEECH

VENDORS = {"jambonz": vendor}
STATUSES = {200, 201, 202, 204, 400, 404, 422, 500, 501}
RECORD = {
    "account_sid", "call_id", "call_sid", "call_status", "direction", "from", "service_url", "sip_status", "to",
    "application_sid", "caller_name", "duration", "originating_sip_trunk_name", "parent_call_sid", "sip_reason",
    "trace_id", "sbc_callid", "call_termination_by",
}  # fmt: skip
GOOD = {
    "from": "+14085550150", "to": {"type": "phone", "number": "+15085551212"}, "call_hook": "http://127.0.0.1:9/a",
    "call_status_hook": "http://127.0.0.1:9/s#rc=2&rp=all", **SPEECH,
}  # fmt: skip

anything = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 700) | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "a", "completed", "no-answer", "mute", "/x", "http://127.0.0.1:9/x", "ws://h", "phone"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["url", "action", "tag", "type", "number", "text", "method"]), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
creates = st.dictionaries(st.sampled_from([*GOOD, "timeout", "timeLimit", "tag", "app_json", "callerName"]), anything,
                          max_size=2).map(lambda change: {**GOOD, **change})  # fmt: skip
updates = st.dictionaries(st.sampled_from([*UPDATES, "call_status_hook"]), anything, max_size=2)
verbs = st.sampled_from(sorted([*VERBS, *ALIASES])).flatmap(
    lambda name: st.dictionaries(st.sampled_from(sorted(VERBS[ALIASES.get(name, name)]) or ["x"]), anything, max_size=4)
    .map(lambda body: {"verb": name, **body})
)  # fmt: skip
good_verbs = st.sampled_from([
    {"verb": "say", "text": "hello"}, {"verb": "pause", "length": 3}, {"verb": "tag", "data": {"a": 1}},
    {"verb": "gather", "timeout": 2, "actionHook": "/got", "say": {"text": "press"}}, {"verb": "answer"},
    {"verb": "dial", "target": [{"type": "phone", "number": "+15085551313"}], "timeLimit": 5, "actionHook": "/d"},
    {"verb": "redirect", "actionHook": "/next"}, {"verb": "hangup"}, {"verb": "sip:decline", "status": 486},
    {"verb": "play", "url": "http://h/a", "actionHook": "/p"},
])  # fmt: skip
documents = st.lists(good_verbs, max_size=4) | st.lists(verbs | anything, max_size=2) | anything
headers = (("content-type", "application/json"),)


def outcome(document: Any) -> Outcome:
    return Outcome(Reply(200, headers, json.dumps(document).encode()))


outcomes = (
    documents.map(outcome) | st.just(Outcome(None, "connection", "refused")) | st.just(Outcome(Reply(500, (), b"")))
)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("create"), creates), st.tuples(st.just("update"), updates),
        st.tuples(st.just("delete"), st.just(None)),
        st.tuples(st.just("deliver"), outcomes), st.tuples(st.just("deliver"), documents.map(outcome)),
        st.tuples(st.just("arrive"), st.just(None)), st.tuples(st.just("time"), st.integers(0, 40)),
        st.tuples(st.just("put application"), st.dictionaries(
            st.sampled_from(["name", "call_hook", "app_json", "application_sid", "env_vars"]), anything, max_size=2)),
        st.tuples(st.just("number"), st.dictionaries(
            st.sampled_from(["number", "application_sid"]), anything, max_size=2)),
    ), min_size=1, max_size=12,
)  # fmt: skip


class Driver:
    """Acts on one sandbox, without a network: outcomes are dealt by hand."""

    def __init__(self, exchange: Exchange) -> None:
        self.sandbox: Sandbox = exchange.create(SandboxSpec(name="fuzzed", seed=3))
        exchange.pumps["fuzzed"].sandbox.on_input = lambda: None
        account = self.sandbox.public["jambonz"]
        self.base = f"/v1/Accounts/{account['account_sid']}"
        self.number = account["numbers"][0]
        self.application = f"/v1/Applications/{account['application_sid']}"
        self.client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(build(exchange)), base_url="http://ringback.test/jambonz",
            headers={"Authorization": f"Bearer {account['api_key']}"},
        )  # fmt: skip
        self.sids: list[str] = ["00000000-0000-4000-8000-00000000abcd"]

    async def ask(self, method: str, path: str, body: Any = None) -> httpx2.Response:
        response = await self.client.request(method, path, json=body)
        assert response.status_code in STATUSES, response.text
        if response.status_code == 500:
            assert response.text == "Internal Server Error" or response.json().keys() == {"msg"}
        return response

    async def act(self, kind: str, what: Any) -> None:
        if kind == "create":
            response = await self.ask("POST", f"{self.base}/Calls", what)
            if response.status_code == 201:
                self.sids.append(response.json()["sid"])
        elif kind == "update":
            await self.ask("PUT", f"{self.base}/Calls/{self.sids[-1]}", what)
        elif kind == "delete":
            await self.ask("DELETE", f"{self.base}/Calls/{self.sids[-1]}")
        elif kind == "put application":
            await self.ask("PUT", self.application, what)
        elif kind == "number":
            await self.ask("POST", "/v1/PhoneNumbers", what)
        elif kind == "arrive":
            self._arrive()
        elif kind == "deliver" and self.sandbox.to_send:
            delivery, attempt = self.sandbox.to_send.popleft()
            self.sandbox.finish(delivery, attempt, what)
        elif kind == "time":
            self._pass(timedelta(seconds=what))

    def _arrive(self) -> None:
        try:
            self.sids.append(self.sandbox.arrive("jambonz", "+15085551212", self.number).name)
        except (Refused, NotEmulated):
            return

    def _pass(self, span: timedelta) -> None:
        clock = self.sandbox.clock
        assert isinstance(clock, VirtualClock)
        until = clock.now() + span
        while (due := self.sandbox.next_deadline()) is not None and due <= until:
            clock.move_to(max(due, clock.now()))
            self.sandbox.reach(clock.now())
        clock.move_to(until)
        self.sandbox.note_clock()

    async def check(self) -> None:
        records = (await self.ask("GET", f"{self.base}/Calls")).json()
        assert len({record["call_sid"] for record in records}) == len(records)
        for record in records:
            assert record.keys() <= RECORD
            one = (await self.ask("GET", f"{self.base}/Calls/{record['call_sid']}")).json()
            assert one == record
        for path in ("CallCount", "RecentCalls?page=1&count=500", "Alerts?page=1&count=500"):
            assert (await self.ask("GET", f"{self.base}/{path}")).status_code == 200
        for delivery in self.sandbox.outbox.deliveries.values():
            delivery.body()


def story(sandbox: Sandbox) -> list[dict[str, Any]]:
    """The journal without the requests of clients, which a replay does not make again, and their numbers."""
    entries = [entry.to_json() for entry in sandbox.journal.entries() if entry.kind != "request"]
    return [{key: text for key, text in entry.items() if key != "seq"} for entry in entries]


async def drive(taken: list[tuple[str, Any]]) -> None:
    exchange = Exchange(Options(), VENDORS)
    driver = Driver(exchange)
    for kind, what in taken:
        await driver.act(kind, what)
        await driver.check()
    twin = rebuild(list(driver.sandbox.journal.entries()), VENDORS)
    await driver.client.aclose()
    await exchange.close()
    assert story(twin) == story(driver.sandbox)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_nothing_a_client_or_application_sends_breaks_anything_and_every_journal_replays(taken: Any) -> None:
    asyncio.run(drive(taken))
