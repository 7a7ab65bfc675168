"""Strict sandboxes over the wire: a client's planted bugs are found and told, and correct clients have none."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import pytest
import requests
import vobiz
from jambonz_sdk import JambonzClient
from vobiz.resources import accounts, applications, cdrs, numbers

from contracts.document import contract_names, load
from contracts.walking.ledger import Ledger
from contracts.walking.walker import walk
from emulator.client.records import Account
from emulator.client.sandbox import Sandbox
from emulator.client.server import Server

NOBODY = "http://127.0.0.1:9"
CALLEE = "+919876543210"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server.start() as server:
        yield server


@pytest.fixture
def strict(server: Server) -> Iterator[Sandbox]:
    with server.sandbox(seed=1, strict=True, settings={"jambonz": {"call_hook": NOBODY}}) as ringback:
        yield ringback


# --- one client, and its planted bugs --------------------------------------------------------------------------


@dataclass(frozen=True)
class Asking:
    """One request of a client. `form` takes the place of `body`."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any] | None = None
    query: Mapping[str, Any] | None = None
    form: bool = False

    def send(self, account: Account) -> requests.Response:
        data: Any = self.body if self.form else json.dumps(self.body) if self.body is not None else None
        return requests.request(
            self.method, f"{account.base_url}{self.path}", headers=dict(self.headers), data=data, params=self.query,
            timeout=30,
        )  # fmt: skip

    def without(self, key: str) -> dict[str, Any]:
        return {name: told for name, told in (self.body or {}).items() if name != key}

    def but(self, **fields: Any) -> Asking:
        return replace(self, body={**(self.body or {}), **fields})

    def renamed(self, old: str, new: str) -> Asking:
        return replace(self, body={new if name == old else name: told for name, told in (self.body or {}).items()})


FORM = "application/x-www-form-urlencoded"
JSON = {"Content-Type": "application/json"}


def vobiz_place(at: Account) -> Asking:
    headers = {"X-Auth-ID": at.auth_id, "X-Auth-Token": at.auth_token, **JSON}
    body = {"from": at.numbers[0], "to": CALLEE, "answer_url": NOBODY, "hangup_url": NOBODY, "time_limit": 60}
    return Asking("POST", f"/api/v1/Account/{at.auth_id}/Call/", headers, body)


def vobiz_records(at: Account) -> Asking:
    query = {"page": 1, "per_page": 20, "from_number": CALLEE}
    return replace(vobiz_place(at), method="GET", path=f"/api/v1/Account/{at.auth_id}/cdr", body=None, query=query)


def servetel_place(at: Account) -> Asking:
    body = {"agent_number": at.agents[0]["number"], "destination_number": CALLEE, "async": 1, "call_timeout": 60}
    return Asking("POST", "/v1/click_to_call", {"Authorization": at.token, **JSON}, body)


def servetel_records(at: Account) -> Asking:
    return replace(servetel_place(at), method="GET", path="/v1/call/records", body=None, query={"limit": 20, "page": 1})


def tryvox_place(at: Account) -> Asking:
    body = {"from": at.numbers[0], "to": CALLEE, "answer_url": NOBODY, "ring_timeout": 30}
    headers = {"Authorization": f"Bearer {at.api_key}", **JSON}
    return Asking("POST", f"/v1/voice/accounts/{at.auth_id}/calls", headers, body)


def tryvox_list(at: Account) -> Asking:
    return replace(tryvox_place(at), method="GET", body=None, query={"per_page": 50, "status": "completed"})


def jambonz_place(at: Account) -> Asking:
    body = {
        "from": at.numbers[0], "to": {"type": "phone", "number": CALLEE}, "application_sid": at.application_sid,
        "timeout": 30,
    }  # fmt: skip
    headers = {"Authorization": f"Bearer {at.api_key}", **JSON}
    return Asking("POST", f"/v1/Accounts/{at.account_sid}/Calls", headers, body)


def jambonz_recent(at: Account) -> Asking:
    path = f"/v1/Accounts/{at.account_sid}/RecentCalls"
    return replace(jambonz_place(at), method="GET", path=path, body=None, query={"page": 1, "count": 25})


CLIENTS = {
    "vobiz": (vobiz_place, vobiz_records),
    "servetel": (servetel_place, servetel_records),
    "tryvox": (tryvox_place, tryvox_list),
    "jambonz": (jambonz_place, jambonz_recent),
}


@pytest.mark.parametrize("vendor", CLIENTS)
def test_the_client_without_a_bug_has_no_violation(strict: Sandbox, vendor: str) -> None:
    for ask in CLIENTS[vendor]:
        assert ask(strict.accounts[vendor]).send(strict.accounts[vendor]).ok
    assert strict.violations == []


Bug = Callable[[Asking], Asking]
BUGS: dict[str, tuple[Callable[[Account], Asking], Bug, tuple[str, str, str]]] = {
    "vobiz sends hangupUrl": (
        vobiz_place, lambda ask: ask.renamed("hangup_url", "hangupUrl"), ("body.hangupUrl", "case", "hangup_url"),
    ),
    "vobiz sends answerUrl": (
        vobiz_place, lambda ask: ask.renamed("answer_url", "answerUrl"), ("body.answerUrl", "case", "answer_url"),
    ),
    "vobiz names no answer_url": (
        vobiz_place, lambda ask: replace(ask, body=ask.without("answer_url")),
        ("body.answer_url", "required", "an http or https address"),
    ),
    "vobiz sends a form": (
        vobiz_place,
        lambda ask: replace(ask, form=True, headers={**ask.headers, "Content-Type": FORM}),
        ("header.content-type", "content-type", "application/json"),
    ),
    "vobiz writes account and call small": (
        vobiz_place, lambda ask: replace(ask, path=ask.path.replace("Account", "account").replace("Call", "call")),
        ("path", "case", "/api/v1/"),
    ),
    "vobiz takes a boolean for a word": (
        vobiz_place, lambda ask: ask.but(machine_detection=True), ("body.machine_detection", "enum", '"true"'),
    ),
    "vobiz asks for too short a detection": (
        vobiz_place, lambda ask: ask.but(machine_detection="true", machine_detection_time=500),
        ("body.machine_detection_time", "minimum", "a whole number from 2000 to 10000"),
    ),
    "vobiz filters by a parameter of somebody else's": (
        vobiz_records, lambda ask: replace(ask, query={"limit": 20}),
        ("query.limit", "unknown", "leave it out; known: "),
    ),
    "vobiz asks for too long a page": (
        vobiz_records, lambda ask: replace(ask, query={"per_page": 500}),
        ("query.per_page", "maximum", "a whole number from 1 to 100"),
    ),
    "servetel sends camel case": (
        servetel_place, lambda ask: ask.renamed("call_timeout", "callTimeout"),
        ("body.callTimeout", "case", "call_timeout"),
    ),
    "servetel sends a number as text": (
        servetel_place, lambda ask: ask.but(call_timeout="60"), ("body.call_timeout", "type", "60"),
    ),
    "servetel takes a boolean for a switch": (
        servetel_place, lambda ask: ask.but(**{"async": True}), ("body.async", "enum", "1"),
    ),
    "servetel calls the customer by another API's name": (
        servetel_place, lambda ask: ask.renamed("destination_number", "customer_number"),
        ("body.destination_number", "required", "10 to 15 digits; +91 and 0 may precede them"),
    ),
    "servetel asks for no rows": (
        servetel_records, lambda ask: replace(ask, query={"limit": 0}),
        ("query.limit", "minimum", "a whole number of at least 1"),
    ),
    "servetel capitalises a word": (
        servetel_records, lambda ask: replace(ask, query={"direction": "Outbound"}),
        ("query.direction", "case", '"outbound"'),
    ),
    "tryvox sends a number as text": (
        tryvox_place, lambda ask: ask.but(ring_timeout="30"), ("body.ring_timeout", "type", "30"),
    ),
    "tryvox leaves out the plus": (
        tryvox_place, lambda ask: ask.but(to=CALLEE[1:]), ("body.to", "pattern", '"+919876543210"'),
    ),
    "tryvox writes a word small": (
        tryvox_place, lambda ask: ask.but(machine_detection="enable"), ("body.machine_detection", "case", '"Enable"'),
    ),
    "tryvox asks for too long a page": (
        tryvox_list, lambda ask: replace(ask, query={"per_page": 101}),
        ("query.per_page", "maximum", "a whole number from 1 to 100"),
    ),
    "tryvox filters by a word of its webhooks": (
        tryvox_list, lambda ask: replace(ask, query={"status": "answered"}),
        ("query.status", "enum", '"ringing", "in-'),
    ),
    "tryvox names no content type": (
        tryvox_place,
        lambda ask: replace(ask, headers={name: told for name, told in ask.headers.items() if name != "Content-Type"}),
        ("header.content-type", "content-type", "application/json"),
    ),
    "jambonz sends a number as text": (
        jambonz_place, lambda ask: ask.but(timeout="30"), ("body.timeout", "type", "30"),
    ),
    "jambonz sends snake case": (
        jambonz_place, lambda ask: ask.but(time_limit=60), ("body.time_limit", "case", "timeLimit"),
    ),
    "jambonz names a number for a target": (
        jambonz_place, lambda ask: ask.but(to=CALLEE), ("body.to", "type", "an object with type, number, or "),
    ),
    "jambonz puts a slash at the end": (
        jambonz_place, lambda ask: replace(ask, path=f"{ask.path}/"), ("path", "slash", "/v1/Accounts/"),
    ),
    "jambonz forgets the size of a page": (
        jambonz_recent, lambda ask: replace(ask, query={"page": 1}), ("query.count", "required", "send count"),
    ),
    "jambonz puts its key into the query": (
        jambonz_recent, lambda ask: replace(ask, headers={}, query={
            **(ask.query or {}), "access_token": ask.headers["Authorization"].split()[1]}),
        ("header.authorization", "required", "Authorization: Bearer ..."),
    ),
}  # fmt: skip


@pytest.mark.parametrize("bug", BUGS)
def test_a_planted_bug_is_found_and_told_with_what_would_have_been_right(strict: Sandbox, bug: str) -> None:
    ask, plant, (field, rule, right) = BUGS[bug]
    account = strict.accounts[bug.partition(" ")[0]]
    asked = plant(ask(account))
    asked.send(account)
    [found] = [each for each in strict.violations if each.field == field]
    assert (found.rule, found.right[: len(right)]) == (rule, right)
    assert len(strict.violations) <= 2
    first, what, sent, would, why = str(found).splitlines()
    assert first.startswith(f"{account._name} {asked.method} {asked.path}")
    assert what == f"    {field}: {found.text}"
    assert sent == f"    sent:  {'nothing' if found.sent is None else found.sent}"
    assert would == f"    right: {found.right}"
    assert why == f"    rule:  {rule}, contracts/{found.vendor}/openapi.yaml:{found.line} ({found.standing})"
    assert 1 < found.line <= len((load(found.vendor))._text.splitlines())


def test_a_deprecated_way_is_found(strict: Sandbox) -> None:
    at = strict.jambonz
    strict.far_end(CALLEE).rings(50)
    sid = jambonz_place(at).send(at).json()["sid"]
    strict.advance(1)
    change = replace(jambonz_place(at), path=f"/v1/Accounts/{at.account_sid}/Calls/{sid}", body={"tag": {"order": 7}})
    assert change.send(at).status_code == 202
    [found] = strict.violations
    assert (found.field, found.rule, found.right, found.call) == ("method", "deprecated", "PUT", None)
    assert replace(change, method="PUT").send(at).status_code == 202
    assert len(strict.violations) == 1


def test_a_request_that_is_refused_is_judged_all_the_same(strict: Sandbox) -> None:
    at = strict.vobiz
    asked = replace(vobiz_place(at), headers={"X-Auth-ID": at.auth_id, **JSON})
    assert asked.send(at).status_code == 401
    assert [(each.field, each.rule) for each in strict.violations] == [("header.x-auth-token", "required")]


def test_a_violation_knows_its_call_and_its_place_in_the_journal(strict: Sandbox) -> None:
    at = strict.tryvox
    strict.advance(90)
    tryvox_place(at).but(ring_timeout="30").send(at)
    tryvox_place(at).but(colour="red").send(at)
    refused, accepted = strict.violations
    assert (refused.call, accepted.call) == (None, strict.calls.one().id)
    assert accepted.at == strict.now
    assert "violation: there is no field colour here" in strict.calls.one().ladder
    entries = [entry for entry in strict.journal() if entry["kind"] == "violation"]
    assert [entry["id"] for entry in entries] == [refused.id, accepted.id] == ["v1", "v2"]


async def test_an_async_sandbox_has_them_too(strict: Sandbox) -> None:
    from emulator.client.asynchronous import AsyncSandbox

    at = strict.tryvox
    await asyncio.to_thread(tryvox_place(at).but(colour="red").send, at)
    [found] = await AsyncSandbox(strict).violations()
    assert found.field == "body.colour"


def test_a_sandbox_that_is_not_strict_has_none(server: Server) -> None:
    with server.sandbox() as ringback:
        at = ringback.tryvox
        tryvox_place(at).but(colour="red").send(at)
        assert ringback.violations == []


# --- clients that are right ------------------------------------------------------------------------------------


@pytest.mark.parametrize("vendor", contract_names())
def test_the_walk_breaks_the_contract_only_where_it_means_to(server: Server, vendor: str) -> None:
    """Every violation stands in a request that was refused, but for what the walk has the provider tolerate."""
    with server.sandbox(seed=1, strict=True) as ringback, server.sandbox(seed=2) as foreign:
        walk(load(vendor), ringback, foreign.accounts[vendor], Ledger(load(vendor)))
        journal = ringback.journal()
    status = 0
    tolerated = set()
    for entry in journal:
        if entry["kind"] == "request":
            status = entry["status"]
        if entry["kind"] == "violation" and status < 400:
            tolerated.add((entry["operation"], entry["field"], entry["rule"]))
    meant = {
        "tryvox": {("listCalls", "query.per_page", "maximum")},
        "jambonz": {("updateCallByPost", "method", "deprecated")},
        "servetel": {("getLiveCall", "method", "undocumented")},
    }
    assert tolerated == meant.get(vendor, set())
    assert sum(entry["kind"] == "violation" for entry in journal) > 20


@pytest.fixture
def sdk(strict: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The provider's own Python SDK, unmodified but for its base address."""
    at = strict.vobiz
    for module in (accounts, applications, cdrs, numbers):
        monkeypatch.setattr(module, "VOBIZ_API_V1", f"{at.base_url}/api/v1")
    made = vobiz.RestClient(at.auth_id, at.auth_token)
    made.base_uri = f"{at.base_url}/api/v1/Account"
    with made:
        yield made


def test_the_vobiz_sdk_sends_only_what_is_documented(strict: Sandbox, sdk: Any) -> None:
    at = strict.vobiz
    made = sdk.calls.create(at.numbers[0], CALLEE, NOBODY, ring_timeout=30, hangup_url=NOBODY).request_uuid
    sdk.calls.list_live()
    sdk.calls.list_queued()
    strict.far_end(CALLEE).answers()
    strict.advance(1)
    sdk.calls.get_live(made)
    sdk.calls.hangup(made)
    sdk.calls.get(made)
    sdk.cdrs.list(page=1, per_page=10)
    sdk.phone_numbers.list()
    [application] = sdk.applications.list().objects
    sdk.applications.get(application.app_id)
    sdk.applications.attach_number(at.numbers[0], application.app_id)
    sdk.applications.detach_number(at.numbers[0])
    sdk.recordings.list(call_uuid=made)
    sdk.accounts.get()
    sdk.accounts.get_concurrency(at.auth_id)
    assert strict.violations == []


def test_the_vobiz_sdk_names_an_application_as_nobody_documents(strict: Sandbox, sdk: Any) -> None:
    sdk.applications.create("shop", NOBODY)
    assert [(each.field, each.rule, each.right) for each in strict.violations] == [
        ("body.name", "undocumented", "app_name")
    ]


async def test_the_jambonz_sdk_sends_only_what_is_documented_but_for_two_of_its_methods(strict: Sandbox) -> None:
    at = strict.jambonz
    strict.far_end(CALLEE).rings(50)
    async with JambonzClient(base_url=at.base_url, account_sid=at.account_sid, api_key=at.api_key) as client:
        sid = await client.calls.create({
            "from": at.numbers[0], "to": {"type": "phone", "number": CALLEE}, "application_sid": at.application_sid,
        })  # fmt: skip
        await client.calls.list({"callStatus": "ringing"})
        await client.calls.get(sid)
        await asyncio.to_thread(strict.advance, 1)
        await client.calls.mute(sid, "mute")
        await client.calls.redirect(sid, "/next")
        await client.calls.whisper(sid, {"verb": "say", "text": "hello"})
        await client.conferences.list()
        await client.queues.list("support")
        await client.calls.delete(sid)
        assert await asyncio.to_thread(lambda: strict.violations) == []
        with pytest.raises(aiohttp.ClientResponseError):
            await client.calls.count()
        with pytest.raises(aiohttp.ClientResponseError):
            await client.calls.noise_isolation(sid, "on")
    found = await asyncio.to_thread(lambda: strict.violations)
    assert [(each.field, each.rule) for each in found] == [
        ("path.call_sid", "pattern"), ("body.noiseIsolation_status", "case"),
    ]  # fmt: skip
