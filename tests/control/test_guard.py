"""Who may speak to the control API."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.control.conftest import Control

Building = Callable[..., Control]
BEARER = {"Authorization": "Bearer s3cret"}


async def test_without_a_token_loopback_is_open(control: Control) -> None:
    assert await control.get("/sandboxes") == {"sandboxes": []}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "telco.example"])
async def test_bound_wider_than_loopback_it_wants_the_token(control_with: Building, host: str) -> None:
    control = control_with(host=host, token="s3cret")
    error = await control.refused("unauthorized", "GET", "/sandboxes")
    assert "--token" not in error["message"] and "Bearer" in error["hint"]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_has_many_names(control_with: Building, host: str) -> None:
    assert not control_with(host=host).guard.is_locked


async def test_with_a_token_set_loopback_wants_it_too(control_with: Building) -> None:
    response = await control_with(token="s3cret").ask("GET", "/sandboxes")
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == 'Bearer realm="ringback"'


async def test_the_right_token_opens(control_with: Building) -> None:
    control = control_with(host="0.0.0.0", token="s3cret")
    assert (await control.ask("GET", "/sandboxes", headers=BEARER)).status_code == 200


@pytest.mark.parametrize("sent", ["Bearer wrong", "Bearer ", "s3cret", "Basic s3cret", "Bearer s3cretx", "Bearer \xff"])
async def test_anything_else_does_not(control_with: Building, sent: str) -> None:
    control = control_with(host="0.0.0.0", token="s3cret")
    await control.refused("unauthorized", "GET", "/sandboxes", headers={"Authorization": sent.encode("latin-1")})


async def test_the_document_wants_the_token_too(control_with: Building) -> None:
    await control_with(token="s3cret").refused("unauthorized", "GET", "/openapi.json")


async def test_bound_wider_without_a_token_nobody_gets_in(control_with: Building) -> None:
    error = await control_with(host="0.0.0.0").refused(
        "unauthorized", "GET", "/sandboxes", headers={"Authorization": "Bearer "}
    )
    assert "--token" in error["hint"]


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:3000", "http://localhost:5550", "null", "file://", "https://"]
)
async def test_a_page_of_another_origin_may_change_nothing(control: Control, origin: str) -> None:
    error = await control.refused("foreign_origin", "POST", "/sandboxes", {}, headers={"Origin": origin})
    assert origin in error["message"]
    assert control.exchange.sandboxes == {}


async def test_a_page_of_another_origin_is_refused_with_the_token_too(control_with: Building) -> None:
    headers = {**BEARER, "Origin": "http://evil.example"}
    await control_with(token="s3cret").refused("foreign_origin", "POST", "/sandboxes", {}, headers=headers)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("127.0.0.1:5550", "http://127.0.0.1:5550"),
        ("localhost:5550", "http://LOCALHOST:5550"),
        ("localhost", "http://localhost:80"),
        ("localhost", "https://localhost"),
        ("[::1]:5550", "http://[::1]:5550"),
    ],
)
async def test_our_own_page_may(control: Control, host: str, origin: str) -> None:
    response = await control.ask("POST", "/sandboxes", {}, headers={"Host": host, "Origin": origin})
    assert response.status_code == 201


@pytest.mark.parametrize(
    "host", ["evil.example:5550", "evil.example", "127.0.0.1.evil.example:5550", "localhost.evil:1"]
)
async def test_a_name_that_was_made_to_point_here_is_refused(control: Control, host: str) -> None:
    headers = {"Host": host, "Origin": f"http://{host}"}
    await control.refused("foreign_host", "POST", "/sandboxes", {}, headers=headers)


@pytest.mark.parametrize("host", ["telco.localhost:5550", "192.168.1.7:5550", "[::1]", "tunnel.example"])
async def test_addresses_local_names_and_the_public_url_are_ours(control_with: Building, host: str) -> None:
    control = control_with(public_url="https://tunnel.example")
    assert (await control.ask("GET", "/sandboxes", headers={"Host": host})).status_code == 200


async def test_whoever_has_the_token_may_use_any_name(control_with: Building) -> None:
    control = control_with(host="0.0.0.0", token="s3cret")
    headers = {**BEARER, "Host": "ringback.company.example:5550"}
    assert (await control.ask("GET", "/sandboxes", headers=headers)).status_code == 200


async def test_a_websocket_is_guarded_too(control_with: Building) -> None:
    sent = []

    async def send(message: object) -> None:
        sent.append(message)

    async def receive() -> dict[str, object]:
        return {"type": "websocket.connect"}

    scope = {"type": "websocket", "path": "/anything", "headers": []}
    await control_with(token="s3cret").guard(scope, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1008, "reason": "the control API wants a bearer token"}]
