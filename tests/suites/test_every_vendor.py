"""One suite, all vendors: the life of a call, seen through the vendor's lists, single get, record and callbacks.

At every instant at which anything happens they must agree with one another and with the engine. The vendors are those
that are installed; each has an adapter in `tests/suites/vendors/`.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import pytest

from emulator.engine.states import REASONS
from emulator.engine.values import value
from emulator.errors import NotEmulated, Refused
from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import Options, SandboxSpec
from emulator.runtime.vendors import load_vendors
from emulator.scenarios.builder import FarEndBuilder
from emulator.webhooks.deliveries import Delivery
from tests.fakes.receiver import Receiver
from tests.suites.bounds import within
from tests.suites.vendors.adapter import Adapter, Seen, adapter_of, scripted

VENDORS = load_vendors()
LIMIT = 30
HOUR = 3600

Act = Callable[[Adapter, str], Awaitable[None]]


@value
class Story:
    """`act` is what the client does once the call is in state `at`."""

    far_end: Any
    document: str = "stay"
    inbound: bool = False
    at: str = ""
    wait: float = 0
    talks: bool = False


def gives_up(after: float) -> FarEndBuilder:
    return FarEndBuilder().gives_up(after=after)


STORIES: dict[str, Story] = {
    "callee hangs up": Story(scripted().hangs_up(after=10), talks=True),
    "our side hangs up": Story(scripted(), "talk", talks=True),
    "API hangs up": Story(scripted(), at="answered", wait=10, talks=True),
    "API cancels while queued": Story(scripted(), at="queued"),
    "API cancels while ringing": Story(scripted(), at="ringing", wait=1),
    "busy": Story(scripted().rings(0).is_busy()),
    "no answer": Story(scripted().rings_for_ever()),
    "carrier reports no answer": Story(scripted().rings(9).does_not_answer()),
    "rejected": Story(scripted().rejects()),
    "unreachable": Story(scripted().rings(0).is_unreachable()),
    "inbound, caller hangs up": Story(scripted().hangs_up(after=10), inbound=True, talks=True),
    "inbound, our side hangs up": Story(scripted(), "talk", inbound=True, talks=True),
    "inbound, API hangs up": Story(scripted(), inbound=True, at="answered", wait=10, talks=True),
    "inbound, caller gives up": Story(gives_up(after=5), "wait", inbound=True),
    "inbound, refused": Story(scripted(), "refuse", inbound=True),
}


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    made = await Receiver().start()
    yield made
    await made.stop()


@pytest.fixture(params=list(VENDORS))
async def desk(request: pytest.FixtureRequest, receiver: Receiver) -> AsyncIterator[Adapter]:
    """A vendor, in an exchange that has it alone."""
    vendor: str = request.param
    exchange = Exchange(Options(), {vendor: VENDORS[vendor]})
    made = adapter_of(vendor)(exchange, exchange.create(SandboxSpec(seed=1, patience=3.0)), receiver)
    yield made
    await made.client.aclose()
    await exchange.close()


# --- what must hold at any instant ---------------------------------------------------------------------------------


def deliveries(desk: Adapter) -> list[Delivery]:
    return list(desk.sandbox.outbox.deliveries.values())


async def check_agreement(desk: Adapter, id_: str) -> None:
    """Lists, single get, record and engine, at this instant."""
    leg = desk.leg(id_)
    lists = await desk.lists()
    places = [states for states, ids in lists.items() if id_ in ids]
    assert len(places) <= 1, f"{id_} is in {' and '.join(places)}"
    for states, ids in lists.items():
        wanted = [each.name for each in desk.roots() if each.state in states.split("+") and desk.is_shown(each)]
        assert ids == wanted, f"{states} at {desk.sandbox.clock.now()}"
    seen = await desk.get(id_)
    record = await desk.record(id_)
    if leg.state == "ended":
        assert record is not None and record.id == id_
        assert seen is None or (seen.id, seen.word) == (id_, desk.over(record))
    else:
        assert record is None, "a record before the end"
        shown = Seen(id_, desk.word(leg), leg.from_, leg.to, leg.direction)
        assert seen == (shown if desk.is_shown(leg) else None)


async def play(desk: Adapter, story: Story) -> str:
    """The whole story, checked at every instant; the call's id."""
    desk.prepare(story.document)
    desk.script(story.far_end)
    id_ = desk.arrive() if story.inbound else await desk.place()
    await desk.pump.settle()
    await check_agreement(desk, id_)
    is_to_act = bool(story.at)
    for _ in range(200):
        if is_to_act and desk.state(id_) == story.at:
            is_to_act = False
            await desk.advance(story.wait)
            await desk.hang_up(id_)
            await desk.pump.settle()
            await check_agreement(desk, id_)
        deadline = desk.sandbox.next_deadline()
        if deadline is None:
            break
        await desk.advance(max(0.0, (deadline - desk.sandbox.clock.now()).total_seconds()))
        await check_agreement(desk, id_)
    assert desk.sandbox.next_deadline() is None
    assert desk.leg(id_).state == "ended"
    return id_


def check_order(desk: Adapter) -> None:
    """First attempts in order, the final callback's last; nothing after the final callback but its equals."""
    firsts = [each.attempts[0].at for each in deliveries(desk) if each.attempts]
    assert all(before <= after for before, after in pairwise(firsts))
    names = [each.callback for each in deliveries(desk)]
    finals = [desk.is_final(each) for each in deliveries(desk)]
    assert finals == sorted(finals), names


@pytest.mark.parametrize("name", STORIES)
@within(LIMIT)
async def test_lists_get_record_and_callbacks_agree_with_each_other_and_the_engine(desk: Adapter, name: str) -> None:
    story = STORIES[name]
    id_ = await play(desk, story)
    expected = desk.expected(id_, name)
    assert await desk.record(id_) == expected
    assert (expected.talked > 0) == (story.talks or name in desk.REFUSED)
    assert tuple((each.callback, each.request.word) for each in deliveries(desk)) == desk.CALLBACKS[name]
    assert {each.state for each in deliveries(desk)} <= {"delivered", "abandoned"}
    check_order(desk)
    finals = [each for each in deliveries(desk) if desk.is_final(each)]
    told = replace(expected, word=desk.told_word(expected))
    assert [desk.told(each) for each in finals] == [told] * len(finals)
    assert all(each.callback in VENDORS[desk.vendor].callbacks_named for each in deliveries(desk))


# --- the receiver is down at one callback --------------------------------------------------------------------------

TALKS = ("callee hangs up", "inbound, caller hangs up")


def rows_of_talks() -> list[tuple[str, str, str]]:
    """Vendor, story and each of its callbacks."""
    return [
        (vendor, name, callback)
        for vendor in VENDORS
        for name in TALKS
        for callback in dict.fromkeys(callback for callback, _ in adapter_of(vendor).CALLBACKS[name])
    ]


@pytest.mark.parametrize(("desk", "name", "callback"), rows_of_talks(), indirect=["desk"])
@within(LIMIT)
async def test_a_callback_that_nobody_answers_leaves_all_else_in_agreement(
    desk: Adapter, name: str, callback: str
) -> None:
    desk.down = frozenset({callback})
    id_ = await play(desk, STORIES[name])
    ending = desk.lost(name, callback)
    expected = desk.expected(id_, ending)
    assert await desk.record(id_) == expected
    for each in deliveries(desk):
        assert each.state == ("failed" if each.callback == callback else "delivered"), each
    check_order(desk)
    finals = [each for each in deliveries(desk) if desk.is_final(each)]
    told = replace(expected, word=desk.told_word(expected))
    assert [desk.told(each) for each in finals] == [told] * len(finals)
    if ending == name:
        assert tuple((each.callback, each.request.word) for each in deliveries(desk)) == desk.CALLBACKS[name]


@pytest.mark.parametrize("name", TALKS)
@within(LIMIT)
async def test_an_application_that_is_all_down_leaves_record_and_engine_in_agreement(desk: Adapter, name: str) -> None:
    desk.down = frozenset(VENDORS[desk.vendor].callbacks_named)
    id_ = await play(desk, STORIES[name])
    ending = desk.lost(name, "answer")
    assert await desk.record(id_) == desk.expected(id_, ending)
    assert {each.state for each in deliveries(desk)} == {"failed"}
    check_order(desk)


@pytest.mark.parametrize(
    ("desk", "name"), [(vendor, name) for vendor in VENDORS for name in adapter_of(vendor).GARBAGE], indirect=["desk"]
)
@within(LIMIT)
async def test_a_document_that_cannot_be_read_ends_the_call_in_agreement(desk: Adapter, name: str) -> None:
    id_ = await play(desk, replace(STORIES[name], document="garbage"))
    ending = desk.GARBAGE[name]
    expected = desk.expected(id_, ending)
    assert await desk.record(id_) == expected
    assert [each.callback for each in deliveries(desk) if each.state == "failed"] == ["answer"]
    assert all(each.problem for each in deliveries(desk) if each.state == "failed")
    finals = [each for each in deliveries(desk) if desk.is_final(each)]
    told = replace(expected, word=desk.told_word(expected))
    assert [desk.told(each) for each in finals] == [told] * len(finals)


# --- what every vendor owes ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VENDORS)
@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_refusal_of_the_engine_has_a_vendors_answer(name: str, reason: str) -> None:
    answer = VENDORS[name].refuse(Refused(reason))
    assert 400 <= answer.status < 500
    text = answer.body.decode() if isinstance(answer.body, bytes) else json.dumps(answer.body)
    assert text and reason not in text, "the engine's word instead of the vendor's"


@pytest.mark.parametrize("name", VENDORS)
def test_what_is_not_emulated_is_refused_with_501_by_name(name: str) -> None:
    answer = VENDORS[name].refuse(NotEmulated("teleportation"))
    text = answer.body.decode() if isinstance(answer.body, bytes) else json.dumps(answer.body)
    assert answer.status == 501 and "teleportation" in text


@pytest.mark.parametrize("name", VENDORS)
def test_every_setting_is_documented_and_has_a_default(name: str) -> None:
    settings = VENDORS[name].settings
    assert settings() == settings()
    for field in fields(settings):
        assert any(f"`{word}`" in settings.__doc__ for word in words_of(field.name)), field.name


def words_of(name: str) -> list[str]:
    """A method may be documented with its URL's name: `answer_url`, ..., each with its `…_method`."""
    return [name, f"…_{name.rpartition('_')[2]}"]


@pytest.mark.parametrize("name", VENDORS)
def test_every_story_is_told_for_every_vendor(name: str) -> None:
    adapter = adapter_of(name)
    told = {callback for callbacks in adapter.CALLBACKS.values() for callback, _ in callbacks}
    assert told <= set(VENDORS[name].callbacks_named)
    assert set(adapter.CALLBACKS) == set(STORIES) <= set(adapter.ENDINGS)


@pytest.mark.parametrize("name", VENDORS)
def test_callbacks_have_neutral_names_each_once(name: str) -> None:
    named = VENDORS[name].callbacks_named
    assert len(set(named)) == len(named)
    assert all(re.fullmatch("[a-z]+(-[a-z]+)*", each) and name not in each for each in named)


def test_a_vendor_without_an_adapter_fails_by_name() -> None:
    with pytest.raises(AssertionError, match="nobody is installed and has no adapter: write tests/suites/vendors/nob"):
        adapter_of("nobody")


@within(LIMIT)
async def test_a_line_break_in_a_path_is_the_vendors_to_refuse(desk: Adapter) -> None:
    plain = await desk.client.get("/nothing-of-this-name")
    broken = await desk.client.get("/nothing%0Aof%0Athis%0Aname%0A")
    assert (broken.status_code, broken.headers["content-type"]) == (plain.status_code, plain.headers["content-type"])
