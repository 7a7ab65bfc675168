"""Short ways to say what the tests of the outbox put in and bring back."""

from datetime import UTC, datetime, timedelta
from typing import Any

from emulator.webhooks.deliveries import Attempt, Delivery
from emulator.webhooks.outbox import Outbox
from emulator.webhooks.values import Json, Outcome, Policy, Reply, Request

START = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def waits(*seconds: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=each) for each in seconds)


def request(call: str = "c1", **fields: Any) -> Request:
    made: dict[str, Any] = {
        "vendor": "acme",
        "call": call,
        "leg": f"{call}.0",
        "callback": "status",
        "url": "http://app.test/hook",
        "method": "POST",
        "body": Json({"call": call}),
        "policy": Policy(),
    }
    return Request(**(made | fields))


def status(code: int) -> Outcome:
    return Outcome(Reply(code, (), b""))


OK = status(200)
REFUSED = Outcome(None, "connection", "connection refused")


def leave(outbox: Outbox) -> tuple[Delivery, Attempt]:
    """The one attempt that may leave."""
    [one] = outbox.ready()
    return one


def names(outbox: Outbox) -> list[str]:
    """The ids of what leaves now."""
    return [delivery.id for delivery, _ in outbox.ready()]
