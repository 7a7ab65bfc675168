"""`emulator.start` and `emulator.connect`: servers of one's own and of others."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import emulator
from emulator.client.control_api import ControlRefused, NoServer
from emulator.client.server import CannotStart, Server
from emulator.errors import UsageError


def test_a_server_of_ones_own_ends_with_its_block():
    with emulator.start(seed=7) as ringback:
        assert ringback.seed == 7
        url = ringback.api.url
        assert ringback.api.get("/sandboxes")
    with pytest.raises(NoServer):
        emulator.connect(url)


def test_connecting_makes_a_fresh_sandbox_that_goes_with_its_block(ringback_server):
    with emulator.connect(ringback_server.url) as ringback:
        path = ringback.path
    with pytest.raises(ControlRefused, match="unknown_sandbox"):
        ringback_server.api.get(path)


def test_a_sandbox_that_was_there_stays(ringback_server):
    with emulator.connect(ringback_server.url, sandbox="default") as ringback:
        assert not ringback.is_virtual
    assert ringback_server.api.get("/sandboxes/default")["id"] == "default"


def test_a_server_that_cannot_start_tells_why():
    with pytest.raises(CannotStart, match=r"did not start: (?s:.*)--speed"):
        Server.start("--speed", "0")


def test_a_wrong_spec_leaves_no_server_and_no_sandbox_behind(ringback_server):
    before = names(ringback_server)
    with pytest.raises(UsageError, match="vendor: expected"):
        ringback_server.sandbox(vendor="acme")
    assert names(ringback_server) == before


def names(server):
    return [sandbox["id"] for sandbox in server.api.get("/sandboxes")["sandboxes"]]


def test_a_server_dies_with_the_process_that_started_it():
    code = "import emulator, os; print(emulator.start().api.url, flush=True); os._exit(0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    url = done.stdout.strip()
    while is_there(url):
        pass


def is_there(url):
    try:
        emulator.connect(url).close()
    except NoServer:
        return False
    return True


def test_variables_of_ours_do_not_reach_a_server_of_ones_own(monkeypatch):
    monkeypatch.setenv("RINGBACK_TOKEN", "secret")
    monkeypatch.setenv("RINGBACK_PORT", "1")
    with emulator.start() as ringback:
        assert ringback.api.get("/sandboxes")


def test_importing_the_front_door_imports_nothing_before_it_is_used():
    code = "import emulator, sys; print(*(name for name in sys.modules if name.startswith('emulator')))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["emulator"]


def test_type_checkers_are_told_of_every_public_name():
    told = Path(emulator.__file__).with_suffix(".pyi").read_text(encoding="utf-8")
    assert {*re.findall(r" as (\w+)$", told, re.MULTILINE), "__version__"} == set(emulator.__all__)
    assert all(getattr(emulator, name) for name in emulator.__all__)


def test_what_the_front_door_does_not_have_is_named():
    with pytest.raises(AttributeError, match="it has AsyncSandbox"):
        _ = emulator.begin
