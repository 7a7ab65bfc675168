"""`Dial`, attribute by attribute: what each does to the program, its default, and what a bad value does.

Nothing of a Dial is without effect in an emulator but `dialMusic="real"`: the ringing it lets through makes no sound
that anybody here could hear.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emulator.engine.causes import CONFIRM_FAILED
from emulator.engine.program import Dial, Fetch, Gather, HangUp, Hook, Pause, Play, Program, Say, SendDigits, Target
from emulator.errors import InvalidDocument
from emulator.vendors.vobiz.language import parse
from emulator.vendors.vobiz.outcomes import INVALID_ACTION_METHOD, INVALID_ACTION_URL
from emulator.webhooks.values import Form, Policy, Request
from tests.vendors.vobiz.reading import Settings, read, reply

NUMBER = "<Number>+919876543210</Number>"
PLAIN: dict[str, Any] = {"headers": {}}


def span(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def only(body: str) -> Any:
    (verb,) = read(f"<Response>{body}</Response>").verbs
    return verb


def dial(attributes: str = "", inside: str = NUMBER) -> Dial:
    verb = only(f"<Dial {attributes}>{inside}</Dial>")
    assert isinstance(verb, Dial)
    return verb


# --- defaults ------------------------------------------------------------------------------------------------------


def test_a_dial_has_its_defaults() -> None:
    assert only("<Dial>919876543210</Dial>") == Dial(
        (Target("+919876543210", memo={}),), ring_timeout=span(120), time_limit=span(14_400), where="1:11"
    )


@pytest.mark.parametrize(
    "spelling", ["<Dial>+919876543210</Dial>", "<Dial>\n 919876543210 \n</Dial>", f"<Dial>\n{NUMBER}\n</Dial>"]
)
def test_a_bare_number_and_a_number_element_are_one(spelling: str) -> None:
    assert [target.to for target in only(spelling).targets] == ["+919876543210"]


# --- attributes ----------------------------------------------------------------------------------------------------

FIELDS: list[tuple[str, str, Any]] = [
    ('timeout="30"', "ring_timeout", span(30)),
    ('timeout=""', "ring_timeout", span(120)),
    ('timeout="999999999"', "ring_timeout", span(86_400)),
    ('timeLimit="60"', "time_limit", span(60)),
    ('hangupOnStar="true"', "end_on_star", True),
    ('hangupOnStar="false"', "end_on_star", False),
    ('hangupOnStar="True"', "end_on_star", True),
    ('digitsMatch="1,22, *#"', "digits_match", ("1", "22", "*#")),
    ('digitsMatch=""', "digits_match", ()),
    ('digitsMatchBLeg="9"', "digits_match_child", ("9",)),
    ('dialMusic="real"', "music", None),
    ('dialMusic="REAL"', "music", None),
    ('confirmTimeout="5"', "confirm", None),
    ('action="http://a/b"', "hook", Hook("http://a/b", "POST", "dial", extra=PLAIN)),
    ('action="http://a/b" method="get"', "hook", Hook("http://a/b", "GET", "dial", extra=PLAIN)),
    (
        'action="http://a/b" redirect="false"',
        "hook",
        Hook("http://a/b", "POST", "dial", awaited=False, on_failure="next", extra=PLAIN),
    ),
    ('action="/b" redirect="false"', "hook", None),
    ('action="http://a/b" method="PUT" redirect="false"', "hook", None),
    ('callbackUrl="http://a/c"', "events", Hook("http://a/c", "POST", "dial-event", awaited=False, extra=PLAIN)),
    (
        'callbackUrl="http://a/c" callbackMethod="GET"',
        "events",
        Hook("http://a/c", "GET", "dial-event", awaited=False, extra=PLAIN),
    ),
    (
        'action="http://a/b" sipHeaders="k=v"',
        "hook",
        Hook("http://a/b", "POST", "dial", extra={"headers": {"X-VH-k": "v"}}),
    ),
]


@pytest.mark.parametrize(("attributes", "field", "wanted"), FIELDS, ids=[row[0] for row in FIELDS])
def test_an_attribute_sets_its_part_of_the_verb(attributes: str, field: str, wanted: Any) -> None:
    assert getattr(dial(attributes), field) == wanted


def test_dial_music_is_fetched_and_played_again_and_again() -> None:
    fetch = Fetch(Hook("http://a/m", "POST", "dial-music", on_failure="next"), "1:11", nested=True, repeats=True)
    assert dial('dialMusic="http://a/m"').music == Program((fetch,))


def test_a_confirm_sound_alone_is_heard_once() -> None:
    fetch = Fetch(Hook("http://a/s", "POST", "dial-confirm", on_failure="next"), "1:11", nested=True)
    assert dial('confirmSound="http://a/s"').confirm == Program((fetch,))


@pytest.mark.parametrize(("more", "seconds"), [("", 120), ('confirmTimeout="7"', 7)])
def test_a_confirm_key_is_a_gate_with_a_limit(more: str, seconds: float) -> None:
    confirm = dial(f'confirmKey="5" {more}').confirm
    assert confirm is not None
    (gate,) = confirm.verbs
    assert isinstance(gate, Gather)
    assert (gate.valid, gate.max_digits, gate.finish_on, gate.prompts) == ("5", 1, "", ())
    assert (gate.first_timeout, gate.overall_timeout, gate.end_when_empty) == (None, span(seconds), CONFIRM_FAILED)


def test_the_callers_id_and_name_and_headers_are_the_targets() -> None:
    made = dial('callerId="912271264301" callerName="Anna" sipHeaders="a=1,b=2"')
    (target,) = made.targets
    assert target.from_ == "+912271264301"
    assert target.memo == {"caller_name": "Anna", "dial_headers": {"X-VH-a": "1", "X-VH-b": "2"}}


# --- Number and User -----------------------------------------------------------------------------------------------


def test_numbers_and_users_ring_at_once_in_their_order() -> None:
    made = dial(inside=f"{NUMBER}<User>sip:anna@example.com</User><Number>911234567890</Number>")
    assert [target.to for target in made.targets] == ["+919876543210", "sip:anna@example.com", "+911234567890"]
    assert made.in_turn is False


@pytest.mark.parametrize("tag", ["Number", "User"])
@pytest.mark.parametrize(
    ("attributes", "wanted"),
    [
        ("", None),
        ('sendDigits=""', None),
        ('sendDigits="1w2"', SendDigits("1w2")),
        ('sendDigits="12@500"', SendDigits("12", span(0.5))),
        ('sendDigits="1" sendOnPreanswer="true"', SendDigits("1", early=True)),
        ('sendOnPreanswer="true"', None),
    ],
)
def test_digits_are_sent_to_the_one_who_is_dialled(tag: str, attributes: str, wanted: SendDigits | None) -> None:
    (target,) = dial(inside=f"<{tag} {attributes}>sip:a@b</{tag}>").targets
    assert target.send_digits == wanted


def test_a_users_headers_are_added_to_the_dials() -> None:
    inside = '<User sipHeaders="b=3,c=4">sip:a@b</User><User>sip:c@d</User>'
    first, second = dial('sipHeaders="a=1,b=2"', inside).targets
    assert first.memo == {"dial_headers": {"X-VH-a": "1", "X-VH-b": "3", "X-VH-c": "4"}}
    assert second.memo == {"dial_headers": {"X-VH-a": "1", "X-VH-b": "2"}}


# --- mistakes ------------------------------------------------------------------------------------------------------

BAD = [
    "<Dial/>", "<Dial> </Dial>", "<Dial><Speak>x</Speak></Dial>", f"<Dial>911234567890{NUMBER}</Dial>",
    f"<Dial>{NUMBER}911234567890</Dial>", "<Dial><Number/></Dial>", "<Dial><User> </User></Dial>",
    "<Dial><User>anna</User></Dial>", "<Dial><Number><Number>1</Number></Number></Dial>",
    "<Dial><Number sendDigits='12x'>+911234567890</Number></Dial>",
    "<Dial><Number sendOnPreanswer='maybe'>+911234567890</Number></Dial>",
    "<Dial><User sipHeaders='a'>sip:a@b</User></Dial>",
    *(f"<Dial {attribute}>{NUMBER}</Dial>" for attribute in (
        "timeout='0'", "timeout='soon'", "timeLimit='-1'", "timeLimit='x'", "hangupOnStar='yes'", "redirect='1'",
        "callbackUrl='/c'", "callbackUrl='http://a/c' callbackMethod='PUT'", f"callerName='{'x' * 51}'",
        "sipHeaders='a=b;c'", "sipHeaders='a-b=c'", "digitsMatch='1,,2'", "digitsMatch='a'", "digitsMatchBLeg='1 2'",
        "dialMusic='fake'", "confirmSound='sound.xml'", "confirmKey='12'", "confirmKey='a'", "confirmTimeout='0'",
    )),
]  # fmt: skip


@pytest.mark.parametrize("body", BAD)
def test_a_mistake_makes_the_document_bad_and_names_its_place(body: str) -> None:
    with pytest.raises(InvalidDocument, match=r"1:\d+"):
        read(f"<Response>{body}</Response>")


@pytest.mark.parametrize(
    ("attributes", "cause"),
    [
        ("action='/b'", INVALID_ACTION_URL),
        ("action='ftp://a/b'", INVALID_ACTION_URL),
        ("action='http://a/b' method='PUT'", INVALID_ACTION_METHOD),
    ],
)
def test_an_action_nobody_can_ask_ends_the_call_instead_of_dialling(attributes: str, cause: Any) -> None:
    assert only(f"<Dial {attributes}>{NUMBER}</Dial>") == HangUp(cause, where="1:11")


def test_an_unknown_attribute_is_ignored() -> None:
    assert dial('sendDigitsMode="x" sound="y"') == dial()


# --- what is heard -------------------------------------------------------------------------------------------------


def heard(body: str, callback: str) -> Program:
    request = Request("vobiz", "c1", "c1.0", callback, "http://a/m", "POST", Form(()), Policy())
    return parse(reply(f"<Response>{body}</Response>"), request, Settings())  # type: ignore[arg-type]


def test_what_is_heard_is_made_of_speak_play_and_wait() -> None:
    body = "<Speak>hi</Speak><Play>http://a/b.mp3</Play><Wait length='2'/>"
    spoken = Say("hi", 1, "WOMAN", "en-US", where="1:11")
    assert heard(body, "dial-confirm").verbs[:1] == (spoken,)
    say, play, wait = heard(body, "dial-music").verbs
    assert isinstance(say, Say) and isinstance(play, Play) and isinstance(wait, Pause)
    assert say.early and play.early


@pytest.mark.parametrize("body", ["<Hangup/>", "<Dial>911234567890</Dial>", "<Foo/>", "<Record/>"])
@pytest.mark.parametrize("callback", ["dial-music", "dial-confirm"])
def test_anything_else_to_be_heard_is_a_mistake(body: str, callback: str) -> None:
    with pytest.raises(InvalidDocument, match="only Speak, Play and Wait"):
        heard(body, callback)
