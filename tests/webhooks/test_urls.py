import pytest

from emulator.webhooks.urls import BadURL, join, parse_url


@pytest.mark.parametrize(
    ("url", "origin", "host_header", "path"),
    [
        ("http://h", ("http", "h", 80), "h", "/"),
        ("HTTP://H:80/P", ("http", "h", 80), "h", "/P"),
        ("http://h:/p", ("http", "h", 80), "h", "/p"),
        ("https://h:80/", ("https", "h", 80), "h:80", "/"),
        ("https://h?x=1", ("https", "h", 443), "h", "/?x=1"),
        ("http://h:0/p?#f", ("http", "h", 0), "h:0", "/p?"),
        ("http://h.:8000/", ("http", "h.", 8000), "h:8000", "/"),
        ("http://ho_st/", ("http", "ho_st", 80), "ho_st", "/"),
        ("http://[::1]:8000/", ("http", "::1", 8000), "[::1]:8000", "/"),
        ("http://[FE80::1%eth0]/", ("http", "fe80::1%eth0", 80), "[fe80::1%eth0]", "/"),
        ("http://münchen.test/ä?q=a b&c=ü", ("http", "xn--mnchen-3ya.test", 80), "xn--mnchen-3ya.test",
         "/%C3%A4?q=a+b&c=%C3%BC"),
        ("http://h/a/../b;c='\"<>|?d=%7e%2B+[]{}?/", ("http", "h", 80), "h", "/a/../b;c='\"<>|?d=%7e%2B+[]{}?/"),
    ],
)  # fmt: skip
def test_a_url_is_sent_as_it_stands(url: str, origin: tuple[str, str, int], host_header: str, path: str) -> None:
    target = parse_url(url)

    assert (target.origin, target.host_header, target.path) == (origin, host_header, path)


@pytest.mark.parametrize(
    "url",
    [
        "http:/h", "http//h", "http://@/", "http://h:80:80/", "http://h:-1/", "http://h:65536/", "http://h:٣/",
        "http://[x]/", "http://[1.2.3.4]/", "http://[::1]x/", "http://::1/", "http://h[/", "http://a b/",
        "http://h\\x/",        " http://h/", "http://h/\n", "http://h/\0", "http://" + "ü" * 64 + "/", "http://1.2.3/", "http://1.2.3.4.5/",
    ],
)  # fmt: skip
def test_what_is_no_url_is_refused(url: str) -> None:
    with pytest.raises(BadURL, match="bad URL: "):
        parse_url(url)


@pytest.mark.parametrize(
    ("user", "authorization"),
    [
        ("me:secret@", "Basic bWU6c2VjcmV0"),
        ("me@", "Basic bWU6"),
        (":secret@", "Basic OnNlY3JldA=="),
        ("m%65:s:e@", "Basic bWU6czpl"),
        ("m@e:%E2%82%AC@", "Basic bUBlOuKCrA=="),
        ("m%C3%A9:@", "Basic bek6"),
        ("@", ""),
        (":@", ""),
        ("", ""),
    ],
)
def test_a_user_becomes_basic_credentials(user: str, authorization: str) -> None:
    assert parse_url(f"http://{user}h/").authorization == authorization


@pytest.mark.parametrize(
    ("host", "is_address", "is_local"),
    [("127.0.0.1", True, True), ("[::1]", True, True), ("8.8.8.8", True, False), ("localhost", False, False)],
)
def test_an_address_is_told_from_a_name(host: str, is_address: bool, is_local: bool) -> None:
    target = parse_url(f"http://{host}/")

    assert (target.is_address, target.is_local) == (is_address, is_local)


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        ("other", "http://me@h:8000/a/other"),
        ("/other?x=%2B", "http://me@h:8000/other?x=%2B"),
        ("?x=1", "http://me@h:8000/a/b?x=1"),
        ("//k/", "http://k/"),
        ("https://k/", "https://k/"),
    ],
)
def test_a_redirect_is_read_against_where_it_came_from(location: str, leads_to: str) -> None:
    assert join(parse_url("http://me@h:8000/a/b?c=1"), location) is parse_url(leads_to)


@pytest.mark.parametrize("location", ["ftp://h/", "http://[::1", "http://h:99999/", "http://1.2.3/"])
def test_a_redirect_to_no_url_is_refused(location: str) -> None:
    with pytest.raises(BadURL, match="bad URL: "):
        join(parse_url("http://h/"), location)
