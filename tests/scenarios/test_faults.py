"""Faults as data, and the book that says which one strikes."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator.errors import UsageError
from emulator.ids import Ids
from emulator.scenarios.fault_book import FaultBook
from emulator.scenarios.faults import KINDS, Fault
from emulator.scenarios.matching import is_number, is_route

SECOND = timedelta(seconds=1)
OWN: dict[str, dict[str, Any]] = {"status": {"status": 503}}


def minimal(kind: str) -> dict[str, Any]:
    return {"fault": kind} | ({"status": 503} if kind == "status" else {}) | (
        {"span": 2} if "span" in KINDS[kind].needs else {}  # type: ignore[index]
    )  # fmt: skip


def book(*faults: dict[str, Any], seed: int = 1) -> FaultBook:
    made = FaultBook(Ids(seed))
    made.put(Fault.list_from_json(list(faults)))
    return made


def request(faults: FaultBook, route: str = "POST /calls", *numbers: str, vendor: str = "acme") -> str:
    method, _, path = route.partition(" ")
    fault = faults.for_request(vendor, method, path, lambda: numbers)
    return fault.name if fault is not None else ""


def delivery(
    faults: FaultBook, key: str = "c1-d1#1", *, callback: str = "hangup", numbers: tuple[str, ...] = (),
    signed: bool = True, vendor: str = "acme",
) -> str:  # fmt: skip
    fault = faults.for_delivery(vendor, callback, key, lambda: numbers, lambda: signed)
    return fault.name if fault is not None else ""


# --- JSON ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_goes_to_json_and_back(kind: str) -> None:
    [fault] = Fault.list_from_json([minimal(kind)])
    assert (fault.fault, fault.name) == (kind, "f1")
    assert Fault.from_json(fault.to_json()) == fault


def test_everything_a_fault_may_say_goes_to_json_and_back() -> None:
    told = {
        "fault": "status", "name": "outage", "vendor": "acme", "route": "POST /calls/*", "number": "+9198*", "count": 2,
        "probability": 0.25, "seed": 7, "status": 503, "retry_after": 2,
    }  # fmt: skip
    assert Fault.from_json({**told, "struck": 9}).to_json() == told


def test_what_is_null_is_not_said() -> None:
    assert Fault.from_json({"fault": "lost", "count": None, "seed": None}) == Fault("lost")


def test_spans_are_said_as_everywhere() -> None:
    assert Fault.from_json({"fault": "delayed", "span": "1.5m"}).lasts == timedelta(seconds=90)
    assert Fault.from_json({"fault": "duplicated"}).lasts == SECOND


@pytest.mark.parametrize(
    ("told", "problem"),
    [
        (3, "faults: expected a list of faults, got 3"),
        ([3], "faults[0]: expected an object such as {fault: lost, callback: hangup}, got 3"),
        ([{}], "faults[0].fault: missing, expected one of status, rate-limit"),
        ([{"fault": "los"}], "(did you mean lost?)"),
        ([{"fault": ["lost"]}], "faults[0].fault: expected one of"),
        ([{"fault": "lost", "callbak": "x"}], "faults[0].callbak: no such key (did you mean callback?)"),
        ([{"fault": "lost", 3: 4}], "faults[0].3: no such key"),
        ([{"fault": "status"}], "faults[0].status: missing, expected a status such as 503"),
        ([{"fault": "status", "status": 200}], "faults[0].status: expected a status from 400 to 599, got 200"),
        ([{"fault": "status", "status": True}], "faults[0].status: expected a status from 400 to 599, got True"),
        ([{"fault": "lost", "status": 503}], "faults[0].status: `lost` takes nothing of its own"),
        ([{"fault": "delayed", "span": 1, "retry_after": 1}], "faults[0].retry_after: `delayed` takes span"),
        ([{"fault": "delayed"}], 'faults[0].span: missing, expected a span such as "2s"'),
        ([{"fault": "delayed", "span": "soon"}], "faults[0].span: expected a span such as"),
        ([{"fault": "delayed", "span": "25h"}], "faults[0].span: expected at most 86400 s"),
        ([{"fault": "latency", "span": "2h"}], "faults[0].span: expected at most 3600 s"),
        ([{"fault": "rate-limit", "retry_after": "48h"}], "faults[0].retry_after: expected at most a day"),
        ([{"fault": "lost", "count": 0}], "faults[0].count: expected a whole number from 1, got 0"),
        ([{"fault": "lost", "count": 1.5}], "faults[0].count: expected a whole number"),
        ([{"fault": "lost", "probability": 0}], "faults[0].probability: expected a number above 0 and at most 1"),
        ([{"fault": "lost", "probability": 1.1}], "faults[0].probability: expected a number above 0"),
        ([{"fault": "lost", "probability": float("nan")}], "faults[0].probability: expected a number above 0"),
        ([{"fault": "lost", "seed": -1}], "faults[0].seed: expected a whole number from 0"),
        ([{"fault": "lost", "name": "a b"}], "faults[0].name: expected letters, digits"),
        ([{"fault": "lost", "vendor": ""}], "faults[0].vendor: expected a text"),
        ([{"fault": "lost", "number": "+"}], "faults[0].number: expected a number, a SIP user or a pattern"),
        ([{"fault": "reset", "route": "calls"}], "faults[0].route: expected a path with perhaps a method"),
        ([{"fault": "reset", "route": "FETCH /calls"}], "faults[0].route: expected a path"),
        ([{"fault": "lost", "route": "/calls"}], "faults[0].route: `lost` strikes webhooks: match it by callback"),
        ([{"fault": "reset", "skip": 1}], "faults[0].skip: `reset` strikes API requests: only a fault of webhooks"),
        ([{"fault": "lost", "skip": -1}], "faults[0].skip: expected a whole number from 0, got -1"),
        ([{"fault": "reset", "callback": "x"}], "faults[0].callback: `reset` strikes API requests: match it by route"),
        ([{"fault": "lost"}, {"fault": "lost", "name": "f1"}], "faults[1].name: there is a fault 'f1' before it"),
    ],
)
def test_what_is_wrong_is_said_with_its_path(told: Any, problem: str) -> None:
    with pytest.raises(UsageError) as raised:
        Fault.list_from_json(told)
    assert problem in str(raised.value)


# --- matching ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "route", "fits"),
    [
        ("POST /v1/Calls", "POST /v1/Calls", True),
        ("POST /v1/Calls", "POST /v1/Calls/", True),
        ("POST /v1/Calls/", "POST /v1/Calls", True),
        ("POST /v1/Calls", "POST /v1/calls", False),
        ("POST /v1/Calls", "GET /v1/Calls", False),
        ("/v1/Calls", "DELETE /v1/Calls", True),
        ("* /v1/Calls", "DELETE /v1/Calls", True),
        ("GET /v1/Calls", "HEAD /v1/Calls", True),
        ("/v1/*/Calls", "GET /v1/a/Calls", True),
        ("/v1/*/Calls", "GET /v1/a/b/Calls", False),
        ("/v1/*/Calls", "GET /v1//Calls", False),
        ("/v1/**", "GET /v1/a/b/Calls", True),
        ("**", "GET /v1", True),
        ("/", "GET /", True),
        ("/a.c", "GET /abc", False),
    ],
)
def test_a_route_is_a_path_with_stars(pattern: str, route: str, fits: bool) -> None:
    method, _, path = route.partition(" ")
    assert is_route(pattern, method, path) is fits


@pytest.mark.parametrize(
    ("pattern", "number", "fits"),
    [
        ("+919876543210", "09876543210", True),
        ("+919876543210", "+91 98765-43210", True),
        ("+919876543210", "+919876543211", False),
        ("+9198*", "919876543210", True),
        ("+9198*", "", False),
        ("5550101", "+12025550101", True),
        ("alice", "sip:alice@example.org", True),
        ("+12025550105", "+12025550101", False),
    ],
)
def test_a_number_fits_in_any_spelling(pattern: str, number: str, fits: bool) -> None:
    assert is_number(pattern, number) is fits


def test_the_first_that_fits_strikes() -> None:
    faults = book(
        {"fault": "reset", "vendor": "other"},
        {"fault": "reset", "route": "GET /calls"},
        {"fault": "reset", "number": "+9198*"},
        {"fault": "lost"},
        {"fault": "latency", "span": 1},
        {"fault": "reset"},
    )
    assert request(faults) == "f5"
    assert request(faults, "GET /calls") == "f2"
    assert request(faults, "POST /calls", "+919811111111") == "f3"
    assert request(faults, vendor="other") == "f1"
    assert delivery(faults) == "f4"


def test_numbers_are_not_asked_for_when_nobody_wants_them() -> None:
    def never() -> list[str]:
        raise AssertionError

    assert book({"fault": "reset", "vendor": "other", "number": "1"}).for_request("acme", "GET", "/", never) is None


def test_a_signature_that_is_not_there_cannot_be_spoilt() -> None:
    faults = book({"fault": "wrong-signature"}, {"fault": "lost"})
    assert delivery(faults, signed=False) == "f2"
    assert delivery(faults) == "f1"


def test_webhooks_and_requests_are_not_mixed_up() -> None:
    faults = book({"fault": "lost"})
    assert (faults.strikes_requests, faults.strikes_deliveries, request(faults)) == (False, True, "")


# --- counts and dice -----------------------------------------------------------------------------------------------


def test_it_strikes_no_more_often_than_its_count() -> None:
    faults = book({"fault": "reset", "count": 2}, {"fault": "latency", "span": 1, "count": 1})
    assert [request(faults) for _ in range(4)] == ["f1", "f1", "f2", ""]
    assert [each["struck"] for each in faults.to_json()] == [2, 1]


def test_what_is_set_again_unchanged_keeps_its_count() -> None:
    first, other = {"fault": "reset", "count": 1, "name": "a"}, {"fault": "reset", "count": 1, "name": "b"}
    faults = book(first, other)
    assert [request(faults), request(faults)] == ["a", "b"]
    faults.put(Fault.list_from_json([other | {"count": 2}, first]))
    assert [(each["name"], each["struck"]) for each in faults.to_json()] == [("b", 0), ("a", 1)]
    assert request(faults) == "b"


def test_it_lets_the_first_ones_pass() -> None:
    faults = book({"fault": "lost", "skip": 2, "count": 1}, {"fault": "delayed", "span": 1, "callback": "hangup"})
    assert [delivery(faults, callback="ring") for _ in range(4)] == ["", "", "f1", ""]
    kept = book({"fault": "lost", "skip": 1})
    assert delivery(kept) == ""
    kept.put(kept.faults)
    assert delivery(kept) == "f1"
    kept.put(Fault.list_from_json([{"fault": "lost", "skip": 2}]))
    assert [delivery(kept) for _ in range(3)] == ["", "", "f1"]


def test_what_has_no_answer_of_its_own_cannot_lose_it() -> None:
    faults = book({"fault": "answer-lost"})
    assert faults.for_delivery("acme", "status", "c1-d1#1", lambda: (), lambda: True, has_answer=False) is None
    assert delivery(faults) == "f1"


def test_probability_is_about_how_often_it_strikes() -> None:
    faults = book({"fault": "lost", "probability": 0.2}, seed=5)
    struck = sum(bool(delivery(faults, f"c{number}-d1#1")) for number in range(2000))
    assert 340 < struck < 460
    requests = book({"fault": "reset", "probability": 0.2}, seed=5)
    assert 340 < sum(bool(request(requests)) for _ in range(2000)) < 460


def test_dice_depend_on_what_is_struck_and_not_on_what_came_before() -> None:
    keys = [f"c{number}-d1#1" for number in range(50)]
    there = book({"fault": "lost", "probability": 0.5})
    back = book({"fault": "lost", "probability": 0.5})
    forwards = {key: delivery(there, key) for key in keys}
    backwards = {key: delivery(back, key) for key in reversed(keys)}
    assert forwards == backwards
    assert set(forwards.values()) == {"", "f1"}


def test_equal_seeds_give_equal_days_and_others_do_not() -> None:
    def day(sandbox: int, **own: Any) -> list[str]:
        faults = book({"fault": "reset", "probability": 0.5, **own}, seed=sandbox)
        return [request(faults) for _ in range(64)]

    assert day(1) == day(1) != day(2)
    assert day(1, seed=9) == day(2, seed=9) != day(2, seed=8)


def test_faults_of_different_names_have_different_dice() -> None:
    twins = [book({"fault": "lost", "probability": 0.5, "name": name}) for name in ("a", "b")]
    days = [[bool(delivery(each, f"c{number}-d1#1")) for number in range(64)] for each in twins]
    assert days[0] != days[1]


def test_a_strike_told_by_a_journal_counts() -> None:
    faults = book({"fault": "reset", "count": 1})
    faults.count("f1", 4)
    faults.count("gone", 5)
    assert (request(faults), faults.requests) == ("", 6)


def test_the_guide_tells_every_kind() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "how-to" / "bad-days.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `([a-z-]+)` \|", guide, re.MULTILINE) == list(KINDS)
