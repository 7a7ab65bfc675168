"""A client's request against the contract: what is wrong, which rule, and what would have been right."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.document import Contract, Operation, Schema, contract_names, load
from contracts.receiving.generation import instances
from contracts.requesting.client_check import Violation, check_request

JSON = ("content-type", "application/json")
CREDENTIALS = {
    "vobiz": [("x-auth-id", "MA_ABCDEFGH"), ("x-auth-token", "token")],
    "servetel": [("authorization", "token")],
    "tryvox": [("authorization", "Bearer tvx_sk_test_1")],
    "jambonz": [("authorization", "Bearer 6b0e7b57-44a3-4d5e-8a55-0c9a5f0d1c2b")],
}
SID = "6b0e7b57-44a3-4d5e-8a55-0c9a5f0d1c2b"
TO_100 = "a whole number from 1 to 100"
MS = "a whole number from 2000 to 10000, or one as text"
CALL = "/api/v1/Account/MA_ABCDEFGH/Call/"
TRYVOX_CALLS = "/v1/voice/accounts/a1/calls"
JAMBONZ_CALLS = f"/v1/Accounts/{SID}/Calls"
VOBIZ: dict[str, Any] = {"from": "+14155550100", "to": "+919876543210", "answer_url": "http://127.0.0.1/answer"}
TRYVOX: dict[str, Any] = {"from": "+14155550100", "to": "+919876543210", "answer_url": "http://127.0.0.1/answer"}
JAMBONZ: dict[str, Any] = {"from": "15085551212", "to": {"type": "phone", "number": "+1"}, "application_sid": SID}
SERVETEL: dict[str, Any] = {"agent_number": "101", "destination_number": "919876543210", "async": 1}


def check(
    vendor: str, method: str, path: str, body: Any = None, query: str = "", headers: Sequence[tuple[str, str]] = (JSON,)
) -> list[Violation]:
    data = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return check_request(load(vendor), method, path, query, [*headers, *CREDENTIALS[vendor]], data)


def told(found: Sequence[Violation]) -> list[tuple[str, str, str]]:
    return [(each.field, each.rule, each.right) for each in found]


# --- bodies ----------------------------------------------------------------------------------------------------


def test_the_smallest_requests_are_right() -> None:
    assert check("vobiz", "POST", CALL, VOBIZ) == []
    assert check("tryvox", "POST", TRYVOX_CALLS, TRYVOX) == []
    assert check("jambonz", "POST", JAMBONZ_CALLS, JAMBONZ) == []
    assert check("servetel", "POST", "/v1/click_to_call", SERVETEL) == []


@pytest.mark.parametrize("name", ["answerUrl", "Answer_URL", "answer-url", "AnswerUrl"])
def test_a_name_in_another_spelling_is_one_mistake_with_the_right_name(name: str) -> None:
    body = {name if key == "answer_url" else key: each for key, each in VOBIZ.items()}
    [found] = check("vobiz", "POST", CALL, body)
    assert (found.field, found.rule, found.right) == (f"body.{name}", "case", "answer_url")
    assert found.text == f"{name} is written answer_url"
    assert found.sent == '"http://127.0.0.1/answer"'
    assert found.operation == "makeCall" and found.standing == "documented"
    assert load("vobiz").at("/components/schemas/NewCall/additionalProperties") is False
    assert found.line == load("vobiz").line("/components/schemas/NewCall/additionalProperties")


def test_a_name_that_is_nearly_right_is_guessed_and_any_other_is_not() -> None:
    guessed, unknown = check("vobiz", "POST", CALL, {**VOBIZ, "hangup_urls": "http://h/", "colour": "red"})
    assert (guessed.rule, guessed.right) == ("unknown", "hangup_url")
    assert guessed.text == "there is no field hangup_urls here; perhaps hangup_url is meant"
    assert unknown.text == "there is no field colour here"
    assert unknown.right.startswith("leave it out; known: from, to, answer_url, ")


@pytest.mark.parametrize(
    ("vendor", "path", "body", "expected"),
    [
        ("tryvox", TRYVOX_CALLS, {**TRYVOX, "ring_timeout": "30"}, ("ring_timeout", "type", "30")),
        ("tryvox", TRYVOX_CALLS, {**TRYVOX, "from": "14155550100"}, ("from", "pattern", '"+14155550100"')),
        ("tryvox", TRYVOX_CALLS, {**TRYVOX, "to": "+91 98765-43210"}, ("to", "pattern", '"+919876543210"')),
        ("tryvox", TRYVOX_CALLS, {**TRYVOX, "machine_detection": "enable"},
         ("machine_detection", "case", '"Enable"')),
        ("tryvox", TRYVOX_CALLS, {**TRYVOX, "machine_detection": True},
         ("machine_detection", "enum", '"Enable" or "Disable"')),
        ("vobiz", CALL, {**VOBIZ, "from": 14155550100}, ("from", "type", '"14155550100"')),
        ("vobiz", CALL, {**VOBIZ, "answer_method": "post"}, ("answer_method", "case", '"POST"')),
        ("vobiz", CALL, {**VOBIZ, "answer_method": "PUT"}, ("answer_method", "enum", '"GET" or "POST"')),
        ("vobiz", CALL, {**VOBIZ, "machine_detection": True}, ("machine_detection", "enum", '"true"')),
        ("vobiz", CALL, {**VOBIZ, "machine_detection_time": 500},
         ("machine_detection_time", "minimum", MS)),
        ("vobiz", CALL, {**VOBIZ, "machine_detection_time": "20000"},
         ("machine_detection_time", "maximum", MS)),
        ("vobiz", CALL, {**VOBIZ, "time_limit": "soon"},
         ("time_limit", "pattern", "a whole number of at least 1, or one as text")),
        ("vobiz", CALL, {**VOBIZ, "caller_name": "x" * 51},
         ("caller_name", "maxLength", "a text of at most 50 characters")),
        ("vobiz", CALL, {**VOBIZ, "answer_url": "ftp://h/"}, ("answer_url", "pattern", "an http or https address")),
        ("servetel", "/v1/click_to_call", {**SERVETEL, "async": True}, ("async", "enum", "1")),
        ("servetel", "/v1/click_to_call", {**SERVETEL, "call_timeout": "30"}, ("call_timeout", "type", "30")),
        ("servetel", "/v1/call/hangup", {"call_id": 17675222600}, ("call_id", "type", "seconds and a counter, such as "
         "1767225600.17, perhaps with the prefix of a node")),
        ("jambonz", JAMBONZ_CALLS, {**JAMBONZ, "timeout": "30"}, ("timeout", "type", "30")),
        ("jambonz", JAMBONZ_CALLS, {**JAMBONZ, "to": {"type": "Phone", "number": "+1"}},
         ("to.type", "case", '"phone"')),
        ("jambonz", JAMBONZ_CALLS, {**JAMBONZ, "to": {"type": "phone"}},
         ("to.number", "required", "a text of at least 1 character(s)")),
        ("jambonz", JAMBONZ_CALLS, {**JAMBONZ, "tag": "x"}, ("tag", "type", "an object")),
        ("jambonz", JAMBONZ_CALLS, {**JAMBONZ, "call_hook": {"url": "http://h/", "method": "PUT"}},
         ("call_hook.method", "enum", '"GET", "POST", "get" or "post"')),
    ],
)  # fmt: skip
def test_a_wrong_value_is_told_with_what_would_have_been_right(
    vendor: str, path: str, body: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    field, rule, right = expected
    assert told(check(vendor, "POST", path, body)) == [(f"body.{field}", rule, right)]


def test_a_value_of_quite_another_kind_is_told_with_every_kind_that_there_is() -> None:
    [found] = check("jambonz", "POST", JAMBONZ_CALLS, {**JAMBONZ, "to": "+15085551212"})
    assert (found.field, found.rule) == ("body.to", "type")
    assert "an object with type, number, or an object with type, sipUri" in found.right


def test_numbers_as_text_are_right_where_the_provider_shows_them() -> None:
    body = {**VOBIZ, "ring_timeout": "30", "time_limit": "3600", "machine_detection": "false"}
    assert check("vobiz", "POST", CALL, body) == []


def test_a_missing_field_is_told_with_what_it_is() -> None:
    [found] = check("vobiz", "POST", CALL, {**{key: VOBIZ[key] for key in ("from", "to")}})
    assert (found.field, found.rule, found.sent) == ("body.answer_url", "required", None)
    assert (found.text, found.right) == ("answer_url is missing", "an http or https address")


def test_one_of_several_groups_of_fields_is_missing() -> None:
    body = {"from": "1", "to": JAMBONZ["to"], "call_hook": "http://h/", "speech_synthesis_vendor": "x"}
    [found] = check("jambonz", "POST", JAMBONZ_CALLS, body)
    assert (found.field, found.rule) == ("body", "required")
    assert found.text.startswith("one of these is missing: application_sid; or speech_synthesis_language and ")


def test_a_group_is_not_missing_when_its_field_was_sent_in_another_spelling() -> None:
    body = {**{key: each for key, each in JAMBONZ.items() if key != "application_sid"}, "applicationSid": SID}
    assert told(check("jambonz", "POST", JAMBONZ_CALLS, body)) == [("body.applicationSid", "case", "application_sid")]


def test_what_a_field_demands_of_another_is_known() -> None:
    body = {"type": 1, "call_id": "1767225600.17"}
    assert told(check("servetel", "POST", "/v1/call/options", body)) == [
        ("body.agent_id", "required", "a text of at least 1 character(s)")
    ]


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({}, "aleg_url"),
        ({"legs": "bleg", "aleg_url": "http://h/"}, "bleg_url"),
        ({"legs": "both", "bleg_url": "http://h/"}, "aleg_url"),
    ],
)
def test_a_transfer_names_a_url_for_each_leg_it_takes(body: dict[str, str], missing: str) -> None:
    [found] = check("vobiz", "POST", f"{CALL}{SID}/", body)
    assert (found.field, found.rule) == (f"body.{missing}", "required")
    assert check("vobiz", "POST", f"{CALL}{SID}/", {"legs": "bleg", "bleg_url": "http://h/"}) == []


def test_any_name_may_be_sent_where_the_provider_says_so_but_for_known_names_in_another_spelling() -> None:
    assert check("servetel", "POST", "/v1/click_to_call", {**SERVETEL, "order": 7}) == []
    [found] = check("servetel", "POST", "/v1/click_to_call", {**SERVETEL, "callTimeout": 7})
    assert (found.field, found.rule, found.right) == ("body.callTimeout", "case", "call_timeout")


def test_what_is_taken_and_documented_nowhere_is_told() -> None:
    [found] = check("vobiz", "POST", f"{CALL}{SID}/DTMF/", {"digits": "1", "legs": "aleg"})
    assert (found.field, found.rule, found.right) == ("body.legs", "undocumented", "leg")


def test_a_deprecated_way_is_told_with_the_one_that_took_its_place() -> None:
    [found] = check("jambonz", "POST", f"/v1/Accounts/{SID}/Calls/{SID}", {"call_status": "completed"})
    assert (found.field, found.rule, found.sent, found.right) == ("method", "deprecated", '"POST"', "PUT")
    assert found.standing == "recorded"


@pytest.mark.parametrize(
    ("kind", "sent", "text"),
    [
        ([], None, "Content-Type is missing"),
        ([("content-type", "text/plain; charset=utf-8")], '"text/plain"',
         "text/plain is not a documented content type"),
        ([("content-type", "application/x-www-form-urlencoded")], '"application/x-www-form-urlencoded"',
         "application/x-www-form-urlencoded is not a documented content type"),
    ],
)  # fmt: skip
def test_another_content_type_is_told_and_the_body_is_read_all_the_same(
    kind: list[tuple[str, str]], sent: str | None, text: str
) -> None:
    wrong = {**VOBIZ, "caller_name": "x" * 51}
    is_form = "form" in str(sent)
    found = check("vobiz", "POST", CALL, urlencode(wrong).encode() if is_form else wrong, headers=kind)
    assert [(each.field, each.rule) for each in found] == [
        ("header.content-type", "content-type"), ("body.caller_name", "maxLength"),
    ]  # fmt: skip
    assert (found[0].sent, found[0].right, found[0].text) == (sent, "application/json", text)


def test_a_form_with_brackets_is_read_as_the_object_it_means() -> None:
    form = urlencode({"from": "1", "to[type]": "phone", "to[numbr]": "1", "application_sid": SID, "timeout": "5"})
    kind = [("content-type", "application/x-www-form-urlencoded")]
    found = check("jambonz", "POST", JAMBONZ_CALLS, form.encode(), headers=kind)
    assert [(each.field, each.rule) for each in found] == [
        ("header.content-type", "content-type"), ("body.to.number", "required"),
    ]  # fmt: skip
    assert found[1].text == "number is missing; numbr was sent"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", ("body", "required", "application/json")),
        (b"{", ("body", "content", "an object in UTF-8")),
        (b"\xff", ("body", "content", "an object in UTF-8")),
        (b'{"from": NaN}', ("body", "content", "an object in UTF-8")),
        (b"[" * 100_000, ("body", "content", "an object in UTF-8")),
        (b"[]", ("body", "type", "an object with from, to, answer_url")),
    ],
)
def test_a_body_that_is_none_is_told(body: bytes, expected: tuple[str, str, str]) -> None:
    assert told(check("vobiz", "POST", CALL, body)) == [expected]


def test_a_body_where_none_is_taken_is_told_unless_it_says_nothing() -> None:
    assert told(check("vobiz", "DELETE", f"{CALL}{SID}/", {"status": "queued"})) == [
        ("body", "undocumented", "leave it out")
    ]
    for empty in (b"", b"{}", b" null "):
        assert check("vobiz", "DELETE", f"{CALL}{SID}/", empty) == []


# --- queries, headers, paths -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("vendor", "path", "query", "expected"),
    [
        ("tryvox", TRYVOX_CALLS, "per_page=500", [("query.per_page", "maximum", TO_100)]),
        ("tryvox", TRYVOX_CALLS, "per_page=many", [("query.per_page", "type", TO_100)]),
        ("tryvox", TRYVOX_CALLS, "perPage=5", [("query.perPage", "case", "per_page")]),
        ("tryvox", TRYVOX_CALLS, "status=answered", [
            ("query.status", "enum",
             '"ringing", "in-progress", "completed", "failed", "busy", "no-answer" or "canceled"'),
        ]),
        ("tryvox", TRYVOX_CALLS, "page=1&page=2", [("query.page", "repeated", "send it once")]),
        ("vobiz", CALL, "", [("query.status", "required", 'send status: "live" or "queued"')]),
        ("jambonz", f"/v1/Accounts/{SID}/RecentCalls", "page=1",
         [("query.count", "required", "send count: a whole number from 1 to 500")]),
        ("vobiz", CALL, "Status=live", [("query.Status", "case", "status")]),
        ("vobiz", CALL, "status=live&limit=20", [("query.limit", "unknown", "leave it out; known: status")]),
        ("jambonz", f"/v1/Accounts/{SID}/RecentCalls", "page=1&count=501",
         [("query.count", "maximum", "a whole number from 1 to 500")]),
        ("jambonz", JAMBONZ_CALLS, "call_status=busy", [("query.call_status", "case", "callStatus")]),
        ("servetel", "/v1/call/records", "agents[]=agent|1&agents[]=agent|2&limit=20", []),
        ("servetel", "/v1/call/records", "agents=agent|1", [("query.agents", "case", "agents[]")]),
        ("servetel", "/v1/call/records", "from_date=31.01.2026", [
            ("query.from_date", "pattern", "2026-01-31 or 2026-01-31 10:30:00, India Standard Time"),
        ]),
    ],
)  # fmt: skip
def test_a_query_is_held_against_its_parameters(
    vendor: str, path: str, query: str, expected: list[tuple[str, str, str]]
) -> None:
    assert told(check(vendor, "GET", path, query=query)) == expected


def test_missing_credentials_are_told_and_no_secret_is_repeated() -> None:
    contract = load("vobiz")
    found = check_request(contract, "GET", CALL, "status=live", [("x-authid", "MA_ABCDEFGH")], b"")
    assert told(found) == [
        ("header.x-auth-id", "required", "send X-Auth-ID"), ("header.x-auth-token", "required", "send X-Auth-Token"),
    ]  # fmt: skip
    assert found[0].text == "X-Auth-ID is missing; x-authid was sent"
    basic = [("authorization", "Basic c2VjcmV0OnNlY3JldA==")]
    [found_basic] = check_request(load("jambonz"), "GET", JAMBONZ_CALLS, "", basic, b"")
    assert (found_basic.sent, found_basic.right) == ('"Basic ..."', "Authorization: Bearer ...")
    assert "c2VjcmV0" not in str(found_basic)
    assert check_request(load("tryvox"), "GET", TRYVOX_CALLS, "", basic, b"") == []
    assert check_request(load("jambonz"), "GET", JAMBONZ_CALLS, "", [("authorization", "bearer x")], b"") == []


def test_a_header_is_held_against_its_parameter() -> None:
    headers = [JSON, ("x-tenant-id", "no blanks")]
    assert told(check("tryvox", "GET", TRYVOX_CALLS, headers=headers))[0][:2] == (
        "header.x-tenant-id", "pattern",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("vendor", "method", "path", "expected"),
    [
        ("vobiz", "POST", "/api/v1/Account/MA_ABCDEFGH/Calls/", ("path", "unknown", CALL)),
        ("vobiz", "POST", "/api/v1/account/MA_ABCDEFGH/call/", ("path", "case", CALL)),
        ("vobiz", "PATCH", CALL, ("method", "method", "GET or POST")),
        ("vobiz", "POST", "/nowhere/at/all", ("path", "unknown", "a path that the contract has")),
        (
            "vobiz",
            "GET",
            "/api/v1/Account/MA_ABCDEFGH/Nothing/",
            ("path", "unknown", "a path that the contract has"),
        ),
        ("vobiz", "POST", "//api/v1/Account/MA_ABCDEFGH/Call/", ("path", "unknown", CALL)),
        ("vobiz", "POST", "/api/v1/Account/MA_ABCDEFGH//Call/", ("path", "unknown", CALL)),
        ("vobiz", "POST", "/api/v2/Account/MA_ABCDEFGH/Call/", ("path", "unknown", CALL)),
        ("vobiz", "POST", "/api/v1/Acount/MA_ABCDEFGH/Call/", ("path", "unknown", CALL)),
        ("vobiz", "DELETE", f"{CALL}nobody/", ("path.call_uuid", "format", "a text that is a uuid")),
        ("servetel", "GET", "/v1/live_calls/", ("path", "slash", "/v1/live_calls")),
        ("jambonz", "GET", f"/v1/Accounts/{SID}/calls", ("path", "case", JAMBONZ_CALLS)),
        ("jambonz", "GET", f"/v1/Accounts/{SID.upper()}/Calls", ("path.account_sid", "case", f'"{SID}"')),
        ("jambonz", "GET", f"/v1/Accounts/{SID}/Calls/count", ("path.call_sid", "pattern", "a uuid, in small letters")),
    ],
)
def test_a_path_that_is_not_documented_is_told_with_the_nearest(
    vendor: str, method: str, path: str, expected: tuple[str, str, str]
) -> None:
    body = VOBIZ if method == "POST" else None
    assert told(check(vendor, method, path, body))[:1] == [expected]


@pytest.mark.parametrize(
    ("vendor", "method", "path", "query"),
    [
        ("vobiz", "GET", "/api/v1/Account/MA_ABCDEFGH/Call", "status=live"),
        ("vobiz", "GET", "/api/v1/account/MA_ABCDEFGH/cdr", ""),
        ("vobiz", "GET", "/api/v1/Account/MA_ABCDEFGH/cdr/search", "search=Asha"),
        ("vobiz", "POST", f"{CALL}{SID}/Stream/", "any=1"),
        ("vobiz", "HEAD", CALL, "status=live"),
        ("vobiz", "OPTIONS", "/anywhere", ""),
        ("jambonz", "GET", f"/api/v1/Accounts/{SID}/Calls", ""),
    ],
)
def test_every_documented_spelling_of_a_path_is_right(vendor: str, method: str, path: str, query: str) -> None:
    assert check(vendor, method, path, query=query) == []


def test_a_path_that_the_emulator_does_not_have_yet_is_no_mistake_of_the_client() -> None:
    path = "/api/v1/Account/MA_ABCDEFGH/balance/INR"
    assert check_request(load("vobiz"), "GET", path, "", CREDENTIALS["vobiz"], b"", is_gap=True) == []
    assert check_request(load("vobiz"), "GET", path, "", CREDENTIALS["vobiz"], b"")[0].rule == "unknown"


# --- anything --------------------------------------------------------------------------------------------------


Request = tuple[str, str, list[tuple[str, str]], bytes]


def legal(contract: Contract, operation: Operation) -> st.SearchStrategy[Request]:
    """Path, query, headers and body of a request as the contract has it."""
    headers = [*CREDENTIALS[contract.name]]
    places: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}}
    for parameter in operation.parameters:
        made = instances(parameter.schema)
        if parameter.place == "path":
            made = made.filter(lambda told: "/" not in str(told) and str(told) != "")
        places[parameter.place][parameter.name] = made if parameter.is_required else st.none() | made
    bodies = [st.tuples(st.just(kind), instances(schema)) for kind, schema in operation.body.items()]
    body = st.one_of(bodies) if bodies else st.none()
    if bodies and not operation.is_body_required:
        body = st.none() | body

    @st.composite
    def request(draw: st.DrawFn) -> Request:
        path = operation.path
        for name, made in places["path"].items():
            path = path.replace("{" + name + "}", str(draw(made)))
        query = {name: text for name, made in places["query"].items() if (text := draw(made)) is not None}
        sent = [
            *headers,
            *((name.lower(), str(text)) for name, made in places["header"].items() if (text := draw(made))),
        ]
        told = draw(body)
        data = b""
        if told is not None:
            kind, instance = told
            sent.append(("content-type", kind))
            data = json.dumps(unflagged(contract, operation.body[kind], instance)).encode()
        return path, urlencode(query, doseq=True), sent, data

    return request()


def unflagged(contract: Contract, schema: Schema, instance: dict[str, Any]) -> dict[str, Any]:
    """Without what is deprecated or documented nowhere; a number as text keeps its limits."""
    known: Mapping[str, Any] = contract.at(contract.followed(schema.pointer)).get("properties", {})
    made = {}
    for name, told in instance.items():
        raw = known.get(name, {})
        while "$ref" in raw and not raw.keys() & {"x-undocumented", "deprecated"}:
            raw = contract.at(raw["$ref"].removeprefix("#"))
        if not raw.keys() & {"x-undocumented", "deprecated"}:
            is_number = isinstance(told, str) and "integer" in raw.get("type", ())
            made[name] = str(raw.get("minimum", 0)) if is_number else told
    return made


@pytest.mark.parametrize("vendor", contract_names())
def test_two_hundred_and_fifty_legal_requests_of_each_provider_have_no_violation(vendor: str) -> None:
    contract = load(vendor)
    seen = 0

    def judge(operation: Operation, request: Request) -> None:
        nonlocal seen
        path, query, headers, body = request
        assert check_request(contract, operation.method, path, query, headers, body) == []
        seen += 1

    quick = settings(max_examples=30, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    for operation in contract.operations.values():
        if contract.at(operation.pointer).keys().isdisjoint({"deprecated", "x-undocumented"}):
            quick(given(st.just(operation), legal(contract, operation))(judge))()
    assert seen >= 250


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3), max_leaves=6,
)  # fmt: skip


@pytest.mark.parametrize("vendor", contract_names())
def test_nothing_that_is_sent_breaks_the_judge_and_what_the_schema_refuses_is_told(vendor: str) -> None:
    contract = load(vendor)
    operations = [operation for operation in contract.operations.values() if operation.body]
    names = sorted({
        name for operation in operations for schema in operation.body.values()
        for name in contract.at(contract.followed(schema.pointer)).get("properties", {})
    })  # fmt: skip
    fields = st.dictionaries(st.sampled_from(names) | st.text(max_size=9), ANY, max_size=6)

    @settings(max_examples=300, database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(operations), fields | ANY, st.text(max_size=30), st.binary(max_size=9), st.booleans())
    def judge(operation: Operation, body: Any, query: str, raw: bytes, is_json: bool) -> None:
        path = operation.path.replace("{", "").replace("}", "")
        data = json.dumps(body).encode() if is_json else raw
        found = check_request(contract, operation.method, path, query, [JSON], data)
        json.dumps([each.to_json() for each in found]).encode()
        assert all(each.text and each.right and each.line > 1 and each.standing for each in found)
        if is_json and data not in (b'""', b"{}") and b"NaN" not in data and b"Infinity" not in data:
            schema = next(iter(operation.body.values()))
            assert bool(schema.problems(body)) <= any(each.field.startswith("body") for each in found)

    judge()
