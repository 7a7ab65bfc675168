"""Signatures, checked by arithmetic of our own and by the vendor's validator where it agrees."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from vobiz.utils.signature_v3 import validate_v3_signature

from emulator.vendors.vobiz.auth import base_url, read_credentials, sign
from tests.vendors.vobiz.reading import REQUEST

TOKEN = "ringback-default-vobiz-auth-token-000001"
AT = datetime(2026, 1, 1, tzinfo=UTC)
NONCE = bytes(range(32))


def signed(url: str, key: str = TOKEN, nonce: bytes = NONCE) -> dict[str, str]:
    return dict(sign(replace(REQUEST, url=url, key=key), b"ignored", AT, nonce))


def expected(text: str) -> str:
    return b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha256).digest()).decode()


def test_v3_signs_the_url_a_dot_and_the_nonce() -> None:
    headers = signed("http://app.example:8080/answer")
    nonce = headers["X-Vobiz-Signature-V3-Nonce"]
    assert headers["X-Vobiz-Signature-V3"] == expected(f"http://app.example:8080/answer.{nonce}")


def test_v2_signs_the_url_and_its_own_nonce() -> None:
    headers = signed("http://app.example:8080/answer")
    nonce = headers["X-Vobiz-Signature-V2-Nonce"]
    assert headers["X-Vobiz-Signature-V2"] == expected(f"http://app.example:8080/answer{nonce}")


def test_query_and_fragment_are_not_signed() -> None:
    plain, full = signed("http://a/b"), signed("http://a/b?c=d&e=f#g")
    assert plain == full


def test_a_main_account_signs_as_its_own_parent() -> None:
    headers = signed("http://a/b")
    assert headers["X-Vobiz-Signature-MA-V3"] == headers["X-Vobiz-Signature-V3"]
    assert headers["X-Vobiz-Signature-MA-V2"] == headers["X-Vobiz-Signature-V2"]


def test_nonces_are_twenty_digits_and_differ() -> None:
    for nonce in (NONCE, bytes(32), b"\xff" * 16 + b"\x01" * 16):
        headers = signed("http://a/b", nonce=nonce)
        for name in ("X-Vobiz-Signature-V2-Nonce", "X-Vobiz-Signature-V3-Nonce"):
            assert len(headers[name]) == 20 and headers[name].isdigit()
    headers = signed("http://a/b")
    assert headers["X-Vobiz-Signature-V2-Nonce"] != headers["X-Vobiz-Signature-V3-Nonce"]


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_the_vendors_own_validator_accepts_it_where_it_agrees(method: str) -> None:
    headers = signed("https://app.example/answer")
    nonce, signature = headers["X-Vobiz-Signature-V3-Nonce"], headers["X-Vobiz-Signature-V3"]
    assert validate_v3_signature(method, "https://app.example/answer", nonce, TOKEN, signature)
    assert not validate_v3_signature(method, "https://app.example/other", nonce, TOKEN, signature)


def test_without_a_key_nothing_is_signed() -> None:
    assert signed("http://a/b", key="") == {}


def test_the_base_url_is_scheme_host_port_and_path() -> None:
    assert base_url("https://a.example:1/b/c?d=e?f#g") == "https://a.example:1/b/c"


def test_credentials_are_read_from_raw_headers() -> None:
    raw = [(b"host", b"x"), (b"x-auth-id", b"MA_1"), (b"x-auth-token", b"t"), (b"authorization", b"Bearer z")]
    assert read_credentials(raw) == ("MA_1", "t", "Bearer z")
    assert read_credentials([]) == ("", "", "")
