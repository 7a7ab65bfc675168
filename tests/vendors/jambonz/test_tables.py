"""The tables that must be total, and the words of the validator."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.engine.causes import CAUSES, Cause
from emulator.engine.events import LegSnapshot
from emulator.engine.states import REASONS
from emulator.errors import InvalidDocument, NotEmulated, Refused
from emulator.vendors.jambonz import callbacks, vendor
from emulator.vendors.jambonz.hooks import Scope
from emulator.vendors.jambonz.language import NOT_EMULATED, read_verbs
from emulator.vendors.jambonz.outcomes import standing, termination_reason
from emulator.vendors.jambonz.reading import Reading, seconds, times
from emulator.vendors.jambonz.settings import JambonzSettings

AT = datetime(2026, 1, 1, tzinfo=UTC)
FINAL = {"completed", "busy", "no-answer", "failed"}


def leg(cause: Cause | None, parent: str | None = None, answered: bool = False, **more: Any) -> LegSnapshot:
    fields: dict[str, Any] = {
        "id": "c1.0", "call": "c1", "name": "n", "parent": parent, "vendor": "jambonz", "direction": "outbound",
        "from_": "1", "to": "2", "state": "ended", "is_held": False, "partner": None, "machine": None, "position": 0,
        "cause": cause, "by": "carrier", "failure": None, "created_at": AT, "ringing_at": None,
        "answered_at": AT if answered else None, "ended_at": AT + timedelta(seconds=1), "memo": {}, **more,
    }  # fmt: skip
    return LegSnapshot(**fields)


@pytest.mark.parametrize("cause", CAUSES.values(), ids=CAUSES)
def test_every_cause_has_a_final_word_and_code(cause: Cause) -> None:
    unanswered, child, talked = leg(cause), leg(cause, parent="c1.9"), leg(cause, answered=True)

    for ended in (unanswered, child):
        told = standing(ended)
        assert told.status in FINAL - {"completed"}
        assert 400 <= told.code <= 699 and told.reason
        assert (told.status == "no-answer") == (told.code == 487)
        assert termination_reason(ended) in ("caller abandoned", "failed")
    assert (standing(talked).status, standing(talked).code) == ("completed", 200)


def test_a_cause_nobody_knows_is_an_internal_fault() -> None:
    told = standing(leg(Cause("new", "NEW", 1)))

    assert (told.status, told.code, told.reason) == ("failed", 500, "Internal Server Error")


def test_a_decline_is_busy_on_a_rest_call_and_failed_on_a_dialled_leg() -> None:
    rejected = CAUSES["rejected"]

    assert standing(leg(rejected)).status == "busy"
    assert standing(leg(rejected, parent="c1.9")).status == "failed"


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_every_refusal_of_the_engine_has_a_wire_form(reason: str) -> None:
    error = vendor.refuse(Refused(reason, leg="c1.0", state="ended", command="Answer"))

    assert error.status in (404, 422)
    assert isinstance(error.body, bytes) and error.content_type.startswith("text/")


def test_what_is_not_emulated_is_a_501_in_the_common_envelope() -> None:
    error = vendor.refuse(NotEmulated("listen"))

    assert (error.status, json.loads(error.body).keys()) == (501, {"msg"})


def test_the_callback_names_are_those_that_are_used() -> None:
    assert vendor.callbacks_named == callbacks.NAMES


# --- the validator -------------------------------------------------------------------------------------------------


def read(*verbs: Any, **settings: Any) -> Any:
    return read_verbs(list(verbs), Reading(Scope("http://h"), {}, JambonzSettings(**settings)))


@pytest.mark.parametrize(
    ("verb", "where", "problem"),
    [
        ("say", "[0]", "malformed jambonz payload: must be array of objects"),
        ({"text": "a", "loop": 1}, "[0]", "malformed jambonz payload: missing verb property"),
        ({"say": "text"}, "[0].say", "malformed jambonz payload: must be array of objects"),
        ({"verb": "sing"}, "[0].verb", "invalid instruction: sing"),
        ({"verb": 5}, "[0].verb", "invalid instruction: 5"),
        ({"verb": "say"}, "[0]", "say: missing value for text"),
        ({"verb": "say", "text": 5}, "[0].text",
         "say: property text has invalid data type, must be one of string, array"),
        ({"verb": "say", "text": "a", "earlyMedia": "yes"}, "[0].earlyMedia",
         "say: property earlyMedia has invalid data type"),
        ({"verb": "say", "text": "a", "synthesizer": {"language": "x"}}, "[0].synthesizer",
         "synthesizer: missing value for vendor"),
        ({"verb": "say", "text": "a", "id": 5}, "[0].id", "say: property id has invalid data type"),
        ({"verb": "pause"}, "[0]", "pause: missing value for length"),
        ({"verb": "pause", "length": "2"}, "[0].length", "pause: property length has invalid data type"),
        ({"verb": "pause", "length": True}, "[0].length", "pause: property length has invalid data type"),
        ({"verb": "gather", "input": "digits"}, "[0].input", "gather: property input is not an array"),
        ({"verb": "gather", "say": {}}, "[0].say", "say: missing value for text"),
        ({"verb": "gather", "actionHook": 5}, "[0].actionHook",
         "gather: property actionHook has invalid data type, must be one of string, object"),
        ({"verb": "gather", "actionHook": {"url": "/x", "method": "PUT"}}, "[0].actionHook",
         "hook method PUT is neither GET nor POST"),
        ({"verb": "dial"}, "[0]", "dial: missing value for target"),
        ({"verb": "dial", "target": []}, "[0].target", "dial: target must have 1 to 10 entries, got 0"),
        ({"verb": "dial", "target": ["x"]}, "[0].target[0]", "target: property target has invalid data type"),
        ({"verb": "dial", "target": [{}]}, "[0].target[0]", "target: missing value for type"),
        ({"verb": "dial", "target": [{"type": "fax"}]}, "[0].target[0].type",
         "invalid value fax must be one of phone,sip,user,teams"),
        ({"verb": "dial", "target": [{"type": "phone"}]}, "[0].target[0]", "target: missing value for number"),
        ({"verb": "dial", "target": [{"type": "sip", "sipUri": "sip:a"}], "srtpEncryption": "x"},
         "[0].srtpEncryption", "invalid value x must be one of sdes,dtls"),
        ({"verb": "redirect"}, "[0]", "redirect: missing value for actionHook"),
        ({"verb": "redirect", "actionHook": {"method": "GET"}}, "[0]", "redirect: missing value for actionHook"),
        ({"verb": "tag", "data": []}, "[0].data", "tag: property data has invalid data type"),
        ({"verb": "config", "bargeIn": {"sticky": True}}, "[0].bargeIn", "bargeIn: missing value for enable"),
        ({"verb": "sip:decline"}, "[0]", "sip:decline: missing value for status"),
        ({"verb": "conference"}, "[0]", "conference: missing value for name"),
    ],
)  # fmt: skip
def test_each_mistake_is_named_with_its_path_in_the_validators_words(verb: Any, where: str, problem: str) -> None:
    with pytest.raises(InvalidDocument) as wrong:
        read(verb)

    assert (wrong.value.where, wrong.value.problem) == (where, problem)


def test_a_mistake_anywhere_comes_before_what_is_not_emulated() -> None:
    with pytest.raises(InvalidDocument):
        read({"verb": "listen", "url": "ws://h"}, {"verb": "say"})


def test_unknown_properties_are_ignored_unless_strict() -> None:
    verb = {"verb": "hangup", "colour": "red", "_": 1, "id": "x"}
    assert read(verb)

    with pytest.raises(InvalidDocument, match="hangup: unknown property colour"):
        read(verb, strict_properties=True)


@pytest.mark.parametrize(
    "verb",
    [
        {"listen": {"url": "ws://h"}}, {"stream": {"url": "ws://h"}},
        {"dub": {"action": "addTrack", "track": "a"}}, {"alert": {"message": "a"}},
        {"message": {"to": "1", "from": "2"}}, {"agent": {}}, {"transfer": {}},
        {"llm": {"vendor": "a", "llmOptions": {}}}, {"openai_s2s": {"llmOptions": {}}}, {"pipeline": {}},
        {"rest:dial": {}}, {"rasa": {"url": "http://h"}},
        {"s2s": {"vendor": "a", "llmOptions": {}}}, {"dialogflow": {"project": "a", "credentials": "b", "lang": "c"}},
        {"lex": {"botId": "a", "botAlias": "b", "region": "c", "credentials": {}}},
    ],
    ids=lambda verb: next(iter(verb)),
)  # fmt: skip
def test_a_verb_that_is_not_emulated_is_named_with_its_path(verb: dict[str, Any]) -> None:
    with pytest.raises(NotEmulated) as missing:
        read({"verb": "answer"}, verb)

    assert (missing.value.name, missing.value.where) == (next(iter(verb)), "[1].verb")
    assert missing.value.name in NOT_EMULATED


@pytest.mark.parametrize(
    ("verb", "name"),
    [
        ({"say": {"stream": True}}, "say stream"),
        ({"say": {"text": ["a", "b"], "loop": "forever"}}, "loop forever over several texts or files"),
        ({"gather": {"actionHookDelayAction": {}}}, "gather actionHookDelayAction"),
        ({"dial": {"target": [{"type": "user", "name": "a"}], "listen": {}}}, "dial listen"),
        ({"dial": {"target": [{"type": "user", "name": "a"}], "dub": []}}, "dial dub"),
        ({"dial": {"target": [{"type": "teams", "number": "1"}]}}, "dial target teams"),
        ({"config": {"listen": {"enable": True}}}, "config listen"),
        ({"conference": {"name": "a", "record": {}}}, "conference record"),
        ({"config": {"actionHookDelayAction": {}}}, "config actionHookDelayAction"),
        ({"gather": {"actionHook": "ws://h"}}, "a websocket hook of an HTTP application"),
        ({"redirect": {"actionHook": "/x", "statusHook": "ws://h"}}, "a websocket hook of an HTTP application"),
    ],
)
def test_a_property_that_is_not_emulated_is_named(verb: dict[str, Any], name: str) -> None:
    with pytest.raises(NotEmulated) as missing:
        read(verb)

    assert missing.value.name == name


@pytest.mark.parametrize(
    "config",
    [{}, {"vad": {}}, {"listen": {"enable": False}}, {"reset": "x"}],
)
def test_a_config_without_effect_is_no_verb(config: dict[str, Any]) -> None:
    assert read({"verb": "config", **config}) == ()


@pytest.mark.parametrize(
    ("loop", "count"), [(None, 1), (0, 1), (-3, 1), (3, 3), ("2", 2), ("forever", 0), ("x", 1), (1e400, 1)]
)
def test_how_often_something_sounds(loop: Any, count: int) -> None:
    assert times(loop) == count


def test_spans_from_the_wire_are_never_negative_nor_beyond_a_day() -> None:
    assert [seconds(number).total_seconds() for number in (-1, 2.5, 1e300)] == [0, 2.5, 86_400]
