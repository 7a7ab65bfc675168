"""What was found wrong with a receiver, as text, JSON and JUnit."""

from __future__ import annotations

import json
from typing import Final
from xml.etree import ElementTree

from contracts.receiving.posting import Fault
from emulator.engine.values import field, value

__all__ = ["Report", "Run"]

TIMED: Final = (
    "The curl lines are signed with the time of this check: a receiver that looks at it refuses them after a while, "
    "and another check makes new ones."
)


@value
class Run:
    """What became of one callback: how many were posted, and what was wrong."""

    callback: str
    posted: int
    faults: tuple[Fault, ...]
    note: str = ""

    @property
    def is_judged(self) -> bool:
        return bool(self.posted or self.faults)

    @property
    def verdict(self) -> str:
        if self.faults:
            return "1 finding" if len(self.faults) == 1 else f"{len(self.faults)} findings"
        if self.is_judged:
            return "ok so far" if self.note else "ok"
        return "not judged"


@value
class Report:
    runs: tuple[Run, ...] = field(hash=False)

    @property
    def faults(self) -> list[Fault]:
        return [fault for run in self.runs for fault in run.faults]

    def check(self) -> None:
        """Raises `AssertionError`, whose text is the report, if there are findings."""
        assert not self.faults, f"\n{self.text()}"

    def text(self) -> str:
        lines = []
        for run in self.runs:
            lines.append(f"{run.callback}: {run.posted} posted, {run.verdict}{f' ({run.note})' if run.note else ''}")
            lines += [f"  {line}" for fault in run.faults for line in str(fault).split("\n")]
        if any(fault.is_timed for fault in self.faults):
            lines.append(TIMED)
        return "\n".join(lines)

    def json(self) -> str:
        return json.dumps(
            {
                "callbacks": [
                    {
                        "callback": run.callback, "posted": run.posted, "note": run.note,
                        "findings": [{"rule": each.rule, "text": each.text, "curl": each.curl} for each in run.faults],
                    }
                    for run in self.runs
                ]
            },
            indent=2,
        )  # fmt: skip

    def junit(self) -> bytes:
        suite = ElementTree.Element("testsuite", name="ringback contract hooks", tests=str(len(self.runs)))
        suite.set("failures", str(sum(bool(run.faults) for run in self.runs)))
        suite.set("skipped", str(sum(not run.is_judged for run in self.runs)))
        for run in self.runs:
            case = ElementTree.SubElement(suite, "testcase", classname="hooks", name=run.callback)
            if not run.is_judged:
                ElementTree.SubElement(case, "skipped", message=f"not judged: {run.note}")
            for fault in run.faults:
                failure = ElementTree.SubElement(case, "failure", message=f"{fault.rule}: {fault.text}"[:400])
                failure.text = str(fault)
        ElementTree.indent(suite)
        told: bytes = ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
        return told
