"""Faults on what is told over a websocket: every one does what it says, and the call still comes to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from emulator.runtime.explanation import explained
from emulator.runtime.replay import read_entries, rebuild
from emulator.scenarios.far_end import FarEnd
from emulator.webhooks.guessing import Claims
from tests.vendors.jambonz.conftest import Telco
from tests.vendors.jambonz.socket_app import SocketApp

USUAL = ["session:new", "call:status", "call:status", "call:status"]


@pytest.fixture
async def app() -> AsyncIterator[SocketApp]:
    made = await SocketApp().start()
    made.answers["session:new"] = [{"verb": "say", "text": "bye"}]
    yield made
    await made.stop()


async def call(telco: Telco, app: SocketApp, *faults: dict[str, object]) -> list[str]:
    """What the application is told in a whole inbound call."""
    telco.sandbox.put_settings("jambonz", {"call_hook": app.url})
    telco.sandbox.put_faults(list(faults))
    telco.script(FarEnd.from_json({"hangs_up_after": "30s"}))
    telco.arrive()
    await telco.run()
    whole = list(telco.sandbox.journal.lines())
    assert list(rebuild(read_entries(whole), telco.exchange.vendors).journal.lines()) == whole
    assert telco.sandbox.engine.calls["c1"].legs[0].state == "ended"
    return app.kinds


async def test_nothing_is_wrong_without_faults(telco: Telco, app: SocketApp) -> None:
    assert await call(telco, app) == USUAL


async def test_a_lost_status_is_never_told(telco: Telco, app: SocketApp) -> None:
    assert await call(telco, app, {"fault": "lost", "callback": "status", "count": 1}) == USUAL[:-1]


async def test_a_session_that_is_never_told_of_ends_the_call(telco: Telco, app: SocketApp) -> None:
    assert await call(telco, app, {"fault": "lost", "callback": "answer"}) == []


@pytest.mark.parametrize("kind", ["twice", "duplicated"])
async def test_a_status_is_told_twice(telco: Telco, app: SocketApp, kind: str) -> None:
    assert sorted(await call(telco, app, {"fault": kind, "callback": "status", "count": 1})) == sorted(
        [*USUAL, "call:status"]
    )


async def test_a_delayed_session_is_told_all_the_same(telco: Telco, app: SocketApp) -> None:
    assert await call(telco, app, {"fault": "delayed", "span": "2s", "callback": "answer"}) == USUAL


async def test_statuses_are_reordered(telco: Telco, app: SocketApp) -> None:
    assert await call(telco, app, {"fault": "reordered", "callback": "status", "count": 1}) == USUAL
    assert app.statuses != sorted(app.statuses, key=["trying", "in-progress", "completed"].index)


async def test_a_message_is_not_signed_so_its_signature_is_not_spoilt(telco: Telco, app: SocketApp) -> None:
    assert await call(telco, app, {"fault": "wrong-signature"}) == USUAL
    assert telco.sandbox.faults.to_json()[0]["struck"] == 0
    for delivery in telco.sandbox.outbox.deliveries.values():
        made = explained(telco.sandbox, delivery, None, Claims())
        assert made.why == "it is a message on a websocket, which is not signed"
