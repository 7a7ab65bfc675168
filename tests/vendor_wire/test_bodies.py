"""The fields of a request."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.vendor_wire.bodies import FORM, NotJson, parse_body, parse_json, parse_query


@pytest.mark.parametrize(
    ("raw", "says"), [(b'{"a": [1, null]}', {"a": [1, None]}), (b"[]", []), (b"null", None), (b' "x" ', "x")]
)
def test_json_is_whatever_it_says(raw: bytes, says: Any) -> None:
    assert parse_json(raw) == says


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"a=b", b"{'a': 1}", b"\xff\xfe", b'{"a": "\xff"}', b"[" * 100_000, b"NaN"], ids=range(8)
)
def test_what_is_no_json_is_refused_with_a_reason(raw: bytes) -> None:
    with pytest.raises(NotJson) as caught:
        parse_json(raw)
    assert str(caught.value)


@pytest.mark.parametrize("raw", [b"", b" \r\n\t"])
@pytest.mark.parametrize("content_type", ["", "application/json", FORM])
def test_a_blank_body_has_nothing_in_it(raw: bytes, content_type: str) -> None:
    assert parse_body(raw, content_type) is None


def test_the_last_value_of_a_forms_field_counts_and_an_empty_one_stays() -> None:
    assert parse_body(b"a=1&b=&a=%2B2+3", f"{FORM}; charset=utf-8") == {"a": "+2 3", "b": ""}
    assert parse_body(b"a=\xff", FORM) == {"a": "\ufffd"}


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/json"])
def test_what_is_no_form_is_read_as_json(content_type: str) -> None:
    assert parse_body(b'{"a": 1}', content_type) == {"a": 1}
    with pytest.raises(NotJson):
        parse_body(b"a=1", content_type)


def test_the_last_value_of_a_parameter_counts_and_an_empty_one_stays() -> None:
    assert parse_query(b"a=1&b=&a=2%203&c=%C3%A9") == {"a": "2 3", "b": "", "c": "é"}
    assert parse_query(b"") == {}
