"""Random dialplans, calls, options and far ends: calls end, or wait for good reason, and everybody tells one story."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from starlette.responses import Response

from emulator.engine import events as e
from emulator.recorder.transcript import transcript
from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import Options
from emulator.scenarios.far_end import FarEnd, HangUp, Press, Reaction, Say
from emulator.vendors.servetel import vendor
from tests.fakes.receiver import Receiver
from tests.vendors.servetel.conftest import CUSTOMER, TRIGGERS, Desk

AGENTS = {f"050123456000{digit}": f"+91981164000{digit}" for digit in (1, 2, 3)}
OUTSIDE = "+919812340000"
LIMIT = 20
QUICK = (Phase.explicit, Phase.reuse, Phase.generate)  # a sandbox with two servers is slow to make smaller

# --- far ends ------------------------------------------------------------------------------------------------------

spans = st.sampled_from([0, 1, 2, 5, 30]).map(lambda seconds: timedelta(seconds=seconds))
deeds = st.sampled_from([Press("1"), Press("42"), Say("yes please", timedelta(seconds=1)), HangUp()])
reactions = st.builds(Reaction, do=deeds, at=spans) | st.builds(Reaction, do=deeds, on_prompt=st.just(True))
far_ends = st.builds(
    FarEnd,
    connects_after=spans,
    rings_for=spans,
    outcome=st.sampled_from(["answer"] * 5 + ["busy", "no-answer", "rejected", "unreachable", "congestion"]),
    picks_up=st.sampled_from([True, True, True, False]),
    hangs_up_after=st.none() | spans,
    gives_up_after=st.none() | spans,
    reactions=st.lists(reactions, max_size=3).map(tuple),
)

steady = st.builds(FarEnd, rings_for=spans, reactions=st.lists(reactions, max_size=1).map(tuple))
people = st.integers(0, 2).flatmap(lambda dice: steady if dice else far_ends)

# --- dialplans -----------------------------------------------------------------------------------------------------

agents = st.sampled_from(sorted(AGENTS))
sounds = st.sampled_from([{"type": "url", "data": "http://a.example/b.mp3"}, {"type": "system", "data": 5}])
keys = st.sampled_from([{}, {"timeout": 3000, "maxLength": 2}, {"maxLength": 1}])
recordings = sounds.map(lambda about: {"recording": about})
asked = st.tuples(sounds, keys).map(lambda made: {"recording": {**made[0], "dtmf": made[1]}})
transfers = st.one_of(
    agents.map(lambda eid: {"type": "agent", "data": eid}),
    st.sampled_from([OUTSIDE, 9812340000, [OUTSIDE, "9811640001"]]).map(lambda to: {"type": "number", "data": to}),
    st.sampled_from(["21", "22"]).map(lambda key: {"type": "department", "data": key}),
    st.just({"type": "hangup"}),
).map(lambda about: {"transfer": about})
last_words = st.lists(recordings | transfers, max_size=3)
plans = st.lists(recordings | asked | transfers | st.just({"api_dialplan": "8"}), min_size=1, max_size=4)
failovers = st.sampled_from(["hangup||1", "agent||0501234560003", "department||21"])
broken = st.sampled_from([b"oops", Response("[]", 500), [{"bridge": 1}]])


def mostly(good: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 5).flatmap(lambda dice: good if dice else broken)


options = st.one_of(
    st.tuples(st.sampled_from([1, 2, 3]), agents).map(lambda made: {"type": made[0], "agent_id": made[1]}),
    st.sampled_from(["1001", "1002", ["1003", OUTSIDE], "2001", "9812340000"]).map(
        lambda to: {"type": 4, "intercom": to}
    ),
    st.just(None),
)
lives = st.fixed_dictionaries({
    "plan": mostly(plans),
    "answers": st.tuples(mostly(last_words), last_words),
    "failover": failovers,
    "kind": st.sampled_from(["inbound", "inbound", "click", "support"]),
    "people": st.tuples(*[people] * 5),
    "strategy": st.sampled_from(["simultaneous", "sequential"]),
    "records": st.booleans(),
    "options": st.lists(st.tuples(st.sampled_from([0, 2, 6, 20]), options), max_size=3),
})  # fmt: skip


async def live(life: dict[str, Any], check: Callable[[Desk], Any]) -> None:
    receiver = await Receiver().start()
    exchange = Exchange(Options(), {"servetel": vendor})
    desk = Desk(exchange, receiver, name="default", seed=1)
    try:
        async with asyncio.timeout(LIMIT):
            await begin(desk, life)
            for seconds, option in life["options"]:
                await desk.advance(seconds)
                for row in await desk.live():
                    path = "options" if option else "hangup"
                    body = {**(option or {}), "call_id": row["call_id"]}
                    answer = await desk.ask("POST", f"/v1/call/{path}", json=body)
                    assert answer.status_code in (200, 400, 422), answer.text
            await desk.advance(700)
            check_waiting(desk)
            await desk.hang_up()
            check(desk)
            await check_records(desk)
    finally:
        await desk.client.aclose()
        await exchange.close()
        await receiver.stop()


async def begin(desk: Desk, life: dict[str, Any]) -> None:
    for number, far_end in zip((CUSTOMER, OUTSIDE, *AGENTS.values()), life["people"], strict=True):
        desk.script(far_end, number)
    url, eids = desk.receiver.url, sorted(AGENTS)
    departments = [
        {"id": "21", "name": "Sales", "agents": eids, "intercom": "2001", "ring_strategy": life["strategy"],
         "timeout": 7},
        {"id": "22", "name": "Nobody", "agents": []},
    ]  # fmt: skip
    made = {
        "departments": departments,
        "recordings": [{"id": "5", "name": "Welcome"}],
        "dialplans": [
            {"id": "7", "url": f"{url}/plan", "failover": life["failover"]},
            {"id": "8", "url": f"{url}/second", "method": "GET"},
        ],
        "record_calls": life["records"],
    }
    first, *later = [life["plan"], life["answers"][0]]
    left = [first]
    desk.receiver.answers["/plan"] = lambda received: left.pop() if left else later[0]
    desk.receiver.answers["/second"] = life["answers"][1]
    await desk.lead("api_dialplan||7", **made)
    desk.listen(*(name for name in TRIGGERS), settings=made)
    if life["kind"] == "inbound":
        desk.arrive()
    elif life["kind"] == "click":
        await desk.call()
    else:
        await desk.support_call()


# --- what always holds ---------------------------------------------------------------------------------------------


def events_of(desk: Desk) -> list[Any]:
    return [entry.data for entry in desk.sandbox.journal.entries() if entry.kind == "event"]


def check_waiting(desk: Desk) -> None:
    """After a long while nobody is left but those who talk, and who listens to them."""
    for leg in desk.sandbox.engine.legs.values():
        talks = leg.state == "answered" and (leg.partner is not None or leg.memo["kind"] == "supervision")
        assert leg.state == "ended" or talks, leg.id


def check_bridges(desk: Desk) -> None:
    """Who is joined is parted once, at one instant for both."""
    joined: set[frozenset[str]] = set()
    for event in events_of(desk):
        if isinstance(event, e.Bridged | e.Unbridged):
            pair = frozenset((event.leg.id, event.other.id))
            assert (pair in joined) is isinstance(event, e.Unbridged)
            joined ^= {pair}
            roles = {event.leg.memo["role"], event.other.memo["role"]}
            assert roles == {"agent", "customer"}
    assert not joined


def check_callbacks(desk: Desk) -> None:
    """Nothing is sent twice; one end for a call, and nothing of it after that."""
    sent = [entry.data for entry in desk.sandbox.journal.entries() if entry.kind == "sent"]
    assert max(Counter(each["delivery"] for each in sent).values()) == 1
    told = [name for name in desk.told if name not in ("plan", "second")]
    assert told[-1] in ("missed", "hangup")
    assert Counter(told)["missed"] + Counter(told)["hangup"] == 1
    assert all(text.startswith("http") or text == "Welcome" for text in desk.heard)
    assert len(transcript(list(desk.sandbox.journal.entries()))) >= len(desk.heard)


async def check_records(desk: Desk) -> None:
    """One record, which says what the last webhook said; a supervisor has none."""
    assert await desk.live() == []
    (record,) = (await desk.records())["results"]
    body = desk.receiver.requests[-1].json
    for key in ("call_id", "uuid", "end_stamp", "call_flow"):
        assert record[key] == body[key]
    assert (record["status"], record["reason"]) == (body["call_status"], body["reason_key"])
    assert (record["recording_url"] or "") == body["recording_url"]
    assert (record["agent_name"] == body["answered_agent_name"]) or not body["answered_agent_name"]
    assert str(record["answered_seconds"]) == body["outbound_sec"]
    assert record["answered_seconds"] <= record["call_duration"]
    assert int(body["duration"]) <= record["call_duration"]
    assert (record["status"] == "missed") is (not any(isinstance(event, e.Bridged) for event in events_of(desk)))


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
@given(lives)
def test_any_calls_end_well_and_tell_one_story(life: dict[str, Any]) -> None:
    def check(desk: Desk) -> None:
        check_bridges(desk)
        check_callbacks(desk)

    asyncio.run(live(life, check))
