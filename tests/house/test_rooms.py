"""Rooms keep to themselves, beyond what the import linter can say."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = sorted(path.parent for path in (ROOT / "emulator").glob("*/__init__.py"))
IMPURE = {
    "asyncio", "concurrent", "http", "multiprocessing", "os", "pathlib", "random", "secrets", "select", "selectors",
    "signal", "socket", "ssl", "subprocess", "threading", "time", "urllib", "uuid",
}  # fmt: skip


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("room", ["engine", "scenarios"])
def test_a_pure_room_imports_the_pure_part_of_the_standard_library_alone(room):
    allowed = (sys.stdlib_module_names - IMPURE) | {"emulator", "__future__"}
    for path in sorted((ROOT / "emulator" / room).rglob("*.py")):
        assert imported(path) <= allowed, f"{path.relative_to(ROOT)}: {sorted(imported(path) - allowed)}"


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_a_room_says_in_one_sentence_what_it_is_for(room):
    said = ast.get_docstring(ast.parse((room / "__init__.py").read_text(encoding="utf-8"))) or ""
    first = said.partition("\n\n")[0]
    assert len(first) > 10, f"emulator/{room.name}/__init__.py"
    assert first.rstrip().endswith("."), f"emulator/{room.name}/__init__.py"


@pytest.mark.parametrize("path", sorted((ROOT / "emulator").rglob("*.py")), ids=lambda path: path.name)
def test_a_long_module_says_why(path):
    text = path.read_text(encoding="utf-8")
    if len(text.splitlines()) > 400:
        assert "lines" in (ast.get_docstring(ast.parse(text)) or ""), f"{path}: past 400 lines, the docstring says why"
