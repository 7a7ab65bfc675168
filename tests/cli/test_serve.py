"""`ringback serve` as a process: where it says it is, what it shows, how it stops."""

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from time import perf_counter

import pytest

from emulator import __version__
from emulator.client import BASE
from emulator.client.control_api import ControlApi, ControlRefused
from emulator.runtime.vendors import load_vendors
from tests.fakes.curl import curl
from tests.fakes.serving import Serving, ringback


def test_the_ready_file_appears_whole_with_address_process_and_accounts(tmp_path):
    path = tmp_path / "ready.json"
    with Serving("--port", "0", "--quiet", "--ready-file", str(path)) as serving:
        ready = json.loads(path.read_text())
        assert ready["url"] == serving.url
        assert (ready["pid"], ready["version"]) == (serving.process.pid, __version__)
        assert ready["sandboxes"]["default"]["vendors"] == serving.api.get("/sandboxes/default")["vendors"]
        assert [entry.name for entry in tmp_path.iterdir()] == ["ready.json"]
        serving.send(signal.SIGTERM)
        assert serving.ended() == 0
    assert list(tmp_path.iterdir()) == []


def test_every_option_has_its_variable(tmp_path):
    variables = {
        "RINGBACK_PORT": "0", "RINGBACK_CLOCK": "virtual", "RINGBACK_START": "2030-05-01T00:00:00Z",
        "RINGBACK_JSON": "1", "RINGBACK_SEED": "7", "RINGBACK_READY_FILE": str(tmp_path / "ready"),
    }  # fmt: skip
    with Serving(env=variables) as serving:
        started = json.loads(serving.first)
        assert started["kind"] == "serving"
        assert started["sandboxes"]["default"]["seed"] == 7
        clock = ControlApi(started["url"]).get("/sandboxes/default/clock")
        assert (clock["mode"], clock["now"]) == ("virtual", "2030-05-01T00:00:00Z")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_stops_it_with_its_own_exit_code(number, code):
    with Serving("--port", "0", "--quiet") as serving:
        serving.send(number)
        assert serving.ended() == code


def test_a_taken_port_is_said_with_a_way_out_and_exits_3():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = ringback("serve", "--port", str(port))
    assert done.returncode == 3
    assert f"127.0.0.1:{port} is taken by another program" in done.stderr
    assert "--port 0" in done.stderr


def test_an_address_of_another_machine_exits_3():
    done = ringback("serve", "--host", "192.0.2.1", "--port", "0")
    assert done.returncode == 3
    assert "cannot bind 192.0.2.1:0" in done.stderr


def test_a_ready_file_in_no_folder_exits_3(tmp_path):
    done = ringback("serve", "--port", "0", "--ready-file", str(tmp_path / "none" / "ready"))
    assert done.returncode == 3
    assert "--ready-file: cannot write" in done.stderr


@pytest.fixture
def silent():
    """A receiver that takes a webhook and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        yield listener


def call_in_progress(serving, silent):
    """Place a call, and wait until its first webhook is out at the silent receiver: the open connection."""
    name = "vobiz"
    account = serving.api.get("/sandboxes/default")["vendors"][name]
    urls = {"answer": "http://127.0.0.1:9/", "ring": f"http://127.0.0.1:{silent.getsockname()[1]}/ring"}
    request = load_vendors()[name].call_request(account, account["numbers"][0], "+919876543210", urls)
    status, body = serving.api.send(request.method, f"/{name}{request.path}", dict(request.headers), request.json)
    assert status == 201, body
    return silent.accept()[0]


def test_a_call_in_progress_holds_a_stop_for_two_seconds_at_most(silent):
    with Serving("--port", "0", "--quiet") as serving, call_in_progress(serving, silent):
        began = perf_counter()
        serving.send(signal.SIGTERM)
        assert serving.ended() == 0
        assert perf_counter() - began < 5


def test_a_second_signal_stops_at_once(silent):
    with Serving("--port", "0", "--quiet") as serving, call_in_progress(serving, silent):
        began = perf_counter()
        serving.send(signal.SIGTERM)
        serving.send(signal.SIGINT)
        assert serving.ended() == 130
        assert perf_counter() - began < 1.8


def test_what_is_being_answered_is_answered_before_it_stops():
    with Serving("--port", "0", "--quiet") as serving:
        host, _, port = serving.url.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port))) as half:
            half.settimeout(30)
            body = b'{"clock": {"mode": "virtual"}}'
            head = f"POST {BASE}/sandboxes HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(body)}\r\n"
            half.sendall(head.encode() + b"Expect: 100-continue\r\n\r\n")
            assert half.recv(100).startswith(b"HTTP/1.1 100")  # by now it is being served, and waits for its body
            serving.send(signal.SIGTERM)
            half.sendall(body)
            assert half.recv(100).startswith(b"HTTP/1.1 201")
        assert serving.ended() == 0


def test_the_banner_names_address_account_numbers_and_a_line_that_works_when_pasted():
    with Serving("--port", "0") as serving:
        told = serving.lines_until("/vobiz/api/v1/")
        assert any("...555 0101" in line for line in told)
        api = serving.api
        account = api.get("/sandboxes/default")["vendors"]["vobiz"]
        assert any(account["auth_token"] in line for line in told)
        status, body = curl(told[-1])
        assert status == 201
        assert "request_uuid" in json.loads(body)
        (call,) = api.get("/sandboxes/default/calls")["calls"]
        assert call["vendor"] == "vobiz"
        shown = serving.lines_until("queued")
        assert "+919876543210" in shown[-1]


def test_json_lines_are_the_journal():
    with Serving("--port", "0", "--json", "--clock", "virtual") as serving:
        api = ControlApi(json.loads(serving.first)["url"])
        vendors = api.get("/sandboxes/default")["vendors"]
        api.post("/sandboxes/default/calls", {
            "vendor": "vobiz", "from": "+919876543210", "to": vendors["vobiz"]["numbers"][0],
        })  # fmt: skip
        lines = [json.loads(line) for line in serving.lines_until("CallEnded")]
        assert lines == [entry for entry in journal(api) if entry["seq"] in {line["seq"] for line in lines}]


def journal(api):
    _, body = api.send("GET", "/_control/v1/sandboxes/default/journal", {})
    return [json.loads(line) for line in body.splitlines()]


def test_serving_goes_on_when_nobody_reads_its_lines_any_more():
    with Serving("--port", "0", "--clock", "virtual") as serving:
        serving.process.stdout.close()
        serving.process.stdout = None
        number = serving.api.get("/sandboxes/default")["vendors"]["vobiz"]["numbers"][0]
        for _ in range(3):
            serving.api.post("/sandboxes/default/calls", {"vendor": "vobiz", "from": "+919876543210", "to": number})
        assert len(serving.api.get("/sandboxes/default/calls")["calls"]) == 3
        serving.send(signal.SIGTERM)
        assert serving.ended() == 0


def test_on_a_terminal_its_lines_have_colours():
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "emulator", "serve", "--port", "0", "--clock", "virtual"],
        stdout=theirs, stderr=subprocess.DEVNULL, env={**os.environ, "TERM": "xterm"},
    )  # fmt: skip
    os.close(theirs)
    try:
        told = read_until(ours, b"curl -X")
        api = ControlApi(re.search(rb"http://[\d.]+:\d+", told)[0].decode())
        number = api.get("/sandboxes/default")["vendors"]["vobiz"]["numbers"][0]
        api.post("/sandboxes/default/calls", {"vendor": "vobiz", "from": "+919876543210", "to": number})
        assert b"\x1b[1m" in read_until(ours, b"ended")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read_until(descriptor, text):
    told = b""
    while text not in told:
        told += os.read(descriptor, 4096)
    return told


def test_bound_wider_it_makes_up_a_token_and_demands_it(tmp_path):
    path = tmp_path / "ready"
    with Serving("--host", "0.0.0.0", "--port", "0", "--quiet", "--ready-file", str(path)):
        ready = json.loads(path.read_text())
        with pytest.raises(ControlRefused) as refused:
            ControlApi(ready["url"]).get("/sandboxes")
        assert refused.value.status == 401
        assert ControlApi(ready["url"], ready["token"]).get("/sandboxes")["sandboxes"][0]["id"] == "default"


def test_vendor_ports_serve_a_vendor_without_its_prefix(tmp_path):
    path = tmp_path / "ready"
    with Serving("--port", "0", "--quiet", "--vendor-ports", "--ready-file", str(path)):
        account = json.loads(path.read_text())["sandboxes"]["default"]["vendors"]["vobiz"]
        path = f"{account['base_url']}/api/v1/Account/{account['auth_id']}/Call/?status=live"
        status, body = curl(
            f"curl {path} -H 'X-Auth-ID: {account['auth_id']}' -H 'X-Auth-Token: {account['auth_token']}'"
        )
        assert (status, json.loads(body)["calls"]) == (200, [])
