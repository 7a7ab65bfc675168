"""Heads of requests to the proxy: what is understood, what is passed on, and that nothing else gets through."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.intercept.heads import BadHead, Head, parse_head


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def refusal(raw: bytes) -> BadHead:
    with pytest.raises(BadHead) as refused:
        parse_head(raw)
    return refused.value


@pytest.mark.parametrize(
    ("target", "host", "port"),
    [
        ("api.vobiz.ai:443", "api.vobiz.ai", 443),
        ("API.Vobiz.AI:8443", "api.vobiz.ai", 8443),
        ("127.0.0.1:80", "127.0.0.1", 80),
        ("[::1]:443", "::1", 443),
    ],
)
def test_a_tunnel_names_its_host_and_port(target, host, port):
    line = f"CONNECT {target} HTTP/1.1"
    made = parse_head(head(line, "Host: elsewhere", "X: y"))
    assert made == Head(True, host, port, b"", head(line, f"Host: {target}"))


@pytest.mark.parametrize(
    ("url", "line", "host", "port"),
    [
        ("http://api.vobiz.ai/api/v1/?a=b", "GET /api/v1/?a=b HTTP/1.1", "api.vobiz.ai", 80),
        ("http://api.vobiz.ai", "GET / HTTP/1.1", "api.vobiz.ai", 80),
        ("HTTP://api.vobiz.ai:8080?q", "GET /?q HTTP/1.1", "api.vobiz.ai", 8080),
        ("http://user:word@api.vobiz.ai/#here", "GET / HTTP/1.1", "api.vobiz.ai", 80),
        ("ws://[::1]:9000/socket", "GET /socket HTTP/1.1", "::1", 9000),
    ],
)
def test_a_whole_url_goes_on_as_its_path(url, line, host, port):
    made = parse_head(head(f"GET {url} HTTP/1.1", "Host: elsewhere"))
    assert (made.is_tunnel, made.host, made.port) == (False, host, port)
    assert made.forwarded.split(b"\r\n")[0] == line.encode()


def test_the_host_of_the_url_wins_and_what_was_meant_for_us_is_not_passed_on():
    made = parse_head(
        head(
            "POST http://api.vobiz.ai:81/x HTTP/1.1", "Host: elsewhere", "Proxy-Connection: keep-alive",
            "Proxy-Authorization: Basic eA==", "connection: keep-alive", "X-Auth-ID:MA_1", "Content-Length: 2",
        )
    )  # fmt: skip
    fields = ["Host: api.vobiz.ai:81", "X-Auth-ID: MA_1", "Content-Length: 2", "Connection: close"]
    assert made.forwarded == head("POST /x HTTP/1.1", *fields)
    assert made.relayed == head("POST http://api.vobiz.ai:81/x HTTP/1.1", *fields)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("GET / HTTP/1.1", "this is a proxy: expected a whole URL"),
        ("GET https://api.vobiz.ai/ HTTP/1.1", "https goes through a tunnel: expected CONNECT, got GET"),
        ("GET ftp://api.vobiz.ai/ HTTP/1.1", "expected a whole URL"),
        ("GET http:/// HTTP/1.1", "expected a host and perhaps a port"),
        ("CONNECT api.vobiz.ai HTTP/1.1", "expected a host and its port such as example.com:443"),
        ("CONNECT api.vobiz.ai:99999 HTTP/1.1", "expected a host and perhaps a port, got 'api.vobiz.ai:99999'"),
        ("CONNECT api.vobiz.ai:443/x HTTP/1.1", "expected a host and perhaps a port"),
        ("CONNECT :443 HTTP/1.1", "expected a host and perhaps a port"),
        ("CONNECT  api.vobiz.ai:443 HTTP/1.1", "expected a request line"),
        ("CONNECT api.vobiz.ai:443 HTTP/2.0", "expected a request line"),
        ("CONNECT api.vobiz.ai:443", "expected a request line"),
        ("", "expected a request line"),
    ],
)
def test_a_bad_request_line_is_400_and_says_what_was_expected(line, said):
    refused = refusal(head(line))
    assert refused.status == 400
    assert said in refused.problem


@pytest.mark.parametrize("field", ["no colon", "a b: c", " folded: x", "n\u00e4me: x", "name: \x00"])
def test_a_bad_header_field_is_400_and_is_shown(field):
    refused = refusal(head("CONNECT api.vobiz.ai:443 HTTP/1.1", field))
    assert (refused.status, "expected a header field" in refused.problem) == (400, True)


def test_what_is_shown_of_a_bad_line_is_short():
    assert len(refusal(head("x" * 9_000)).problem) < 200


@given(st.binary(max_size=300))
def test_garbage_is_400_and_nothing_else(garbage):
    try:
        made = parse_head(b"GET " + garbage + b"\r\n\r\n")
    except BadHead as refused:
        assert refused.status == 400
    else:
        assert made.forwarded.endswith(b"\r\n\r\n")


@given(
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=40),
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=20),
)
def test_no_header_smuggles_another_request(text, name):
    try:
        made = parse_head(head("GET http://api.vobiz.ai/ HTTP/1.1", f"{name}: {text}"))
    except BadHead:
        return
    assert made.forwarded.count(b"\r\n\r\n") == 1
    assert made.forwarded.count(b"\r\n") <= 5
