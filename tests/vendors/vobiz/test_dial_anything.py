"""Random Dial documents and far ends: a call ends or waits for good reason, and everybody tells the same story."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.engine import events as e
from emulator.scenarios.far_end import HangUp, Press, Reaction
from emulator.vendors.vobiz import vendor
from tests.vendors.anything import QUICK, check_bridges, check_sent_once, events_of, far_ends_of, living, spans
from tests.vendors.vobiz.conftest import CALLEE, Telco

NUMBERS = ["+919876543211", "+919876543212", "12", "sip:anna@example.com"]
PATHS = ("/action", "/music", "/sound")
LIMIT = 10

reactions = st.builds(
    Reaction,
    do=st.sampled_from([Press("1"), Press("5"), Press("*"), Press("12"), HangUp()]),
    at=spans,
) | st.just(Reaction(Press("5"), on_prompt=True))
far_ends = far_ends_of(reactions, early_media=st.booleans())


def some(name: str, *values: str) -> st.SearchStrategy[str]:
    return st.sampled_from(["", *(f" {name}='{value}'" for value in values)])


attributes = st.tuples(
    some("action", "{url}/action"), some("method", "GET"), some("redirect", "false"),
    some("callbackUrl", "{url}/event"), some("timeout", "1", "7", "40"), some("timeLimit", "1", "20"),
    some("hangupOnStar", "true"),
    some("dialMusic", "real", "{url}/music"), some("confirmSound", "{url}/sound"), some("confirmKey", "5"),
    some("confirmTimeout", "3"), some("digitsMatch", "1,12", "*"), some("digitsMatchBLeg", "5"),
    some("callerId", "+912271264301"), some("sipHeaders", "a=1"),
).map("".join)  # fmt: skip
targets = st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=3).map(
    lambda numbers: "".join(
        f"<User>{number}</User>" if number.startswith("sip:") else f"<Number sendDigits='1'>{number}</Number>"
        for number in numbers
    )
)
dials = st.builds(lambda about, inside: f"<Dial{about}>{inside}</Dial>", attributes, targets)
others = st.sampled_from(["<Speak>hello</Speak>", "<Wait length='2'/>", "<Play>http://a/b.mp3</Play>", "<Foo/>"])
documents = st.lists(dials | others, min_size=1, max_size=3).map("".join)
# Whoever is sent back to the action by the action may turn in circles for ever, which is nobody's fault but its own.
last_words = documents.map(lambda body: body.replace(" action='{url}/action'", ""))
sounds = st.sampled_from(
    ["<Play>http://a/m.mp3</Play>", "<Speak>press five</Speak>", "<Wait/>", "", "<Hangup/>", "oops"]
)
lives = st.fixed_dictionaries(
    {
        "document": dials.flatmap(lambda first: documents.map(lambda rest: first + rest)),
        "answers": st.tuples(last_words, sounds, sounds),
        "caller": far_ends,
        "far_ends": st.tuples(far_ends, far_ends, far_ends),
        "inbound": st.booleans(),
        "transfer": st.none() | st.tuples(st.sampled_from([1, 6, 20]), st.sampled_from(["aleg", "bleg", "both"])),
    }
)


async def live(life: dict[str, Any], check: Any) -> None:
    async with living(Telco, vendor, LIMIT) as telco:
        await _live(telco, life)
        check(telco)


async def _live(telco: Telco, life: dict[str, Any]) -> None:
    receiver, url = telco.receiver, telco.receiver.url
    receiver.content_type = "application/xml"
    telco.answers(life["document"].format(url=url))
    for path, body in zip(PATHS, life["answers"], strict=True):
        telco.answers(body.format(url=url), path=path)
    telco.script(life["caller"])
    for number, far_end in zip((*NUMBERS[:2], NUMBERS[3]), life["far_ends"], strict=True):
        telco.script(far_end, number)
    if life["inbound"]:
        telco.sandbox.put_settings("vobiz", {"answer_url": f"{url}/answer", "hangup_url": f"{url}/hangup"})
        uuid = telco.sandbox.arrive("vobiz", CALLEE, telco.number).name
    else:
        uuid = await telco.place(time_limit=600)
    if life["transfer"] is not None:
        seconds, legs = life["transfer"]
        await telco.advance(seconds)
        fields = {"legs": legs, "aleg_url": f"{url}/action", "bleg_url": f"{url}/action"}
        assert (await telco.request("POST", f"Call/{uuid}/", json=fields)).status_code in (202, 404)
    await telco.run()


def check_end(telco: Telco) -> None:
    """An inbound call may have nobody who ever hangs up; then both sides talk, and nothing else is to come."""
    for leg in telco.sandbox.engine.legs.values():
        assert leg.state == "ended" or (leg.state == "answered" and leg.bridge is not None), leg.run


def hear_of_talks(event: Any, talks: dict[str, float]) -> None:
    """What the application hears of a dial agrees."""
    if isinstance(event, e.Told | e.Asked) and "outcome" in event.fields:
        about = event.fields
        assert about["seconds"] == talks.get(about["child"], 0.0)
        assert (about["outcome"] in ("answered", "time-limit")) == (about["child"] in talks)


def check_callbacks(telco: Telco) -> None:
    """Nothing is sent twice but as a retry, and each leg's story is in order."""
    check_sent_once(telco)
    stories: dict[str, list[str]] = {}
    for received in telco.receiver.to("/event"):
        form = received.form
        stories.setdefault(form["DialBLegUUID"], []).append(form["DialAction"])
    for story in stories.values():
        plain = [step for step in story if step != "digits"]
        assert plain == [step for step in ("answer", "connected", "hangup") if step in plain]
        assert "digits" not in story or "connected" in story
    assert len(telco.receiver.to("/hangup")) <= 1
    kinds = Counter(delivery.callback for delivery in telco.sandbox.outbox.deliveries.values())
    assert kinds["ring"] <= 1 and kinds["hangup"] <= 1


def check_records(telco: Telco) -> None:
    """Of two that talked, neither was up for less than the bridge."""
    for event in events_of(telco):
        if isinstance(event, e.Unbridged):
            for side in (event.leg, event.other):
                leg = telco.sandbox.engine.legs[side.id]
                assert leg.answered_at is not None and leg.answered_at <= event.at
                assert leg.ended_at is None or leg.ended_at >= event.at


@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
@given(lives)
def test_two_legged_calls_end_well_and_tell_one_story(life: dict[str, Any]) -> None:
    def check(telco: Telco) -> None:
        check_end(telco)
        check_bridges(telco, hear_of_talks)
        check_callbacks(telco)
        check_records(telco)

    asyncio.run(live(life, check))
