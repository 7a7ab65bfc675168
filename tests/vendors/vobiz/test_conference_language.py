"""`Conference`, attribute by attribute: effect, default, bad value."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vobiz import vobizxml

from emulator.engine.program import Beep, Conference, Fetch, HangUp, Play, Program
from emulator.errors import InvalidDocument
from tests.vendors.vobiz.reading import read

APP = "http://127.0.0.1:1"


def verb(attributes: str = "", name: str = "room", **settings: Any) -> Any:
    return read(f"<Response><Conference {attributes}>{name}</Conference></Response>", **settings).verbs[0]


def test_the_defaults() -> None:
    made = verb()
    beep = Beep(where="1:11")
    assert made == Conference(
        "room", waits_alone=True, enter_sound=beep, exit_sound=beep, max_members=20, where="1:11",
        time_limit=timedelta(hours=4), tells=("enter", "leave", "digits"),
    )  # fmt: skip


# attribute: (value, field of the verb, what it becomes)
EFFECTS: dict[str, tuple[str, str, Any]] = {
    "muted": ("true", "muted", True),
    "startConferenceOnEnter": ("false", "starts", False),
    "endConferenceOnExit": ("true", "ends", True),
    "enterSound": (f"{APP}/ding.mp3", "enter_sound", Play(f"{APP}/ding.mp3", where="1:11")),
    "exitSound": (f"{APP}/dong.mp3", "exit_sound", Play(f"{APP}/dong.mp3", where="1:11")),
    "beep": ("false", "exit_sound", None),
    "relayDTMF": ("true", "relay_digits", True),
    "digitsMatch": ("1,*9, 22", "digits_match", ("1", "*9", "22")),
    "hangupOnStar": ("true", "leave_on", "*"),
    "timeLimit": ("60", "time_limit", timedelta(minutes=1)),
}
NOTHING = {
    "waitMethod": ("GET", "waitSound is always asked by POST (VOBIZ-122)"),
    "maxParticipants": ("5", "the account's cap wins (VOBIZ-123)"),
    "maxMembers": ("5", "the account's cap wins (VOBIZ-123)"),
    "record": ("true", "no file comes of it in practice (VOBIZ-128)"),
    "recordFileFormat": ("wav", "no file comes of it in practice (VOBIZ-128)"),
    "stayAlone": ("true", "the default here, unless strict_stay_alone is set (VOBIZ-121)"),
    "floorEvent": ("true", "an attribute Vobiz does not name is ignored (VOBIZ-46)"),
}


@pytest.mark.parametrize("attribute", EFFECTS)
def test_an_attribute_has_its_effect_and_no_other(attribute: str) -> None:
    value, field, wanted = EFFECTS[attribute]
    made, plain = verb(f"{attribute}='{value}'"), verb()
    assert getattr(made, field) == wanted != getattr(plain, field)


@pytest.mark.parametrize("attribute", NOTHING)
def test_an_attribute_of_the_table_does_nothing(attribute: str) -> None:
    value, why = NOTHING[attribute]
    assert verb(f"{attribute}='{value}'") == verb()
    assert why


def test_every_attribute_of_the_builder_is_in_a_table() -> None:
    element = vobizxml.ConferenceElement("room")
    element.__init__(  # type: ignore[misc]
        "room", muted=True, enter_sound="", exit_sound="", start_conference_on_enter=True, end_conference_on_exit=True,
        stay_alone=True, wait_sound="", max_members=1, record=True, record_file_format="", time_limit=1,
        hangup_on_star=True, action="", method="", callback_url="", callback_method="", digits_match="",
        floor_event=True, redirect=True, relay_dtmf=True,
    )  # fmt: skip
    urls = {"waitSound", "action", "method", "callbackUrl", "callbackMethod", "redirect"}
    assert set(element.to_dict()) <= {*EFFECTS, *NOTHING, *urls}


@pytest.mark.parametrize("name", ["enterSound", "exitSound"])
def test_a_sound_takes_the_place_of_the_beep_even_without_one(name: str) -> None:
    made = verb(f"beep='false' {name}='beep:2'")
    assert {made.enter_sound, made.exit_sound} == {None, Beep(where="1:11")}


def test_stay_alone_counts_when_the_setting_says_so() -> None:
    assert verb("stayAlone='false'").stays_alone
    assert not verb(strict_stay_alone=True).stays_alone
    assert verb("stayAlone='true'", strict_stay_alone=True).stays_alone


def test_a_wait_sound_is_asked_by_post_and_repeated() -> None:
    made = verb(f"waitSound='{APP}/music' waitMethod='GET'")
    assert isinstance(made.wait, Program)
    (fetch,) = made.wait.verbs
    assert isinstance(fetch, Fetch) and fetch.nested and fetch.repeats
    assert (fetch.hook.url, fetch.hook.method, fetch.hook.purpose, fetch.hook.on_failure) == (
        f"{APP}/music", "POST", "conference-wait", "next",
    )  # fmt: skip


def test_the_callback_is_told_of_members_alone() -> None:
    made = verb(f"callbackUrl='{APP}/event' callbackMethod='get'")
    assert (made.events.url, made.events.method, made.events.awaited) == (f"{APP}/event", "GET", False)
    assert made.tells == ("enter", "leave", "digits")


@pytest.mark.parametrize(("redirect", "awaited"), [("", True), ("redirect='true'", True), ("redirect='false'", False)])
def test_the_action_is_asked_or_told(redirect: str, awaited: bool) -> None:
    made = verb(f"action='{APP}/action' method='GET' {redirect}")
    assert (made.hook.url, made.hook.method, made.hook.awaited) == (f"{APP}/action", "GET", awaited)


@pytest.mark.parametrize("attributes", ["action='/relative'", f"action='{APP}' method='PUT'"])
def test_an_action_that_cannot_be_asked_ends_the_call_when_it_is_reached(attributes: str) -> None:
    assert isinstance(verb(attributes), HangUp)


def test_the_name_is_trimmed_and_keeps_its_case() -> None:
    assert verb(name="\n  My Room \n").room == "My Room"


def test_a_document_that_ends_with_a_conference_ends_as_its_room_did() -> None:
    assert read("<Response><Conference>a</Conference></Response>").exhausted_cause == "inherit"
    assert read("<Response><Conference>a</Conference><Speak>x</Speak></Response>").exhausted_cause is None


BAD = [
    *(f"{name}='maybe'" for name in (
        "muted", "beep", "startConferenceOnEnter", "endConferenceOnExit", "stayAlone", "relayDTMF", "hangupOnStar",
        "record",
    )),
    *(f"{name}='{value}'" for name in ("timeLimit", "maxParticipants", "maxMembers") for value in ("0", "-1", "x")),
    *(f"{name}='nonsense'" for name in ("enterSound", "exitSound", "waitSound", "callbackUrl", "recordFileFormat")),
    "enterSound='beep:3'", "exitSound='beep'", "digitsMatch='1,,2'", "digitsMatch='abc'",
    "callbackMethod='PUT'", "redirect='x'",
]  # fmt: skip


@pytest.mark.parametrize("attributes", BAD)
def test_a_bad_value_makes_the_document_bad_and_says_where(attributes: str) -> None:
    with pytest.raises(InvalidDocument, match="<Conference>") as problem:
        verb(attributes)
    assert problem.value.where == "1:11"


@pytest.mark.parametrize("name", ["", "   ", "<Speak>x</Speak>"])
def test_a_room_without_a_name_makes_the_document_bad(name: str) -> None:
    with pytest.raises(InvalidDocument):
        verb(name=name)


@given(st.dictionaries(st.sampled_from([*EFFECTS, *NOTHING]), st.booleans()))
@settings(deadline=None)
def test_attributes_do_not_disturb_each_other(chosen: dict[str, bool]) -> None:
    values = {name: (EFFECTS.get(name) or NOTHING[name])[0] for name, is_set in chosen.items() if is_set}
    made = verb(" ".join(f"{name}='{value}'" for name, value in values.items()))
    for name, (_, field, wanted) in EFFECTS.items():
        if name in values and (name != "beep" or "exitSound" not in values):
            assert getattr(made, field) == wanted
