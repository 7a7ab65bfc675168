"""Why two signatures differ: URLs, bodies, secrets, clocks and forms, without any vendor."""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from emulator.webhooks.body_variants import body_difference
from emulator.webhooks.explaining import Finding, explain
from emulator.webhooks.guessing import Claims, Known
from emulator.webhooks.signatures import Ingredient, Signature
from emulator.webhooks.url_variants import differences

URL = "http://app.example:8000/hooks/a?b=2&a=x%20y"
BODY = b'{"to":"+91","name":"Zo\xc3\xab","n":1}'
FORM = b"To=%2B91&From=a+b"
SECRET = "wh_secret_abcDEF123"
SECOND = 1_767_225_600


def over_url(url: str = URL, key: str = SECRET) -> Signature:
    """A vendor that signs the whole URL and a nonce."""
    parts = (Ingredient("url", url.encode()), Ingredient("separator", b"."), Ingredient("nonce", b"77", "", "X-Nonce"))
    return Signature("X-Url", parts, key, "secret", "base64")


def over_body(body: bytes = BODY, key: str = SECRET, second: int = SECOND) -> Signature:
    """A vendor that signs the time and the body."""
    parts = (
        Ingredient("seconds", str(second).encode()), Ingredient("separator", b"."), Ingredient("body", body),
    )  # fmt: skip
    return Signature("X-Body", parts, key, "secret", "hex", "t=1,v1=", tolerance=300)


def causes(signature: Signature, received: str | None = None, *, body: bytes = BODY, **claims: object) -> list[str]:
    known = Known(URL, body, {"the api_key of acme": "other"})
    found = explain([signature], known, Claims(received=received, **claims))  # type: ignore[arg-type]
    return [each.kind for each in found if each.is_cause]


def texts(signature: Signature, received: str, *, body: bytes = BODY) -> str:
    return "; ".join(each.text for each in explain([signature], Known(URL, body), Claims(received=received)))


# --- URLs ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (URL, []),
        (URL.replace("http:", "https:"), ["scheme: https instead of http"]),
        (URL.replace("app.example", "inner"), ["host: inner instead of app.example"]),
        (URL.replace("app.example", "APP.example"), []),
        (URL.replace(":8000", ""), ["port: no port instead of port 8000"]),
        (URL.replace("8000", "443"), ["port: port 443 instead of port 8000"]),
        (URL.replace("/a?", "/a/?"), ["path: /hooks/a/ instead of /hooks/a (the slash at the end)"]),
        (URL.replace("/a?", "/%61?"), ["path: /hooks/%61 instead of /hooks/a (percent-encoding)"]),
        (URL.replace("/hooks", ""), ["path: /a instead of /hooks/a (the prefix /hooks is missing)"]),
        (URL.replace("/hooks", "/v/hooks"), ["path: /v/hooks/a instead of /hooks/a (a prefix /v was added)"]),
        (URL.replace("/hooks/a", "/Hooks/a"), ["path: /Hooks/a instead of /hooks/a (upper and lower case)"]),
        (URL.partition("?")[0], ["query: no query instead of ?b=2&a=x%20y"]),
        (
            URL.replace("%20", "+"),
            ["query: ?b=2&a=x+y instead of ?b=2&a=x%20y (the same fields, encoded in another way)"],
        ),
        (
            URL.replace("b=2&a=x%20y", "a=x%20y&b=2"),
            ["query: ?a=x%20y&b=2 instead of ?b=2&a=x%20y (the same fields in another order)"],
        ),
        (URL.replace("b=2&", ""), ["query: ?a=x%20y instead of ?b=2&a=x%20y (b missing)"]),
        (URL + "&c=3", ["query: ?b=2&a=x%20y&c=3 instead of ?b=2&a=x%20y (c added)"]),
        (URL.replace("b=2", "b=3"), ["query: ?b=3&a=x%20y instead of ?b=2&a=x%20y (other values)"]),
        ("http://[::1]:8000/hooks/a?b=2&a=x%20y", ["host: [::1] instead of app.example"]),
        ("/hooks/a?b=2&a=x%20y", ["scheme: no scheme instead of http", "host: no host instead of app.example",
                                  "port: no port instead of port 8000"]),
    ],
)  # fmt: skip
def test_two_urls_are_told_apart_by_what_differs(seen: str, found: list[str]) -> None:
    assert [f"{each.kind}: {each.text}" for each in differences(URL, seen)] == found


@pytest.mark.parametrize(
    ("seen", "kinds"),
    [
        ("https://app.example:8000/hooks/a?b=2&a=x%20y", ["scheme"]),
        ("http://app.example/hooks/a?b=2&a=x%20y", ["port"]),
        ("https://app.example/hooks/a?b=2&a=x%20y", ["port", "scheme"]),
        ("https://app.example:443/hooks/a?b=2&a=x%20y", ["port", "scheme"]),
        ("http://app.example:8000/hooks/a/?b=2&a=x%20y", ["path"]),
        ("http://app.example:8000/hooks/a", ["query"]),
        ("http://app.example:8000/hooks/a?a=x+y&b=2", ["query"]),
        ("http://app.example:8000/hooks/a?b=2&a=x+y", ["query"]),
        ("http://app.example:8000/hooks/a?b=2&a=x y", ["query"]),
        ("https://app.example/hooks/a", ["port", "query", "scheme"]),
        ("http://app.example:8000/a?b=2&a=x%20y", ["path"]),
        ("https://app.example/a?b=2&a=x%20y", ["path", "port", "scheme"]),
    ],
)
def test_a_url_need_not_be_told_to_be_found(seen: str, kinds: list[str]) -> None:
    assert sorted(causes(over_url(), over_url(seen).digest)) == kinds


def test_a_form_that_is_not_signed_is_found_behind_the_url() -> None:
    sorted_fields = "Froma bTo+91"
    received = over_url(f"{URL}{sorted_fields}").digest
    assert causes(over_url(), received, body=FORM) == ["body"]
    assert "follow the URL in it; they are not signed" in texts(over_url(), received, body=FORM)


# --- bodies --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "got",
    [
        json.dumps(json.loads(BODY)),
        json.dumps(json.loads(BODY), ensure_ascii=False),
        json.dumps(json.loads(BODY), separators=(",", ":")),
        json.dumps(json.loads(BODY), sort_keys=True),
        json.dumps(json.loads(BODY), indent=2, ensure_ascii=False),
        "",
        BODY.decode() + "\n",
    ],
)
def test_a_body_encoded_anew_is_found_and_told(got: str) -> None:
    received = over_body(got.encode()).digest
    assert causes(over_body(), received) == ["body"]
    assert texts(over_body(), received).startswith(
        ("the JSON parsed and encoded anew", "an empty body", "the body with")
    )
    found = body_difference(BODY, got.encode())
    assert found is not None
    assert found.text.startswith("the receiver has ")


@pytest.mark.parametrize(
    ("got", "told"),
    [
        (b"From=a+b&To=%2B91", "the form parsed and encoded anew, its fields sorted"),
        (b"To=%2B91&From=a%20b", "the form parsed and encoded anew (blanks as %20)"),
        (b"To=+91&From=a b", "the form decoded"),
        (b'{"To": "+91", "From": "a b"}', "the form's fields as JSON (with blanks after commas and colons)"),
    ],
)
def test_a_form_encoded_anew_is_found_and_told(got: bytes, told: str) -> None:
    assert texts(over_body(FORM), over_body(got).digest, body=FORM) == told


@pytest.mark.parametrize(
    ("got", "told"),
    [
        (b'{"to" : "+91","name":"Zo\xc3\xab","n":1}', 'the same JSON in other bytes; from byte 5 on \' : "+91"'),
        (b'{"to":"+92"}', "other bytes (12 instead of 32); from byte 9 on '2\"}' instead of '1\"\\\\,"),
        (BODY[:10], "other bytes (10 instead of 32); from byte 10 on nothing instead of"),
    ],
)
def test_other_bytes_are_told_from_where_they_differ(got: bytes, told: str) -> None:
    found = body_difference(BODY, got)
    assert found is not None
    assert found.text.startswith(told.replace("\\\\", ""))


def test_equal_bodies_do_not_differ() -> None:
    assert body_difference(BODY, BODY) is None


def test_what_is_signed_and_not_sent_is_told() -> None:
    signed = over_body(b'{"a":1}')
    assert causes(signed, over_body(b"").digest, body=b"") == ["body"]
    assert "as it was sent (0 bytes)" in texts(signed, over_body(b"").digest, body=b"")


# --- secrets, clocks, forms ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("other", "the receiver's secret is the api_key of acme"),
        (f"{SECRET}\n", "blanks or a line break around it"),
        (f'"{SECRET}"', "quotes around it"),
        (SECRET.lower(), "differs in upper and lower case"),
        ("abcDEF123", "the secret without its beginning wh_secret_"),
        ("", "an empty secret"),
    ],
)
def test_a_wrong_secret_is_guessed(key: str, told: str) -> None:
    known = Known(URL, BODY, {"the api_key of acme": "other"})
    [finding] = explain([over_body()], known, Claims(received=over_body(key=key).digest))
    assert (finding.kind, finding.is_cause) == ("secret", True)
    assert told in finding.text


def test_a_secret_that_is_decoded_first_is_found() -> None:
    key = "00ff00ff"
    digest = hmac.digest(bytes.fromhex(key), over_body(key=key).signed, "sha256").hex()
    assert causes(over_body(key=key), digest) == ["secret"]


def test_a_stale_signature_is_told_by_both_clocks() -> None:
    at = datetime.fromtimestamp(SECOND + 400, UTC)
    [finding] = explain([over_body()], Known(URL, BODY), Claims(at=at))
    assert finding == Finding("clock", True, "by the receiver's clock the signature is 400 s old; verifiers take 300 s")
    right = explain([over_body()], Known(URL, BODY), Claims(at=at, received=over_body().digest))
    assert [(each.kind, each.is_cause) for each in right] == [("match", False), ("clock", True)]


def test_the_time_in_milliseconds_or_ones_own_is_found() -> None:
    assert causes(over_body(), over_body(second=SECOND * 1000).digest) == ["clock"]
    at = datetime.fromtimestamp(SECOND + 3, UTC)
    assert causes(over_body(), over_body(second=SECOND + 3).digest, at=at) == ["clock"]


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (BODY, "without the time"),
        (str(SECOND).encode() + BODY, "without the separator"),
        (BODY + b"." + str(SECOND).encode(), "the parts in the opposite order"),
        (str(SECOND).encode() + b":" + BODY, "':' between the parts"),
        (URL.encode() + str(SECOND).encode() + b"." + BODY, "the URL before it; it is not signed"),
    ],
)
def test_parts_put_together_in_another_way_are_found(made: bytes, told: str) -> None:
    digest = hmac.digest(SECRET.encode(), made, "sha256").hex()
    assert texts(over_body(), digest) == told


def test_another_hash_or_encoding_is_found() -> None:
    assert texts(over_body(), replace(over_body(), hash="sha1").digest) == "HMAC-SHA1 instead of HMAC-SHA256"
    in_base64 = replace(over_body(), encoding="base64").digest
    assert texts(over_body(), in_base64) == "the right digest, as base64 where X-Body has hex"
    of_hex = base64.b64encode(over_body().digest.encode()).decode()
    assert texts(over_body(), of_hex) == "the right digest, as base64 of hex where X-Body has hex"


def test_two_changes_are_found_when_one_is_not_enough() -> None:
    received = over_body(json.dumps(json.loads(BODY)).encode(), key="other").digest
    assert sorted(causes(over_body(), received)) == ["body", "secret"]


def test_what_was_told_and_is_as_signed_is_said_to_be() -> None:
    claims = Claims(seen_url=URL, body=BODY, secret=SECRET)
    assert explain([over_url()], Known(URL, BODY), claims) == [
        Finding("match", False, "all that was given is as it was signed")
    ]
    assert explain([over_url()], Known(URL, BODY), Claims()) == []
    assert explain([], Known(URL, BODY), claims) == []


@pytest.mark.parametrize("junk", ["", "x", "zz" * 32, "ab", "=" * 44, "é"])
def test_junk_is_no_signature(junk: str) -> None:
    assert causes(over_body(), junk) == ["encoding"]


# --- where the query is left out -----------------------------------------------------------------------------------


def bare(url: str) -> Signature:
    """A vendor that signs the URL without its query."""
    return replace(over_url(url), leaves_out=("the query", "the body"))


def test_a_query_that_is_not_signed_is_found_in_what_was_seen() -> None:
    seen = "https://shop.example/hooks?z=1"
    plain = URL.partition("?")[0]
    received = bare(seen).digest
    found = explain([bare(plain)], Known(URL, BODY), Claims(received=received, seen_url=seen))
    assert sorted(each.kind for each in found if each.is_cause) == ["host", "path", "port", "query", "scheme"]
    assert any(each.text == "the query ?z=1 is in it; the URL is signed without" for each in found)
    assert causes(bare(plain), bare(URL).digest) == ["query"]


def test_a_body_behind_the_url_is_found_where_it_is_not_signed() -> None:
    received = bare(f"{URL.partition('?')[0]}{BODY.decode()}").digest
    assert causes(bare(URL.partition("?")[0]), received) == ["body"]


def test_the_same_form_in_other_bytes_is_told() -> None:
    found = body_difference(FORM, b"%54o=%2B91&From=a+b")
    assert found is not None
    assert found.text.startswith("the same form in other bytes; from byte 0 on")


def test_a_header_that_carries_no_signature_is_named() -> None:
    [finding] = explain([over_body()], Known(URL, BODY), Claims(header="X-Nope"))
    assert (finding.kind, finding.is_cause) == ("header", True)
    assert finding.text == f"X-Nope carries no signature; {over_body().header} carries it"
    [right] = explain([over_body()], Known(URL, BODY), Claims(header=over_body().header.upper()))
    assert right.kind == "match"
