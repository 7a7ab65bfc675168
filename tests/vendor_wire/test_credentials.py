"""Credentials and signatures."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode

import pytest

from emulator.vendor_wire.credentials import read_basic, stamped_signature


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_a_password_may_hold_colons(scheme: str) -> None:
    assert read_basic(f"{scheme}  {b64encode(b'MA_1:a:b').decode()} ") == ("MA_1", "a:b")


@pytest.mark.parametrize("password", [b"", b"\xc3\xa9"])
def test_user_and_password_may_be_empty_or_foreign(password: bytes) -> None:
    assert read_basic("Basic " + b64encode(b":" + password).decode()) == ("", password.decode())


@pytest.mark.parametrize(
    "text",
    [
        "", "Basic", "Bearer abc", "Basic ???", "Basic YQ", "Basic " + b64encode(b"no colon").decode(),
        "Basic " + b64encode(b"\xff:\xff").decode(), b64encode(b"a:b").decode(),
    ],
)  # fmt: skip
def test_anything_else_names_nobody(text: str) -> None:
    assert read_basic(text) == ("", "")


def test_the_second_a_dot_and_the_body_are_signed() -> None:
    digest = hmac.new(b"key", b'1767225600.{"a":1}', hashlib.sha256).hexdigest()
    assert stamped_signature("key", 1_767_225_600, b'{"a":1}') == f"t=1767225600,v1={digest}"
