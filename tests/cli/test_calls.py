"""`ringback call` and `ringback dial-in` against a running server."""

import json

from tests.fakes.serving import ringback

VOBIZ = ("--vendor", "vobiz")


def sandbox(server):
    return server.api.post("/sandboxes", {"clock": {"mode": "virtual"}})["id"]


def test_call_places_a_call_through_the_vendors_own_api(server):
    own = sandbox(server)
    words = ["--to", "+919875550101", "--answer-url", "http://127.0.0.1:9/answer", "--url", server.url, *VOBIZ]
    done = ringback("call", *words, "--sandbox", own)
    assert done.returncode == 0, done.stderr
    assert "request_uuid" in json.loads(done.stdout)
    assert "takes none" not in done.stderr
    (call,) = server.api.get(f"/sandboxes/{own}/calls")["calls"]
    assert call["vendor"] == "vobiz"


def test_a_call_that_the_vendor_refuses_prints_its_answer_and_exits_1(server):
    words = ["--to", "+919875550101", "--answer-url", "", "--url", server.url, *VOBIZ, "--sandbox", sandbox(server)]
    done = ringback("call", *words)
    assert done.returncode == 1
    assert "-> 400" in done.stderr
    assert "error" in json.loads(done.stdout)


def test_a_url_that_a_provider_takes_with_no_call_is_said_to_be_none(server):
    words = ["--to", "+919875550101", "--answer-url", "http://127.0.0.1:9/answer", "--url", server.url]
    done = ringback("call", *words, "--vendor", "servetel", "--sandbox", sandbox(server))
    assert done.returncode == 0, done.stderr
    assert "--answer-url: servetel takes none with a call" in done.stderr
    assert "--hangup-url" not in done.stderr


def test_dial_in_rings_one_of_your_numbers(server):
    own = sandbox(server)
    done = ringback("dial-in", "--url", server.url, *VOBIZ, "--sandbox", own)
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert server.api.get(f"/sandboxes/{own}/calls/{made['id']}")["id"] == made["id"]


def test_dial_in_to_a_number_that_is_not_yours_is_refused_by_name(server):
    done = ringback("dial-in", "--url", server.url, *VOBIZ, "--sandbox", sandbox(server), "--to", "+15005550006")
    assert done.returncode == 2
    assert "+15005550006" in done.stderr
    assert done.stderr.count("the numbers of this account are") == done.stderr.count("unknown_number") == 1


def test_an_unknown_vendor_is_a_usage_error(server):
    done = ringback("dial-in", "--url", server.url, "--vendor", "acme")
    assert done.returncode == 2
    assert "--vendor: expected " in done.stderr
    assert "got 'acme'" in done.stderr
