"""The judge of receivers: the right one is left alone, and each planted mistake is found, shrunk and told."""

from __future__ import annotations

import io
import json
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any
from xml.etree import ElementTree

import pytest

from contracts import check_receiver
from contracts.document import load
from contracts.receiving import receiver_check
from contracts.receiving.report import Report
from emulator.cli import main
from emulator.errors import UsageError
from emulator.pytest_plugin.applications import Applications
from tests.contracts import receivers as r
from tests.fakes.handling import handling


@pytest.fixture
def applications() -> Iterator[Applications]:
    with Applications() as applications:
        yield applications


VENDORS = {r.Jambonz: "jambonz", r.Tryvox: "tryvox", r.Servetel: "servetel", r.Vobiz: "vobiz"}


def judged(applications: Applications, app: r.Vobiz, *callbacks: str, examples: int = 60) -> Report:
    app.url = applications.serve(app, interface="wsgi")
    vendor = next(name for kind, name in VENDORS.items() if isinstance(app, kind))
    urls = {callback: f"{app.url}/{callback}" for callback in callbacks}
    return check_receiver(vendor, urls, secret=r.TOKEN, examples=examples, slow=5)


def test_a_right_receiver_gives_no_finding_in_a_thousand_callbacks(applications: Applications) -> None:
    report = judged(applications, r.Vobiz(), "answer", "hangup", "gather", "ring", examples=250)
    report.check()
    assert sum(run.posted for run in report.runs) == 1000


def test_a_right_receiver_of_signed_times_gives_no_finding(applications: Applications) -> None:
    judged(applications, r.Tryvox(), "answer", "hangup", "status").check()


@pytest.mark.parametrize("app", [kind() for kind in VENDORS], ids=VENDORS.values())
def test_a_right_document_is_right_for_every_callback_that_asks_for_one(
    applications: Applications, app: r.Vobiz
) -> None:
    contract = load(VENDORS[type(app)])
    asking = [each.callback for each in contract.webhooks.values() if "x-answer" in contract.at(each.pointer)]
    report = judged(applications, app, *asking, examples=3)
    report.check()
    assert {run.posted for run in report.runs} == {3}


MUTANTS = [
    (r.Sings(), "answer", "document", "sing"),
    (r.Unsigned(), "answer", "accepted", "no signature"),
    (r.Unverified(), "answer", "accepted", "a wrong signature"),
    (r.AnyKind(), "answer", "accepted", "application/json for a form"),
    (r.NeedsCaller(), "answer", "status", "KeyError('CallerName')"),
    (r.Divides(), "hangup", "status", "ZeroDivisionError"),
    (r.KnowsFour(), "hangup", "status", "KeyError('"),
    (r.Ascii(), "hangup", "status", "UnicodeEncodeError"),
    (r.NeedsTime(), "hangup", "status", "does not match format"),
    (r.Html(), "answer", "document", "text/html"),
    (r.Broken(), "answer", "document", "the answer was '<Response><Speak>hello</Response>'"),
    (r.Unknown(), "gather", "document", "<Say>"),
    (r.Relative(), "answer", "document", "/next"),
    (r.Moves(), "ring", "status", "expected 200, got 302"),
    (r.Silent(), "hangup", "status", "expected 200, got 204"),
    (r.Ageless(), "answer", "accepted", "a signature an hour old"),
    (r.Greets(), "answer", "document", "the answer was '<Response><Speak>Hello, &</Speak>"),
    (r.GreetsInAttribute(), "answer", "document", "the answer was '<Response><Gather action=\"http://shop.test/"),
    (r.Shouts(), "answer", "status", "another length"),
    (r.Short(), "answer", "status", "too long"),
]


@pytest.mark.parametrize(("app", "callback", "rule", "told"), MUTANTS, ids=lambda told: type(told).__name__)
def test_each_mistake_of_a_receiver_is_found(
    applications: Applications, app: r.Vobiz, callback: str, rule: str, told: str
) -> None:
    report = judged(applications, app, callback, examples=150)
    found = [fault for fault in report.faults if fault.rule == rule and told in fault.text]
    assert found, report.text()
    assert {fault.rule for fault in report.faults} == {rule}
    assert f"{app.url}/{callback}" in found[0].curl


@pytest.mark.parametrize("seed", range(1, 21))
@pytest.mark.parametrize(
    "app", [r.Greets(), r.GreetsInAttribute(), r.Shouts(), r.Short()], ids=lambda app: type(app).__name__
)
def test_what_names_can_do_is_found_with_any_seed(applications: Applications, app: r.Vobiz, seed: int) -> None:
    app.url = applications.serve(app, interface="wsgi")
    report = check_receiver("vobiz", {"answer": f"{app.url}/answer"}, secret=r.TOKEN, seeded=seed, examples=100)
    assert len(report.faults) == 1, report.text()
    assert "CallerName=" in report.faults[0].curl and "Machine=" not in report.faults[0].curl


def test_a_receiver_that_takes_each_nonce_once_is_right_even_if_it_is_checked_again(applications: Applications) -> None:
    app = r.Once()
    judged(applications, app, "answer", "hangup").check()
    judged(applications, app, "answer", "hangup").check()


def test_each_post_is_of_another_call_and_the_same_seed_gives_the_same(applications: Applications) -> None:
    one, two = r.Once(), r.Once()
    judged(applications, one, "answer", "hangup")
    judged(applications, two, "answer", "hangup")
    assert len(set(one.calls)) == len(one.calls) >= 120
    assert one.calls == two.calls and not one.nonces & two.nonces


class Records(r.Servetel):
    """Right, and remembers what came."""

    def __init__(self) -> None:
        self.bodies: list[dict[str, str]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        size = int(environ["CONTENT_LENGTH"])
        self.bodies.append(json.loads(data := environ["wsgi.input"].read(size)))
        return super().__call__({**environ, "wsgi.input": io.BytesIO(data)}, start_response)


def test_ids_of_another_form_are_others_each_time_and_legal(applications: Applications) -> None:
    app = Records()
    judged(applications, app, "hangup").check()
    schema = load("servetel").webhooks["hangup"].content["application/json"]
    assert all(schema.problems(body) == [] for body in app.bodies)
    for name in ("uuid", "call_id"):
        assert len({body[name] for body in app.bodies}) == 60


def test_a_receiver_of_one_account_is_right_if_the_account_is_said(applications: Applications) -> None:
    app = r.Ours()
    app.url = applications.serve(app, interface="wsgi")
    urls = {"answer": f"{app.url}/answer", "hangup": f"{app.url}/hangup"}
    assert len(check_receiver("vobiz", urls, secret=r.TOKEN, examples=3).faults) == 2
    check_receiver("vobiz", urls, secret=r.TOKEN, examples=60, fields={"ParentAuthID": app.account}).check()


def test_an_id_that_is_said_is_the_same_in_every_callback(applications: Applications) -> None:
    app = r.Once()
    app.url = applications.serve(app, interface="wsgi")
    call = "11111111-2222-4333-8444-555555555555"
    check_receiver("vobiz", {"ring": f"{app.url}/ring"}, secret=r.TOKEN, fields={"CallUUID": call}).check()
    assert set(app.calls) == {call}


def test_fields_that_no_callback_can_have_are_usage_errors() -> None:
    urls = {"answer": "http://127.0.0.1:9", "ring": "http://127.0.0.1:9"}
    with pytest.raises(
        UsageError, match=r"field parentauthid: none of these callbacks has it; did you mean ParentAuthID\?"
    ):
        check_receiver("vobiz", urls, fields={"parentauthid": "MA_1234"})
    with pytest.raises(UsageError, match="field ÖÖÖ: none of these callbacks has it; they have ALegRequestUUID, "):
        check_receiver("vobiz", urls, fields={"ÖÖÖ": ""})
    with pytest.raises(UsageError, match=r"field ParentAuthID: answer cannot carry 'shop 7': .*does not match"):
        check_receiver("vobiz", urls, fields={"ParentAuthID": "shop 7"})
    with pytest.raises(UsageError, match="field Direction: ring cannot carry 'inbound': "):
        check_receiver("vobiz", urls, fields={"Direction": "inbound"})


class Fleeting(socketserver.StreamRequestHandler):
    """A right answer, and the end of a connection that was said to be kept: HTTP/1.1 allows it at any time."""

    def handle(self) -> None:
        length = 0
        while line := self.rfile.readline().strip():
            name, _, text = line.partition(b":")
            length = int(text) if name.lower() == b"content-length" else length
        self.rfile.read(length)
        body = b"<Response><Hangup/></Response>"
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n" % len(body)
        self.wfile.write(head + body)


@pytest.mark.parametrize("seeded", range(1, 7))
def test_a_receiver_that_ends_its_connections_is_right_and_seen_to_take_what_it_must_not(seeded: int) -> None:
    with handling(Fleeting) as url:
        report = check_receiver("vobiz", {"answer": f"{url}/answer"}, secret=r.TOKEN, examples=60, seeded=seeded)
    assert [fault.rule for fault in report.faults] == ["accepted"] * 5, report.text()


def test_what_is_found_is_shrunk(applications: Applications) -> None:
    fault = judged(applications, r.NeedsCaller(), "answer").faults[0]
    assert "CallerName" not in fault.curl
    assert "From=0&" in fault.curl


@pytest.mark.parametrize(("app", "is_told"), [(r.Ageless(), True), (r.NeedsCaller(), False)])
def test_curl_lines_that_grow_old_say_so(applications: Applications, app: r.Vobiz, is_told: bool) -> None:
    text = judged(applications, app, "answer", examples=10).text()
    assert ("signed with the time of this check" in text) is is_told


def test_an_illegal_callback_can_be_allowed_by_name(applications: Applications) -> None:
    app = r.AnyKind()
    app.url = applications.serve(app, interface="wsgi")
    check_receiver("vobiz", {"answer": app.url + "/answer"}, secret=r.TOKEN, examples=5, skip=["content-type"]).check()


def test_a_receiver_that_hangs_ends_its_run_at_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/answer"
        report = check_receiver("vobiz", {"answer": url, "hangup": url}, secret=r.TOKEN, slow=0.2)
    assert [(fault.rule, fault.callback) for fault in report.faults] == [("slow", "answer"), ("slow", "hangup")]


class Sluggish(r.Vobiz):
    """Takes its time for everything, and is never slow enough to be a finding."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def answer(self, fields: dict[str, str]) -> r.Answer:
        threading.Event().wait(self.seconds)
        return super().answer(fields)


MANY = ("ring", "answer", "hangup", "gather", "redirect", "transfer", "fallback", "dial")


def test_the_whole_takes_no_longer_than_it_may_even_if_every_callback_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver_check, "LONGEST", 2.0)
    told: list[float] = []
    with socket.create_server(("127.0.0.1", 0)) as silent:
        urls = dict.fromkeys(MANY, f"http://127.0.0.1:{silent.getsockname()[1]}/")
        report = check_receiver("vobiz", urls, secret=r.TOKEN, slow=0.75, tell=lambda line: told.append(monotonic()))
    assert monotonic() - told[0] < 4
    assert [fault.text for fault in report.faults] == ["no whole answer within 0.75 s"] * 2
    assert [run.note for run in report.runs] == ["ended by a time-out"] * 2 + ["its time was over"] * 6


class HangsOnce(r.Vobiz):
    """Never answers one callback, and takes its time for the others."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        threading.Event().wait(1.2 if environ["PATH_INFO"] == "/answer" else 0.2)
        return super().__call__(environ, start_response)


def test_one_callback_that_hangs_makes_no_other_one_slow(
    applications: Applications, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver_check, "LONGEST", 2.0)
    app = HangsOnce()
    app.url = applications.serve(app, interface="wsgi")
    urls = {callback: f"{app.url}/{callback}" for callback in ("answer", *MANY)}
    report = check_receiver("vobiz", urls, secret=r.TOKEN, slow=1)
    assert [(fault.callback, fault.rule) for fault in report.faults] == [("answer", "slow")]
    assert [run.is_judged for run in report.runs][:4] == [True] * 4


def test_an_answer_that_was_not_given_its_time_is_no_finding(
    applications: Applications, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver_check, "LONGEST", 1.0)
    report = judged(applications, Sluggish(0.6), *MANY)
    assert report.faults == []
    assert {run.note for run in report.runs} == {"its time was over"}
    assert {run.verdict for run in report.runs} == {"ok so far", "not judged"}


def test_a_receiver_that_is_not_there_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    report = check_receiver("vobiz", {"answer": f"http://127.0.0.1:{port}/"}, examples=5)
    assert [fault.rule for fault in report.faults] == ["connection"]


def test_the_report_reads_as_text_json_and_junit(applications: Applications) -> None:
    report = judged(applications, r.Moves(), "ring", examples=5)
    assert report.text().startswith("ring: ")
    assert json.loads(report.json())["callbacks"][0]["findings"][0]["rule"] == "status"
    suite = ElementTree.fromstring(report.junit())
    assert (suite.get("failures"), suite[0].get("name")) == ("1", "ring")
    with pytest.raises(AssertionError, match="expected 200, got 302"):
        report.check()


def test_a_callback_that_was_not_judged_is_skipped_in_junit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver_check, "LONGEST", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/answer"
        suite = ElementTree.fromstring(check_receiver("vobiz", {"answer": url}, slow=5).junit())
    assert (suite.get("failures"), suite.get("skipped")) == ("0", "1")
    assert [each.get("message") for each in suite.iter("skipped")] == ["not judged: its time was over"]


def test_callbacks_and_exceptions_that_there_are_not_are_usage_errors() -> None:
    with pytest.raises(UsageError, match="vobiz has no callback 'pickup'; it has answer"):
        check_receiver("vobiz", {"pickup": "http://127.0.0.1:9"})
    with pytest.raises(UsageError, match="skip: expected wrong-signature or"):
        check_receiver("vobiz", {"answer": "http://127.0.0.1:9"}, skip=["age"])


@pytest.mark.parametrize("wrong", [{"slow": 0}, {"slow": -1}, {"slow": 60}, {"examples": 0}, {"examples": -1}])
def test_numbers_with_which_nothing_would_be_judged_are_usage_errors(wrong: dict[str, int]) -> None:
    (name,) = wrong
    with pytest.raises(UsageError, match=f"{name}: expected .*, got {wrong[name]}"):
        check_receiver(
            "vobiz", {"answer": "http://127.0.0.1:9"}, slow=wrong.get("slow", 1), examples=wrong.get("examples", 1)
        )


def test_a_callback_of_which_nothing_was_judged_is_not_said_to_be_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receiver_check, "LONGEST", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/answer"
        report = check_receiver("vobiz", {"answer": url}, secret=r.TOKEN, slow=5)
    assert report.text() == "answer: 0 posted, not judged (its time was over)"


def test_the_command_exits_with_1_and_writes_junit(
    applications: Applications, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    app = r.Moves()
    app.url = applications.serve(app, interface="wsgi")
    junit = tmp_path / "report.xml"
    arguments = ["contract", "hooks", "vobiz", "--url", f"ring={app.url}/ring", "--examples", "3"]
    assert main([*arguments, "--junit", str(junit)]) == 1
    told = capsys.readouterr()
    assert "ring: status: expected 200, got 403: 'not signed'" in told.out
    assert "no --secret" in told.err
    assert ElementTree.parse(junit).getroot().get("failures") == "1"


def test_a_report_that_cannot_be_written_is_still_told(
    applications: Applications, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = applications.serve(r.Vobiz(), interface="wsgi")
    junit = str(tmp_path / "nowhere" / "report.xml")
    assert main(["contract", "hooks", "vobiz", "--url", f"ring={url}/ring", "--examples", "1", "--junit", junit]) == 2
    told = capsys.readouterr()
    assert told.out.startswith("ring: 1 posted")
    assert f"--junit: cannot write {junit} (No such file or directory)" in told.err


def test_one_callback_at_two_urls_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "hooks", "vobiz", "--url", "ring=http://h/a", "--url", "ring=http://h/b"]) == 2
    assert "--url: ring is at http://h/a and at http://h/b" in capsys.readouterr().err


def test_the_command_says_what_a_url_should_look_like(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["contract", "hooks", "vobiz", "--url", "ring"]) == 2
    assert "expected CALLBACK=URL" in capsys.readouterr().err


def test_the_command_takes_fields_that_are_the_same_in_every_callback(
    applications: Applications, capsys: pytest.CaptureFixture[str]
) -> None:
    app = r.Ours()
    app.url = applications.serve(app, interface="wsgi")
    arguments = ["contract", "hooks", "vobiz", "--url", f"answer={app.url}/answer", "--secret", r.TOKEN]
    assert main([*arguments, "--field", f"ParentAuthID={app.account}"]) == 0
    assert main([*arguments, "--field", "ParentAuthID"]) == 2
    assert "--field: expected NAME=VALUE, such as" in capsys.readouterr().err
    assert main([*arguments, "--field", "From=1", "--field", "From=2"]) == 2
    assert "--field: From is '1' and '2'" in capsys.readouterr().err
