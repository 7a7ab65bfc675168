"""`vobiz-python`, unmodified but for its base address, over real HTTP."""

from __future__ import annotations

import asyncio
import io
import wave
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import vobiz
from vobiz.exceptions import AuthenticationError, ResourceNotFoundError, ValidationError, VobizRestError
from vobiz.resources import accounts, applications, cdrs, numbers

from emulator.recorder.transcript import transcript
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
        await ask(client.request, "GET", ("Call", uuid, "Stream"))
    response = await telco.request("GET", f"Call/{uuid}/Stream/")
    assert response.headers["x-ringback-not-emulated"] == "call stream"


async def test_the_sdk_plays_speaks_and_sends_digits_into_a_call(telco: Telco, client: Client) -> None:
    telco.answers("<Wait length='3600'/>")
    made = await ask(client.calls.create, telco.number, CALLEE, telco.fields()["answer_url"])
    await telco.advance(10)
    uuid = made.request_uuid
    played = await ask(client.calls.play_audio, uuid, ["http://127.0.0.1/a.mp3", "http://127.0.0.1/b.mp3"], loop=False)
    assert played.message == "play started"
    assert (await ask(client.calls.speak_text, uuid, "one moment")).message == "speak started"
    assert (await ask(client.calls.send_digits, uuid, "12", "aleg")).message == "digits sent"
    await telco.advance(10)
    assert [(row["kind"], row["text"]) for row in transcript(telco.sandbox.journal.entries())][1:] == [
        ("say", "one moment"), ("play", "http://127.0.0.1/a.mp3"), ("digits", "12"), ("play", "http://127.0.0.1/b.mp3"),
    ]  # fmt: skip
    await ask(client.calls.play_audio, uuid, ["http://127.0.0.1/c.mp3"], loop=True)
    await ask(client.calls.stop_audio, uuid)
    await ask(client.calls.stop_speak, uuid)


async def test_the_sdk_records_a_call_and_fetches_what_was_recorded(telco: Telco, client: Client) -> None:
    telco.answers("<Wait length='3600'/>")
    made = await ask(client.calls.create, telco.number, CALLEE, telco.fields()["answer_url"])
    await telco.advance(10)
    begun = await ask(client.calls.start_recording, made.request_uuid, time_limit=600, file_format="wav")
    assert begun.message == "recording started"
    await telco.advance(30)
    await ask(client.calls.stop_recording, made.request_uuid, begun.url)

    (listed,) = (await ask(client.recordings.list, call_uuid=made.request_uuid)).objects
    got = await ask(client.recordings.get, begun.recording_id)
    assert (listed.recording_id, got.recording_duration_ms) == (begun.recording_id, "30000")
    file = await ask(client.session.get, got.recording_url)
    assert (file.status_code, file.headers["content-type"]) == (200, "audio/wav")
    with wave.open(io.BytesIO(file.content)) as audio:
        assert audio.getnframes() / audio.getframerate() == 30.0
    await ask(client.recordings.delete, begun.recording_id)
    with pytest.raises(ResourceNotFoundError, match="recording not found"):
        await ask(client.recordings.get, begun.recording_id)
    assert (await ask(client.session.get, got.recording_url)).status_code == 404


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
