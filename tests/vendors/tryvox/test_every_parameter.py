"""Every verb and parameter of VoxML: what it does to a call, what holds without it. And which do nothing, and why.

What a bad value does stands in `test_language`, for every parameter in this table.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from emulator.engine.events import BecameIdle, SpeakingStarted
from emulator.recorder.transcript import transcript
from tests.vendors.tryvox.conftest import Telco, scripted
from tests.vendors.tryvox.test_language import BAD

FILE = "http://a.example/b.mp3"
OTHER = "+12025550144"

PARAMETERS = {
    "Say": ("text", "voice", "language", "loop", "engine"),
    "Play": ("url", "loop"),
    "Gather": ("input", "action_url", "method", "timeout", "num_digits", "finish_on_key", "say", "play"),
    "Dial": (
        "action_url", "timeout", "time_limit", "caller_id", "record", "ring_tone", "numbers", "sip", "client",
    ),
    "Record": (
        "action_url", "max_length", "timeout", "finish_on_key", "trim", "play_beep", "transcribe", "transcription_url",
    ),
    "Stream": ("url", "name", "track", "status_callback_url", "parameters"),
    "Conference": (
        "name", "muted", "start_on_enter", "end_on_exit", "max_participants", "wait_url", "status_callback_url",
        "record", "beep",
    ),
    "Redirect": ("url", "method"),
    "Pause": ("length",),
    "Hangup": (),
    "Reject": ("reason",),
}  # fmt: skip
"""As the reference lists them."""

NOTHING = {
    ("Say", "voice"): "nobody listens to a voice: the transcript is text",
    ("Say", "language"): "as the voice",
    ("Say", "engine"): "as the voice; another than google and polly is refused",
    ("Record", "trim"): "there is no silence in what is made of nothing but its length",
    ("Stream", "name"): "streams are not emulated; it is checked, and then refused by name",
    ("Stream", "track"): "as above",
    ("Stream", "status_callback_url"): "as above",
    ("Stream", "parameters"): "as above",
    ("Stream", "url"): "as above",
}
"""Those that do nothing in an emulator."""

ELSEWHERE = {
    ("Gather", "say"), ("Gather", "action_url"), ("Dial", "record"), ("Dial", "action_url"), ("Record", "play_beep"),
    ("Record", "action_url"), ("Record", "transcribe"), ("Record", "transcription_url"), ("Redirect", "url"),
    ("Redirect", "method"), ("Reject", "reason"), *(("Conference", name) for name in PARAMETERS["Conference"]),
}  # fmt: skip
"""Told by tests of whole calls: `test_whole_calls`, `test_actions`, `test_conferences`, `test_inbound`."""


def lines(telco: Telco) -> list[tuple[str, str, float]]:
    """What the callee heard, and when, in seconds from the answer."""
    answered = telco.sandbox.engine.legs["c1.0"].answered_at
    assert answered is not None
    return [
        (line["kind"], line["text"], (_at(line) - answered).total_seconds())
        for line in transcript(list(telco.sandbox.journal.entries()))
        if line["kind"] in ("say", "play", "beep", "digits") and line["leg"] == "c1.0"
    ]


def _at(line: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(line["at"])


async def played(telco: Telco, *document: dict[str, Any], key: str = "", **far_end: Any) -> float:
    """A call whose document is this; how many seconds it lasted. Its action hangs up."""
    made = scripted()
    for keys in key.split():
        made = made.presses(keys, **(far_end or {"at": 2}))
    telco.script(made)
    telco.answers({"verb": "Hangup"}, path="/action")
    url = telco.receiver.url
    telco.answers(
        *({name: f"{url}/action" if given == "/action" else given for name, given in each.items()} for each in document)
    )
    uuid = await telco.place(time_limit=100)
    await telco.run()
    return float((await telco.ending(uuid))[2])


# --- the table -----------------------------------------------------------------------------------------------------


def test_every_parameter_has_an_effect_or_a_reason() -> None:
    everything = {(verb, name) for verb, names in PARAMETERS.items() for name in names}
    shown = {(row[0]["verb"], row[1]) for row in EFFECTS}
    assert shown | set(NOTHING) | ELSEWHERE == everything
    assert not (shown & set(NOTHING)) and all(NOTHING.values())


def test_every_parameter_has_a_bad_value() -> None:
    """The three lists of a Dial are one parameter to whoever writes none; of Reject there is a test of its own."""
    told = set()
    for given, says in BAD:
        verb = given.get("verb") if isinstance(given, dict) else None
        where = says.partition(": ")[0]
        told |= {(verb, name) for name in PARAMETERS.get(str(verb), ()) if f".{name}" in where}
    everything = {(verb, name) for verb, names in PARAMETERS.items() for name in names}
    lists = {("Dial", "numbers"), ("Dial", "sip"), ("Dial", "client")}
    assert everything - told - lists == {("Reject", "reason")}


# --- effects: instruction, parameter, seconds the call lasts, seconds without it -------------------------------------

SAY = {"verb": "Say", "text": "a text of exactly thirty signs"}
GATHER = {"verb": "Gather", "action_url": "/action"}
DIAL = {"verb": "Dial", "numbers": [{"number": OTHER}]}
RECORD = {"verb": "Record", "action_url": "/action"}
NEVER = {"verb": "Dial", "numbers": [{"number": "+12025550199"}]}

EFFECTS: list[tuple[dict[str, Any], str, Any, float, float, str]] = [
    # instruction, parameter, its value, seconds with it, without it, keys at the second second
    (SAY, "text", "a text of exactly thirty signs, and as many again by now...", 3.9, 2, ""),
    (SAY, "loop", 3, 6, 2, ""),
    ({"verb": "Play", "url": FILE}, "url", "http://a.example/another.mp3", 3, 3, ""),
    ({"verb": "Play", "url": FILE}, "loop", 2, 6, 3, ""),
    ({"verb": "Pause"}, "length", 7, 7, 1, ""),
    (GATHER, "input", "speech", 5, 7, "1"),
    (GATHER, "method", "GET", 5, 5, ""),
    (GATHER, "timeout", 9, 9, 5, ""),
    (GATHER, "num_digits", 2, 2, 7, "12"),
    (GATHER, "finish_on_key", "*", 2, 7, "1*"),
    (GATHER, "play", {"url": FILE}, 8, 5, ""),
    (NEVER, "timeout", 12, 12, 30, ""),
    (DIAL, "time_limit", 20, 22, 100, ""),
    (DIAL, "numbers", [{"number": "+12025550101"}], 0, 100, ""),
    (DIAL, "sip", [{"uri": "sip:desk@pbx.example", "username": "a", "password": "b"}], 100, 100, ""),
    (DIAL, "client", [{"name": "anna"}], 100, 100, ""),
    (DIAL, "caller_id", "+12025550133", 100, 100, ""),
    (DIAL, "ring_tone", FILE, 100, 100, ""),
    (RECORD, "max_length", 3, 3.5, 6, ""),
    (RECORD, "timeout", 9, 10, 6, ""),
    (RECORD, "finish_on_key", "", 7, 2, "1"),
]


@pytest.mark.parametrize(
    ("instruction", "name", "given", "with_it", "without", "key"),
    EFFECTS,
    ids=[f"{row[0]['verb']}-{row[1]}-{index}" for index, row in enumerate(EFFECTS)],
)
async def test_it_changes_how_long_the_call_lasts_as_it_says(
    telco: Telco, instruction: dict[str, Any], name: str, given: Any, with_it: float, without: float, key: str
) -> None:
    telco.script(scripted().rings_for_ever(), "+12025550199")
    assert abs(await played(telco, instruction, key=key) - without) < 1
    assert abs(await played(telco, {**instruction, name: given}, key=key) - with_it) < 1


async def test_the_text_is_what_is_heard_each_time(telco: Telco) -> None:
    await played(telco, {**SAY, "loop": 2})
    assert lines(telco) == [("say", SAY["text"], 0.0), ("say", SAY["text"], 2.0)]


@pytest.mark.parametrize("instruction", [SAY, {"verb": "Play", "url": FILE}])
async def test_loop_zero_is_endless(telco: Telco, instruction: dict[str, Any]) -> None:
    assert await played(telco, {**instruction, "loop": 0}, {"verb": "Say", "text": "never"}) == 100
    assert "never" not in [text for _, text, _ in lines(telco)]


async def test_a_gather_by_get_asks_by_get(telco: Telco) -> None:
    await played(telco, {**GATHER, "method": "GET"}, key="1#")
    assert telco.only("/action").method == "GET"


async def test_a_prompt_is_cut_by_a_key(telco: Telco) -> None:
    await played(telco, {**GATHER, "say": {"text": "a text of exactly thirty signs"}, "num_digits": 1}, key="1", at=1)
    assert [text for _, text, _ in lines(telco)] == ["a text of exact"]


async def test_both_prompts_sound_in_the_order_they_stand_in(telco: Telco) -> None:
    await played(telco, {**GATHER, "play": {"url": FILE}, "say": {"text": "hello"}})
    assert [text for _, text, _ in lines(telco)] == [FILE, "hello"]


async def test_everybody_is_dialled_at_once_with_the_caller_id(telco: Telco) -> None:
    sip, client = [{"uri": "sip:desk@pbx.example"}], [{"name": "anna"}]
    await played(telco, {**DIAL, "sip": sip, "client": client, "caller_id": "+12025550133", "time_limit": 5})
    children = [leg for leg in telco.sandbox.engine.legs.values() if leg.parent is not None]
    assert [(leg.to, leg.from_) for leg in children] == [
        (to, "+12025550133") for to in (OTHER, "sip:desk@pbx.example", "anna")
    ]
    assert len({leg.created_at for leg in children}) == 1


async def test_without_a_caller_id_it_is_the_calls_own(telco: Telco) -> None:
    await played(telco, {**DIAL, "time_limit": 5})
    assert telco.sandbox.engine.legs["c1.1"].from_ == telco.number


async def test_digits_are_sent_to_whoever_answers(telco: Telco) -> None:
    await played(telco, {"verb": "Dial", "time_limit": 5, "numbers": [{"number": OTHER, "send_digits": "12w#"}]})
    sent = transcript(list(telco.sandbox.journal.entries()))
    assert [line["text"] for line in sent if line["kind"] == "digits" and line["leg"] == "c1.1"] == ["12#"]


@pytest.mark.parametrize("tone", [FILE, "marimba"])
async def test_the_ring_tone_sounds_till_somebody_answers(telco: Telco, tone: str) -> None:
    telco.script(scripted().rings(7), OTHER)
    await played(telco, {**DIAL, "ring_tone": tone, "time_limit": 9})
    assert [(text, since) for _, text, since in lines(telco)] == [(tone, 0.0), (tone, 3.0), (tone, 6.0)]


async def test_what_follows_a_hangup_never_runs(telco: Telco) -> None:
    assert await played(telco, {"verb": "Hangup"}, SAY) == 0
    events = [entry.data for entry in telco.sandbox.journal.entries() if entry.kind == "event"]
    assert not any(isinstance(event, SpeakingStarted | BecameIdle) for event in events)


async def test_any_key_ends_a_recording_unless_told(telco: Telco) -> None:
    assert await played(telco, RECORD, key="7") == 2
    assert await played(telco, {**RECORD, "finish_on_key": "#"}, key="7") > 5


@pytest.mark.parametrize("verb", ["Say", "Record"])
async def test_a_parameter_that_does_nothing_does_no_harm(telco: Telco, verb: str) -> None:
    plain, more = {
        "Say": (SAY, {"voice": "x", "language": "hi-IN", "engine": "polly"}),
        "Record": (RECORD, {"trim": "do-not-trim"}),
    }[verb]
    assert await played(telco, {**plain, **more}) == await played(telco, plain)
