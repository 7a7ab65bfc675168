"""FACTS.md: every number cited has a row, every row a standing, and every wire example a source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from emulator.vendors.tryvox.settings import TryvoxSettings
from tests.vendors.tryvox.conftest import FIXTURES, wire

FOLDER = Path(__file__).parents[3] / "emulator" / "vendors" / "tryvox"
ROW = re.compile(r"^\| (TRYVOX-\d+) \| (.+?) \| (.+?) \| (\w+) \|$", re.MULTILINE)
CITED = re.compile(r"\bTRYVOX-\d+\b")


def rows() -> dict[str, str]:
    return {row[0]: row[3] for row in ROW.findall((FOLDER / "FACTS.md").read_text())}


def test_every_fact_cited_in_the_code_has_a_row_and_every_row_is_cited() -> None:
    cited = {number for path in FOLDER.glob("*.py") for number in CITED.findall(path.read_text())}
    assert cited == set(rows())


def test_facts_are_numbered_without_a_gap() -> None:
    assert list(rows()) == [f"TRYVOX-{index}" for index in range(1, len(rows()) + 1)]


def test_every_fact_has_a_standing() -> None:
    assert set(rows().values()) == {"documented", "recorded", "inferred"}


@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.json")), ids=lambda path: path.stem)
def test_every_wire_example_names_its_source(path: Path) -> None:
    example = wire(path.stem)
    assert example["source"] and set(example["facts"]) <= set(rows())


def test_every_setting_is_explained() -> None:
    words = TryvoxSettings.__doc__ or ""
    for name in TryvoxSettings.__dataclass_fields__:  # type: ignore[attr-defined]
        assert f"`{name}`" in words, name
