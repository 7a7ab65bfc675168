"""The wheel, in a fresh environment of its own, does what the checkout does."""

import json
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
import yaml

from tests.fakes.serving import Serving

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.system


CONTRACTS = sorted(path.parent.name for path in (ROOT / "contracts").glob("*/openapi.yaml"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(folder), str(ROOT)], check=True)
    (made,) = folder.glob("ringback-*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """A folder of commands in an environment that has Ringback from its wheel, without extras."""
    folder = tmp_path_factory.mktemp("installed")
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
    assert "ringback[contracts]" in said(installed, "contract", "list", code=2)


def test_without_its_extra_interception_names_it(installed):
    assert "ringback[intercept]" in said(installed, "run", "--intercept", "--", "true", code=2)


def test_the_wheel_serves(installed):
    with Serving("--port", "0", "--quiet", python=str(installed / "python"), cwd="/") as serving:
        assert json.dumps(serving.api.get("/sandboxes")).count("default")


def test_the_wheel_has_every_contract_as_it_is_written(wheel):
    with zipfile.ZipFile(wheel) as archive:
        for name in CONTRACTS:
            path = f"contracts/{name}/openapi.yaml"
            assert archive.read(path) == (ROOT / path).read_bytes()


def test_without_extras_the_wheel_serves_every_contract(installed):
    with Serving("--port", "0", "--quiet", python=str(installed / "python"), cwd="/") as serving:
        assert [each["id"] for each in serving.api.get("/contracts")["contracts"]] == CONTRACTS
        for name in CONTRACTS:
            document = serving.api.get(f"/contracts/{name}.json")
            assert document == yaml.safe_load((ROOT / "contracts" / name / "openapi.yaml").read_text("utf-8"))
