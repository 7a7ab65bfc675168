"""The judge of receivers: the right one is left alone, and each planted mistake is found, shrunk and told."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
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
        report = check_receiver("vobiz", urls, secret=r.TOKEN, slow=1, tell=lambda line: told.append(monotonic()))
    assert monotonic() - told[0] < 4
    assert [fault.rule for fault in report.faults] == ["slow"] * len(MANY)
    assert "no whole answer within 1 s" in report.faults[0].text


def test_an_answer_that_was_not_given_its_time_is_no_finding(
    applications: Applications, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiver_check, "LONGEST", 1.0)
    report = judged(applications, Sluggish(0.6), *MANY)
    assert report.faults == []
    assert {run.note for run in report.runs} == {"its time was over"}


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
