"""The pure rooms know the standard library only, and nothing in it that asks the time, sleeps, draws or talks."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import emulator

HOUSE = Path(emulator.__file__).parent
PURE = sorted(path for room in ("engine", "scenarios") for path in (HOUSE / room).rglob("*.py"))
FORBIDDEN = {
    "asyncio", "concurrent", "http", "io", "multiprocessing", "os", "pathlib", "random", "secrets", "select",
    "selectors", "signal", "socket", "ssl", "subprocess", "tempfile", "threading", "time", "urllib", "uuid",
}  # fmt: skip
OURS = ("emulator.engine", "emulator.scenarios", "emulator.ids", "emulator.errors")


def imported(path: Path) -> set[str]:
    """Every module named by an import, wherever it stands in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return names


def test_both_rooms_are_looked_at() -> None:
    assert {path.relative_to(HOUSE).parts[0] for path in PURE} == {"engine", "scenarios"}
    assert len(PURE) > 15


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_pure_module_imports_what_does_nothing(path: Path) -> None:
    for name in imported(path):
        if name.startswith("emulator"):
            assert name.startswith(OURS), name
        else:
            assert name.partition(".")[0] in sys.stdlib_module_names - FORBIDDEN, name


@pytest.mark.parametrize("path", PURE, ids=lambda path: str(path.relative_to(HOUSE)))
def test_a_pure_module_opens_prints_and_asks_nothing(path: Path) -> None:
    calls = [node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    named = {call.id for call in calls if isinstance(call, ast.Name)}
    methods = {call.attr for call in calls if isinstance(call, ast.Attribute)}

    assert not named & {"open", "print", "input", "exec", "eval", "__import__"}
    assert not methods & {"now", "utcnow", "today", "sleep", "import_module"}


def test_importing_them_brings_in_no_network_no_threads_and_no_chance() -> None:
    code = "import sys; before = set(sys.modules); import emulator.engine, emulator.scenarios.player;"
    code += "print(*sorted(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=HOUSE.parent)
    brought = {name.partition(".")[0] for name in ran.stdout.split()}

    assert brought - sys.stdlib_module_names - {"emulator"} == set()
    assert not brought & {"asyncio", "random", "uuid", "threading", "socket", "ssl", "subprocess", "selectors"}
