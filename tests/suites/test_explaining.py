"""One suite, all vendors: how each signature was made, and every way in which a receiver gets another one."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from emulator.runtime.exchange import Exchange
from emulator.runtime.explanation import Explanation, explained
from emulator.runtime.replay import read_entries, rebuild
from emulator.runtime.signing import ingredients
from emulator.runtime.spec import Options, SandboxSpec
from emulator.runtime.vendors import load_vendors
from emulator.webhooks.deliveries import Delivery
from emulator.webhooks.guessing import Claims
from emulator.webhooks.signatures import Signature
from tests.fakes.receiver import Receiver
from tests.suites.bounds import within
from tests.suites.vendors.adapter import Adapter, adapter_of, scripted

VENDORS = load_vendors()
SIGNING = [name for name, vendor in VENDORS.items() if vendor.signs]
MUTE = [name for name in VENDORS if name not in SIGNING]
LIMIT = 30


class Bench:
    """One vendor, a whole call, and its last delivery."""

    def __init__(self, desk: Adapter) -> None:
        self.desk, self.sandbox = desk, desk.sandbox
        self.vendor = VENDORS[desk.vendor]

    async def call(self) -> list[Delivery]:
        self.desk.script(scripted())
        self.desk.prepare("talk")
        await self.desk.place()
        await self.desk.pump.run()
        return [each for each in self.sandbox.outbox.deliveries.values() if each.attempts]

    def made(self, delivery: Delivery, **changed: Any) -> tuple[Signature, ...]:
        """As a receiver makes them that has another `url`, `body`, `key` or `at`."""
        assert self.vendor.signatures is not None
        attempt = delivery.attempts[-1]
        assert attempt.signed_at is not None
        request, at, nonce = ingredients(self.sandbox, delivery, attempt, attempt.signed_at)
        request = replace(request, url=changed.get("url", request.url), key=changed.get("key", request.key))
        body = changed.get("body", delivery.body())
        return tuple(self.vendor.signatures(request, body, at + changed.get("later", timedelta()), nonce))

    def explain(self, delivery: Delivery, **claims: Any) -> Explanation:
        return explained(self.sandbox, delivery, None, Claims(**claims))

    def causes(self, delivery: Delivery, **claims: Any) -> list[str]:
        return [each.kind for each in self.explain(delivery, **claims).findings if each.is_cause]


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = await Receiver().start()
    yield made
    await made.stop()


@pytest.fixture(params=list(VENDORS))
async def any_bench(request: pytest.FixtureRequest, receiver: Receiver) -> AsyncIterator[Bench]:
    exchange = Exchange(Options(), {request.param: VENDORS[request.param]})
    desk = adapter_of(request.param)(exchange, exchange.create(SandboxSpec(seed=1)), receiver)
    yield Bench(desk)
    await desk.client.aclose()
    await exchange.close()


@pytest.fixture
def bench(any_bench: Bench) -> Bench:
    return any_bench


signing = pytest.mark.parametrize("any_bench", SIGNING, indirect=True)
mute = pytest.mark.parametrize("any_bench", MUTE, indirect=True)


@signing
@within(LIMIT)
async def test_what_is_described_is_what_was_sent(bench: Bench) -> None:
    for delivery in await bench.call():
        made = bench.explain(delivery)
        assert made.signatures
        assert made.findings == ()
        sent = dict(delivery.attempts[-1].headers)
        assert [each.text for each in made.signatures] == [sent[each.header] for each in made.signatures]
        for part in (part for each in made.signatures for part in each.parts):
            assert part.told
            assert part.what != "nonce" or sent[part.header] == part.data.decode()


@mute
@within(LIMIT)
async def test_who_signs_nothing_says_so(bench: Bench) -> None:
    *_, delivery = await bench.call()
    made = bench.explain(delivery, received="0" * 64)
    assert (made.signatures, made.findings) == ((), ())
    assert made.why == f"{bench.vendor.title} signs no webhook"


@signing
@within(LIMIT)
async def test_the_right_signature_is_said_to_be_right(bench: Bench) -> None:
    *_, delivery = await bench.call()
    for each in bench.explain(delivery).signatures:
        for received in (each.digest, each.text, f" {each.text}\n", f'"{each.text}"'):
            [finding] = bench.explain(delivery, received=received).findings
            assert (finding.kind, finding.is_cause) == ("match", False)
            assert each.header in finding.text


def signs(bench: Bench, what: str, delivery: Delivery) -> bool:
    return bench.explain(delivery).signatures[0].part(what) is not None  # type: ignore[arg-type]


URLS: dict[str, Callable[[str], str]] = {
    "scheme": lambda url: url.replace("http://", "https://"),
    "host": lambda url: url.replace("127.0.0.1", "localhost"),
    "port": lambda url: url.replace(f":{url.split(':')[2].split('/')[0]}", ""),
    "path": lambda url: f"{url.partition('?')[0]}/{url.partition('?')[1]}{url.partition('?')[2]}",
}


@signing
@within(LIMIT)
@pytest.mark.parametrize("kind", URLS)
async def test_a_url_seen_behind_a_proxy_is_named_where_it_is_signed(bench: Bench, kind: str) -> None:
    *_, delivery = await bench.call()
    seen = URLS[kind](delivery.request.url)
    computed = bench.made(delivery, url=seen)[-1].digest
    findings = bench.explain(delivery, seen_url=seen).findings
    assert [(each.kind, each.is_cause) for each in findings] == [(kind, signs(bench, "url", delivery))]
    if signs(bench, "url", delivery):
        assert bench.causes(delivery, received=computed) == [kind]
        assert bench.causes(delivery, received=computed, seen_url=seen) == [kind]
    else:
        assert findings[0].text.endswith("it is not signed")


@signing
@within(LIMIT)
async def test_a_whole_url_of_elsewhere_needs_to_be_told(bench: Bench) -> None:
    *_, delivery = await bench.call()
    if not signs(bench, "url", delivery):
        return
    seen = "https://shop.example/hooks/voice/hangup"
    computed = bench.made(delivery, url=seen)[-1].digest
    assert bench.causes(delivery, received=computed) == ["unknown"]
    assert set(bench.causes(delivery, received=computed, seen_url=seen)) == {"scheme", "host", "port", "path"}


@signing
@within(LIMIT)
async def test_a_query_is_named(bench: Bench) -> None:
    *_, delivery = await bench.call()
    seen = f"{delivery.request.url}{'&' if '?' in delivery.request.url else '?'}b=2&a=1"
    [finding] = [each for each in bench.explain(delivery, seen_url=seen).findings if each.kind == "query"]
    assert finding.is_cause == (signs(bench, "url", delivery) and bench.explain(delivery).signatures[0].signs_query)
    assert ("it is not signed" in finding.text) != finding.is_cause


BODIES: dict[str, Callable[[bytes], bytes]] = {
    "parsed and encoded anew": lambda body: json.dumps(json.loads(body)).encode(),
    "keys sorted": lambda body: json.dumps(json.loads(body), separators=(",", ":"), sort_keys=True).encode(),
    "indented": lambda body: json.dumps(json.loads(body), indent=2).encode(),
    "empty": lambda body: b"",
    "a line break": lambda body: body + b"\n",
}


@signing
@within(LIMIT)
@pytest.mark.parametrize("how", BODIES)
async def test_a_body_in_other_bytes_is_named_where_it_is_signed(bench: Bench, how: str) -> None:
    *_, delivery = await bench.call()
    if not signs(bench, "body", delivery):
        findings = bench.explain(delivery, body=b"x").findings
        assert [(each.kind, each.is_cause) for each in findings] == [("body", False)]
        assert findings[0].text.endswith("it is not signed")
        return
    got = BODIES[how](delivery.body())
    computed = bench.made(delivery, body=got)[0].digest
    assert bench.causes(delivery, received=computed) == ["body"]
    assert bench.causes(delivery, received=computed, body=got) == ["body"]
    assert bench.causes(delivery, body=got) == ["body"]


@signing
@within(LIMIT)
async def test_a_wrong_secret_is_named_and_not_told(bench: Bench) -> None:
    *_, delivery = await bench.call()
    for wrong in ("nonsense", f"{delivery.request.key}\n", delivery.request.key[:-1], delivery.request.key.upper()):
        computed = bench.made(delivery, key=wrong)[0].digest
        made = bench.explain(delivery, received=computed, secret=wrong)
        assert [each.kind for each in made.findings if each.is_cause] == ["secret"]
        assert delivery.request.key not in made.findings[0].text
        assert bench.causes(delivery, secret=wrong) == ["secret"]
    assert bench.causes(delivery, secret=delivery.request.key) == []


@signing
@within(LIMIT)
async def test_a_credential_taken_for_the_secret_is_called_by_its_name(bench: Bench) -> None:
    *_, delivery = await bench.call()
    public = bench.sandbox.public[bench.desk.vendor]
    name, other = next(
        (name, text) for name, text in public.items() if isinstance(text, str) and text != delivery.request.key
    )
    [finding] = bench.explain(delivery, received=bench.made(delivery, key=other)[0].digest).findings
    assert (finding.kind, finding.is_cause) == ("secret", True)
    assert f"the {name} of {bench.desk.vendor}" in finding.text


@signing
@within(LIMIT)
async def test_a_clock_that_is_off_is_named_where_time_is_signed(bench: Bench) -> None:
    *_, delivery = await bench.call()
    signed_at = delivery.attempts[-1].signed_at
    assert signed_at is not None
    late, soon = signed_at + timedelta(seconds=305), signed_at + timedelta(seconds=200)
    if not signs(bench, "seconds", delivery):
        assert bench.causes(delivery, at=late) == []
        return
    assert bench.causes(delivery, at=late) == ["clock"]
    assert bench.causes(delivery, at=signed_at - timedelta(hours=1)) == ["clock"]
    assert bench.causes(delivery, at=soon) == []
    computed = bench.made(delivery, later=timedelta(seconds=200))[0].digest
    assert bench.causes(delivery, at=soon, received=computed) == ["clock"]


@signing
@within(LIMIT)
async def test_a_header_of_another_version_is_named(bench: Bench) -> None:
    *_, delivery = await bench.call()
    made = bench.explain(delivery).signatures
    versions = list({each.digest: each for each in made}.values())
    if len(versions) < 2:
        return
    assert bench.causes(delivery, received=versions[0].digest, header=versions[1].header) == ["header"]
    assert bench.causes(delivery, received=versions[0].digest, header=versions[0].header.lower()) == []
    own = versions[-1]
    their = next(part for part in versions[0].parts if part.what == "nonce")
    mixed = replace(own, parts=tuple(their if part.what == "nonce" else part for part in own.parts))
    assert bench.causes(delivery, received=mixed.digest) == ["header"]


@signing
@within(LIMIT)
async def test_a_digest_put_together_or_written_in_another_way_is_named(bench: Bench) -> None:
    *_, delivery = await bench.call()
    one = bench.explain(delivery).signatures[-1]
    other = replace(one, encoding="hex" if one.encoding == "base64" else "base64")
    assert bench.causes(delivery, received=other.digest) == ["encoding"]
    assert bench.causes(delivery, received=replace(one, hash="sha1").digest) == ["form"]
    backwards = replace(one, parts=one.parts[::-1])
    assert bench.causes(delivery, received=backwards.digest) == ["form"]
    assert bench.causes(delivery, received="not a signature!") == ["encoding"]


@signing
@within(LIMIT)
async def test_two_things_wrong_at_once_are_both_named(bench: Bench) -> None:
    *_, delivery = await bench.call()
    key = f"{delivery.request.key}\n"
    if signs(bench, "url", delivery):
        computed = bench.made(delivery, url=URLS["scheme"](delivery.request.url), key=key)[0].digest
        assert sorted(bench.causes(delivery, received=computed)) == ["scheme", "secret"]
    else:
        computed = bench.made(delivery, body=BODIES["indented"](delivery.body()), key=key)[0].digest
        assert sorted(bench.causes(delivery, received=computed)) == ["body", "secret"]


@signing
@within(LIMIT)
async def test_what_nobody_can_guess_is_said_to_be_unknown(bench: Bench) -> None:
    *_, delivery = await bench.call()
    assert bench.causes(delivery, received="ab" * 32) == ["unknown"]


@signing
@within(LIMIT)
@pytest.mark.parametrize("kind", ["wrong-signature", "stale-signature", "no-signature"])
async def test_a_signature_spoilt_on_purpose_is_said_to_be(bench: Bench, kind: str) -> None:
    bench.sandbox.put_faults([{"fault": kind, "count": 1}])
    first, *_ = await bench.call()
    made = bench.explain(first)
    assert made.fault.startswith("the fault f1 ")
    assert made.signatures
    if kind == "wrong-signature":
        attempt = first.attempts[0]
        assert attempt.signed_at is not None
        nonce = bench.sandbox.ids.digest("nonce", f"{first.id}#1")
        assert bench.vendor.signatures is not None
        right = bench.vendor.signatures(first.request, first.body(), attempt.signed_at, nonce)[0].digest
        found = bench.explain(first, received=right).findings
        assert [(each.kind, each.is_cause) for each in found] == [("fault", True), ("match", False)]
    if kind == "no-signature":
        assert [each.kind for each in made.findings] == ["fault"]


@within(LIMIT)
async def test_what_was_never_sent_has_nothing_to_explain(bench: Bench) -> None:
    bench.sandbox.put_faults([{"fault": "lost"}])
    first, *_ = await bench.call()
    assert (bench.explain(first).signatures, bool(bench.explain(first).why)) == ((), True)


@signing
@within(LIMIT)
async def test_what_waits_to_be_sent_has_nothing_to_explain(bench: Bench) -> None:
    bench.sandbox.put_faults([{"fault": "delayed", "span": "1h"}])
    bench.desk.script(scripted())
    bench.desk.prepare("talk")
    await bench.desk.place()
    await bench.desk.advance(10)
    first = next(iter(bench.sandbox.outbox.deliveries.values()))
    assert bench.explain(first).why == "it has not been sent yet: it is waiting"


@signing
@within(LIMIT)
async def test_what_a_process_that_has_ended_sent_is_said_to_be(bench: Bench) -> None:
    await bench.call()
    again = rebuild(read_entries(bench.sandbox.journal.lines()), bench.desk.exchange.vendors)
    for delivery in again.outbox.deliveries.values():
        made = explained(again, delivery, None, Claims())
        assert made.why == "it was sent by a process that has ended, and headers are not kept; send it again"
