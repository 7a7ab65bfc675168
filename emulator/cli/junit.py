"""Played scenarios as JUnit XML: a suite for each, a case for each call that was expected, or that there was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree as xml

from emulator.client.outcomes import title

if TYPE_CHECKING:
    from emulator.cli.scenario_playing import Result

__all__ = ["report"]


def report(results: Sequence[Result]) -> bytes:
    """The document, in UTF-8."""
    root = xml.Element("testsuites", name="ringback scenario play")
    for result in results:
        cases = list(_cases(result))
        failed = sum(bool(failures) for _, failures in cases)
        suite = xml.SubElement(
            root, "testsuite", name=result.name, file=result.file, tests=str(len(cases)), failures=str(failed),
            errors="0", time=f"{result.took:.3f}",
        )  # fmt: skip
        for name, failures in cases:
            case = xml.SubElement(suite, "testcase", classname=result.name, name=name, time="0")
            if failures:
                told = xml.SubElement(case, "failure", message=failures[0])
                told.text = "\n".join(failures)
    xml.indent(root)
    document: bytes = xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _cases(result: Result) -> Iterator[tuple[str, list[str]]]:
    """A name, and what is wrong."""
    played = result.played
    if played.asked:
        refused = [f"{one.title} answered {one.status}: {one.text}" for one in played.asked if not one.is_good]
        yield "requests", [] if played.may_fail else refused
    if played.differences is None:
        for outcome in played.outcomes:
            missed = [f"{name} was not answered well" for name in outcome.unanswered]
            yield f"{outcome.id} {title(outcome.to_json())}", [] if played.may_fail else missed
        return
    by_call: dict[int, list[str]] = {}
    names: dict[int, str] = {}
    for difference in played.differences:
        names[difference.call] = difference.title
        by_call.setdefault(difference.call, []).extend(f"{sign} {text}" for sign, text in difference.lines())
    for number in range(1, max([len(played.expected), *by_call], default=0) + 1):
        told = played.expected[number - 1] if number <= len(played.expected) else names.get(number, "")
        yield f"{number} {told}", by_call.get(number, [])
