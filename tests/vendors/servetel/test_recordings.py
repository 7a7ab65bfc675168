"""Recordings of whole calls: when there is one, how long it is, where it can be heard."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.scenarios.builder import FarEndBuilder
from tests.vendors.servetel.conftest import CUSTOMER, MAGIC_AGENTS, NO_ANSWER, Desk


async def recorded(desk: Desk, customer: str = CUSTOMER, **more: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The last webhook and the record of a call that is over."""
    desk.listen("missed", "hangup", settings={"record_calls": True})
    desk.script(FarEndBuilder().hangs_up(after=11))
    await desk.call(customer, **more)
    await desk.run()
    (record,) = (await desk.records())["results"]
    return desk.receiver.requests[-1].json, record


async def test_calls_are_recorded_when_the_settings_say_so(desk: Desk) -> None:
    body, record = await recorded(desk)
    url = body["recording_url"]
    assert url == record["recording_url"]
    base, _, query = url.partition("?")
    assert base == f"http://ringback.test/servetel/{desk.sandbox.id}/file/recording"
    assert query.startswith(f"callId={body['call_id']}&type=rec&token=")
    assert body["recording_name"] == f"{body['call_id']}.mp3"
    got = await desk.client.get(url)
    assert (got.status_code, got.headers["content-type"]) == (200, "audio/mpeg")
    (recording,) = desk.sandbox.views["servetel"].recordings()
    assert recording.seconds == 13  # from the agent's answer on


async def test_a_missed_call_whose_agent_answered_is_recorded_too(desk: Desk) -> None:
    body, _ = await recorded(desk, NO_ANSWER)
    assert body["call_status"] == "missed" and body["recording_url"]


async def test_a_call_nobody_answered_has_no_recording(desk: Desk) -> None:
    body, record = await recorded(desk, agent_number=MAGIC_AGENTS["silent"])
    assert (body["recording_url"], body["recording_name"], record["recording_url"]) == ("", "", None)


@pytest.mark.parametrize("is_inbound", [True, False])
async def test_inbound_and_support_calls_are_recorded(desk: Desk, is_inbound: bool) -> None:
    desk.listen("hangup", settings={"record_calls": True})
    if is_inbound:
        desk.arrive()
    else:
        await desk.support_call()
    await desk.advance(20)
    await desk.hang_up()
    (record,) = (await desk.records())["results"]
    assert desk.body("hangup")["recording_url"] == record["recording_url"] != ""
    if not is_inbound:
        assert (await desk.client.get(record["recording_url"])).status_code == 200


async def test_a_wrong_url_is_404(desk: Desk) -> None:
    body, _ = await recorded(desk)
    url = body["recording_url"]
    for wrong in (url[:-1], url.replace("callId=1", "callId=2"), url.replace(f"/{desk.sandbox.id}/", "/other/")):
        assert (await desk.client.get(wrong)).status_code == 404


async def test_without_the_setting_nothing_is_recorded(desk: Desk) -> None:
    desk.listen("hangup")
    await desk.call()
    await desk.advance(9)
    await desk.hang_up()
    assert desk.body("hangup")["recording_url"] == ""
    assert desk.sandbox.views["servetel"].recordings() == []
