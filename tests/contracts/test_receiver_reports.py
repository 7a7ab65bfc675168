"""What the judge of receivers prints: curl lines that a shell turns into the same bytes, and texts that hurt nobody."""

from __future__ import annotations

import re
import subprocess
from codecs import escape_decode
from collections.abc import Callable, Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import check_receiver
from contracts.receiving.posting import Fault
from contracts.receiving.report import Report, Run
from contracts.receiving.shell import curl_line, printable, quoted
from emulator.pytest_plugin.applications import Applications
from tests.contracts import receivers as r

TEXTS = (
    "a\r\nb\n\n  c",
    "a\u2028b\u0085c",
    'it\'s "so" \\n $HOME `id` !x',
    "\x1b[31m\x07\t",
    "\u202edlrow",
    "ß 漢 😀👩‍👧",
)


@pytest.fixture
def applications() -> Iterator[Applications]:
    with Applications() as applications:
        yield applications


class Keeps(r.Vobiz):
    """Takes everything, and keeps its media type and bytes."""

    def __init__(self) -> None:
        self.came: list[tuple[str, bytes]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        data = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
        self.came.append((environ["CONTENT_TYPE"], data))
        start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return [b""]


def words(line: str) -> list[bytes]:
    """A line as bash splits it."""
    return [b"".join(map(_unquoted, _PIECE.findall(word))) for word in _WORD.findall(line)]


_PIECE = re.compile(r"""\$'(?:[^'\\]|\\.)*'|'[^']*'|"[^"]*"|[^'"\s]+?(?=['"$]|$)""")
_WORD = re.compile(r"""(?:\$'(?:[^'\\]|\\.)*'|'[^']*'|"[^"]*"|[^'"\s])+""")


def _unquoted(piece: str) -> bytes:
    if piece.startswith("$'"):
        made: bytes = escape_decode(piece[2:-1].encode())[0]
        return made
    return (piece[1:-1] if piece[0] in "'\"" else piece).encode()


def curl_lines(report: Report) -> list[str]:
    """Of the text report, as they would be copied."""
    return [line.strip() for line in report.text().split("\n") if line.strip().startswith("curl ")]


def sent(line: str) -> bytes:
    """The body that a curl line sends."""
    parts = words(line)
    return parts[parts.index(b"--data-binary") + 1]


def printed(data: bytes, url: str = "http://h/x") -> str:
    fault = Fault("answer", "status", "why", curl_line("POST", url, [("Content-Type", "text/plain")], data))
    (line,) = curl_lines(Report((Run("answer", 1, (fault,)),)))
    return line


@given(st.binary(max_size=60) | st.text(st.characters(codec="utf-8") | st.sampled_from("'\"\\!$\r\n")).map(str.encode))
def test_what_is_quoted_is_one_printable_line_and_a_shell_makes_the_same_of_it(data: bytes) -> None:
    word = quoted(data)
    assert word.isprintable()
    assert words(f"curl {word} x") == [b"curl", data, b"x"]


@pytest.mark.parametrize("text", TEXTS)
def test_a_printed_curl_line_holds_the_very_body(text: str) -> None:
    assert sent(printed(text.encode())) == text.encode()


def test_what_curl_would_read_as_a_pattern_it_is_told_not_to() -> None:
    assert words(printed(b"", "http://h/{a}?b[]=c"))[4:5] == [b"-g"]
    assert b"-g" not in words(printed(b""))


def accepting(applications: Applications, vendor: str, callback: str) -> tuple[Report, list[bytes]]:
    """The report on a receiver that takes everything, and what came to it."""
    app = Keeps()
    app.url = applications.serve(app, interface="wsgi")
    report = check_receiver(vendor, {callback: f"{app.url}/{callback}"}, secret=r.TOKEN, examples=20)
    return report, [data for _, data in app.came]


@pytest.mark.parametrize(("vendor", "callback"), [("vobiz", "hangup"), ("tryvox", "status"), ("jambonz", "gather")])
def test_each_curl_line_of_a_report_holds_a_body_that_was_sent(
    applications: Applications, vendor: str, callback: str
) -> None:
    report, came = accepting(applications, vendor, callback)
    lines = curl_lines(report)
    assert len(lines) == len(report.faults) >= 3
    assert {sent(line) for line in lines} <= set(came)


@pytest.mark.system
@pytest.mark.parametrize(("vendor", "callback"), [("vobiz", "hangup"), ("tryvox", "status"), ("jambonz", "gather")])
def test_bash_and_curl_send_what_was_sent(applications: Applications, vendor: str, callback: str) -> None:
    app = Keeps()
    app.url = applications.serve(app, interface="wsgi")
    report = check_receiver(vendor, {callback: f"{app.url}/{callback}"}, secret=r.TOKEN, examples=20)
    before = set(app.came)
    app.came.clear()
    for line in curl_lines(report):
        subprocess.run(["bash", "-c", line], check=True, capture_output=True, timeout=30)
    assert len(app.came) == len(report.faults) and set(app.came) <= before


@pytest.mark.system
@pytest.mark.parametrize("text", TEXTS)
def test_bash_and_curl_send_odd_bytes_as_they_were(applications: Applications, text: str) -> None:
    app = Keeps()
    line = printed(text.encode(), applications.serve(app, interface="wsgi"))
    subprocess.run(["bash", "-c", line], check=True, capture_output=True, timeout=30, env={"LC_ALL": "C"})
    assert app.came == [("text/plain", text.encode())]


def test_an_answer_full_of_control_characters_is_told_in_printable_ones(applications: Applications) -> None:
    app = r.Mutters()
    app.url = applications.serve(app, interface="wsgi")
    report = check_receiver("jambonz", {"answer": f"{app.url}/answer"}, secret=r.TOKEN, examples=5)
    assert [fault.rule for fault in report.faults] == ["document"] * 2
    assert report.text().replace("\n", "").isprintable()
    assert "\\x01a\\x1b[31my\\uffff" in report.text()
    told = [failure.get("message") or "" for failure in ElementTree.fromstring(report.junit()).iter("failure")]
    assert len(told) == 2 and all("\\x01a\\x1b[31my\\uffff" in each for each in told)


def test_printable_texts_stay_as_they_are() -> None:
    assert printable("ß 漢 \\n <&>") == "ß 漢 \\n <&>"
    assert printable("a\nb\x00\ufffe") == "a\\nb\\x00\\ufffe"
