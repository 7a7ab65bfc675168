"""Dockerfile, compose file and action: what can be held against a schema is, and what runs without Docker runs."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml

from emulator.cli.serve import serve
from emulator.client.control_api import ControlApi
from tests.fakes.serving import Serving

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
VARIABLES = {option.envvar for option in serve.params}


@pytest.mark.parametrize(
    ("file", "schema"), [("compose.yaml", "vendor.compose-spec"), ("action.yml", "vendor.github-actions")]
)
def test_the_file_is_what_its_schema_says(file, schema):
    done = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(ROOT / file)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def test_every_option_of_serve_is_a_variable():
    assert all(name and name.startswith("RINGBACK_") for name in VARIABLES)


@pytest.mark.parametrize(
    "text", [DOCKERFILE, (ROOT / "compose.yaml").read_text("utf-8")], ids=["Dockerfile", "compose"]
)
def test_every_variable_that_is_set_is_an_option(text):
    told = set(re.findall(r"^\s*(?:ENV )?(RINGBACK_\w+)(?:=|: )", text, re.MULTILINE))
    assert told
    assert told <= VARIABLES


def test_the_image_is_slim_and_does_not_run_as_root():
    stages = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert all(stage.endswith("-slim") for stage in stages)
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    assert re.search(r"^USER (?!0|root)\S+", last, re.MULTILINE)
    assert not re.search(r"^(ADD|COPY) \.", last, re.MULTILINE)


def test_what_the_image_is_built_from_is_in_its_context():
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")}
    copied = {word for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()}
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


@pytest.mark.system
def test_what_is_copied_into_the_image_is_enough_to_install(tmp_path):
    for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE):
        for name in line.split():
            copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
            copy(ROOT / name, tmp_path / name)
    words = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path / "wheels"), str(tmp_path)]
    subprocess.run(words, check=True)
    (wheel,) = (tmp_path / "wheels").glob("ringback-*.whl")
    with zipfile.ZipFile(wheel) as packed:
        assert {"emulator/cli/__init__.py", "emulator/scenario_files/scenario.schema.json"} <= set(packed.namelist())


def command(name):
    """The words of an instruction in its exec form."""
    found = re.search(rf"^{name}(?:[^\[]|\\\n)*(\[.*\])$", DOCKERFILE, re.MULTILINE)
    return json.loads(found[1])


def health(port):
    words = command("HEALTHCHECK")
    assert words[0] == "python"
    environment = {**os.environ, "RINGBACK_PORT": str(port)}
    return subprocess.run([sys.executable, *words[1:]], env=environment, capture_output=True, check=False).returncode


def test_the_health_check_tells_a_server_that_answers_from_none():
    with Serving(env={"RINGBACK_PORT": "0", "RINGBACK_QUIET": "1"}) as serving:
        port = serving.url.rstrip(",").rpartition(":")[2]
        assert health(port) == 0
    assert health(port) == 1


def test_the_container_starts_the_server_as_its_variables_say():
    assert [*command("ENTRYPOINT"), *command("\nCMD".strip())] == ["ringback", "serve"]
    told = dict(re.findall(r"(RINGBACK_\w+)=(\S+)", DOCKERFILE))
    assert told == {"RINGBACK_HOST": "0.0.0.0", "RINGBACK_PORT": "5550"}
    with Serving("--quiet", env={**told, "RINGBACK_PORT": "0", "RINGBACK_TOKEN": "word"}) as serving:
        url = serving.url.rstrip(",")
        assert ControlApi(url, "word").get("/sandboxes")["sandboxes"]


def test_the_server_starts_with_what_compose_sets():
    (service,) = COMPOSE["services"].values()
    told = {name: re.sub(r"\$\{\w+:-(.*?)\}", r"\1", text) for name, text in service["environment"].items()}
    with Serving("--quiet", env={**told, "RINGBACK_PORT": "0"}) as serving:
        assert ControlApi(serving.url.rstrip(","), told["RINGBACK_TOKEN"]).get("/sandboxes/default")["seed"] == 0


def test_the_published_port_is_the_servers_and_open_to_this_machine_alone():
    (service,) = COMPOSE["services"].values()
    assert [port.startswith("127.0.0.1:") and port.endswith(":5550") for port in service["ports"]] == [True]


@pytest.mark.system
def test_the_action_starts_a_server_and_hands_on_its_address_and_credentials(tmp_path):
    (start,) = (step for step in ACTION["runs"]["steps"] if step.get("id") == "start")
    environment = {
        **{key: text for key, text in os.environ.items() if not key.startswith("RINGBACK_")},
        "PATH": os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"])),
        "RUNNER_TEMP": str(tmp_path), "GITHUB_ENV": str(tmp_path / "env"), "GITHUB_OUTPUT": str(tmp_path / "output"),
        "RINGBACK_CLOCK": "virtual", "RINGBACK_SEED": "7", "RINGBACK_PORT": "0", "ARGUMENTS": "--keep 10",
    }  # fmt: skip
    subprocess.run(["bash", "-eo", "pipefail", "-c", start["run"]], env=environment, check=True, cwd=ROOT, timeout=60)
    ready = json.loads((tmp_path / "ringback.json").read_text())
    try:
        told = dict(line.split("=", 1) for line in (tmp_path / "env").read_text().splitlines())
        output = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
        assert told["RINGBACK_URL"] == output["url"] == ready["url"]
        assert told["RINGBACK_VOBIZ_AUTH_ID"] == ready["sandboxes"]["default"]["vendors"]["vobiz"]["auth_id"]
        sandbox = ControlApi(told["RINGBACK_URL"]).get(f"/sandboxes/{told['RINGBACK_SANDBOX']}")
        assert (sandbox["seed"], sandbox["clock"]["mode"]) == (7, "virtual")
    finally:
        os.kill(ready["pid"], signal.SIGTERM)


@pytest.mark.system
def test_the_action_fails_with_the_servers_words_when_it_cannot_start(tmp_path):
    (start,) = (step for step in ACTION["runs"]["steps"] if step.get("id") == "start")
    environment = {
        **os.environ, "PATH": os.pathsep.join((os.path.dirname(sys.executable), os.environ["PATH"])),
        "RUNNER_TEMP": str(tmp_path), "GITHUB_ENV": str(tmp_path / "env"), "GITHUB_OUTPUT": str(tmp_path / "output"),
        "RINGBACK_PORT": "0", "ARGUMENTS": "--speed 0",
    }  # fmt: skip
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", start["run"]], env=environment, check=False, cwd=ROOT, timeout=60,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "--speed: expected a number above 0 and at most 1,000,000, got 0" in done.stderr


def test_every_input_of_the_action_is_used():
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert all(f"inputs.{name} " in text for name in ACTION["inputs"])
