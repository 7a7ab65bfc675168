"""The contracts as a running server shows them, plugged in by their entry point alone."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2
import pytest
from openapi_spec_validator import validate

from contracts.document import contract_names, load
from emulator.control.app import app as control_app
from emulator.control.document import BASE
from emulator.runtime.app import build
from emulator.runtime.exchange import Exchange
from emulator.runtime.spec import Options
from emulator.runtime.vendors import load_vendors


def serving(**options: object) -> httpx2.AsyncClient:
    exchange = Exchange(Options(**options), load_vendors())  # type: ignore[arg-type]
    transport = httpx2.ASGITransport(build(exchange, {BASE: control_app(exchange)}))
    return httpx2.AsyncClient(transport=transport, base_url=f"http://127.0.0.1:5550{BASE}")


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    async with serving() as client:
        yield client


async def test_the_list_says_what_there_is_and_where(client: httpx2.AsyncClient) -> None:
    told = (await client.get("/contracts")).json()["contracts"]
    assert [each["id"] for each in told] == list(contract_names())
    for each in told:
        contract = load(each["id"])
        assert (each["operations"], each["webhooks"]) == (len(contract.operations), len(contract.document["webhooks"]))
        answer = await client.get(each["url"].removeprefix(BASE))
        assert answer.json()["info"]["title"] == each["title"]


@pytest.mark.parametrize("name", contract_names())
async def test_each_is_served_as_json_that_is_the_document_and_valid(client: httpx2.AsyncClient, name: str) -> None:
    answer = await client.get(f"/contracts/{name}.json")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert answer.json() == load(name).document
    validate(answer.json())


async def test_who_has_it_already_is_not_sent_it_again(client: httpx2.AsyncClient) -> None:
    tag = (await client.get("/contracts/vobiz.json")).headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        answer = await client.get("/contracts/vobiz.json", headers={"If-None-Match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert (await client.get("/contracts/vobiz.json", headers={"If-None-Match": '"other"'})).status_code == 200


@pytest.mark.parametrize(("asked", "hint"), [("vobis.json", "Did you mean vobiz?"), ("acme.json", "Known: jambonz")])
async def test_a_contract_that_there_is_not_is_refused_with_a_hint(
    client: httpx2.AsyncClient, asked: str, hint: str
) -> None:
    answer = await client.get(f"/contracts/{asked}")
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (404, "unknown_vendor")
    assert error["hint"].startswith(hint)


async def test_nothing_can_be_put_there(client: httpx2.AsyncClient) -> None:
    answer = await client.put("/contracts/vobiz.json", json={})
    assert (answer.status_code, answer.json()["error"]["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("path", ["/contracts", "/contracts/vobiz.json"])
async def test_a_guarded_server_shows_them_to_who_has_the_token(path: str) -> None:
    async with serving(token="s3cret") as client:
        assert (await client.get(path)).json()["error"]["code"] == "unauthorized"
        assert (await client.get(path, headers={"Authorization": "Bearer s3cret"})).status_code == 200
