"""Random valid documents and far ends, over webhooks and over a socket: calls end, or wait for good reason, and all
tell one story of them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.recorder.transcript import transcript
from emulator.runtime.replay import rebuild
from emulator.scenarios.far_end import FarEnd, Hold, Press, Reaction
from emulator.vendors.jambonz import vendor
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
    trees,
)  # fmt: skip
from tests.vendors.jambonz.conftest import CALLEE, Telco
from tests.vendors.jambonz.socket_app import SocketApp

OTHERS = ("+12025550141", "+12025550142", "anna")
SECOND = "+12025550149"
LIMIT = 30
VENDORS = {"jambonz": vendor}

# --- far ends ------------------------------------------------------------------------------------------------------

reactions = reactions_of(*DEEDS, Hold(), Hold(False))
far_ends = far_ends_of(reactions)

# --- documents -----------------------------------------------------------------------------------------------------


def verb(name: str, /, **attributes: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """One with any of its optional attributes; one that is drawn as `...` is left out."""
    return st.fixed_dictionaries({"verb": st.just(name), **attributes}).map(
        lambda made: {key: given for key, given in made.items() if given is not ...}
    )


def maybe(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([..., *values])


flags = maybe(True, False)
hook = maybe("/action")
texts = st.sampled_from(["hello", ["press", "one"], '<speak>hm<break time="2s"/>so</speak>'])
says = verb("say", text=texts, loop=maybe(0, 2), earlyMedia=flags, id=maybe("a"))
plays = verb("play", url=st.sampled_from(["http://h/a", ["http://h/a", "http://h/b"]]), loop=maybe(2), actionHook=hook,
             seekOffset=maybe(4000), timeoutSecs=maybe(1))  # fmt: skip
pauses = verb("pause", length=st.sampled_from([0, 1, 2.5]))
gathers = verb(
    "gather", input=maybe(["speech"], ["digits", "speech"]), actionHook=hook, finishOnKey=maybe("#"),
    numDigits=maybe(1, 3), minDigits=maybe(2), interDigitTimeout=maybe(2), timeout=maybe(1, 8),
    partialResultHook=maybe("/partial"), dtmfBargein=flags, listenDuringPrompt=flags,
    say=maybe({"text": "press"}), play=maybe({"url": "http://h/a"}),
)  # fmt: skip
targets = st.lists(
    st.sampled_from([{"type": "phone", "number": OTHERS[0]}, {"type": "phone", "number": OTHERS[1]},
                     {"type": "user", "name": OTHERS[2]},
                     {"type": "phone", "number": OTHERS[1], "confirmHook": "/ok"}]),
    min_size=1, max_size=3, unique_by=str,
)  # fmt: skip
dials = verb(
    "dial", target=targets, timeout=maybe(1, 8), timeLimit=maybe(1, 20), actionHook=hook, answerOnBridge=flags,
    callerId=maybe("+12025550133"), confirmHook=maybe("/ok"), dialMusic=maybe("http://h/m"),
    dtmfCapture=maybe(["1"], {"childCall": ["4"]}), dtmfHook=maybe("/keys"), onHoldHook=maybe("/hold"),
    amd=maybe({"actionHook": "/amd"}), tag=maybe({"b": 1}), transcribe=maybe({"transcriptionHook": "/heard"}),
)  # fmt: skip
conferences = verb(
    "conference", name=st.sampled_from(["red", "blue"]), beep=flags, startConferenceOnEnter=flags,
    endConferenceOnExit=flags, maxParticipants=maybe(1), joinMuted=flags, actionHook=hook, waitHook=maybe("/wait"),
    enterHook=maybe("/wait"), statusHook=maybe("/room"), statusEvents=maybe(["join", "leave", "start", "end"]),
    distributeDtmf=flags,
)  # fmt: skip
enqueues = verb("enqueue", name=st.just("q"), actionHook=hook, waitHook=maybe("/wait"), priority=maybe(1, 5))
dequeues = verb("dequeue", name=st.just("q"), actionHook=hook, timeout=maybe(0, 5), beep=flags)
others = st.sampled_from([
    {"verb": "dtmf", "dtmf": "12"}, {"verb": "tag", "data": {"a": 1}}, {"verb": "answer"}, {"verb": "leave"},
    {"verb": "sip:request", "method": "INFO", "actionHook": "/action"}, {"verb": "sip:decline", "status": 486},
    {"verb": "config", "record": {"action": "startCallRecording"}}, {"verb": "config", "notifyEvents": True},
    {"verb": "config", "record": {"action": "pauseCallRecording"}}, {"verb": "hangup"},
    {"verb": "config", "transcribe": {"enable": True, "transcriptionHook": "/heard"}},
    {"verb": "config", "bargeIn": {"enable": True, "actionHook": "/action", "input": ["digits", "speech"]}},
    {"verb": "config", "bargeIn": {"enable": True, "actionHook": "/action", "numDigits": 1, "sticky": True}},
    {"verb": "config", "bargeIn": {"enable": False}, "amd": {"actionHook": "/amd"}},
    {"verb": "transcribe", "transcriptionHook": "/heard"}, {"verb": "sip:refer", "referTo": "sip:a@h"},
])  # fmt: skip
rest = st.lists(says | plays | pauses | gathers | dials | conferences | enqueues | dequeues | others, max_size=3)
busy = st.tuples(dials | gathers | conferences | enqueues | dequeues | says, rest).map(lambda made: [made[0], *made[1]])
# Whoever is sent back to the action by the action may turn in circles for ever, which is nobody's fault but its own.
last_words = st.lists(says | pauses | st.just({"verb": "hangup"}), max_size=3)
updates = st.sampled_from([
    {"mute_status": "mute"}, {"whisper": {"verb": "say", "text": "psst"}}, {"tag": {"c": 3}}, {"dtmf": {"digit": "5"}},
    {"record": {"action": "startCallRecording", "type": "cloud"}}, {"record": {"action": "stopCallRecording"}},
    {"conf_mute_status": "mute"}, {"conf_hold_status": "hold", "wait_hook": "/wait"}, {"conf_hold_status": "unhold"},
    {"conferenceParticipantAction": {"action": "coach", "tag": "x"}}, {"call_hook": "/action"},
    {"child_call_hook": "/action"}, {"call_hook": "/action", "child_call_hook": "/action"},
    {"call_status": "completed"}, {"call_status": "no-answer"}, {"transcribe_status": "pause"},
])  # fmt: skip
lives = st.fixed_dictionaries({
    "documents": st.tuples(busy, busy),
    "answer": last_words,
    "people": st.tuples(far_ends, far_ends),
    "others": st.tuples(far_ends, far_ends, far_ends),
    "inbound": st.booleans(),
    "updates": st.lists(st.tuples(st.sampled_from([0, 2, 6, 20]), st.booleans(), updates), max_size=3),
})  # fmt: skip

WAIT = [{"verb": "say", "text": "please hold"}, {"verb": "pause", "length": 3}]


class World:
    """Two calls of one sandbox, and the application of both: a webhook one, or one on a socket."""

    def __init__(self, telco: Telco, app: SocketApp | None) -> None:
        self.telco = telco
        self.app = app
        self.sids: list[str] = []

    def answers(self, hooks: dict[str, Any]) -> None:
        for path, document in hooks.items():
            self.telco.receiver.answers[path] = document
            if self.app is not None:
                self.app.answers[path] = document

    async def begin(self, life: dict[str, Any]) -> None:
        telco, app = self.telco, self.app
        for number, far_end in zip((CALLEE, SECOND, *OTHERS), (*life["people"], *life["others"]), strict=True):
            telco.sandbox.put_far_end(number, far_end)
        self.answers({"/action": life["answer"], "/wait": WAIT, "/ok": []})
        documents = dict(zip(("/call", "/second"), life["documents"], strict=True))
        self.answers(documents)
        url = telco.receiver.url
        if app is not None:
            url = app.url.removesuffix("/app")
            app.answers["session:new"] = self._new
        self.sids.append(await telco.place(SECOND, call_hook=f"{url}/second", timeLimit=600))
        if life["inbound"]:
            hooks = {"call_hook": f"{url}/call", "call_status_hook": f"{telco.receiver.url}/status"}
            telco.sandbox.put_settings("jambonz", hooks)
            self.sids.append(telco.arrive())
        else:
            self.sids.append(await telco.place(call_hook=f"{url}/call", timeLimit=600))

    async def _new(self, connection: Any, message: dict[str, Any]) -> None:
        data = self.telco.receiver.answers[connection.request.path]
        await connection.send(json.dumps({"type": "ack", "msgid": message["msgid"], "data": data}))

    async def live(self, life: dict[str, Any]) -> None:
        telco = self.telco
        await self.begin(life)
        for seconds, is_first, body in life["updates"]:
            await telco.advance(seconds)
            response = await telco.put(self.sids[0 if is_first else 1], **body)
            assert response.status_code in (202, 404, 422), response.text
        await telco.advance(700)
        check_waiting(telco, is_socket=self.app is not None)
        for leg in list(telco.sandbox.engine.book("jambonz").live.values()):
            await telco.put(leg.name, call_status="completed" if leg.state == "answered" else "no-answer")
        await telco.run()


async def live(life: dict[str, Any], is_socket: bool) -> None:
    app = await SocketApp().start() if is_socket else None
    try:
        async with living(Telco, vendor, LIMIT, quiet=0.005) as telco:
            await World(telco, app).live(life)
            check_bridges(telco)
            check_callbacks(telco)
            check_whole(telco)
            check_members(telco)
            assert telco.sandbox.views["jambonz"].queues() == []
            assert telco.problems == []
            await check_records(telco)
            check_replay(telco)
    finally:
        if app is not None:
            await app.stop()


# --- what always holds ---------------------------------------------------------------------------------------------


def check_waiting(telco: Telco, is_socket: bool) -> None:
    """Whoever is still there talks, confers, waits, or runs something; on a socket it may idle."""
    for leg in telco.sandbox.engine.legs.values():
        is_busy = leg.state == "ringing" or leg.partner is not None or leg.run
        assert leg.state == "ended" or is_busy or is_socket, leg.id


def check_callbacks(telco: Telco) -> None:
    """Nothing is sent twice but as a retry; each leg's statuses come once, `trying` first, and durations are right."""
    check_sent_once(telco)
    stories: dict[str, list[dict[str, Any]]] = {}
    for delivery in telco.sandbox.outbox.deliveries.values():
        if delivery.callback == "status":
            body = json.loads(delivery.body())
            body = body.get("data", body)
            if "error" not in body:
                stories.setdefault(body["call_sid"], []).append(body)
    for sid, story in stories.items():
        words = [body["call_status"] for body in story]
        assert len(set(words)) == len(words), words
        assert words[0] == "trying"
        leg = telco.leg(sid)
        if words[-1] == "completed":
            assert leg.answered_at is not None and leg.ended_at is not None
            assert story[-1]["duration"] == int((leg.ended_at - leg.answered_at).total_seconds())


async def check_records(telco: Telco) -> None:
    """Everything is over, and every list says so."""
    assert await telco.get("CallCount") == {"inbound": 0, "outbound": 0}
    assert await telco.get("Conferences") == [] and await telco.get("Queues") == []
    for record in await telco.get("Calls"):
        is_over = record["call_status"] in ("completed", "busy", "no-answer", "failed")
        assert is_over or record["direction"] == "inbound", record


def check_replay(telco: Telco) -> None:
    """The journal makes the same sandbox again."""
    entries = list(telco.sandbox.journal.entries())
    twin = rebuild(entries, VENDORS)
    kept = [(entry.at, entry.kind, entry.call) for entry in entries if entry.kind != "request"]
    assert [(each.at, each.kind, each.call) for each in twin.journal.entries() if each.kind != "request"] == kept


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
@given(lives)
def test_any_calls_of_webhook_applications_end_well_and_tell_one_story(life: dict[str, Any]) -> None:
    asyncio.run(live(life, is_socket=False))


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
@given(lives)
def test_any_calls_of_socket_applications_end_well_and_tell_one_story(life: dict[str, Any]) -> None:
    asyncio.run(live(life, is_socket=True))


# --- what is heard is what was written -----------------------------------------------------------------------------


def named(path: str) -> str:
    """How a menu calls itself: its depth tells it from those below."""
    return f"menu {path.count('-')} of {path}"


def write(telco: Telco, tree: Any, path: str) -> None:
    """The documents of a tree of menus, each at a path made of the keys that lead there."""
    spoken, menu = tree
    document: list[dict[str, Any]] = [{"say": {"text": text, "loop": loop}} for text, loop in spoken]
    if menu is not None:
        gather = {"numDigits": 1, "actionHook": f"{path}-keys", "say": {"text": named(path)}, "timeout": 3}
        document += [{"gather": gather}, {"say": {"text": "you pressed nothing"}}]

        def chosen(received: Any) -> Any:
            digits = received.json.get("digits")
            return telco.receiver.answers[f"{path}-{digits}"] if digits in KEYS else []

        telco.receiver.answers[f"{path}-keys"] = chosen
        for key in KEYS:
            write(telco, menu[key], f"{path}-{key}")
    telco.receiver.answers[path] = document


def expected(tree: Any, path: str, keys: list[str]) -> list[str]:
    """What is heard of it by somebody who presses these keys, one at each menu."""
    spoken, menu = tree
    heard = [text for text, loop in spoken for _ in range(loop)]
    if menu is None:
        return heard
    heard.append(named(path))
    if not keys:
        return [*heard, "you pressed nothing"]
    chosen = menu[keys[0]]
    if chosen == ([], None):  # an empty array: what stands behind the gather goes on
        return [*heard, "you pressed nothing"]
    return [*heard, *expected(chosen, f"{path}-{keys[0]}", keys[1:])]


async def hear(tree: Any, keys: list[str]) -> None:
    async with living(Telco, vendor, LIMIT) as telco:
        write(telco, tree, "/call")
        telco.script(FarEnd(reactions=tuple(Reaction(Press(key), on=f"menu {at} of") for at, key in enumerate(keys))))
        await telco.place()
        await telco.run()
        heard = [line["text"] for line in transcript(telco.sandbox.journal.entries()) if line["kind"] == "say"]
        assert heard == expected(tree, "/call", keys)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
@given(trees, st.lists(st.sampled_from(KEYS), max_size=3))
def test_the_transcript_is_what_the_documents_say_for_that_path(tree: Any, keys: list[str]) -> None:
    asyncio.run(hear(tree, keys))
