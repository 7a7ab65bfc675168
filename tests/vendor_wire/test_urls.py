"""URLs on the wire."""

from __future__ import annotations

import pytest

from emulator.vendor_wire.urls import is_http_url, is_url, origin, with_query


@pytest.mark.parametrize(
    "text", ["http://a", "HTTPS://a.example:8/b?c=d#e", "http://user:pass@[::1]/", "http://a:65535", "http://a:/b"]
)
def test_an_http_url_has_a_scheme_and_a_host(text: str) -> None:
    assert is_http_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "a.example", "/a", "ftp://a", "http://", "http:///a", "http://a b", " http://a", "http://[::1",
        "http://::1]", "http://[nobody]/", "http://a:99999", "http://a:0", "http://a:b", "http://:80/", "http://b@/",
    ],
)  # fmt: skip
def test_nothing_else_is_one(text: str) -> None:
    assert not is_http_url(text)


def test_a_socket_is_a_url_where_sockets_are_taken() -> None:
    assert is_url("wss://a/b", ("ws", "wss")) and not is_url("wss://a/b") and not is_url("http://a", ("ws",))


@pytest.mark.parametrize(
    ("url", "full"),
    [
        ("http://a", "http://a?c=d"),
        ("http://a/?b", "http://a/?b&c=d"),
        ("http://a/#f?g", "http://a/?c=d"),
        ("http://a?b=1#f", "http://a?b=1&c=d"),
    ],
)
def test_a_query_is_added_and_a_fragment_goes(url: str, full: str) -> None:
    assert with_query(url, "c=d") == full


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ({"host": "a:1"}, "http://a:1"),
        ({"host": "a", "x-forwarded-proto": "https"}, "https://a"),
        ({"host": "a", "x-forwarded-host": "b, c", "x-forwarded-proto": "https, http"}, "https://b"),
        ({"host": "a", "x-forwarded-host": "", "x-forwarded-proto": ""}, "http://a"),
        ({}, "http://"),
    ],
)
def test_our_origin_is_where_the_client_sees_us(headers: dict[str, str], seen: str) -> None:
    assert origin(headers, "http") == seen
