"""`ringback serve` as a process, and what surrounds it as processes: killed, restarted, stopped, shared."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Timer
from time import perf_counter
from typing import Any

import pytest

from emulator.client.control_api import ControlApi
from tests.fakes.application import Application, document
from tests.fakes.serving import LIMIT, ROOT, Serving, ringback

CALLEE = "+919876543210"
STAY = document("<Response><Play loop='0'>http://a/b.mp3</Play></Response>")
BYE = document("<Response><Speak>good bye</Speak></Response>")


class Client:
    """One sandbox of a server, as a client of Vobiz and of the control API. Every step ends settled."""

    def __init__(self, api: ControlApi, **spec: Any) -> None:
        self.api = api
        self.made = api.post("/sandboxes", spec)
        self.id: str = self.made["id"]
        account = self.made["vendors"]["vobiz"]
        self.headers = {"X-Auth-ID": account["auth_id"], "X-Auth-Token": account["auth_token"]}
        self.base = f"/vobiz/api/v1/Account/{account['auth_id']}"
        self.number: str = account["numbers"][0]

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        status, text = self.api.send(method, f"{self.base}/{path}", dict(self.headers), body)
        return status, json.loads(text) if text else None

    def place(self, answer_url: str, **more: str) -> str:
        status, body = self.ask("POST", "Call/", {"from": self.number, "to": CALLEE, "answer_url": answer_url, **more})
        assert status == 201, body
        self.advance(0)
        made: str = body["request_uuid"]
        return made

    def live(self) -> list[str]:
        found: list[str] = self.ask("GET", "Call/?status=live")[1]["calls"]
        return found

    def advance(self, seconds: float) -> None:
        self.api.post(f"/sandboxes/{self.id}/clock/advance", {"seconds": seconds})

    def run(self) -> None:
        self.api.post(f"/sandboxes/{self.id}/clock/run", {})

    def deliveries(self, callback: str) -> list[Any]:
        path = f"/sandboxes/{self.id}/deliveries?callback={callback}"
        found: list[Any] = self.api.get(path)["deliveries"]
        return found

    def journal(self) -> bytes:
        status, lines = self.api.send("GET", f"/_control/v1/sandboxes/{self.id}/journal", {})
        assert status == 200
        return lines


def statuses(delivery: Any) -> list[Any]:
    """What each attempt came to."""
    return [each["response"]["status"] if each["response"] else each["error"] for each in delivery["attempts"]]


@pytest.fixture
def client(server: Serving) -> Iterator[Client]:
    made = Client(server.api)
    yield made
    made.api.delete(f"/sandboxes/{made.id}")


# --- the application dies ------------------------------------------------------------------------------------------


def test_a_document_is_asked_for_again_once_the_killed_application_is_back(client: Client) -> None:
    with Application() as first:
        uuid = client.place(f"{first.url}{BYE}", ring_url=f"{first.url}/ring")
        assert first.kill() == ["/ring"]
    client.advance(2.5)  # it is answered at 2 s, and nobody is there
    assert client.live() == [uuid]
    with Application(first.port) as second:
        client.run()
        assert second.kill() == [BYE]
    (asked,) = client.deliveries("answer")
    assert (asked["state"], statuses(asked)) == ("delivered", ["connection", 200])
    assert client.ask("GET", f"cdr/{uuid}")[1]["data"]["hangup_cause_code"] == 4010


def test_an_application_that_dies_while_it_is_asked_is_asked_again(client: Client) -> None:
    with Application() as first:
        uuid = client.place(f"{first.url}{STAY}", time_limit="60", hangup_url=f"{first.url}/die")
        client.advance(61)
        assert client.live() == [uuid]
        client.advance(1.5)
        assert first.died() == [STAY, "/die"]
    (told,) = client.deliveries("hangup")
    assert (told["state"], statuses(told)) == ("retrying", ["connection"])
    with Application(first.port) as second:
        second.kill()
        with Application(first.port):
            client.api.post(f"/sandboxes/{client.id}/deliveries/{told['id']}/resend", {})
    client.run()
    (told, again) = client.deliveries("hangup")
    assert (told["state"], len(told["attempts"])) == ("failed", 4)
    assert again["resend_of"] == told["id"]
    assert client.ask("GET", f"cdr/{uuid}")[1]["data"]["hangup_cause_code"] == 6000


def test_notifications_go_on_being_retried_while_the_call_goes_on(client: Client) -> None:
    with Application() as first:
        pass  # gone before anything begins
    with Application() as other:
        uuid = client.place(f"{other.url}{STAY}", ring_url=f"{first.url}/ring", time_limit="30")
        client.advance(2)
        assert client.live() == [uuid]
        with Application(first.port) as second:
            client.advance(2)
            assert second.kill() == ["/ring"]
        client.run()
    (told,) = client.deliveries("ring")
    assert (told["state"], statuses(told)) == ("delivered", ["connection", "connection", 200])


# --- the server is stopped -----------------------------------------------------------------------------------------


class Silent:
    """An application that takes webhooks and answers when told."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(LIMIT)
        self.taken: list[socket.socket] = []
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"

    def take(self) -> socket.socket:
        """The next webhook, whole."""
        taken, _ = self.listener.accept()
        self.taken.append(taken)
        taken.settimeout(LIMIT)
        text = b""
        while b"\r\n\r\n" not in text:
            text += taken.recv(65536)
        head, _, body = text.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(body) < length:
            body += taken.recv(65536)
        return taken

    @staticmethod
    def answer(taken: socket.socket) -> None:
        taken.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def silent() -> Iterator[Silent]:
    made = Silent()
    yield made
    for each in (made.listener, *made.taken):
        each.close()


def rest_of(serving: Serving) -> list[Any]:
    """Every line that is still to come, once it has ended."""
    stopper = Timer(LIMIT, serving.process.kill)
    stopper.start()
    try:
        stdout = serving.process.stdout
        assert stdout is not None
        return [json.loads(line) for line in stdout]
    finally:
        stopper.cancel()


def place_on_default(url: str, ring_url: str) -> None:
    api = ControlApi(url)
    account = api.get("/sandboxes/default")["vendors"]["vobiz"]
    headers = {"X-Auth-ID": account["auth_id"], "X-Auth-Token": account["auth_token"]}
    body = {"from": account["numbers"][0], "to": CALLEE, "answer_url": "http://127.0.0.1:9/", "ring_url": ring_url}
    status, text = api.send("POST", f"/vobiz/api/v1/Account/{account['auth_id']}/Call/", headers, body)
    assert status == 201, text


def outcomes_of_rings(lines: list[Any]) -> list[Any]:
    """Of the first webhook of each call."""
    return [line["outcome"] for line in lines if line["kind"] == "outcome" and line["delivery"].endswith("-d1")]


def test_webhooks_in_flight_are_answered_before_it_stops(silent: Silent) -> None:
    with Serving("--port", "0", "--json") as serving:
        url = json.loads(serving.first)["url"]
        for _ in range(3):
            place_on_default(url, silent.url)
        taken = [silent.take() for _ in range(3)]
        serving.send(signal.SIGTERM)
        for each in taken:
            silent.answer(each)
        began = perf_counter()
        lines = rest_of(serving)
        assert serving.process.wait(LIMIT) == 0
        assert perf_counter() - began < 1.5  # all is answered: it does not wait for its two seconds
        assert [outcome["reply"]["status"] for outcome in outcomes_of_rings(lines)] == [200] * 3


def test_webhooks_that_are_not_answered_are_given_up_after_two_seconds(silent: Silent) -> None:
    with Serving("--port", "0", "--json") as serving:
        for _ in range(3):
            place_on_default(json.loads(serving.first)["url"], silent.url)
        taken = [silent.take() for _ in range(3)]
        began = perf_counter()
        serving.send(signal.SIGTERM)
        lines = rest_of(serving)
        assert serving.process.wait(LIMIT) == 0
        assert 1.5 < perf_counter() - began < 4
        assert outcomes_of_rings(lines) == []
        assert [each.recv(1) for each in taken] == [b""] * 3  # closed


# --- two sandboxes, one server -------------------------------------------------------------------------------------

BUSY = {"default": {"outcome": "busy"}}
ANSWERS = {"default": {"rings_for": 1, "hangs_up_after": 7}}


def day(client: Client, app: str, step: float) -> bytes:
    """A fixed program of calls and passing time; the journal."""
    urls = {f"{name}_url": f"{app}/{client.id}/{name}" for name in ("ring", "hangup")}
    mine: list[str] = []
    for number in range(8):
        mine.append(client.place(f"{app}{STAY if number % 2 else BYE}", **urls))
        client.advance(step)
        assert set(client.live()) <= set(mine)
    client.api.post(f"/sandboxes/{client.id}/calls", {"vendor": "vobiz", "from": CALLEE, "to": client.number})
    client.advance(step)
    for uuid in client.live():
        client.ask("DELETE", f"Call/{uuid}/")
        client.advance(0)
    client.run()
    assert {row["uuid"] for row in client.ask("GET", "cdr?per_page=100")[1]["data"]} >= set(mine)
    return client.journal()


SPECS: list[tuple[dict[str, Any], float]] = [
    ({"name": "north", "seed": 1, "scenario": BUSY}, 3.5),
    ({"name": "south", "seed": 2, "scenario": ANSWERS, "clock": {"start": "2031-05-01T00:00:00Z"}}, 4.25),
]


def test_two_sandboxes_at_once_are_as_each_alone(server: Serving) -> None:
    """Same numbers called, from two threads; what each would have done alone is what its journal says."""
    with Application() as app:
        alone = []
        for spec, step in SPECS:
            client = Client(server.api, **spec)
            alone.append(day(client, app.url, step))
            client.api.delete(f"/sandboxes/{client.id}")
        clients = [Client(ControlApi(server.url), **spec) for spec, _ in SPECS]
        with ThreadPoolExecutor(len(clients)) as threads:
            together = list(threads.map(day, clients, [app.url] * 2, [step for _, step in SPECS], timeout=60))
        asked = app.kill()
    for lines, before in zip(together, alone, strict=True):
        assert lines.splitlines() == before.splitlines()
    for client, other in (clients, clients[::-1]):
        lines = [json.loads(line) for line in client.journal().splitlines()]
        assert {line["sandbox"] for line in lines} == {client.id}
        assert other.headers["X-Auth-ID"].encode() not in client.journal()
        mine = {row["uuid"] for row in client.ask("GET", "cdr?per_page=100")[1]["data"]}
        assert all(other.ask("GET", f"cdr/{uuid}")[0] == 404 for uuid in mine)
        assert client.ask("GET", "Call/?status=live")[1]["calls"] == []
    north, south = (client.api.get(f"/sandboxes/{client.id}/clock")["now"] for client in clients)
    assert (north[:4], south[:4]) == ("2026", "2031")
    assert {path.split("/")[1] for path in asked} == {"north", "south", "xml"}
    for client in clients:
        client.api.delete(f"/sandboxes/{client.id}")


# --- a fifth provider, installed by somebody else ------------------------------------------------------------------

FIFTH = {
    "METADATA": "Metadata-Version: 2.1\nName: ringback-acme\nVersion: 1.0\n",
    "entry_points.txt": "[emulator.vendors]\nacme = ringback_acme:vendor\n",
    "RECORD": "",
}


@pytest.fixture(scope="module")
def fifth(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with Acme as a distribution of its own; its path for `PYTHONPATH`."""
    folder = tmp_path_factory.mktemp("fifth")
    (folder / "ringback_acme.py").write_text((ROOT / "tests/fakes/acme.py").read_text())
    info = folder / "ringback_acme-1.0.dist-info"
    info.mkdir()
    for name, text in FIFTH.items():
        (info / name).write_text(text)
    return str(folder)


def test_a_fifth_vendor_is_listed_by_its_entry_point_alone(fifth: str) -> None:
    told = ringback("vendors", env={**os.environ, "PYTHONPATH": fifth})
    assert told.returncode == 0, told.stderr
    assert "acme" in told.stdout and "vobiz" in told.stdout
    assert "acme" not in ringback("vendors").stdout


def test_a_fifth_vendor_is_served_whole(fifth: str) -> None:
    with Application() as app, Serving("--port", "0", "--quiet", env={"PYTHONPATH": fifth}) as serving:
        api = serving.api
        made = api.post("/sandboxes", {"settings": {"acme": {"tone": "cold"}}})
        account = made["vendors"]["acme"]
        assert account["base_url"] == f"{serving.url}/acme"
        assert api.get(f"/sandboxes/{made['id']}/settings/acme") == {"tone": "cold"}
        headers = {"Authorization": f"Bearer {account['api_key']}"}
        answer = f"{app.url}{document(json.dumps([{'say': 'hello from acme'}]))}"
        body = {"from": account["numbers"][0], "to": CALLEE, "answer_url": answer, "hangup_url": f"{app.url}/bye"}
        status, text = api.send("POST", "/acme/calls", headers, body)
        assert status == 201, text
        call_id = json.loads(text)["id"]
        api.post(f"/sandboxes/{made['id']}/clock/run", {})
        call = api.get(f"/sandboxes/{made['id']}/calls/{call_id}")
        assert (call["vendor"], call["state"], call["cause"]["name"]) == ("acme", "ended", "NORMAL_CLEARING")
        assert [each["callback"] for each in call["deliveries"]] == ["answer", "hangup"]
        assert [each["text"] for each in call["transcript"] if each["kind"] == "say"] == ["hello from acme"]
        assert "hello from acme" in call["ladder"]["text"]
        status, text = api.send("GET", f"/acme/calls/{call_id}", headers)
        assert json.loads(text) == {"id": call_id, "state": "ended", "cause": "NORMAL_CLEARING"}
        api.post(f"/sandboxes/{made['id']}/calls", {"vendor": "acme", "from": CALLEE, "to": account["numbers"][0]})
        told = json.dumps(api.get("/openapi.json"))
        assert "acme" in told
