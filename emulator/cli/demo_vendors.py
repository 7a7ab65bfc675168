"""The demo's second act: the same story at every provider, and what each of them calls its steps.

Each call is placed with the provider's own request, as `ringback call` would, on the server of the first act. The
webhooks of a call stand in the row of what had just happened to its first leg when they left.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.request import ProxyHandler, Request, build_opener

from emulator.client.control_api import ControlApi
from emulator.runtime.vendors import load_vendors

__all__ = ["table"]

ANSWERS: Final = {"jambonz": "/verbs", "servetel": "", "tryvox": "/voxml", "vobiz": "/answer"}
"""Where the demo's application answers in each provider's language; Servetel asks for no document."""

ROWS: Final = ("is placed", "dials, rings", "is answered", "1 is pressed", "ends")
_STATES: Final = {"queued": 1, "ringing": 1, "answered": 2, "ended": 4}
_TRIGGERS: Final = ("answered-by-agent", "answered-by-customer", "missed-or-answered")

Cells = list[list[str]]


def table(api: ControlApi, application: str, callee: str) -> list[list[str]]:
    """Rows of texts, the first the heads; a cell may hold several lines. Drives the sandbox's clock till it is idle."""
    accounts = api.get("/sandboxes/default")["vendors"]
    vendors = load_vendors()
    names = [name for name in ANSWERS if name in vendors and name in accounts]
    hooks = [{"url": f"{application}/noted", "trigger": trigger} for trigger in _TRIGGERS]
    if "servetel" in names:
        api.put("/sandboxes/default/settings/servetel", {"webhooks": hooks})
    before = {call["id"] for call in api.get("/sandboxes/default/calls")["calls"]}
    urls = dict.fromkeys(("ring", "status", "hangup"), f"{application}/noted")
    columns: dict[str, Cells] = {}
    for name in names:
        request = vendors[name].call_request(
            accounts[name], accounts[name]["numbers"][0], callee, {**urls, "answer": application + ANSWERS[name]}
        )
        placed = _place(accounts[name]["base_url"] + request.path, request.method, request.headers, request.json)
        columns[name] = [[placed], [], [], [], []]
    api.post("/sandboxes/default/clock/run", {"until": "idle"})
    for call in api.get("/sandboxes/default/calls")["calls"]:
        if call["id"] not in before:
            _tell(api.get(f"/sandboxes/default/calls/{call['id']}"), columns[call["vendor"]])
    heads = ["the call", *(vendors[name].title for name in names)]
    rows = [[row, *("\n".join(columns[name][index]) or "–" for name in names)] for index, row in enumerate(ROWS)]
    return [heads, *rows]


def _place(url: str, method: str, headers: tuple[tuple[str, str], ...], body: Any) -> str:
    """The status of the answer, and the name it gives the call."""
    request = Request(url, json.dumps(body).encode(), {**dict(headers), "Content-Type": "application/json"})
    request.method = method
    with build_opener(ProxyHandler({})).open(request) as response:
        answer = json.load(response)
        key = next((key for key in ("call_uuid", "request_uuid", "sid", "ref_id") if answer.get(key)), "")
        return f"{response.status} {key}"


def _tell(call: Mapping[str, Any], cells: Cells) -> None:
    """Put the call's webhooks into the rows of what had happened when they left."""
    first = call["legs"][0]["id"]
    marks = [(state["at"], _STATES[state["state"]]) for state in call["states"] if state["leg"] == first]
    marks += [(said["at"], 3) for said in call["transcript"] if said["kind"] == "pressed"]
    for delivery in call["deliveries"]:
        row = max((mark for mark in marks if mark[0] <= delivery["created_at"]), default=("", 1))[1]
        cells[row].append(f"{delivery['callback']} {delivery['word']}".strip())
