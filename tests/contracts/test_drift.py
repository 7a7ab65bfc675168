"""A contract beside an account: one that keeps it gives no finding, and each thing that has drifted is told."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from pathlib import Path
from time import monotonic
from typing import Any
from xml.etree import ElementTree

import pytest

from contracts.document import Contract, contract_names, load
from contracts.drifting.drift import check_drift
from contracts.drifting.probing import LONGEST_WAIT, Prober, Silence, Unreachable
from contracts.drifting.questions import readable
from contracts.drifting.report import Report
from contracts.drifting.scrubbing import Scrubber
from contracts.walking.ledger import Ledger
from contracts.walking.walker import walk
from emulator.cli import main
from emulator.client.sandbox import Sandbox
from emulator.client.server import Server
from emulator.errors import UsageError
from emulator.pytest_plugin.applications import Applications
from emulator.runtime.vendors import load_vendors
from tests.contracts import accounts as a
from tests.contracts.driving import CLIENTS, Client


@pytest.fixture(scope="module")
def emulator() -> Iterator[Server]:
    with Server.start() as server:
        yield server


@pytest.fixture(scope="module")
def lived_in(emulator: Server) -> Iterator[Sandbox]:
    """An account with calls that are over, recordings and applications, and nothing live."""
    with emulator.sandbox(seed=7) as ringback, emulator.sandbox(seed=8) as foreign:
        walk(load("vobiz"), ringback, foreign.accounts["vobiz"], Ledger(load("vobiz")))
        yield ringback


def environ(ringback: Sandbox, vendor: str) -> dict[str, str]:
    return dict(load_vendors()[vendor].environ(ringback.accounts[vendor], ringback.accounts[vendor].base_url))


def make_calls(client: Client, ages: Sequence[int]) -> None:
    """A call that is over, and one that was placed so many seconds before the next; the last so many ago."""
    callees = "+919876543210", "+919876543211", "+919876543212"
    for callee in callees:
        client.ringback.far_end(callee).connects(3).answers()
    client.hang_up(client.place(callees[0]), "queued")
    client.ringback.run()
    for callee, seconds in zip(callees, ages, strict=False):
        client.place(callee)
        client.ringback.advance(seconds)


def happened(ringback: Sandbox) -> list[dict[str, Any]]:
    """All but that something was asked."""
    return [{**each, "seq": 0} for each in ringback.journal() if each["kind"] != "request"]


def probed(ringback: Sandbox, app: a.Honest, vendor: str = "vobiz", **more: Any) -> Report:
    app.url = str(ringback.accounts[vendor].base_url)
    with Applications() as applications:
        url = applications.serve(app, interface="wsgi")
        try:
            return check_drift(vendor, url, environ(ringback, vendor), **{"pause": 0, "timeout": 20, **more})
        finally:
            app.over.set()


@pytest.mark.parametrize("vendor", contract_names())
def test_an_account_that_keeps_the_contract_gives_no_finding_and_is_only_read(emulator: Server, vendor: str) -> None:
    with emulator.sandbox(seed=3) as ringback, emulator.sandbox(seed=4) as foreign:
        new = probed(ringback, a.Honest(), vendor)
        walk(load(vendor), ringback, foreign.accounts[vendor], Ledger(load(vendor)))
        before = happened(ringback)
        app = a.Honest()
        report = probed(ringback, app, vendor)
        assert happened(ringback) == before
    for each in (new, report):
        assert each.having("breaking", "tolerated") == [], each.text()
    assert len(report.asked) >= report.of - 2, report.text()
    assert {asked.method for asked in app.seen} == {"GET"}


@pytest.mark.parametrize("vendor", contract_names())
@pytest.mark.parametrize("ages", [(0,), (4,), (30,), (30, 4, 0)], ids=["queued", "ringing", "a talk", "all of them"])
def test_an_account_with_calls_that_are_not_over_gives_no_finding(
    emulator: Server, vendor: str, ages: tuple[int, ...]
) -> None:
    with emulator.sandbox(seed=3) as ringback, Applications() as applications:
        client = CLIENTS[vendor](ringback, lambda app: applications.serve(app, interface="wsgi"))
        make_calls(client, ages)
        report = probed(ringback, a.Honest(), vendor)
    assert report.having("breaking", "tolerated") == [], report.text()
    assert "getCall" not in load(vendor).operations or ages == (0,) or "getCall" in report.asked


MUTANTS = [
    (a.NewKey(), "tolerated", "$.data[*].carrier_note", "new-key", '"xxxxxx ##########"'),
    (a.MissingKey(), "breaking", "$.data[*].hangup_cause", "missing-key", "nothing"),
    (a.OtherType(), "breaking", "$.concurrent_calls", "type", '"#"'),
    (a.NewWord(), "tolerated", "$.data[*].hangup_disposition", "new-enum", '"sent_home"'),
    (a.OtherFormat(), "breaking", "$.data[*].uuid", "format", '"'),
    (a.AllAtOnce(), "breaking", "$ with per_page=1&page=1", "paging", " items"),
    (a.FirstPage(), "breaking", "$ with per_page=1&page=2", "paging", "the item before"),
    (a.Teapot(), "breaking", "status", "status", '418: \'{"error": "call me at +###########"}\''),
    (a.Gone(), "breaking", "status", "refused", '404 to a request that is right: \'{"error": "not found"}\''),
    (a.Page(), "breaking", "content-type", "content", "text/html, which begins '<html><h#>We will be back soon"),
    (a.Moved(), "breaking", "status", "redirect", "307, a redirect to another host, elsewhere.example, path '/v#/cdr'"),
    (a.Cut(), "breaking", "body", "content", "no JSON (Expecting value at 19 of 19)"),
    (a.Latin(), "breaking", "body", "encoding", "byte 0xfc at 11, which is no UTF-8"),
    (a.NotANumber(), "breaking", "body", "content", "no JSON"),
    (a.Empty(), "breaking", "body", "content", "no JSON"),
    (a.Broken(), "breaking", "status", "status", "500: "),
    (a.Open(), "breaking", "status", "no-credentials", "200 without credentials"),
    (a.Anything(), "breaking", "status", "unknown-id", "200 for an id that nobody has"),
    (a.OneGone(), "breaking", "status", "refused", "404 to a request that is right"),
    (a.OtherError(), "breaking", "$.error", "missing-key", "nothing"),
]


@pytest.mark.parametrize(("app", "severity", "where", "rule", "came"), MUTANTS, ids=lambda told: type(told).__name__)
def test_each_thing_that_has_drifted_is_found(
    lived_in: Sandbox, app: a.Honest, severity: str, where: str, rule: str, came: str
) -> None:
    report = probed(lived_in, app)
    found = [each for each in report.having(severity) if (each.where, each.rule) == (where, rule)]
    assert found and came in found[0].came, report.text()
    assert load("vobiz").line("/paths") < found[0].line
    assert found[0].standing == "documented"
    assert found[0].again.startswith('curl -i -H "X-Auth-ID: $VOBIZ_AUTH_ID"')
    others = {(each.where, each.rule) for each in report.having("breaking", "tolerated")} - {(where, rule)}
    assert len(others) <= 3, report.text()


@pytest.mark.parametrize("app", [each[0] for each in MUTANTS], ids=lambda told: type(told).__name__)
@pytest.mark.parametrize("show", [False, True], ids=["shapes", "values"])
def test_credentials_are_in_nothing_that_it_writes(
    lived_in: Sandbox, app: a.Honest, show: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    account = environ(lived_in, "vobiz")
    for name, text in account.items():
        monkeypatch.setenv(name, text)
    monkeypatch.chdir(tmp_path)
    app.url = str(lived_in.accounts["vobiz"].base_url)
    app.over.clear()
    with Applications() as applications:
        url = applications.serve(app, interface="wsgi")
        words = ["contract", "drift", "vobiz", "--against", url, "--pause", "0", *(["--show-values"] if show else [])]
        codes = {main([*words, "--junit", "drift.xml"]), main([*words, "--json", "--only", "listRecords"])}
    assert codes <= {0, 1}
    told = capsys.readouterr()
    assert [path.name for path in tmp_path.rglob("*")] == ["drift.xml"]
    written = told.out + told.err + (tmp_path / "drift.xml").read_text()
    for name in ("VOBIZ_AUTH_ID", "VOBIZ_AUTH_TOKEN"):
        assert account[name] not in written
    if not show:
        assert "4155550123" not in written


def test_one_that_hangs_is_told_and_the_rest_is_asked_all_the_same(lived_in: Sandbox) -> None:
    report = probed(lived_in, a.Hangs(), timeout=1)
    (finding,) = report.having("breaking")
    assert (finding.operation, finding.rule) == ("listRecords", "timeout")
    assert finding.came == "no whole answer within 1 s"
    assert "recentRecords" in report.asked


CHUNKS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
GZIP = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"


@pytest.mark.parametrize(
    ("wire", "rule", "told"),
    [
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}",
            "connection",
            "the answer ended early, after # bytes of ##",
        ),
        (CHUNKS + b"9\r\n{}", "connection", "the answer ended early"),
        (CHUNKS + b"2\r\n{}\r\n", "connection", "the answer ended early"),
        (GZIP + b"Content-Length: 2\r\n\r\n{}", "connection", "DecodeError: "),
        (GZIP + b"\r\n" + gzip.compress(bytes(20 << 20)), "too-large", "more than ## MB"),
        (b"no HTTP\r\n\r\n", "connection", "BadStatusLine"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n", "timeout", "no whole answer within #.# s"),
    ],
    ids=["cut", "cut in a chunk", "cut between chunks", "no gzip", "bomb", "no HTTP", "stalls"],
)
def test_an_answer_that_is_not_whole_is_told(wire: bytes, rule: str, told: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:
        served = pool.submit(serve_once, server, wire, rule == "timeout")
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        with (
            closing(Prober(url, {}, pause=0, timeout=0.3 if rule == "timeout" else 20)) as prober,
            pytest.raises(Silence) as silence,
        ):
            prober.get("/", {})
        server.close()
        served.result()
    assert silence.value.rule == rule
    assert told in Scrubber([]).prose(silence.value.text)


def serve_once(server: socket.socket, wire: bytes, stalls: bool) -> None:
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.recv(65536)
        connection.sendall(wire)
        if stalls:
            connection.recv(1)


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n"])
def test_an_answer_that_trickles_in_is_not_waited_for(begin: bytes) -> None:
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor() as pool:
        served = pool.submit(trickle, server, begin, over)
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        began = monotonic()
        with closing(Prober(url, {}, pause=0, timeout=0.5)) as prober, pytest.raises(Silence) as silence:
            prober.get("/", {})
        took = monotonic() - began
        over.set()
        served.result()
    assert (silence.value.rule, took < 3) == ("timeout", True)


def trickle(server: socket.socket, begin: bytes, over: threading.Event) -> None:
    """A byte each twentieth of a second, for six seconds or until it is over."""
    connection, _ = server.accept()
    with connection, suppress(OSError):
        connection.recv(65536)
        connection.sendall(begin)
        for _ in range(120):
            if over.wait(0.05):
                return
            connection.sendall(b"a")


def test_after_two_time_outs_it_gives_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        report = check_drift("jambonz", url, JAMBONZ, pause=0, timeout=0.2)
    assert "2 requests one after the other had no answer" in report.note
    assert len(report.having("breaking")) == 2
    assert "ended early" in report.text()


JAMBONZ = {"JAMBONZ_ACCOUNT_SID": "ad2c0d0c-94f5-4e64-9e4c-f13a86ed0d3a", "JAMBONZ_API_KEY": "k" * 36}


def test_the_report_reads_as_text(lived_in: Sandbox) -> None:
    text = probed(lived_in, a.MissingKey()).text()
    line = load("vobiz").line("/components/schemas/Record/required")
    assert text.startswith("vobiz against http://127.0.0.1:")
    finding = text[text.index("breaking   listRecords $.data[*].hangup_cause: missing-key (") :].splitlines()[:5]
    assert finding[1:4] == [
        "  came:     nothing",
        f"  contract: a key that is always there (contracts/vobiz/openapi.yaml:{line}, documented: docs, sdk)",
        "  do:       let your client take both, ask the provider which is meant, and report it to Ringback",
    ]
    assert finding[4].startswith(
        '  again:    curl -i -H "X-Auth-ID: $VOBIZ_AUTH_ID" -H "X-Auth-Token: $VOBIZ_AUTH_TOKEN"'
    )
    assert "notice     getCall: not asked: no list had its call_uuid; make one in the account, and run it again" in text
    assert "operations are never asked, because they change something: makeCall, " in text


def test_the_report_reads_as_json_and_junit(lived_in: Sandbox) -> None:
    report = probed(lived_in, a.NewKey())
    told = json.loads(report.json())
    assert told["findings"][0]["where"] == "$.data[*].carrier_note"
    assert told["requests"] > len(told["asked"])
    assert ElementTree.fromstring(report.junit()).get("failures") == "0"
    suite = ElementTree.fromstring(report.junit(is_strict=True))
    assert (suite.get("failures"), suite.get("tests")) == ("1", str(len(report.asked)))


def test_the_exit_code_is_1_for_what_breaks_and_with_strict_for_what_is_tolerated(
    lived_in: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in environ(lived_in, "vobiz").items():
        monkeypatch.setenv(name, text)
    codes = []
    for app in (a.Honest(), a.NewKey(), a.MissingKey()):
        app.url = str(lived_in.accounts["vobiz"].base_url)
        with Applications() as applications:
            words = ["contract", "drift", "vobiz", "--against", applications.serve(app, interface="wsgi")]
            words += ["--pause", "0", "--only", "listRecords"]
            codes.append((main(words), main([*words, "--strict"])))
    assert codes == [(0, 0), (0, 1), (1, 1)]


def test_what_may_be_asked_is_chosen_by_name(lived_in: Sandbox) -> None:
    app = a.Honest()
    report = probed(lived_in, app, only=["listRecords", "getRecord"], skip=["getRecord"])
    assert report.asked == ("listRecords",)
    assert "getRecord: not asked, as you wished" in report.text()
    with pytest.raises(UsageError, match="has no operation 'listRecord'; it has listCalls"):
        probed(lived_in, app, only=["listRecord"])


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("ftp://127.0.0.1", "expected an address such as https"),
        ("api.example.com", "expected an address such as https"),
        ("http://[::1", "expected an address such as https"),
        ("http://127.0.0.1:99999", "expected an address such as https"),
        ("https://me:s3cret@api.example.com", "credentials come from the environment"),
        ("https://api.example.com?key=s3cret", "credentials come from the environment"),
        ("http://api.example.com", "over https only"),
        ("http://127.0.0.1.example.com", "over https only"),
    ],
)
def test_an_address_to_which_credentials_should_not_go_is_refused(
    against: str, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in JAMBONZ.items():
        monkeypatch.setenv(name, text)
    assert main(["contract", "drift", "jambonz", "--against", against]) == 2
    told = capsys.readouterr().err
    assert said in told and "s3cret" not in told


@pytest.mark.parametrize("option", ["--pause", "--timeout"])
@pytest.mark.parametrize("seconds", ["nan", "inf", "-1", "601", "soon"])
def test_seconds_that_nobody_can_wait_are_a_usage_error(
    option: str, seconds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["contract", "drift", "vobiz", "--against", "http://127.0.0.1:9", option, seconds]) == 2
    assert option in capsys.readouterr().err


@pytest.mark.parametrize("against", ["http://localhost:1", "http://[::1]:1", "http://127.8.9.1:1", "https://a.example"])
def test_a_server_of_this_machine_needs_no_https(against: str) -> None:
    Prober(against, {}, pause=0, timeout=1).close()


def test_credentials_that_are_not_there_are_named(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    for prefix in ("", "RINGBACK_"):
        monkeypatch.delenv(f"{prefix}VOBIZ_AUTH_TOKEN", raising=False)
        monkeypatch.setenv(f"{prefix}VOBIZ_AUTH_ID", "MA_SOMEBODY")
    assert main(["contract", "drift", "vobiz", "--against", "https://api.example.com"]) == 2
    assert "set VOBIZ_AUTH_TOKEN in the environment" in capsys.readouterr().err


@pytest.mark.parametrize("token", ["s3cret\n", " s3cret", "s3c\r\nret", "s3crét"])
def test_credentials_that_no_header_can_carry_are_named_and_not_shown(token: str) -> None:
    with pytest.raises(UsageError, match=r"VOBIZ_AUTH_TOKEN .* cannot stand in a header") as refused:
        check_drift("vobiz", "https://api.example.com", {"VOBIZ_AUTH_ID": "MA_1", "VOBIZ_AUTH_TOKEN": token})
    assert "s3c" not in str(refused.value)


def test_credentials_that_are_not_taken_end_it_at_once_naming_the_variables(lived_in: Sandbox) -> None:
    app = a.Honest()
    app.url = str(lived_in.accounts["vobiz"].base_url)
    wrong = {"VOBIZ_AUTH_ID": "MA_SOMEBODY", "VOBIZ_AUTH_TOKEN": "not-the-token"}
    with Applications() as applications:
        url = applications.serve(app, interface="wsgi")
        with pytest.raises(UsageError, match=r"401 .* look at VOBIZ_AUTH_ID and VOBIZ_AUTH_TOKEN in the environment"):
            check_drift("vobiz", url, wrong, pause=0)
    assert len(app.seen) == 1


def test_to_ask_only_what_is_never_asked_is_refused_instead_of_finding_nothing() -> None:
    with pytest.raises(UsageError, match="vobiz: makeCall is never asked, because it changes something"):
        check_drift("vobiz", "https://api.example.com", {}, only=["makeCall"])


def test_a_drift_that_would_ask_nothing_is_a_usage_error() -> None:
    with pytest.raises(UsageError, match="vobiz: --only and --skip leave nothing to ask; of listCalls"):
        check_drift("vobiz", "http://127.0.0.1:9", {}, only=["listCalls"], skip=["listCalls"])


class Withdraws(a.Honest):
    """Takes the credentials four times."""

    def answer(self, asked: a.Asked) -> a.Answer:
        return super().answer(asked if len(self.seen) < 5 else asked._replace(headers={}))


def test_credentials_that_are_no_longer_taken_end_it_after_the_second_refusal(lived_in: Sandbox) -> None:
    app = Withdraws()
    report = probed(lived_in, app)
    assert report.note == "the credentials were taken before, and are refused now (401)"
    assert len(app.seen) == 6


def test_nobody_there_is_told_and_nothing_compared(capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"http://127.0.0.1:{gone.getsockname()[1]}"
    with pytest.raises(Unreachable, match="nobody to compare"):
        check_drift("jambonz", url, JAMBONZ)
    for name, text in JAMBONZ.items():
        monkeypatch.setenv(name, text)
    assert main(["contract", "drift", "jambonz", "--against", url]) == 3
    assert "nobody to compare" in capsys.readouterr().err


class Busy(a.Honest):
    """Says 429 now and then, and when to come again."""

    later: Mapping[int, str] = {1: "7", 3: "Thu, 01 Jan 2026 00:00:00 GMT"}

    def answer(self, asked: a.Asked) -> a.Answer:
        later = self.later.get(len(self.seen))
        return (429, {"Retry-After": later}, b"") if later else super().answer(asked)


def test_it_waits_as_long_as_it_is_asked_to_and_between_any_two_requests(lived_in: Sandbox) -> None:
    waited: list[float] = []
    report = probed(lived_in, Busy(), pause=0.25, wait=waited.append)
    assert report.having("breaking") == []
    assert waited[:5] == [7.0, 0.25, 0.25, 0.0, 0.25]
    assert len(waited) == report.requests - 1 + 2


@pytest.mark.parametrize("later", [str(int(LONGEST_WAIT) + 1), "1"])
def test_who_wants_to_be_left_alone_is(lived_in: Sandbox, later: str) -> None:
    app = Busy()
    app.later = dict.fromkeys(range(3, 9), later)
    waited: list[float] = []
    report = probed(lived_in, app, wait=waited.append)
    assert report.note.startswith("asked to come later: it says 429")
    assert max(waited) <= LONGEST_WAIT
    assert "not asked: asked to come later" in report.text()


class Leaves(a.Honest):
    """A list whose first is over before it can be asked for."""

    def changed(self, path: str, told: Any) -> Any:
        if path.endswith(a.LIST) and len([each for each in self.seen if each.path == path]) == 1:
            told["data"][0]["uuid"] = "00000000-0000-4000-8000-00000000abcd"
        return told


def test_what_was_gone_by_then_is_no_drift(lived_in: Sandbox) -> None:
    report = probed(lived_in, Leaves(), only=["listRecords", "getRecord"])
    assert report.having("breaking") == [], report.text()
    assert "getRecord: 404: what the list had was gone by then; run it again" in report.text()


def test_a_list_with_nothing_in_it_is_told(emulator: Server) -> None:
    with emulator.sandbox(seed=11) as ringback:
        text = probed(ringback, a.Honest()).text()
    assert (
        "listRecords: empty, so nothing in it was compared; have something there, and run it again: $.data[*] (line"
        in text
    )


CHANGES = """openapi: 3.1.0
paths:
  /a: {get: {operationId: reads, responses: {}}}
  /b: {get: {operationId: rings, x-changes: true, responses: {}}}
  /c: {post: {operationId: makes, responses: {}}}
  /d:
    get:
      operationId: renews
      parameters: [{name: new, in: query, required: true, x-changes: true, schema: {type: string}}]
      responses: {}
  /e:
    get:
      operationId: shows
      parameters: [{name: new, in: query, x-changes: true, schema: {type: string}}]
      responses: {}
"""


def test_a_get_that_changes_something_is_never_asked() -> None:
    assert list(readable(Contract("small", CHANGES))) == ["reads", "shows"]


@pytest.mark.parametrize(
    ("told", "key", "shape"),
    [
        ("+91 98765 43210", "to", '"+## ##### #####"'),
        ("Asha.Rao@example.com", "mail", '"Xxxx.Xxx@xxxxxxx.xxx"'),
        ("abc-the-token-def", "note", '"xxx-***-xxx"'),
        ("whsec_1", "webhook_secret", "***"),
        (9876543210, "n", "the number ##########"),
        (None, "n", "null"),
        ([1, 2], "n", "a list of 2"),
        ({"+14155550123": 1}, "n", "an object of +#"),
    ],
)
def test_a_value_is_told_by_its_shape(told: Any, key: str, shape: str) -> None:
    assert Scrubber(["the-token"]).value(told, key) == shape


@pytest.mark.parametrize("show", [False, True])
@pytest.mark.parametrize(
    "body", [b" " * 394 + b"topsecretword", "<topsecretword>".encode("utf-16"), b"\xff topsecretword"],
    ids=["cut", "of two bytes", "no text"],
)  # fmt: skip
def test_no_part_of_a_credential_stands_in_the_beginning_of_an_answer(body: bytes, show: bool) -> None:
    told = Scrubber(["topsecretword"], show=show).begin(body)
    assert "***" in told and "t" not in told


def test_values_are_shown_if_they_may_be_and_credentials_never() -> None:
    scrub = Scrubber(["the-token+x"], show=True)
    assert scrub.value("+91 98765 the-token+x") == '"+91 98765 ***"'
    assert (
        scrub.prose("see http://127.0.0.1/?k=the-token%2Bx and dGhlLXRva2VuK3g=")
        == "see http://127.0.0.1/?k=*** and ***"
    )
    assert scrub.name("4155550123") == "4155550123"
