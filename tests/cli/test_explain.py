"""`ringback explain` against a running server: read as a person reads it."""

import base64
import hmac
import json

import pytest

from tests.fakes.reminder import CALLEE, application, place
from tests.fakes.serving import ringback as command


@pytest.fixture
def told(ringback, serve_app):
    """A sandbox with a whole call, its hangup delivery, and the command on it."""
    ringback.far_end(CALLEE).rings(3).answers().presses("1", on="press 1").hangs_up(after=20)
    place(ringback.vobiz, serve_app(application))
    ringback.run()
    delivery = ringback.deliveries.one(callback="hangup")

    def explain(*words):
        return command("explain", delivery.id, "--server", ringback.api.url, "--sandbox", ringback.id, *words)

    explain.delivery, explain.secret = delivery, ringback.vobiz.auth_token
    return explain


def v3(told, url, key=None):
    nonce = dict(told.delivery.attempts[0].headers)["X-Vobiz-Signature-V3-Nonce"]
    digest = hmac.digest((key or told.secret).encode(), f"{url}.{nonce}".encode(), "sha256")
    return base64.b64encode(digest).decode()


def test_it_shows_every_byte_that_was_signed(told):
    done = told()
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == f"{told.delivery.id} hangup POST {told.delivery.request.url}"
    headers = dict(told.delivery.attempts[0].headers)
    assert f"X-Vobiz-Signature-V3, X-Vobiz-Signature-MA-V3: {headers['X-Vobiz-Signature-V3']}" in lines
    assert "  HMAC-SHA256 in base64" in lines
    assert f"    {told.delivery.request.url}  the callback's URL without its query" in lines
    assert "  not signed: the query, the body, the time" in lines
    assert told.secret not in done.stdout
    assert told.secret in told("--show-secret").stdout


def test_a_proxy_that_ends_tls_is_named_and_exits_1(told):
    url = told.delivery.request.url
    done = told("--received", v3(told, url.replace("http:", "https:")))
    assert done.returncode == 1
    assert "What explains the difference:\n  ✗ scheme: https instead of http\n" in done.stdout
    assert "X-Forwarded-Proto" in done.stdout


def test_what_the_receiver_has_is_held_against_what_was_sent(told, tmp_path):
    body = tmp_path / "body"
    body.write_bytes(b"other")
    done = told("--seen-url", "https://shop.example/hangup?x=1", "--body", str(body), "--secret", "no", "--at", "0")
    assert done.returncode == 1
    found = [line.split()[:2] for line in done.stdout.splitlines() if line.startswith(("  ✗", "  ·"))]
    assert found == [
        ["✗", "scheme:"], ["✗", "host:"], ["✗", "port:"], ["✗", "path:"], ["✗", "secret:"], ["·", "query:"],
        ["·", "body:"], ["·", "clock:"],
    ]  # fmt: skip


def test_a_right_signature_exits_0(told):
    done = told("--received", v3(told, told.delivery.request.url))
    assert done.returncode == 0
    assert "what the receiver computed is what X-Vobiz-Signature-V3 and X-Vobiz-Signature-MA-V3 carry" in done.stdout


def test_a_machine_is_told_as_the_control_api_does(told):
    made = json.loads(told("--json", "--at", "2026-01-01T00:00:00Z").stdout)
    assert made["delivery"] == told.delivery.id
    assert [each["kind"] for each in made["findings"]] == ["clock"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--at", "noon"], "--at: expected a time such as 2026-01-31T12:00:00Z or 1767225600, got 'noon'"),
        (["--body", "nowhere"], "'nowhere' does not exist"),
        (["--attempt", "0"], "0 is not in the range x>=1"),
    ],
)
def test_a_wrong_option_exits_2(told, words, said):
    done = told(*words)
    assert done.returncode == 2
    assert said in done.stderr


def test_a_delivery_that_is_not_there_is_named(ringback):
    done = command("explain", "c9-d9", "--server", ringback.api.url, "--sandbox", ringback.id)
    assert done.returncode != 0
    assert "has no delivery 'c9-d9'" in done.stderr


def test_it_can_be_asked_in_python(ringback, told):
    made = ringback.deliveries.explain(told.delivery, seen_url=told.delivery.request.url.replace("http", "https"))
    assert (made.causes, made.is_wrong) == (("scheme",), True)
    assert str(made).startswith(f"{told.delivery.id} hangup POST ")
    assert repr(made) == f"<Explanation of {told.delivery.id}: scheme>"
