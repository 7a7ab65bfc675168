"""Every vendor's FACTS.md: each row is cited, each wire example names its source, each setting is explained.

That each number cited has a row, and each row a standing, `tests/house` sees to.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from docs.generate import facts
from emulator.runtime.vendors import load_vendors

ROOT = Path(__file__).parents[2]
VENDORS = load_vendors()
EXAMPLES = sorted((ROOT / "fixtures").glob("*/*.json"))


def numbers_of(vendor: str) -> list[str]:
    return [fact.id for fact in facts() if fact.id.startswith(f"{vendor.upper()}-")]


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_fact_is_cited_in_the_code(vendor: str) -> None:
    folder = ROOT / "emulator" / "vendors" / vendor
    cited = {
        number
        for path in folder.glob("*.py")
        for number in re.findall(rf"\b{vendor.upper()}-\d+\b", path.read_text(encoding="utf-8"))
    }
    assert set(numbers_of(vendor)) == cited


@pytest.mark.parametrize("vendor", VENDORS)
def test_facts_stand_in_the_order_of_their_numbers(vendor: str) -> None:
    """A number may be left out: some vendors keep theirs by section."""
    numbers = [int(number.rpartition("-")[2]) for number in numbers_of(vendor)]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_wire_example_names_its_source(path: Path) -> None:
    """In itself, with the facts it shows, or, where it is nothing but the example, in the README beside it."""
    example = json.loads(path.read_text(encoding="utf-8"))
    if isinstance(example, dict) and "source" in example:
        assert example["source"] and set(example["facts"]) <= set(numbers_of(path.parent.name))
    else:
        readme = (path.parent / "README.md").read_text(encoding="utf-8")
        assert re.search(rf"^\| {re.escape(path.name)} \| .+ \| .+ \|$", readme, re.MULTILINE)


@pytest.mark.parametrize("vendor", VENDORS)
def test_every_setting_is_explained(vendor: str) -> None:
    """By name; that of a URL explains how it is fetched, too."""
    settings = VENDORS[vendor].settings
    words = settings.__doc__ or ""
    for name in settings.__dataclass_fields__:
        url = name.removesuffix("_method") + "_url"
        assert f"`{name}`" in words or (name.endswith("_method") and f"`{url}`" in words), name
