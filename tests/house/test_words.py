"""What may stand in which file: vendors' names, facts, marks of unfinished work, sleeps."""

import re
from pathlib import Path

import pytest

from docs.generate import STANDINGS, facts

ROOT = Path(__file__).parents[2]
FOLDERS = {path.name for path in (ROOT / "emulator" / "vendors").iterdir() if path.is_dir() and path.name[0] != "_"}
NAMES = FOLDERS | {"vobiz", "servetel", "tryvox", "jambonz", "plivo", "smartflo"}
PACKAGES = ("emulator", "contracts")
TEXTS = (".py", ".md", ".yaml", ".json", ".html", ".js", ".css", ".toml")


def texts(*folders: str, suffixes: tuple[str, ...] = TEXTS) -> list[Path]:
    return [path for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.suffix in suffixes]


def is_at_home(path: Path) -> bool:
    """In a folder of that vendor's own, or part of the demo, which tells a vendor's story."""
    inside = path.relative_to(ROOT).parts
    return bool(FOLDERS & set(inside[:-1])) or (inside[:2] == ("emulator", "cli") and inside[2].startswith("demo"))


def test_a_vendors_name_stands_in_its_own_folders_only():
    strays = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in texts(*PACKAGES)
        if not is_at_home(path)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if any(name in line.lower() for name in NAMES)
    ]
    assert strays == []


def test_a_vendor_does_not_name_another():
    for path in texts("emulator/vendors"):
        own = path.relative_to(ROOT / "emulator" / "vendors").parts[0]
        if own in FOLDERS and path.suffix == ".py":
            imports = re.findall(r"emulator\.vendors\.(\w+)", path.read_text(encoding="utf-8"))
            assert set(imports) <= {own}, path


def test_every_cited_fact_has_a_row():
    known = {fact.id for fact in facts()}
    prefixes = "|".join(sorted(name.upper() for name in FOLDERS))
    for path in texts(*PACKAGES, "tests", "fixtures"):
        if path.name == "FACTS.md":
            continue
        cited = set(re.findall(rf"\b(?:{prefixes})-\d+\b", path.read_text(encoding="utf-8")))
        assert cited <= known, f"{path.relative_to(ROOT)} cites {sorted(cited - known)}, which no FACTS.md has"


def test_every_fact_has_one_number_a_source_and_a_standing():
    rows = list(facts())
    assert len({fact.id for fact in rows}) == len(rows)
    for fact in rows:
        assert fact.standing in STANDINGS, fact
        assert fact.statement, fact
        assert fact.where, fact


def test_every_inferred_fact_is_a_doubt_of_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    doubts = readme.partition("## Doubts")[2].partition("\n## ")[0]
    for fact in facts():
        if fact.standing == "inferred":
            assert re.search(rf"\b{fact.id}\b", doubts), f"{fact.id} is inferred and not in the list of doubts"


@pytest.mark.parametrize("mark", ["TO" + "DO", "FIX" + "ME", "X" * 3])
def test_nothing_is_left_for_later_in_a_comment(mark):
    found = [path for path in texts(*PACKAGES, "tests", "docs", "benchmarks") if mark in path.read_text("utf-8")]
    assert found == []


def test_no_test_sleeps():
    naps = re.compile(r"\b(time|asyncio|anyio)\.sleep\((?!0\))")
    sleepers = [path for path in texts("tests", "contracts", suffixes=(".py",)) if naps.search(path.read_text("utf-8"))]
    assert sleepers == [Path(__file__)] or sleepers == []


def test_no_test_is_skipped():
    muted = re.compile(r"pytest\.(mark\.)?(skip|xfail|importorskip)")
    assert [path for path in texts("tests", suffixes=(".py",)) if muted.search(path.read_text("utf-8"))] == []
