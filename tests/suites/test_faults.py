"""One suite, all vendors: every fault strikes once, does what it says, is told everywhere, and is replayed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx2
import pytest

from emulator.cli.lines import line_of
from emulator.control.views import delivery_in_full
from emulator.errors import UsageError
from emulator.recorder.ladder import ladder
from emulator.runtime.app import build
from emulator.runtime.exchange import Exchange
from emulator.runtime.replay import read_entries, rebuild
from emulator.runtime.server import Listener
from emulator.runtime.spec import Options, SandboxSpec
from emulator.runtime.vendors import load_vendors
from emulator.scenarios.faults import KINDS
from emulator.vendor_api import CallRequest
from emulator.webhooks.deliveries import Delivery
from tests.fakes.receiver import Receiver
from tests.suites.bounds import within
from tests.suites.vendors.adapter import CALLEE, Adapter, adapter_of, scripted

VENDORS = load_vendors()
LIMIT = 30
SIGNING = tuple(name for name, vendor in VENDORS.items() if vendor.signs)
MUTE = tuple(name for name in VENDORS if name not in SIGNING)


class Telco:
    """One vendor on a real port, and its application."""

    def __init__(self, desk: Adapter, url: str) -> None:
        self.desk, self.sandbox = desk, desk.sandbox
        self.client = httpx2.AsyncClient(base_url=url, timeout=10)
        desk.client = httpx2.AsyncClient(base_url=f"{url}/{desk.vendor}", headers=desk.headers(), timeout=10)

    @property
    def request(self) -> CallRequest:
        """What places a call at this vendor."""
        urls = {name: self.desk.url(name) for name in ("answer", "hangup", "ring")}
        return VENDORS[self.desk.vendor].call_request(self.desk.account, self.desk.number, CALLEE, urls)

    async def ask(self, **more: Any) -> httpx2.Response:
        """Place a call, as a client would."""
        told = self.request
        return await self.client.request(
            told.method, f"/{self.desk.vendor}{told.path}", headers=dict(told.headers), json=told.json, **more
        )

    def set(self, *faults: dict[str, Any]) -> None:
        self.sandbox.put_faults(list(faults))

    @property
    def struck(self) -> list[int]:
        return [each["struck"] for each in self.sandbox.faults.to_json()]

    @property
    def told(self) -> list[dict[str, Any]]:
        """The journal's entries of faults."""
        return [entry.to_json() for entry in self.sandbox.journal.entries() if entry.kind == "struck"]

    async def call(self) -> list[Delivery]:
        """A whole call; its deliveries, the first of which a fault strikes."""
        self.desk.script(scripted())
        self.desk.prepare("talk")
        await self.desk.place()
        await self.desk.pump.run()
        return list(self.sandbox.outbox.deliveries.values())

    def check_is_told(self, kind: str) -> None:
        """In the book, the journal, the ladder, the lines of `serve`; and a replay tells it, too."""
        assert self.struck == [1]
        [entry] = self.told
        assert (entry["name"], entry["fault"]) == ("f1", kind)
        assert f"fault f1: {kind}" in ladder(self.sandbox.journal.entries())
        lines = [line_of(self.sandbox, each) for each in self.sandbox.journal.entries() if each.kind == "struck"]
        assert [f"fault f1: {kind}" in (line or ("",))[0] for line in lines] == [True]
        whole = list(self.sandbox.journal.lines())
        again = rebuild(read_entries(whole), self.desk.exchange.vendors)
        assert list(again.journal.lines()) == whole
        assert again.faults.to_json() == self.sandbox.faults.to_json()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = await Receiver().start()
    yield made
    await made.stop()


async def opened(vendor: str, receiver: Receiver, **spec: Any) -> AsyncIterator[Telco]:
    exchange = Exchange(Options(), {vendor: VENDORS[vendor]})
    desk = adapter_of(vendor)(exchange, exchange.create(SandboxSpec(seed=1, patience=3.0, **spec)), receiver)
    listener = Listener(build(exchange))
    made = Telco(desk, f"http://127.0.0.1:{await listener.start()}")
    yield made
    await made.client.aclose()
    await desk.client.aclose()
    await listener.stop()
    await exchange.close()


@pytest.fixture(params=list(VENDORS))
async def telco(request: pytest.FixtureRequest, receiver: Receiver) -> AsyncIterator[Telco]:
    async for made in opened(request.param, receiver):
        yield made


@pytest.fixture(params=SIGNING)
async def signing(request: pytest.FixtureRequest, receiver: Receiver) -> AsyncIterator[Telco]:
    async for made in opened(request.param, receiver):
        yield made


@pytest.fixture(params=MUTE)
async def mute(request: pytest.FixtureRequest, receiver: Receiver) -> AsyncIterator[Telco]:
    async for made in opened(request.param, receiver):
        yield made


# --- requests to the API -------------------------------------------------------------------------------------------


@within(LIMIT)
@pytest.mark.parametrize("status", [400, 402, 403, 404, 409, 418, 429, 500, 502, 503, 504, 599])
async def test_a_status_is_answered_in_the_vendors_words_and_nothing_is_done(telco: Telco, status: int) -> None:
    telco.set({"fault": "status", "status": status, "count": 1, "retry_after": "1500ms"})
    struck, fine = await telco.ask(), await telco.ask()
    assert (struck.status_code, fine.is_success) == (status, True)
    assert len(telco.sandbox.engine.calls) == 1
    assert struck.content
    plain = VENDORS[telco.desk.vendor].fail
    assert plain is not None
    told = plain(telco.sandbox.views[telco.desk.vendor], status, 2)
    assert struck.content == told.body if isinstance(told.body, bytes) else struct_equal(struck.json(), told.body)
    assert struck.headers["retry-after"] == "2"
    telco.check_is_told("status")


def struct_equal(got: Any, wanted: Any) -> bool:
    return bool(json.loads(json.dumps(wanted)) == got)


@within(LIMIT)
async def test_a_rate_limit_is_a_429_with_retry_after(telco: Telco) -> None:
    telco.set({"fault": "rate-limit", "count": 1})
    response = await telco.ask()
    assert (response.status_code, response.headers["retry-after"]) == (429, "1")
    assert (await telco.ask()).is_success
    telco.check_is_told("rate-limit")


@within(LIMIT)
async def test_latency_does_it_at_once_and_answers_late(telco: Telco) -> None:
    telco.set({"fault": "latency", "span": "300ms", "count": 1})
    began = perf_counter()
    assert (await telco.ask()).is_success
    assert perf_counter() - began >= 0.3
    assert len(telco.sandbox.engine.calls) == 1
    telco.check_is_told("latency")


@within(LIMIT)
async def test_a_client_that_gives_up_on_a_late_answer_has_placed_its_call(telco: Telco) -> None:
    telco.set({"fault": "latency", "span": "1h", "count": 1})
    with pytest.raises(httpx2.ReadTimeout):
        await telco.ask(timeout=1)
    await telco.desk.pump.run()  # its clock does not stand for an hour
    assert [call.legs[0].state for call in telco.sandbox.engine.calls.values()] != ["queued"]


@within(LIMIT)
async def test_a_slow_body_comes_whole_and_late(telco: Telco) -> None:
    usual = await telco.ask()
    telco.set({"fault": "slow-body", "span": "300ms", "count": 1})
    began = perf_counter()
    response = await telco.ask()
    assert perf_counter() - began >= 0.3
    assert (response.status_code, type(response.json())) == (usual.status_code, type(usual.json()))
    assert len(telco.sandbox.engine.calls) == 2
    telco.check_is_told("slow-body")


@within(LIMIT)
async def test_a_reset_connection_leaves_nothing_done(telco: Telco) -> None:
    telco.set({"fault": "reset", "count": 1})
    with pytest.raises(httpx2.ReadError):
        await telco.ask()
    assert not telco.sandbox.engine.calls
    assert (await telco.ask()).is_success
    telco.check_is_told("reset")


@within(LIMIT)
async def test_a_lost_reply_leaves_it_done(telco: Telco) -> None:
    telco.set({"fault": "reply-lost", "count": 1})
    with pytest.raises(httpx2.ReadError):
        await telco.ask()
    assert len(telco.sandbox.engine.calls) == 1
    assert [entry["call"] for entry in telco.told] == ["c1"]
    assert (await telco.ask()).is_success
    assert len(telco.sandbox.engine.calls) == 2
    telco.check_is_told("reply-lost")


@within(LIMIT)
async def test_requests_are_matched_by_route_and_number(telco: Telco) -> None:
    told = telco.request
    route = f"{told.method} {told.path.partition('?')[0]}"
    telco.set(
        {"fault": "reset", "route": "DELETE /**"},
        {"fault": "reset", "route": route.replace(route.split("/")[-1] or route.split("/")[-2], "nowhere")},
        {"fault": "reset", "number": "+12025550199"},
        {"fault": "status", "status": 503, "route": route, "number": CALLEE[3:], "vendor": telco.desk.vendor},
    )
    assert (await telco.ask()).status_code == 503
    assert telco.struck == [0, 0, 0, 1]


@within(LIMIT)
async def test_a_request_that_is_nobodys_is_not_struck(telco: Telco) -> None:
    telco.set({"fault": "reset"})
    response = await telco.client.get(f"/{telco.desk.vendor}/nowhere")
    assert response.status_code >= 400
    assert telco.struck == [0]


# --- webhooks ------------------------------------------------------------------------------------------------------


@within(LIMIT)
async def test_a_lost_webhook_times_out_as_the_vendor_does(telco: Telco) -> None:
    telco.set({"fault": "lost", "count": 1})
    first, *others = await telco.call()
    attempt = first.attempts[0]
    assert attempt.outcome is not None
    assert (attempt.outcome.error, attempt.is_hung) == ("timeout", True)
    left = sum(len(each.attempts) for each in (first, *others))
    assert len(telco.desk.receiver.requests) == left - 1
    assert len(first.attempts) == 1 + min(1, len(first.request.policy.waits)) * ("timeout" in retried(first))
    shown = delivery_in_full(first).attempts[0].fault
    assert shown is not None
    assert (shown.name, shown.fault) == ("f1", "lost")
    telco.check_is_told("lost")


def retried(delivery: Delivery) -> frozenset[str]:
    return delivery.request.policy.retry_on


@within(LIMIT)
async def test_a_webhook_whose_answer_is_lost_was_received_and_is_tried_again(telco: Telco) -> None:
    telco.set({"fault": "answer-lost", "count": 1})
    first, *others = await telco.call()
    attempt = first.attempts[0]
    assert attempt.outcome is not None
    assert (attempt.outcome.error, attempt.outcome.reply) == ("connection", None)
    assert attempt.outcome.text == "the fault f1 lost the answer, which had status 200"
    assert len(telco.desk.receiver.requests) == sum(len(each.attempts) for each in (first, *others))
    is_retried = "connection" in retried(first) and bool(first.request.policy.waits)
    assert len(first.attempts) == 1 + is_retried
    telco.check_is_told("answer-lost")


@within(LIMIT)
async def test_a_delayed_webhook_holds_up_those_behind_it(telco: Telco) -> None:
    telco.set({"fault": "delayed", "span": 7, "count": 1})
    first, *others = await telco.call()
    began = first.attempts[0].at
    assert began - first.created_at == timedelta(seconds=7)
    assert all(each.attempts[0].at >= began for each in others)
    assert first.attempts[0].fault is not None
    telco.check_is_told("delayed")


@within(LIMIT)
async def test_a_duplicated_webhook_comes_again_a_second_later(telco: Telco) -> None:
    telco.set({"fault": "duplicated", "count": 1})
    first, *_ = found = await telco.call()
    [copy] = [each for each in found if each.resend_of]
    assert (copy.resend_of, copy.body(), copy.request.url) == (first.id, first.body(), first.request.url)
    assert copy.attempts[0].at - first.attempts[0].at == timedelta(seconds=1)
    assert copy.state == "delivered"
    shown = delivery_in_full(copy).copied_by
    assert shown is not None
    assert shown.name == "f1"
    telco.check_is_told("duplicated")


@within(LIMIT)
async def test_a_webhook_sent_twice_leaves_twice_at_one_instant(telco: Telco) -> None:
    telco.set({"fault": "twice", "count": 1})
    first, *_ = found = await telco.call()
    [copy] = [each for each in found if each.resend_of]
    assert copy.attempts[0].at == first.attempts[0].at
    assert sum(each.body == first.body() for each in telco.desk.receiver.requests) >= 2
    telco.check_is_told("twice")


@within(LIMIT)
async def test_a_reordered_webhook_is_overtaken_by_the_next(telco: Telco) -> None:
    usual = [each.callback for each in await telco.call()]
    telco.desk.receiver.requests.clear()
    telco.set({"fault": "reordered", "count": 1})
    first, second, *_ = [each for each in await telco.call() if each.call == "c2"]
    assert [first.callback, second.callback] == usual[:2]
    arrived = [each.body for each in telco.desk.receiver.requests]
    assert second.body() in arrived
    assert first.state == "delivered"
    assert first.attempts[0].at > first.created_at or arrived.index(second.body()) < arrived.index(first.body())
    telco.check_is_told("reordered")


@within(LIMIT)
@pytest.mark.parametrize("kind", [kind for kind, traits in KINDS.items() if traits.is_signing])
async def test_a_signature_is_spoilt(signing: Telco, kind: str) -> None:
    signing.set({"fault": kind, "count": 1, "callback": (await signing.call())[-1].callback})
    signing.desk.receiver.requests.clear()
    *_, struck = [each for each in await signing.call() if each.attempts[0].fault]
    vendor, attempt = VENDORS[signing.desk.vendor], struck.attempts[0]
    assert attempt.signed_at is not None
    nonce = signing.sandbox.ids.digest("nonce", f"{struck.id}#1")
    right = dict(vendor.sign(struck.request, struck.body(), attempt.signed_at, nonce))
    assert vendor.signatures is not None
    made = vendor.signatures(struck.request, struck.body(), attempt.signed_at, nonce)
    sent = {name: text for name, text in attempt.headers if name in right}
    assert sent.keys() == (set() if kind == "no-signature" else right.keys())
    assert all(sent.get(each.header) != right[each.header] == each.text for each in made)
    [received] = [each for each in signing.desk.receiver.requests if each.body == struck.body()]
    assert {name for name in right if name.lower() in received.headers} == sent.keys()
    signing.check_is_told(kind)


@within(LIMIT)
async def test_what_is_signed_long_ago_is_signed_right(signing: Telco) -> None:
    signing.set({"fault": "stale-signature", "span": "2h", "count": 1})
    first, *_ = await signing.call()
    vendor, attempt = VENDORS[signing.desk.vendor], first.attempts[0]
    assert attempt.signed_at is not None
    nonce = signing.sandbox.ids.digest("nonce", f"{first.call}-d1#1")
    made = vendor.sign(first.request, first.body(), attempt.signed_at - timedelta(hours=2), nonce)
    assert set(made) <= set(attempt.headers)


@pytest.mark.parametrize("kind", [kind for kind, traits in KINDS.items() if traits.is_signing])
async def test_who_signs_nothing_says_so(mute: Telco, kind: str) -> None:
    before = mute.sandbox.journal.last
    with pytest.raises(UsageError, match=rf"faults\[0\].fault: `{kind}` cannot strike: \w+ signs no webhook"):
        mute.set({"fault": kind, "vendor": mute.desk.vendor})
    assert (mute.struck, mute.sandbox.journal.last) == ([], before)


@within(LIMIT)
async def test_webhooks_are_matched_by_callback_and_number(telco: Telco) -> None:
    last = (await telco.call())[-1].callback
    other = next(name for name in VENDORS[telco.desk.vendor].callbacks_named if name != last)
    telco.set(
        {"fault": "lost", "number": "+12025550199"},
        {"fault": "twice", "callback": last, "number": f"*{CALLEE[-8:]}", "count": 1},
        {"fault": "delayed", "span": 3, "callback": other, "number": "+7*"},
    )
    struck = [each.callback for each in await telco.call() if each.attempts and each.attempts[0].fault]
    assert struck == [last]
    assert telco.struck == [0, 1, 0]


def test_every_kind_of_fault_is_struck_here() -> None:
    here = Path(__file__).read_text(encoding="utf-8")
    assert [kind for kind, traits in KINDS.items() if f'"{kind}"' not in here and not traits.is_signing] == []
