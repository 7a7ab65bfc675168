"""What is said of a body that is wrong: where, what came, what is allowed."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import pytest

from emulator.control import requests as r
from emulator.control.errors import ControlError
from emulator.control.reading import read_body, read_query, read_settings
from emulator.engine.values import field, value
from tests.fakes.acme import AcmeSettings

WRONG = [
    (r.Advance, b'{"seconds": "5"}', "invalid_field", 'seconds: expected a number from 0 to 3200000000, got "5"'),
    (r.Advance, b'{"seconds": -1}', "invalid_field", "seconds: expected a number from 0 to 3200000000, got -1"),
    (r.Advance, b"{}", "invalid_field", "seconds: missing, expected a number from 0 to 3200000000"),
    (r.Advance, b"", "invalid_field", "seconds: missing, expected a number from 0 to 3200000000"),
    (r.Advance, b"[1]", "invalid_field", "the body: expected an object with seconds, got [1]"),
    (r.Advance, b'{"second": 5}', "unknown_field", "second: no such field"),
    (r.NewSandbox, b'{"clock": {"mode": "fast"}}', "invalid_field",
     'clock.mode: expected "real" or "virtual", got "fast"'),
    (r.NewSandbox, b'{"clock": {"mod": "real"}}', "unknown_field", "clock.mod: no such field"),
    (r.NewSandbox, b'{"clock": {"start": "2026-01-01T00:00:00"}}', "invalid_field",
     'clock.start: expected an instant such as "2026-01-01T00:00:00Z" or null, got "2026-01-01T00:00:00"'),
    (r.NewSandbox, b'{"seed": 1.5}', "invalid_field",
     "seed: expected a whole number from 0 to 9007199254740991 or null, got 1.5"),
    (r.NewSandbox, b'{"name": "a b"}', "invalid_field",
     'name: expected a text matching ^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$ or null, got "a b"'),
    (r.NewSandbox, b'{"settings": {"acme": 3}}', "invalid_field", "settings[...]: expected an object"),
    (r.NewSandbox, b'{"strict": 1}', "invalid_field", "strict: expected true or false, got 1"),
    (r.Run, b'{"until": {"call": "c1"}}', "invalid_field",
     'until: expected "idle", or an object with call and state, or one with callback and perhaps count and call, '
     'got {"call":"c1"}'),
    (r.Run, b'{"until": {"state": "ended"}}', "invalid_field",
     'until: expected "idle", or an object with call and state, or one with callback and perhaps count and call, '
     'got {"state":"ended"}'),
    (r.Run, b'{"until": "forever"}', "invalid_field",
     'until: expected "idle" or an object with call, state, callback, count, got "forever"'),
    (r.Run, b'{"until": {"call": "c1", "state": "dead"}}', "invalid_field",
     'until.state: expected "answered" or "early media" or "ended" or "queued" or "ringing" or null, got "dead"'),
    (r.InboundCall, b'{"vendor": "acme", "to": "1"}', "invalid_field",
     "from: missing, expected a text of at least 1 character(s) of at most 256 characters"),
    (r.ByHand, b'{"do": "dance"}', "invalid_field", 'do: expected "answer" or'),
    (r.Advance, b'{"seconds": 1', "malformed_json", "the body is not JSON: Input data was truncated"),
    (r.Advance, b'{"seconds": NaN}', "malformed_json", "the body is not JSON"),
    (r.Advance, b'{"seconds": 1e999}', "malformed_json", "the body is not JSON"),
    (r.Advance, b'{"seconds": "\xff"}', "malformed_json", "the body is not JSON"),
    (r.Advance, b"[" * 100_000, "malformed_json", "the body is not JSON"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "body", "code", "message"), WRONG, ids=[f"{one[0].__name__}-{one[1][:40]!r}" for one in WRONG]
)
def test_a_wrong_body_is_refused_by_path(wanted: type, body: bytes, code: str, message: str) -> None:
    with pytest.raises(ControlError) as caught:
        read_body(body, wanted)
    assert caught.value.code == code
    assert caught.value.message.startswith(message)


def test_an_unknown_key_is_answered_with_the_nearest() -> None:
    with pytest.raises(ControlError) as caught:
        read_body(b'{"limit_second": 5}', r.Run)
    assert caught.value.hint == "Did you mean limit_seconds? Known: until, limit_seconds."


def test_a_key_like_none_is_answered_with_all() -> None:
    with pytest.raises(ControlError) as caught:
        read_body(b'{"xyz": 5}', r.Run)
    assert caught.value.hint == "Known: until, limit_seconds."


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(ControlError) as caught:
        read_body(b'{"seconds": "' + b"9" * 5000 + b'"}', r.Advance)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}", b"\xef\xbb\xbf{}"])
def test_an_empty_body_is_an_empty_object(body: bytes) -> None:
    assert read_body(body, r.Run) == r.Run()


def test_a_query_is_read_as_numbers_where_numbers_are_meant() -> None:
    assert read_query([("limit", "5"), ("state", "ended")], r.ListCalls) == r.ListCalls(limit=5, state="ended")


def test_a_wrong_query_is_refused_by_name() -> None:
    with pytest.raises(ControlError) as caught:
        read_query([("limit", "many")], r.ListCalls)
    assert caught.value.message == 'limit: expected a whole number from 1 to 10000, got "many"'


def test_an_unknown_query_is_answered_with_the_nearest() -> None:
    with pytest.raises(ControlError) as caught:
        read_query([("sate", "ended")], r.ListCalls)
    assert caught.value.hint.startswith("Did you mean state?")


def test_a_setting_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(ControlError) as caught:
        read_settings({"tone": "loud"}, AcmeSettings)
    assert caught.value.message == 'tone: expected "cold" or "warm", got "loud"'


def test_an_unknown_setting_is_refused_with_the_nearest() -> None:
    with pytest.raises(ControlError) as caught:
        read_settings({"tome": "warm"}, AcmeSettings, "settings.acme")
    assert caught.value.message == "settings.acme.tome: no such field"
    assert caught.value.hint == "Did you mean tone? Known: tone."


class Door(msgspec.Struct, forbid_unknown_fields=True):
    """One of many, as a vendor's settings may have them."""

    colour: Literal["red", "blue"]
    width: int = 1


@value
class House:
    doors: tuple[Door, ...] = field(default=(), hash=False)


@pytest.mark.parametrize(
    ("values", "message", "hint"),
    [
        ({"doors": [{"colour": "red"}, {"colour": "green"}]},
         'settings.house.doors[1].colour: expected "blue" or "red", got "green"', "Nothing was changed."),
        ({"doors": [{"colour": "red", "widht": 2}]}, "settings.house.doors[0].widht: no such field",
         "Did you mean width? Known: colour, width."),
        ({"doors": [{}]}, 'settings.house.doors[0].colour: missing, expected "blue" or "red"',
         "Nothing was changed."),
        ({"doors": "red"}, 'settings.house.doors: expected an array, got "red"', "Nothing was changed."),
    ],
)  # fmt: skip
def test_a_wrong_entry_of_a_list_of_settings_is_named_by_its_place(values: Any, message: str, hint: str) -> None:
    with pytest.raises(ControlError) as caught:
        read_settings(values, House, "settings.house")
    assert (caught.value.message, caught.value.hint) == (message, hint)
