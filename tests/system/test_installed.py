"""The wheel, in a fresh environment of its own, does what the checkout does."""

import json
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.fakes.serving import Serving

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder of commands in an environment that has Ringback from its wheel, without extras."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)], check=True)
    (wheel,) = folder.glob("ringback-*.whl")
    venv.create(folder / "venv", with_pip=True)
    commands = folder / "venv" / "bin"
    subprocess.run([commands / "python", "-m", "pip", "install", "-q", str(wheel)], check=True)
    return commands


def said(commands, *words, code=0):
    done = subprocess.run([commands / "ringback", *words], capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode == code, done.stderr
    return done.stdout or done.stderr


def test_the_wheel_brings_the_command_and_its_vendors(installed):
    assert said(installed, "--version").startswith("ringback ")
    assert "vobiz" in said(installed, "vendors")


def test_without_extras_the_demo_and_the_judge_name_what_is_missing(installed):
    assert "ringback[demo]" in said(installed, "demo", code=2)
    assert "not there yet" in said(installed, "contract", code=2)


def test_without_its_extra_interception_names_it(installed):
    assert "ringback[intercept]" in said(installed, "run", "--intercept", "--", "true", code=2)


def test_the_wheel_serves(installed):
    with Serving("--port", "0", "--quiet", python=str(installed / "python"), cwd="/") as serving:
        assert json.dumps(serving.api.get("/sandboxes")).count("default")
