"""What somebody else's distribution plugs into a served emulator, found by its entry points alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fakes.serving import Serving

FILES = {
    "METADATA": "Metadata-Version: 2.1\nName: ringback-made-up\nVersion: 1.0\n",
    "entry_points.txt": (
        "[emulator.observers]\nbroken = ringback_made_up:broken\nseen = ringback_made_up:seen\n"
        "[emulator.control_routes]\nmade_up = ringback_made_up:routes\n"
        "[emulator.answers]\nmade_up = ringback_made_up:answerer\n"
    ),
    "RECORD": "",
}
CODE = """
from starlette.responses import JSONResponse
from starlette.routing import Route

SEEN = []


def seen(entry):
    SEEN.append(entry.to_json())


def broken(entry):
    raise LookupError("not made for this")


def routes(exchange):
    async def told(request):
        name = request.path_params["name"]
        return JSONResponse([entry for entry in SEEN if entry["sandbox"] == exchange.sandboxes[name].id])

    return [Route("/made-up/{name}", told)]


class Answerer:
    def before(self, asked):
        return None

    def after(self, asked, answered):
        wrong = {"operation": "any", "field": "header.x-made-up", "rule": "required", "text": "X-Made-Up is missing",
                 "line": 1, "sent": None, "right": "send X-Made-Up", "standing": "inferred"}
        return answered, [] if "x-made-up" in dict(asked.headers) else [wrong]


def answerer(spec):
    return Answerer() if spec.vendor == "vobiz" and spec.is_strict else None
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A distribution with its code; its path for `PYTHONPATH`."""
    made: Path = tmp_path_factory.mktemp("made-up")
    (made / "ringback_made_up.py").write_text(CODE)
    info = made / "ringback_made_up-1.0.dist-info"
    info.mkdir()
    for name, text in FILES.items():
        (info / name).write_text(text)
    return str(made)


def test_an_observer_is_told_every_entry_and_a_control_route_is_served(folder: str) -> None:
    with Serving("--port", "0", "--quiet", "--clock", "virtual", env={"PYTHONPATH": folder}) as serving:
        api = serving.api
        account = api.get("/sandboxes/default")["vendors"]["vobiz"]
        body = {"from": account["numbers"][0], "to": "+919876543210", "answer_url": "http://127.0.0.1:9/answer"}
        headers = {"X-Auth-ID": account["auth_id"], "X-Auth-Token": account["auth_token"]}
        path = f"/vobiz/api/v1/Account/{account['auth_id']}/Call/"
        assert api.send("POST", path, headers, body)[0] == 201
        api.post("/sandboxes/default/clock/run", {})
        told = api.get("/made-up/default")
        journal = api.send("GET", "/_control/v1/sandboxes/default/journal", {}, None)[1]
        assert told == [json.loads(line) for line in journal.splitlines()]
        assert {"created", "command", "event", "sent", "outcome", "request"} <= {entry["kind"] for entry in told}


def test_a_sandbox_made_or_reset_later_is_observed_from_its_first_entry_on(folder: str) -> None:
    with Serving("--port", "0", "--quiet", env={"PYTHONPATH": folder}) as serving:
        api = serving.api
        name = api.post("/sandboxes", {"clock": {"mode": "virtual"}})["id"]
        assert [entry["kind"] for entry in api.get(f"/made-up/{name}")] == ["created"]
        api.post(f"/sandboxes/{name}/reset", {})
        api.post(f"/sandboxes/{name}/clock/advance", {"seconds": 60})
        assert [entry["kind"] for entry in api.get(f"/made-up/{name}")] == ["created", "created", "clock"]


def test_an_observer_that_raises_is_named_once_and_nobody_else_suffers(folder: str) -> None:
    with Serving("--port", "0", "--quiet", env={"PYTHONPATH": folder}) as serving:
        serving.api.post("/sandboxes", {"name": "later"})
        assert serving.api.get("/made-up/later")
        serving.process.terminate()
        _, errors = serving.process.communicate(timeout=30)
    assert errors.count("emulator.observers:broken raised LookupError('not made for this')") == 1, errors
    assert serving.process.returncode == 0


def test_whoever_judges_requests_is_asked_beside_the_contracts(folder: str) -> None:
    with Serving("--port", "0", "--quiet", "--strict", env={"PYTHONPATH": folder}) as serving:
        api = serving.api
        account = api.get("/sandboxes/default")["vendors"]["vobiz"]
        headers = {"X-Auth-ID": account["auth_id"], "X-Auth-Token": account["auth_token"]}
        path = f"/vobiz/api/v1/Account/{account['auth_id']}/Call/?status=Live"
        api.send("GET", path, headers)
        api.send("GET", path.replace("Live", "live"), {**headers, "X-Made-Up": "1"})
        found = api.get("/sandboxes/default/violations")["violations"]
        assert [(each["field"], each["rule"]) for each in found] == [
            ("query.status", "case"), ("header.x-made-up", "required"),
        ]  # fmt: skip
