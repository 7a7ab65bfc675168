"""Tokens out of the panel and of a login; who is let in."""

from __future__ import annotations

import pytest

from emulator.ids import Ids
from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import SandboxSpec
from emulator.vendors.servetel import accounts, tokens
from tests.vendors.servetel.conftest import Desk

UNAUTHENTICATED = {"success": False, "message": "Unauthenticated."}


def by(token: str, scheme: str = "Bearer ") -> dict[str, str]:
    return {"Authorization": f"{scheme}{token}"}


async def login(desk: Desk, **body: str) -> dict[str, object]:
    given = {"email": desk.account["email"], "password": desk.account["password"], **body}
    answer = await desk.client.post("/v1/auth/login", json=given)
    return {"status": answer.status_code, **answer.json()}


async def status(desk: Desk, token: str) -> int:
    return (await desk.ask("GET", "/v1/live_calls", headers=by(token))).status_code


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  ", ""])
async def test_a_token_is_taken_with_and_without_bearer(desk: Desk, scheme: str) -> None:
    answer = await desk.ask("GET", "/v1/live_calls", headers=by(desk.account["token"], scheme))
    assert (answer.status_code, answer.json()) == (200, [])


HEADER = accounts.DEFAULT_TOKEN.partition(".")[0]


@pytest.mark.parametrize(
    "given",
    [
        None, "", "Bearer", "Bearer nonsense", "a.b.c", "account:500001", "\xe9\xe9.a.b", f"{HEADER}.bm9wZQ.x",
        f"{HEADER}.eyJleHAiOiJ4In0.x", f"{HEADER}.\xe9.x", f"{HEADER}.eyJzdWIiOiI1MDAwMDEiLCJleHAiOjl9.x",
    ],
)  # fmt: skip
async def test_no_or_an_unknown_token_is_401(desk: Desk, given: str | None) -> None:
    headers = {} if given is None else {"Authorization": given.encode("latin-1")}
    answer = await desk.ask("GET", "/v1/live_calls", headers=headers)
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


async def test_a_login_answers_a_token_of_an_hour(desk: Desk) -> None:
    answer = await login(desk)
    token = str(answer.pop("access_token"))
    assert answer == {"status": 200, "success": True, "token_type": "bearer", "expires_in": 3600}
    assert len(token.split(".")) == 3
    await desk.advance(3599)
    assert await status(desk, token) == 200
    await desk.advance(1)
    assert await status(desk, token) == 401


async def test_two_logins_at_one_instant_give_two_tokens(desk: Desk) -> None:
    assert (await login(desk))["access_token"] != (await login(desk))["access_token"]


async def test_smartflo_says_how_long_the_password_lasts(desk: Desk) -> None:
    desk.settings(profile="smartflo")
    days = (await login(desk))["number_of_days_left"]
    await desk.advance(86_400)
    assert (await login(desk))["number_of_days_left"] in (int(str(days)) - 1, 90)
    assert 1 <= int(str(days)) <= 90


async def test_wrong_passwords_are_counted_until_a_login(desk: Desk) -> None:
    for count in (1, 2):
        assert await login(desk, password="wrong") == {
            "status": 401, "success": False, "message": "The username or password is incorrect.",
            "login_failed_count": count,
        }  # fmt: skip
    assert (await login(desk, email=desk.account["email"].upper()))["status"] == 200
    assert (await login(desk, password="wrong"))["login_failed_count"] == 1


@pytest.mark.parametrize("body", [{"email": "nobody@example.test"}, {"email": ""}, {"password": ""}])
async def test_a_login_without_a_known_email_or_a_password_is_invalid(desk: Desk, body: dict[str, str]) -> None:
    assert await login(desk, **body) == {"status": 401, "success": False, "message": "Invalid credentials"}


async def test_a_login_may_be_a_form(desk: Desk) -> None:
    form = {"email": desk.account["email"], "password": desk.account["password"]}
    assert (await desk.client.post("/v1/auth/login", data=form)).status_code == 200


async def test_a_refresh_gives_one_more_token_and_leaves_the_old_one(desk: Desk) -> None:
    old = str((await login(desk))["access_token"])
    answer = (await desk.ask("POST", "/v1/auth/refresh", headers=by(old, ""))).json()
    assert list(answer) == ["success", "access_token", "token_type", "expires_in"]
    assert answer["access_token"] != old
    assert [await status(desk, token) for token in (old, answer["access_token"])] == [200, 200]


async def test_an_expired_token_can_be_refreshed_within_fourteen_days(desk: Desk) -> None:
    old = str((await login(desk))["access_token"])
    await desk.advance(14 * 86_400 - 1)
    assert await status(desk, old) == 401
    assert (await desk.ask("POST", "/v1/auth/refresh", headers=by(old))).status_code == 200
    await desk.advance(1)
    answer = await desk.ask("POST", "/v1/auth/refresh", headers=by(old))
    assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)


async def test_a_permanent_token_can_be_refreshed_and_outlives_a_logout(desk: Desk) -> None:
    assert (await desk.ask("POST", "/v1/auth/refresh")).status_code == 200
    assert (await desk.ask("POST", "/v1/auth/logout")).status_code == 200
    assert await status(desk, desk.account["token"]) == 200


async def test_a_logged_out_token_is_dead(desk: Desk) -> None:
    token = str((await login(desk))["access_token"])
    answer = await desk.ask("POST", "/v1/auth/logout", headers=by(token))
    assert answer.json() == {"success": True, "message": "Successfully logged out"}
    assert await status(desk, token) == 401
    assert (await desk.ask("POST", "/v1/auth/refresh", headers=by(token))).status_code == 401


async def test_a_token_of_another_sandbox_leads_there(exchange: Exchange, desk: Desk) -> None:
    other = exchange.create(SandboxSpec(name="other", seed=2))
    forged = tokens.login_token(other.ids, "500001", 1, desk.sandbox.clock.now())
    assert await status(desk, forged) == 401
    await desk.call()
    theirs = await desk.ask("GET", "/v1/live_calls", headers=by(other.public["servetel"]["token"]))
    assert theirs.json() == []


def test_accounts_of_two_seeds_share_nothing() -> None:
    one, two, default = accounts.seed(Ids(1), False), accounts.seed(Ids(2), False), accounts.seed(Ids(1), True)
    assert accounts.seed(Ids(1), False) == one
    for first, second in ((one, two), (one, default)):
        assert not set(first.credentials) & set(second.credentials)
        assert not set(first.public["numbers"]) & set(second.public["numbers"])


def test_agents_look_as_they_do_in_the_panel() -> None:
    for public in (accounts.seed(Ids(3), False).public, accounts.seed(Ids(3), True).public):
        for agent in public["agents"]:
            assert list(agent) == ["id", "name", "number", "extension"]
            assert (agent["id"][:2], len(agent["id"])) == ("05", 13)
            assert (agent["extension"][:2], len(agent["extension"])) == ("06", 13)
            assert agent["number"].startswith("+91") and len(agent["number"]) == 13
            assert " " in agent["name"]


def test_the_child_of_run_gets_everything_it_needs() -> None:
    public = accounts.seed(Ids(1), True).public
    made = accounts.environ(public, "http://127.0.0.1:5550/servetel")
    assert made["RINGBACK_SERVETEL_URL"] == "http://127.0.0.1:5550/servetel"
    assert made["RINGBACK_SERVETEL_TOKEN"] == accounts.DEFAULT_TOKEN
    assert made["RINGBACK_SERVETEL_NUMBER"] == accounts.DEFAULT_NUMBERS[0]


async def test_the_request_of_ringback_call_places_one(desk: Desk) -> None:
    request = accounts.call_request(desk.account, "", "+919876543210", {"answer": "http://app/answer"})
    answer = await desk.client.request(
        request.method, request.path, headers=dict(request.headers), json=request.json
    )  # fmt: skip
    assert answer.json()["success"] is True
    assert len(await desk.live()) == 1
