"""`vobiz-python`, unmodified but for its base address, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import vobiz
from vobiz.exceptions import AuthenticationError, ResourceNotFoundError, ValidationError, VobizRestError
from vobiz.resources import accounts, applications, cdrs, numbers

from emulator.runtime.app import build
from emulator.runtime.server import Listener
from tests.vendors.vobiz.conftest import CALLEE, Telco

Client = Any


@pytest.fixture
async def served(telco: Telco) -> AsyncIterator[str]:
    listener = Listener(build(telco.exchange))
    yield f"http://127.0.0.1:{await listener.start(port=0)}/vobiz"
    await listener.stop()


@pytest.fixture
def client(telco: Telco, served: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    for module in (accounts, applications, cdrs, numbers):  # these know the host by heart
        monkeypatch.setattr(module, "VOBIZ_API_V1", f"{served}/api/v1")
    made = vobiz.RestClient(telco.auth_id, telco.account["auth_token"])
    made.base_uri = f"{served}/api/v1/Account"
    with made:
        yield made


async def ask(method: Callable[..., Any], *words: Any, **more: Any) -> Any:
    """The SDK blocks, so it has a thread of its own."""
    return await asyncio.to_thread(method, *words, **more)


async def test_the_sdk_drives_a_call_from_make_to_cdr(telco: Telco, client: Client) -> None:
    made = await ask(client.calls.create, telco.number, CALLEE, telco.fields()["answer_url"], ring_timeout=30)
    assert made.message == "call fired"
    assert (await ask(client.calls.list_live)).calls == [made.request_uuid]
    assert (await ask(client.calls.list_queued)).calls == []
    live = await ask(client.calls.get_live, made.request_uuid)
    assert (live.call_status, live.direction) == ("ringing", "outbound")
    await ask(client.calls.hangup, made.request_uuid)
    with pytest.raises(ResourceNotFoundError):
        await ask(client.calls.hangup, made.request_uuid)
    listed = await ask(client.cdrs.list, page=1, per_page=10)
    assert [record.uuid for record in listed.data] == [made.request_uuid]
    assert (await ask(client.calls.get, made.request_uuid)).hangup_source == "API Request"


async def test_the_sdk_sees_a_queued_call(telco: Telco, client: Client) -> None:
    telco.sandbox.put_scenario({"default": {"connects_after": "5s"}})
    made = await ask(client.calls.create, telco.number, CALLEE, telco.fields()["answer_url"])
    assert (await ask(client.calls.list_queued)).calls == [made.request_uuid]
    assert (await ask(client.calls.get_queued, made.request_uuid)).call_status == "queued"


async def test_the_sdk_is_told_by_name_what_is_not_emulated(telco: Telco, client: Client) -> None:
    uuid = await telco.place()
    with pytest.raises(VobizRestError, match="501"):
        await ask(client.request, "POST", ("Call", uuid, "Speak"), data={"text": "hello"})
    response = await telco.request("POST", f"Call/{uuid}/Speak/", json={"text": "hello"})
    assert response.headers["x-ringback-not-emulated"] == "call speak"


async def test_the_sdk_transfers_a_call(telco: Telco, client: Client) -> None:
    telco.answers("<Wait length='3600'/>")
    telco.answers("<Hangup/>", path="/elsewhere")
    made = await ask(client.calls.create, telco.number, CALLEE, telco.fields()["answer_url"])
    await telco.advance(10)
    moved = await ask(client.calls.transfer, made.request_uuid, legs="aleg", aleg_url=f"{telco.receiver.url}/elsewhere")
    assert (moved.message, moved.call_uuid) == ("call transferred", made.request_uuid)
    await telco.run()
    assert telco.sent("/elsewhere")["Event"] == "Transfer"
    with pytest.raises(ResourceNotFoundError, match="call not found"):
        await ask(client.calls.transfer, made.request_uuid, legs="aleg", aleg_url=f"{telco.receiver.url}/elsewhere")


async def test_the_sdk_raises_its_own_errors(telco: Telco, client: Client) -> None:
    with pytest.raises(ValidationError, match="answer_url"):
        await ask(client.calls.create, telco.number, CALLEE, "nonsense")
    client.session.headers["X-Auth-Token"] = "wrong"
    with pytest.raises(AuthenticationError, match="invalid credentials"):
        await ask(client.calls.list_live)


async def test_the_sdk_keeps_applications_and_numbers(telco: Telco, client: Client) -> None:
    made = await ask(client.applications.create, "shop", telco.fields()["answer_url"])
    await ask(client.applications.attach_number, telco.number, made.app_id)
    assert (await ask(client.applications.get, made.app_id)).app_name == "shop"
    assert [item.e164 for item in (await ask(client.phone_numbers.list)).items] == telco.account["numbers"]
    await ask(client.applications.detach_number, telco.number)
    await ask(client.applications.delete, made.app_id)
    assert len((await ask(client.applications.list)).objects) == 1
    assert (await ask(client.accounts.get)).auth_id == telco.auth_id
    assert (await ask(client.accounts.get_concurrency, telco.auth_id)).concurrent_calls == 0
