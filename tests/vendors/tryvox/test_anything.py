"""Random valid VoxML and far ends: calls end, or wait for good reason, and everybody tells one story of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.engine import events as e
from emulator.recorder.transcript import transcript
from emulator.runtime.spec import Options
from emulator.scenarios.far_end import FarEnd, Press, Reaction
from emulator.vendors.tryvox import vendor
from tests.vendors.anything import (
    DEEDS,
    KEYS,
    QUICK,
    check_bridges,
    check_members,
    check_sent_once,
    check_whole,
    far_ends_of,
    living,
    reactions_of,
    spans,
    trees,
)  # fmt: skip
from tests.vendors.tryvox.conftest import CALLEE, Telco

OTHERS = ("+12025550141", "+12025550142", "anna")
SECOND = "+12025550149"
LIMIT = 20
OPTIONS = Options(public_url="http://ringback.test")
FILE = "http://a.example/b.mp3"

# --- far ends ------------------------------------------------------------------------------------------------------

reactions = reactions_of(*DEEDS)
far_ends = far_ends_of(reactions)
steady = st.builds(FarEnd, rings_for=spans, reactions=st.lists(reactions, max_size=1).map(tuple))
people = st.integers(0, 2).flatmap(lambda dice: steady if dice else far_ends)

# --- documents -----------------------------------------------------------------------------------------------------


def instruction(verb: str, **parameters: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """One with any of its optional parameters; one that is drawn as `...` is left out."""
    return st.fixed_dictionaries({"verb": st.just(verb), **parameters}).map(
        lambda made: {name: given for name, given in made.items() if given is not ...}
    )


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([..., *values])


flags = maybe(True, False)
says = instruction("Say", text=st.sampled_from(["hello", "press one"]), loop=maybe(2), engine=maybe("polly"))
plays = instruction("Play", url=st.just(FILE), loop=maybe(0, 2))
pauses = instruction("Pause", length=maybe(0, 2, 0.5))
prompts = st.sampled_from([..., {"text": "press one"}])
gathers = instruction(
    "Gather", action_url=st.just("/action"), input=maybe("speech", "dtmf speech"), method=maybe("GET"),
    timeout=maybe(0, 1, 9), num_digits=maybe(1, 3), finish_on_key=maybe("", "*#"), say=prompts,
    play=maybe({"url": FILE}),
)  # fmt: skip
numbers = st.lists(st.sampled_from(OTHERS[:2]), min_size=1, max_size=2).map(
    lambda chosen: [{"number": number, "send_digits": "1w2"} for number in chosen]
)
dials = instruction(
    "Dial", numbers=numbers, client=maybe([{"name": OTHERS[2]}]), action_url=maybe("/action"), timeout=maybe(1, 8),
    time_limit=maybe(1, 20), caller_id=maybe("+12025550133"), record=flags, ring_tone=maybe(FILE),
)  # fmt: skip
records = instruction(
    "Record", action_url=st.just("/action"), max_length=maybe(1, 9), timeout=maybe(0, 2), finish_on_key=maybe("", "1"),
    play_beep=flags, transcribe=flags, transcription_url=maybe("/text"),
)  # fmt: skip
conferences = instruction(
    "Conference", name=st.sampled_from(["red", "blue"]), muted=flags, start_on_enter=flags, end_on_exit=flags,
    max_participants=maybe(1, 2), wait_url=maybe(FILE), status_callback_url=maybe("/events"), record=flags, beep=flags,
)  # fmt: skip
redirects = instruction("Redirect", url=st.just("/action"), method=maybe("GET"))
endings = st.sampled_from([{"verb": "Hangup"}, {"verb": "Pause", "length": 3}])
rest = st.lists(says | plays | pauses | gathers | dials | records | conferences | redirects, max_size=3)
busy = st.tuples(dials | dials | gathers | records | conferences | says, rest).map(lambda made: [made[0], *made[1]])
# Whoever is sent back to the action by the action may turn in circles for ever, which is nobody's fault but its own.
last_words = st.lists(says | pauses | conferences | endings, max_size=3)
actions = st.sampled_from([
    ("POST", "transfer", {"to": OTHERS[0]}), ("POST", "transfer", {"to": OTHERS[1], "answer_url": "/action"}),
    ("POST", "play", {"url": FILE, "loop": 0}), ("POST", "speak", {"text": "by the way"}),
    ("POST", "dtmf", {"digits": "12"}), ("POST", "record", {"max_length": 5}), ("DELETE", "record", None),
    ("DELETE", "", None),
])  # fmt: skip
lives = st.fixed_dictionaries({
    "documents": st.tuples(busy, busy),
    "answer": last_words,
    "people": st.tuples(people, people),
    "others": st.tuples(people, people, people),
    "inbound": st.booleans(),
    "actions": st.lists(st.tuples(st.sampled_from([0, 2, 6, 20]), st.booleans(), actions), max_size=3),
})  # fmt: skip


def at(made: Any, url: str) -> Any:
    """The same document with whole URLs."""
    if isinstance(made, dict):
        return {key: at(inner, url) for key, inner in made.items()}
    if isinstance(made, list):
        return [at(inner, url) for inner in made]
    return f"{url}{made}" if isinstance(made, str) and made.startswith("/") else made


async def live(life: dict[str, Any], check: Callable[[Telco], Any]) -> None:
    async with living(Telco, vendor, LIMIT, OPTIONS) as telco:
        uuids = await begin(telco, life)
        for seconds, first, (method, path, body) in life["actions"]:
            await telco.advance(seconds)
            uuid = uuids[0 if first else 1]
            response = await telco.request(
                method, f"calls/{uuid}/{path}".rstrip("/"), json=at(body, telco.receiver.url)
            )
            assert response.status_code in (200, 204, 400, 404), response.text
        await telco.advance(700)
        check_waiting(telco)
        for uuid in await telco.listed(status="in-progress"):
            await telco.request("DELETE", f"calls/{uuid}")  # its parent's end may have been its own
        await telco.run()
        await check_calls(telco, uuids)
        check(telco)


async def begin(telco: Telco, life: dict[str, Any]) -> list[str]:
    url = telco.receiver.url
    for number, far_end in zip((CALLEE, SECOND, *OTHERS), (*life["people"], *life["others"]), strict=True):
        telco.sandbox.put_far_end(number, far_end)
    telco.answers(*at(life["documents"][0], url))
    telco.answers(*at(life["documents"][1], url), path="/second")
    telco.answers(*at(life["answer"], url), path="/action")
    second = await telco.place(SECOND, answer_url=f"{url}/second", time_limit=600)
    first = telco.arrive() if life["inbound"] else await telco.place(time_limit=600)
    return [first, second]


# --- what always holds ---------------------------------------------------------------------------------------------


def check_waiting(telco: Telco) -> None:
    """Whoever is still there talks, confers, listens, or runs something."""
    for leg in telco.sandbox.engine.legs.values():
        assert leg.state == "ended" or leg.state == "ringing" or leg.partner is not None or leg.run, leg.id


def hear_of_talks(event: Any, talks: dict[str, float]) -> None:
    """What the application hears of a dial agrees."""
    if isinstance(event, e.Told | e.Asked) and event.hook.purpose == "dial":
        assert event.fields["seconds"] == talks.get(event.fields["child"], 0.0)


def check_callbacks(telco: Telco) -> None:
    """Nothing is sent twice but as a retry; each call's statuses come in their order, each once."""
    check_sent_once(telco)
    stories: dict[str, list[str]] = {}
    for received in telco.receiver.to("/status"):
        stories.setdefault(received.json["call_uuid"], []).append(received.json["status"])
    for story in stories.values():
        assert story == [word for word in ("queued", "ringing", "answered", "ended") if word in story]
        assert story[-1] == "ended"
    assert len(telco.receiver.to("/hangup")) == len(stories)


def check_recordings(telco: Telco) -> None:
    """None is longer than its call, and each as long as it says."""
    check_whole(telco)
    for recording in telco.sandbox.views["tryvox"].recordings():
        assert recording.ended_at is not None
        assert recording.seconds == (recording.ended_at - recording.started_at).total_seconds()


async def check_calls(telco: Telco, uuids: list[str]) -> None:
    """Everything is over, and list, call and callbacks agree upon how."""
    calls = (await telco.get("calls", params={"per_page": 100}))["calls"]
    assert all(call["end_time"] is not None for call in calls)
    for uuid in uuids:
        assert (await telco.ending(uuid))[2] >= 0


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
@given(lives)
def test_any_calls_end_well_and_tell_one_story(life: dict[str, Any]) -> None:
    def check(telco: Telco) -> None:
        check_bridges(telco, hear_of_talks)
        check_callbacks(telco)
        check_recordings(telco)
        check_members(telco)
        assert telco.problems == []

    asyncio.run(live(life, check))


# --- what is heard is what was written -----------------------------------------------------------------------------


def write(telco: Telco, tree: Any, path: str) -> None:
    """The documents of a tree of menus, each at a path made of the keys that lead there."""
    spoken, menu = tree
    document: list[dict[str, Any]] = [{"verb": "Say", "text": text, "loop": loop} for text, loop in spoken]
    if menu is not None:
        say = {"text": f"menu {path}"}
        gather = {"verb": "Gather", "action_url": f"{telco.receiver.url}{path}-keys", "num_digits": 1, "say": say}
        document += [gather, {"verb": "Say", "text": "you pressed nothing"}]
        telco.receiver.answers[f"{path}-keys"] = lambda received: telco.receiver.answers[
            f"{path}-{received.json['digits']}"
        ]
        for key, below in menu.items():
            write(telco, below, f"{path}-{key}")
    telco.answers(*document, path=path)


def expected(tree: Any, path: str, keys: list[str]) -> list[str]:
    spoken, menu = tree
    heard = [text for text, loop in spoken for _ in range(loop)]
    if menu is None:
        return heard
    heard.append(f"menu {path}")
    if not keys:
        return [*heard, "you pressed nothing"]
    return [*heard, *expected(menu[keys[0]], f"{path}-{keys[0]}", keys[1:])]


async def walk(tree: Any, keys: list[str]) -> None:
    async with living(Telco, vendor, LIMIT, OPTIONS) as telco:
        path, reactions = "/answer", []
        for key in keys:
            reactions.append(Reaction(Press(key), on=f"menu {path}", times=1))
            path = f"{path}-{key}"
        telco.sandbox.put_far_end(CALLEE, FarEnd(reactions=tuple(reactions), greeting=""))
        write(telco, tree, "/answer")
        uuid = await telco.place()
        await telco.run()
        lines = transcript(list(telco.sandbox.journal.entries()))
        assert [line["text"] for line in lines if line["kind"] == "say"] == expected(tree, "/answer", keys)
        assert (await telco.ending(uuid))[:2] == ("completed", "voxml-hangup")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
@given(trees, st.lists(st.sampled_from(KEYS), max_size=3))
def test_the_callee_hears_what_the_documents_on_the_way_say(tree: Any, keys: list[str]) -> None:
    asyncio.run(walk(tree, keys))
