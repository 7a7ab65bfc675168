"""Every row of the make-call table: sent, defaulted, out of range."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from emulator.engine.commands import PlaceCall
from emulator.engine.program import Detect, Fetch, Hook, SendDigits
from emulator.vendors.vobiz.errors import Rejected
from emulator.vendors.vobiz.schemas import parse_call

SECOND = timedelta(seconds=1)
LEAST: dict[str, Any] = {"from": "+912271264300", "to": "+919876543210", "answer_url": "http://app/answer"}


def parsed(**fields: Any) -> PlaceCall:
    (command,) = parse_call({**LEAST, **fields})
    return command


def answer_of(command: PlaceCall) -> Hook:
    fetch = command.program.verbs[-1]
    assert isinstance(fetch, Fetch)
    return fetch.hook


def refused(**fields: Any) -> str:
    with pytest.raises(Rejected) as raised:
        parse_call({**LEAST, **fields})
    assert raised.value.status == 400
    return raised.value.text


def test_the_defaults_are_those_of_the_table() -> None:
    command = parsed()
    assert command == PlaceCall(
        "vobiz", "+912271264300", "+919876543210", command.program, (), 120 * SECOND, None, 14_400 * SECOND, {}
    )
    hook = answer_of(command)
    assert (hook.url, hook.method, hook.fallback) == ("http://app/answer", "POST", None)


@pytest.mark.parametrize("name", ["from", "to", "answer_url"])
@pytest.mark.parametrize("got", [None, "", "   "])
def test_a_required_field_that_is_missing_is_refused_by_name(name: str, got: Any) -> None:
    assert refused(**{name: got}) == f"{name} is required"


@pytest.mark.parametrize("name", ["answer_url", "ring_url", "hangup_url", "fallback_url", "machine_detection_url"])
@pytest.mark.parametrize(
    "got", ["ftp://a/b", "/relative", "app.example/x", "http://", "javascript:x", "http://[::1", "http://a:99999/"]
)
def test_a_url_must_be_http_or_https(name: str, got: str) -> None:
    assert refused(**{name: got}) == f"{name} must be an http or https URL"


METHODS = ["answer_method", "ring_method", "hangup_method", "fallback_method", "machine_detection_method"]


@pytest.mark.parametrize("name", METHODS)
def test_a_method_is_get_or_post(name: str) -> None:
    assert refused(**{name: "PUT"}) == f"{name} must be GET or POST"
    parsed(**{name: "GET"})
    parsed(**{name: "post"})


def test_methods_are_used() -> None:
    command = parsed(
        answer_method="GET", ring_url="http://app/r", ring_method="GET", hangup_url="http://app/h",
        fallback_url="http://app/f", fallback_method="GET",
    )  # fmt: skip
    assert command.memo == {"ring": ["http://app/r", "GET"], "hangup": ["http://app/h", "POST"]}
    hook = answer_of(command)
    assert hook.method == "GET" and hook.fallback is not None
    assert (hook.fallback.url, hook.fallback.method, hook.fallback.purpose) == ("http://app/f", "GET", "fallback")


# --- destinations --------------------------------------------------------------------------------------------------


def test_destinations_are_joined_with_less_than() -> None:
    commands = parse_call({**LEAST, "to": "919876543210< +919876543211 <sip:bob@example.com"})
    assert [command.to for command in commands] == ["+919876543210", "+919876543211", "sip:bob@example.com"]


def test_a_thousand_destinations_are_taken_and_one_more_is_refused() -> None:
    thousand = "<".join(str(919_000_000_000 + index) for index in range(1000))
    assert len(parse_call({**LEAST, "to": thousand})) == 1000
    assert "at most 1000" in refused(to=f"{thousand}<919000001000")


def test_a_comma_does_not_separate() -> None:
    assert parsed(to="919876543210,919876543211").to == "919876543210,919876543211"


@pytest.mark.parametrize("to", ["919876543210<", "<919876543210", "919876543210<<919876543211"])
def test_an_empty_destination_is_refused(to: str) -> None:
    assert refused(to=to) == "to has an empty destination"


# --- numbers -------------------------------------------------------------------------------------------------------

INTEGERS = [
    ("machine_detection_time", 2000, 10_000),
    ("machine_detection_maximum_speech_length", 1000, 6000),
    ("machine_detection_initial_silence", 2000, 10_000),
    ("machine_detection_maximum_words", 2, 10),
    ("machine_detection_initial_greeting", 1000, 5000),
]


@pytest.mark.parametrize(("name", "least", "most"), INTEGERS)
def test_a_tuning_field_keeps_to_its_range(name: str, least: int, most: int) -> None:
    for good in (least, most, str(least), float(most)):
        parsed(**{name: good})
    for bad in (least - 1, most + 1, str(most + 1)):
        assert refused(**{name: bad}) == f"{name} must be between {least} and {most}"


@pytest.mark.parametrize("name", [*(name for name, _, _ in INTEGERS), "time_limit", "hangup_on_ring", "ring_timeout"])
@pytest.mark.parametrize("bad", ["soon", "1.5", 2.5, True, [1], {}])
def test_a_number_must_be_one(name: str, bad: Any) -> None:
    assert refused(**{name: bad}) == f"{name} must be an integer"


@pytest.mark.parametrize("got", [90, "90"])
def test_limits_are_taken_as_number_or_text(got: Any) -> None:
    command = parsed(time_limit=got, hangup_on_ring=got, ring_timeout=got)
    assert (command.time_limit, command.ring_limit, command.ring_timeout) == (90 * SECOND,) * 3


def test_a_time_limit_is_cut_at_a_day() -> None:
    assert parsed(time_limit=86_400).time_limit == timedelta(days=1)
    assert parsed(time_limit=1_000_000).time_limit == timedelta(days=1)


def test_limits_have_a_least() -> None:
    assert parsed(hangup_on_ring=0).ring_limit == timedelta()
    assert refused(hangup_on_ring=-1) == "hangup_on_ring must be at least 0"
    assert refused(time_limit=0) == "time_limit must be at least 1"
    assert refused(ring_timeout=0) == "ring_timeout must be at least 1"


# --- machine detection ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("off", [None, "", "false", False])
def test_detection_is_off_unless_asked_for(off: Any) -> None:
    command = parsed(machine_detection=off, machine_detection_url="http://app/m")
    assert command.beside == () and len(command.program.verbs) == 1


@pytest.mark.parametrize("on", ["true", True])
def test_detection_without_a_url_comes_before_the_answer_url(on: Any) -> None:
    command = parsed(machine_detection=on)
    assert command.program.verbs[0] == Detect(5 * SECOND)
    assert isinstance(command.program.verbs[1], Fetch)
    assert command.memo == {"detects": True}


def test_detection_with_a_url_runs_beside() -> None:
    fields = {"machine_detection_url": "http://app/m", "machine_detection_method": "GET"}
    command = parsed(machine_detection="true", machine_detection_time="3000", **fields)
    (detect,) = command.beside
    assert isinstance(detect, Detect) and detect.hook is not None
    assert (detect.limit, detect.hang_up, detect.hook.url, detect.hook.method) == (
        3 * SECOND,
        False,
        "http://app/m",
        "GET",
    )
    assert (detect.hook.awaited, detect.hook.purpose) == (False, "machine-detection")
    assert command.memo == {}


def test_detection_may_hang_up() -> None:
    detect = parsed(machine_detection="hangup").program.verbs[0]
    assert isinstance(detect, Detect) and detect.hang_up


def test_any_other_detection_is_refused() -> None:
    assert refused(machine_detection="maybe") == "machine_detection must be true, false or hangup"


# --- the rest ------------------------------------------------------------------------------------------------------


def test_a_caller_name_has_fifty_characters() -> None:
    assert parsed(caller_name="a" * 50).memo == {"caller_name": "a" * 50}
    assert refused(caller_name="a" * 51) == "caller_name must have at most 50 characters"


def test_digits_are_sent_beside_the_document() -> None:
    assert parsed(send_digits="1w2W#").beside == (SendDigits("1w2W#"),)
    assert parsed(send_digits=123).beside == (SendDigits("123"),)


def test_digits_may_name_the_length_of_a_tone() -> None:
    assert parsed(send_digits="123@1000").beside == (SendDigits("123", SECOND),)


@pytest.mark.parametrize("early", [True, "true"])
def test_digits_may_be_sent_before_the_answer(early: Any) -> None:
    assert parsed(send_digits="1", send_on_preanswer=early).beside == (SendDigits("1", early=True),)


@pytest.mark.parametrize("bad", ["12a", "1@", "@5", "1@x", "1 2", "A"])
def test_other_digits_are_refused(bad: str) -> None:
    assert refused(send_digits=bad).startswith("send_digits must be made of")


def test_send_on_preanswer_is_a_boolean() -> None:
    assert refused(send_on_preanswer="perhaps") == "send_on_preanswer must be true or false"


def test_sip_headers_come_back_with_a_prefix() -> None:
    assert parsed(sip_headers="Order=42, Team=red").memo == {"headers": {"X-PH-Order": "42", "X-PH-Team": "red"}}


@pytest.mark.parametrize("bad", ["Order", "Order=", "a b=c", "a=b;c=d", "a=b,,c=d"])
def test_other_sip_headers_are_refused(bad: str) -> None:
    assert refused(sip_headers=bad).startswith("sip_headers must be key=value pairs")


def test_the_seeds_own_example_with_everything_as_text_is_taken() -> None:
    fields = {"ring_timeout": "30", "time_limit": "3600", "machine_detection": "false", "hangup_on_ring": "0"}
    assert parsed(**fields).ring_timeout == 30 * SECOND


def test_unknown_fields_are_ignored() -> None:
    assert parsed(is_voice_request=True, record=[1, 2]) == parsed()


def test_numbers_may_come_without_a_plus_or_as_a_number() -> None:
    command = parsed(**{"from": 912271264300, "to": "919876543210"})
    assert (command.from_, command.to) == ("+912271264300", "+919876543210")


@pytest.mark.parametrize("bad", [["+919876543210"], {"a": 1}, True])
def test_a_text_must_be_one(bad: Any) -> None:
    assert refused(to=bad) == "to must be a string"
