"""`AsyncSandbox`: the same words awaited, while the loop goes on answering."""

import asyncio

import pytest

from emulator.client.asynchronous import AsyncSandbox
from emulator.client.telling import DidNotHappen
from emulator.runtime.server import Listener
from tests.fakes.reminder import CALLEE, application, place


@pytest.fixture
async def url():
    """The application in the very loop that the test runs in."""
    listener = Listener(application)
    yield f"http://127.0.0.1:{await listener.start()}"
    await listener.stop()


async def placed(ringback, url, **paths):
    return await asyncio.to_thread(place, ringback.vobiz, url, **paths)


async def test_an_application_in_the_same_loop_is_driven_to_the_end(async_ringback, url):
    await async_ringback.far_end(CALLEE).rings(3).answers().presses("1", on="press 1")
    name = await placed(async_ringback, url)
    call = await async_ringback.calls.one()
    assert call.state in ("queued", "ringing")
    await async_ringback.run()
    assert (call.state, call.transcript.pressed) == ("ended", "1")
    assert call == await async_ringback.calls.get(name)
    assert [each.callback async for each in async_ringback.deliveries] == ["ring", "answer", "gather", "hangup"]
    assert [each.id async for each in async_ringback.calls.where(vendor="vobiz")] == [call.id]


async def test_waiting_in_vain_fails_in_the_same_words(async_ringback, url):
    await async_ringback.far_end(CALLEE).is_busy()
    await placed(async_ringback, url)
    with pytest.raises(DidNotHappen, match="waited for answer delivered"):
        await async_ringback.run_until(callback="answer")
    await async_ringback.run_without(callback="answer", within="1m")


async def test_the_far_end_by_hand_and_the_rest_of_it(async_ringback, url):
    await async_ringback.settings.change("vobiz", sign=False, answer_url=f"{url}/answer")
    assert (await async_ringback.settings.get("vobiz"))["sign"] is False
    call = await async_ringback.dial_in("vobiz")
    await async_ringback.act(call, "hang_up")
    assert call.state == "ended"
    await async_ringback.settle()
    began = await async_ringback.now()
    await async_ringback.advance(3)
    assert (await async_ringback.now() - began).total_seconds() == 3
    assert (await async_ringback.journal())[0]["seq"] == 1
    assert await async_ringback.deliveries.unanswered() == ()
    await async_ringback.reset()
    assert await async_ringback.calls.all() == []


@pytest.mark.ringback(patience=0.3, allow_failed=True)
async def test_whoever_is_cancelled_is_let_go_at_once_and_the_next_word_waits(async_ringback, url):
    await placed(async_ringback, url, answer="/silent")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.05):
            await async_ringback.run()
    await async_ringback.run()
    assert (await async_ringback.calls.one()).state == "ended"


async def test_a_server_of_ones_own_can_be_had_from_a_loop():
    async with AsyncSandbox.start(seed=9) as ringback:
        async with AsyncSandbox.connect(ringback.sandbox.api.url, sandbox=ringback.id) as same:
            assert (same.id, same.seed) == (ringback.id, 9)
            assert same.vobiz.auth_id == ringback.vobiz.auth_id
