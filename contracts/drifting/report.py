"""What a probe of an account found: as text, JSON and JUnit, none of which has a credential or anybody's number."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from contracts.drifting.differences import BREAKING, NOTICE, TOLERATED
from emulator.engine.values import field, value

__all__ = ["SEVERITIES", "Finding", "Report"]

SEVERITIES = (BREAKING, TOLERATED, NOTICE)


@value
class Finding:
    """One difference. `line` is the contract's, `standing` and `source` say how it is known what stands there; `again`
    is a curl line, or "" if there is nothing to see; `times` it came."""

    severity: str
    operation: str
    where: str
    rule: str
    came: str
    wanted: str
    line: int
    standing: str
    source: str
    do: str
    again: str = ""
    times: int = 1

    def text(self, file: str) -> str:
        """Several lines."""
        often = f" ({self.times} times)" if self.times > 1 else ""
        known = f"{self.standing}: {self.source}" if self.standing else "nobody says how it is known"
        lines = [
            f"{self.severity:<10} {self.operation} {self.where}: {self.rule}{often}",
            f"  came:     {self.came}",
            f"  contract: {self.wanted} ({file}:{self.line}, {known})",
            f"  do:       {self.do}",
        ]
        return "\n".join([*lines, f"  again:    {self.again}"] if self.again else lines)


@value
class Report:
    """`asked`: ids of the operations that were; `requests`: how many there were; `note`: why it ended early, or ""."""

    vendor: str
    against: str
    asked: tuple[str, ...]
    of: int
    requests: int
    findings: tuple[Finding, ...] = field(hash=False)
    note: str = ""

    @property
    def file(self) -> str:
        return f"contracts/{self.vendor}/openapi.yaml"

    def having(self, *severities: str) -> list[Finding]:
        return [each for each in self.findings if each.severity in severities]

    def text(self) -> str:
        counts = ", ".join(f"{len(self.having(each))} {each}" for each in SEVERITIES)
        first = (
            f"{self.vendor} against {self.against}: {len(self.asked)} of {self.of} read-only operations, "
            f"{self.requests} requests: {counts}; lines are those of {self.file}"
        )
        lines = [each.text(self.file) for severity in (BREAKING, TOLERATED) for each in self.having(severity)]
        return "\n".join([first, *lines, *self._notices(), *([f"ended early: {self.note}"] if self.note else [])])

    def _notices(self) -> list[str]:
        """One line for all that has the same reason in one operation."""
        told: dict[tuple[str, str, str], list[str]] = {}
        for each in self.having(NOTICE):
            place = f"{each.where} (line {each.line})".strip()
            told.setdefault((each.operation, each.came, each.do), []).append(place)
        return [
            f"notice     {operation or 'the others'}: {came}; {do}: {', '.join(places)}"
            for (operation, came, do), places in told.items()
        ]

    def json(self) -> str:
        told = {
            "vendor": self.vendor, "against": self.against, "contract": self.file, "asked": list(self.asked),
            "of": self.of, "requests": self.requests, "note": self.note,
            "findings": [
                {name: getattr(each, name) for name in Finding.__match_args__}
                for severity in SEVERITIES
                for each in self.having(severity)
            ],
        }  # fmt: skip
        return json.dumps(told, indent=2, ensure_ascii=False)

    def junit(self, *, is_strict: bool = False) -> bytes:
        """A case for each operation that was asked; with `is_strict` a tolerated finding fails it, too."""
        failing = (BREAKING, TOLERATED) if is_strict else (BREAKING,)
        suite = ElementTree.Element("testsuite", name=f"ringback contract drift {self.vendor}")
        failed = 0
        names = [*self.asked, *sorted({each.operation for each in self.having(*failing)} - set(self.asked))]
        for name in names:
            case = ElementTree.SubElement(suite, "testcase", classname="drift", name=name)
            found = [each for each in self.having(*failing) if each.operation == name]
            failed += bool(found)
            for each in found:
                message = f"{each.where}: {each.rule}: {each.came}"[:400]
                ElementTree.SubElement(case, "failure", message=message).text = each.text(self.file)
        suite.set("tests", str(len(names)))
        suite.set("failures", str(failed))
        ElementTree.indent(suite)
        told: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
        return told
