"""The judge of the emulator: each planted bug is found by a walk, and told with what, where and the contract's line."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from importlib import import_module
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

import pytest

from contracts.document import Contract, Parameter, contract_names, load
from contracts.shelf import text_of
from contracts.walking.emulator_check import check_emulator
from contracts.walking.fuzzing import fuzz
from contracts.walking.ledger import Ledger
from emulator.cli import main
from emulator.client.server import Server
from emulator.vendor_api import Vendor
from tests.contracts.planting import Answer, Bug, Scope, Sent, planted

Change = Callable[[Any], None]


def in_answer(method: str, path: str, status: int, change: Change, *, without: str = "") -> Callable[[Answer], None]:
    """Change the JSON of the answers with this status whose path matches."""

    def answer(answer: Answer) -> None:
        if (answer.method, answer.status) == (method, status) and re.fullmatch(path, answer.path):
            told = answer.json
            change(told)
            answer.json = told

    return answer


def in_webhook(callback: str, change: Callable[[dict[str, Any]], object]) -> Callable[[Sent], None]:
    def sent(sent: Sent) -> None:
        if sent.callback == callback:
            change(sent.fields)

    return sent


def with_status(method: str, path: str, status: int, instead: int) -> Callable[[Answer], None]:
    def answer(answer: Answer) -> None:
        if (answer.method, answer.status) == (method, status) and re.fullmatch(path, answer.path):
            answer.status = instead

    return answer


def not_emulated(answer: Answer) -> None:
    if answer.path.endswith("/concurrency") and answer.status == 200:
        answer.status, answer.headers["x-ringback-not-emulated"] = 501, "concurrency"


def as_html(answer: Answer) -> None:
    if answer.method == "GET" and answer.path.endswith("/calls"):
        answer.headers["content-type"] = "text/html"


def never(callback: str) -> Callable[[Sent], None]:
    def sent(sent: Sent) -> None:
        sent.leaves = sent.leaves and sent.callback != callback

    return sent


def by_put(sent: Sent) -> None:
    if sent.callback == "dial":
        sent.method = "PUT"


def signed(change: Callable[[Any, datetime], tuple[Any, datetime]]) -> Callable[[Vendor], Any]:
    def plant(vendor: Vendor) -> Any:
        def sign(request: Any, body: bytes, at: datetime, nonce: bytes) -> Any:
            request, at = change(request, at)
            return vendor.sign(request, body, at, nonce)

        return sign

    return plant


class Whole(str):
    """A URL that is all base: a part of it cannot be cut off."""

    __slots__ = ()

    def partition(self, separator: str) -> tuple[str, str, str]:
        return self, "", ""


def swapped(sent: Sent) -> None:
    kind, _, told = sent.headers.get("Authorization", "").partition(" ")
    if kind == "Basic":
        user, _, password = b64decode(told).decode().partition(":")
        sent.headers["Authorization"] = f"Basic {b64encode(f'{password}:{user}'.encode()).decode()}"


def one_way(told: Any) -> None:
    told["inbound"], told["outbound"] = told["inbound"] + told["outbound"], 0


def always_more(told: Any) -> None:
    told["meta"]["next"] = told["meta"]["next"] or "/api/v1/Account/MA_1/Application/?offset=2"


def all_there_is(told: Any) -> None:
    told["meta"]["total_count"] = len(told["objects"])


def deaf_to(vendor: str, *rules: str) -> Callable[[Scope], None]:
    """Passes over every parameter of the lists that the contract has one of these rules for."""
    contract = load(vendor)

    def let_in(scope: Scope) -> None:
        path = unquote(scope["path"]).removeprefix(f"/{vendor}")
        operation = contract.find("GET", path) if scope["method"] == "GET" else None
        deaf = {each.name for each in operation.parameters if says(each, *rules)} if operation else set()
        kept = [(key, told) for key, told in parse_qsl(scope["query_string"].decode()) if key not in deaf]
        scope["query_string"] = urlencode(kept).encode()

    return let_in


def says(parameter: Parameter, *rules: str) -> bool:
    raw = parameter.schema.contract.at(parameter.pointer)
    return any(rule in raw for rule in rules) or (parameter.name in rules and parameter.place == "query")


def own_account(scope: Scope) -> None:
    """Whatever account stands in the path, that of the credentials is looked into."""
    told = dict(scope["headers"])
    own = told.get(b"x-auth-id", b"").decode()
    other = re.search(r"/Account/([^/]+)/", scope["path"])
    if own and other and other[1] != "MA_NOBODY00":
        for name in ("path", "raw_path"):
            text = scope[name]
            new = own if isinstance(text, str) else own.encode()
            old = other[1] if isinstance(text, str) else other[1].encode()
            scope[name] = text.replace(old, new)


class Open:
    """Who says nothing of himself is taken for the one who came first."""

    def __init__(self) -> None:
        self.first = b""

    def let_in(self, scope: Scope) -> None:
        told = dict(scope["headers"])
        self.first = self.first or told.get(b"authorization", b"")
        if b"authorization" not in told and scope["path"].endswith("/conferences"):
            scope["headers"] = [*scope["headers"], (b"authorization", self.first)]


class Everybodys:
    """A call is found by its id, whoever's it is."""

    def __init__(self) -> None:
        self.asks: tuple[str, bytes] = ("", b"")
        self.owners: dict[str, tuple[str, bytes]] = {}

    def let_in(self, scope: Scope) -> None:
        account = scope["path"].split("/")[5] if "/calls" in scope["path"] else ""
        self.asks = account, dict(scope["headers"]).get(b"authorization", b"")
        owner, key = self.owners.get(scope["path"].rpartition("/")[2], self.asks)
        if scope["method"] == "GET" and owner != account:
            scope["path"] = scope["path"].replace(account, owner)
            scope["raw_path"] = scope["raw_path"].replace(account.encode(), owner.encode())
            rest = [each for each in scope["headers"] if each[0] != b"authorization"]
            scope["headers"] = [*rest, (b"authorization", key)]

    def answer(self, answer: Answer) -> None:
        if (answer.method, answer.status) == ("POST", 201) and answer.path.endswith("/calls"):
            self.owners[answer.json["call_uuid"]] = self.asks


def without_dashes(told: Any) -> None:
    for record in told["data"]:
        record["uuid"] = record["uuid"].replace("-", "")


def in_utc(told: Any) -> None:
    for name in ("answer_time", "end_time", "initiation_time"):
        if told.get(name):
            at = datetime.fromisoformat(told[name]) - timedelta(hours=5, minutes=30)
            told[name] = str(at)


def without_from(told: Any) -> None:
    told["from"] = None


def iso(fields: dict[str, Any]) -> None:
    fields["StartTime"] = fields["StartTime"].replace(" ", "T")


VOBIZ, CALLS = "/api/v1/Account/[^/]+", "/v1/voice/accounts/[^/]+/calls"
opened, everybodys = Open(), Everybodys()

# What is planted; what the report says of it; what stands on the line of the contract that it names.
BUGS = {
    "an error without one of its keys": (
        Bug("vobiz", in_answer("DELETE", f"{VOBIZ}/Call/[^/]+/", 404, lambda told: told.pop("api_id"))),
        r'DELETE /api/v1/Account/\w+/Call/[0-9a-f-]{36}/ 404: \$: "api_id" is a required property',
        "required: [api_id, error]",
    ),
    "a signature over another URL": (
        Bug("vobiz", sign=signed(lambda request, at: (_elsewhere(request), at))),
        "webhook POST /ring: signature: X-Vobiz-Signature-V2: expected HMAC-SHA256 over 'http://127.0.0.1:[0-9]+/ring",
        "webhooks:",
    ),
    "a signature over the query, too": (
        Bug("vobiz", sign=signed(lambda request, at: (replace(request, url=Whole(request.url)), at))),
        "webhook POST /ring: signature: X-Vobiz-Signature-V2: expected HMAC-SHA256 over 'http://127.0.0.1:[0-9]+/ring[0-9]",
        "webhooks:",
    ),
    "user and password in each other's place": (
        Bug("jambonz", sent=swapped), "webhook POST /guarded: authorization: Authorization: expected Basic aG9va", "",
    ),
    "calls counted the wrong way": (
        Bug("jambonz", in_answer("GET", r"/v1/Accounts/[^/]+/CallCount", 200, one_way)),
        r"GET /v1/Accounts/\{account_sid\}/CallCount 200: walk: two calls came in and one went out", "",
    ),
    "a page that takes itself for the whole": (
        Bug("vobiz", in_answer("GET", f"{VOBIZ}/Application/", 200, all_there_is)),
        r"GET /api/v1/Account/[^/]+/Application/ 200: query.limit: page 1: expected 2 in all, got 1", "x-page-size",
    ),
    "a last page that tells of another": (
        Bug("vobiz", in_answer("GET", f"{VOBIZ}/Application/", 200, always_more)),
        r"GET /api/v1/Account/[^/]+/Application/ 200: query.limit: page 2 of 2 says '/api/v1/.* of another behind it",
        "x-page-size",
    ),
    "an id in another format": (
        Bug("vobiz", in_answer("GET", f"{VOBIZ}/cdr", 200, without_dashes)),
        r'GET /api/v1/Account/\w+/cdr 200: \$\.data\[0\]\.uuid: "[0-9a-f]{32}" is not a "uuid"',
        "Uuid: {type: string, format: uuid}",
    ),
    "a webhook without one of its fields": (
        Bug("vobiz", sent=in_webhook("hangup", lambda fields: fields.pop("Duration", None))),
        r'webhook hangup: \$: "Duration" is a required property', "required:",
    ),
    "an instant in another form": (
        Bug("vobiz", sent=in_webhook("hangup", iso)),
        r'webhook hangup: \$\.StartTime: "2026-01-01T[0-9:]+" does not match', "pattern:",
    ),
    "an instant in another zone": (
        Bug("vobiz", in_answer("GET", f"{VOBIZ}/Call/[^/]+/", 200, in_utc)),
        r"GET /api/v1/Account/\{auth_id\}/Call/\{call_uuid\}/ 200: walk: end_time: .* is not between", "get:",
    ),
    "another status than the documented one": (
        Bug("vobiz", with_status("DELETE", f"{VOBIZ}/Application/[^/]+/", 409, 400)),
        r"DELETE /api/v1/Account/\w+/Application/\d+/: status: expected 409, got 400", "delete:",
    ),
    "a documented error that is never reached": (
        Bug("vobiz", with_status("DELETE", f"{VOBIZ}/Application/[^/]+/", 409, 404)),
        r"DELETE /api/v1/Account/\{auth_id\}/Application/\{app_id\}/ 409: answer: never came", "Conflict:",
    ),
    "an operation that says it is not emulated": (
        Bug("vobiz", not_emulated), r"GET /api/v1/Account/\w+/concurrency: status: expected 200, got 501", "get:",
    ),
    "another account, looked into": (
        Bug("vobiz", let_in=own_account),
        r"GET /api/v1/Account/\w+/Conference/: status: expected 403, got 200", "get:",
    ),
    "another account's call": (
        Bug("tryvox", everybodys.answer, everybodys.let_in),
        f"GET {CALLS}/[0-9a-f-]{{36}}: status: expected 404, got 200", "get:",
    ),
    "a stranger, let in": (
        Bug("tryvox", let_in=opened.let_in),
        r"GET /v1/voice/accounts/\{auth_id\}/conferences: status: expected 401, got 200", "get:",
    ),
    "a status that nobody documents": (
        Bug("tryvox", with_status("POST", CALLS, 201, 200)),
        f"POST {CALLS} 200: status: 200 is not documented, only 201, 400, 401, 403", "responses:",
    ),
    "another content type": (
        Bug("tryvox", as_html),
        f"GET {CALLS} 200: content-type: expected application/json, got text/html", '"200":',
    ),
    "a signature of an hour ago": (
        Bug("tryvox", sign=signed(lambda request, at: (request, at - timedelta(hours=1)))),
        "webhook POST /ring: signature: X-TryVox-Timestamp: expected unix seconds of about now, got '1[0-9]{9}'",
        "webhooks:",
    ),
    "a word that is none of the documented": (
        Bug("tryvox", sent=in_webhook("ring", lambda fields: fields.update(status="alerting"))),
        r'webhook ring: \$\.status: "alerting" is not one of', "enum:",
    ),
    "null for what is required": (
        Bug("jambonz", in_answer("GET", r"/v1/Accounts/[^/]+/Calls/[^/]+", 200, without_from)),
        r'GET /v1/Accounts/[^/]+/Calls/[^/]+ 200: \$\.from: null is not of type "string"', "from: {type: string}",
    ),
    "text for a number": (
        Bug("jambonz", sent=in_webhook("status", lambda fields: fields.update(sip_status=str(fields["sip_status"])))),
        r'webhook status: \$\.sip_status: "[0-9]{3}" is not of type "integer"', "sip_status: {type: integer}",
    ),
    "a signature with another secret": (
        Bug("jambonz", sign=signed(lambda request, at: (_bare(request), at))),
        "webhook POST /status: signature: Jambonz-Signature: expected HMAC-SHA256 over the second, a dot and the body",
        "webhooks:",
    ),
    "a key that nobody documents": (
        Bug("jambonz", in_answer("GET", r"/v1/Accounts/[^/]+/CallCount", 200, lambda told: told.update(total=1))),
        r"GET /v1/Accounts/[^/]+/CallCount 200: \$: Additional properties are not allowed \('total' was unexpected\)",
        "additionalProperties: false",
    ),
    "a webhook by another method": (
        Bug("jambonz", sent=by_put), "webhook dial: webhook: PUT dial is not documented", "webhooks:",
    ),
    "a webhook that is never sent": (
        Bug("servetel", sent=never("missed")), "webhook missed: webhook: never came", "post:",
    ),
    "a number for text": (
        Bug("servetel", sent=in_webhook("hangup", lambda fields: fields.update(billsec=int(fields["billsec"])))),
        r'webhook hangup: \$\.billsec: [0-9]+ is not of type "string"', "",
    ),
}  # fmt: skip


def lines(vendor: str) -> list[str]:
    return (files("contracts") / vendor / "openapi.yaml").read_text().splitlines()


def _elsewhere(request: Any) -> Any:
    return replace(request, url=request.url.replace("127.0.0.1", "localhost"))


def _bare(request: Any) -> Any:
    return replace(request, key=request.key.removeprefix("wh_secret_"))


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_found_and_told_with_the_line_of_the_contract(name: str) -> None:
    bug, told, stands = BUGS[name]
    with planted(bug) as server:
        ledger = check_emulator(server, [bug.vendor], examples=0)[bug.vendor]
    findings = [*ledger.findings, *ledger.missing()]
    found = [each for each in findings if re.match(f"{told}", str(each))]
    assert found, "\n".join(map(str, findings))
    line = re.search(rf"\({bug.vendor} contract, line (\d+): [\w-]+\)$", str(found[0]))
    assert line is not None
    assert stands in lines(bug.vendor)[int(line[1]) - 1]


@pytest.mark.parametrize("vendor", contract_names())
def test_every_filter_that_a_list_passes_over_is_found(vendor: str) -> None:
    contract = load(vendor)
    with planted(Bug(vendor, let_in=deaf_to(vendor, "x-filters"))) as server:
        ledger = check_emulator(server, [vendor], examples=0)[vendor]
    found = {(each.subject, each.where) for each in ledger.findings if each.rule == "x-filters"}
    filters = {
        (f"{operation.method} {operation.path} 200", f"query.{each.name}")
        for operation in contract.operations.values()
        for each in operation.parameters
        if says(each, "x-filters")
    }
    assert found == filters and filters


@pytest.mark.parametrize("vendor", contract_names())
@pytest.mark.parametrize("deaf", [("page", "offset", "x-page-cursor"), ("x-page-size",)], ids=["which", "how much"])
def test_every_list_that_does_not_turn_its_pages_is_found(vendor: str, deaf: tuple[str, ...]) -> None:
    contract = load(vendor)
    with planted(Bug(vendor, let_in=deaf_to(vendor, *deaf))) as server:
        ledger = check_emulator(server, [vendor], examples=0)[vendor]
    told = {each.subject for each in (*ledger.findings, *ledger.missing()) if each.rule in ("x-page-size", "status")}
    paged = [
        operation
        for operation in contract.operations.values()
        if any(says(each, "x-page-size") for each in operation.parameters)
        and any(says(each, *deaf) for each in operation.parameters)
    ]
    assert {each.id for each in paged if f"{each.method} {each.path} 200" not in told} == set()


@pytest.mark.unjudged("random requests call what is no number")
@pytest.mark.parametrize("operation", ["makeCall", "listCalls"])
def test_an_answer_that_never_comes_is_missed_although_another_method_there_is_not_emulated(operation: str) -> None:
    text = text_of("vobiz")
    before, responses, after = text.partition(f"      operationId: {operation}\n")[2].partition("      responses:\n")
    begin = text[: text.index(before + responses + after)] + before + responses
    planted_text = '        "418": {description: No teapot., x-evidence: {standing: documented, source: planted}}\n'
    contract = Contract("vobiz", f"{begin}{planted_text}{after}")
    ledger = Ledger(contract)
    with Server.start() as server, server.sandbox(seed=3) as ringback:
        account = ringback.accounts["vobiz"]
        guide = import_module("contracts.vobiz.walk")
        fuzz(contract, account.base_url, guide.headers(account), ledger, real=guide.real(account), examples=1)
    assert ledger.not_emulated["hang up all calls"]
    assert f"{contract.operations[operation].method} /api/v1/Account/{{auth_id}}/Call/ 418" in {
        each.subject for each in ledger.missing()
    }


def test_the_command_tells_what_is_wrong_and_exits_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    bug, _, _ = BUGS["a webhook that is never sent"]
    with planted(bug) as server:
        assert main(["contract", "emulator", bug.vendor, "--url", server.url, "--examples", "0"]) == 1
    told = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"servetel: \d+ answers and \d+ webhooks checked, 1 findings", told[0])
    assert re.fullmatch(r"  webhook missed: webhook: never came \(servetel contract, line \d+: webhooks\)", told[1])
    assert len(told) == 2
