"""What the guides say is true: generated parts are fresh, named files exist, every code block does what it says."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from docs.generate import README, regenerated
from tests.fakes.curl import curl

ROOT = Path(__file__).parents[2]
GUIDES = [README, ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
FILE = re.compile(r"# (\w+\.py)$", re.MULTILINE)
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BLOCKS = [
    pytest.param(path, language, text, id=f"{path.name}-{number}")
    for path in GUIDES
    for number, (language, text) in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")), 1)
]
COMMANDS = {"serve", "demo", "call", "dial-in", "vendors", "numbers", "run"}


def test_the_generated_parts_of_the_readme_are_fresh():
    text = README.read_text(encoding="utf-8")
    assert regenerated(text) == text, "run `make docs`"


@pytest.mark.parametrize(("path", "language", "text"), BLOCKS)
def test_a_guides_code_block_holds(path, language, text, server, tmp_path):
    if language == "sh":
        for line in text.splitlines():
            check_shell_line(line.partition("  # ")[0].partition(" # ")[0].strip(), server)
    elif language == "python" and FILE.match(text):
        check_file(text, tmp_path)
    elif language == "python":
        subprocess.run([sys.executable, "-c", text], check=True, cwd=ROOT)
    elif language == "json":
        json.loads(text)
    else:
        assert language == "", f"a block in {language or 'no language'} is checked by nobody: say how, here"


def check_file(text, folder):
    """A block that is a file, `# test_it.py`, is run by pytest beside the tutorial's files; any other is compiled."""
    for _, other in BLOCK.findall((ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")):
        if (named := FILE.match(other)) and not named[1].startswith("test_"):
            (folder / named[1]).write_text(other, encoding="utf-8")
    name = FILE.match(text)[1]
    (folder / name).write_text(text, encoding="utf-8")
    compile(text, name, "exec")
    if name.startswith("test_"):
        words = [sys.executable, "-m", "pytest", "-q", "--rootdir", str(folder), "-p", "no:cacheprovider", str(folder)]
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("RINGBACK_", "PYTEST_"))}
        done = subprocess.run(words, cwd=folder, env=clean, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout


def check_shell_line(line, server):
    """A line is run against a server of our own, or, where running it would start the whole house, looked up."""
    words = line.split()
    if not words:
        return
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), line
    elif words[0] == "ringback":
        assert words[1] in COMMANDS, line
    else:
        assert words[0] == "curl", f"nobody checks {line!r}"
        status, body = curl(line.replace("http://127.0.0.1:5550", server.url))
        assert 200 <= status <= 299, body


def test_files_that_a_guide_names_exist():
    for path in GUIDES:
        for name in re.findall(r"`((?:docs|tests|benchmarks|emulator|contracts)/[\w/.-]+)`", path.read_text("utf-8")):
            if "acme" not in name and "/x" not in name:
                assert (ROOT / name).exists(), f"{path.name} names {name}"


def test_every_decision_record_has_context_decision_and_rejected_alternatives():
    for path in sorted((ROOT / "docs" / "adr").glob("0*.md")):
        text = path.read_text(encoding="utf-8")
        for part in ("## Context", "## Decision", "## Rejected"):
            assert part in text, f"{path.name} lacks {part}"


def test_no_place_of_the_machine_it_was_written_on_is_named():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    home = str(ROOT.parent)
    if len(home) > 1:
        for name in tracked:
            assert f"{home}/" not in (ROOT / name).read_text(encoding="utf-8", errors="replace"), name
