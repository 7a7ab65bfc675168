"""The vendor's own Python client and webhook builder, over real HTTP, unmodified."""

from __future__ import annotations

from collections.abc import AsyncIterator

import aiohttp
import pytest
from jambonz_sdk import JambonzClient, WebhookResponse
from jambonz_sdk._signature import verify_signature

from emulator.runtime.app import build
from emulator.runtime.server import Listener
from tests.vendors.jambonz.conftest import SPEECH, Telco

HOOKED = {"type": "phone", "number": "+15085551212"}


@pytest.fixture
async def client(telco: Telco) -> AsyncIterator[JambonzClient]:
    listener = Listener(build(telco.exchange))
    port = await listener.start()
    made = JambonzClient(
        base_url=f"http://127.0.0.1:{port}/jambonz", account_sid=telco.sid, api_key=telco.account["api_key"]
    )
    yield made
    await made.close()
    await listener.stop()


def opts(telco: Telco) -> dict[str, object]:
    url = telco.receiver.url
    hooks = {"call_hook": f"{url}/call", "call_status_hook": f"{url}/status"}
    return {"from": telco.number, "to": HOOKED, **hooks, **SPEECH}


async def test_a_whole_call_from_create_to_its_end(telco: Telco, client: JambonzClient) -> None:
    app = WebhookResponse()
    app.say(text="Press one").gather(input=["digits"], numDigits=1, timeout=30, actionHook="/got")
    telco.receiver.answers["/call"] = app.to_json()
    telco.receiver.answers["/got"] = WebhookResponse().say(text="Goodbye").hangup().to_json()

    sid = await client.calls.create(opts(telco))
    assert [call["call_sid"] for call in await client.calls.list({"callStatus": "ringing"})] == [sid]
    await telco.advance(2)
    assert (await client.calls.get(sid))["call_status"] == "in-progress"
    await telco.run()

    assert (await client.calls.get(sid))["call_status"] == "completed"
    assert telco.only("/got").json["reason"] == "timeout"
    for received in telco.receiver.requests:
        header = received.headers["jambonz-signature"]
        assert verify_signature(received.body, header, telco.account["webhook_secret"])


async def test_calls_are_redirected_muted_and_hung_up(telco: Telco, client: JambonzClient) -> None:
    telco.receiver.answers["/call"] = WebhookResponse().pause(length=600).to_json()
    telco.receiver.answers["/next"] = WebhookResponse().pause(length=600).to_json()
    sid = await client.calls.create(opts(telco))
    await telco.advance(3)

    assert await client.calls.redirect(sid, "/next") == "Accepted"
    assert await client.calls.mute(sid, "mute") == "Accepted"
    await telco.advance(1)
    assert telco.only("/next").json["call_sid"] == sid
    await client.calls.update(sid, {"call_status": "completed"})
    await telco.run()

    assert telco.statuses()[-1] == ("completed", 200, "OK")


async def test_delete_forgets_the_record_although_the_client_calls_it_terminating(
    telco: Telco, client: JambonzClient
) -> None:
    sid = await client.calls.create(opts(telco))
    assert await client.calls.delete(sid) is None

    with pytest.raises(aiohttp.ClientResponseError) as refused:
        await client.calls.get(sid)
    assert refused.value.status == 404
    assert telco.leg(sid).state == "ringing"


async def test_the_clients_count_asks_for_a_call_named_count_and_fails_as_with_the_real_service(
    client: JambonzClient,
) -> None:
    with pytest.raises(aiohttp.ClientResponseError) as refused:
        await client.calls.count()

    assert refused.value.status == 400


async def test_the_clients_spelling_of_noise_isolation_is_no_option(telco: Telco, client: JambonzClient) -> None:
    sid = await client.calls.create(opts(telco))

    with pytest.raises(aiohttp.ClientResponseError) as refused:
        await client.calls.noise_isolation(sid, "on")
    assert refused.value.status == 400


async def test_conferences_and_queues_are_listed(client: JambonzClient) -> None:
    assert await client.conferences.list() == []
    assert await client.queues.list("support") == []


async def test_a_wrong_key_is_refused(telco: Telco, client: JambonzClient) -> None:
    async with JambonzClient(
        base_url=client._base_url, account_sid=telco.sid, api_key="00000000-0000-4000-8000-00000000abcd"
    ) as stranger:
        with pytest.raises(aiohttp.ClientResponseError) as refused:
            await stranger.calls.list()
    assert refused.value.status == 401
