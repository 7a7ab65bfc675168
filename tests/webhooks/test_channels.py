"""Applications' sockets as the pure part knows them, and what the outbox holds back for one that is lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from emulator.webhooks.channels import Channels
from emulator.webhooks.deliveries import Done, Good, Lost
from emulator.webhooks.outbox import Outbox
from emulator.webhooks.values import Channel, Json, Outcome, Policy, Reply, Request

AT = datetime(2026, 1, 1, tzinfo=UTC)
HALF = timedelta(seconds=0.5)
CHANNEL = Channel("k", "ws://127.0.0.1/x", "p", (), "c1.0", timedelta(seconds=1), 1024)
GOOD = Outcome(Reply(200, (), b"{}"))


def request(message: str = "", ask: str | None = None, **more: Any) -> Request:
    fields: dict[str, Any] = {"channel": CHANNEL, "message": message, **more}
    return Request("acme", "c1", "c1.0", "answer", CHANNEL.url, "WS", Json({}), Policy(), ask, **fields)


AGAIN = request("again")
HELLO = request("hello", ask="c1.0#1", reopens=AGAIN)


def test_only_a_session_that_was_open_is_opened_anew() -> None:
    channels = Channels()
    link = channels.of(HELLO)
    assert channels.lost(link, 1011) is None
    assert link.state == "new"

    channels.opened(HELLO)
    assert channels.lost(link, 1011) is AGAIN
    assert link.state == "lost"
    assert channels.lost(link, 1011) is None


def test_an_application_that_closes_for_good_is_not_called_back() -> None:
    channels = Channels()
    channels.opened(HELLO)
    link = channels.of(HELLO)

    assert channels.lost(link, 1000) is None
    assert link.state == "closed"
    channels.opened(HELLO)
    assert link.state == "closed"


def test_a_call_that_is_forgotten_takes_its_sockets_along() -> None:
    channels = Channels()
    channels.of(HELLO)
    assert [link.channel for link in channels.of_call("c1")] == [CHANNEL]

    channels.drop("c1")
    assert (channels.get("k"), channels.of_call("c1")) == (None, [])


def test_what_would_go_over_a_lost_socket_waits_until_it_is_open_again() -> None:
    outbox = Outbox(skip_notifications=False)
    opener = outbox.reopen(AGAIN, AT, AT + HALF)
    waiting = outbox.add(request("later", ask="c1.0#2"), AT)
    assert outbox.ready() == []
    assert outbox.next_deadline() == AT + HALF

    outbox.wake(AT + HALF)
    ((leaving, attempt),) = outbox.ready()
    assert leaving is opener
    assert isinstance(outbox.finish(opener, attempt, GOOD, AT + HALF), Done)
    assert outbox.ready() == []

    outbox.release("k", AT + HALF)
    ((leaving, attempt),) = outbox.ready()
    assert (leaving, attempt.at) == (waiting, AT + HALF)
    assert isinstance(outbox.finish(waiting, attempt, GOOD, AT + HALF), Good)


def test_other_channels_and_webhooks_do_not_wait_for_it() -> None:
    outbox = Outbox(skip_notifications=False)
    outbox.reopen(AGAIN, AT, AT + HALF)
    webhook = Request("acme", "c2", "c2.0", "status", "http://h", "POST", Json({}), Policy())
    outbox.add(webhook, AT)

    assert [delivery.request for delivery, _ in outbox.ready()] == [webhook]


def test_what_opens_it_anew_may_fail_for_good() -> None:
    outbox = Outbox(skip_notifications=False)
    opener = outbox.reopen(AGAIN, AT, AT + HALF)
    outbox.wake(AT + HALF)
    ((_, attempt),) = outbox.ready()

    assert isinstance(outbox.finish(opener, attempt, Outcome(None, "timeout"), AT + HALF), Lost)


@pytest.mark.parametrize("key", ["k", "unknown"])
def test_releasing_what_is_not_held_does_nothing(key: str) -> None:
    outbox = Outbox(skip_notifications=False)
    outbox.release(key, AT)

    assert outbox.ready() == []
