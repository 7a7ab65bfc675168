"""Random trees of documents: what the callee hears on the way, and when, is what the documents on that way say."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.engine import Nominal
from emulator.recorder.transcript import transcript
from emulator.scenarios.far_end import FarEnd, Press, Reaction
from emulator.vendors.vobiz import vendor
from tests.vendors.anything import QUICK, living
from tests.vendors.vobiz.conftest import Telco

KEYS = ("1", "2")
LIMIT = 10
FILE = "http://a.example/b.mp3"
ALONE = 15
"""Seconds that a Gather waits for a key; a GetDigits five."""

TEXTS = ["hello", "one <emphasis>moment</emphasis> please", "<![CDATA[a < b]]>"]
WORDS = dict(zip(TEXTS, ["hello", "one moment please", "a < b"], strict=True))
sounds = st.lists(
    st.tuples(st.just("Speak"), st.sampled_from(TEXTS), st.integers(1, 2))
    | st.tuples(st.just("Play"), st.just(FILE), st.integers(1, 2))
    | st.tuples(st.just("Wait"), st.just(""), st.integers(1, 9)),
    max_size=3,
)
ends = st.sampled_from(["end", "hangup", "redirect"])
menus = st.sampled_from(["Gather", "GetInput", "GetDigits"])
trees: st.SearchStrategy[Any] = st.deferred(
    lambda: st.tuples(
        sounds, st.tuples(ends, sounds) | st.tuples(menus, st.fixed_dictionaries(dict.fromkeys(KEYS, trees)))
    )
)
Sound = tuple[str, str, int]
Line = tuple[str, str, float]
"""Kind, text, seconds since the answer at which it began."""


def element(sound: Sound) -> str:
    tag, text, count = sound
    return f"<Wait length='{count}'/>" if tag == "Wait" else f"<{tag} loop='{count}'>{text}</{tag}>"


def write(telco: Telco, tree: Any, path: str) -> None:
    """The documents of a tree, each at a path made of the keys that lead there."""
    begin, (kind, below) = tree
    url, document = telco.receiver.url, [element(sound) for sound in begin]
    if kind == "hangup":
        document += ["<Hangup/>", "<Speak>never</Speak>"]
    elif kind == "redirect":
        document += [f"<Redirect>{url}{path}-on</Redirect>", "<Speak>never</Speak>"]
        telco.answers(*map(element, below), path=f"{path}-on")
    elif kind != "end":
        document += [
            f"<{kind} action='{url}{path}-keys' numDigits='1'><Speak>menu {path}</Speak></{kind}>",
            "<Speak>you pressed nothing</Speak>",
        ]
        answers = telco.receiver.answers
        answers[f"{path}-keys"] = lambda received: answers[f"{path}-{received.form['Digits']}"]
        for key in KEYS:
            write(telco, below[key], f"{path}-{key}")
    telco.answers(*document, path=path)


class Listener:
    """What would be heard, and when."""

    def __init__(self) -> None:
        self.nominal, self.at, self.lines = Nominal(), 0.0, list[Line]()

    def hear(self, sound: Sound) -> None:
        tag, text, count = sound
        if tag == "Wait":
            self.at += count
            return
        said = WORDS.get(text, text)
        span = self.nominal.speech(said) if tag == "Speak" else self.nominal.play
        for _ in range(count):
            self.lines.append(("say" if tag == "Speak" else "play", said, round(self.at, 3)))
            self.at += span.total_seconds()

    def follow(self, tree: Any, path: str, keys: list[str]) -> None:
        begin, (kind, below) = tree
        for sound in begin:
            self.hear(sound)
        if kind == "redirect":
            for sound in below:
                self.hear(sound)
        if kind in ("end", "hangup", "redirect"):
            return
        self.hear(("Speak", f"menu {path}", 1))
        if keys:
            self.follow(below[keys[0]], f"{path}-{keys[0]}", keys[1:])
            return
        self.at += 5 if kind == "GetDigits" else ALONE
        self.hear(("Speak", "you pressed nothing", 1))


async def walk(tree: Any, keys: list[str]) -> None:
    async with living(Telco, vendor, LIMIT) as telco:
        telco.receiver.content_type = "application/xml"
        paths = ["/answer" + "".join(f"-{key}" for key in keys[:depth]) for depth in range(len(keys))]
        reactions = [Reaction(Press(key), on=f"menu {path}", times=1) for key, path in zip(keys, paths, strict=True)]
        telco.script(FarEnd(reactions=tuple(reactions), greeting=""))
        write(telco, tree, "/answer")
        uuid = await telco.place()
        await telco.run()
        wanted = Listener()
        wanted.follow(tree, "/answer", keys)
        assert heard(telco, uuid) == wanted.lines
        leg = telco.leg(uuid)
        assert leg.answered_at is not None and leg.ended_at is not None
        assert round((leg.ended_at - leg.answered_at).total_seconds(), 3) == round(wanted.at, 3)


def heard(telco: Telco, uuid: str) -> list[Line]:
    answered = telco.leg(uuid).answered_at
    assert answered is not None
    return [
        (line["kind"], line["text"], round((datetime.fromisoformat(line["at"]) - answered).total_seconds(), 3))
        for line in transcript(list(telco.sandbox.journal.entries()))
        if line["kind"] in ("say", "play")
    ]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow], phases=QUICK)
@given(trees, st.lists(st.sampled_from(KEYS), max_size=3))
def test_the_callee_hears_what_the_documents_on_the_way_say_and_when(tree: Any, keys: list[str]) -> None:
    asyncio.run(walk(tree, keys))
